#ifndef CEDAR_VALIDATOR_H_
#define CEDAR_VALIDATOR_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cedar/authorizer.h"
#include "cedar/diagnostic.h"
#include "cedar/entity_store.h"
#include "cedar/policy.h"
#include "cedar/schema.h"
#include "cedar/type.h"

// Checks of policies and data against a schema: https://docs.cedarpolicy.com/policies/validation.html
namespace cedar {

// Checks every policy and template in strict mode: for each combination of principal type, action and resource type
// that the schema knows, whether its conditions can only succeed without a type error. Errors are: names that the
// schema does not have, a scope to which no action applies, operands of the wrong type, attributes and tags that may be
// absent and are not guarded by `has`. Warnings are: policies that can never apply. In the order of the policies.
//
// A policy without errors never fails at run time, but for arithmetic overflow and entities that do not exist, as long
// as requests and entities are valid too.
std::vector<Diagnostic> ValidatePolicies(const Schema& schema, const PolicySet& policies);

// The same for one policy or template.
std::vector<Diagnostic> ValidatePolicy(const Schema& schema, const PolicyBody& body, absl::string_view id);

// Whether a request can be asked under the schema: the action exists and applies to principals and resources of these
// types, and the context has its type.
absl::Status ValidateRequest(const Schema& schema, const Request& request);

// Whether an entity is one that the schema allows: its type is declared, its attributes, tags and parents are as
// declared there. An action must be exactly what the schema says of it; its parents are compared with all the
// ancestors in the schema.
absl::Status ValidateEntity(const Schema& schema, const Entity& entity);

// Whether a value has a type. `what` names the value in the error.
absl::Status ValidateValue(const Schema& schema, const Type& type, const Value& value, absl::string_view what);

}  // namespace cedar

#endif  // CEDAR_VALIDATOR_H_
