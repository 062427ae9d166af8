#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "access/policies.h"
#include "cedar/diagnostic.h"

// Policies before they reach a server: read from files, and checked as the server does it.
namespace sallyport::cli {

// The *.cedar files and the schema of a folder, or the files given; names are without their folders. NOT_FOUND or
// INVALID_ARGUMENT names the path.
absl::StatusOr<access::PolicyFiles> ReadPolicyFiles(const std::vector<std::string>& paths);

// The *.cedar files among the same, with their folders: what can be formatted. INVALID_ARGUMENT for a file of another
// name.
absl::StatusOr<std::vector<std::string>> FindPolicyTexts(const std::vector<std::string>& paths);

// The *.yaml files of a folder, by name. NOT_FOUND when it has none.
absl::StatusOr<std::map<std::string, std::string>> ReadPolicyTests(const std::string& folder);

struct PolicyReport {
  std::vector<cedar::Diagnostic> problems;  // in order of files and places
  size_t policies = 0;
  size_t templates = 0;
  std::string hash;  // as the server names the set
  bool ok() const;   // no error among the problems; warnings may be
};

// Parses every file and reports all that is wrong, then compiles them together where a schema is among them. Warns
// about a policy without @id: its number would be its name in the log.
PolicyReport CheckPolicies(const access::PolicyFiles& files);

}  // namespace sallyport::cli
