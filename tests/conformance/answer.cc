// Answers Cedar questions, one JSON object a line on the standard input, one a line on the standard output: what
// differential.mjs compares with the language's own engine.
//
//   in:  {"schema": text or JSON form, "policies": {"staticPolicies": text or {id: text or JSON form, …}, "templates":
//         {id: …, …}, "templateLinks": […]}, "entities": […], "requests": [{"principal": …, …, "context": …}, …],
//         "mode": "schema", "unvalidated" or "plain", "forms": bool}
//   out: {"schema": bool, "policies": bool, "invalid": [policy id, …], "impossible": [policy id, …], "entities": bool,
//         "requests": [{"valid": bool, "decision": "allow", "reason": […], "errors": […]}, …],
//         "forms": {"policies": {id: JSON form}, "texts": {id: text}, "schema": JSON form, "schema_text": text},
//         "broken": which promise of the library did not hold, or "", "why": errors for people}
//
// "forms" stands there where asked for, and has no "schema_text" where the schema cannot be said in text.

#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cedar/authorizer.h"
#include "cedar/entity_json.h"
#include "cedar/json.h"
#include "cedar/policy_json.h"
#include "cedar/printer.h"
#include "cedar/schema.h"
#include "cedar/validator.h"

namespace {

using cedar::Json;
using Body = std::shared_ptr<const cedar::PolicyBody>;

absl::StatusOr<cedar::Schema> ReadSchema(const Json& json) {
  return json.is_string() ? cedar::Schema::Parse(json.text) : cedar::Schema::ParseJson(json.ToString());
}

absl::Status AddBodies(const Json& json, bool templates, cedar::PolicySet* out) {
  for (size_t i = 0; i < json.items.size(); ++i) {
    const Json& item = json.items[i];
    absl::StatusOr<Body> body = item.is_string() ? cedar::ParsePolicy(item.text) : cedar::PolicyFromJson(item);
    if (!body.ok()) return body.status();
    if ((*body)->is_template() != templates)
      return absl::InvalidArgumentError("template or policy, the other way round");
    if (absl::Status s = out->Add(json.names[i], *std::move(body)); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status AddLink(const Json& json, cedar::PolicySet* out) {
  const std::string *id = json.FindString("newId"), *of = json.FindString("templateId");
  const Json* values = json.Find("values");
  if (!id || !of || !values) return absl::InvalidArgumentError("no link");
  cedar::Slots slots;
  for (size_t i = 0; i < values->items.size(); ++i) {
    absl::StatusOr<cedar::EntityUid> uid = cedar::UidFromJson(values->items[i]);
    if (!uid.ok()) return uid.status();
    (values->names[i] == "?principal" ? slots.principal : slots.resource) = *std::move(uid);
  }
  return out->Link(*of, *id, std::move(slots));
}

bool AllJson(const Json& json) {
  return json.is_object() &&
         std::none_of(json.items.begin(), json.items.end(), [](const Json& j) { return j.is_string(); });
}

absl::StatusOr<cedar::PolicySet> ReadPolicies(const Json& json) {
  const Json &policies = *json.Find("staticPolicies"), &templates = *json.Find("templates");
  if (AllJson(policies) && AllJson(templates)) return cedar::PolicySetFromJson(json);
  cedar::PolicySet set;
  if (policies.is_string()) {
    absl::StatusOr<cedar::PolicySet> parsed = cedar::PolicySet::Parse(policies.text);
    if (!parsed.ok()) return parsed.status();
    if (!parsed->Templates().empty()) return absl::InvalidArgumentError("a template among static policies");
    set = *std::move(parsed);
  } else if (absl::Status s = AddBodies(policies, false, &set); !s.ok()) {
    return s;
  }
  if (absl::Status s = AddBodies(templates, true, &set); !s.ok()) return s;
  for (const Json& link : json.Find("templateLinks")->items) {
    if (absl::Status s = AddLink(link, &set); !s.ok()) return s;
  }
  return set;
}

// What the JSON forms and the printers lose of the inputs; empty when nothing.
std::string LostInForms(const cedar::Schema& schema, const cedar::PolicySet& policies) {
  const auto from_json = cedar::Schema::ParseJson(schema.ToJson());
  if (!from_json.ok() || from_json->ToJson() != schema.ToJson()) return absl::StrCat("schema JSON: ", schema.ToJson());
  if (const auto text = schema.ToText(); text.ok()) {
    const auto from_text = cedar::Schema::Parse(*text);
    if (!from_text.ok() || from_text->ToText().value() != *text) return absl::StrCat("schema text: ", *text);
  }
  const std::string printed = cedar::PolicySetToText(policies);
  const auto parsed = cedar::PolicySet::Parse(printed);
  if (!parsed.ok() || cedar::PolicySetToText(*parsed) != printed) return absl::StrCat("policies: ", printed);
  const auto json = cedar::PolicySetToJson(policies);
  if (!json.ok()) return std::string(json.status().message());
  const auto again = cedar::ParsePolicySetJson(json->ToString());
  if (!again.ok() || cedar::PolicySetToText(*again) != printed) return absl::StrCat("policy JSON: ", json->ToString());
  if (cedar::FormatPolicies(printed).value_or("") != printed) return absl::StrCat("format: ", printed);
  return "";
}

Json Ids(const std::set<std::string>& ids) {
  Json json = Json::Array();
  for (const std::string& id : ids) json.items.push_back(Json::String(id));
  return json;
}

class Question {
 public:
  explicit Question(const Json& json) : json_(json), mode_(*json.FindString("mode")) {}

  Json Answer() {
    absl::StatusOr<cedar::Schema> schema = ReadSchema(*json_.Find("schema"));
    absl::StatusOr<cedar::PolicySet> policies = ReadPolicies(*json_.Find("policies"));
    out_.Set("schema", Json::Bool(schema.ok())).Set("policies", Json::Bool(policies.ok()));
    if (schema.ok() && policies.ok()) {
      Validate(*schema, *policies);
      broken_ = LostInForms(*schema, *policies);
      if (json_.Find("forms")->boolean) WriteForms(*schema, *policies);
      AskAll(*schema, *policies);
    }
    out_.Set("broken", Json::String(broken_));
    out_.Set("why", Json::String(absl::StrCat(schema.status().message(), policies.status().message(), why_)));
    return std::move(out_);
  }

 private:
  void Validate(const cedar::Schema& schema, const cedar::PolicySet& policies) {
    std::set<std::string> invalid, impossible;
    const std::vector<cedar::Diagnostic> diagnostics = cedar::ValidatePolicies(schema, policies);
    for (const cedar::Diagnostic& d : diagnostics) {
      (d.severity == cedar::Diagnostic::Severity::kError ? invalid : impossible).insert(d.policy_id);
    }
    for (const std::string& id : invalid) impossible.erase(id);
    valid_ = invalid.empty();
    absl::StrAppend(&why_, cedar::ToStatus(diagnostics).message());
    out_.Set("invalid", Ids(invalid)).Set("impossible", Ids(impossible));
  }

  void WriteForms(const cedar::Schema& schema, const cedar::PolicySet& policies) {
    Json jsons = Json::Object(), texts = Json::Object(), forms = Json::Object();
    auto add = [&](absl::string_view id, const cedar::PolicyBody& body) {
      jsons.Set(id, cedar::PolicyToJson(body).value());
      texts.Set(id, Json::String(cedar::PolicyToText(body)));
    };
    for (const auto& [id, body] : policies.Templates()) add(id, *body);
    for (const cedar::Policy* policy : policies.Policies()) {
      if (policy->template_id().empty()) add(policy->id(), policy->body());
    }
    forms.Set("policies", std::move(jsons)).Set("texts", std::move(texts));
    forms.Set("schema", cedar::ParseJson(schema.ToJson()).value());
    if (const auto text = schema.ToText(); text.ok()) forms.Set("schema_text", Json::String(*text));
    out_.Set("forms", std::move(forms));
  }

  void AskAll(const cedar::Schema& schema, const cedar::PolicySet& policies) {
    const cedar::Schema* used = mode_ == "plain" ? nullptr : &schema;
    const auto entities = cedar::EntitiesFromJson(*json_.Find("entities"), used);
    absl::StrAppend(&why_, entities.status().message());
    Json requests = Json::Array();
    if (entities.ok()) {
      for (const Json& request : json_.Find("requests")->items) {
        requests.items.push_back(Ask(request, used, policies, *entities));
      }
    }
    out_.Set("entities", Json::Bool(entities.ok())).Set("requests", std::move(requests));
  }

  absl::StatusOr<cedar::Request> ReadRequest(const Json& json, const cedar::Schema* schema) const {
    cedar::Request request;
    for (auto [part, uid] : {std::pair("principal", &request.principal), std::pair("action", &request.action),
                             std::pair("resource", &request.resource)}) {
      absl::StatusOr<cedar::EntityUid> parsed = cedar::UidFromJson(*json.Find(part));
      if (!parsed.ok()) return parsed.status();
      *uid = *std::move(parsed);
    }
    absl::StatusOr<cedar::Value> context =
        cedar::ContextFromJson(*json.Find("context"), mode_ == "schema" ? schema : nullptr, request.action);
    if (!context.ok()) return context.status();
    request.context = *std::move(context);
    if (mode_ == "schema") {
      if (absl::Status s = cedar::ValidateRequest(*schema, request); !s.ok()) return s;
    }
    return request;
  }

  Json Ask(const Json& json, const cedar::Schema* schema, const cedar::PolicySet& policies,
           const cedar::EntityStore& entities) {
    Json answer = Json::Object();
    const absl::StatusOr<cedar::Request> request = ReadRequest(json, schema);
    answer.Set("valid", Json::Bool(request.ok()));
    if (!request.ok()) {
      absl::StrAppend(&why_, request.status().message());
      return answer;
    }
    const cedar::Response response = cedar::Authorize(policies, *request, entities);
    const cedar::Response plain = cedar::Authorize(policies, *request, entities, {.use_index = false});
    if (response.decision != plain.decision || response.reasons != plain.reasons ||
        response.errors.size() != plain.errors.size()) {
      broken_ = "the index changes the answer";
    }
    std::set<std::string> reasons, errors;
    for (const cedar::Policy* policy : response.reasons) reasons.emplace(policy->id());
    for (const cedar::PolicyError& error : response.errors) {
      errors.emplace(error.policy->id());
      if (valid_ && mode_ == "schema" && !absl::StrContains(error.message, "overflow") &&
          !absl::StrContains(error.message, "does not exist")) {
        broken_ = absl::StrCat("a valid policy fails: ", error.message);
      }
    }
    answer.Set("decision", Json::String(response.decision == cedar::Decision::kAllow ? "allow" : "deny"));
    answer.Set("reason", Ids(reasons)).Set("errors", Ids(errors));
    return answer;
  }

  const Json& json_;
  const std::string mode_;
  Json out_ = Json::Object();
  bool valid_ = false;
  std::string broken_;
  std::string why_;
};

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto json = cedar::ParseJson(line, cedar::kPolicyJsonDepthMax);
    if (!json.ok()) {
      std::cerr << json.status() << "\n";
      return 1;
    }
    std::cout << Question(*json).Answer().ToString() << std::endl;
  }
}
