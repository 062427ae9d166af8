#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/postings.h"
#include "storage/sqlite_database.h"
#include "storage/store.h"

// Search in the log of a SQLite store.
namespace sallyport::storage {

constexpr size_t kQueryTermsMax = 256;  // over all groups

// Store::FindEntries. The groups are walked together, each leaping to where the others are, so that the cost follows
// the rarest group and the length of the page, never the size of the log.
absl::StatusOr<std::vector<uint64_t>> FindEntries(Database& database, const PostingTail& tail, const Query& query);

// The first index at or after which every answer has a time of at least `since`; at most `end`. By binary search.
absl::StatusOr<uint64_t> FirstAnswerSince(Database& database, uint64_t end, absl::Time since);

}  // namespace sallyport::storage
