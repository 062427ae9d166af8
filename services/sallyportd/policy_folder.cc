#include "sallyportd/policy_folder.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"

namespace sallyport {
namespace {

constexpr size_t kPolicyFileBytesMax = 4u << 20;  // what a client may send in one request, too
constexpr size_t kPolicyFilesMax = 100;

}  // namespace

absl::StatusOr<access::PolicyFiles> ReadPolicyFolder(const std::string& folder) {
  access::PolicyFiles out;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  size_t schemas = 0;
  for (const auto& entry : entries) {
    const std::filesystem::path path = entry.path();
    const bool schema = path.extension() == ".cedarschema";
    if (!schema && path.extension() != ".cedar") continue;
    schemas += schema ? 1 : 0;
    SP_ASSIGN_OR_RETURN(out.files[path.filename().string()], ReadFile(path.string(), kPolicyFileBytesMax));
    if (out.files.size() > kPolicyFilesMax) {
      return absl::InvalidArgumentError(absl::StrCat(folder, ": more than ", kPolicyFilesMax, " policy files"));
    }
  }
  if (schemas != 1) {
    return absl::InvalidArgumentError(absl::StrCat(folder, ": has ", schemas, " files *.cedarschema, expected one"));
  }
  return out;
}

}  // namespace sallyport
