#include <random>

#include "absl/strings/escaping.h"
#include "access/replay.h"
#include "audit/sealer.h"
#include "engine/directory_commands.h"
#include "engine/door_commands.h"
#include "engine/facility_test_util.h"
#include "engine/recorder.h"
#include "gmock/gmock.h"

// With the clock from the requests, the same input gives the same log: however the requests fall into batches, wherever
// the program was stopped in between, and whatever was sent twice.
namespace sallyport::engine {
namespace {

using ::testing::IsEmpty;

constexpr int kCommands = 400;

// One request of a made-up day, built anew each time that it is sent.
class Day {
 public:
  explicit Day(uint32_t seed) : seed_(seed) {}

  Command At(int i) const {
    std::mt19937 random(seed_ * 100'003 + static_cast<uint32_t>(i));
    Command command = MakeCommand(absl::StrCat("r", i), Pick(random, i), absl::StrCat("f", i));
    // Mostly forwards; some clocks are behind, some far ahead, some requests have no time.
    absl::Duration offset = absl::Seconds(7 * i) + absl::Seconds(static_cast<int>(random() % 20) - 10);
    if (random() % 50 == 0) offset += absl::Minutes(5);
    command.request_time = absl::FromUnixSeconds(1'460'000'000) + offset;
    if (random() % 10 == 0) command.request_time = absl::InfinitePast();
    return command;
  }

 private:
  template <class T>
  static T OneOf(std::mt19937& random, std::initializer_list<T> values) {
    return *(values.begin() + random() % values.size());
  }
  static std::string Point(std::mt19937& random) {
    return OneOf<const char*>(random, {"main-in", "main-out", "lab-in", "lab-out", "interview-in", "nowhere"});
  }

  static Apply Pick(std::mt19937& random, int i) {
    if (i == 0) return ActivatePolicies(RealPolicies());
    if (i == 1) return ApplyDocument(SmallCompany());
    const uint32_t kind = random() % 100;
    if (kind < 55) return Read(random);
    if (kind < 70) return Report(random);
    if (kind < 78) return NewPerson(random, i);
    if (kind < 84) return NewCard(random);
    if (kind < 88) return Visit(random);
    if (kind < 92) return DoorMode(random);
    if (kind < 94) return ApplyDocument(SmallCompany());
    if (kind < 97) return DrawsAndFails();
    return Note(absl::StrCat("note ", i));
  }

  static Apply Read(std::mt19937& random) {
    access::Presented presented;
    presented.access_point = AccessPointId(Point(random));
    if (random() % 8 == 0) {
      presented.credential = access::CardBits{std::string("\x2f\x62\x3a\xc0", 4), 26};
    } else {
      presented.credential = CredentialId(OneOf<const char*>(random, {"card-ada", "card-bob", "card-nobody"}));
    }
    if (random() % 6 == 0) presented.pin = Secret("1234");
    return [presented](Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_ASSIGN_OR_RETURN(const Authorized authorized, Authorize(transaction, presented));
      return absl::StrCat(authorized.decision.event.reason, " ", authorized.receipt.index);
    };
  }
  static Apply Report(std::mt19937& random) {
    DeviceEvent event;
    event.kind = OneOf<const char*>(random, {"opened", "opened", "opened", "closed", "forced", "held_open"});
    event.access_point = AccessPointId(Point(random));
    return [event](Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_RETURN_IF_ERROR(RecordDeviceEvents(transaction, {event, event}).status());
      return std::string("reported");
    };
  }
  static Apply NewPerson(std::mt19937& random, int i) {
    facility::Person person;
    if (random() % 2 == 0) person.id = PersonId(absl::StrCat("p", random() % 30));
    person.name = absl::StrCat("Person ", i);
    person.levels = {{AccessLevelId("lobby")}};
    return [person](Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_ASSIGN_OR_RETURN(const facility::Person created, CreatePerson(transaction, person, Secret("4711")));
      return created.id.value() + created.subject_ref;
    };
  }
  static Apply NewCard(std::mt19937& random) {
    facility::Credential credential;
    credential.person = PersonId(OneOf<const char*>(random, {"ada", "bob", "p1", "p2"}));
    credential.card = {"H10301", 47, 1000 + random() % 50, ""};
    return [credential](Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_ASSIGN_OR_RETURN(const facility::Credential issued, IssueCredential(transaction, credential));
      return issued.id.value();
    };
  }
  static Apply Visit(std::mt19937& random) {
    const auto host = PersonId(OneOf<const char*>(random, {"ada", "bob"}));
    return [host](Transaction& transaction) -> absl::StatusOr<std::string> {
      quarantine::CreateVisitRequest wanted;
      wanted.area = AreaId("interview");
      wanted.host = host;
      wanted.start = transaction.now() + absl::Hours(1);
      wanted.end = transaction.now() + absl::Hours(2);
      wanted.participants = {{PersonId("p1")}};
      SP_ASSIGN_OR_RETURN(const VisitId id, RunStep(transaction, [&](const auto& context, auto& state) {
                            return quarantine::CreateVisit(context, state, wanted);
                          }));
      return id.value();
    };
  }
  static Apply DoorMode(std::mt19937& random) {
    const auto mode = static_cast<facility::DoorMode>(random() % 3);
    const AccessPointId point(Point(random));
    return [mode, point](Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_RETURN_IF_ERROR(SetDoorMode(transaction, point, mode).status());
      return std::string("set");
    };
  }
  static Apply DrawsAndFails() {
    return [](Transaction& transaction) -> absl::StatusOr<std::string> {
      transaction.NewId();
      transaction.Record(ChangeEvent{"half", "done", {}, {}, {}});
      return absl::FailedPreconditionError("no");
    };
  }

  const uint32_t seed_;
};

struct Outcome {
  std::array<uint8_t, 32> root{};
  std::map<std::string, std::string> state;
  std::vector<std::string> answers;
};

struct Disturbance {
  bool batches = false;   // of any size
  bool restarts = false;  // now and then
  bool repeats = false;   // requests are sent again, also those of long ago
};

std::string Text(const absl::StatusOr<std::string>& answer) {
  if (answer.ok()) return *answer;
  return absl::StrCat(absl::StatusCodeToString(answer.status().code()), ": ", answer.status().message());
}

Outcome Live(const Day& day, TestEngine::On on, Disturbance disturbance, uint32_t seed) {
  std::mt19937 random(seed);
  TestEngine engine(on);
  engine.options.clock_from_requests = true;
  engine.options.seed = 99;
  Outcome out;
  out.answers.resize(kCommands);
  EXPECT_EQ(engine.Open(), absl::OkStatus());
  for (int i = 0; i < kCommands;) {
    const int together = disturbance.batches ? 1 + static_cast<int>(random() % 40) : 1;
    std::vector<std::pair<int, std::future<absl::StatusOr<std::string>>>> sent;
    for (int end = std::min(kCommands, i + together); i < end; ++i) {
      sent.emplace_back(i, Submit(*engine, day.At(i)));
      if (disturbance.repeats && random() % 5 == 0) {
        const int again = static_cast<int>(random() % static_cast<uint32_t>(i + 1));
        // A refused request would be a new one.
        if (again == i || out.answers[static_cast<size_t>(again)].find(": ") == std::string::npos) {
          sent.emplace_back(again, Submit(*engine, day.At(again)));
        }
      }
    }
    for (auto& [at, answer] : sent) {
      const std::string text = Text(answer.get());
      std::string& first = out.answers[static_cast<size_t>(at)];
      if (first.empty()) first = text;
      EXPECT_EQ(first, text) << "request " << at;
    }
    if (disturbance.restarts && random() % 10 == 0) {
      EXPECT_EQ(engine.Open(), absl::OkStatus());
    }
  }
  out.root = Root(*engine->snapshot());
  out.state = Dump(engine.state());
  return out;
}

// The day from its first to its last request, one at a time, in an engine that is opened for it.
void Relive(const Day& day, TestEngine& engine) {
  engine.options.clock_from_requests = true;
  engine.options.seed = 99;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  for (int i = 0; i < kCommands; ++i) Submit(*engine, day.At(i)).wait();
}

class Simulation : public testing::TestWithParam<uint32_t> {};

INSTANTIATE_TEST_SUITE_P(Seeds, Simulation, testing::Range(1u, 6u));

TEST_P(Simulation, TheSameInputGivesTheSameLog) {
  const Day day(GetParam());
  const Outcome plain = Live(day, TestEngine::On::kMemory, {}, 1);
  std::map<std::string, int> kinds;  // the day is worth the name
  for (const std::string& answer : plain.answers) ++kinds[answer.substr(0, answer.find_first_of(" :"))];
  EXPECT_GT(kinds["GRANTED"], 10);
  EXPECT_GT(kinds["UNKNOWN_CREDENTIAL"], 10);
  EXPECT_GT(kinds["reported"], 10);
  EXPECT_GT(kinds["NOT_FOUND"], 5);

  const Disturbance all = {.batches = true, .restarts = true, .repeats = true};
  const std::pair<TestEngine::On, Disturbance> others[] = {{TestEngine::On::kMemory, {}},
                                                           {TestEngine::On::kMemory, {.batches = true}},
                                                           {TestEngine::On::kMemory, {.restarts = true}},
                                                           {TestEngine::On::kMemory, {.repeats = true}},
                                                           {TestEngine::On::kMemory, all},
                                                           {TestEngine::On::kSqlite, all}};
  uint32_t seed = 100 * GetParam();
  for (const auto& [on, disturbance] : others) {
    const Outcome other = Live(day, on, disturbance, ++seed);
    EXPECT_EQ(other.root, plain.root) << "seed " << seed;
    EXPECT_EQ(other.answers, plain.answers) << "seed " << seed;
    EXPECT_THAT(Differences(other.state, plain.state), IsEmpty()) << "seed " << seed;
  }
}

// The personal fields of a record, opened with the person's key.
record::v1::Personal PersonalOf(TestEngine& engine, uint64_t index) {
  record::v1::Personal personal;
  const storage::Entry entry = *engine.store().ReadEntry(index);
  const std::string subject = RecordAt(engine.store(), index).subject_ref();
  const State state = engine.state();
  const PersonId* person = state.person_by_subject.Find(subject);
  if (person == nullptr || entry.sealed.empty()) return personal;
  const Keys keys = TestKeys(engine.options.origin);
  const auto key =
      audit::UnwrapSubjectKey(keys.key_encryption_key, subject, state.facility.people.Find(*person)->wrapped_key);
  const auto opened = audit::OpenPersonal(*key, PersonalAad(subject, index), entry.sealed);
  EXPECT_TRUE(opened.ok() && personal.ParseFromString(opened->plaintext)) << index;
  return personal;
}

TEST_P(Simulation, EveryDecisionOfTheLogCanBeDecidedAgain) {
  TestEngine engine;
  Relive(Day(GetParam()), engine);
  access::Replayer replayer(*access::CheckedPolicies::Check(RealPolicies()));
  int replayed = 0;
  int without_facts = 0;
  for (uint64_t index = 0; index < engine->snapshot()->log_size; ++index) {
    const record::v1::Record record = RecordAt(engine.store(), index);
    if (!record.has_decision()) continue;
    EXPECT_EQ(absl::BytesToHexString(record.decision().policy_set_hash()), RealPolicies().Hash());
    const std::string facts = PersonalOf(engine, index).facts_json();
    ++(facts.empty() ? without_facts : replayed);
    if (facts.empty()) continue;
    const auto recorded = access::RecordedDecision::Read(facts);
    ASSERT_TRUE(recorded.ok()) << recorded.status();
    const auto again = replayer.Decide(*recorded);
    ASSERT_TRUE(again.ok()) << again.status();
    const record::v1::Decision& decision = record.decision();
    EXPECT_EQ(again->grant, decision.outcome() == record::v1::OUTCOME_GRANT) << index;
    EXPECT_EQ(again->reason, decision.reason_code()) << index;
    EXPECT_THAT(again->also, testing::ElementsAreArray(decision.also())) << index;
    EXPECT_THAT(again->policies, testing::ElementsAreArray(decision.policies())) << index;
  }
  EXPECT_GT(replayed, 50);
  EXPECT_GT(without_facts, 10);
}

TEST(SimulationSeed, ChangesTheLog) {
  const auto root = [](uint64_t seed) {
    TestEngine engine;
    engine.options.clock_from_requests = true;
    engine.options.seed = seed;
    EXPECT_EQ(engine.Open(), absl::OkStatus());
    EXPECT_TRUE(Do(*engine, ApplyDocument(SmallCompany())).ok());
    return Root(*engine->snapshot());
  };
  EXPECT_EQ(root(1), root(1));
  EXPECT_NE(root(1), root(2));
}

TEST(SimulationLog, SaysThatItIsOne) {
  TestEngine engine;
  engine.options.clock_from_requests = true;
  engine.options.seed = 5;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  ASSERT_EQ(engine.Open(), absl::OkStatus());  // neither start nor stop is recorded: they are not in the input
  ASSERT_EQ(engine->snapshot()->log_size, 1u);
  const auto facts = RecordAt(engine.store(), 0).system().facts();
  EXPECT_THAT(facts, testing::Contains(testing::Property(&record::v1::Fact::value, "from-requests")));
  EXPECT_THAT(facts, testing::Contains(testing::Property(&record::v1::Fact::value, "seed 5")));
}

}  // namespace
}  // namespace sallyport::engine
