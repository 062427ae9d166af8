#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "access/policies.h"
#include "engine/transaction.h"

// The policy sets' life: proposed, activated, rolled back; each step a record, and none of them with an invalid set.
// Sets are checked and linked before these commands are queued, on another thread: here nothing is parsed any more.
namespace sallyport::engine {

// Stores a set as a proposal; returns its hash. The same set again is the same proposal, and the newest. Of the sets
// that were never active kProposalsMax are kept: the one proposed longest ago is dropped, which is a record too.
std::string ProposePolicySet(Transaction& transaction, const access::CheckedPolicies& policies);

// Makes a stored set the active one, for every decision after this command. `policies` is that set; when the facility
// has changed since it was linked, it is linked again. Returns the hash of the set before (empty: none).
//   NOT_FOUND            no such set was proposed, or it was dropped
//   FAILED_PRECONDITION  it is active already; or (LOCK_OUT) no active operator could put a set into force or take one
//                        back under it, so that it would stay for ever
//   RESOURCE_EXHAUSTED   kActivatedSetsMax different sets have been active
absl::StatusOr<std::string> ActivatePolicySet(Transaction& transaction,
                                              const std::shared_ptr<const access::Policies>& policies);

// The set that was active before the active one. FAILED_PRECONDITION when there is none.
absl::StatusOr<std::string> PolicySetBefore(const PolicyBook& book);

// Makes that set the active one again; returns its hash. ABORTED when `policies` is another set, because one was
// activated in the meantime; otherwise as ActivatePolicySet.
absl::StatusOr<std::string> RollBackPolicySet(Transaction& transaction,
                                              const std::shared_ptr<const access::Policies>& policies);

}  // namespace sallyport::engine
