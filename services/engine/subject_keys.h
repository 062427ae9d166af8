#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/state.h"
#include "storage/store.h"

// The people's sealing keys lie apart from the rows of the state (storage/store.h). After a crash, or when one of the
// two comes from a backup, they may disagree; what was erased stays erased whichever is older.
namespace sallyport::engine {

struct KeyDisagreements {
  // In the state, but their key was destroyed: the rows are from before their erasure, and they are to be erased again.
  std::vector<PersonId> destroyed;
  // Keys that are still there of people who were erased by the state: to be destroyed again.
  std::vector<storage::SubjectKey> undead;
};

// Gives everybody in the state their wrapped key. FAILED_PRECONDITION when somebody's key was never there: the file of
// keys is older than the database, or another one's.
absl::StatusOr<KeyDisagreements> LoadSubjectKeys(storage::Store& store, State& state);

}  // namespace sallyport::engine
