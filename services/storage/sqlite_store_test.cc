#include "storage/sqlite_store.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "storage/store_contract_test.h"

namespace sallyport::storage {
namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "storageXXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/log.db"; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class SqliteHome final : public StoreHome {
 public:
  explicit SqliteHome(SqliteOptions options) : options_(std::move(options)) {}
  absl::StatusOr<std::unique_ptr<Store>> Open() override { return SqliteStore::Open(folder_.file(), options_); }

 private:
  Folder folder_;
  SqliteOptions options_;
};

StoreForm Form(const std::string& name, const SqliteOptions& options) {
  return {name, [options] { return std::make_unique<SqliteHome>(options); }};
}

// In the small form postings go to disk and the log is moved all the time; in the default form never in these tests.
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values(Form("Default", {}),
                                         Form("Small", {.readers = 2, .wal_bytes_max = 1, .segment_entries = 20}),
                                         Form("Middle", {.readers = 2, .wal_bytes_max = 100'000, .segment_entries = 700})),
                         [](const auto& form) { return form.param.name; });

TEST(SqliteStoreTest, ASecondStoreIsRefused) {
  const Folder folder;
  auto store = SqliteStore::Open(folder.file());
  ASSERT_TRUE(store.ok()) << store.status();
  const auto second = SqliteStore::Open(folder.file());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(second.status().message(), "open in another process")) << second.status();
  store->reset();
  EXPECT_TRUE(SqliteStore::Open(folder.file()).ok());
}

TEST(SqliteStoreTest, AVerifierReadsBesideTheDaemon) {
  const Folder folder;
  EXPECT_EQ(SqliteStore::Open(folder.file(), {.read_only = true}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder.file()));
  auto store = SqliteStore::Open(folder.file());
  ASSERT_TRUE(store.ok());
  for (uint64_t number = 0; number < 30; ++number) ASSERT_TRUE((*store)->Commit(NumberedBatch(number)).ok());
  const auto verifier = SqliteStore::Open(folder.file(), {.read_only = true});
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ(CheckNumberedBatches(**verifier), 30u);
  EXPECT_EQ((*verifier)->Commit(NumberedBatch(30)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ((*verifier)->DropAnswers(absl::InfiniteFuture()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE((*store)->Commit(NumberedBatch(30)).ok());
}

TEST(SqliteStoreTest, AVerifierOpensADamagedLog) {
  const Folder folder;
  for (uint64_t number = 0; number < 3; ++number) {
    ASSERT_TRUE((*SqliteStore::Open(folder.file()))->Commit(NumberedBatch(number)).ok());
  }
  const uint64_t last = EntriesBefore(3) - 1;
  {
    auto other = Database::Open(folder.file(), SQLITE_OPEN_READWRITE, "");
    ASSERT_TRUE((*other)->Execute("DELETE FROM log WHERE idx = (SELECT max(idx) FROM log)").ok());
  }
  EXPECT_EQ(SqliteStore::Open(folder.file(), {.read_only = true}).status().code(), absl::StatusCode::kDataLoss);
  const auto verifier = SqliteStore::Open(folder.file(), {.read_only = true, .index = false});
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ((*verifier)->ReadHead()->size, last + 1);
  EXPECT_TRUE((*verifier)->ReadEntry(last - 1).ok());
  EXPECT_EQ((*verifier)->ReadEntry(last).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ((*verifier)->FindEntries({}).status().code(), absl::StatusCode::kFailedPrecondition);
  // A writer needs its index.
  EXPECT_EQ(SqliteStore::Open(folder.file(), {.index = false}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(SqliteStoreTest, AProperlyClosedDatabaseIsReadFromAReadOnlyFolder) {
  if (::geteuid() == 0) GTEST_SKIP() << "root writes everywhere";
  const Folder folder;
  ASSERT_TRUE((*SqliteStore::Open(folder.file()))->Commit(NumberedBatch(0)).ok());
  ::chmod(folder.path().c_str(), 0500);
  const auto verifier = SqliteStore::Open(folder.file(), {.read_only = true});
  ::chmod(folder.path().c_str(), 0700);
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ(CheckNumberedBatches(**verifier), 1u);
}

TEST(SqliteStoreTest, RefusesOtherFiles) {
  const Folder folder;
  std::ofstream(folder.file()) << std::string(5000, 'x');
  EXPECT_EQ(SqliteStore::Open(folder.file()).status().code(), absl::StatusCode::kDataLoss);
  std::filesystem::remove(folder.file());
  {
    auto other = Database::Open(folder.file(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "");
    ASSERT_TRUE((*other)->Execute("CREATE TABLE t (a)").ok());
  }
  const auto foreign = SqliteStore::Open(folder.file());
  EXPECT_EQ(foreign.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(foreign.status().message(), "not a Sallyport database")) << foreign.status();
  std::filesystem::remove(folder.file());
  ASSERT_TRUE(SqliteStore::Open(folder.file()).ok());
  {
    auto other = Database::Open(folder.file(), SQLITE_OPEN_READWRITE, "");
    ASSERT_TRUE((*other)->Execute("PRAGMA user_version = 7").ok());
  }
  for (const bool read_only : {false, true}) {
    const auto newer = SqliteStore::Open(folder.file(), {.read_only = read_only});
    EXPECT_EQ(newer.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_TRUE(absl::StrContains(newer.status().message(), "schema version 7")) << newer.status();
  }
  EXPECT_FALSE(SqliteStore::Open(folder.path() + "/no/such/folder.db").ok());
}

TEST(SqliteStoreTest, FilesAreForTheOwnerOnly) {
  const Folder folder;
  const auto store = SqliteStore::Open(folder.file());
  ASSERT_TRUE((*store)->Commit(NumberedBatch(0)).ok());
  for (const char* suffix : {"", "-wal", "-shm", ".lock", ".keys", ".keys-wal"}) {
    struct stat status;
    ASSERT_EQ(::stat((folder.file() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST(SqliteStoreTest, TheWriteAheadLogStaysShortBesideReaders) {
  const Folder folder;
  const auto store = SqliteStore::Open(folder.file(), {.wal_bytes_max = 200'000});
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) EXPECT_TRUE((*store)->FindEntries({.groups = {{"all"}}}).ok());
  });
  for (uint64_t number = 0; number < 1000; ++number) ASSERT_TRUE((*store)->Commit(NumberedBatch(number)).ok());
  stop = true;
  reader.join();
  EXPECT_LT(std::filesystem::file_size(folder.file() + "-wal"), 4'000'000u);
}

TEST(SqliteStoreTest, DeletedValuesAreGoneFromTheFiles) {
  const Folder folder;
  const std::string secret = "the name of the visitor";
  {
    const auto store = SqliteStore::Open(folder.file());
    Batch batch;
    batch.rows = {{"t", "key", secret}};
    ASSERT_TRUE((*store)->Commit(batch).ok());
    batch.rows = {{"t", "key", std::nullopt}};
    ASSERT_TRUE((*store)->Commit(batch).ok());
  }
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(content.find(secret), std::string::npos) << file.path();
  }
}

TEST(SqliteStoreTest, ErrorsNameThePathAndNoData) {
  const Folder folder;
  const auto store = SqliteStore::Open(folder.file());
  Batch batch = NumberedBatch(1);
  batch.answers[1].index = batch.answers[0].index;
  const absl::Status status = (*store)->Commit(batch);
  EXPECT_TRUE(absl::StrContains(status.message(), folder.file())) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "INSERT INTO answer")) << status;
  EXPECT_FALSE(absl::StrContains(status.message(), "answer 1")) << status;
}

// A child commits and reports each batch that was acknowledged; it is killed at some moment.
TEST(SqliteStoreTest, OpensBesideALongWriteAheadLog) {
  const Folder folder;
  auto store = SqliteStore::Open(folder.file());
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->Commit(NumberedBatch(0)).ok());
  Batch large;
  large.rows.push_back({"t", "k", std::string(3 << 20, 'x')});
  ASSERT_TRUE((*store)->Commit(large).ok());
  // What a killed process leaves behind.
  const std::string copy = folder.path() + "/copy.db";
  for (const char* suffix : {"", "-wal"}) std::filesystem::copy_file(folder.file() + suffix, copy + suffix);
  ASSERT_GT(std::filesystem::file_size(copy + "-wal"), 3u << 20);
  const auto reopened = SqliteStore::Open(copy);
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_EQ((*reopened)->ReadHead()->size, EntriesBefore(1));
  EXPECT_EQ(std::filesystem::file_size(copy + "-wal"), 0u);
}

TEST(SqliteStoreTest, KillingTheProcessLosesNoAcknowledgedBatch) {
  std::mt19937 random(3);
  const Folder folder;
  uint64_t held = 0;
  for (int round = 0; round < 25; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = SqliteStore::Open(folder.file(), {.wal_bytes_max = 60'000, .segment_entries = 50});
      if (!store.ok()) ::_exit(2);
      for (uint64_t number = held;; ++number) {
        if (!(*store)->Commit(NumberedBatch(number)).ok()) ::_exit(3);
        const uint64_t acknowledged = number + 1;
        if (::write(pipe_ends[1], &acknowledged, sizeof acknowledged) != sizeof acknowledged) ::_exit(4);
      }
    }
    ::close(pipe_ends[1]);
    uint64_t acknowledged = held;
    const uint64_t target = held + 1 + random() % 30;
    while (acknowledged < target && ::read(pipe_ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    ::usleep(random() % 2000);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
    while (::read(pipe_ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    ::close(pipe_ends[0]);
    ASSERT_GE(acknowledged, target);
    const auto store = SqliteStore::Open(folder.file());
    ASSERT_TRUE(store.ok()) << store.status();
    held = CheckNumberedBatches(**store);
    ASSERT_GE(held, acknowledged);
    ASSERT_LE(held, acknowledged + 1);
  }
}

}  // namespace
}  // namespace sallyport::storage
