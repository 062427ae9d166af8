#include "storage/sqlite_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "storage/sqlite_find.h"

namespace sallyport::storage {
namespace {

// ReadEntries lets go of its connection and snapshot after this much, so that a slow visitor holds up nobody.
constexpr size_t kEntriesAtOnce = 256;
constexpr size_t kBytesAtOnce = 1 << 20;

constexpr char kReadEntry[] = "SELECT idx, time, leaf_hash, leaf, sealed FROM log WHERE idx >= ?1 AND idx < ?2 ORDER BY idx";

template <size_t kSize>
absl::Status CopyExactly(absl::string_view bytes, const Database& database, std::array<uint8_t, kSize>* out) {
  if (bytes.size() != kSize) {
    return absl::DataLossError(
        absl::StrCat(database.path(), " is damaged: ", bytes.size(), " bytes where ", kSize, " are expected"));
  }
  std::copy(bytes.begin(), bytes.end(), out->begin());
  return absl::OkStatus();
}

absl::StatusOr<Entry> EntryOf(const Statement& row, const Database& database) {
  Entry entry;
  entry.time = absl::FromUnixNanos(row.Int(1));
  SP_RETURN_IF_ERROR(CopyExactly(row.Bytes(2), database, &entry.leaf_hash));
  entry.leaf = std::string(row.Bytes(3));
  entry.sealed = std::string(row.Bytes(4));
  return entry;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path, const SqliteOptions& options) {
  auto store = std::unique_ptr<SqliteStore>(new SqliteStore());
  std::unique_ptr<Database> writing;
  std::unique_ptr<SubjectKeyFile> keys;
  if (!options.read_only) {
    SP_ASSIGN_OR_RETURN(store->lock_, DatabaseLock::Take(path));
    SP_ASSIGN_OR_RETURN(writing, OpenForWriting(path, options.vfs, DatabaseForm()));
    const std::string keys_path = options.keys_path.empty() ? absl::StrCat(path, ".keys") : options.keys_path;
    SP_ASSIGN_OR_RETURN(keys, SubjectKeyFile::Open(keys_path, options.vfs));
  }
  for (size_t i = 0; i < std::max<size_t>(options.readers, 1); ++i) {
    SP_ASSIGN_OR_RETURN(auto reading, OpenForReading(path, options.vfs));
    store->idle_readers_.push_back(std::move(reading));
  }
  if (options.index || !options.read_only) {
    SP_ASSIGN_OR_RETURN(store->tail_, store->LoadTail(std::max<size_t>(options.segment_entries, 1)));
  }
  if (!options.read_only) {
    SP_ASSIGN_OR_RETURN(store->writer_,
                        SqliteWriter::Create(std::move(writing), std::move(keys), store->tail_.get(), options.wal_bytes_max));
  }
  return store;
}

// The writer goes last, so that its connection is the one that moves the write-ahead log.
SqliteStore::~SqliteStore() { idle_readers_.clear(); }

SqliteStore::Reader::Reader(SqliteStore* store) : store_(store) {
  std::unique_lock lock(store_->mutex_);
  store_->reader_is_idle_.wait(lock, [this] { return !store_->idle_readers_.empty(); });
  database_ = std::move(store_->idle_readers_.back());
  store_->idle_readers_.pop_back();
}

SqliteStore::Reader::~Reader() {
  {
    const std::lock_guard lock(store_->mutex_);
    store_->idle_readers_.push_back(std::move(database_));
  }
  store_->reader_is_idle_.notify_one();
}

absl::StatusOr<std::unique_ptr<PostingTail>> SqliteStore::LoadTail(size_t segment_entries) {
  constexpr size_t kAtOnce = 1024;
  const Reader reader(this);
  // One statement: both belong to the same moment.
  SP_ASSIGN_OR_RETURN(auto entries,
                      reader->Prepare("SELECT log.idx, log.terms, head.posted, head.size FROM head LEFT JOIN log "
                                      "ON log.idx >= head.posted ORDER BY log.idx"));
  std::unique_ptr<PostingTail> tail;
  std::vector<std::vector<TermId>> terms;
  uint64_t next = 0;
  uint64_t size = 0;
  while (true) {
    SP_ASSIGN_OR_RETURN(const bool row, entries->Step());
    if (!row) break;
    size = entries->Unsigned(3);
    if (tail == nullptr) {
      next = entries->Unsigned(2);
      tail = std::make_unique<PostingTail>(next, segment_entries);
    }
    if (next == size) break;  // the join's row without an entry
    if (entries->Unsigned(0) != next) break;
    SP_ASSIGN_OR_RETURN(terms.emplace_back(), DecodeTerms(entries->Bytes(1)));
    ++next;
    if (terms.size() == kAtOnce) {
      tail->Append(terms);
      terms.clear();
    }
  }
  if (tail == nullptr || next != size) {
    return absl::DataLossError(
        absl::StrCat(reader->path(), " is damaged: the log has no entry ", next, " but a size of ", size));
  }
  tail->Append(terms);
  return tail;
}

absl::Status SqliteStore::Commit(const Batch& batch) {
  if (writer_ == nullptr) return absl::FailedPreconditionError("the store is open for reading only");
  return writer_->Commit(batch);
}

absl::Status SqliteStore::DropAnswers(absl::Time before) {
  if (writer_ == nullptr) return absl::FailedPreconditionError("the store is open for reading only");
  return writer_->DropAnswers(before);
}

absl::Status SqliteStore::ForEachSubjectKey(const std::function<void(const SubjectKey&)>& visit) {
  if (writer_ == nullptr) return absl::FailedPreconditionError("the store is open for reading only");
  return writer_->ForEachSubjectKey(visit);
}

absl::Status SqliteStore::DropSealed(absl::Span<const uint64_t> indexes) {
  if (writer_ == nullptr) return absl::FailedPreconditionError("the store is open for reading only");
  return writer_->DropSealed(indexes);
}

absl::Status SqliteStore::Scrub() {
  if (writer_ == nullptr) return absl::FailedPreconditionError("the store is open for reading only");
  return writer_->Scrub();
}

absl::StatusOr<Head> SqliteStore::ReadHead() {
  const Reader reader(this);
  SP_ASSIGN_OR_RETURN(auto read, reader->Prepare("SELECT size, checkpoint FROM head"));
  SP_ASSIGN_OR_RETURN(const bool row, read->Step());
  if (!row) return absl::DataLossError(absl::StrCat(reader->path(), " is damaged: it has no head"));
  return Head{.size = read->Unsigned(0), .checkpoint = std::string(read->Bytes(1))};
}

absl::Status SqliteStore::ForEachRow(
    absl::string_view table,
    const std::function<absl::Status(absl::string_view key, absl::string_view value)>& visit) {
  const Reader reader(this);
  SP_ASSIGN_OR_RETURN(auto read, reader->Prepare("SELECT key, value FROM state WHERE tbl = ?1 ORDER BY key"));
  read->BindText(1, table);
  while (true) {
    SP_ASSIGN_OR_RETURN(const bool row, read->Step());
    if (!row) return absl::OkStatus();
    SP_RETURN_IF_ERROR(visit(read->Bytes(0), read->Bytes(1)));
  }
}

absl::Status SqliteStore::ForEachAnswer(absl::Time since,
                                        const std::function<void(const RequestKey&, uint64_t index)>& visit) {
  const Reader reader(this);
  SP_ASSIGN_OR_RETURN(const uint64_t first, FirstAnswerSince(*reader, INT64_MAX, since));
  SP_ASSIGN_OR_RETURN(auto read, reader->Prepare("SELECT idx, request FROM answer WHERE idx >= ?1 ORDER BY idx"));
  read->Bind(1, first);
  while (true) {
    SP_ASSIGN_OR_RETURN(const bool row, read->Step());
    if (!row) return absl::OkStatus();
    RequestKey request;
    SP_RETURN_IF_ERROR(CopyExactly(read->Bytes(1), *reader, &request));
    visit(request, read->Unsigned(0));
  }
}

absl::StatusOr<Entry> SqliteStore::ReadEntry(uint64_t index) {
  const Reader reader(this);
  SP_ASSIGN_OR_RETURN(auto read, reader->Prepare(kReadEntry));
  read->Bind(1, index);
  read->Bind(2, index + 1);
  SP_ASSIGN_OR_RETURN(const bool row, read->Step());
  if (!row) return absl::NotFoundError(absl::StrCat("the log has no entry ", index));
  return EntryOf(*read, *reader);
}

absl::StatusOr<std::vector<Entry>> SqliteStore::ReadSomeEntries(uint64_t first, uint64_t end) {
  const Reader reader(this);
  SP_ASSIGN_OR_RETURN(auto read, reader->Prepare(kReadEntry));
  read->Bind(1, first);
  read->Bind(2, end);
  std::vector<Entry> entries;
  for (size_t bytes = 0; entries.size() < kEntriesAtOnce && bytes < kBytesAtOnce;) {
    SP_ASSIGN_OR_RETURN(const bool row, read->Step());
    if (!row) break;
    if (read->Unsigned(0) != first + entries.size()) {
      return absl::DataLossError(absl::StrCat(reader->path(), " is damaged: no entry ", first + entries.size()));
    }
    SP_ASSIGN_OR_RETURN(entries.emplace_back(), EntryOf(*read, *reader));
    bytes += entries.back().leaf.size() + entries.back().sealed.size();
  }
  return entries;
}

absl::Status SqliteStore::ReadEntries(uint64_t first, uint64_t end,
                                      const std::function<bool(uint64_t index, Entry entry)>& visit) {
  end = std::min<uint64_t>(end, INT64_MAX);
  while (first < end) {
    SP_ASSIGN_OR_RETURN(std::vector<Entry> entries, ReadSomeEntries(first, end));
    if (entries.empty()) break;
    for (Entry& entry : entries) {
      if (!visit(first++, std::move(entry))) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Hash>> SqliteStore::ReadHashes(uint32_t level, uint64_t first, uint32_t count) {
  const Reader reader(this);
  const char* sql = level == 0 ? "SELECT leaf_hash FROM log WHERE idx >= ?1 AND idx < ?2 ORDER BY idx"
                               : "SELECT hash FROM node WHERE level = ?3 AND idx >= ?1 AND idx < ?2 ORDER BY idx";
  std::vector<Hash> hashes;
  const uint64_t end = std::min<uint64_t>(INT64_MAX, first) + count;
  SP_ASSIGN_OR_RETURN(auto read, reader->Prepare(sql));
  read->Bind(1, std::min<uint64_t>(INT64_MAX, first));
  read->Bind(2, std::min<uint64_t>(INT64_MAX, end));
  if (level != 0) read->Bind(3, int64_t{level});
  while (true) {
    SP_ASSIGN_OR_RETURN(const bool row, read->Step());
    if (!row) break;
    SP_RETURN_IF_ERROR(CopyExactly(read->Bytes(0), *reader, &hashes.emplace_back()));
  }
  if (hashes.size() == count) return hashes;
  return absl::OutOfRangeError(
      absl::StrCat("level ", level, " has ", hashes.size(), " of the ", count, " hashes from ", first, " on"));
}

absl::StatusOr<std::vector<uint64_t>> SqliteStore::FindEntries(const Query& query) {
  if (tail_ == nullptr) return absl::FailedPreconditionError("the store was opened without its index");
  const Reader reader(this);
  return storage::FindEntries(*reader, *tail_, query);
}

absl::StatusOr<std::string> SqliteStore::ReadAnswer(uint64_t index) {
  const Reader reader(this);
  SP_ASSIGN_OR_RETURN(auto read, reader->Prepare("SELECT bytes FROM answer WHERE idx = ?1"));
  read->Bind(1, index);
  SP_ASSIGN_OR_RETURN(const bool row, read->Step());
  if (!row) return absl::NotFoundError(absl::StrCat("there is no answer ", index));
  return std::string(read->Bytes(0));
}

absl::StatusOr<std::vector<Row>> SqliteStore::ReadRows(absl::string_view table, absl::string_view after,
                                                       size_t limit) {
  const Reader reader(this);
  // Empty means from the start: a key that is empty itself comes first.
  const char* sql = after.empty() ? "SELECT key, value FROM state WHERE tbl = ?1 AND key >= ?2 ORDER BY key LIMIT ?3"
                                  : "SELECT key, value FROM state WHERE tbl = ?1 AND key > ?2 ORDER BY key LIMIT ?3";
  std::vector<Row> rows;
  SP_ASSIGN_OR_RETURN(auto read, reader->Prepare(sql));
  read->BindText(1, table);
  read->BindBlob(2, after);
  read->Bind(3, uint64_t{std::min<uint64_t>(limit, INT64_MAX)});
  while (true) {
    SP_ASSIGN_OR_RETURN(const bool row, read->Step());
    if (!row) return rows;
    rows.push_back({std::string(table), std::string(read->Bytes(0)), std::string(read->Bytes(1))});
  }
}

}  // namespace sallyport::storage
