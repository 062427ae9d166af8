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
  std::vector<std::string> terms;  // what the entry can be found by: "person:…", "access_point:…", "kind:…"
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
  uint64_t index;     // of the first record that the request made
  absl::Time time;
  std::string bytes;
};

struct Batch {
  std::vector<Row> rows;
  std::vector<Entry> entries;
  std::vector<Node> nodes;
  std::vector<Answer> answers;
  std::string checkpoint;  // signed note over the log after this batch
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
// committed batches only. An error of Commit leaves nothing of the batch behind; after one, the store must be reopened.
class Store {
 public:
  virtual ~Store() = default;

  // Makes the whole batch durable (on disk after power loss) or nothing of it.
  virtual absl::Status Commit(const Batch& batch) = 0;

  // Recovery.
  virtual absl::StatusOr<Head> ReadHead() = 0;
  virtual absl::Status ForEachRow(absl::string_view table,
                                  const std::function<absl::Status(absl::string_view key, absl::string_view value)>& visit) = 0;
  virtual absl::Status ForEachAnswer(absl::Time since,
                                     const std::function<void(const RequestKey&, uint64_t index)>& visit) = 0;

  // Reads, from any thread.
  virtual absl::StatusOr<Entry> ReadEntry(uint64_t index) = 0;  // NOT_FOUND; terms are not read back
  // Calls visit(index, entry) for [first, end) in order, streaming; stops early when visit returns false.
  virtual absl::Status ReadEntries(uint64_t first, uint64_t end,
                                   const std::function<bool(uint64_t index, Entry entry)>& visit) = 0;
  // Level 0: leaf hashes; level >= 1: roots of full tiles of the level below. Exactly `count`, or OUT_OF_RANGE.
  virtual absl::StatusOr<std::vector<Hash>> ReadHashes(uint32_t level, uint64_t first, uint32_t count) = 0;
  virtual absl::StatusOr<std::vector<uint64_t>> FindEntries(const Query& query) = 0;
  virtual absl::StatusOr<std::string> ReadAnswer(uint64_t index) = 0;  // by Answer::index; NOT_FOUND
  // Rows of a table in key order, after `after`.
  virtual absl::StatusOr<std::vector<Row>> ReadRows(absl::string_view table, absl::string_view after, size_t limit) = 0;
  // Forgets answers older than `before`. Writer thread.
  virtual absl::Status DropAnswers(absl::Time before) = 0;
};

}  // namespace sallyport::storage
