#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "audit/hash.h"
#include "audit/sealer.h"
#include "base/random.h"
#include "facility/event.h"
#include "facility/model.h"
#include "storage/store.h"

// From an event to one record of the log: serialised once, hashed once, personal fields sealed beside it.
namespace sallyport::engine {

struct RecordContext {
  uint64_t index;                      // where the record will stand
  absl::Time time;
  absl::string_view actor;
  absl::string_view request_id;
  absl::string_view policy_set_hash;   // 64 hex digits
  const facility::State& facility;     // people named in the event, with their keys
  const audit::KeyEncryptionKey& kek;
  RandomSource& random;
};

// The terms that an entry can be found by; the reading side builds its queries from the same functions.
std::string PersonTerm(absl::string_view subject_ref);
std::string AccessPointTerm(absl::string_view access_point);
std::string AreaTerm(absl::string_view area);
std::string KindTerm(absl::string_view kind);      // "decision", "opened", "step", "change", "alarm", …
std::string OutcomeTerm(bool grant);
std::string ReasonTerm(absl::string_view reason);

// The event as an entry of the log. A person without a sealing key (erased) leaves no personal fields. INVALID_ARGUMENT
// when what it says is more than a record or its sealed fields hold (audit/limits.h).
absl::StatusOr<storage::Entry> MakeEntry(const Event& event, const RecordContext& context);

// What the personal fields of the entry at `index` are bound to, besides the key.
std::string PersonalAad(absl::string_view subject_ref, uint64_t index);

}  // namespace sallyport::engine
