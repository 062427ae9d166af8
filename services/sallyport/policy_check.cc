#include "sallyport/policy_check.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
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
  report.hash = files.Hash();
  const bool schema =
      std::any_of(files.files.begin(), files.files.end(), [](const auto& f) { return IsSchema(f.first); });
  std::vector<cedar::Diagnostic> again;
  const access::ParsedPolicies parsed = access::ParsePolicies(files, schema ? again : report.problems);
  if (schema) (void)access::CheckedPolicies::Check(files, &report.problems).ok();  // the problems say it
  report.policies = parsed.set.size();
  report.templates = parsed.set.Templates().size();
  return report;
}

}  // namespace sallyport::cli
