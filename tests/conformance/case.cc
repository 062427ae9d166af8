#include "case.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cedar/authorizer.h"
#include "cedar/entity_json.h"
#include "cedar/json.h"
#include "cedar/schema.h"
#include "cedar/validator.h"

namespace conformance {
namespace {

namespace fs = std::filesystem;
using cedar::Json;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Paths in a case are relative to the folder that the cases' folder lies in, or to one above.
fs::path Resolve(const fs::path& case_path, const std::string& name) {
  for (fs::path folder = fs::absolute(case_path).parent_path();; folder = folder.parent_path()) {
    if (fs::exists(folder / name)) return folder / name;
    if (folder == folder.parent_path()) return name;
  }
}

std::string OneLine(absl::string_view text) {
  constexpr size_t kShownMax = 400;
  std::string line = absl::StrReplaceAll(text, {{"\n", " | "}});
  return line.size() > kShownMax ? line.substr(0, kShownMax) + "…" : line;
}

std::set<std::string> Names(const Json* list) {
  std::set<std::string> names;
  if (!list) return names;
  for (const Json& item : list->items) names.insert(item.text);
  return names;
}

// A case's inputs, read.
class Case {
 public:
  explicit Case(fs::path path) : path_(std::move(path)) {}

  std::string Run(const Json& json) {
    if (std::string problem = Load(json); !problem.empty()) return problem;
    std::vector<std::string> problems;
    const Json* expected = json.Find("shouldValidate");
    const std::string invalid = Validate();
    if (expected && expected->boolean != invalid.empty()) {
      problems.push_back(expected->boolean ? absl::StrCat("should validate, but: ", invalid)
                                           : "should not validate, but does");
    }
    for (const Json& request : json.Find("requests")->items) {
      const std::string* description = request.FindString("description");
      std::string problem = Ask(request);
      if (!problem.empty()) problems.push_back(absl::StrCat(description ? *description : "request", ": ", problem));
    }
    return absl::StrJoin(problems, "; ");
  }

 private:
  std::string Load(const Json& json) {
    for (const char* part : {"policies", "schema", "entities"}) {
      if (!json.FindString(part)) return absl::StrCat("names no ", part);
    }
    auto text = [&](const char* part) { return ReadFile(Resolve(path_, *json.FindString(part))); };
    auto policies = cedar::PolicySet::Parse(text("policies"));
    if (!policies.ok()) return absl::StrCat("policies: ", policies.status().message());
    policies_ = *std::move(policies);
    auto schema = cedar::Schema::Parse(text("schema"));
    if (!schema.ok()) return absl::StrCat("schema: ", schema.status().message());
    schema_ = std::make_unique<cedar::Schema>(*std::move(schema));
    auto entities = cedar::ParseEntitiesJson(text("entities"), schema_.get());
    if (!entities.ok()) return absl::StrCat("entities: ", entities.status().message());
    entities_ = *std::move(entities);
    return "";
  }

  std::string Validate() const {
    const absl::Status status = cedar::ToStatus(cedar::ValidatePolicies(*schema_, policies_));
    return std::string(status.message());
  }

  std::string Ask(const Json& json) const {
    cedar::Request request;
    for (auto [part, uid] : {std::pair("principal", &request.principal), std::pair("action", &request.action),
                             std::pair("resource", &request.resource)}) {
      const Json* given = json.Find(part);
      if (!given) return absl::StrCat("names no ", part);
      auto parsed = cedar::UidFromJson(*given);
      if (!parsed.ok()) return absl::StrCat(part, ": ", parsed.status().message());
      *uid = *std::move(parsed);
    }
    const Json* context = json.Find("context");
    auto parsed = cedar::ContextFromJson(context ? *context : Json::Object(), schema_.get(), request.action);
    if (!parsed.ok()) return std::string(parsed.status().message());
    request.context = *std::move(parsed);
    const Json* validate = json.Find("validateRequest");
    if (!validate || validate->boolean) {
      if (absl::Status s = cedar::ValidateRequest(*schema_, request); !s.ok()) return std::string(s.message());
    }
    return Compare(json, cedar::Authorize(policies_, request, entities_));
  }

  static std::string Compare(const Json& json, const cedar::Response& response) {
    std::vector<std::string> problems;
    auto expect = [&](absl::string_view what, const std::string& expected, const std::string& got) {
      if (expected != got) problems.push_back(absl::StrCat(what, " should be ", expected, ", is ", got));
    };
    auto list = [](const std::set<std::string>& names) { return absl::StrCat("[", absl::StrJoin(names, ", "), "]"); };
    const std::string* decision = json.FindString("decision");
    expect("decision", decision ? *decision : "given", response.decision == cedar::Decision::kAllow ? "allow" : "deny");
    std::set<std::string> reasons, errors;
    for (const cedar::Policy* policy : response.reasons) reasons.emplace(policy->id());
    for (const cedar::PolicyError& error : response.errors) errors.emplace(error.policy->id());
    expect("reason", list(Names(json.Find("reason"))), list(reasons));
    expect("errors", list(Names(json.Find("errors"))), list(errors));
    return absl::StrJoin(problems, ", ");
  }

  const fs::path path_;
  cedar::PolicySet policies_;
  std::unique_ptr<cedar::Schema> schema_;
  cedar::EntityStore entities_;
};

}  // namespace

bool IsCaseFile(const fs::path& path) {
  const std::string name = path.filename().string();
  return path.extension() == ".json" && fs::path(name).stem().extension() != ".entities";
}

std::string RunCase(const fs::path& path, bool* skipped) {
  *skipped = false;
  const auto json = cedar::ParseJson(ReadFile(path));
  if (!json.ok()) return OneLine(json.status().message());
  const Json* requests = json->Find("requests");
  if (!requests || !requests->is_array()) {
    *skipped = true;
    return "";
  }
  return OneLine(Case(path).Run(*json));
}

}  // namespace conformance
