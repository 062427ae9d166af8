#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/sqlite_database.h"

// The database file: its tables, its settings, and the lock that keeps a second daemon away. The settings are those of
// the subject key file too (subject_key_file.h).
//
//   head     one row: size of the log, last checkpoint, up to where the postings are on disk, next free term id
//   state    (tbl, key) -> value: the engine's rows
//   log      idx -> time (ns since 1970), terms (varint ids), leaf hash, leaf, sealed
//   node     (level, idx) -> hash: roots of full tiles, level >= 1
//   answer   idx -> request, time, bytes
//   term     text -> id
//   posting  (term, first) -> block: ascending indexes of entries with the term, see postings.h. Derived from
//            log.terms; complete for entries below head.posted
namespace sallyport::storage {

constexpr int32_t kApplicationId = 0x53414c50;  // "SALP", in the file's header
constexpr int32_t kSchemaVersion = 1;
constexpr int kBusyMs = 2000;  // waiting for somebody else's short lock, a backup's or a shell's

// The statements that make these two tables, under any name: Scrub writes them anew.
std::string CreateStateTable(absl::string_view name);
std::string CreateAnswerTable(absl::string_view name);

// Held as long as the object lives; released by the kernel when the process dies, however it dies.
class DatabaseLock {
 public:
  // Takes an advisory lock (flock) on "<path>.lock". FAILED_PRECONDITION when another process or store holds it.
  static absl::StatusOr<std::unique_ptr<DatabaseLock>> Take(const std::string& path);
  ~DatabaseLock();
  DatabaseLock(const DatabaseLock&) = delete;
  DatabaseLock& operator=(const DatabaseLock&) = delete;

 private:
  explicit DatabaseLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// A kind of file of ours: by what it is known, and the statements that make one.
struct FileForm {
  int32_t application_id;
  int32_t version;
  const char* what;  // "Sallyport database"
  std::string schema;
};
FileForm DatabaseForm();

// Opens the writing connection: creates file (mode 0600) and tables when there are none, checks that they are ours, and
// moves everything from the write-ahead log into the database. What it finds there it first makes durable: after an
// fsync that failed, the operating system may show what is not on disk.
absl::StatusOr<std::unique_ptr<Database>> OpenForWriting(const std::string& path, const std::string& vfs,
                                                         const FileForm& form);

// Opens a connection that cannot write. NOT_FOUND without a file; FAILED_PRECONDITION when it is not one of ours or of
// another version. A database in a folder that cannot be written to opens only when it was closed properly.
absl::StatusOr<std::unique_ptr<Database>> OpenForReading(const std::string& path, const std::string& vfs);

}  // namespace sallyport::storage
