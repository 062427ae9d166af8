#include "audit/range_proof.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "audit/limits.h"
#include "audit/tile.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

absl::Status CheckRange(uint64_t from, uint64_t to, uint64_t size) {
  if (from <= to && to <= size && size <= kTreeSizeMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("range ", from, " to ", to, " of a tree of ", size, " leaves: expected from <= to <= size < 2^63"));
}

absl::StatusOr<std::vector<Hash>> ReadSubtrees(const std::vector<Subtree>& subtrees, NodeReader& reader) {
  std::vector<Hash> roots;
  roots.reserve(subtrees.size());
  for (const Subtree& subtree : subtrees) {
    const uint32_t level = subtree.height / 8;
    const uint32_t rest = subtree.height % 8;
    const uint32_t count = uint32_t{1} << rest;
    SP_ASSIGN_OR_RETURN(const std::vector<Hash> hashes, reader.ReadHashes(level, subtree.index << rest, count));
    if (hashes.size() != count) {
      return absl::InternalError(absl::StrCat("level ", level, ": read ", hashes.size(), " hashes, expected ", count));
    }
    roots.push_back(TileRootHash(hashes));
  }
  return roots;
}

}  // namespace

std::vector<Subtree> CoverRange(uint64_t begin, uint64_t end) {
  std::vector<Subtree> cover;
  while (begin < end) {
    const uint32_t fits = static_cast<uint32_t>(std::bit_width(end - begin)) - 1;
    const uint32_t aligned = begin == 0 ? fits : static_cast<uint32_t>(std::countr_zero(begin));
    const uint32_t height = std::min(fits, aligned);
    cover.push_back({height, begin >> height});
    begin += uint64_t{1} << height;
  }
  return cover;
}

absl::StatusOr<RangeProof> MakeRangeProof(uint64_t from, uint64_t to, uint64_t size, NodeReader& reader) {
  SP_RETURN_IF_ERROR(CheckRange(from, to, size));
  RangeProof proof;
  SP_ASSIGN_OR_RETURN(proof.left, ReadSubtrees(CoverRange(0, from), reader));
  SP_ASSIGN_OR_RETURN(proof.right, ReadSubtrees(CoverRange(to, size), reader));
  return proof;
}

absl::StatusOr<RangeFolder> RangeFolder::Make(uint64_t from, uint64_t to, uint64_t size, const RangeProof& proof) {
  SP_RETURN_IF_ERROR(CheckRange(from, to, size));
  RangeFolder folder;
  folder.cover_ = CoverRange(to, size);
  if (proof.right.size() != folder.cover_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("range proof with ", proof.right.size(), " hashes on the right: expected ", folder.cover_.size()));
  }
  SP_ASSIGN_OR_RETURN(folder.range_, CompactRange::FromHashes(from, proof.left));
  folder.right_ = proof.right;
  folder.to_ = to;
  return folder;
}

void RangeFolder::Add(const Hash& leaf_hash) {
  SP_CHECK(range_.size() < to_);
  range_.Append(leaf_hash);
}

absl::StatusOr<Hash> RangeFolder::Root() const {
  if (range_.size() != to_) {
    return absl::FailedPreconditionError(absl::StrCat("leaves up to ", range_.size(), " of ", to_, " were added"));
  }
  CompactRange whole = range_;
  for (size_t i = 0; i < cover_.size(); ++i) whole.AppendSubtree(cover_[i].height, right_[i]);
  return whole.Root();
}

}  // namespace sallyport::audit
