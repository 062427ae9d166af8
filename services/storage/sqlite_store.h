#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/postings.h"
#include "storage/sqlite_database.h"
#include "storage/sqlite_schema.h"
#include "storage/sqlite_writer.h"
#include "storage/store.h"

namespace sallyport::storage {

struct SqliteOptions {
  // Only reads: takes no lock, so that a verifier can look at a database that a daemon has open. FindEntries then sees
  // the log as it was at Open. Commit and DropAnswers fail with FAILED_PRECONDITION.
  bool read_only = false;
  // Without it, opening reads nothing of the log, so that a verifier can look at a damaged one, and FindEntries fails with
  // FAILED_PRECONDITION. A store that writes always has it.
  bool index = true;
  // Connections for reads; as many reads run at the same time, others wait for their turn.
  size_t readers = 4;
  // A commit after which the write-ahead log is longer moves it into the database. That commit waits for it, in
  // proportion to this; more makes it rarer and cheaper overall.
  uint64_t wal_bytes_max = 8 << 20;
  // How many entries have their postings in memory at least and, twice that, at most. Opening reads as many.
  size_t segment_entries = 32'768;
  // The file of subject keys; empty: "<path>.keys". Not opened for reading only.
  std::string keys_path;
  // SQLite's name of a file layer; empty for the system's. For tests that inject faults.
  std::string vfs;
};

// Store in one SQLite file: write-ahead log, synchronous=FULL, one writing connection and a pool of reading ones.
// Beside "<path>" stand "<path>-wal" and "<path>-shm", which belong to it, and "<path>.lock". Subject keys are in a second
// SQLite file.
//
// A batch counts when its commit record is synced in the write-ahead log. When Commit fails, the batch is in doubt: after
// reopening it is there whole or not at all, and ReadHead tells. What was deleted is overwritten (secure_delete) in the
// database, and in the write-ahead log when that is moved; Open and the destructor move all of it. Copies that SQLite left
// behind when it moved rows between pages are not overwritten by that: Scrub writes the tables of rows and answers anew and
// empties the write-ahead log.
class SqliteStore final : public Store {
 public:
  // Creates the file when there is none. FAILED_PRECONDITION when another process has it open for writing, when it is
  // somebody else's database or of another version; DATA_LOSS when it is damaged.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path, const SqliteOptions& options);
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path) { return Open(path, {}); }
  ~SqliteStore() override;  // no call may be under way

  absl::Status Commit(const Batch& batch) override;
  absl::StatusOr<Head> ReadHead() override;
  absl::Status ForEachRow(
      absl::string_view table,
      const std::function<absl::Status(absl::string_view key, absl::string_view value)>& visit) override;
  absl::Status ForEachAnswer(absl::Time since,
                             const std::function<void(const RequestKey&, uint64_t index)>& visit) override;
  absl::Status ForEachSubjectKey(const std::function<void(const SubjectKey&)>& visit) override;
  absl::StatusOr<Entry> ReadEntry(uint64_t index) override;
  absl::Status ReadEntries(uint64_t first, uint64_t end,
                           const std::function<bool(uint64_t index, Entry entry)>& visit) override;
  absl::StatusOr<std::vector<Hash>> ReadHashes(uint32_t level, uint64_t first, uint32_t count) override;
  absl::StatusOr<std::vector<uint64_t>> FindEntries(const Query& query) override;
  absl::StatusOr<std::string> ReadAnswer(uint64_t index) override;
  absl::StatusOr<std::vector<Row>> ReadRows(absl::string_view table, absl::string_view after, size_t limit) override;
  absl::Status DropAnswers(absl::Time before) override;
  absl::Status DropSealed(absl::Span<const uint64_t> indexes) override;
  absl::Status Scrub() override;

 private:
  // A reading connection on loan.
  class Reader {
   public:
    explicit Reader(SqliteStore* store);  // waits for an idle one
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    Database& operator*() const { return *database_; }
    Database* operator->() const { return database_.get(); }

   private:
    SqliteStore* store_;
    std::unique_ptr<Database> database_;
  };

  SqliteStore() = default;
  absl::StatusOr<std::unique_ptr<PostingTail>> LoadTail(size_t segment_entries);
  absl::StatusOr<std::vector<Entry>> ReadSomeEntries(uint64_t first, uint64_t end);

  std::unique_ptr<DatabaseLock> lock_;
  std::unique_ptr<PostingTail> tail_;    // null without an index
  std::unique_ptr<SqliteWriter> writer_;  // null when read-only
  std::mutex mutex_;
  std::condition_variable reader_is_idle_;
  std::vector<std::unique_ptr<Database>> idle_readers_;
};

}  // namespace sallyport::storage
