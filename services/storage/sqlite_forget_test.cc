#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/sqlite_store.h"

// What was deleted is searched for in every file, as somebody who holds the disk would.
namespace sallyport::storage {
namespace {

constexpr char kMarker[] = "Marvin the Martian";

class SqliteForget : public testing::Test {
 protected:
  SqliteForget() {
    std::string pattern = testing::TempDir() + "forgetXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SqliteForget() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/log.db"; }
  size_t FilesWithMarker() const {
    size_t found = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string content((std::istreambuf_iterator<char>(in)), {});
      found += content.find(kMarker) == std::string::npos ? 0 : 1;
    }
    return found;
  }
  // Rows and answers in an order that makes SQLite split and join pages; every seventh names the person.
  static bool Names(uint64_t number) { return number % 7 == 3; }
  static std::string Text(uint64_t number) {
    return absl::StrCat(Names(number) ? kMarker : "somebody else", " ", std::string(number % 300, 'x'));
  }
  static void Fill(Store& store, std::mt19937& random) {
    std::vector<uint64_t> order(3000);
    for (uint64_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    Batch batch;
    for (uint64_t i = 0; i < order.size(); ++i) {
      batch.rows.push_back({"person", absl::StrCat(order[i]), Text(order[i])});
      batch.answers.push_back({.index = i, .time = absl::FromUnixSeconds(1'700'000'000), .bytes = Text(i)});
      if (i % 100 != 99) continue;
      ASSERT_TRUE(store.Commit(batch).ok());
      batch = {};
    }
  }
  static Batch Deleting(std::mt19937& random) {
    Batch batch;
    batch.forgotten = {kMarker};
    for (uint64_t i = 0; i < 3000; ++i) {
      if (Names(i)) batch.rows.push_back({"person", absl::StrCat(i), std::nullopt});
    }
    std::shuffle(batch.rows.begin(), batch.rows.end(), random);
    return batch;
  }

  std::string folder_;
};

TEST_F(SqliteForget, NoFileHoldsWhatWasDeletedAfterScrubbing) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    std::mt19937 random(seed);
    const auto store = SqliteStore::Open(path());
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_NO_FATAL_FAILURE(Fill(**store, random));
    ASSERT_TRUE((*store)->Commit(Deleting(random)).ok());
    EXPECT_GT(FilesWithMarker(), 0u);
    ASSERT_EQ((*store)->Scrub(), absl::OkStatus());
    EXPECT_EQ(FilesWithMarker(), 0u);
    EXPECT_EQ((*store)->ReadRows("person", "", 10'000)->size(), 3000u - 429u);
  }
}

// The reason for writing tables anew: SQLite's secure_delete alone leaves copies of rows that it moved.
TEST_F(SqliteForget, OverwritingAloneLeavesCopies) {
  size_t found = 0;
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    std::mt19937 random(seed);
    {
      const auto store = SqliteStore::Open(path());
      ASSERT_NO_FATAL_FAILURE(Fill(**store, random));
      ASSERT_TRUE((*store)->Commit(Deleting(random)).ok());
    }  // closing empties the write-ahead log
    found += FilesWithMarker();
  }
  EXPECT_GT(found, 0u) << "then Scrub does more than it must";
}

TEST_F(SqliteForget, AReaderElsewhereIsWaitedForLater) {
  const auto store = SqliteStore::Open(path());
  Batch batch;
  batch.rows = {{"person", "m", kMarker}};
  ASSERT_TRUE((*store)->Commit(batch).ok());
  auto other = Database::Open(path(), SQLITE_OPEN_READONLY, "");
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE((*other)->Execute("BEGIN; SELECT count(*) FROM state").ok());
  batch.rows = {{"person", "m", std::nullopt}};
  ASSERT_TRUE((*store)->Commit(batch).ok());
  EXPECT_EQ((*store)->Scrub().code(), absl::StatusCode::kUnavailable);
  EXPECT_GT(FilesWithMarker(), 0u);
  batch.rows = {{"person", "n", "goes on"}};
  EXPECT_EQ((*store)->Commit(batch), absl::OkStatus());
  ASSERT_TRUE((*other)->Execute("COMMIT").ok());
  EXPECT_EQ((*store)->Scrub(), absl::OkStatus());
  EXPECT_EQ(FilesWithMarker(), 0u);
}

TEST_F(SqliteForget, SealedBytesThatWereDroppedAreGone) {
  const auto store = SqliteStore::Open(path());
  Batch batch;
  for (uint64_t i = 0; i < 300; ++i) {
    Entry entry;
    entry.leaf = absl::StrCat("leaf ", i);
    entry.sealed = absl::StrCat(kMarker, std::string(i % 60 * 100, 's'));
    entry.time = absl::FromUnixSeconds(1'700'000'000);
    batch.entries.push_back(entry);
  }
  ASSERT_TRUE((*store)->Commit(batch).ok());
  std::vector<uint64_t> all(300);
  for (uint64_t i = 0; i < all.size(); ++i) all[i] = i;
  ASSERT_EQ((*store)->DropSealed(all), absl::OkStatus());
  ASSERT_EQ((*store)->Scrub(), absl::OkStatus());
  EXPECT_EQ(FilesWithMarker(), 0u);
  EXPECT_EQ((*store)->ReadEntry(299)->leaf, "leaf 299");
}

// Page splits of a large file, in the order in which keys come and go.
TEST_F(SqliteForget, DestroyedKeysAreGoneFromTheFiles) {
  std::mt19937 random(1);
  const auto store = SqliteStore::Open(path());
  const auto ref = [](uint64_t number) { return absl::StrCat((number * 7919) % 1'000'003, "-subject"); };
  for (uint64_t i = 0; i < 4000;) {
    Batch batch;
    for (const uint64_t end = i + 100; i < end; ++i) {
      batch.subject_keys.push_back({ref(i), absl::StrCat(Names(i) ? kMarker : "anybody's", " key ", 100'000 + i)});
    }
    ASSERT_EQ((*store)->Commit(batch), absl::OkStatus());
  }
  EXPECT_GT(FilesWithMarker(), 0u);
  Batch batch;
  for (uint64_t i = 0; i < 4000; ++i) {
    if (Names(i)) batch.subject_keys.push_back({ref(i), std::nullopt});
  }
  std::shuffle(batch.subject_keys.begin(), batch.subject_keys.end(), random);
  ASSERT_EQ((*store)->Commit(batch), absl::OkStatus());
  ASSERT_EQ((*store)->Scrub(), absl::OkStatus());
  EXPECT_EQ(FilesWithMarker(), 0u);
  size_t left = 0;
  ASSERT_EQ((*store)->ForEachSubjectKey([&](const SubjectKey& key) { left += key.wrapped.has_value() ? 1 : 0; }),
            absl::OkStatus());
  EXPECT_EQ(left, 4000 - batch.subject_keys.size());
}

TEST_F(SqliteForget, TheFileOfKeysIsOurs) {
  std::ofstream(path() + ".keys") << std::string(5000, 'x');
  EXPECT_EQ(SqliteStore::Open(path()).status().code(), absl::StatusCode::kDataLoss);
  std::filesystem::remove(path() + ".keys");
  ASSERT_TRUE(SqliteStore::Open(path()).ok());
  const auto swapped = SqliteStore::Open(folder_ + "/other.db", {.keys_path = path()});
  EXPECT_EQ(swapped.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(swapped.status().message().find("not a subject key file"), std::string::npos) << swapped.status();
}

TEST_F(SqliteForget, OnlyAWriterForgets) {
  ASSERT_TRUE(SqliteStore::Open(path()).ok());
  const auto reader = SqliteStore::Open(path(), {.read_only = true});
  EXPECT_EQ((*reader)->Scrub().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ((*reader)->DropSealed({1}).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sallyport::storage
