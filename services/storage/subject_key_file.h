#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/sqlite_database.h"
#include "storage/store.h"

namespace sallyport::storage {

constexpr int32_t kKeyFileApplicationId = 0x53414c4b;  // "SALK", in the file's header
constexpr int32_t kKeyFileVersion = 1;

// The people's wrapped keys in a file of their own (SQLite), so that they are backed up apart from the database, and a
// database from a backup brings back nobody who was erased since. A key that was destroyed stays known as destroyed.
//
//   subject_key  id -> ref (the pseudonym), destroyed (0, 1), wrapped (zeros of the same length once destroyed)
//
// Keys are appended and overwritten in place: SQLite never moves one, so that none is left behind elsewhere in the
// file. One thread.
class SubjectKeyFile {
 public:
  // Creates the file (mode 0600) when there is none. FAILED_PRECONDITION when it is somebody else's or another
  // version's.
  static absl::StatusOr<std::unique_ptr<SubjectKeyFile>> Open(const std::string& path, const std::string& vfs);

  // Adds those with a value, in one transaction that is durable on return. Putting a key again that is there is fine.
  // ALREADY_EXISTS when the subject has another one, or had one that was destroyed.
  absl::Status Put(absl::Span<const SubjectKey> keys);
  // Overwrites those without a value, likewise. A key that is not there is noted as destroyed.
  absl::Status Destroy(absl::Span<const SubjectKey> keys);
  // After that: leaves no copy in the write-ahead log. UNAVAILABLE when a reader of another process is in the way.
  absl::Status Scrub();

  absl::Status ForEach(const std::function<void(const SubjectKey&)>& visit);

 private:
  explicit SubjectKeyFile(std::unique_ptr<Database> database) : database_(std::move(database)) {}
  absl::Status PutOne(const SubjectKey& key);
  absl::Status DestroyOne(const SubjectKey& key);
  template <class Body>
  absl::Status InTransaction(Body body);

  std::unique_ptr<Database> database_;
};

}  // namespace sallyport::storage
