#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storage/postings.h"
#include "storage/sqlite_database.h"
#include "storage/store.h"
#include "storage/subject_key_file.h"

namespace sallyport::storage {

// The writing side of SqliteStore: one connection, one thread. See Store for what is promised.
class SqliteWriter {
 public:
  // `database` comes from OpenForWriting; `keys` is the file beside it; `tail` holds the postings that are not yet on disk and is kept current.
  // `wal_bytes_max`: a commit that leaves the write-ahead log longer than this moves it into the database.
  static absl::StatusOr<std::unique_ptr<SqliteWriter>> Create(std::unique_ptr<Database> database,
                                                              std::unique_ptr<SubjectKeyFile> keys, PostingTail* tail,
                                                              uint64_t wal_bytes_max);
  ~SqliteWriter();

  absl::Status Commit(const Batch& batch);
  absl::Status DropAnswers(absl::Time before);
  absl::Status DropSealed(absl::Span<const uint64_t> indexes);
  absl::Status Scrub();
  absl::Status ForEachSubjectKey(const std::function<void(const SubjectKey&)>& visit) { return keys_->ForEach(visit); }

 private:
  struct Statements;
  SqliteWriter(std::unique_ptr<Database> database, std::unique_ptr<SubjectKeyFile> keys, PostingTail* tail,
               uint64_t wal_bytes_max);

  absl::Status Load();
  absl::Status Check(const Batch& batch) const;
  absl::Status Write(const Batch& batch, const PostingsDue& due, std::vector<std::vector<TermId>>* terms);
  absl::Status WriteRows(const std::vector<Row>& rows);
  absl::Status WriteEntries(const std::vector<Entry>& entries, std::vector<std::vector<TermId>>* terms);
  absl::Status WritePostings(const PostingsDue& due);
  absl::Status WriteHead(const Batch& batch, const PostingsDue& due);
  absl::StatusOr<TermId> FindOrAddTerm(const std::string& text);
  // Runs `body` in a transaction; after a failure nothing more is written until the store is reopened.
  template <class Body>
  absl::Status InTransaction(Body body);
  absl::Status MoveLogWhenLong();

  std::unique_ptr<Database> database_;
  std::unique_ptr<SubjectKeyFile> keys_;
  PostingTail* tail_;
  uint64_t wal_bytes_max_;
  std::unique_ptr<Statements> statements_;
  absl::Status broken_;  // why nothing more is written
  uint64_t wal_pages_ = 0;
  uint64_t page_bytes_ = 0;

  uint64_t size_ = 0;  // of the log
  int64_t last_time_ = INT64_MIN;
  TermId next_term_ = 1;
  absl::flat_hash_map<std::string, TermId> term_ids_;  // a cache of the table
};

}  // namespace sallyport::storage
