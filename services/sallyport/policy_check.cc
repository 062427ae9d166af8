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

constexpr absl::string_view kPolicySuffix = ".cedar";
constexpr absl::string_view kSchemaSuffix = ".cedarschema";
constexpr absl::string_view kTestSuffix = ".yaml";

bool IsSchema(const std::string& name) { return absl::EndsWith(name, kSchemaSuffix); }
bool IsPolicyFile(const std::string& name) { return absl::EndsWith(name, kPolicySuffix) || IsSchema(name); }

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

absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& folder, absl::string_view suffix) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (absl::EndsWith(entry.path().string(), suffix)) out.push_back(entry.path().string());
  }
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("read ", folder));
  if (out.empty()) return absl::NotFoundError(absl::StrCat(folder, ": no *", suffix, " files"));
  std::sort(out.begin(), out.end());
  return out;
}

absl::Status AddFolder(const std::string& folder, access::PolicyFiles& files) {
  SP_ASSIGN_OR_RETURN(const std::vector<std::string> policies, FilesIn(folder, kPolicySuffix));
  for (const std::string& path : policies) SP_RETURN_IF_ERROR(AddFile(path, files));
  const auto schemas = FilesIn(folder, kSchemaSuffix);
  if (!schemas.ok()) return absl::OkStatus();  // checked without one
  for (const std::string& path : *schemas) SP_RETURN_IF_ERROR(AddFile(path, files));
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

absl::StatusOr<std::vector<std::string>> FindPolicyTexts(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      SP_ASSIGN_OR_RETURN(std::vector<std::string> found, FilesIn(path, kPolicySuffix));
      std::move(found.begin(), found.end(), std::back_inserter(out));
    } else if (absl::EndsWith(path, kPolicySuffix)) {
      out.push_back(path);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(path, ": expected a name that ends in ", kPolicySuffix));
    }
  }
  return out;
}

absl::StatusOr<std::map<std::string, std::string>> ReadPolicyTests(const std::string& folder) {
  SP_ASSIGN_OR_RETURN(const std::vector<std::string> paths, FilesIn(folder, kTestSuffix));
  std::map<std::string, std::string> out;
  for (const std::string& path : paths) {
    SP_ASSIGN_OR_RETURN(out[fs::path(path).filename().string()], ReadFile(path, kPolicyBytesMax));
  }
  return out;
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
