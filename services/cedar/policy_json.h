#ifndef CEDAR_POLICY_JSON_H_
#define CEDAR_POLICY_JSON_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/json.h"
#include "cedar/policy.h"

// Policies in JSON: https://docs.cedarpolicy.com/policies/json-format.html
namespace cedar {

// One policy or template. Errors name the place: `conditions[0].body.&&.left: …`.
absl::StatusOr<std::shared_ptr<const PolicyBody>> PolicyFromJson(const Json& json);
absl::StatusOr<std::shared_ptr<const PolicyBody>> ParsePolicyJson(absl::string_view text);
// Reading it back gives the same policy. Fails for a policy that is too deep for JSON (kPolicyJsonDepthMax): chains of
// && and || nest there.
absl::StatusOr<Json> PolicyToJson(const PolicyBody& body);

// `{"staticPolicies": {id: policy, …}, "templates": {id: template, …}, "templateLinks": [{"templateId": id, "newId":
// id, "values": {"?principal": {"type": …, "id": …}}}, …]}`
absl::StatusOr<PolicySet> PolicySetFromJson(const Json& json);
absl::StatusOr<PolicySet> ParsePolicySetJson(absl::string_view text);
absl::StatusOr<Json> PolicySetToJson(const PolicySet& policies);

}  // namespace cedar

#endif  // CEDAR_POLICY_JSON_H_
