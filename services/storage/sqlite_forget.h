#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "storage/sqlite_database.h"

// What SqliteWriter does to forget, as steps on its connection; see Store for what is promised. The caller has begun a
// transaction, except for EmptyWriteAheadLog.
namespace sallyport::storage {

// Answers that contain one of `texts` keep their place and lose their bytes. Costs a look at every kept answer.
absl::Status ForgetAnswers(Database& database, const std::vector<std::string>& texts);

absl::Status DropSealed(Database& database, absl::Span<const uint64_t> indexes);

// Copies the tables of rows and answers and drops the old ones, whose pages SQLite overwrites (secure_delete). In the
// old ones copies may stand where SQLite moved a row to another page: it overwrites what is deleted, not what it moved.
absl::Status WriteTablesAnew(Database& database);

// Moves the write-ahead log into the database and cuts it to nothing. UNAVAILABLE when a reader stays in the way.
absl::Status EmptyWriteAheadLog(Database& database);

}  // namespace sallyport::storage
