#include "engine/erasure.h"

#include <chrono>
#include <functional>
#include <thread>

#include "audit/compact_range.h"
#include "engine/directory_commands.h"
#include "engine/door_commands.h"
#include "engine/facility_test_util.h"
#include "engine/recorder.h"
#include "gmock/gmock.h"
#include "operators/directory.h"

namespace sallyport::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ErasureTest : public testing::TestWithParam<TestEngine::On> {
 protected:
  void SetUp() override {
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
    ASSERT_TRUE(Do(*engine_, ActivatePolicies(RealPolicies())).ok());
    ASSERT_TRUE(Do(*engine_, ApplyDocument(SmallCompany())).ok());
  }
  absl::StatusOr<std::string> Erase(const std::string& person = "bob", std::string request_id = "") {
    return Do(*engine_,
              MakeCommand(std::move(request_id), [person](Transaction& transaction) -> absl::StatusOr<std::string> {
                SP_ASSIGN_OR_RETURN(const Erased erased, EraseSubject(transaction, PersonId(person), 7));
                return erased.subject_ref;
              }));
  }
  std::string WhyNot(const std::string& person = "bob") { return ReasonOf(Erase(person).status()); }
  // Changes the state beside the commands, with a record, since what is not recorded has not happened.
  void Change(std::function<void(State&)> change) {
    ASSERT_TRUE(Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
                  change(transaction.state());
                  transaction.Record(SystemEvent{"changed", {}});
                  return std::string();
                }).ok());
  }
  void Go(const std::string& point, const std::string& card) {
    access::Presented presented;
    presented.access_point = AccessPointId(point);
    presented.credential = CredentialId(card);
    ASSERT_TRUE(Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
                  SP_RETURN_IF_ERROR(Authorize(transaction, presented).status());
                  SP_RETURN_IF_ERROR(RecordDeviceEvents(transaction, {{"opened", presented.access_point}}).status());
                  return std::string();
                }).ok());
  }
  bool WaitFinished(const std::string& subject_ref) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      const auto snapshot = engine_->snapshot();
      const Erasure* erasure = snapshot->state.erasures.Find(subject_ref);
      if (erasure != nullptr && erasure->finished) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }
  std::string SubjectOf(const std::string& person) {
    return engine_.state().facility.people.Find(PersonId(person))->subject_ref;
  }
  std::string DumpText() {
    std::string out;
    for (const auto& [key, value] : Dump(engine_.state())) absl::StrAppend(&out, key, "=", value, "\n");
    return out;
  }

  TestEngine engine_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Stores, ErasureTest, testing::Values(TestEngine::On::kMemory, TestEngine::On::kSqlite));

TEST_P(ErasureTest, NothingOfThemIsLeftInTheState) {
  Go("main-in", "card-bob");
  Go("main-out", "card-bob");
  Change([](State& state) {
    state.access.pin_failures.Put(PersonId("bob"), {2, absl::UnixEpoch()});
    state.access.pairs.Put(AccessPointId("lab-in"), {PersonId("bob"), absl::UnixEpoch()});
    facility::Person ada = *state.facility.people.Find(PersonId("ada"));
    ada.escort = PersonId("bob");
    state.facility.people.Put(ada.id, ada);
    alarms::Alarm alarm;
    alarm.id = AlarmId("alarm-1");
    alarm.person = PersonId("bob");
    alarm.facts = {{"detail", "Bob Boole again"}};
    alarm.notes = {{OperatorId("kim"), absl::UnixEpoch(), "he forgot"}};
    state.alarms.alarms.Put(alarm.id, alarm);
    alarm.id = AlarmId("alarm-2");
    alarm.person = PersonId("ada");
    alarm.notes[0].text = "with Bob Boole";
    state.alarms.alarms.Put(alarm.id, alarm);
  });
  EXPECT_THAT(DumpText(), HasSubstr("Bob Boole"));
  const std::string subject = SubjectOf("bob");
  const auto erased = Erase();
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(*erased, subject);
  for (int pass = 0; pass < 2; ++pass) {
    const std::string left = DumpText();
    for (const char* trace : {"bob", "Bob", "Boole", "H10301:47:102"}) EXPECT_THAT(left, Not(HasSubstr(trace))) << pass;
    EXPECT_TRUE(engine_.state().facility.people.Find(PersonId("ada"))->escort.empty());
    EXPECT_EQ(engine_.state().alarms.alarms.Find(AlarmId("alarm-1"))->person, PersonId("erased-" + subject));
    EXPECT_THAT(engine_.state().alarms.alarms.Find(AlarmId("alarm-2"))->notes, IsEmpty());
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
  }
}

TEST_P(ErasureTest, TheLogSaysSoByPseudonymAndStaysWhatItWas) {
  Go("main-in", "card-bob");
  Go("main-out", "card-bob");
  const uint64_t before = engine_->snapshot()->log_size;
  const auto root_before = Root(*engine_->snapshot());
  std::vector<std::string> leaves;
  for (uint64_t i = 0; i < before; ++i) leaves.push_back(engine_.store().ReadEntry(i)->leaf);
  const std::string subject = SubjectOf("bob");
  ASSERT_TRUE(Erase().ok());
  const record::v1::Record record = RecordAt(engine_.store(), before);
  EXPECT_EQ(record.change().action(), "person.erased");
  EXPECT_EQ(record.subject_ref(), subject);
  EXPECT_EQ(record.commitment(), "");
  EXPECT_EQ(record.change().facts(0).value(), "7");
  EXPECT_THAT(record.SerializeAsString(), Not(HasSubstr("bob")));
  EXPECT_EQ(engine_.state().erasures.Find(subject)->record, before);
  ASSERT_TRUE(WaitFinished(subject));
  audit::CompactRange log;
  for (uint64_t i = 0; i < before; ++i) {
    const auto entry = engine_.store().ReadEntry(i);
    EXPECT_EQ(entry->leaf, leaves[i]);
    EXPECT_EQ(entry->leaf_hash, audit::LeafHash(leaves[i]));
    log.Append(entry->leaf_hash, nullptr);
  }
  EXPECT_EQ(log.Root(), root_before);
}

TEST_P(ErasureTest, SealedBytesGoAndOnlyTheirs) {
  if (GetParam() == TestEngine::On::kMemory) GTEST_SKIP() << "entries are not found by term in memory";
  for (int i = 0; i < 150; ++i) {  // more than one step's worth
    Go("main-in", "card-bob");
    Go("main-out", "card-bob");
    if (i % 10 == 0) Go("main-in", "card-ada");
  }
  const std::string subject = SubjectOf("bob");
  ASSERT_TRUE(Erase().ok());
  ASSERT_TRUE(WaitFinished(subject));
  int theirs = 0;
  int others = 0;
  for (uint64_t i = 0; i < engine_->snapshot()->log_size; ++i) {
    const auto entry = engine_.store().ReadEntry(i);
    const record::v1::Record record = RecordAt(engine_.store(), i);
    if (record.subject_ref() == subject) {
      ++theirs;
      EXPECT_EQ(entry->sealed, "") << i;
    } else if (!record.commitment().empty()) {
      ++others;
      EXPECT_NE(entry->sealed, "") << i;
    }
  }
  EXPECT_GT(theirs, 600);
  EXPECT_GT(others, 15);
}

TEST_P(ErasureTest, KeptAnswersThatNameThemAreForgotten) {
  const auto answer_with = [&](const std::string& request_id, const std::string& text) {
    return Do(*engine_, MakeCommand(request_id, [text](Transaction& transaction) -> absl::StatusOr<std::string> {
      transaction.Record(SystemEvent{"answered", {}});
      return text;
    }));
  };
  const std::vector<std::pair<std::string, bool>> cases = {
      {std::string("\x0a\x03"
                   "bob\x12",
                   6),
       true},  // a field that is their id
      {std::string("\x0a\x04"
                   "bobo\x12",
                   7),
       false},  // somebody else's
      {"met Bob Boole", true},
      {std::string("\x0a\x08"
                   "card-bob",
                   10),
       true},
      {"granted", false},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    ASSERT_TRUE(answer_with(absl::StrCat("r", i), cases[i].first).ok());
  }
  ASSERT_TRUE(Erase("bob", "erase-1").ok());
  for (int pass = 0; pass < 2; ++pass) {
    for (size_t i = 0; i < cases.size(); ++i) {
      const auto again = answer_with(absl::StrCat("r", i), "must not run again");
      if (cases[i].second) {
        EXPECT_EQ(ReasonOf(again.status()), "ANSWER_ERASED") << i;
      } else {
        EXPECT_EQ(again.ok() ? *again : again.status().ToString(), cases[i].first) << i;
      }
    }
    EXPECT_TRUE(Erase("bob", "erase-1").ok()) << "a repeat gets the first answer";
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
  }
}

TEST_P(ErasureTest, WhatStandsAgainstItLeavesEverythingAsItWas) {
  EXPECT_EQ(WhyNot("nobody"), "PERSON_NOT_FOUND");
  Go("main-in", "card-bob");
  const std::string before = DumpText();
  EXPECT_EQ(WhyNot(), "PERSON_INSIDE");
  EXPECT_EQ(DumpText(), before);
  Go("main-out", "card-bob");

  Change([](State& state) {
    operators::Operator chief;
    chief.id = OperatorId("chief");
    chief.name = "Chief";
    chief.roles = {"administrator"};
    state.operators.operators.Put(chief.id, chief);
    operators::Operator same;
    same.id = OperatorId("bob");
    same.name = "Reception";
    state.operators.operators.Put(same.id, same);
    same.id = OperatorId("desk");
    same.name = "Bob Boole";
    state.operators.operators.Put(same.id, same);
    state.operators.tokens.Put(operators::TokenId("t-1"), {operators::TokenId("t-1"), same.id, "digest"});
  });
  EXPECT_EQ(WhyNot(), "OPERATOR_ACTIVE");
  Change([](State& state) {
    for (const char* id : {"bob", "desk"}) {
      operators::Operator suspended = *state.operators.operators.Find(OperatorId(id));
      suspended.status = operators::OperatorStatus::kSuspended;
      state.operators.operators.Put(suspended.id, suspended);
    }
  });

  access::PolicyFiles naming = RealPolicies();
  naming.files["bob.cedar"] = "@id(\"bob\")\nforbid(principal == Person::\"bob\", action, resource);\n";
  ASSERT_TRUE(Do(*engine_, ActivatePolicies(naming)).ok());
  EXPECT_EQ(WhyNot(), "POLICY_NAMES_PERSON");
  ASSERT_TRUE(Do(*engine_, ActivatePolicies(RealPolicies())).ok());
  EXPECT_EQ(engine_.state().policy_book->sets.size(), 2u);

  EXPECT_TRUE(Erase().ok());
  EXPECT_EQ(engine_.state().policy_book->sets.size(), 1u);
  EXPECT_EQ(engine_.state().policy_book->activated.size(), 2u);
  for (const char* id : {"bob", "desk"}) {
    EXPECT_EQ(engine_.state().operators.operators.Find(OperatorId(id)), nullptr) << id;
  }
  EXPECT_TRUE(engine_.state().operators.tokens.empty());
  EXPECT_EQ(WhyNot(), "PERSON_NOT_FOUND");
  ASSERT_EQ(engine_.Open(), absl::OkStatus());
  EXPECT_EQ(engine_.state().policy_book->sets.size(), 1u);
}

TEST_P(ErasureTest, AnotherPersonOfTheSameIdIsANewOne) {
  const std::string subject = SubjectOf("bob");
  ASSERT_TRUE(Erase().ok());
  facility::Person again;
  again.id = PersonId("bob");
  again.name = "Bob the Second";
  ASSERT_TRUE(Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
                SP_RETURN_IF_ERROR(CreatePerson(transaction, again, Secret()).status());
                return std::string();
              }).ok());
  EXPECT_NE(SubjectOf("bob"), subject);
  EXPECT_EQ(engine_.state().person_by_subject.Find(subject), nullptr);
  ASSERT_TRUE(Erase().ok());
  EXPECT_EQ(engine_.state().erasures.size(), 2u);
}

TEST_P(ErasureTest, OthersNameEachOtherByPseudonym) {
  facility::Person guest;
  guest.id = PersonId("guest");
  guest.name = "A Guest";
  guest.escort = PersonId("bob");
  ASSERT_TRUE(Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
                SP_RETURN_IF_ERROR(CreatePerson(transaction, guest, Secret()).status());
                return std::string();
              }).ok());
  const State state = engine_.state();
  const facility::Person& made = *state.facility.people.Find(guest.id);
  const uint64_t index = engine_->snapshot()->log_size - 1;
  const auto key = audit::UnwrapSubjectKey(engine_->keys().key_encryption_key, made.subject_ref, made.wrapped_key);
  const auto opened =
      audit::OpenPersonal(*key, PersonalAad(made.subject_ref, index), engine_.store().ReadEntry(index)->sealed);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_THAT(opened->plaintext, HasSubstr(SubjectOf("bob")));
  EXPECT_THAT(opened->plaintext, Not(HasSubstr("\x03"
                                               "bob")));
}

// Only one of database and key file comes from a backup.
TEST(ErasureBackupTest, AnOldDatabaseBringsNobodyBack) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  ASSERT_TRUE(Do(*engine, ApplyDocument(SmallCompany())).ok());
  const std::string subject = engine.state().facility.people.Find(PersonId("bob"))->subject_ref;
  engine.Close();
  const MemoryStore::Disk backup = *engine.disk;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  ASSERT_TRUE(Do(*engine, [](Transaction& transaction) -> absl::StatusOr<std::string> {
                SP_RETURN_IF_ERROR(EraseSubject(transaction, PersonId("bob"), 1).status());
                return std::string();
              }).ok());
  engine.Close();
  const auto keys = engine.disk->subject_keys;
  EXPECT_FALSE(keys.at(subject).has_value());

  *engine.disk = backup;
  engine.disk->subject_keys = keys;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  EXPECT_FALSE(engine.state().facility.people.Contains(PersonId("bob")));
  EXPECT_TRUE(engine.state().facility.people.Contains(PersonId("ada")));
  EXPECT_TRUE(engine.state().erasures.Contains(subject));
  const record::v1::Record last = RecordAt(engine.store(), engine->snapshot()->log_size - 1);
  EXPECT_EQ(last.change().action(), "person.erased");
  EXPECT_EQ(last.subject_ref(), subject);
}

TEST(ErasureBackupTest, AnOldKeyFileBringsNobodyBack) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  ASSERT_TRUE(Do(*engine, ApplyDocument(SmallCompany())).ok());
  const auto old_keys = engine.disk->subject_keys;
  ASSERT_TRUE(Do(*engine, [](Transaction& transaction) -> absl::StatusOr<std::string> {
                SP_RETURN_IF_ERROR(EraseSubject(transaction, PersonId("bob"), 1).status());
                return std::string();
              }).ok());
  engine.Close();
  engine.disk->subject_keys = old_keys;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  engine.Close();
  size_t left = 0;
  for (const auto& [subject, key] : engine.disk->subject_keys) left += key.has_value() ? 1 : 0;
  EXPECT_EQ(left, 1u);
}

TEST(ErasureBackupTest, AMissingKeyFileIsRefused) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  ASSERT_TRUE(Do(*engine, ApplyDocument(SmallCompany())).ok());
  engine.Close();
  engine.disk->subject_keys.clear();
  const absl::Status refused = engine.Open();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("no key for 2 of 2 people"));
}

// The daemon is killed between the commit and the end of the work on the files.
TEST(ErasureRestartTest, GoesOnAfterARestart) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  ASSERT_TRUE(Do(*engine, ApplyDocument(SmallCompany())).ok());
  engine.Close();
  const std::string subject(32, 'e');
  Erasure begun;
  begun.record = 1;
  State with;
  with.erasures.Put(subject, begun);
  for (const storage::Row& row : DiffRows(State(), with)) engine.disk->rows[{row.table, row.key}] = *row.value;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!engine.state().erasures.Find(subject)->finished && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_TRUE(engine.state().erasures.Find(subject)->finished);
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  EXPECT_TRUE(engine.state().erasures.Find(subject)->finished);
}

}  // namespace
}  // namespace sallyport::engine
