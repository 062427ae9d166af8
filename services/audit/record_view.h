#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "audit/hash.h"

// Records in JSON, for people and their tools. A view follows from the bytes and proves nothing itself. It is
// protobuf's JSON mapping with the fields' own names in the order of their numbers, absent fields left out, without
// spaces: one spelling a record. Fields that this program does not know are left out. Pure functions, safe from any
// thread.
namespace sallyport::audit {

// A serialised sallyport.record.v1.Record as a JSON object; "null" for bytes that are none.
std::string RecordView(absl::string_view leaf);
// A serialised sallyport.record.v1.Personal, likewise.
std::string PersonalView(absl::string_view personal);

// The inverse of RecordView for whatever form of JSON: the bytes that were hashed, for a record of this program's
// format. INVALID_ARGUMENT when `json` is not a record.
absl::StatusOr<std::string> RecordFromView(absl::string_view json);

// OK when a record's commitment is the one of `personal`, which is salt (32 bytes) and serialised Personal.
// UNAUTHENTICATED when it is not or the record has none; INVALID_ARGUMENT for bytes that cannot be either.
absl::Status CheckPersonal(absl::string_view leaf, absl::string_view personal);

// Whether the record commits to personal fields: somebody's were sealed beside it, whether or not they still are.
bool HasPersonal(absl::string_view leaf);

}  // namespace sallyport::audit
