#include <sqlite3.h>

#include "engine/door_commands.h"
#include "engine/facility_test_util.h"
#include "gmock/gmock.h"

// What a restart finds, and what it refuses to go on with.
namespace sallyport::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Recovery : public testing::TestWithParam<TestEngine::On> {
 protected:
  void SetUp() override {
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
    ASSERT_TRUE(Do(*engine_, ActivatePolicies(RealPolicies())).ok());
    ASSERT_TRUE(Do(*engine_, ApplyDocument(SmallCompany())).ok());
  }
  std::string Read(const std::string& point, const std::string& card) {
    access::Presented presented;
    presented.access_point = AccessPointId(point);
    presented.credential = CredentialId(card);
    const auto answer = Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_ASSIGN_OR_RETURN(const Authorized authorized, Authorize(transaction, presented));
      return authorized.decision.event.reason;
    });
    return answer.ok() ? *answer : answer.status().ToString();
  }
  void Report(const std::string& kind, const std::string& point) {
    const auto answer = Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_RETURN_IF_ERROR(RecordDeviceEvents(transaction, {{kind, AccessPointId(point)}}).status());
      return std::string();
    });
    ASSERT_TRUE(answer.ok()) << answer.status();
  }

  TestEngine engine_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Stores, Recovery, testing::Values(TestEngine::On::kMemory, TestEngine::On::kSqlite));

TEST_P(Recovery, TheStateIsWhatItWas) {
  EXPECT_EQ(Read("main-in", "card-ada"), "GRANTED");
  Report("opened", "main-in");
  EXPECT_EQ(Read("main-in", "card-bob"), "GRANTED");  // granted, and the door has not opened yet
  Report("forced", "lab-in");
  const auto before = Dump(engine_.state());
  const auto old = engine_->snapshot();
  ASSERT_EQ(engine_.Open(), absl::OkStatus());
  EXPECT_THAT(Differences(Dump(engine_.state()), before), IsEmpty());
  EXPECT_EQ(engine_->snapshot()->policies->hash(), old->policies->hash());
  // It goes on as it would have: the door opens for Bob, and Ada is in already.
  Report("opened", "main-in");
  EXPECT_NE(engine_.state().access.presence.Find(PersonId("bob")), nullptr);
  EXPECT_EQ(Read("lab-in", "card-ada"), "GRANTED");
  EXPECT_EQ(Read("lab-in", "card-bob"), "NO_ACCESS_LEVEL");
}

TEST_P(Recovery, AGrantThatWasUsedStaysUsed) {
  EXPECT_EQ(Read("main-in", "card-ada"), "GRANTED");
  Report("opened", "main-in");
  const auto grants = [&] { return engine_.state().access.recent.Find(AccessPointId("main-in"))->grants; };
  ASSERT_TRUE(grants().back().passed);
  ASSERT_EQ(engine_.Open(), absl::OkStatus());
  EXPECT_TRUE(grants().back().passed);
}

TEST_P(Recovery, ManyTimes) {
  for (int i = 0; i < 10; ++i) {
    const auto answer = Do(*engine_, Note(absl::StrCat(i)));
    ASSERT_TRUE(answer.ok());
    const auto before = Dump(engine_.state());
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
    ASSERT_THAT(Differences(Dump(engine_.state()), before), IsEmpty());
  }
}

TEST_P(Recovery, RefusesAnotherLog) {
  engine_.options.origin = "other.example/log";
  const absl::Status status = engine_.Open();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("test.example/log"));
  engine_.options.origin = "test.example/log";
  EXPECT_EQ(engine_.Open(), absl::OkStatus());
}

TEST_P(Recovery, RefusesAnotherClock) {
  engine_.options.clock_from_requests = true;
  EXPECT_EQ(engine_.Open().code(), absl::StatusCode::kFailedPrecondition);
  engine_.options.clock_from_requests = false;
  EXPECT_EQ(engine_.Open(), absl::OkStatus());
}

TEST_P(Recovery, RefusesACheckpointOfAnotherKey) {
  engine_.key_seed = 8;
  EXPECT_EQ(engine_.Open().code(), absl::StatusCode::kDataLoss);
  engine_.key_seed = 7;
  EXPECT_EQ(engine_.Open(), absl::OkStatus());
}

TEST_P(Recovery, RefusesAnotherDataKey) {
  engine_.data_key_seed = 8;
  const absl::Status status = engine_.Open();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("data key"));
  engine_.data_key_seed = 7;
  EXPECT_EQ(engine_.Open(), absl::OkStatus());
}

// ---- a store that somebody changed

struct Tampering {
  const char* name;
  void (*change)(MemoryStore::Disk& disk);
};

class TamperedMemory : public testing::TestWithParam<Tampering> {};

TEST_P(TamperedMemory, IsRefused) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  ASSERT_TRUE(Do(*engine, ActivatePolicies(RealPolicies())).ok());
  ASSERT_TRUE(Do(*engine, ApplyDocument(SmallCompany())).ok());
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(Do(*engine, Note(absl::StrCat(i))).ok());
  engine.Close();
  GetParam().change(*engine.disk);
  EXPECT_EQ(engine.Open().code(), absl::StatusCode::kDataLoss);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, TamperedMemory,
    testing::Values(Tampering{"LastLeafHash", [](MemoryStore::Disk& disk) { disk.entries.back().leaf_hash[3] ^= 1; }},
                    Tampering{"TileRoot", [](MemoryStore::Disk& disk) { disk.nodes.begin()->second[0] ^= 1; }},
                    Tampering{"RecordRemoved", [](MemoryStore::Disk& disk) { disk.entries.pop_back(); }},
                    Tampering{"RecordAdded",
                              [](MemoryStore::Disk& disk) { disk.entries.push_back(disk.entries.back()); }},
                    Tampering{"RecordsSwapped",
                              [](MemoryStore::Disk& disk) {
                                std::swap(disk.entries.back(), disk.entries[disk.entries.size() - 2]);
                              }},
                    Tampering{"CheckpointChanged",
                              [](MemoryStore::Disk& disk) {
                                disk.checkpoint[disk.checkpoint.find('\n') + 1] ^= 1;  // the size
                              }},
                    Tampering{"CheckpointGone", [](MemoryStore::Disk& disk) { disk.checkpoint.clear(); }},
                    Tampering{"PersonUnreadable",
                              [](MemoryStore::Disk& disk) {
                                disk.rows[{"person", "ada"}] = std::string("\x01\x7f", 2);
                              }},
                    Tampering{"ActivePolicySetGone",
                              [](MemoryStore::Disk& disk) {
                                std::erase_if(disk.rows,
                                              [](const auto& row) { return row.first.first == "policy_set"; });
                              }}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(TamperedSqlite, IsRefused) {
  TestEngine engine(TestEngine::On::kSqlite);
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Do(*engine, Note(absl::StrCat(i))).ok());
  engine.Close();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(engine.database().c_str(), &database), SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(database, "UPDATE log SET leaf_hash = zeroblob(32) WHERE idx = 11", nullptr, nullptr, &error),
            SQLITE_OK)
      << error;
  EXPECT_EQ(sqlite3_changes(database), 1);
  sqlite3_close(database);
  EXPECT_EQ(engine.Open().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace sallyport::engine
