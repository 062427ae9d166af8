#include "engine/policy_commands.h"

#include "absl/strings/escaping.h"
#include "engine/door_commands.h"
#include "engine/facility_test_util.h"
#include "engine/limits.h"
#include "engine/operator_commands.h"
#include "gmock/gmock.h"
#include "operators/directory.h"

namespace sallyport::engine {
namespace {

using ::testing::HasSubstr;

access::PolicyFiles With(const std::string& more) {
  access::PolicyFiles files = RealPolicies();
  files.files["more.cedar"] = more;
  return files;
}

std::shared_ptr<const access::Policies> Compiled(const access::PolicyFiles& files,
                                                 const facility::State& facility = facility::State()) {
  auto policies = access::Policies::Compile(files, facility);
  SP_CHECK(policies.ok());
  return *std::move(policies);
}

constexpr char kClosed[] =
    "@id(\"closed\") @reason(\"THREAT_LEVEL\") forbid (principal is Person, action == Action::\"enter\", resource);";

class PolicyCommandsTest : public testing::Test {
 protected:
  explicit PolicyCommandsTest(TestEngine::On on = TestEngine::On::kMemory) : engine_(on) {}
  void SetUp() override {
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
    ASSERT_TRUE(Do(*engine_, ApplyDocument(SmallCompany())).ok());
    ASSERT_TRUE(Do(*engine_, ActivatePolicies(RealPolicies())).ok());
  }

  void AddOperator(const std::string& id, const std::string& role) {
    ASSERT_TRUE(Do(*engine_, [=](Transaction& transaction) -> absl::StatusOr<std::string> {
                  operators::Operator wanted;
                  wanted.id = OperatorId(id);
                  wanted.name = id;
                  wanted.roles = {role};
                  SP_ASSIGN_OR_RETURN(const ChangeEvent event,
                                      operators::CreateOperator(wanted, transaction.state().operators));
                  transaction.Record(event);
                  return std::string();
                }).ok());
  }
  std::string Propose(const access::PolicyFiles& files) {
    const auto policies = Compiled(files);
    return *Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
      return ProposePolicySet(transaction, *policies->checked());
    });
  }
  absl::StatusOr<std::string> Activate(std::shared_ptr<const access::Policies> policies) {
    return Do(*engine_, [=](Transaction& transaction) { return ActivatePolicySet(transaction, policies); });
  }
  absl::StatusOr<std::string> RollBack(std::shared_ptr<const access::Policies> policies) {
    return Do(*engine_, [=](Transaction& transaction) { return RollBackPolicySet(transaction, policies); });
  }
  absl::Status Update(const std::string& id, const std::set<std::string>& roles, bool active) {
    return Do(*engine_,
              [=](Transaction& transaction) -> absl::StatusOr<std::string> {
                operators::Operator wanted = *transaction.state().operators.operators.Find(OperatorId(id));
                wanted.roles = roles;
                wanted.status = active ? operators::OperatorStatus::kActive : operators::OperatorStatus::kSuspended;
                SP_RETURN_IF_ERROR(UpdateOperator(transaction, wanted).status());
                return std::string();
              })
        .status();
  }
  std::string Read(const std::string& card, const std::string& point) {
    return *Do(*engine_, [=](Transaction& transaction) -> absl::StatusOr<std::string> {
      access::Presented presented;
      presented.access_point = AccessPointId(point);
      presented.credential = CredentialId(card);
      SP_ASSIGN_OR_RETURN(const Authorized authorized, Authorize(transaction, presented));
      return authorized.decision.event.reason;
    });
  }
  record::v1::Record Last() { return RecordAt(engine_.store(), engine_->snapshot()->log_size - 1); }

  TestEngine engine_;
};

TEST_F(PolicyCommandsTest, EveryStepIsARecordAndEveryDecisionNamesItsSet) {
  const access::PolicyFiles closed = With(kClosed);
  const std::string hash = Propose(closed);
  EXPECT_EQ(hash, closed.Hash());
  EXPECT_EQ(Last().change().action(), "policy.proposed");
  EXPECT_EQ(Read("card-ada", "main-in"), "GRANTED");
  EXPECT_EQ(absl::BytesToHexString(Last().decision().policy_set_hash()), RealPolicies().Hash());

  EXPECT_EQ(*Activate(Compiled(closed)), RealPolicies().Hash());
  EXPECT_EQ(Last().change().action(), "policy.activated");
  EXPECT_EQ(Last().change().object(), hash);
  EXPECT_EQ(Read("card-ada", "main-in"), "THREAT_LEVEL");
  EXPECT_EQ(absl::BytesToHexString(Last().decision().policy_set_hash()), hash);

  EXPECT_EQ(*RollBack(Compiled(RealPolicies())), RealPolicies().Hash());
  EXPECT_EQ(Last().change().action(), "policy.rolled_back");
  EXPECT_EQ(Read("card-ada", "main-in"), "GRANTED");
  EXPECT_EQ(absl::BytesToHexString(Last().decision().policy_set_hash()), RealPolicies().Hash());
}

TEST_F(PolicyCommandsTest, ASetIsLinkedWithTheFacilityAsItIsWhenItComesIntoForce) {
  const auto before_the_facility_was_there = Compiled(With("// no links"));
  Propose(With("// no links"));
  ASSERT_TRUE(Activate(before_the_facility_was_there).ok());
  EXPECT_EQ(Read("card-ada", "lab-in"), "GRANTED");
  facility::Document document = SmallCompany();
  document.levels[1].entries.clear();
  ASSERT_TRUE(Do(*engine_, ApplyDocument(document)).ok());
  EXPECT_EQ(Read("card-ada", "lab-in"), "NO_ACCESS_LEVEL");
}

TEST_F(PolicyCommandsTest, WhatCannotBeActivatedChangesNothing) {
  const uint64_t size = engine_->snapshot()->log_size;
  EXPECT_EQ(Activate(Compiled(With(kClosed))).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Activate(Compiled(RealPolicies())).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(RollBack(Compiled(RealPolicies())).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(engine_->snapshot()->log_size, size);
  Propose(With(kClosed));
  ASSERT_TRUE(Activate(Compiled(With(kClosed))).ok());
  EXPECT_EQ(RollBack(Compiled(With(kClosed))).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Read("card-ada", "main-in"), "THREAT_LEVEL");
}

TEST_F(PolicyCommandsTest, ASetUnderWhichNobodyCouldChangeItIsNotActivated) {
  AddOperator("admin", "administrator");
  const access::PolicyFiles locked =
      With("@id(\"no\") forbid (principal is Operator, action in Action::\"activatePolicy\", resource);");
  Propose(locked);
  const auto refused = Activate(Compiled(locked));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused.status()), "LOCK_OUT");
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("lock everybody out"));
  EXPECT_EQ(Read("card-ada", "main-in"), "GRANTED");
  // To take it back is enough.
  const access::PolicyFiles half = With(
      "@id(\"no\") forbid (principal is Operator, action == "
      "Action::\"sallyport.policy.v1.PolicyService/ActivatePolicySet\", resource);");
  Propose(half);
  EXPECT_TRUE(Activate(Compiled(half)).ok());
  // Somebody who is suspended is nobody.
  AddOperator("approver", "policy-approver");
  const access::PolicyFiles only_approvers = With(
      "@id(\"no\") forbid (principal in Role::\"administrator\", action in Action::\"activatePolicy\", resource);");
  Propose(only_approvers);
  ASSERT_EQ(Update("approver", {"policy-approver"}, false), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Activate(Compiled(only_approvers)).status()), "LOCK_OUT");
  ASSERT_EQ(Update("approver", {"policy-approver"}, true), absl::OkStatus());
  EXPECT_TRUE(Activate(Compiled(only_approvers)).ok());
}

TEST_F(PolicyCommandsTest, TheLastWhoMayAdministerOperatorsStays) {
  AddOperator("admin", "administrator");
  AddOperator("other", "auditor");
  for (const auto& [roles, active] : {std::pair<std::set<std::string>, bool>{{"administrator"}, false},
                                      std::pair<std::set<std::string>, bool>{{"auditor"}, true}}) {
    const absl::Status refused = Update("admin", roles, active);
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(refused), "LAST_ADMINISTRATOR");
  }
  EXPECT_EQ(engine_.state().operators.operators.Find(OperatorId("admin"))->status, operators::OperatorStatus::kActive);
  EXPECT_EQ(Update("other", {"administrator"}, true), absl::OkStatus());
  EXPECT_EQ(Update("admin", {"administrator"}, false), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Update("other", {"administrator"}, false)), "LAST_ADMINISTRATOR");
}

class StoredPoliciesTest : public PolicyCommandsTest {
 protected:
  StoredPoliciesTest() : PolicyCommandsTest(TestEngine::On::kSqlite) {}
};

TEST_F(StoredPoliciesTest, OfTheProposalsTheNewestAreKept) {
  std::vector<std::string> hashes;
  for (size_t i = 0; i < kProposalsMax; ++i) {
    engine_.clock.Advance(absl::Seconds(1));
    hashes.push_back(Propose(With(absl::StrCat("// ", i))));
  }
  EXPECT_EQ(engine_.state().policy_book->sets.size(), kProposalsMax + 1);
  engine_.clock.Advance(absl::Seconds(1));
  Propose(With("// 0"));  // again, and so the newest
  engine_.clock.Advance(absl::Seconds(1));
  const uint64_t size = engine_->snapshot()->log_size;
  Propose(With("// one more"));
  EXPECT_EQ(RecordAt(engine_.store(), size).change().action(), "policy.proposal_dropped");
  EXPECT_EQ(RecordAt(engine_.store(), size).change().object(), hashes[1]);
  EXPECT_EQ(Last().change().action(), "policy.proposed");

  ASSERT_EQ(engine_.Open(), absl::OkStatus());  // dropped in the store, too
  const auto& sets = engine_.state().policy_book->sets;
  EXPECT_EQ(sets.size(), kProposalsMax + 1);
  EXPECT_TRUE(sets.contains(hashes[0]));
  EXPECT_FALSE(sets.contains(hashes[1]));
  EXPECT_TRUE(sets.contains(RealPolicies().Hash()));
  EXPECT_EQ(Activate(Compiled(With("// 1"))).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sallyport::engine
