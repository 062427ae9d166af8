#include "storage/sqlite_forget.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "storage/sqlite_schema.h"

namespace sallyport::storage {
namespace {

constexpr int kTruncateBusyMs = 50;  // this program's own readers are done sooner; nobody should wait for others

}  // namespace

absl::Status ForgetAnswers(Database& database, const std::vector<std::string>& texts) {
  SP_ASSIGN_OR_RETURN(auto forget, database.Prepare("UPDATE answer SET bytes = x'' WHERE instr(bytes, ?1) > 0"));
  for (const std::string& text : texts) {
    if (text.empty()) return absl::InvalidArgumentError("an empty text would forget every answer");
    forget->BindBlob(1, text);
    SP_RETURN_IF_ERROR(forget->Run());
  }
  return absl::OkStatus();
}

absl::Status DropSealed(Database& database, absl::Span<const uint64_t> indexes) {
  SP_ASSIGN_OR_RETURN(auto drop, database.Prepare("UPDATE log SET sealed = x'' WHERE idx = ?1 AND sealed <> x''"));
  for (const uint64_t index : indexes) {
    drop->Bind(1, index);
    SP_RETURN_IF_ERROR(drop->Run());
  }
  return absl::OkStatus();
}

absl::Status WriteTablesAnew(Database& database) {
  SP_RETURN_IF_ERROR(
      database.Execute(absl::StrCat(CreateStateTable("state_anew"), CreateAnswerTable("answer_anew")).c_str()));
  return database.Execute(R"sql(
INSERT INTO state_anew SELECT * FROM state ORDER BY tbl, key;
INSERT INTO answer_anew SELECT * FROM answer ORDER BY idx;
DROP TABLE state;
DROP TABLE answer;
ALTER TABLE state_anew RENAME TO state;
ALTER TABLE answer_anew RENAME TO answer;
)sql");
}

absl::Status EmptyWriteAheadLog(Database& database) {
  sqlite3_busy_timeout(database.handle(), kTruncateBusyMs);
  const int result =
      sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(database.handle(), kBusyMs);
  return result == SQLITE_OK ? absl::OkStatus() : database.Failure(result, "emptying the write-ahead log of");
}

}  // namespace sallyport::storage
