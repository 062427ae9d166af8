#include "policy_cases.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "cedar/entity_json.h"
#include "cedar/json.h"
#include "cedar/schema_model.h"
#include "cedar/validator.h"
#include "yaml-cpp/yaml.h"

namespace policies {

struct World {
  struct Link {
    std::string template_id;
    cedar::Slots slots;
  };
  std::vector<Link> links;
};

namespace {

using cedar::EntityUid;
using cedar::Json;

class Document {
 public:
  Document(std::string file, const cedar::Schema& schema) : file_(std::move(file)), schema_(schema) {}

  absl::Status ReadWorld(const YAML::Node& root) {
    for (const auto& entity : root["entities"]) {
      Merge(entity.first.Scalar(), entity.second, &entities_);
    }
    if (root["context"]) context_.reset(Merged(context_, root["context"]));
    for (const YAML::Node& link : root["links"]) {
      World::Link& added = links_.emplace_back();
      added.template_id = link["template"].as<std::string>();
      SP_ASSIGN_OR_RETURN(added.slots.principal, Slot(link, "principal"));
      SP_ASSIGN_OR_RETURN(added.slots.resource, Slot(link, "resource"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<PolicyCase>> ReadCases(const YAML::Node& root) {
    auto world = std::make_shared<World>();
    world->links = links_;
    std::vector<PolicyCase> cases;
    for (const YAML::Node& node : root["cases"]) {
      SP_ASSIGN_OR_RETURN(PolicyCase test, ReadCase(node));
      test.world = world;
      cases.push_back(std::move(test));
    }
    if (cases.empty()) return Fail(root, "there are no cases");
    return cases;
  }

 private:
  absl::Status Fail(const YAML::Node& node, absl::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat(file_, ":", node.Mark().line + 1, ": ", message));
  }

  absl::StatusOr<std::optional<EntityUid>> Slot(const YAML::Node& link, const char* name) const {
    if (!link[name]) return std::nullopt;
    SP_ASSIGN_OR_RETURN(EntityUid uid, Uid(link[name]));
    return uid;
  }

  absl::StatusOr<EntityUid> Uid(const YAML::Node& node) const {
    absl::StatusOr<EntityUid> uid = EntityUid::Parse(node.IsScalar() ? node.Scalar() : "");
    if (!uid.ok()) return Fail(node, "expected an entity such as Person::\"ann\"");
    return uid;
  }

  // A copy of `base` with the members of `over` put in; null takes a member away.
  static YAML::Node Merged(const YAML::Node& base, const YAML::Node& over) {
    YAML::Node result = YAML::Clone(base);
    if (!over.IsMap() || !base.IsMap()) return YAML::Clone(over);
    for (const auto& member : over) {
      const std::string name = member.first.Scalar();
      if (member.second.IsNull()) {
        result.remove(name);
      } else {
        result[name] = result[name] ? Merged(result[name], member.second) : YAML::Clone(member.second);
      }
    }
    return result;
  }

  static void Merge(const std::string& uid, const YAML::Node& node, std::map<std::string, YAML::Node>* out) {
    auto [it, fresh] = out->emplace(uid, node);
    if (!fresh) it->second.reset(Merged(it->second, node));  // = would write through to other copies
  }

  absl::StatusOr<PolicyCase> ReadCase(const YAML::Node& node) {
    static constexpr absl::string_view kMembers[] = {"name",    "principal", "action", "resource",
                                                     "context", "given",     "expect"};
    for (const auto& member : node) {
      if (std::find(std::begin(kMembers), std::end(kMembers), member.first.Scalar()) == std::end(kMembers)) {
        return Fail(member.first, absl::StrCat("a case has no member ", member.first.Scalar()));
      }
    }
    PolicyCase test;
    test.file = file_;
    test.line = node.Mark().line + 1;
    test.name = node["name"].as<std::string>();
    SP_ASSIGN_OR_RETURN(test.request.principal, Uid(node["principal"]));
    SP_ASSIGN_OR_RETURN(test.request.resource, Uid(node["resource"]));
    test.request.action = EntityUid("Action", node["action"].as<std::string>());
    SP_ASSIGN_OR_RETURN(test.entities, ReadEntities(node));
    SP_RETURN_IF_ERROR(ReadContext(node, &test));
    SP_RETURN_IF_ERROR(ReadExpectation(node["expect"], &test));
    return test;
  }

  absl::StatusOr<std::shared_ptr<const cedar::EntityStore>> ReadEntities(const YAML::Node& test) const {
    std::map<std::string, YAML::Node> all = entities_;
    for (const auto& entity : test["given"]) {
      Merge(entity.first.Scalar(), entity.second, &all);
    }
    Json json = Json::Array();
    for (const auto& [text, node] : all) {
      SP_ASSIGN_OR_RETURN(Json entity, EntityJson(text, node));
      json.items.push_back(std::move(entity));
    }
    absl::StatusOr<cedar::EntityStore> store = cedar::EntitiesFromJson(json, &schema_);
    if (!store.ok()) return Fail(test, store.status().message());
    return std::make_shared<const cedar::EntityStore>(*std::move(store));
  }

  absl::StatusOr<Json> EntityJson(const std::string& text, const YAML::Node& node) const {
    const absl::StatusOr<EntityUid> uid = EntityUid::Parse(text);
    if (!uid.ok()) return Fail(node, absl::StrCat(text, " is no entity such as Person::\"ann\""));
    const cedar::internal::EntityTypeModel* type = schema_.model().FindEntityType(uid->type());
    if (!type) return Fail(node, absl::StrCat("the schema has no entity type ", uid->type()));
    Json attributes = Json::Object(), parents = Json::Array(), tags = Json::Object();
    for (const auto& member : node) {
      const std::string name = member.first.Scalar();
      if (name == "in") {
        for (const YAML::Node& parent : member.second) {
          SP_ASSIGN_OR_RETURN(const EntityUid parent_uid, Uid(parent));
          parents.items.push_back(cedar::UidToJson(parent_uid));
        }
      } else if (name == "tags") {
        for (const auto& tag : member.second) {
          SP_ASSIGN_OR_RETURN(Json value, ValueJson(tag.second, type->tags.get()));
          tags.Set(tag.first.Scalar(), std::move(value));
        }
      } else {
        const cedar::TypeField* field = type->attributes->Field(name);
        SP_ASSIGN_OR_RETURN(Json value, ValueJson(member.second, field ? field->type.get() : nullptr));
        attributes.Set(name, std::move(value));
      }
    }
    Json json = Json::Object();
    json.Set("uid", cedar::UidToJson(*uid)).Set("attrs", std::move(attributes)).Set("parents", std::move(parents));
    json.Set("tags", std::move(tags));
    return json;
  }

  // The type decides what a scalar means: text where text is expected, an entity where an entity is.
  absl::StatusOr<Json> ValueJson(const YAML::Node& node, const cedar::Type* type) const {
    if (node.IsSequence()) {
      Json json = Json::Array();
      const cedar::Type* element = type && type->kind == cedar::Type::Kind::kSet ? type->element.get() : nullptr;
      for (const YAML::Node& item : node) {
        SP_ASSIGN_OR_RETURN(Json value, ValueJson(item, element));
        json.items.push_back(std::move(value));
      }
      return json;
    }
    if (node.IsMap()) {
      Json json = Json::Object();
      for (const auto& member : node) {
        const std::string name = member.first.Scalar();
        const bool record = type && type->kind == cedar::Type::Kind::kRecord;
        const cedar::TypeField* field = record ? type->Field(name) : nullptr;
        SP_ASSIGN_OR_RETURN(Json value, ValueJson(member.second, field ? field->type.get() : nullptr));
        json.Set(name, std::move(value));
      }
      return json;
    }
    if (!node.IsScalar()) return Fail(node, "expected a value");
    const std::string& text = node.Scalar();
    int64_t number = 0;
    if (type && type->kind == cedar::Type::Kind::kEntity) {
      SP_ASSIGN_OR_RETURN(const EntityUid uid, Uid(node));
      return cedar::UidToJson(uid);
    }
    if (type && type->is_bool() && (text == "true" || text == "false")) return Json::Bool(text == "true");
    if (type && type->kind == cedar::Type::Kind::kLong && absl::SimpleAtoi(text, &number)) return Json::Integer(number);
    return Json::String(text);
  }

  absl::Status ReadContext(const YAML::Node& node, PolicyCase* test) const {
    const cedar::internal::ActionModel* action = schema_.model().FindAction(test->request.action);
    if (!action)
      return Fail(node["action"], absl::StrCat("the schema has no action ", test->request.action.ToString()));
    const YAML::Node merged = node["context"] ? Merged(context_, node["context"]) : context_;
    Json json = Json::Object();
    if (merged.IsMap()) {
      SP_ASSIGN_OR_RETURN(json, ValueJson(merged, action->context.get()));
    }
    absl::StatusOr<cedar::Value> context = cedar::ContextFromJson(json, &schema_, test->request.action);
    if (!context.ok()) return Fail(node, context.status().message());
    test->request.context = *std::move(context);
    const absl::Status valid = cedar::ValidateRequest(schema_, test->request);
    return valid.ok() ? valid : Fail(node, valid.message());
  }

  absl::Status ReadExpectation(const YAML::Node& node, PolicyCase* test) const {
    const std::string decision = node["decision"].as<std::string>();
    if (decision != "allow" && decision != "deny") return Fail(node, "decision must be allow or deny");
    test->decision = decision == "allow" ? cedar::Decision::kAllow : cedar::Decision::kDeny;
    if (node["reason"]) test->reason = node["reason"].as<std::string>();
    test->says_policies = node["policies"].IsDefined();
    for (const YAML::Node& id : node["policies"]) test->policies.push_back(id.as<std::string>());
    std::sort(test->policies.begin(), test->policies.end());
    return absl::OkStatus();
  }

  const std::string file_;
  const cedar::Schema& schema_;
  std::map<std::string, YAML::Node> entities_;
  YAML::Node context_;
  std::vector<World::Link> links_;
};

// The code that a decision shows: of the policies that decided, the reason of the one with the highest priority.
std::string ReasonOf(const cedar::Response& response) {
  if (response.decision == cedar::Decision::kAllow) return "GRANTED";
  std::string reason = "NO_ACCESS_LEVEL";
  int highest = -1;
  for (const cedar::Policy* policy : response.reasons) {
    int priority = 0;
    if (!absl::SimpleAtoi(policy->annotation("priority"), &priority)) priority = 0;
    if (priority <= highest) continue;
    highest = priority;
    reason = std::string(policy->annotation("reason"));
  }
  return reason;
}

std::string Name(const cedar::Policy& policy) {
  return std::string(policy.template_id().empty() ? policy.id() : policy.template_id());
}

}  // namespace

absl::StatusOr<std::vector<PolicyCase>> ParsePolicyCases(
    const std::string& file, const std::string& text, const cedar::Schema& schema,
    absl::FunctionRef<absl::StatusOr<std::string>(const std::string& name)> read) try {
  const YAML::Node root = YAML::Load(text);
  Document document(file, schema);
  if (root["world"]) {
    SP_ASSIGN_OR_RETURN(const std::string world, read(root["world"].as<std::string>()));
    SP_RETURN_IF_ERROR(document.ReadWorld(YAML::Load(world)));
  }
  SP_RETURN_IF_ERROR(document.ReadWorld(root));
  return document.ReadCases(root);
} catch (const YAML::Exception& e) {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", e.mark.line + 1, ": ", e.msg));
}

std::string RunPolicyCase(const PolicyCase& test, const cedar::PolicySet& policies) {
  cedar::PolicySet set = policies;
  int number = 0;
  for (const World::Link& link : test.world->links) {
    if (!set.FindTemplate(link.template_id)) continue;
    const absl::Status linked = set.Link(link.template_id, absl::StrCat("link ", ++number), link.slots);
    if (!linked.ok()) return std::string(linked.message());
  }
  const cedar::Response response = cedar::Authorize(set, test.request, *test.entities);
  std::vector<std::string> differences;
  for (const cedar::PolicyError& error : response.errors) {
    differences.push_back(absl::StrCat("policy ", error.policy->id(), " failed: ", error.message));
  }
  const auto word = [](cedar::Decision d) { return d == cedar::Decision::kAllow ? "allow" : "deny"; };
  if (response.decision != test.decision) {
    differences.push_back(absl::StrCat("expected ", word(test.decision), ", got ", word(response.decision)));
  }
  if (const std::string reason = ReasonOf(response); !test.reason.empty() && reason != test.reason) {
    differences.push_back(absl::StrCat("expected the reason ", test.reason, ", got ", reason));
  }
  std::vector<std::string> ids;
  for (const cedar::Policy* policy : response.reasons) ids.push_back(Name(*policy));
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (test.says_policies && ids != test.policies) {
    differences.push_back(absl::StrCat("expected the policies [", absl::StrJoin(test.policies, ", "), "], got [",
                                       absl::StrJoin(ids, ", "), "]"));
  }
  return absl::StrJoin(differences, "; ");
}

}  // namespace policies
