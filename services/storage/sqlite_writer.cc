#include "storage/sqlite_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "storage/sqlite_find.h"
#include "storage/sqlite_forget.h"

namespace sallyport::storage {
namespace {

constexpr size_t kLeafBytesMax = 65'535;
constexpr size_t kCachedTermsMax = 1'000'000;     // about 100 MB; beyond, the cache starts anew
constexpr uint64_t kAnswersDroppedAtOnce = 4096;  // indexes, in a transaction

absl::string_view AsBytes(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }
absl::string_view AsBytes(const RequestKey& key) { return {reinterpret_cast<const char*>(key.data()), key.size()}; }

}  // namespace

// Prepared once and held.
struct SqliteWriter::Statements {
  Database::Lease begin, commit, put_row, delete_row, add_entry, add_node, add_answer, find_term, add_term, put_posting,
      set_head, set_head_and_checkpoint;
};

SqliteWriter::SqliteWriter(std::unique_ptr<Database> database, std::unique_ptr<SubjectKeyFile> keys, PostingTail* tail,
                           uint64_t wal_bytes_max)
    : database_(std::move(database)), keys_(std::move(keys)), tail_(tail), wal_bytes_max_(wal_bytes_max) {}

absl::StatusOr<std::unique_ptr<SqliteWriter>> SqliteWriter::Create(std::unique_ptr<Database> database,
                                                                   std::unique_ptr<SubjectKeyFile> keys,
                                                                   PostingTail* tail, uint64_t wal_bytes_max) {
  auto writer = std::unique_ptr<SqliteWriter>(
      new SqliteWriter(std::move(database), std::move(keys), tail, wal_bytes_max));
  SP_RETURN_IF_ERROR(writer->Load());
  return writer;
}

SqliteWriter::~SqliteWriter() = default;

absl::Status SqliteWriter::Load() {
  Database& database = *database_;
  SP_ASSIGN_OR_RETURN(auto begin, database.Prepare("BEGIN IMMEDIATE"));
  SP_ASSIGN_OR_RETURN(auto commit, database.Prepare("COMMIT"));
  // Alone on a table without rowid, REPLACE writes in place and need not look first.
  SP_ASSIGN_OR_RETURN(auto put_row, database.Prepare("INSERT OR REPLACE INTO state VALUES (?1, ?2, ?3)"));
  SP_ASSIGN_OR_RETURN(auto delete_row, database.Prepare("DELETE FROM state WHERE tbl = ?1 AND key = ?2"));
  SP_ASSIGN_OR_RETURN(auto add_entry, database.Prepare("INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  SP_ASSIGN_OR_RETURN(auto add_node, database.Prepare("INSERT INTO node VALUES (?1, ?2, ?3)"));
  SP_ASSIGN_OR_RETURN(auto add_answer, database.Prepare("INSERT INTO answer VALUES (?1, ?2, ?3, ?4)"));
  SP_ASSIGN_OR_RETURN(auto find_term, database.Prepare("SELECT id FROM term WHERE text = ?1"));
  SP_ASSIGN_OR_RETURN(auto add_term, database.Prepare("INSERT INTO term VALUES (?1, ?2)"));
  SP_ASSIGN_OR_RETURN(auto put_posting, database.Prepare("INSERT OR REPLACE INTO posting VALUES (?1, ?2, ?3)"));
  SP_ASSIGN_OR_RETURN(auto set_head, database.Prepare("UPDATE head SET size = ?1, posted = ?2, next_term = ?3"));
  SP_ASSIGN_OR_RETURN(
      auto set_head_and_checkpoint,
      database.Prepare("UPDATE head SET size = ?1, posted = ?2, next_term = ?3, checkpoint = ?4"));
  statements_.reset(new Statements{std::move(begin), std::move(commit), std::move(put_row), std::move(delete_row),
                                   std::move(add_entry), std::move(add_node), std::move(add_answer),
                                   std::move(find_term), std::move(add_term), std::move(put_posting),
                                   std::move(set_head), std::move(set_head_and_checkpoint)});

  SP_ASSIGN_OR_RETURN(const int64_t page_bytes, database.Number("PRAGMA page_size"));
  SP_ASSIGN_OR_RETURN(const int64_t size, database.Number("SELECT size FROM head"));
  SP_ASSIGN_OR_RETURN(const int64_t next_term, database.Number("SELECT next_term FROM head"));
  page_bytes_ = static_cast<uint64_t>(page_bytes);
  size_ = static_cast<uint64_t>(size);
  next_term_ = static_cast<TermId>(next_term);
  if (size > 0) {
    SP_ASSIGN_OR_RETURN(last_time_, database.Number("SELECT time FROM log ORDER BY idx DESC LIMIT 1"));
  }
  sqlite3_wal_hook(
      database.handle(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<uint64_t*>(pages) = static_cast<uint64_t>(count);
        return SQLITE_OK;
      },
      &wal_pages_);
  return absl::OkStatus();
}

absl::Status SqliteWriter::Check(const Batch& batch) const {
  int64_t time = last_time_;
  for (const Entry& entry : batch.entries) {
    if (entry.leaf.size() > kLeafBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("a leaf has ", entry.leaf.size(), " bytes; the limit is ", kLeafBytesMax));
    }
    const int64_t entry_time = absl::ToUnixNanos(entry.time);
    if (entry_time < time) {
      return absl::InvalidArgumentError(
          absl::StrCat("an entry's time, ", entry_time, " ns, is before that of the entry before it, ", time, " ns"));
    }
    time = entry_time;
    if (entry.terms.size() > kTermsPerEntryMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("an entry has ", entry.terms.size(), " terms; the limit is ", kTermsPerEntryMax));
    }
    for (const std::string& term : entry.terms) {
      if (term.size() > kTermBytesMax) {
        return absl::InvalidArgumentError(
            absl::StrCat("a term has ", term.size(), " bytes; the limit is ", kTermBytesMax));
      }
    }
  }
  return absl::OkStatus();
}

template <class Body>
absl::Status SqliteWriter::InTransaction(Body body) {
  if (!broken_.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store must be reopened after an earlier failure: ", broken_.message()));
  }
  broken_ = statements_->begin->Run();
  if (broken_.ok()) broken_ = body();
  if (broken_.ok()) broken_ = statements_->commit->Run();
  if (!broken_.ok() && sqlite3_get_autocommit(database_->handle()) == 0) {
    // Whether it works or not: the connection is not used again, and closing it rolls back too.
    sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return broken_;
}

absl::Status SqliteWriter::Commit(const Batch& batch) {
  std::vector<std::vector<TermId>> terms;
  const PostingsDue due = tail_->Due(batch.entries.size());
  const auto has_value = [](const SubjectKey& key) { return key.wrapped.has_value(); };
  const bool new_keys = std::any_of(batch.subject_keys.begin(), batch.subject_keys.end(), has_value);
  const bool old_keys = !std::all_of(batch.subject_keys.begin(), batch.subject_keys.end(), has_value);
  const absl::Status written = InTransaction([&] {
    const absl::Status keys = new_keys ? keys_->Put(batch.subject_keys) : absl::OkStatus();
    return keys.ok() ? Write(batch, due, &terms) : keys;
  });
  SP_RETURN_IF_ERROR(written);
  size_ += batch.entries.size();
  if (!batch.entries.empty()) last_time_ = absl::ToUnixNanos(batch.entries.back().time);
  tail_->Advance(due);
  tail_->Append(terms);
  // The batch is durable whatever becomes of this; a failure shows at the next commit.
  broken_ = MoveLogWhenLong();
  if (broken_.ok() && old_keys) broken_ = keys_->Destroy(batch.subject_keys);
  return absl::OkStatus();
}

absl::Status SqliteWriter::Write(const Batch& batch, const PostingsDue& due,
                                 std::vector<std::vector<TermId>>* terms) {
  SP_RETURN_IF_ERROR(Check(batch));
  SP_RETURN_IF_ERROR(WriteRows(batch.rows));
  SP_RETURN_IF_ERROR(WriteEntries(batch.entries, terms));
  for (const Node& node : batch.nodes) {
    Statement& add = *statements_->add_node;
    add.Bind(1, int64_t{node.level});
    add.Bind(2, node.index);
    add.BindBlob(3, AsBytes(node.hash));
    SP_RETURN_IF_ERROR(add.Run());
  }
  for (const Answer& answer : batch.answers) {
    Statement& add = *statements_->add_answer;
    add.Bind(1, answer.index);
    add.Bind(2, absl::ToUnixNanos(answer.time));
    add.BindBlob(3, AsBytes(answer.request));
    add.BindBlob(4, answer.bytes);
    SP_RETURN_IF_ERROR(add.Run());
  }
  if (!batch.forgotten.empty()) SP_RETURN_IF_ERROR(ForgetAnswers(*database_, batch.forgotten));
  SP_RETURN_IF_ERROR(WritePostings(due));
  return WriteHead(batch, due);
}

absl::Status SqliteWriter::WriteRows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    Statement& statement = row.value.has_value() ? *statements_->put_row : *statements_->delete_row;
    statement.BindText(1, row.table);
    statement.BindBlob(2, row.key);
    if (row.value.has_value()) statement.BindBlob(3, *row.value);
    SP_RETURN_IF_ERROR(statement.Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteWriter::WriteEntries(const std::vector<Entry>& entries, std::vector<std::vector<TermId>>* terms) {
  terms->reserve(entries.size());
  uint64_t index = size_;
  for (const Entry& entry : entries) {
    std::vector<TermId>& ids = terms->emplace_back();
    ids.reserve(entry.terms.size());
    for (const std::string& term : entry.terms) {
      SP_ASSIGN_OR_RETURN(const TermId id, FindOrAddTerm(term));
      ids.push_back(id);
    }
    const std::string encoded_terms = EncodeTerms(ids);
    Statement& add = *statements_->add_entry;
    add.Bind(1, index++);
    add.Bind(2, absl::ToUnixNanos(entry.time));
    add.BindBlob(3, encoded_terms);
    add.BindBlob(4, AsBytes(entry.leaf_hash));
    add.BindBlob(5, entry.leaf);
    add.BindBlob(6, entry.sealed);
    SP_RETURN_IF_ERROR(add.Run());
  }
  return absl::OkStatus();
}

absl::StatusOr<TermId> SqliteWriter::FindOrAddTerm(const std::string& text) {
  if (const auto cached = term_ids_.find(text); cached != term_ids_.end()) return cached->second;
  if (term_ids_.size() >= kCachedTermsMax) term_ids_.clear();
  Statement& find = *statements_->find_term;
  find.BindText(1, text);
  absl::StatusOr<bool> known = find.Step();
  const TermId id = known.ok() && *known ? static_cast<TermId>(find.Int(0)) : next_term_;
  find.Reset();
  SP_RETURN_IF_ERROR(known.status());
  if (!*known) {
    if (next_term_ == UINT32_MAX) return absl::ResourceExhaustedError("there are no more ids for terms");
    Statement& add = *statements_->add_term;
    add.BindText(1, text);
    add.Bind(2, int64_t{next_term_++});
    SP_RETURN_IF_ERROR(add.Run());
  }
  term_ids_.emplace(text, id);
  return id;
}

absl::Status SqliteWriter::WritePostings(const PostingsDue& due) {
  for (const PostingsDue::Row& row : due.rows) {
    Statement& put = *statements_->put_posting;
    put.Bind(1, int64_t{row.term});
    put.Bind(2, row.first);
    put.BindBlob(3, row.block);
    SP_RETURN_IF_ERROR(put.Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteWriter::WriteHead(const Batch& batch, const PostingsDue& due) {
  Statement& set = batch.checkpoint.empty() ? *statements_->set_head : *statements_->set_head_and_checkpoint;
  set.Bind(1, size_ + batch.entries.size());
  set.Bind(2, due.posted);
  set.Bind(3, int64_t{next_term_});
  if (!batch.checkpoint.empty()) set.BindBlob(4, batch.checkpoint);
  return set.Run();
}

absl::Status SqliteWriter::DropAnswers(absl::Time before) {
  SP_ASSIGN_OR_RETURN(const int64_t oldest, database_->Number("SELECT min(idx) FROM answer"));
  SP_ASSIGN_OR_RETURN(const uint64_t end, FirstAnswerSince(*database_, size_, before));
  for (auto first = static_cast<uint64_t>(oldest); first < end; first += kAnswersDroppedAtOnce) {
    SP_RETURN_IF_ERROR(InTransaction([&]() -> absl::Status {
      SP_ASSIGN_OR_RETURN(auto drop, database_->Prepare("DELETE FROM answer WHERE idx >= ?1 AND idx < ?2"));
      drop->Bind(1, first);
      drop->Bind(2, std::min(end, first + kAnswersDroppedAtOnce));
      return drop->Run();
    }));
    SP_RETURN_IF_ERROR(broken_ = MoveLogWhenLong());
  }
  return absl::OkStatus();
}

absl::Status SqliteWriter::DropSealed(absl::Span<const uint64_t> indexes) {
  SP_RETURN_IF_ERROR(InTransaction([&] { return storage::DropSealed(*database_, indexes); }));
  return broken_ = MoveLogWhenLong();
}

absl::Status SqliteWriter::Scrub() {
  absl::Status written;
  const absl::Status done = InTransaction([&] { return written = WriteTablesAnew(*database_); });
  // A full disk must not end the store for the sake of a copy that can be made later; what is rolled back is not in doubt.
  if (absl::IsResourceExhausted(written) && sqlite3_get_autocommit(database_->handle()) != 0) broken_ = absl::OkStatus();
  SP_RETURN_IF_ERROR(done);
  SP_RETURN_IF_ERROR(keys_->Scrub());
  return EmptyWriteAheadLog(*database_);
}

absl::Status SqliteWriter::MoveLogWhenLong() {
  if (wal_pages_ * page_bytes_ < wal_bytes_max_) return absl::OkStatus();
  const int result =
      sqlite3_wal_checkpoint_v2(database_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (result == SQLITE_OK || (result & 0xff) == SQLITE_BUSY) return absl::OkStatus();
  return database_->Failure(result, "moving the log into");
}

}  // namespace sallyport::storage
