#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "cedar/printer.h"
#include "cedar/validator.h"
#include "policy_cases.h"

namespace {

namespace fs = std::filesystem;
using policies::PolicyCase;

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path.string()));
  return text.str();
}

std::vector<fs::path> FilesIn(const fs::path& folder, const char* extension) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Files stand in the one layout, so that a change shows only what it changes.
absl::Status CheckLayout(const std::string& name, const std::string& text, const std::string& canonical) {
  if (text == canonical) return absl::OkStatus();
  const auto at = std::mismatch(text.begin(), text.end(), canonical.begin(), canonical.end()).first;
  return absl::InvalidArgumentError(absl::StrCat(name, ":", 1 + std::count(text.begin(), at, '\n'),
                                                 ": from here on not as `sallyport policy format` would write it"));
}

absl::StatusOr<cedar::PolicySet> ReadPolicies(const fs::path& folder, const cedar::Schema& schema) {
  cedar::PolicySet all;
  for (const fs::path& path : FilesIn(folder, ".cedar")) {
    SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    cedar::ParseOptions options;
    options.file_name = path.filename().string();
    options.id_annotation = true;
    options.id_prefix = absl::StrCat(path.stem().string(), "-");
    SP_ASSIGN_OR_RETURN(const cedar::PolicySet set, cedar::PolicySet::Parse(text, options));
    SP_ASSIGN_OR_RETURN(const std::string canonical, cedar::FormatPolicies(text, options));
    SP_RETURN_IF_ERROR(CheckLayout(options.file_name, text, canonical));
    SP_RETURN_IF_ERROR(all.Merge(set));
  }
  const std::vector<cedar::Diagnostic> diagnostics = cedar::ValidatePolicies(schema, all);
  for (const cedar::Diagnostic& d : diagnostics) std::printf("%s\n", d.ToString().c_str());
  // A policy that never applies is not one that anybody wanted.
  if (!diagnostics.empty()) return absl::InvalidArgumentError("the policies do not validate");
  return all;
}

absl::StatusOr<std::vector<PolicyCase>> ReadCases(const fs::path& folder, const cedar::Schema& schema) {
  std::vector<PolicyCase> all;
  for (const fs::path& path : FilesIn(folder, ".yaml")) {
    SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    // Worlds are no cases.
    if (path.stem().extension() == ".world") continue;
    SP_ASSIGN_OR_RETURN(std::vector<PolicyCase> cases,
                        policies::ParsePolicyCases(path.filename().string(), text, schema,
                                                   [&](const std::string& name) { return ReadFile(folder / name); }));
    std::move(cases.begin(), cases.end(), std::back_inserter(all));
  }
  return all;
}

int RunCases(const std::vector<PolicyCase>& cases, const cedar::PolicySet& set) {
  int failed = 0;
  for (const PolicyCase& test : cases) {
    const std::string difference = RunPolicyCase(test, set);
    if (difference.empty()) continue;
    ++failed;
    std::printf("%s:%d: %s: %s\n", test.file.c_str(), test.line, test.name.c_str(), difference.c_str());
  }
  return failed;
}

// Takes away each policy in turn; a case has to notice.
int CheckThatEachMatters(const std::vector<PolicyCase>& cases, const cedar::PolicySet& set) {
  std::vector<std::string> ids;
  for (const auto& [id, body] : set.Templates()) ids.push_back(id);
  for (const cedar::Policy* policy : set.Policies()) ids.emplace_back(policy->id());
  int unnoticed = 0;
  for (const std::string& id : ids) {
    cedar::PolicySet without = set;
    if (!without.Remove(id).ok()) return 1;
    const bool noticed = std::any_of(cases.begin(), cases.end(),
                                     [&](const PolicyCase& test) { return !RunPolicyCase(test, without).empty(); });
    if (noticed) continue;
    ++unnoticed;
    std::printf("no case fails without the policy %s\n", id.c_str());
  }
  return unnoticed;
}

absl::StatusOr<int> Run(const fs::path& folder) {
  SP_ASSIGN_OR_RETURN(const std::string schema_text, ReadFile(folder / "facility.cedarschema"));
  SP_ASSIGN_OR_RETURN(const cedar::Schema schema, cedar::Schema::Parse(schema_text, {"facility.cedarschema"}));
  SP_ASSIGN_OR_RETURN(const cedar::PolicySet set, ReadPolicies(folder, schema));
  SP_ASSIGN_OR_RETURN(const std::vector<PolicyCase> cases, ReadCases(folder / "tests", schema));
  const int failed = RunCases(cases, set);
  std::printf("%zu cases passed, %d failed\n", cases.size() - static_cast<size_t>(failed), failed);
  if (failed > 0) return 1;
  const int unnoticed = CheckThatEachMatters(cases, set);
  std::printf("%d policies without a case\n", unnoticed);
  return unnoticed > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: policy-test FOLDER\n");
    return 2;
  }
  const absl::StatusOr<int> result = Run(argv[1]);
  if (!result.ok()) std::fprintf(stderr, "%s\n", std::string(result.status().message()).c_str());
  return result.value_or(1);
}
