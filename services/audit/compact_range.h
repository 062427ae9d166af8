#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "audit/hash.h"

namespace sallyport::audit {

// The root of a full tile, 256 wide: MTH(D[index*256^level : (index+1)*256^level]), level >= 1.
struct TileRoot {
  uint32_t level = 0;
  uint64_t index = 0;
  Hash hash{};

  friend bool operator==(const TileRoot&, const TileRoot&) = default;
};

// The state of an append-only Merkle tree: the roots of its maximal perfect subtrees, left to right, one for each set
// bit of the size. A plain value of about 2 KiB: copy it before a batch and assign the copy back to undo the batch.
// Not thread-safe.
class CompactRange {
 public:
  CompactRange() = default;

  uint64_t size() const { return size_; }

  // Adds a leaf by its leaf hash. One hashing on average, at most 63. Where the leaf completes tiles, their roots are
  // appended to `completed` (lowest level first); null when nobody wants them. The size must stay below 2^63.
  void Append(const Hash& leaf_hash, std::vector<TileRoot>* completed = nullptr);

  // Adds the 2^height leaves of a perfect subtree by its root. The size must be a multiple of 2^height and stay below
  // 2^63.
  void AppendSubtree(uint32_t height, const Hash& root);

  // MTH of all leaves so far, RFC 6962 section 2.1. At most 62 hashings.
  Hash Root() const;

  // The hashes, largest subtree first.
  std::vector<Hash> hashes() const { return {stack_.begin(), stack_.begin() + count_}; }

  // Big-endian u64 size, then the hashes.
  std::string Serialise() const;
  // What Serialise wrote. INVALID_ARGUMENT for a wrong length or a size of 2^63 or more; the hashes cannot be checked
  // here: compare Root() with a signed checkpoint.
  static absl::StatusOr<CompactRange> Restore(absl::string_view bytes);
  // From the parts. INVALID_ARGUMENT unless there is one hash for each set bit of `size`.
  static absl::StatusOr<CompactRange> FromHashes(uint64_t size, const std::vector<Hash>& hashes);

 private:
  uint64_t size_ = 0;
  size_t count_ = 0;
  std::array<Hash, 64> stack_;
};

}  // namespace sallyport::audit
