#include "sallyport/policy_check.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "cedar/policy.h"
#include "cedar/schema.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

bool IsSchema(const std::string& name) { return absl::EndsWith(name, ".cedarschema"); }
bool IsPolicyFile(const std::string& name) { return absl::EndsWith(name, ".cedar") || IsSchema(name); }

absl::Status AddFile(const fs::path& path, access::PolicyFiles& files) {
  const std::string name = path.filename().string();
  if (!IsPolicyFile(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), ": expected a name that ends in .cedar or .cedarschema"));
  }
  if (files.files.size() == kPolicyFilesMax) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kPolicyFilesMax, " files"));
  }
  SP_ASSIGN_OR_RETURN(std::string text, ReadFile(path.string(), kPolicyBytesMax));
  if (!files.files.emplace(name, std::move(text)).second) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), ": a second file of that name"));
  }
  return absl::OkStatus();
}

absl::Status AddFolder(const fs::path& folder, access::PolicyFiles& files) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (IsPolicyFile(entry.path().filename().string())) paths.push_back(entry.path());
  }
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("read ", folder.string()));
  if (paths.empty()) return absl::NotFoundError(absl::StrCat(folder.string(), ": no *.cedar files"));
  for (const fs::path& path : paths) SP_RETURN_IF_ERROR(AddFile(path, files));
  return absl::OkStatus();
}

cedar::Diagnostic Warning(const std::string& file, const cedar::PolicyBody& body, std::string message) {
  cedar::Diagnostic warning;
  warning.severity = cedar::Diagnostic::Severity::kWarning;
  warning.file = file;
  warning.position = body.position();
  warning.message = std::move(message);
  return warning;
}

cedar::Diagnostic Error(std::string message) {
  cedar::Diagnostic error;
  error.message = std::move(message);
  return error;
}

void CheckId(const std::string& file, const cedar::PolicyBody& body, PolicyReport& report) {
  if (body.FindAnnotation("id") != nullptr) return;
  report.problems.push_back(
      Warning(file, body, "no @id; its number in the file would be its name in the log, and change with the file"));
}

void CheckFile(const std::string& name, const std::string& text, PolicyReport& report) {
  cedar::ParseOptions options;
  options.file_name = name;
  options.id_annotation = true;
  std::vector<cedar::Diagnostic> found;
  absl::Status status;
  if (IsSchema(name)) {
    status = cedar::Schema::Parse(text, options, &found).status();
  } else {
    const auto set = cedar::PolicySet::Parse(text, options, &found);
    status = set.status();
    if (set.ok()) {
      for (const cedar::Policy* policy : set->Policies()) CheckId(name, policy->body(), report);
      for (const auto& [id, body] : set->Templates()) CheckId(name, *body, report);
      report.policies += set->Policies().size();
      report.templates += set->Templates().size();
    }
  }
  if (!status.ok() && found.empty()) found.push_back(Error(absl::StrCat(name, ": ", status.message())));
  report.problems.insert(report.problems.end(), found.begin(), found.end());
}

}  // namespace

absl::StatusOr<access::PolicyFiles> ReadPolicyFiles(const std::vector<std::string>& paths) {
  access::PolicyFiles files;
  for (const std::string& path : paths) {
    std::error_code error;
    SP_RETURN_IF_ERROR(fs::is_directory(path, error) ? AddFolder(path, files) : AddFile(path, files));
  }
  return files;
}

bool PolicyReport::ok() const {
  return std::none_of(problems.begin(), problems.end(), [](const cedar::Diagnostic& problem) {
    return problem.severity == cedar::Diagnostic::Severity::kError;
  });
}

PolicyReport CheckPolicies(const access::PolicyFiles& files) {
  PolicyReport report;
  bool schema = false;
  for (const auto& [name, text] : files.files) {
    CheckFile(name, text, report);
    schema = schema || IsSchema(name);
  }
  report.hash = files.Hash();
  if (!schema || !report.ok()) return report;
  // What only shows when the files are put together: ids that stand twice, annotations that do not read.
  const auto compiled = access::Policies::Compile(files, facility::State());
  if (!compiled.ok()) report.problems.push_back(Error(std::string(compiled.status().message())));
  return report;
}

}  // namespace sallyport::cli
