#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// Postings say which entries have a term. Writing one row a posting would dirty a page of the database a posting; so
// the postings of the youngest entries stay in memory, where they wait for company, and go to disk in blocks of one
// term. They are derived data: each entry carries its term ids in the log, from which a restart fills the memory again.
namespace sallyport::storage {

using TermId = uint32_t;

constexpr size_t kBlockPostingsMax = 256;   // a seek decodes one block; this many cost well under a microsecond
constexpr size_t kTermsPerEntryMax = 64;    // a record has about five
constexpr size_t kTermBytesMax = 512;

// Ascending indexes as the first one and the gaps after it, LEB128. `indexes` has 1 to kBlockPostingsMax elements.
// The first one is the block's key and not in its bytes.
std::string EncodeBlock(absl::Span<const uint64_t> indexes);
// DATA_LOSS when `block` is not what EncodeBlock makes.
absl::StatusOr<std::vector<uint64_t>> DecodeBlock(uint64_t first, absl::string_view block);

// The terms of one entry, as the log keeps them.
std::string EncodeTerms(absl::Span<const TermId> terms);
absl::StatusOr<std::vector<TermId>> DecodeTerms(absl::string_view bytes);

// Postings of the entries [begin, end), in memory.
struct PostingSegment {
  uint64_t begin = 0;
  uint64_t end = 0;
  absl::flat_hash_map<TermId, absl::InlinedVector<uint32_t, 4>> lists;  // ascending, relative to begin

  // Entries come in the order of their indexes: this one becomes `end`.
  void Append(absl::Span<const TermId> terms);
  // Of the entries with `term`, relative to begin; empty when there are none.
  absl::Span<const uint32_t> List(TermId term) const;
};

// Rows that a commit takes to disk, and how things stand when it has.
struct PostingsDue {
  struct Row {
    TermId term;
    uint64_t first;
    std::string block;
  };
  struct Place {  // in the segment on its way
    size_t term = 0;
    size_t posting = 0;
  };
  std::vector<Row> rows;
  Place next;
  bool last = false;    // of the segment
  uint64_t posted = 0;  // entries before it have all their postings on disk
};

// The part of the index that is in memory: a segment that grows with each commit, and one before it that is on its way
// to disk, a few rows with each commit so that none waits long. The writer changes it after a commit has succeeded;
// readers on other threads see all of a batch or nothing.
class PostingTail {
 public:
  // `posted`: the entries before it have all their postings on disk. `segment_entries`: how many entries make a segment.
  PostingTail(uint64_t posted, size_t segment_entries);

  // Writer: takes in the entries after the last ones.
  void Append(absl::Span<const std::vector<TermId>> entries);
  // Writer: what the commit of `entries` more entries should take to disk. The same again until Advance. Rows may
  // already be on disk from before a crash, whole or shorter: write over them.
  PostingsDue Due(size_t entries) const;
  // Writer: it is on disk.
  void Advance(const PostingsDue& due);

  // Reader: what is not yet on disk. Postings on disk count only below `posted`.
  struct View {
    uint64_t posted;
    uint64_t end;
    std::shared_ptr<const PostingSegment> leaving;  // may be null
    uint64_t growing_begin;
    std::vector<std::vector<uint32_t>> growing;     // one list a term, relative to growing_begin
  };
  // Copies a few bytes an entry at most, so that the writer does not wait.
  View Read(absl::Span<const TermId> terms) const;

 private:
  void StartLeavingIfFull();

  const size_t segment_entries_;
  mutable std::mutex mutex_;  // over the next three, which readers see
  uint64_t posted_;
  PostingSegment growing_;
  std::shared_ptr<const PostingSegment> leaving_;
  std::vector<TermId> leaving_terms_;  // ascending
  size_t leaving_rows_ = 0;            // of all of the segment
  PostingsDue::Place leaving_next_;
};

}  // namespace sallyport::storage
