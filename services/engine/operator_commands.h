#pragma once

#include "absl/status/statusor.h"
#include "engine/transaction.h"
#include "operators/model.h"

// Changing operators: what the operators room does, recorded, and never so that nobody is left who could.
namespace sallyport::engine {

// Errors are those of operators::UpdateOperator, and FAILED_PRECONDITION (LAST_ADMINISTRATOR) when afterwards no active
// operator could change operators under the policies in force, while now one can.
absl::StatusOr<operators::Operator> UpdateOperator(Transaction& transaction, const operators::Operator& wanted);

}  // namespace sallyport::engine
