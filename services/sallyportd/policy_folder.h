#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "access/policies.h"

namespace sallyport {

// The *.cedar files and the one *.cedarschema of a folder, as a policy set. Other files are passed over. NOT_FOUND or
// INVALID_ARGUMENT names the folder and what is wrong with it; nothing is parsed here.
absl::StatusOr<access::PolicyFiles> ReadPolicyFolder(const std::string& folder);

}  // namespace sallyport
