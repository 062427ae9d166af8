#include "sallyport/verify_database.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "audit/compact_range.h"
#include "audit/export_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/sqlite_store.h"

namespace sallyport::cli {
namespace {

using audit::Damage;
using audit::testing::LogKey;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/sallyport-verify-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/sallyport.db"; }

 private:
  std::string path_;
};

// Appends records up to `size`, in batches as an engine would.
void Append(storage::Store& store, audit::CompactRange& log, uint64_t size) {
  const audit::SigningKey key = LogKey();
  const audit::SigningKey* keys[] = {&key};
  while (log.size() < size) {
    storage::Batch batch;
    std::vector<audit::TileRoot> completed;
    for (uint64_t end = std::min(log.size() + 97, size); log.size() < end;) {
      std::string leaf = audit::testing::MakeRecord(log.size()).leaf;
      const audit::Hash hash = audit::LeafHash(leaf);
      batch.entries.push_back(
          {std::move(leaf), hash, "sealed", absl::FromUnixSeconds(static_cast<int64_t>(log.size())), {}});
      log.Append(hash, &completed);
    }
    for (const audit::TileRoot& root : completed) batch.nodes.push_back({root.level, root.index, root.hash});
    batch.checkpoint = audit::SignCheckpoint({key.name(), log.size(), log.Root(), {}}, keys).value();
    ASSERT_TRUE(store.Commit(batch).ok());
  }
}

void MakeDatabase(const std::string& path, uint64_t size) {
  auto store = storage::SqliteStore::Open(path);
  ASSERT_TRUE(store.ok()) << store.status();
  audit::CompactRange log;
  Append(**store, log, size);
}

void Execute(const std::string& path, const std::string& sql) {
  auto database = storage::Database::Open(path, SQLITE_OPEN_READWRITE, "");
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status status = (*database)->Execute(sql.c_str());
  ASSERT_TRUE(status.ok()) << status;
}

std::string FileContent(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

VerifyReport Verify(const std::string& path) {
  auto report = VerifyDatabase(path, {LogKey().verifier()});
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : VerifyReport();
}

std::string Describe(const VerifyReport& report) {
  std::string out = absl::StrCat(report.certain ? "certain" : "uncertain", "\n");
  for (const audit::Finding& finding : report.findings) absl::StrAppend(&out, finding.text, "\n");
  return out;
}

TEST(VerifyDatabaseTest, ALogOfAnySize) {
  for (const uint64_t size : {1, 97, 255, 256, 257, 700}) {
    const Folder folder;
    MakeDatabase(folder.file(), size);
    const VerifyReport report = Verify(folder.file());
    EXPECT_TRUE(report.verified()) << size << Describe(report);
    EXPECT_EQ(report.to, size);
    EXPECT_EQ(report.checkpoint.size, size);
  }
}

TEST(VerifyDatabaseTest, BesideAWriter) {
  const Folder folder;
  auto store = storage::SqliteStore::Open(folder.file());
  ASSERT_TRUE(store.ok());
  audit::CompactRange log;
  Append(**store, log, 300);
  EXPECT_TRUE(Verify(folder.file()).verified());
  Append(**store, log, 700);
  const VerifyReport report = Verify(folder.file());
  EXPECT_TRUE(report.verified()) << Describe(report);
  EXPECT_EQ(report.to, 700u);
}

struct Case {
  const char* name;
  std::string sql;
  Damage damage;
  std::optional<uint64_t> index;
  bool certain = true;
  size_t findings = 1;
  std::string words = "";

  friend std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }
};

class DatabaseDamageTest : public ::testing::TestWithParam<Case> {};

TEST_P(DatabaseDamageTest, IsNamed) {
  const Folder folder;
  MakeDatabase(folder.file(), 700);
  Execute(folder.file(), GetParam().sql);
  const VerifyReport report = Verify(folder.file());
  ASSERT_FALSE(report.verified());
  ASSERT_EQ(report.findings_total, GetParam().findings) << Describe(report);
  EXPECT_EQ(audit::DamageName(report.findings[0].damage), audit::DamageName(GetParam().damage)) << Describe(report);
  EXPECT_EQ(report.findings[0].index, GetParam().index) << Describe(report);
  EXPECT_EQ(report.certain, GetParam().certain) << Describe(report);
  EXPECT_THAT(report.findings[0].text, ::testing::HasSubstr(GetParam().words));
}

// A leaf with its hash, as somebody would forge it.
std::string Forged(uint64_t index) {
  const std::string leaf = audit::testing::MakeRecord(9999).leaf;
  return absl::StrCat("UPDATE log SET leaf = x'", absl::BytesToHexString(leaf), "', leaf_hash = x'",
                      audit::HashToHex(audit::LeafHash(leaf)), "' WHERE idx = ", index);
}

// Two records change places, with or without the hashes beside them.
std::string Swap(uint64_t a, uint64_t b, const std::string& columns) {
  return absl::StrCat("CREATE TEMP TABLE pair AS SELECT idx, leaf, leaf_hash FROM log WHERE idx IN (", a, ", ", b,
                      "); UPDATE log SET (", columns, ") = (SELECT ", columns, " FROM pair WHERE pair.idx = ", a, " + ",
                      b, " - log.idx) WHERE idx IN (", a, ", ", b, ")");
}

INSTANTIATE_TEST_SUITE_P(
    Each, DatabaseDamageTest,
    ::testing::Values(
        Case{"ChangedBit", "UPDATE log SET leaf = x'00' || substr(leaf, 2) WHERE idx = 301", Damage::kChanged, 301},
        Case{"ChangedFirst", "UPDATE log SET leaf = x'' WHERE idx = 0", Damage::kChanged, 0},
        Case{"ChangedLast", "UPDATE log SET leaf = leaf || x'00' WHERE idx = 699", Damage::kChanged, 699},
        Case{"ChangedTwo", "UPDATE log SET leaf = x'01' WHERE idx IN (5, 600)", Damage::kChanged, 5, true, 2},
        Case{"ChangedHash", "UPDATE log SET leaf_hash = zeroblob(32) WHERE idx = 17", Damage::kTile, 17, true, 1,
             "hash beside"},
        Case{"ShortHash", "UPDATE log SET leaf_hash = x'00' WHERE idx = 17", Damage::kChanged, 17},
        Case{"Removed", "DELETE FROM log WHERE idx = 301", Damage::kRemoved, 301},
        Case{"RemovedThree", "DELETE FROM log WHERE idx BETWEEN 100 AND 102", Damage::kRemoved, 100, true, 3},
        Case{"RemovedLast", "DELETE FROM log WHERE idx = 699", Damage::kRemoved, 699, false},
        Case{"SwappedBytes", Swap(20, 30, "leaf"), Damage::kReordered, 20, true, 2},
        Case{"SwappedWhole", Swap(20, 30, "leaf, leaf_hash"), Damage::kReordered, 20, true, 1, "record 30"},
        Case{"ForgedWithItsHash", Forged(300), Damage::kChanged, 256, true, 1, "records 256 to 511"},
        Case{"ForgedInTheLastTile", Forged(600), Damage::kRoot, std::nullopt, false},
        Case{"Inserted", "INSERT INTO log SELECT 700, time, terms, leaf_hash, leaf, sealed FROM log WHERE idx = 3",
             Damage::kInserted, 700},
        Case{"ChangedNode", "UPDATE node SET hash = zeroblob(32) WHERE idx = 1", Damage::kTile, 256, true, 1},
        Case{"RemovedNode", "DELETE FROM node WHERE idx = 1", Damage::kTile, std::nullopt, true, 1,
             "node 1 of level 1"},
        Case{"CutOff", "DELETE FROM log WHERE idx >= 690; UPDATE head SET size = 690", Damage::kManifest, std::nullopt,
             false, 11},
        Case{"Emptied", "DELETE FROM log", Damage::kRemoved, 0, false, 700},
        Case{"OtherCheckpoint", "UPDATE head SET checkpoint = replace(checkpoint, '700', '701')", Damage::kSignature,
             std::nullopt},
        Case{"NoCheckpoint", "UPDATE head SET checkpoint = x''", Damage::kSignature, std::nullopt}),
    [](const auto& test) { return test.param.name; });

TEST(VerifyDatabaseTest, BelievesOnlyTheLogsKey) {
  const Folder folder;
  MakeDatabase(folder.file(), 3);
  const auto report = VerifyDatabase(folder.file(), {audit::testing::RotatedLogKey().verifier()});
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->findings.size(), 1u);
  EXPECT_EQ(report->findings[0].damage, Damage::kSignature);
}

TEST(VerifyDatabaseTest, AFlippedByteOfTheFileNeverVerifiesAsAnotherLog) {
  // Most bytes of the file are records, hashes and pages; a flip is found, or it struck what no record depends on.
  const Folder folder;
  MakeDatabase(folder.file(), 40);
  const auto intact = FileContent(folder.file());
  const VerifyReport before = Verify(folder.file());
  size_t found = 0, tried = 0;
  for (size_t at = 0; at < intact.size(); at += 211, ++tried) {
    std::string damaged = intact;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    std::ofstream(folder.file(), std::ios::binary | std::ios::trunc) << damaged;
    const auto report = VerifyDatabase(folder.file(), {LogKey().verifier()});
    if (!report.ok() || !report->verified()) {
      ++found;
      continue;
    }
    ASSERT_EQ(report->checkpoint.root, before.checkpoint.root);
    ASSERT_EQ(report->to, 40u);
  }
  EXPECT_GT(found, tried / 10);
}

}  // namespace
}  // namespace sallyport::cli
