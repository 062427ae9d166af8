#pragma once

#include <stdlib.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "audit/checkpoint.h"
#include "base/status.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "sallyport/record/v1/record.pb.h"
#include "storage/sqlite_store.h"

// For tests: a store in memory that fails or waits on demand, and an engine with its clock, keys and store, that can be
// stopped and started again.
namespace sallyport::engine {

class FakeClock final : public Clock {
 public:
  absl::Time Now() override { return absl::FromUnixNanos(now_ns_); }
  void Set(absl::Time time) { now_ns_ = absl::ToUnixNanos(time); }
  void Advance(absl::Duration by) { now_ns_ += absl::ToInt64Nanoseconds(by); }

 private:
  std::atomic<int64_t> now_ns_{absl::ToUnixNanos(absl::FromUnixSeconds(1'790'000'000))};
};

class MemoryStore final : public storage::Store {
 public:
  // What is durable: a store opened over it later finds it.
  struct Disk {
    std::map<std::pair<std::string, std::string>, std::string> rows;
    std::vector<storage::Entry> entries;
    std::map<std::pair<uint32_t, uint64_t>, storage::Hash> nodes;
    std::vector<storage::Answer> answers;
    std::map<std::string, std::optional<std::string>> subject_keys;
    std::string checkpoint;
    std::vector<size_t> batches;  // entries of each batch
  };
  explicit MemoryStore(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}

  // From now on commits fail, with the batch on disk or without it.
  void FailCommits(bool after_writing = false) {
    const std::lock_guard lock(mutex_);
    fail_ = true;
    write_first_ = after_writing;
  }
  // Commits wait until Release; Holding waits until one does.
  void Hold() {
    const std::lock_guard lock(mutex_);
    hold_ = true;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    hold_ = false;
    changed_.notify_all();
  }
  void Holding() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }

  absl::Status Commit(const storage::Batch& batch) override {
    std::unique_lock lock(mutex_);
    waiting_ = hold_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hold_; });
    waiting_ = false;
    if (fail_ && !write_first_) return absl::UnavailableError("the disk is gone");
    for (const storage::SubjectKey& key : batch.subject_keys) disk_->subject_keys[key.subject_ref] = key.wrapped;
    for (const storage::Row& row : batch.rows) {
      if (row.value) {
        disk_->rows[{row.table, row.key}] = *row.value;
      } else {
        disk_->rows.erase({row.table, row.key});
      }
    }
    disk_->entries.insert(disk_->entries.end(), batch.entries.begin(), batch.entries.end());
    for (const storage::Node& node : batch.nodes) disk_->nodes[{node.level, node.index}] = node.hash;
    disk_->answers.insert(disk_->answers.end(), batch.answers.begin(), batch.answers.end());
    for (storage::Answer& answer : disk_->answers) {
      for (const std::string& text : batch.forgotten) {
        if (answer.bytes.find(text) != std::string::npos) answer.bytes.clear();
      }
    }
    if (!batch.checkpoint.empty()) disk_->checkpoint = batch.checkpoint;
    disk_->batches.push_back(batch.entries.size());
    return fail_ ? absl::UnavailableError("the disk is gone") : absl::OkStatus();
  }
  absl::StatusOr<storage::Head> ReadHead() override {
    const std::lock_guard lock(mutex_);
    return storage::Head{disk_->entries.size(), disk_->checkpoint};
  }
  absl::Status ForEachRow(absl::string_view table,
                          const std::function<absl::Status(absl::string_view, absl::string_view)>& visit) override {
    for (const auto& [at, value] : disk_->rows) {
      if (at.first == table) SP_RETURN_IF_ERROR(visit(at.second, value));
    }
    return absl::OkStatus();
  }
  absl::Status ForEachAnswer(absl::Time since,
                             const std::function<void(const storage::RequestKey&, uint64_t)>& visit) override {
    for (const storage::Answer& answer : disk_->answers) {
      if (answer.time >= since) visit(answer.request, answer.index);
    }
    return absl::OkStatus();
  }
  absl::Status ForEachSubjectKey(const std::function<void(const storage::SubjectKey&)>& visit) override {
    for (const auto& [subject_ref, wrapped] : disk_->subject_keys) visit({subject_ref, wrapped});
    return absl::OkStatus();
  }
  absl::StatusOr<storage::Entry> ReadEntry(uint64_t index) override {
    const std::lock_guard lock(mutex_);
    if (index >= disk_->entries.size()) return absl::NotFoundError("no such entry");
    return disk_->entries[index];
  }
  absl::Status ReadEntries(uint64_t first, uint64_t end,
                           const std::function<bool(uint64_t, storage::Entry)>& visit) override {
    for (uint64_t i = first; i < end; ++i) {
      SP_ASSIGN_OR_RETURN(storage::Entry entry, ReadEntry(i));
      if (!visit(i, std::move(entry))) break;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<storage::Hash>> ReadHashes(uint32_t level, uint64_t first, uint32_t count) override {
    const std::lock_guard lock(mutex_);
    std::vector<storage::Hash> out;
    for (uint64_t i = first; i < first + count; ++i) {
      if (level == 0 && i < disk_->entries.size()) {
        out.push_back(disk_->entries[i].leaf_hash);
      } else if (const auto node = disk_->nodes.find({level, i}); node != disk_->nodes.end()) {
        out.push_back(node->second);
      } else {
        return absl::OutOfRangeError("no such hash");
      }
    }
    return out;
  }
  absl::StatusOr<std::vector<uint64_t>> FindEntries(const storage::Query&) override {
    return std::vector<uint64_t>();  // terms are not kept in memory
  }
  absl::StatusOr<std::string> ReadAnswer(uint64_t index) override {
    const std::lock_guard lock(mutex_);
    for (const storage::Answer& answer : disk_->answers) {
      if (answer.index == index) return answer.bytes;
    }
    return absl::NotFoundError("no such answer");
  }
  absl::StatusOr<std::vector<storage::Row>> ReadRows(absl::string_view, absl::string_view, size_t) override {
    return absl::UnimplementedError("not in memory");
  }
  absl::Status DropAnswers(absl::Time before) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(disk_->answers, [before](const storage::Answer& answer) { return answer.time < before; });
    return absl::OkStatus();
  }
  absl::Status DropSealed(absl::Span<const uint64_t> indexes) override {
    const std::lock_guard lock(mutex_);
    for (const uint64_t index : indexes) disk_->entries.at(index).sealed.clear();
    return absl::OkStatus();
  }
  absl::Status Scrub() override { return absl::OkStatus(); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool fail_ = false;
  bool write_first_ = false;
  bool hold_ = false;
  bool waiting_ = false;
  const std::shared_ptr<Disk> disk_;
};

// One log's keys, the same in every process.
inline Keys TestKeys(const std::string& origin, uint8_t seed = 7, uint8_t data_seed = 7) {
  const std::array<uint8_t, 32> bytes = {seed};
  const std::array<uint8_t, 32> data_bytes = {data_seed};
  auto signing = audit::SigningKey::FromSeed(origin, bytes);
  auto kek = audit::KeyEncryptionKey::FromBytes(data_bytes);
  SP_CHECK(signing.ok() && kek.ok());
  return {std::make_shared<const audit::SigningKey>(*std::move(signing)), *std::move(kek),
          Secret(std::string(32, 'd'))};
}

inline std::array<uint8_t, 32> Root(const Snapshot& snapshot) {
  const auto checkpoint = audit::ReadCheckpointUnverified(snapshot.checkpoint);
  SP_CHECK(checkpoint.ok());
  return checkpoint->root;
}

using Apply = absl::AnyInvocable<absl::StatusOr<std::string>(Transaction&)>;

inline Command MakeCommand(std::string request_id, Apply apply, std::string fingerprint = "") {
  Command command;
  command.actor = "tester";
  command.method = "test.v1.Test/Do";
  command.request_id = std::move(request_id);
  command.fingerprint = std::move(fingerprint);
  command.apply = std::move(apply);
  return command;
}

inline std::future<absl::StatusOr<std::string>> Submit(Engine& engine, Command command) {
  auto promise = std::make_shared<std::promise<absl::StatusOr<std::string>>>();
  command.done = [promise](absl::StatusOr<std::string> answer) { promise->set_value(std::move(answer)); };
  auto future = promise->get_future();
  engine.Submit(std::move(command));
  return future;
}

inline absl::StatusOr<std::string> Do(Engine& engine, Command command) {
  return Submit(engine, std::move(command)).get();
}
inline absl::StatusOr<std::string> Do(Engine& engine, Apply apply) {
  return Do(engine, MakeCommand("", std::move(apply)));
}

// Records a change of this name; the answer is the name.
inline Apply Note(std::string name) {
  return [name = std::move(name)](Transaction& transaction) -> absl::StatusOr<std::string> {
    transaction.Record(ChangeEvent{"noted", name, {}, {}, {}});
    return name;
  };
}

inline record::v1::Record RecordAt(storage::Store& store, uint64_t index) {
  record::v1::Record record;
  const auto entry = store.ReadEntry(index);
  EXPECT_TRUE(entry.ok() && record.ParseFromString(entry->leaf)) << index;
  return record;
}

// A folder of its own, removed with the object.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "engine_test.XXXXXX").string();
    SP_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string path(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// An engine over one of the two stores.
class TestEngine {
 public:
  enum class On { kMemory, kSqlite };
  explicit TestEngine(On on = On::kMemory) : on_(on) { options.origin = "test.example/log"; }
  ~TestEngine() { Close(); }

  // Opens the store and starts; the engine of before is closed first.
  absl::Status Open() {
    Close();
    if (on_ == On::kSqlite) {
      SP_ASSIGN_OR_RETURN(sqlite_, storage::SqliteStore::Open(folder_.path("log.db")));
    } else {
      memory_ = std::make_unique<MemoryStore>(disk);
    }
    SP_ASSIGN_OR_RETURN(engine_, Engine::Start(store(), clock, random_, TestKeys(options.origin, key_seed, data_key_seed),
                                               options));
    return absl::OkStatus();
  }
  void Close() {
    engine_.reset();
    sqlite_.reset();
    memory_.reset();
  }

  Engine& operator*() { return *engine_; }
  Engine* operator->() { return engine_.get(); }
  storage::Store& store() { return sqlite_ ? static_cast<storage::Store&>(*sqlite_) : *memory_; }
  MemoryStore& memory() { return *memory_; }
  State state() { return engine_->snapshot()->state; }
  std::string database() const { return folder_.path("log.db"); }

  FakeClock clock;
  Options options;
  uint8_t key_seed = 7;
  uint8_t data_key_seed = 7;
  std::shared_ptr<MemoryStore::Disk> disk = std::make_shared<MemoryStore::Disk>();

 private:
  const On on_;
  TempFolder folder_;
  SystemRandom random_;
  std::unique_ptr<storage::SqliteStore> sqlite_;
  std::unique_ptr<MemoryStore> memory_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace sallyport::engine
