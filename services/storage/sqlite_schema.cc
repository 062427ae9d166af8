#include "storage/sqlite_schema.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/status.h"

namespace sallyport::storage {
namespace {

constexpr char kSchema[] = R"sql(
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, checkpoint BLOB NOT NULL,
                   posted INTEGER NOT NULL, next_term INTEGER NOT NULL);
INSERT INTO head VALUES (1, 0, x'', 0, 1);
CREATE TABLE log (idx INTEGER PRIMARY KEY, time INTEGER NOT NULL, terms BLOB NOT NULL, leaf_hash BLOB NOT NULL,
                  leaf BLOB NOT NULL, sealed BLOB NOT NULL);
CREATE TABLE node (level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,
                   PRIMARY KEY (level, idx)) WITHOUT ROWID;
CREATE TABLE term (text TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE posting (term INTEGER NOT NULL, first INTEGER NOT NULL, block BLOB NOT NULL,
                      PRIMARY KEY (term, first)) WITHOUT ROWID;
PRAGMA application_id = 1396788304;
PRAGMA user_version = 1;
)sql";
static_assert(kApplicationId == 1396788304 && kSchemaVersion == 1);

absl::Status CheckIsOurs(Database& database, const FileForm& form) {
  SP_ASSIGN_OR_RETURN(const int64_t application, database.Number("PRAGMA application_id"));
  if (application != form.application_id) {
    return absl::FailedPreconditionError(absl::StrCat(database.path(), " is not a ", form.what, ": application id ",
                                                      application, ", expected ", form.application_id));
  }
  SP_ASSIGN_OR_RETURN(const int64_t version, database.Number("PRAGMA user_version"));
  if (version != form.version) {
    return absl::FailedPreconditionError(
        absl::StrCat(database.path(), " has schema version ", version, "; this program expects ", form.version));
  }
  return absl::OkStatus();
}

// What opening creates holds personal data: for the owner only. SQLite gives its other files the same mode.
absl::Status CreateFile(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    ::close(descriptor);
  } else if (errno != EEXIST) {
    return absl::ErrnoToStatus(errno, absl::StrCat("creating ", path));
  }
  return absl::OkStatus();
}

// Writes the write-ahead log over itself and syncs it. After an fsync that failed, the kernel may show bytes that are
// not on disk and believe that they are; a recovery would build on them, and lose them and more at the next power cut.
absl::Status MakeLogDurable(Database& database) {
  sqlite3_file* log = nullptr;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (log == nullptr || log->pMethods == nullptr) return absl::OkStatus();
  sqlite3_int64 size = 0;
  int result = log->pMethods->xFileSize(log, &size);
  if (result == SQLITE_OK && size == 0) return absl::OkStatus();
  std::string buffer(64 << 10, '\0');  // SQLite's unix file layer writes less than 128 KiB at once, or nothing
  for (sqlite3_int64 offset = 0; result == SQLITE_OK && offset < size;) {
    const int count = static_cast<int>(std::min<sqlite3_int64>(size - offset, static_cast<sqlite3_int64>(buffer.size())));
    result = log->pMethods->xRead(log, buffer.data(), count, offset);
    if (result == SQLITE_OK) result = log->pMethods->xWrite(log, buffer.data(), count, offset);
    offset += count;
  }
  if (result == SQLITE_OK) result = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  return result == SQLITE_OK ? absl::OkStatus() : database.Failure(result, "syncing the write-ahead log of");
}

}  // namespace

std::string CreateStateTable(absl::string_view name) {
  return absl::StrCat("CREATE TABLE ", name, " (tbl TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, ",
                      "PRIMARY KEY (tbl, key)) WITHOUT ROWID;");
}

std::string CreateAnswerTable(absl::string_view name) {
  return absl::StrCat("CREATE TABLE ", name, " (idx INTEGER PRIMARY KEY, time INTEGER NOT NULL, request BLOB NOT NULL, ",
                      "bytes BLOB NOT NULL);");
}

absl::StatusOr<std::unique_ptr<DatabaseLock>> DatabaseLock::Take(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int descriptor = ::open(lock_path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, absl::StrCat("opening ", lock_path));
  auto lock = std::unique_ptr<DatabaseLock>(new DatabaseLock(descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is open in another process, which holds ", lock_path));
  }
  return absl::ErrnoToStatus(errno, absl::StrCat("locking ", lock_path));
}

DatabaseLock::~DatabaseLock() { ::close(descriptor_); }

FileForm DatabaseForm() {
  return {kApplicationId, kSchemaVersion, "Sallyport database",
          absl::StrCat(CreateStateTable("state"), CreateAnswerTable("answer"), kSchema)};
}

absl::StatusOr<std::unique_ptr<Database>> OpenForWriting(const std::string& path, const std::string& vfs,
                                                         const FileForm& form) {
  SP_RETURN_IF_ERROR(CreateFile(path));
  SP_ASSIGN_OR_RETURN(auto database, Database::Open(path, SQLITE_OPEN_READWRITE, vfs));
  sqlite3_busy_timeout(database->handle(), kBusyMs);
  SP_ASSIGN_OR_RETURN(const int64_t tables, database->Number("SELECT count(*) FROM sqlite_schema"));
  SP_ASSIGN_OR_RETURN(const int64_t application, database->Number("PRAGMA application_id"));
  const bool fresh = tables == 0 && application == 0;
  if (!fresh) SP_RETURN_IF_ERROR(CheckIsOurs(*database, form));
  SP_RETURN_IF_ERROR(database->Execute("PRAGMA journal_mode = WAL"));
  SP_RETURN_IF_ERROR(
      database->Execute("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = OFF;"
                        "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY"));
  if (fresh) SP_RETURN_IF_ERROR(database->Execute(absl::StrCat("BEGIN IMMEDIATE;", form.schema, "COMMIT").c_str()));
  SP_RETURN_IF_ERROR(MakeLogDurable(*database));
  const int result =
      sqlite3_wal_checkpoint_v2(database->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  // Busy: a reader in another process holds an older state, and what came after that stays in the log for now.
  if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY) return database->Failure(result, "moving the log into");
  return database;
}

absl::StatusOr<std::unique_ptr<Database>> OpenForReading(const std::string& path, const std::string& vfs) {
  SP_ASSIGN_OR_RETURN(auto database, Database::Open(path, SQLITE_OPEN_READONLY, vfs));
  sqlite3_busy_timeout(database->handle(), kBusyMs);
  // SQLite touches the file only now.
  const absl::Status status = CheckIsOurs(*database, DatabaseForm());
  if (absl::IsNotFound(status) || absl::IsPermissionDenied(status)) {
    if (::access((path + "-wal").c_str(), F_OK) == 0) return status;
    const std::string uri =
        absl::StrCat("file:", absl::StrReplaceAll(path, {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}}), "?immutable=1");
    SP_ASSIGN_OR_RETURN(database, Database::Open(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, vfs));
    SP_RETURN_IF_ERROR(CheckIsOurs(*database, DatabaseForm()));
  } else {
    SP_RETURN_IF_ERROR(status);
  }
  SP_RETURN_IF_ERROR(database->Execute("PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY"));
  return database;
}

}  // namespace sallyport::storage
