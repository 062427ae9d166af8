#include "audit/compact_range.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "audit/encoding.h"
#include "audit/limits.h"
#include "base/status.h"

namespace sallyport::audit {

void CompactRange::Append(const Hash& leaf_hash, std::vector<TileRoot>* completed) {
  SP_CHECK(size_ < kTreeSizeMax);
  Hash hash = leaf_hash;
  ++size_;
  uint32_t height = 0;
  for (uint64_t width = size_; width % 2 == 0;) {
    hash = NodeHash(stack_[--count_], hash);
    width /= 2;
    ++height;
    if (completed != nullptr && height % 8 == 0) completed->push_back({height / 8, width - 1, hash});
  }
  stack_[count_++] = hash;
}

void CompactRange::AppendSubtree(uint32_t height, const Hash& root) {
  SP_CHECK(height < 63 && size_ % (uint64_t{1} << height) == 0 && size_ <= kTreeSizeMax - (uint64_t{1} << height));
  Hash hash = root;
  size_ += uint64_t{1} << height;
  for (uint64_t width = size_ >> height; width % 2 == 0; width /= 2) hash = NodeHash(stack_[--count_], hash);
  stack_[count_++] = hash;
}

Hash CompactRange::Root() const {
  if (count_ == 0) return EmptyRoot();
  Hash root = stack_[count_ - 1];
  for (size_t i = count_ - 1; i-- > 0;) root = NodeHash(stack_[i], root);
  return root;
}

std::string CompactRange::Serialise() const {
  std::string out;
  out.reserve(8 + 32 * count_);
  AppendBigEndian64(size_, out);
  for (size_t i = 0; i < count_; ++i) absl::StrAppend(&out, HashBytes(stack_[i]));
  return out;
}

absl::StatusOr<CompactRange> CompactRange::Restore(absl::string_view bytes) {
  if (bytes.size() < 8 || (bytes.size() - 8) % 32 != 0) {
    return absl::InvalidArgumentError(absl::StrCat("compact range of ", bytes.size(), " bytes: expected 8 + 32 n"));
  }
  std::vector<Hash> hashes;
  for (size_t at = 8; at < bytes.size(); at += 32) {
    SP_ASSIGN_OR_RETURN(hashes.emplace_back(), HashFromBytes(bytes.substr(at, 32)));
  }
  return FromHashes(ReadBigEndian64(bytes), hashes);
}

absl::StatusOr<CompactRange> CompactRange::FromHashes(uint64_t size, const std::vector<Hash>& hashes) {
  if (size > kTreeSizeMax || hashes.size() != static_cast<size_t>(std::popcount(size))) {
    return absl::InvalidArgumentError(absl::StrCat("compact range of size ", size, " with ", hashes.size(),
                                                   " hashes: expected ", std::popcount(size)));
  }
  CompactRange range;
  range.size_ = size;
  range.count_ = hashes.size();
  std::copy(hashes.begin(), hashes.end(), range.stack_.begin());
  return range;
}

}  // namespace sallyport::audit
