#include "cedar/policy_json.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cedar/entity_json.h"
#include "cedar/expr_json.h"
#include "cedar/text.h"

namespace cedar {
namespace {

absl::Status Fail(absl::string_view what, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", message));
}

// A misspelt member must not be one that is not there. The language's own engine is as strict in these places.
absl::Status Only(const Json& json, absl::string_view what, std::initializer_list<absl::string_view> names) {
  if (!json.is_object()) return Fail(what, absl::StrCat("expected an object, found ", KindName(json.kind)));
  for (const std::string& name : json.names) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return Fail(what, absl::StrCat("there is no member ", QuoteString(name), " here"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadSlotOrEntity(const Json& json, absl::string_view name, ScopeConstraint* out) {
  if (const Json* entity = json.Find("entity")) {
    absl::StatusOr<EntityUid> uid = UidFromJson(*entity);
    if (!uid.ok()) return Fail(absl::StrCat(name, ".entity"), uid.status().message());
    out->entity = *std::move(uid);
    return absl::OkStatus();
  }
  const std::string* slot = json.FindString("slot");
  if (!slot) return Fail(name, "expected \"entity\" or \"slot\"");
  if (*slot != absl::StrCat("?", name)) return Fail(name, absl::StrCat("expected the slot ?", name, ", found ", *slot));
  out->slot = true;
  return absl::OkStatus();
}

absl::Status ReadConstraint(const Json& policy, absl::string_view name, ScopeConstraint* out) {
  using Op = ScopeConstraint::Op;
  const Json* json = policy.Find(name);
  const std::string* op = json ? json->FindString("op") : nullptr;
  if (!op) return Fail(name, "expected an object with \"op\"");
  if (*op == "All") return absl::OkStatus();
  if (*op == "==" || *op == "in") {
    out->op = *op == "==" ? Op::kEqual : Op::kIn;
    return ReadSlotOrEntity(*json, name, out);
  }
  if (*op != "is") return Fail(name, absl::StrCat("there is no operator ", QuoteString(*op), " in a scope"));
  if (absl::Status s = Only(*json, name, {"op", "entity_type", "in"}); !s.ok()) return s;
  const std::string* type = json->FindString("entity_type");
  if (!type || !IsTypeName(*type)) return Fail(name, "expected \"entity_type\" with a type's name");
  out->type = *type;
  const Json* in = json->Find("in");
  if (in && in->kind == Json::Kind::kNull) in = nullptr;
  out->op = in ? Op::kIsIn : Op::kIs;
  return in ? ReadSlotOrEntity(*in, name, out) : absl::OkStatus();
}

absl::Status ReadActionUid(const Json& json, ActionConstraint* out) {
  absl::StatusOr<EntityUid> uid = UidFromJson(json);
  if (!uid.ok()) return Fail("action", uid.status().message());
  if (!uid->is_action()) return Fail("action", absl::StrCat("expected the type Action, found ", uid->ToString()));
  out->entities.push_back(*std::move(uid));
  return absl::OkStatus();
}

absl::Status ReadAction(const Json& policy, ActionConstraint* out) {
  using Op = ActionConstraint::Op;
  const Json* json = policy.Find("action");
  const std::string* op = json ? json->FindString("op") : nullptr;
  if (!op) return Fail("action", "expected an object with \"op\"");
  if (*op == "All") return absl::OkStatus();
  if (*op != "==" && *op != "in") return Fail("action", absl::StrCat("there is no operator ", QuoteString(*op)));
  const Json *entity = json->Find("entity"), *entities = json->Find("entities");
  if (entity) {
    out->op = *op == "==" ? Op::kEqual : Op::kIn;
    return ReadActionUid(*entity, out);
  }
  if (*op == "==" || !entities || !entities->is_array()) return Fail("action", "expected \"entity\" or \"entities\"");
  out->op = Op::kInList;
  for (const Json& item : entities->items) {
    if (absl::Status s = ReadActionUid(item, out); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status ReadConditions(const Json& policy, PolicyBody* out) {
  const Json* conditions = policy.Find("conditions");
  if (!conditions || !conditions->is_array()) return Fail("conditions", "expected an array");
  for (size_t i = 0; i < conditions->items.size(); ++i) {
    const Json& condition = conditions->items[i];
    const std::string what = absl::StrCat("conditions[", i, "]");
    if (absl::Status s = Only(condition, what, {"kind", "body"}); !s.ok()) return s;
    const std::string* kind = condition.FindString("kind");
    const Json* body = condition.Find("body");
    if (!kind || (*kind != "when" && *kind != "unless")) return Fail(what, "expected \"kind\": \"when\" or \"unless\"");
    if (!body) return Fail(what, "expected \"body\"");
    absl::StatusOr<ExprId> expr = internal::ExprFromJson(*body, absl::StrCat(what, ".body"), &out->exprs);
    if (!expr.ok()) return expr.status();
    out->conditions.push_back({*kind == "unless", *expr, {}});
  }
  return absl::OkStatus();
}

absl::Status ReadAnnotations(const Json& policy, PolicyBody* out) {
  const Json* annotations = policy.Find("annotations");
  if (!annotations) return absl::OkStatus();
  if (!annotations->is_object()) return Fail("annotations", "expected an object");
  for (size_t i = 0; i < annotations->items.size(); ++i) {
    const std::string& name = annotations->names[i];
    const Json& value = annotations->items[i];
    if (!IsIdentText(name)) return Fail("annotations", absl::StrCat(QuoteString(name), " is no name"));
    if (!value.is_string() && value.kind != Json::Kind::kNull) {
      return Fail(absl::StrCat("annotations.", name), "expected a string or null");
    }
    out->annotations.push_back({name, value.text, value.is_string(), {}});
  }
  return absl::OkStatus();
}

Json ConstraintToJson(absl::string_view name, const ScopeConstraint& c) {
  using Op = ScopeConstraint::Op;
  auto add_side = [&](Json* json) {
    if (c.slot) {
      json->Set("slot", Json::String(absl::StrCat("?", name)));
    } else {
      json->Set("entity", UidToJson(c.entity));
    }
  };
  Json json = Json::Object();
  switch (c.op) {
    case Op::kAny:
      json.Set("op", Json::String("All"));
      break;
    case Op::kEqual:
    case Op::kIn:
      json.Set("op", Json::String(c.op == Op::kEqual ? "==" : "in"));
      add_side(&json);
      break;
    case Op::kIs:
    case Op::kIsIn:
      json.Set("op", Json::String("is")).Set("entity_type", Json::String(c.type));
      if (c.op == Op::kIsIn) {
        Json in = Json::Object();
        add_side(&in);
        json.Set("in", std::move(in));
      }
      break;
  }
  return json;
}

Json ActionToJson(const ActionConstraint& c) {
  using Op = ActionConstraint::Op;
  Json json = Json::Object();
  json.Set("op", Json::String(c.op == Op::kAny ? "All" : c.op == Op::kEqual ? "==" : "in"));
  if (c.op == Op::kEqual || c.op == Op::kIn) json.Set("entity", UidToJson(c.entities[0]));
  if (c.op == Op::kInList) {
    Json entities = Json::Array();
    for (const EntityUid& uid : c.entities) entities.items.push_back(UidToJson(uid));
    json.Set("entities", std::move(entities));
  }
  return json;
}

absl::Status AddFromJson(const Json& policies, bool templates, PolicySet* out) {
  absl::string_view what = templates ? "templates" : "staticPolicies";
  if (!policies.is_object()) return Fail(what, "expected an object");
  for (size_t i = 0; i < policies.items.size(); ++i) {
    const std::string& id = policies.names[i];
    absl::StatusOr<std::shared_ptr<const PolicyBody>> body = PolicyFromJson(policies.items[i]);
    if (!body.ok()) return Fail(absl::StrCat(what, "[", QuoteString(id), "]"), body.status().message());
    if ((*body)->is_template() != templates) {
      return Fail(absl::StrCat(what, "[", QuoteString(id), "]"),
                  templates ? "a template has a slot" : "a policy with a slot is a template");
    }
    if (absl::Status s = out->Add(id, *std::move(body)); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status LinkFromJson(const Json& json, PolicySet* out) {
  if (absl::Status s = Only(json, "templateLinks", {"templateId", "newId", "values"}); !s.ok()) return s;
  const std::string *template_id = json.FindString("templateId"), *id = json.FindString("newId");
  const Json* values = json.Find("values");
  if (!template_id || !id || !values || !values->is_object()) {
    return Fail("templateLinks", "expected \"templateId\", \"newId\" and \"values\"");
  }
  Slots slots;
  for (size_t i = 0; i < values->items.size(); ++i) {
    const std::string& slot = values->names[i];
    absl::StatusOr<EntityUid> uid = UidFromJson(values->items[i]);
    if (!uid.ok()) return Fail(absl::StrCat("templateLinks[", QuoteString(*id), "]"), uid.status().message());
    if (slot != "?principal" && slot != "?resource")
      return Fail("templateLinks", absl::StrCat("no slot is called ", slot));
    (slot == "?principal" ? slots.principal : slots.resource) = *std::move(uid);
  }
  return out->Link(*template_id, *id, std::move(slots));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const PolicyBody>> PolicyFromJson(const Json& json) {
  absl::Status members =
      Only(json, "policy", {"effect", "principal", "action", "resource", "conditions", "annotations"});
  if (!members.ok()) return members;
  auto body = std::make_shared<PolicyBody>();
  const std::string* effect = json.FindString("effect");
  if (!effect || (*effect != "permit" && *effect != "forbid"))
    return Fail("effect", "expected \"permit\" or \"forbid\"");
  body->effect = *effect == "permit" ? Effect::kPermit : Effect::kForbid;
  if (absl::Status s = ReadConstraint(json, "principal", &body->principal); !s.ok()) return s;
  if (absl::Status s = ReadAction(json, &body->action); !s.ok()) return s;
  if (absl::Status s = ReadConstraint(json, "resource", &body->resource); !s.ok()) return s;
  if (absl::Status s = ReadConditions(json, body.get()); !s.ok()) return s;
  if (absl::Status s = ReadAnnotations(json, body.get()); !s.ok()) return s;
  return std::shared_ptr<const PolicyBody>(std::move(body));
}

absl::StatusOr<std::shared_ptr<const PolicyBody>> ParsePolicyJson(absl::string_view text) {
  absl::StatusOr<Json> json = ParseJson(text, kPolicyJsonDepthMax);
  if (!json.ok()) return json.status();
  return PolicyFromJson(*json);
}

absl::StatusOr<Json> PolicyToJson(const PolicyBody& body) {
  Json json = Json::Object();
  json.Set("effect", Json::String(body.effect == Effect::kPermit ? "permit" : "forbid"));
  json.Set("principal", ConstraintToJson("principal", body.principal));
  json.Set("action", ActionToJson(body.action));
  json.Set("resource", ConstraintToJson("resource", body.resource));
  Json conditions = Json::Array();
  for (const Condition& condition : body.conditions) {
    absl::StatusOr<Json> expr = internal::ExprToJson(body.exprs, condition.expr);
    if (!expr.ok()) return expr.status();
    Json item = Json::Object();
    item.Set("kind", Json::String(condition.unless ? "unless" : "when")).Set("body", *std::move(expr));
    conditions.items.push_back(std::move(item));
  }
  json.Set("conditions", std::move(conditions));
  if (body.annotations.empty()) return json;
  Json annotations = Json::Object();
  for (const Annotation& a : body.annotations) annotations.Set(a.name, a.has_value ? Json::String(a.value) : Json());
  json.Set("annotations", std::move(annotations));
  return json;
}

absl::StatusOr<PolicySet> PolicySetFromJson(const Json& json) {
  absl::Status members = Only(json, "policies", {"staticPolicies", "templates", "templateLinks"});
  if (!members.ok()) return members;
  PolicySet set;
  for (size_t i = 0; i < json.items.size(); ++i) {
    if (json.names[i] == "templateLinks") continue;
    if (absl::Status s = AddFromJson(json.items[i], json.names[i] == "templates", &set); !s.ok()) return s;
  }
  const Json* links = json.Find("templateLinks");
  if (links && !links->is_array()) return Fail("templateLinks", "expected an array");
  for (size_t i = 0; links && i < links->items.size(); ++i) {
    if (absl::Status s = LinkFromJson(links->items[i], &set); !s.ok()) return s;
  }
  return set;
}

absl::StatusOr<PolicySet> ParsePolicySetJson(absl::string_view text) {
  absl::StatusOr<Json> json = ParseJson(text, kPolicyJsonDepthMax);
  if (!json.ok()) return json.status();
  return PolicySetFromJson(*json);
}

absl::StatusOr<Json> PolicySetToJson(const PolicySet& policies) {
  Json fixed = Json::Object(), templates = Json::Object(), links = Json::Array();
  for (const auto& [id, body] : policies.Templates()) {
    absl::StatusOr<Json> json = PolicyToJson(*body);
    if (!json.ok()) return json.status();
    templates.Set(id, *std::move(json));
  }
  for (const Policy* policy : policies.Policies()) {
    if (policy->template_id().empty()) {
      absl::StatusOr<Json> json = PolicyToJson(policy->body());
      if (!json.ok()) return json.status();
      fixed.Set(policy->id(), *std::move(json));
      continue;
    }
    Json values = Json::Object();
    if (policy->body().principal.slot) values.Set("?principal", UidToJson(policy->principal_slot()));
    if (policy->body().resource.slot) values.Set("?resource", UidToJson(policy->resource_slot()));
    Json link = Json::Object();
    link.Set("templateId", Json::String(policy->template_id())).Set("newId", Json::String(policy->id()));
    link.Set("values", std::move(values));
    links.items.push_back(std::move(link));
  }
  Json json = Json::Object();
  json.Set("staticPolicies", std::move(fixed)).Set("templates", std::move(templates));
  json.Set("templateLinks", std::move(links));
  return json;
}

}  // namespace cedar
