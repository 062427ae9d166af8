#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/compact_range.h"
#include "audit/hash.h"
#include "audit/proof.h"

// Proof that consecutive leaves are the leaves [from, to) of a tree: the roots of the subtrees left and right of them.
// Pure functions and values.
namespace sallyport::audit {

// A maximal perfect subtree: the leaves [index * 2^height, (index + 1) * 2^height).
struct Subtree {
  uint32_t height = 0;
  uint64_t index = 0;

  friend bool operator==(const Subtree&, const Subtree&) = default;
};

// The fewest perfect subtrees that cover [begin, end), left to right; at most 126. `end` is at most 2^63 - 1.
std::vector<Subtree> CoverRange(uint64_t begin, uint64_t end);

struct RangeProof {
  std::vector<Hash> left;   // the roots of CoverRange(0, from)
  std::vector<Hash> right;  // the roots of CoverRange(to, size)

  friend bool operator==(const RangeProof&, const RangeProof&) = default;
};

// INVALID_ARGUMENT unless from <= to <= size. Reads about two tiles a level.
absl::StatusOr<RangeProof> MakeRangeProof(uint64_t from, uint64_t to, uint64_t size, NodeReader& reader);

// Folds leaf hashes and a proof to a root. Not thread-safe.
class RangeFolder {
 public:
  // INVALID_ARGUMENT unless from <= to <= size and the proof has as many hashes as these determine.
  static absl::StatusOr<RangeFolder> Make(uint64_t from, uint64_t to, uint64_t size, const RangeProof& proof);

  // The next leaf. Its place is from + the number of those before it; there are to - from places.
  void Add(const Hash& leaf_hash);
  uint64_t next() const { return range_.size(); }

  // The tree's root. FAILED_PRECONDITION before all leaves were added.
  absl::StatusOr<Hash> Root() const;

 private:
  RangeFolder() = default;
  CompactRange range_;
  uint64_t to_ = 0;
  std::vector<Subtree> cover_;  // of [to, size)
  std::vector<Hash> right_;
};

}  // namespace sallyport::audit
