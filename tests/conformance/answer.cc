// Answers Cedar questions, one JSON object a line on the standard input, one a line on the standard output: what
// differential.mjs compares with the language's own engine.
//
//   in:  {"schema": text, "policies": text, "entities": […], "requests": [{"principal": …, …, "context": …}, …]}
//   out: {"schema": bool, "policies": bool, "valid": bool, "entities": bool,
//         "requests": [{"valid": bool, "decision": "allow", "reason": […], "errors": […]}, …], "round_trip": text}

#include <algorithm>
#include <iostream>
#include <string>
#include <utility>

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

// What the JSON forms and the printers lose of the inputs; empty when nothing.
std::string RoundTrip(const cedar::Schema& schema, const cedar::PolicySet& policies) {
  const auto text = schema.ToText();
  if (!text.ok()) return std::string(text.status().message());
  const auto from_text = cedar::Schema::Parse(*text);
  if (!from_text.ok() || from_text->ToJson() != schema.ToJson()) return absl::StrCat("schema text: ", *text);
  const auto from_json = cedar::Schema::ParseJson(schema.ToJson());
  if (!from_json.ok() || from_json->ToJson() != schema.ToJson()) return absl::StrCat("schema JSON: ", schema.ToJson());
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

Json Ids(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  Json json = Json::Array();
  for (const std::string& id : ids) json.items.push_back(Json::String(id));
  return json;
}

Json Ask(const Json& json, const cedar::Schema& schema, const cedar::PolicySet& policies,
         const cedar::EntityStore& entities) {
  Json answer = Json::Object();
  cedar::Request request;
  for (auto [part, uid] : {std::pair("principal", &request.principal), std::pair("action", &request.action),
                           std::pair("resource", &request.resource)}) {
    const Json* given = json.Find(part);
    auto parsed = given ? cedar::UidFromJson(*given) : absl::NotFoundError(part);
    if (!parsed.ok()) return answer.Set("valid", Json::Bool(false));
    *uid = *std::move(parsed);
  }
  const auto context = cedar::ContextFromJson(*json.Find("context"), &schema, request.action);
  if (context.ok()) request.context = *context;
  bool valid = context.ok() && cedar::ValidateRequest(schema, request).ok();
  answer.Set("valid", Json::Bool(valid));
  if (!valid) return answer;
  const cedar::Response response = cedar::Authorize(policies, request, entities);
  std::vector<std::string> reasons, errors;
  for (const cedar::Policy* policy : response.reasons) reasons.emplace_back(policy->id());
  for (const cedar::PolicyError& error : response.errors) errors.emplace_back(error.policy->id());
  answer.Set("decision", Json::String(response.decision == cedar::Decision::kAllow ? "allow" : "deny"));
  answer.Set("reason", Ids(std::move(reasons))).Set("errors", Ids(std::move(errors)));
  return answer;
}

Json Answer(const Json& json) {
  Json answer = Json::Object();
  const auto schema = cedar::Schema::Parse(*json.FindString("schema"));
  const auto policies = cedar::PolicySet::Parse(*json.FindString("policies"));
  answer.Set("schema", Json::Bool(schema.ok())).Set("policies", Json::Bool(policies.ok()));
  if (!schema.ok() || !policies.ok()) return answer;
  const absl::Status validation = cedar::ToStatus(cedar::ValidatePolicies(*schema, *policies));
  const auto entities = cedar::EntitiesFromJson(*json.Find("entities"), &*schema);
  answer.Set("valid", Json::Bool(validation.ok())).Set("entities", Json::Bool(entities.ok()));
  answer.Set("round_trip", Json::String(RoundTrip(*schema, *policies)));
  answer.Set("why", Json::String(absl::StrCat(validation.message(), entities.status().message())));
  Json requests = Json::Array();
  if (entities.ok()) {
    for (const Json& request : json.Find("requests")->items) {
      requests.items.push_back(Ask(request, *schema, *policies, *entities));
    }
  }
  answer.Set("requests", std::move(requests));
  return answer;
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto json = cedar::ParseJson(line);
    if (!json.ok()) {
      std::cerr << json.status() << "\n";
      return 1;
    }
    std::cout << Answer(*json).ToString() << std::endl;
  }
}
