#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "access/policies.h"
#include "engine/transaction.h"

// The policy sets' life: proposed, activated, rolled back; each step a record, and none of them with an invalid set.
namespace sallyport::engine {

// Stores a set that compiles; returns its hash. The same set again is the same proposal.
// INVALID_ARGUMENT names file, line and column.
absl::StatusOr<std::string> ProposePolicySet(Transaction& transaction, const access::PolicyFiles& files);

// Makes a stored set the active one, for every decision after this command. Returns the hash of the one before (empty:
// none). NOT_FOUND; FAILED_PRECONDITION when it is active already.
absl::StatusOr<std::string> ActivatePolicySet(Transaction& transaction, const std::string& hash);

// Makes the set that was active before the active one again; returns its hash. FAILED_PRECONDITION when there is none.
absl::StatusOr<std::string> RollBackPolicySet(Transaction& transaction);

}  // namespace sallyport::engine
