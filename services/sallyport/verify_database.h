#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/note_key.h"
#include "sallyport/verify_report.h"
#include "storage/store.h"

namespace sallyport::cli {

// Verifies a log where it is stored, with its public keys alone: the last checkpoint's signature, every record's hash
// against the one beside it, every stored node against its records, and the root by two ways, from the records and from
// the stored nodes. The database may belong to a running daemon: what it commits meanwhile is left for the next time.
// Sealed personal fields are not looked at: without their keys nothing can be said about them.
//
// A record whose bytes alone were changed, or that is missing, is named. One that was changed together with the hash
// beside it is named as one of at most 256.
//
// An error means that the store could not be read.
absl::StatusOr<VerifyReport> VerifyStore(storage::Store& store, const std::vector<audit::VerifierKey>& keys);

// The same for a database file, opened read-only.
absl::StatusOr<VerifyReport> VerifyDatabase(const std::string& path, const std::vector<audit::VerifierKey>& keys);

}  // namespace sallyport::cli
