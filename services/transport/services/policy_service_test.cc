#include "absl/strings/str_join.h"
#include "engine/door_commands.h"
#include "gmock/gmock.h"
#include "sallyport/policy/v1/policy.pb.h"
#include "transport/services/services_test_util.h"

// Policy sets by the API: tested, replayed over the log, explained.
namespace sallyport::transport {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

namespace pb = record::v1;

constexpr char kLabClosed[] =
    "@id(\"lab-closed\") @reason(\"THREAT_LEVEL\") @priority(\"100\") @advice(\"Not today.\")\n"
    "forbid (principal is Person, action == Action::\"enter\", resource in Area::\"lab\");";

class PolicyServiceTest : public Services {
 protected:
  static policy::v1::PolicySet SetOf(const std::string& more) {
    policy::v1::PolicySet set;
    for (const auto& [name, text] : engine::RealPolicies().files) (*set.mutable_files())[name] = text;
    if (!more.empty()) (*set.mutable_files())["more.cedar"] = more;
    return set;
  }
  absl::StatusOr<std::string> Propose(const std::string& request_id, const std::string& more) {
    policy::v1::ProposePolicySetRequest request;
    request.set_request_id(request_id);
    *request.mutable_policy_set() = SetOf(more);
    const auto answer = Call<policy::v1::ProposePolicySetResponse>("policy.v1.PolicyService/ProposePolicySet", request);
    if (!answer.ok()) return answer.status();
    return answer->hash();
  }
  absl::Status Activate(const std::string& request_id, const std::string& hash) {
    policy::v1::ActivatePolicySetRequest request;
    request.set_request_id(request_id);
    request.set_hash(hash);
    return Call<policy::v1::ActivatePolicySetResponse>("policy.v1.PolicyService/ActivatePolicySet", request).status();
  }

  // A replay's changes, in short; the counts are in `progress_`.
  std::vector<std::string> Replay(const policy::v1::ReplayHistoryRequest& request, absl::Status* status = nullptr) {
    TestStream stream;
    Open("policy.v1.PolicyService/ReplayHistory", request, stream);
    std::vector<std::string> out;
    while (const auto message = stream.Next<policy::v1::ReplayHistoryResponse>()) {
      if (message->has_progress()) {
        progress_ = message->progress();
        continue;
      }
      out.push_back(absl::StrCat(message->record_index(), " ", message->access_point_id(), " ",
                                 message->reason_code_before(), " ", message->reason_code_after(), " ",
                                 absl::StrJoin(message->policies_before(), ","), " ",
                                 absl::StrJoin(message->policies(), ",")));
    }
    const absl::Status end = stream.Status();
    if (status != nullptr) *status = end;
    EXPECT_TRUE(status != nullptr || end.ok()) << end;
    return out;
  }
  std::vector<std::string> ReplayUnder(const std::string& more) {
    policy::v1::ReplayHistoryRequest request;
    *request.mutable_policy_set() = SetOf(more);
    return Replay(request);
  }
  absl::StatusOr<access::v1::ExplainResponse> ExplainRecord(uint64_t index) {
    access::v1::ExplainRequest request;
    request.set_record_index(index);
    return Call<access::v1::ExplainResponse>("access.v1.AccessService/Explain", request);
  }
  // Whom the last record is about.
  std::string LastSubject() {
    const PersonId* person = engine_->snapshot()->state.person_by_subject.Find(LastRecord().subject_ref());
    return person == nullptr ? "" : person->value();
  }
  void Forget(const std::string& person) {  // as an erasure does
    ASSERT_TRUE(engine::Do(*engine_, [&](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
                  facility::Person changed = *transaction.state().facility.people.Find(PersonId(person));
                  changed.wrapped_key.clear();
                  transaction.state().facility.people.Put(changed.id, changed);
                  transaction.Record(ChangeEvent{"forgotten", "", {}, {}, {}});
                  return std::string();
                }).ok());
  }

  policy::v1::ReplayProgress progress_;
};

TEST_F(PolicyServiceTest, RunsTestCases) {
  policy::v1::TestPolicySetRequest request;
  *request.mutable_policy_set() = SetOf("");
  (*request.mutable_test_files())["w.world.yaml"] =
      "entities:\n  Operator::\"ann\": { in: ['Role::\"auditor\"'], kind: person }\n  System::\"sallyport\": {}\n";
  (*request.mutable_test_files())["t.yaml"] =
      "world: w.world.yaml\ncases:\n"
      "  - name: auditors read\n    principal: Operator::\"ann\"\n"
      "    action: sallyport.audit.v1.AuditService/GetRecord\n    resource: System::\"sallyport\"\n"
      "    expect: { decision: allow, policies: [auditor] }\n"
      "  - name: auditors write\n    principal: Operator::\"ann\"\n"
      "    action: sallyport.directory.v1.DirectoryService/CreatePerson\n    resource: System::\"sallyport\"\n"
      "    expect: { decision: allow }\n";
  const auto test = [&] {
    return Call<policy::v1::TestPolicySetResponse>("policy.v1.PolicyService/TestPolicySet", request);
  };
  const uint64_t size = log_size();
  const auto answer = test();
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->results_size(), 2);
  EXPECT_TRUE(answer->results(0).passed());
  EXPECT_EQ(answer->results(1).name(), "auditors write");
  EXPECT_EQ(answer->results(1).line(), 8u);
  EXPECT_EQ(answer->results(1).detail(), "expected allow, got deny");
  EXPECT_EQ(log_size(), size);

  request.clear_policy_set();
  EXPECT_EQ(FieldOf(test().status()), "policy_set");
  request.set_hash(engine::RealPolicies().Hash());
  EXPECT_EQ(test()->results_size(), 2);
  request.set_hash("abc");
  EXPECT_EQ(test().status().code(), absl::StatusCode::kNotFound);
  request.set_hash(engine::RealPolicies().Hash());
  (*request.mutable_test_files())["u.yaml"] = "cases:\n  - name: [";
  EXPECT_THAT(std::string(test().status().message()), HasSubstr("u.yaml:2"));
  request.clear_test_files();
  EXPECT_EQ(FieldOf(test().status()), "test_files");
}

TEST_F(PolicyServiceTest, ARepeatedActivationIsTheFirstAnswer) {
  const std::string hash = *Propose("r1", kLabClosed);
  EXPECT_EQ(*Propose("r1", kLabClosed), hash);
  const uint64_t size = log_size();
  EXPECT_EQ(Activate("r2", hash), absl::OkStatus());
  EXPECT_EQ(Activate("r2", hash), absl::OkStatus());
  EXPECT_EQ(log_size(), size + 1);
  EXPECT_EQ(Activate("r3", hash).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(Activate("r4", "none")), "POLICY_SET_NOT_FOUND");
  EXPECT_EQ(Propose("r5", "permit (principal").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(log_size(), size + 1);
}

TEST_F(PolicyServiceTest, ReplayingNamesWhatWouldChangeAndWhoIsResponsible) {
  EXPECT_EQ(Read("r1", "main-in", "card-ada"), "GRANTED");
  EXPECT_EQ(Read("r2", "lab-in", "card-ada"), "GRANTED");
  const uint64_t lab = log_size() - 1;
  EXPECT_EQ(Read("r3", "lab-in", "card-bob"), "NO_ACCESS_LEVEL");
  EXPECT_EQ(Read("r4", "lab-in", "card-nobody"), "UNKNOWN_CREDENTIAL");
  EXPECT_EQ(Read("r5", "lab-out", "card-ada"), "GRANTED");

  const uint64_t size = log_size();
  EXPECT_THAT(ReplayUnder(kLabClosed),
              ElementsAre(absl::StrCat(lab, " lab-in GRANTED THREAT_LEVEL access-level:lab:lab lab-closed"),
                          absl::StrCat(lab + 1, " lab-in NO_ACCESS_LEVEL THREAT_LEVEL  lab-closed")));
  EXPECT_EQ(progress_.decisions(), 5u);
  EXPECT_EQ(progress_.replayed(), 4u);
  EXPECT_EQ(progress_.changed(), 2u);
  EXPECT_EQ(progress_.not_by_policies(), 1u);
  EXPECT_TRUE(progress_.done());
  // Asking is recorded before the answer, and is all that is recorded.
  EXPECT_EQ(log_size(), size + 1);
  EXPECT_EQ(LastRecord().disclosure().method(), "sallyport.policy.v1.PolicyService/ReplayHistory");
  EXPECT_THAT(LastRecord().disclosure().query(), StartsWith("policy set "));

  EXPECT_THAT(ReplayUnder(""), IsEmpty());
  EXPECT_EQ(progress_.replayed(), 4u);
  // Under another set the log's decisions stay those of their own.
  ASSERT_EQ(Activate("r6", *Propose("r7", kLabClosed)), absl::OkStatus());
  EXPECT_EQ(Read("r8", "lab-in", "card-ada"), "THREAT_LEVEL");
  EXPECT_THAT(ReplayUnder(""), ElementsAre(HasSubstr("lab-in THREAT_LEVEL GRANTED lab-closed access-level:lab:lab")));
}

TEST_F(PolicyServiceTest, AReplayHasARange) {
  const absl::Time begin = engine_.clock.Now();
  for (int i = 0; i < 3; ++i) {
    engine_.clock.Set(begin + absl::Hours(i));
    EXPECT_EQ(Read(absl::StrCat("r", i), "lab-in", "card-ada"), "GRANTED");
  }
  policy::v1::ReplayHistoryRequest request;
  request.set_hash(*Propose("p", kLabClosed));
  EXPECT_EQ(Replay(request).size(), 3u);
  request.mutable_from()->set_seconds(absl::ToUnixSeconds(begin + absl::Minutes(30)));
  EXPECT_EQ(Replay(request).size(), 2u);
  request.mutable_until()->set_seconds(absl::ToUnixSeconds(begin + absl::Minutes(90)));
  EXPECT_EQ(Replay(request).size(), 1u);
  request.mutable_until()->set_seconds(request.from().seconds());
  absl::Status status;
  const uint64_t size = log_size();
  EXPECT_THAT(Replay(request, &status), IsEmpty());
  EXPECT_EQ(FieldOf(status), "until");
  request.set_hash("none");
  request.clear_until();
  Replay(request, &status);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  request.clear_hash();
  *request.mutable_policy_set() = SetOf("permit (principal");
  Replay(request, &status);
  EXPECT_THAT(std::string(status.message()), HasSubstr("more.cedar:1"));
  EXPECT_EQ(log_size(), size);  // what is refused is not recorded
}

TEST_F(PolicyServiceTest, WhatCannotBeReplayedIsCounted) {
  EXPECT_EQ(Read("r1", "lab-in", "card-ada"), "GRANTED");
  EXPECT_EQ(Read("r2", "main-in", "card-bob"), "GRANTED");
  Forget("ada");
  EXPECT_THAT(ReplayUnder(kLabClosed), IsEmpty());
  EXPECT_EQ(progress_.erased(), 1u);
  EXPECT_EQ(progress_.replayed(), 1u);
  EXPECT_THAT(ReplayUnder("@id(\"x\") forbid (principal is Person, action, resource) when { Person::\"ada\".staff };"),
              IsEmpty());
  EXPECT_EQ(progress_.facts_missing(), 1u);
}

TEST_F(PolicyServiceTest, ALongHistoryIsReplayedInSteps) {
  std::vector<std::future<absl::StatusOr<std::string>>> answers;
  constexpr int kReads = 2300;
  for (int i = 0; i < kReads; ++i) {
    answers.push_back(engine::Submit(
        *engine_, engine::MakeCommand("", [](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
          access::Presented presented;
          presented.access_point = AccessPointId("lab-in");
          presented.credential = CredentialId("card-bob");
          SP_RETURN_IF_ERROR(engine::Authorize(transaction, presented).status());
          return std::string();
        })));
  }
  for (auto& answer : answers) ASSERT_TRUE(answer.get().ok());
  EXPECT_EQ(Read("r", "lab-in", "card-ada"), "GRANTED");
  EXPECT_THAT(ReplayUnder("@id(\"x\") @reason(\"NO_ACCESS_LEVEL\") forbid (principal is Person, action, resource);"),
              ElementsAre(HasSubstr("GRANTED NO_ACCESS_LEVEL")));
  EXPECT_EQ(progress_.decisions(), uint64_t{kReads} + 1);
}

TEST_F(PolicyServiceTest, ARecordedDecisionIsExplainedWithItsOwnPolicies) {
  EXPECT_EQ(Read("r1", "lab-in", "card-ada"), "GRANTED");
  const uint64_t granted = log_size() - 1;
  ASSERT_EQ(Activate("r2", *Propose("r3", kLabClosed)), absl::OkStatus());
  EXPECT_EQ(Read("r4", "lab-in", "card-ada"), "THREAT_LEVEL");
  const uint64_t denied = log_size() - 1;

  const auto then = ExplainRecord(granted);
  ASSERT_TRUE(then.ok()) << then.status();
  EXPECT_EQ(then->decision(), access::v1::DECISION_GRANT);
  EXPECT_THAT(then->determining_policies(), ElementsAre("access-level:lab:lab"));
  EXPECT_EQ(then->policy_set_hash(), engine::RealPolicies().Hash());
  EXPECT_EQ(then->facts().fields().at("action").string_value(), "enter");
  EXPECT_GT(then->policies_size(), 5);
  EXPECT_EQ(LastRecord().disclosure().query(), absl::StrCat("record ", granted));
  EXPECT_EQ(LastSubject(), "ada");

  const auto now = ExplainRecord(denied);
  ASSERT_TRUE(now.ok()) << now.status();
  EXPECT_EQ(now->decision(), access::v1::DECISION_DENY);
  EXPECT_EQ(now->reason_code(), "THREAT_LEVEL");
  EXPECT_THAT(now->hints(), ElementsAre("THREAT_LEVEL: Not today."));

  Forget("ada");
  const auto erased = ExplainRecord(denied);
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(erased->reason_code(), "THREAT_LEVEL");
  EXPECT_THAT(erased->determining_policies(), ElementsAre("lab-closed"));
  EXPECT_FALSE(erased->has_facts());
  EXPECT_THAT(erased->hints(), Contains(HasSubstr("erased")));
}

TEST_F(PolicyServiceTest, ExplainingARecordNeedsADecision) {
  EXPECT_EQ(Read("r1", "lab-in", "card-nobody"), "UNKNOWN_CREDENTIAL");
  const uint64_t unknown = log_size() - 1;
  const auto explained = ExplainRecord(unknown);
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_EQ(explained->reason_code(), "UNKNOWN_CREDENTIAL");
  EXPECT_EQ(explained->policies_size(), 0);
  EXPECT_FALSE(explained->has_facts());
  EXPECT_EQ(LastRecord().disclosure().query(), absl::StrCat("record ", unknown));
  const uint64_t size = log_size();
  EXPECT_EQ(ReasonOf(ExplainRecord(0).status()), "NOT_A_DECISION");
  EXPECT_EQ(ReasonOf(ExplainRecord(size).status()), "RECORD_NOT_FOUND");
  EXPECT_EQ(log_size(), size);
}

TEST_F(PolicyServiceTest, ExplainingACardNamesItsHolderInTheLog) {
  access::v1::ExplainRequest request;
  request.set_access_point_id("lab-in");
  // H10301: facility code 47, number 101, with its parity: the badge of ada.
  request.mutable_card()->set_bits(std::string("\x97\x80\x32\xc0", 4));
  request.mutable_card()->set_bit_count(26);
  const auto explain = [&] { return Call<access::v1::ExplainResponse>("access.v1.AccessService/Explain", request); };
  const auto answer = explain();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->reason_code(), "GRANTED");
  EXPECT_EQ(LastRecord().disclosure().query(), "lab-in");
  EXPECT_EQ(LastSubject(), "ada");
  request.mutable_card()->set_bits(std::string("\x97\x80\x32\x80", 4));
  ASSERT_TRUE(explain().ok());
  EXPECT_EQ(LastSubject(), "");
  request.mutable_card()->set_bit_count(3);
  EXPECT_EQ(FieldOf(explain().status()), "card.bits");
}

}  // namespace
}  // namespace sallyport::transport
