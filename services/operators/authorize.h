#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "facility/ids.h"
#include "operators/model.h"

namespace cedar {
class EntitySource;
class PolicySet;
}  // namespace cedar

namespace sallyport::operators {

// Whether `caller` may call `method` ("sallyport.access.v1.AccessService/Authorize"). The policies decide:
//
//   principal  Operator::"id", which is in Role::"…" for each of its roles and has the attribute `kind`
//   action     Action::"sallyport.access.v1.AccessService/Authorize", in the duties that the schema puts it in
//   resource   System::"sallyport"
//
// OK, or PERMISSION_DENIED without any detail: no permit, a forbid, an error in a forbid, an identity that is no operator
// of the state, a suspended operator, a method that the schema does not know. Cost: a few microseconds.
//
// `policies` and `actions` are access::Policies::set() and access::Policies::actions() of the policy set in force.
absl::Status Authorize(const cedar::PolicySet& policies, const cedar::EntitySource& actions, const State& state,
                       const OperatorId& caller, absl::string_view method);

// Whether some active operator may call at least one of the methods. Cost: that of Authorize, for every operator and
// method until one may.
bool AnyoneMay(const cedar::PolicySet& policies, const cedar::EntitySource& actions, const State& state,
               absl::Span<const absl::string_view> methods);

}  // namespace sallyport::operators
