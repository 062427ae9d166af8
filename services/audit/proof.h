#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "audit/compact_range.h"
#include "audit/hash.h"

// Inclusion and consistency proofs, RFC 6962 section 2.1 (verification: RFC 9162 sections 2.1.3.2 and 2.1.4.2).
namespace sallyport::audit {

// Where proofs read the tree: node(level, i) = MTH(D[i*256^level : (i+1)*256^level]). Level 0 are leaf hashes, level
// L >= 1 the roots of full tiles of the level below. The store, tile directories and tile servers are implementations.
class NodeReader {
 public:
  virtual ~NodeReader() = default;
  // Exactly `count` (1 to 256) hashes from `first` on; they never cross a multiple of 256. OUT_OF_RANGE where the log
  // does not have them yet; other errors are passed on to whoever asked for the proof.
  virtual absl::StatusOr<std::vector<Hash>> ReadHashes(uint32_t level, uint64_t first, uint32_t count) = 0;
};

// The proof that leaf `index` is in the tree of `size` leaves, the leaf's sibling first. Reads each needed tile once:
// two or three tiles for ten million leaves. INVALID_ARGUMENT unless index < size.
absl::StatusOr<std::vector<Hash>> InclusionProof(uint64_t index, uint64_t size, NodeReader& reader);

// The proof that the tree of `old_size` leaves is a prefix of the tree of `new_size`. Empty when they are equal or when
// the old one is empty. INVALID_ARGUMENT unless old_size <= new_size.
absl::StatusOr<std::vector<Hash>> ConsistencyProof(uint64_t old_size, uint64_t new_size, NodeReader& reader);

// The root of the first `size` leaves: an independent second way to the root that CompactRange keeps.
absl::StatusOr<Hash> RootOf(uint64_t size, NodeReader& reader);

// The append state for `size` leaves, for restart: reads the right edge only.
absl::StatusOr<CompactRange> LoadCompactRange(uint64_t size, NodeReader& reader);

// OK when the proof leads from the leaf at `index` to `root`. UNAUTHENTICATED when it does not; INVALID_ARGUMENT when
// index >= size or the number of hashes is not the one that index and size determine.
absl::Status VerifyInclusion(uint64_t index, uint64_t size, const Hash& leaf_hash, absl::Span<const Hash> proof,
                             const Hash& root);

// OK when the proof shows that the tree with `old_root` is a prefix of the tree with `new_root`. UNAUTHENTICATED when
// it does not; INVALID_ARGUMENT when old_size is 0 (nothing can be proven of it), above new_size, or the number of
// hashes is wrong.
absl::Status VerifyConsistency(uint64_t old_size, const Hash& old_root, uint64_t new_size, const Hash& new_root,
                               absl::Span<const Hash> proof);

}  // namespace sallyport::audit
