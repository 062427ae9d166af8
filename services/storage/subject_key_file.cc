#include "storage/subject_key_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "storage/sqlite_forget.h"
#include "storage/sqlite_schema.h"

namespace sallyport::storage {
namespace {

constexpr char kSchema[] = R"sql(
CREATE TABLE subject_key (id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, destroyed INTEGER NOT NULL,
                          wrapped BLOB NOT NULL);
PRAGMA application_id = 1396788299;
PRAGMA user_version = 1;
)sql";
static_assert(kKeyFileApplicationId == 1396788299 && kKeyFileVersion == 1);

}  // namespace

absl::StatusOr<std::unique_ptr<SubjectKeyFile>> SubjectKeyFile::Open(const std::string& path, const std::string& vfs) {
  SP_ASSIGN_OR_RETURN(auto database,
                      OpenForWriting(path, vfs, {kKeyFileApplicationId, kKeyFileVersion, "subject key file", kSchema}));
  return std::unique_ptr<SubjectKeyFile>(new SubjectKeyFile(std::move(database)));
}

template <class Body>
absl::Status SubjectKeyFile::InTransaction(Body body) {
  SP_RETURN_IF_ERROR(database_->Execute("BEGIN IMMEDIATE"));
  absl::Status status = body();
  if (status.ok()) status = database_->Execute("COMMIT");
  if (!status.ok() && sqlite3_get_autocommit(database_->handle()) == 0) {
    sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return status;
}

absl::Status SubjectKeyFile::PutOne(const SubjectKey& key) {
  SP_ASSIGN_OR_RETURN(auto find, database_->Prepare("SELECT wrapped FROM subject_key WHERE ref = ?1"));
  find->BindText(1, key.subject_ref);
  SP_ASSIGN_OR_RETURN(const bool known, find->Step());
  if (known) {
    if (find->Bytes(0) == *key.wrapped) return absl::OkStatus();
    return absl::AlreadyExistsError(absl::StrCat(database_->path(), ": ", key.subject_ref, " has another key"));
  }
  SP_ASSIGN_OR_RETURN(auto add,
                      database_->Prepare("INSERT INTO subject_key (ref, destroyed, wrapped) VALUES (?1, 0, ?2)"));
  add->BindText(1, key.subject_ref);
  add->BindBlob(2, *key.wrapped);
  return add->Run();
}

absl::Status SubjectKeyFile::DestroyOne(const SubjectKey& key) {
  SP_ASSIGN_OR_RETURN(auto note, database_->Prepare("INSERT OR IGNORE INTO subject_key (ref, destroyed, wrapped) "
                                                    "VALUES (?1, 1, x'')"));
  note->BindText(1, key.subject_ref);
  SP_RETURN_IF_ERROR(note->Run());
  SP_ASSIGN_OR_RETURN(auto destroy, database_->Prepare("UPDATE subject_key SET destroyed = 1, wrapped = "
                                                       "zeroblob(length(wrapped)) WHERE ref = ?1"));
  destroy->BindText(1, key.subject_ref);
  return destroy->Run();
}

absl::Status SubjectKeyFile::Put(absl::Span<const SubjectKey> keys) {
  return InTransaction([&]() -> absl::Status {
    for (const SubjectKey& key : keys) {
      if (key.wrapped.has_value()) SP_RETURN_IF_ERROR(PutOne(key));
    }
    return absl::OkStatus();
  });
}

absl::Status SubjectKeyFile::Destroy(absl::Span<const SubjectKey> keys) {
  return InTransaction([&]() -> absl::Status {
    for (const SubjectKey& key : keys) {
      if (!key.wrapped.has_value()) SP_RETURN_IF_ERROR(DestroyOne(key));
    }
    return absl::OkStatus();
  });
}

absl::Status SubjectKeyFile::Scrub() { return EmptyWriteAheadLog(*database_); }

absl::Status SubjectKeyFile::ForEach(const std::function<void(const SubjectKey&)>& visit) {
  SP_ASSIGN_OR_RETURN(auto read, database_->Prepare("SELECT ref, destroyed, wrapped FROM subject_key"));
  while (true) {
    SP_ASSIGN_OR_RETURN(const bool row, read->Step());
    if (!row) return absl::OkStatus();
    SubjectKey key{std::string(read->Bytes(0)), std::nullopt};
    if (read->Int(1) == 0) key.wrapped = std::string(read->Bytes(2));
    visit(key);
  }
}

}  // namespace sallyport::storage
