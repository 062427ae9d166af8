#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

// Where state and log become durable, together. One interface, one contract test (store_contract_test.h) for every form.
namespace sallyport::storage {

using Hash = std::array<uint8_t, 32>;
using RequestKey = std::array<uint8_t, 16>;

// A row of state: opaque bytes under (table, key). No value deletes the row.
struct Row {
  std::string table;
  std::string key;
  std::optional<std::string> value;
};

// One record of the log, as it is hashed and served. Its index is its place: the first entry of a batch stands at the
// log's size before the batch.
struct Entry {
  std::string leaf;                // the bytes that are hashed, at most 65,535
  Hash leaf_hash;                  // RFC 6962 leaf hash of `leaf`
  std::string sealed;              // personal fields, encrypted; may be empty
  absl::Time time;                 // never before the entry before it
  std::vector<std::string> terms;  // what the entry can be found by: "person:…", "access_point:…", "kind:…"; at most
                                   // 64 of at most 512 bytes
};

// The root of a full tile: MTH(D[index*256^level : (index+1)*256^level]), level >= 1.
struct Node {
  uint32_t level;
  uint64_t index;
  Hash hash;
};

// The first answer to a request, kept for repeats of the same request.
struct Answer {
  RequestKey request;
  uint64_t index;     // of the first record that the request made; no two answers have the same
  absl::Time time;    // never before that of an answer with a lower index
  std::string bytes;
};

// The wrapped sealing key of a person, by pseudonym. No value: it is destroyed, for good.
struct SubjectKey {
  std::string subject_ref;
  std::optional<std::string> wrapped;
};

struct Batch {
  std::vector<SubjectKey> subject_keys;
  std::vector<Row> rows;   // applied in order
  std::vector<Entry> entries;
  std::vector<Node> nodes;
  std::vector<Answer> answers;
  std::vector<std::string> forgotten;  // answers that contain one of these, this batch's too, keep no bytes; none is empty
  std::string checkpoint;  // signed note over the log after this batch; empty keeps the last one
};

struct Head {
  uint64_t size = 0;
  std::string checkpoint;  // empty before the first batch
};

// Which entries a page shows: those that have at least one term of every group, in the index range and time range.
struct Query {
  std::vector<std::vector<std::string>> groups;  // AND of ORs; empty: every entry
  std::optional<absl::Time> from;                // inclusive
  std::optional<absl::Time> until;               // exclusive
  uint64_t first = 0;                            // inclusive index bound
  uint64_t end = UINT64_MAX;                     // exclusive index bound
  bool newest_first = true;
  size_t limit = 100;
};

// Commit and the reads of recovery belong to one writer thread; the other reads may come from any thread and see
// committed batches only. After an error of Commit readers see nothing of the batch, every further Commit fails with
// FAILED_PRECONDITION, and the store must be reopened. What it holds then is certain: every batch that was acknowledged,
// and the failed one whole or not at all (an fsync that failed may have reached the disk); ReadHead tells.
//
// Subject keys lie apart from everything else, so that they can be backed up apart. New ones are durable before the rest
// of their batch, and old ones are destroyed after it: after a crash in between, or where one part comes from a backup, a
// key may be there of nobody, one that was to be destroyed may still be there, and one may be destroyed whose person is
// still in the rows. Whoever recovers looks at both.
//
// Errors name the operation and the file, never what was stored.
class Store {
 public:
  virtual ~Store() = default;

  // Makes the whole batch durable (on disk after power loss) or nothing of it but subject keys. INVALID_ARGUMENT when the
  // batch breaks a rule above, ALREADY_EXISTS for a second answer or node of the same index, or another key of a subject
  // who has or had one.
  virtual absl::Status Commit(const Batch& batch) = 0;

  // Recovery.
  virtual absl::StatusOr<Head> ReadHead() = 0;
  virtual absl::Status ForEachRow(absl::string_view table,
                                  const std::function<absl::Status(absl::string_view key, absl::string_view value)>& visit) = 0;
  virtual absl::Status ForEachAnswer(absl::Time since,
                                     const std::function<void(const RequestKey&, uint64_t index)>& visit) = 0;

  virtual absl::Status ForEachSubjectKey(const std::function<void(const SubjectKey&)>& visit) = 0;  // destroyed ones too

  // Reads, from any thread.
  virtual absl::StatusOr<Entry> ReadEntry(uint64_t index) = 0;  // NOT_FOUND; terms are not read back
  // Calls visit(index, entry) for [first, end) in order, streaming; stops early when visit returns false.
  virtual absl::Status ReadEntries(uint64_t first, uint64_t end,
                                   const std::function<bool(uint64_t index, Entry entry)>& visit) = 0;
  // Level 0: leaf hashes; level >= 1: roots of full tiles of the level below. Exactly `count`, or OUT_OF_RANGE.
  virtual absl::StatusOr<std::vector<Hash>> ReadHashes(uint32_t level, uint64_t first, uint32_t count) = 0;
  // Indexes in the order asked for. INVALID_ARGUMENT for more than 256 terms.
  virtual absl::StatusOr<std::vector<uint64_t>> FindEntries(const Query& query) = 0;
  virtual absl::StatusOr<std::string> ReadAnswer(uint64_t index) = 0;  // by Answer::index; empty when forgotten; NOT_FOUND
  // Rows of a table in the order of their keys' bytes, after `after`; empty means from the start.
  virtual absl::StatusOr<std::vector<Row>> ReadRows(absl::string_view table, absl::string_view after, size_t limit) = 0;
  // Forgets answers older than `before`. Writer thread, which waits in proportion to what is dropped: call it often.
  virtual absl::Status DropAnswers(absl::Time before) = 0;

  // Forgets the sealed bytes of these entries; everything else of them stays. Writer thread, one transaction.
  virtual absl::Status DropSealed(absl::Span<const uint64_t> indexes) = 0;
  // Leaves no copy of deleted rows, of forgotten answers and of dropped sealed bytes in any of the store's files.
  // Writer thread, which waits in proportion to all rows and kept answers; they are written anew, so that the disk needs
  // as much room again. UNAVAILABLE when a reader of another process still looks at an old state: nothing is wrong, but
  // copies remain until a later Scrub. After RESOURCE_EXHAUSTED (a full disk) the store goes on as well.
  virtual absl::Status Scrub() = 0;
};

}  // namespace sallyport::storage
