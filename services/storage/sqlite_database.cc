#include "storage/sqlite_database.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace sallyport::storage {

absl::Status SqliteFailure(int result, int system_errno, absl::string_view what, absl::string_view path) {
  std::string message = absl::StrCat(what, " ", path, ": ", sqlite3_errstr(result), " (code ", result);
  if (system_errno != 0) absl::StrAppend(&message, ", errno ", system_errno);
  message += ")";
  switch (result & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return absl::ResourceExhaustedError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
      return absl::UnavailableError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_CANTOPEN:
      return absl::NotFoundError(message);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::PermissionDeniedError(message);
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(message);
    default:
      return absl::InternalError(message);
  }
}

void Statement::BindBlob(int parameter, absl::string_view bytes) {
  // A null pointer would bind NULL.
  const char* data = bytes.data() != nullptr ? bytes.data() : "";
  Keep(sqlite3_bind_blob64(statement_, parameter, data, bytes.size(), SQLITE_STATIC));
}

void Statement::BindText(int parameter, absl::string_view text) {
  const char* data = text.data() != nullptr ? text.data() : "";
  Keep(sqlite3_bind_text64(statement_, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

absl::StatusOr<bool> Statement::Step() {
  if (bind_result_ != SQLITE_OK) return Failure(bind_result_);
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return Failure(result);
}

absl::Status Statement::Run() {
  int result = bind_result_;
  if (result == SQLITE_OK) result = sqlite3_step(statement_);
  absl::Status status = result == SQLITE_DONE ? absl::OkStatus() : Failure(result);
  Reset();
  return status;
}

void Statement::Reset() {
  sqlite3_reset(statement_);
  bind_result_ = SQLITE_OK;
}

absl::string_view Statement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? absl::string_view() : absl::string_view(static_cast<const char*>(data), static_cast<size_t>(size));
}

absl::Status Statement::Failure(int result) const {
  sqlite3* handle = sqlite3_db_handle(statement_);
  const int extended = sqlite3_extended_errcode(handle);
  if ((extended & 0xff) == (result & 0xff)) result = extended;
  return SqliteFailure(result, sqlite3_system_errno(handle), absl::StrCat("\"", sqlite3_sql(statement_), "\" on"), *path_);
}

Database::Lease::~Lease() {
  if (statement_ == nullptr) return;
  statement_->Reset();
  database_->idle_[sql_].push_back(std::move(statement_));
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path, int flags, const std::string& vfs) {
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      vfs.empty() ? nullptr : vfs.c_str());
  auto database = std::unique_ptr<Database>(new Database(handle, path));
  if (result != SQLITE_OK) return database->Failure(result, "opening");
  return database;
}

Database::~Database() {
  idle_.clear();
  sqlite3_close(handle_);
}

absl::Status Database::Execute(const char* sql) {
  const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : Failure(result, absl::StrCat("\"", sql, "\" on"));
}

absl::StatusOr<int64_t> Database::Number(const char* sql) {
  SP_ASSIGN_OR_RETURN(Lease statement, Prepare(sql));
  SP_ASSIGN_OR_RETURN(const bool row, statement->Step());
  return row ? statement->Int(0) : 0;
}

absl::StatusOr<Database::Lease> Database::Prepare(const char* sql) {
  auto& idle = idle_[sql];
  if (!idle.empty()) {
    std::unique_ptr<Statement> statement = std::move(idle.back());
    idle.pop_back();
    return Lease(this, sql, std::move(statement));
  }
  sqlite3_stmt* prepared = nullptr;
  const int result = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (result != SQLITE_OK) return Failure(result, absl::StrCat("preparing \"", sql, "\" on"));
  return Lease(this, sql, std::make_unique<Statement>(prepared, &path_));
}

absl::Status Database::Failure(int result, absl::string_view what) const {
  return SqliteFailure(result, handle_ == nullptr ? 0 : sqlite3_system_errno(handle_), what, path_);
}

}  // namespace sallyport::storage
