#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// SQLite's C interface with owners and Status. Nothing here knows the schema.
namespace sallyport::storage {

// One prepared statement. Bound bytes are not copied: they must live until the statement is reset.
class Statement {
 public:
  Statement(sqlite3_stmt* statement, const std::string* path) : statement_(statement), path_(path) {}
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void Bind(int parameter, int64_t value) { Keep(sqlite3_bind_int64(statement_, parameter, value)); }
  void Bind(int parameter, uint64_t value) { Bind(parameter, static_cast<int64_t>(value)); }
  void BindBlob(int parameter, absl::string_view bytes);
  void BindText(int parameter, absl::string_view text);

  // True when there is a row to read, false at the end. An error names the statement's SQL, which holds no data, and
  // the database's path.
  absl::StatusOr<bool> Step();
  // Runs to the end and resets, for statements that yield no rows.
  absl::Status Run();
  void Reset();

  int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  uint64_t Unsigned(int column) const { return static_cast<uint64_t>(Int(column)); }
  // Good until the next Step or Reset.
  absl::string_view Bytes(int column) const;

 private:
  void Keep(int result) {
    if (result != SQLITE_OK && bind_result_ == SQLITE_OK) bind_result_ = result;
  }
  absl::Status Failure(int result) const;

  sqlite3_stmt* statement_;
  const std::string* path_;
  int bind_result_ = SQLITE_OK;
};

// One connection, for one thread at a time.
class Database {
 public:
  // A statement on loan; resets it and gives it back at the end.
  class Lease {
   public:
    Lease(Database* database, const char* sql, std::unique_ptr<Statement> statement)
        : database_(database), sql_(sql), statement_(std::move(statement)) {}
    Lease(Lease&& other) = default;
    Lease& operator=(Lease&& other) = delete;
    ~Lease();
    Statement* operator->() const { return statement_.get(); }
    Statement& operator*() const { return *statement_; }

   private:
    Database* database_;
    const char* sql_;
    std::unique_ptr<Statement> statement_;
  };

  // `flags` are SQLite's SQLITE_OPEN_…; `vfs` is empty for the default one. `path` may be a URI with SQLITE_OPEN_URI.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, int flags, const std::string& vfs);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  absl::Status Execute(const char* sql);         // one or more statements without parameters and results
  absl::StatusOr<int64_t> Number(const char* sql);  // the first column of the first row; 0 without rows
  // A statement for `sql`, prepared at the first use and kept for the next. `sql` must be a literal: it is known by its
  // address.
  absl::StatusOr<Lease> Prepare(const char* sql);

  // The status of SQLite's `result`; `what` says what was being done.
  absl::Status Failure(int result, absl::string_view what) const;
  sqlite3* handle() const { return handle_; }
  const std::string& path() const { return path_; }

 private:
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  sqlite3* handle_;
  std::string path_;
  absl::flat_hash_map<const char*, std::vector<std::unique_ptr<Statement>>> idle_;
};

// "what path: SQLite's words for the result (code n, errno m)". SQLite's own message is left out: it may quote data.
absl::Status SqliteFailure(int result, int system_errno, absl::string_view what, absl::string_view path);

}  // namespace sallyport::storage
