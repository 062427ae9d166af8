#include "engine/engine.h"

#include <thread>

#include "engine/engine_test_util.h"
#include "gmock/gmock.h"

namespace sallyport::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(Engine, BeginsTheLogWithGenesis) {
  TestEngine engine;
  engine.options.software_version = "1.2.3";
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  EXPECT_EQ(engine->snapshot()->log_size, 1u);
  const auto record = RecordAt(engine.store(), 0);
  EXPECT_EQ(record.system().action(), "genesis");
  EXPECT_EQ(record.actor(), "system");
  std::map<std::string, std::string> facts;
  for (const auto& fact : record.system().facts()) facts[fact.name()] = fact.value();
  EXPECT_EQ(facts["version"], "1.2.3");
  EXPECT_EQ(facts["origin"], "test.example/log");
  EXPECT_EQ(facts["clock"], "system");
  EXPECT_EQ(facts["vkey"], TestKeys("test.example/log").log_key->verifier().ToString());
}

TEST(Engine, RecordsStartAndStop) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  engine.Close();
  std::vector<std::string> actions;
  for (const storage::Entry& entry : engine.disk->entries) {
    record::v1::Record record;
    ASSERT_TRUE(record.ParseFromString(entry.leaf));
    actions.push_back(record.system().action());
  }
  EXPECT_THAT(actions, ElementsAre("genesis", "stopped", "started", "stopped"));
}

TEST(Engine, AnAnswerIsDurableSignedAndPublishedWhenItLeaves) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  for (int i = 0; i < 300; ++i) {  // over a tile's border
    size_t durable = 0;
    uint64_t published = 0;
    std::string checkpoint;
    std::promise<void> answered;
    Command command = MakeCommand("", Note(absl::StrCat(i)));
    command.done = [&](absl::StatusOr<std::string> answer) {
      EXPECT_EQ(*answer, absl::StrCat(i));
      durable = engine.disk->entries.size();
      published = engine->snapshot()->log_size;
      checkpoint = engine.disk->checkpoint;
      answered.set_value();
    };
    engine->Submit(std::move(command));
    answered.get_future().wait();
    ASSERT_EQ(durable, static_cast<size_t>(i) + 2);
    ASSERT_EQ(published, durable);
    const audit::VerifierKey key = engine->keys().log_key->verifier();
    const auto opened = audit::OpenCheckpoint(checkpoint, {&key, 1});
    ASSERT_EQ(opened.status(), absl::OkStatus());
    ASSERT_EQ(opened->checkpoint.size, durable);
  }
}

TEST(Engine, WhatWaitsIsCommittedTogether) {
  TestEngine engine;
  engine.options.batch_commands_max = 10;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  engine.memory().Hold();
  std::vector<std::future<absl::StatusOr<std::string>>> answers;
  answers.push_back(Submit(*engine, MakeCommand("", Note("first"))));
  engine.memory().Holding();
  for (int i = 0; i < 25; ++i) answers.push_back(Submit(*engine, MakeCommand("", Note(absl::StrCat(i)))));
  engine.memory().Release();
  for (auto& answer : answers) EXPECT_TRUE(answer.get().ok());
  EXPECT_THAT(engine.disk->batches, ElementsAre(1u, 1u, 10u, 10u, 5u));  // genesis, the first, then what had waited
}

TEST(Engine, CommandsKeepTheirOrder) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  std::vector<std::string> order;
  std::vector<std::future<absl::StatusOr<std::string>>> answers;
  for (int i = 0; i < 200; ++i) answers.push_back(Submit(*engine, MakeCommand("", Note(absl::StrCat(i)))));
  for (auto& answer : answers) answer.wait();
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(RecordAt(engine.store(), static_cast<uint64_t>(i) + 1).change().object(), absl::StrCat(i));
  }
}

TEST(Engine, AFailedCommandLeavesNothing) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  const auto failing = [](Transaction& transaction) -> absl::StatusOr<std::string> {
    transaction.state().facility.document_hash = "changed";
    facility::Site site;
    site.id = SiteId("hq");
    transaction.state().facility.sites.Put(site.id, site);
    transaction.Record(ChangeEvent{"half", "done", {}, {}, {}});
    return absl::FailedPreconditionError("no");
  };
  EXPECT_EQ(Do(*engine, failing).status(), absl::FailedPreconditionError("no"));
  EXPECT_EQ(engine->snapshot()->log_size, 1u);
  // Also within one batch, between two that succeed.
  engine.memory().Hold();
  auto blocker = Submit(*engine, MakeCommand("", Note("blocker")));
  engine.memory().Holding();
  auto before = Submit(*engine, MakeCommand("", Note("before")));
  auto failed = Submit(*engine, MakeCommand("r", failing));
  auto after = Submit(*engine, MakeCommand("", Note("after")));
  engine.memory().Release();
  EXPECT_TRUE(before.get().ok());
  EXPECT_FALSE(failed.get().ok());
  EXPECT_TRUE(after.get().ok());
  EXPECT_EQ(engine->snapshot()->log_size, 4u);
  EXPECT_EQ(RecordAt(engine.store(), 3).change().object(), "after");
  EXPECT_TRUE(engine.state().facility.sites.empty());
  EXPECT_TRUE(engine.state().facility.document_hash.empty());
  EXPECT_TRUE(engine.disk->answers.empty());
}

TEST(Engine, WhatIsNotRecordedHasNotHappened) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  const auto quiet = [](Transaction& transaction) -> absl::StatusOr<std::string> {
    transaction.state().facility.document_hash = "changed";
    return std::string("done");
  };
  EXPECT_TRUE(Do(*engine, quiet).ok());
  EXPECT_TRUE(Do(*engine, Note("something else")).ok());
  EXPECT_EQ(engine.state().facility.document_hash, "");
}

TEST(Engine, ARecordThatIsTooLargeFailsItsCommand) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  const absl::Status status = Do(*engine, Note(std::string(70'000, 'x'))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("65535"));
  const auto personal = [](Transaction& transaction) -> absl::StatusOr<std::string> {
    facility::Person person;
    person.id = PersonId("p1");
    transaction.Enrol(person);
    transaction.state().facility.people.Put(person.id, person);
    transaction.Record(ChangeEvent{"noted", "", person.id, {}, {{"note", std::string(70'000, 'x')}}});
    return std::string();
  };
  EXPECT_EQ(Do(*engine, personal).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(engine->snapshot()->log_size, 1u);
  EXPECT_TRUE(engine.state().facility.people.empty());
  EXPECT_TRUE(engine->healthy());
}

TEST(Engine, AFullQueueRefusesAtOnce) {
  TestEngine engine;
  engine.options.queue_commands_max = 4;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  engine.memory().Hold();
  std::vector<std::future<absl::StatusOr<std::string>>> accepted;
  accepted.push_back(Submit(*engine, MakeCommand("", Note("at work"))));
  engine.memory().Holding();
  for (int i = 0; i < 4; ++i) accepted.push_back(Submit(*engine, MakeCommand("", Note("waits"))));
  auto refused = Submit(*engine, MakeCommand("", Note("too many")));
  ASSERT_EQ(refused.wait_for(std::chrono::seconds(0)), std::future_status::ready);  // answered on this thread
  EXPECT_EQ(refused.get().status().code(), absl::StatusCode::kResourceExhausted);
  engine.memory().Release();
  for (auto& answer : accepted) EXPECT_TRUE(answer.get().ok());
  EXPECT_TRUE(Do(*engine, Note("again")).ok());
  EXPECT_EQ(engine->snapshot()->log_size, 7u);
}

TEST(Engine, TimeNeverGoesBack) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  const absl::Time start = engine.clock.Now();
  engine.clock.Advance(absl::Seconds(10));
  ASSERT_TRUE(Do(*engine, Note("later")).ok());
  engine.clock.Set(start - absl::Hours(1));  // somebody set the clock back
  ASSERT_TRUE(Do(*engine, Note("not earlier")).ok());
  EXPECT_EQ(engine->snapshot()->time, start + absl::Seconds(10));
  EXPECT_EQ(engine->now(), start + absl::Seconds(10));
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  EXPECT_EQ(engine->snapshot()->time, start + absl::Seconds(10));
}

TEST(Engine, ASnapshotNeverChanges) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  const auto put = [](std::string name) {
    return [name](Transaction& transaction) -> absl::StatusOr<std::string> {
      facility::Site site;
      site.id = SiteId("hq");
      site.name = name;
      transaction.state().facility.sites.Put(site.id, site);
      transaction.Record(ChangeEvent{"noted", name, {}, {}, {}});
      return name;
    };
  };
  ASSERT_TRUE(Do(*engine, put("old")).ok());
  const std::shared_ptr<const Snapshot> snapshot = engine->snapshot();
  const facility::Site* site = snapshot->state.facility.sites.Find(SiteId("hq"));
  const std::string checkpoint = snapshot->checkpoint;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Do(*engine, put(absl::StrCat("new ", i))).ok());
  EXPECT_EQ(snapshot->state.facility.sites.Find(SiteId("hq")), site);
  EXPECT_EQ(site->name, "old");
  EXPECT_EQ(snapshot->checkpoint, checkpoint);
  EXPECT_EQ(snapshot->log_size, 2u);
  EXPECT_EQ(engine.state().facility.sites.Find(SiteId("hq"))->name, "new 99");
}

TEST(Engine, ListenersHearOfEveryBatch) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  std::mutex mutex;
  std::vector<uint64_t> sizes;
  engine->OnCommit([&](const Snapshot& snapshot) {
    const std::lock_guard lock(mutex);
    sizes.push_back(snapshot.log_size);
  });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Do(*engine, Note("x")).ok());
  engine->Stop();
  EXPECT_THAT(sizes, SizeIs(3));
  for (size_t i = 0; i < sizes.size(); ++i) EXPECT_GE(sizes[i], i + 2);  // that batch or a later one
}

TEST(Engine, FinishesWhatItAcceptedWhenItStops) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  engine.memory().Hold();
  std::vector<std::future<absl::StatusOr<std::string>>> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(Submit(*engine, MakeCommand("", Note("x"))));
  engine.memory().Holding();
  std::thread stopping([&] { engine->Stop(); });
  std::future<absl::StatusOr<std::string>> late;
  do {  // until the engine takes nothing more
    late = Submit(*engine, MakeCommand("", Note("x")));
  } while (late.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready);
  EXPECT_EQ(late.get().status().code(), absl::StatusCode::kUnavailable);
  engine.memory().Release();
  stopping.join();
  for (auto& answer : answers) EXPECT_TRUE(answer.get().ok());
  engine->Stop();  // twice is as once
  EXPECT_EQ(RecordAt(engine.store(), engine.disk->entries.size() - 1).system().action(), "stopped");
}

// ---- a storage error

TEST(Engine, AfterAFailedCommitNothingIsGranted) {
  for (const bool written : {false, true}) {
    TestEngine engine;
    ASSERT_EQ(engine.Open(), absl::OkStatus());
    ASSERT_TRUE(Do(*engine, MakeCommand("acknowledged", Note("acknowledged"))).ok());
    engine.memory().FailCommits(written);
    EXPECT_EQ(Do(*engine, MakeCommand("in doubt", Note("in doubt"))).status().code(), absl::StatusCode::kUnavailable);
    EXPECT_FALSE(engine->healthy());
    EXPECT_EQ(Do(*engine, Note("later")).status().code(), absl::StatusCode::kUnavailable);
    // Repeats are refused too, until the log can be written again.
    EXPECT_FALSE(Do(*engine, MakeCommand("acknowledged", Note("acknowledged"))).ok());
    EXPECT_EQ(engine->snapshot()->log_size, 2u);  // readers see nothing of the batch

    ASSERT_EQ(engine.Open(), absl::OkStatus());  // reopened, the disk works
    EXPECT_TRUE(engine->healthy());
    EXPECT_EQ(RecordAt(engine.store(), 1).change().object(), "acknowledged");
    EXPECT_EQ(engine->snapshot()->log_size, written ? 4u : 3u);  // with "started"
    // The client asks again: whether the batch had reached the disk or not, there is one record.
    EXPECT_EQ(*Do(*engine, MakeCommand("in doubt", Note("in doubt"))), "in doubt");
    EXPECT_EQ(engine->snapshot()->log_size, 4u);
  }
}

TEST(Engine, EveryCommandOfAFailedBatchIsUnavailable) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  engine.memory().Hold();
  auto first = Submit(*engine, MakeCommand("", Note("first")));
  engine.memory().Holding();
  std::vector<std::future<absl::StatusOr<std::string>>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(Submit(*engine, MakeCommand(absl::StrCat(i), Note("x"))));
  engine.memory().FailCommits();
  engine.memory().Release();
  EXPECT_EQ(first.get().status().code(), absl::StatusCode::kUnavailable);
  for (auto& answer : answers) EXPECT_EQ(answer.get().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(engine.disk->entries, SizeIs(1));
}

}  // namespace
}  // namespace sallyport::engine
