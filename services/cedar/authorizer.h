#ifndef CEDAR_AUTHORIZER_H_
#define CEDAR_AUTHORIZER_H_

#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/entity_source.h"
#include "cedar/policy.h"
#include "cedar/value.h"

// https://docs.cedarpolicy.com/auth/authorization.html
namespace cedar {

struct Request {
  EntityUid principal;
  EntityUid action;
  EntityUid resource;
  Value context = Value::Record({});  // must be a record
};

enum class Decision : uint8_t { kDeny, kAllow };

struct PolicyError {
  const Policy* policy = nullptr;
  std::string message;
};

// Pointers are into the policy set that answered.
struct Response {
  Decision decision = Decision::kDeny;
  // The determining policies, in order of addition: the satisfied forbids, or else the satisfied permits; none when the
  // denial is by default.
  absl::InlinedVector<const Policy*, 8> reasons;
  // Policies whose evaluation failed; they count as not satisfied. In order of addition.
  std::vector<PolicyError> errors;
};

struct AuthorizeOptions {
  // Off: every policy's scope is looked at. The answer is the same; for tests.
  bool use_index = true;
};

// Decides. Deny unless a permit is satisfied and no forbid is. Allocates nothing unless a policy builds sets or records,
// fails, or very many policies apply. Thread-safe as far as `entities` is.
Response Authorize(const PolicySet& policies, const Request& request, const EntitySource& entities,
                   const AuthorizeOptions& options = {});

enum class Verdict : uint8_t { kScopeMismatch, kNotSatisfied, kSatisfied, kError };

struct PolicyVerdict {
  const Policy* policy = nullptr;
  Verdict verdict = Verdict::kScopeMismatch;
  // kScopeMismatch: "principal", "action" or "resource", the first that does not match.
  absl::string_view mismatch;
  // kNotSatisfied: the condition that did not hold, counted from 0.
  int condition = -1;
  std::string error;  // kError
};

// What each policy says to the request, in order of addition. Looks at every policy.
std::vector<PolicyVerdict> Explain(const PolicySet& policies, const Request& request, const EntitySource& entities);

// One policy's verdict.
PolicyVerdict EvaluatePolicy(const Policy& policy, const Request& request, const EntitySource& entities);

// Evaluates one expression, such as a condition typed at a prompt. The error's message names the place.
absl::StatusOr<Value> EvaluateExpr(absl::string_view expression, const Request& request, const EntitySource& entities);

}  // namespace cedar

#endif  // CEDAR_AUTHORIZER_H_
