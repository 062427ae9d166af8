#include "audit/proof.h"

#include <algorithm>
#include <bit>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "audit/limits.h"
#include "audit/tile.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

// A half-open range of leaves whose root a proof needs.
struct LeafRange {
  uint64_t first;
  uint64_t end;
};

// The tree of the first `size` leaves, read by whole tiles; each tile is read once for the length of one call.
class TiledTree {
 public:
  TiledTree(uint64_t size, NodeReader& reader) : size_(size), reader_(reader) {}

  // The root of the perfect subtree of 2^height leaves that is the index-th of its kind.
  absl::StatusOr<Hash> Subtree(uint32_t height, uint64_t index) {
    const uint32_t level = height / 8;
    const uint32_t rest = height % 8;
    const uint64_t first = index << rest;
    SP_ASSIGN_OR_RETURN(const std::vector<Hash>* tile, Tile(level, first / kTileWidth));
    return TileRootHash(absl::MakeConstSpan(*tile).subspan(first % kTileWidth, size_t{1} << rest));
  }

  // MTH of a range that a proof refers to: its first leaf is aligned so that it splits into perfect subtrees of
  // falling size.
  absl::StatusOr<Hash> Root(LeafRange range) {
    SP_ASSIGN_OR_RETURN(const std::vector<Hash> parts, PerfectParts(range));
    if (parts.empty()) return EmptyRoot();
    Hash root = parts.back();
    for (size_t i = parts.size() - 1; i-- > 0;) root = NodeHash(parts[i], root);
    return root;
  }

  absl::StatusOr<std::vector<Hash>> PerfectParts(LeafRange range) {
    std::vector<Hash> parts;
    while (range.first < range.end) {
      const uint32_t height = static_cast<uint32_t>(std::bit_width(range.end - range.first)) - 1;
      SP_ASSIGN_OR_RETURN(parts.emplace_back(), Subtree(height, range.first >> height));
      range.first += uint64_t{1} << height;
    }
    return parts;
  }

  absl::StatusOr<std::vector<Hash>> Roots(const std::vector<LeafRange>& ranges) {
    std::vector<Hash> roots;
    roots.reserve(ranges.size());
    for (const LeafRange& range : ranges) {
      SP_ASSIGN_OR_RETURN(roots.emplace_back(), Root(range));
    }
    return roots;
  }

 private:
  absl::StatusOr<const std::vector<Hash>*> Tile(uint32_t level, uint64_t index) {
    std::vector<Hash>& tile = tiles_[{level, index}];
    if (tile.empty()) {
      const uint64_t first = index * kTileWidth;
      const uint64_t count = std::min<uint64_t>(kTileWidth, (size_ >> (8 * level)) - first);
      SP_ASSIGN_OR_RETURN(tile, reader_.ReadHashes(level, first, static_cast<uint32_t>(count)));
      if (tile.size() != count) {
        return absl::InternalError(absl::StrCat("tile level ", level, " index ", index, ": read ", tile.size(),
                                                " hashes, expected ", count));
      }
    }
    return &tile;
  }

  uint64_t size_;
  NodeReader& reader_;
  absl::flat_hash_map<std::pair<uint32_t, uint64_t>, std::vector<Hash>> tiles_;
};

// Where RFC 6962 splits n > 1 leaves: the largest power of two below n.
uint64_t Split(uint64_t n) { return std::bit_floor(n - 1); }

absl::Status CheckSize(uint64_t size) {
  if (size <= kTreeSizeMax) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("tree size ", size, ": expected less than 2^63"));
}

absl::Status WrongLength(absl::string_view kind, size_t expected, size_t got) {
  return absl::InvalidArgumentError(absl::StrCat(kind, " proof of ", got, " hashes: expected ", expected));
}

// The exact number of hashes of a consistency proof for 0 < old_size < new_size.
size_t ConsistencyLength(uint64_t old_size, uint64_t new_size) {
  size_t length = 0;
  uint64_t m = old_size, n = new_size;
  bool whole = true;
  while (m != n) {
    const uint64_t k = Split(n);
    ++length;
    if (m <= k) {
      n = k;
    } else {
      m -= k;
      n -= k;
      whole = false;
    }
  }
  return length + (whole ? 0 : 1);
}

}  // namespace

absl::StatusOr<std::vector<Hash>> InclusionProof(uint64_t index, uint64_t size, NodeReader& reader) {
  SP_RETURN_IF_ERROR(CheckSize(size));
  if (index >= size) {
    return absl::InvalidArgumentError(absl::StrCat("inclusion of index ", index, " in a tree of ", size, " leaves"));
  }
  std::vector<LeafRange> path;  // top down
  LeafRange here{0, size};
  while (here.end - here.first > 1) {
    const uint64_t middle = here.first + Split(here.end - here.first);
    if (index < middle) {
      path.push_back({middle, here.end});
      here.end = middle;
    } else {
      path.push_back({here.first, middle});
      here.first = middle;
    }
  }
  std::reverse(path.begin(), path.end());
  return TiledTree(size, reader).Roots(path);
}

absl::StatusOr<std::vector<Hash>> ConsistencyProof(uint64_t old_size, uint64_t new_size, NodeReader& reader) {
  SP_RETURN_IF_ERROR(CheckSize(new_size));
  if (old_size > new_size) {
    return absl::InvalidArgumentError(absl::StrCat("consistency from size ", old_size, " to ", new_size));
  }
  if (old_size == 0 || old_size == new_size) return std::vector<Hash>();
  std::vector<LeafRange> path;  // top down
  LeafRange here{0, new_size};
  while (here.end != old_size) {
    const uint64_t middle = here.first + Split(here.end - here.first);
    if (old_size <= middle) {
      path.push_back({middle, here.end});
      here.end = middle;
    } else {
      path.push_back({here.first, middle});
      here.first = middle;
    }
  }
  if (here.first != 0) path.push_back(here);
  std::reverse(path.begin(), path.end());
  return TiledTree(new_size, reader).Roots(path);
}

absl::StatusOr<Hash> RootOf(uint64_t size, NodeReader& reader) {
  SP_RETURN_IF_ERROR(CheckSize(size));
  return TiledTree(size, reader).Root({0, size});
}

absl::StatusOr<CompactRange> LoadCompactRange(uint64_t size, NodeReader& reader) {
  SP_RETURN_IF_ERROR(CheckSize(size));
  SP_ASSIGN_OR_RETURN(const std::vector<Hash> parts, TiledTree(size, reader).PerfectParts({0, size}));
  return CompactRange::FromHashes(size, parts);
}

absl::Status VerifyInclusion(uint64_t index, uint64_t size, const Hash& leaf_hash, absl::Span<const Hash> proof,
                             const Hash& root) {
  SP_RETURN_IF_ERROR(CheckSize(size));
  if (index >= size) {
    return absl::InvalidArgumentError(absl::StrCat("inclusion of index ", index, " in a tree of ", size, " leaves"));
  }
  const int inner = std::bit_width(index ^ (size - 1));
  const size_t expected = static_cast<size_t>(inner + (inner == 64 ? 0 : std::popcount(index >> inner)));
  if (proof.size() != expected) return WrongLength("inclusion", expected, proof.size());
  uint64_t node = index;
  uint64_t last = size - 1;
  Hash hash = leaf_hash;
  for (const Hash& sibling : proof) {
    if (node % 2 == 1 || node == last) {
      hash = NodeHash(sibling, hash);
      while (node % 2 == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last == 0 && hash == root) return absl::OkStatus();
  return absl::UnauthenticatedError(
      absl::StrCat("inclusion proof of index ", index, " does not lead to the root of size ", size));
}

absl::Status VerifyConsistency(uint64_t old_size, const Hash& old_root, uint64_t new_size, const Hash& new_root,
                               absl::Span<const Hash> proof) {
  SP_RETURN_IF_ERROR(CheckSize(new_size));
  if (old_size == 0 || old_size > new_size) {
    return absl::InvalidArgumentError(absl::StrCat("consistency from size ", old_size, " to ", new_size));
  }
  const auto refused = absl::UnauthenticatedError(
      absl::StrCat("the tree of size ", old_size, " is not shown to be a prefix of the tree of size ", new_size));
  const size_t expected = ConsistencyLength(old_size, new_size);
  if (proof.size() != expected) return WrongLength("consistency", expected, proof.size());
  if (old_size == new_size) return old_root == new_root ? absl::OkStatus() : refused;
  uint64_t node = old_size - 1;
  uint64_t last = new_size - 1;
  while (node % 2 == 1) {
    node >>= 1;
    last >>= 1;
  }
  // Where the old tree is perfect its root is a node of the new one, and the proof leaves it out.
  const bool old_is_perfect = std::has_single_bit(old_size);
  Hash from_old = old_is_perfect ? old_root : proof[0];
  Hash from_new = from_old;
  for (const Hash& sibling : proof.subspan(old_is_perfect ? 0 : 1)) {
    if (last == 0) return refused;
    if (node % 2 == 1 || node == last) {
      from_old = NodeHash(sibling, from_old);
      from_new = NodeHash(sibling, from_new);
      while (node != 0 && node % 2 == 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      from_new = NodeHash(from_new, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && from_old == old_root && from_new == new_root ? absl::OkStatus() : refused;
}

}  // namespace sallyport::audit
