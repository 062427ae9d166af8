#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/authorizer.h"
#include "cedar/entity_store.h"
#include "cedar/policy.h"
#include "cedar/schema.h"

// Test cases of policies in YAML; policies/tests/README.md describes the form.
namespace policies {

// Entities, context and links that cases share.
struct World;

struct PolicyCase {
  std::string file;
  int line = 0;
  std::string name;
  cedar::Request request;
  std::shared_ptr<const cedar::EntityStore> entities;
  std::shared_ptr<const World> world;
  cedar::Decision decision = cedar::Decision::kDeny;
  std::string reason;                 // "" when the case does not say
  std::vector<std::string> policies;  // sorted; a link counts as its template
  bool says_policies = false;
};

// The cases of one document, in order. `read` finds the file that `world:` names. Errors name file and line.
absl::StatusOr<std::vector<PolicyCase>> ParsePolicyCases(
    const std::string& file, const std::string& text, const cedar::Schema& schema,
    absl::FunctionRef<absl::StatusOr<std::string>(const std::string& name)> read);

// What comes out otherwise than the case says; empty when nothing. A policy that fails counts as a difference.
std::string RunPolicyCase(const PolicyCase& test, const cedar::PolicySet& policies);

}  // namespace policies
