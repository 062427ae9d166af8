#include "storage/postings.h"

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace sallyport::storage {
namespace {

void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// Removes one number from the front; false when there is none.
bool TakeVarint(absl::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

std::string EncodeBlock(absl::Span<const uint64_t> indexes) {
  std::string block;
  for (size_t i = 1; i < indexes.size(); ++i) AppendVarint(indexes[i] - indexes[i - 1], &block);
  return block;
}

absl::StatusOr<std::vector<uint64_t>> DecodeBlock(uint64_t first, absl::string_view block) {
  std::vector<uint64_t> indexes = {first};
  indexes.reserve(1 + block.size());
  while (!block.empty()) {
    uint64_t gap;
    if (!TakeVarint(&block, &gap) || gap == 0 || indexes.size() == kBlockPostingsMax) {
      return absl::DataLossError("a block of postings is damaged");
    }
    indexes.push_back(indexes.back() + gap);
  }
  return indexes;
}

std::string EncodeTerms(absl::Span<const TermId> terms) {
  std::string bytes;
  for (const TermId term : terms) AppendVarint(term, &bytes);
  return bytes;
}

absl::StatusOr<std::vector<TermId>> DecodeTerms(absl::string_view bytes) {
  std::vector<TermId> terms;
  while (!bytes.empty()) {
    uint64_t term;
    if (!TakeVarint(&bytes, &term) || term > UINT32_MAX) return absl::DataLossError("an entry's terms are damaged");
    terms.push_back(static_cast<TermId>(term));
  }
  return terms;
}

void PostingSegment::Append(absl::Span<const TermId> terms) {
  const auto offset = static_cast<uint32_t>(end - begin);
  for (const TermId term : terms) {
    auto& list = lists[term];
    if (list.empty() || list.back() != offset) list.push_back(offset);
  }
  ++end;
}

absl::Span<const uint32_t> PostingSegment::List(TermId term) const {
  const auto found = lists.find(term);
  return found == lists.end() ? absl::Span<const uint32_t>() : absl::Span<const uint32_t>(found->second);
}

PostingTail::PostingTail(uint64_t posted, size_t segment_entries) : segment_entries_(segment_entries), posted_(posted) {
  growing_.begin = growing_.end = posted;
}

void PostingTail::Append(absl::Span<const std::vector<TermId>> entries) {
  const std::lock_guard lock(mutex_);
  for (const std::vector<TermId>& terms : entries) growing_.Append(terms);
  StartLeavingIfFull();
}

void PostingTail::StartLeavingIfFull() {
  if (leaving_ != nullptr || growing_.end - growing_.begin < segment_entries_) return;
  const uint64_t end = growing_.end;
  leaving_ = std::make_shared<const PostingSegment>(std::exchange(growing_, PostingSegment()));
  growing_.begin = growing_.end = end;
  leaving_terms_.clear();
  leaving_rows_ = 0;
  leaving_next_ = {};
  for (const auto& [term, list] : leaving_->lists) {
    leaving_terms_.push_back(term);
    leaving_rows_ += (list.size() + kBlockPostingsMax - 1) / kBlockPostingsMax;
  }
  // Neighbouring terms share pages.
  std::sort(leaving_terms_.begin(), leaving_terms_.end());
}

PostingsDue PostingTail::Due(size_t entries) const {
  PostingsDue due;
  due.posted = posted_;
  if (leaving_ == nullptr) return due;
  // Twice as fast as the next segment fills, so that there is never a third.
  const size_t rows_max = 1 + entries * leaving_rows_ * 2 / segment_entries_;
  due.next = leaving_next_;
  std::vector<uint64_t> indexes;
  while (due.rows.size() < rows_max && due.next.term < leaving_terms_.size()) {
    const TermId term = leaving_terms_[due.next.term];
    const auto& list = leaving_->lists.at(term);
    const size_t end = std::min(list.size(), due.next.posting + kBlockPostingsMax);
    indexes.clear();
    for (size_t i = due.next.posting; i < end; ++i) indexes.push_back(leaving_->begin + list[i]);
    due.rows.push_back({term, indexes.front(), EncodeBlock(indexes)});
    due.next = end < list.size() ? PostingsDue::Place{due.next.term, end} : PostingsDue::Place{due.next.term + 1, 0};
  }
  due.last = due.next.term == leaving_terms_.size();
  if (due.last) due.posted = leaving_->end;
  return due;
}

void PostingTail::Advance(const PostingsDue& due) {
  if (leaving_ == nullptr) return;
  leaving_next_ = due.next;
  if (!due.last) return;
  const std::lock_guard lock(mutex_);
  posted_ = due.posted;
  leaving_ = nullptr;
  StartLeavingIfFull();
}

PostingTail::View PostingTail::Read(absl::Span<const TermId> terms) const {
  View view;
  view.growing.reserve(terms.size());
  const std::lock_guard lock(mutex_);
  view.posted = posted_;
  view.end = growing_.end;
  view.leaving = leaving_;
  view.growing_begin = growing_.begin;
  for (const TermId term : terms) {
    const absl::Span<const uint32_t> list = growing_.List(term);
    view.growing.emplace_back(list.begin(), list.end());
  }
  return view;
}

}  // namespace sallyport::storage
