#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/transaction.h"

// Forgetting a person. In one command they leave every table, their sealing key is destroyed and so are the kept
// answers of requests that name them; the log says that it was done, by pseudonym. What lies sealed beside their
// records cannot be opened from then on; engine/erasure_work.h takes it, and copies of deleted rows, out of the store's
// files.
namespace sallyport::engine {

struct Erased {
  std::string subject_ref;  // what the log goes on calling them
  Receipt receipt;
};

// `records` is how many records of theirs the log has, for the record of the erasure. What is over and must stay as
// evidence (visits, devices, incidents, alarms) names "erased-" and the pseudonym instead.
//
// NOT_FOUND (PERSON_NOT_FOUND): nobody, or somebody who was erased before. FAILED_PRECONDITION names what stands in the
// way: they are inside (PERSON_INSIDE), a visit of theirs is not over (VISIT_STATE), a device of theirs is in custody
// (DEVICE_IN_CUSTODY), an incident about them is open (QUARANTINE_INCIDENT), an operator of their id or name is active
// (OPERATOR_ACTIVE; a suspended one goes with them), the policy set in force names them (POLICY_NAMES_PERSON; sets that
// are not in force and do so go with them).
absl::StatusOr<Erased> EraseSubject(Transaction& transaction, const PersonId& person, uint64_t records);

// Somebody whose key was destroyed before, found in rows from a backup: nothing stands in the way, since nobody can
// undo it. What is not over keeps their pseudonym too; operators and policy sets stay as they are.
absl::StatusOr<Erased> EraseAgain(Transaction& transaction, const PersonId& person);

}  // namespace sallyport::engine
