#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/engine.h"
#include "sallyport/badge/v1/badge.pb.h"
#include "storage/store.h"

// From the log's records to the API's badge events. Reads the store: for worker threads, not for the engine's.
namespace sallyport::transport {

// The records that a filter asks for. NOT_FOUND names a person that nobody is; INVALID_ARGUMENT a malformed field.
absl::StatusOr<storage::Query> QueryOf(const engine::Snapshot& snapshot, const badge::v1::EventFilter& filter);

// The filter in words, without ids of people: what the log keeps of a query.
std::string Describe(const badge::v1::EventFilter& filter);

// Salt and serialised sallyport.record.v1.Personal of a record, opened; empty when there is nothing to open, or when
// the person was erased.
std::string OpenPersonalOf(const engine::Engine& engine, const engine::Snapshot& snapshot, uint64_t index,
                           const storage::Entry& entry);

// Whether the record is about somebody who was erased, with personal fields that were sealed beside it.
bool WasErased(const engine::Snapshot& snapshot, const storage::Entry& entry);

// One record as an event. DATA_LOSS when the stored record cannot be read.
absl::Status ReadEvent(const engine::Engine& engine, const engine::Snapshot& snapshot, uint64_t index,
                       badge::v1::BadgeEvent* out);

}  // namespace sallyport::transport
