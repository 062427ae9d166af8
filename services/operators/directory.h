#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "facility/event.h"
#include "operators/model.h"

// Adding and changing operators. When a function returns an error, the state has not changed. Errors:
//   INVALID_ARGUMENT   a field is malformed or over a limit (a field violation names it)
//   NOT_FOUND          no such operator
//   ALREADY_EXISTS     the id is taken
// Whether the caller may is not asked here: that is Authorize, in authorize.h.
namespace sallyport::operators {

// Adds an operator. The event is for the log.
absl::StatusOr<ChangeEvent> CreateOperator(const Operator& wanted, State& state);

// Replaces name, roles and status. The kind is what it was: FieldError when `wanted` has another.
absl::StatusOr<ChangeEvent> UpdateOperator(const Operator& wanted, State& state);

// Takes an operator and their tokens out of the state; the log goes on naming them by their id. NOT_FOUND, or
// FAILED_PRECONDITION (OPERATOR_ACTIVE) while they are not suspended: that is somebody's decision, and recorded.
absl::Status RemoveOperator(const OperatorId& id, State& state);

// The caller as the state knows it. UNAUTHENTICATED when it does not, or when the operator is suspended; the message
// does not say which.
absl::StatusOr<Operator> WhoAmI(const State& state, const OperatorId& caller);

}  // namespace sallyport::operators
