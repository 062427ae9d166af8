#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "audit/hash.h"

// What happened to a tile's records: those that were found, held against the hashes that should be there. Pure
// functions.
namespace sallyport::audit {

enum class Damage {
  kChanged,     // a record's bytes, or what its line says of them
  kRemoved,     // a record is missing
  kInserted,    // a record that the log does not have there
  kReordered,   // a record of the log in another place
  kRenumbered,  // the right record under another index
  kTile,        // a tile's line
  kManifest,    // the first line
  kEnd,         // the last line
  kTruncated,   // the end is missing
  kTrailing,    // something follows the end
  kSignature,   // the checkpoint is not signed by a known key of the log
  kRoot,        // the hashes do not lead to the signed root
};
absl::string_view DamageName(Damage damage);  // "changed", "removed", …

struct Finding {
  Damage damage = Damage::kChanged;
  std::optional<uint64_t> index;  // of the record in the log, where it is about one
  uint64_t line = 0;              // in the file, from 1; 0 where there is none
  std::string text;               // for people; says everything above
  std::optional<Hash> expected;   // the hash that should have been there
  std::optional<Hash> found;      // the hash that was there instead
};

// A record as it was found.
struct FoundRecord {
  uint64_t line = 0;
  uint64_t index = 0;        // that it claims
  std::optional<Hash> hash;  // of its bytes; none when the line cannot be read
  std::string problem;       // of the line itself; empty when it is as it should be
};

// The difference between the records found and the hashes of the records [first, first + expected.size()), in the order
// of the file. Empty when they are the same. Time and memory grow with the product of the two counts.
std::vector<Finding> CompareTile(uint64_t first, absl::Span<const Hash> expected, absl::Span<const FoundRecord> found);

// Recognises records that were moved from one tile to another: what CompareTile calls changed, removed or inserted, it
// then calls reordered. Findings keep their order.
void JoinMoves(std::vector<Finding>& findings);

}  // namespace sallyport::audit
