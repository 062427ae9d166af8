#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "access/replay.h"
#include "engine/engine.h"
#include "sallyport/policy/v1/policy.pb.h"

// Decisions of the log and the policy sets that they can be decided under. Reads the store: for worker threads.
namespace sallyport::transport {

struct StoredDecision {
  // kNone: it was made before policies are asked. kErased: the person's data is gone.
  enum class Facts { kKnown, kNone, kErased };

  uint64_t index = 0;
  absl::Time time;
  access::Outcome outcome;
  std::string access_point;
  std::string policy_set_hash;  // hex
  std::string subject_ref;      // empty: nobody's
  PersonId person;              // empty also when the log's pseudonym is nobody's any more
  Facts facts = Facts::kNone;
  std::string facts_json;
};

// NOT_FOUND (RECORD_NOT_FOUND) beyond the log, FAILED_PRECONDITION (NOT_A_DECISION), DATA_LOSS when the stored record
// cannot be read.
absl::StatusOr<StoredDecision> ReadDecision(const engine::Engine& engine, const engine::Snapshot& snapshot,
                                            uint64_t index);

// The files of a message. INVALID_ARGUMENT names the field.
absl::StatusOr<access::PolicyFiles> FilesOf(const policy::v1::PolicySet& set);

// A set that was proposed or active. NOT_FOUND (POLICY_SET_NOT_FOUND) names the field hash.
absl::StatusOr<std::shared_ptr<const engine::PolicyBook::Entry>> FindPolicySet(const engine::Snapshot& snapshot,
                                                                               const std::string& hash);

// A set that is given (`set` not null) or named by its hash, exactly one of the two; compiled, without a facility.
// INVALID_ARGUMENT when it is not valid.
absl::StatusOr<std::shared_ptr<const access::CheckedPolicies>> PolicySetOf(const engine::Snapshot& snapshot,
                                                                           const policy::v1::PolicySet* set,
                                                                           const std::string& hash);
// The same of a request with the fields policy_set and hash.
template <class Request>
absl::StatusOr<std::shared_ptr<const access::CheckedPolicies>> PolicySetOf(const engine::Snapshot& snapshot,
                                                                           const Request& request) {
  return PolicySetOf(snapshot, request.has_policy_set() ? &request.policy_set() : nullptr, request.hash());
}

}  // namespace sallyport::transport
