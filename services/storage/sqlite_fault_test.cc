#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "storage/fault_vfs.h"
#include "storage/sqlite_store.h"
#include "storage/store_contract_test.h"

// Disks that fail at every single step of opening, committing and moving the write-ahead log.
namespace sallyport::storage {
namespace {

using Fault = FaultVfs::Fault;

class SqliteFault : public testing::TestWithParam<Fault> {
 protected:
  static constexpr uint64_t kBefore = 3;  // batches without faults
  static constexpr uint64_t kEnd = 12;    // batches in all

  SqliteFault() {
    std::string pattern = testing::TempDir() + "faultXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SqliteFault() override { std::filesystem::remove_all(folder_); }

  void StartAnew() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    vfs_ = std::make_unique<FaultVfs>("fault");
  }
  absl::StatusOr<std::unique_ptr<SqliteStore>> Open() {
    return SqliteStore::Open(folder_ + "/log.db",
                             {.readers = 1, .wal_bytes_max = 90'000, .segment_entries = 10, .vfs = vfs_->name()});
  }
  // Commits batches from `first` on, until one fails or there are `end`. Returns how many were acknowledged in all.
  static uint64_t CommitUntilFailure(SqliteStore& store, uint64_t first, uint64_t end) {
    for (; first < end; ++first) {
      if (!store.Commit(NumberedBatch(first)).ok()) break;
    }
    return first;
  }
  uint64_t OpenAndCheck(uint64_t least, uint64_t most) {
    auto store = Open();
    EXPECT_TRUE(store.ok()) << store.status();
    if (!store.ok()) return 0;
    const uint64_t held = CheckNumberedBatches(**store);
    EXPECT_GE(held, least);
    EXPECT_LE(held, most);
    EXPECT_EQ(CommitUntilFailure(**store, held, held + 2), held + 2);
    EXPECT_EQ(CheckNumberedBatches(**store), held + 2);
    return held + 2;
  }

  std::string folder_;
  std::unique_ptr<FaultVfs> vfs_;
  std::mt19937 random_{11};
};

TEST_P(SqliteFault, InCommits) {
  int count = 1;
  for (bool fired = true; fired && !HasFailure(); ++count) {
    SCOPED_TRACE(count);
    StartAnew();
    uint64_t acknowledged = 0;
    {
      auto store = Open();
      ASSERT_TRUE(store.ok()) << store.status();
      ASSERT_EQ(CommitUntilFailure(**store, 0, kBefore), kBefore);
      vfs_->Arm(GetParam(), count);
      acknowledged = CommitUntilFailure(**store, kBefore, kEnd);
      fired = vfs_->fired();
      // A process that goes on, closes and reopens; or one that dies; or a machine that does.
      if (count % 3 != 0) vfs_->Stop();
      if (count % 3 == 0) vfs_->Disarm();
    }
    vfs_->Disarm();
    if (count % 3 == 1) vfs_->CutPower(random_);
    const uint64_t held = OpenAndCheck(acknowledged, acknowledged + 1);
    // What was found after the fault must hold even when power fails now.
    vfs_->Stop();
    vfs_->CutPower(random_);
    OpenAndCheck(held, held);
  }
  EXPECT_GT(count, 15);
}

// The power fails while the store that was reopened after a fault is still at work.
TEST_P(SqliteFault, InCommitsThenPowerCut) {
  for (int count = 1; count < 60 && !HasFailure(); ++count) {
    SCOPED_TRACE(count);
    StartAnew();
    uint64_t acknowledged = 0;
    {
      auto store = Open();
      vfs_->Arm(GetParam(), count);
      acknowledged = CommitUntilFailure(**store, 0, kEnd);
      vfs_->Stop();
    }
    vfs_->Disarm();
    uint64_t then = 0;
    {
      auto store = Open();
      ASSERT_TRUE(store.ok()) << store.status();
      const uint64_t held = CheckNumberedBatches(**store);
      ASSERT_GE(held, acknowledged);
      then = CommitUntilFailure(**store, held, held + random_() % 3);
      vfs_->Stop();
    }
    vfs_->CutPower(random_);
    OpenAndCheck(then, then);
  }
}

// Forgetting never costs a batch, whatever happens while it is under way.
TEST_P(SqliteFault, InForgetting) {
  int count = 1;
  for (bool fired = true; fired && !HasFailure(); ++count) {
    SCOPED_TRACE(count);
    StartAnew();
    {
      auto store = Open();
      ASSERT_TRUE(store.ok()) << store.status();
      ASSERT_EQ(CommitUntilFailure(**store, 0, kBefore), kBefore);
      vfs_->Arm(GetParam(), count);
      (*store)->DropSealed({0, 3}).IgnoreError();  // of these entries nothing was sealed
      (*store)->Scrub().IgnoreError();
      fired = vfs_->fired();
      if (count % 3 != 0) vfs_->Stop();
      if (count % 3 == 0) vfs_->Disarm();
    }
    if (count % 3 == 1) {
      vfs_->CutPower(random_);
    } else {
      vfs_->Disarm();
    }
    OpenAndCheck(kBefore, kBefore);
  }
  EXPECT_GT(count, 3);
}

TEST_P(SqliteFault, InOpening) {
  int count = 1;
  for (bool fired = true; fired && !HasFailure(); ++count) {
    SCOPED_TRACE(count);
    StartAnew();
    {
      auto store = Open();
      ASSERT_EQ(CommitUntilFailure(**store, 0, kBefore), kBefore);
      vfs_->Stop();
    }
    vfs_->Arm(GetParam(), count);
    Open().status().IgnoreError();
    fired = vfs_->fired();
    vfs_->Stop();
    if (count % 2 == 0) {
      vfs_->CutPower(random_);
    } else {
      vfs_->Disarm();
    }
    OpenAndCheck(kBefore, kBefore);
  }
}

TEST_P(SqliteFault, InCreating) {
  int count = 1;
  for (bool fired = true; fired && !HasFailure(); ++count) {
    SCOPED_TRACE(count);
    StartAnew();
    vfs_->Arm(GetParam(), count);
    Open().status().IgnoreError();
    fired = vfs_->fired();
    vfs_->Stop();
    if (count % 2 == 0) {
      vfs_->CutPower(random_);
    } else {
      vfs_->Disarm();
    }
    OpenAndCheck(0, 0);
  }
  EXPECT_GT(count, 3);
}

std::string NameOf(const testing::TestParamInfo<Fault>& fault) {
  constexpr const char* kNames[] = {"WriteError", "ShortWrite", "Full", "SyncError", "Stop"};
  return kNames[static_cast<int>(fault.param)];
}

INSTANTIATE_TEST_SUITE_P(Every, SqliteFault,
                         testing::Values(Fault::kWriteError, Fault::kShortWrite, Fault::kFull, Fault::kSyncError,
                                         Fault::kStop),
                         NameOf);

}  // namespace
}  // namespace sallyport::storage
