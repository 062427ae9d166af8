#include "cedar/authorizer.h"

#include "cedar/entity_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AuthorizerTest : public ::testing::Test {
 protected:
  AuthorizerTest() {
    request_ = {EntityUid("User", "ann"), EntityUid("Action", "open"), EntityUid("Door", "front"), Value::Record({})};
  }

  Response Ask(absl::string_view policies) {
    set_ = PolicySet::Parse(policies, {"p.cedar"}).value();
    return Authorize(set_, request_, store_);
  }
  static std::vector<std::string> Ids(const Response& response) {
    std::vector<std::string> ids;
    for (const Policy* policy : response.reasons) ids.emplace_back(policy->id());
    return ids;
  }

  PolicySet set_;
  EntityStore store_;
  Request request_;
};

constexpr char kPermit[] = "permit(principal, action, resource);";
constexpr char kPermitOther[] = "permit(principal == User::\"bob\", action, resource);";
constexpr char kForbid[] = "forbid(principal, action, resource);";
constexpr char kForbidUnlessTrue[] = "forbid(principal, action, resource) unless { true };";
constexpr char kPermitError[] = "permit(principal, action, resource) when { principal.x };";
constexpr char kForbidError[] = "forbid(principal, action, resource) when { 1 + true == 2 };";

TEST_F(AuthorizerTest, Decides) {
  const struct {
    std::string policies;
    Decision decision;
    std::vector<std::string> reasons;
    size_t errors;
  } cases[] = {
      {"", Decision::kDeny, {}, 0},
      {kPermit, Decision::kAllow, {"policy0"}, 0},
      {kPermitOther, Decision::kDeny, {}, 0},
      {std::string(kPermit) + kPermit + kPermitOther, Decision::kAllow, {"policy0", "policy1"}, 0},
      {std::string(kPermit) + kForbid + kForbid, Decision::kDeny, {"policy1", "policy2"}, 0},
      {std::string(kForbid) + kPermit, Decision::kDeny, {"policy0"}, 0},
      {std::string(kPermit) + kForbidUnlessTrue, Decision::kAllow, {"policy0"}, 0},
      {std::string(kPermit) + kForbidError, Decision::kAllow, {"policy0"}, 1},
      {kPermitError, Decision::kDeny, {}, 1},
      {std::string(kPermitError) + kForbid + kForbidError, Decision::kDeny, {"policy1"}, 2},
  };
  for (const auto& c : cases) {
    const Response response = Ask(c.policies);
    EXPECT_EQ(response.decision, c.decision) << c.policies;
    EXPECT_EQ(Ids(response), c.reasons) << c.policies;
    EXPECT_EQ(response.errors.size(), c.errors) << c.policies;
  }
}

TEST_F(AuthorizerTest, EveryKindOfScope) {
  std::vector<Entity> entities(3);
  entities[0].uid = request_.principal;
  entities[0].parents = {EntityUid("Team", "red")};
  entities[1].uid = request_.action;
  entities[1].parents = {EntityUid("Action", "use")};
  entities[2].uid = request_.resource;
  entities[2].parents = {EntityUid("Floor", "1")};
  store_ = EntityStore::Create(std::move(entities)).value();
  const struct {
    const char* scope;
    bool matches;
  } cases[] = {
      {"principal == User::\"ann\", action, resource", true},
      {"principal == Team::\"red\", action, resource", false},
      {"principal in Team::\"red\", action, resource", true},
      {"principal in User::\"ann\", action, resource", true},
      {"principal in Team::\"blue\", action, resource", false},
      {"principal is User, action, resource", true},
      {"principal is Team, action, resource", false},
      {"principal is User in Team::\"red\", action, resource", true},
      {"principal is Team in Team::\"red\", action, resource", false},
      {"principal is User in Team::\"blue\", action, resource", false},
      {"principal, action == Action::\"open\", resource", true},
      {"principal, action == Action::\"use\", resource", false},
      {"principal, action in Action::\"use\", resource", true},
      {"principal, action in [Action::\"x\", Action::\"use\"], resource", true},
      {"principal, action in [Action::\"x\"], resource", false},
      {"principal, action in [], resource", false},
      {"principal, action, resource == Door::\"front\"", true},
      {"principal, action, resource in Floor::\"1\"", true},
      {"principal, action, resource in Floor::\"2\"", false},
      {"principal, action, resource is Door in Floor::\"1\"", true},
      {"principal, action, resource is Floor", false},
  };
  for (const auto& c : cases) {
    const Response response = Ask(std::string("permit(") + c.scope + ");");
    EXPECT_EQ(response.decision == Decision::kAllow, c.matches) << c.scope;
  }
}

TEST_F(AuthorizerTest, ErrorsNameThePlace) {
  const Response response = Ask("permit(principal, action, resource)\nwhen { context.x.y };");
  ASSERT_EQ(response.errors.size(), 1u);
  EXPECT_EQ(response.errors[0].policy->id(), "policy0");
  EXPECT_EQ(response.errors[0].message, "p.cedar:2:8: the record has no attribute \"x\"");
}

TEST_F(AuthorizerTest, ConstantsFailAtRunTimeOnlyWhereReached) {
  EXPECT_THAT(Ids(Ask("permit(principal, action, resource) when { true || ip(\"x\").isIpv4() };")),
              ElementsAre("policy0"));
  EXPECT_THAT(Ask("permit(principal, action, resource) when { ip(\"x\").isIpv4() };").errors[0].message,
              HasSubstr("p.cedar:1:44: \"x\" is not an ipaddr"));
}

TEST_F(AuthorizerTest, ConditionsStopAtTheFirstThatDecides) {
  EXPECT_THAT(Ask("permit(principal, action, resource) when { false } when { 1 };").errors, IsEmpty());
  EXPECT_THAT(Ask("permit(principal, action, resource) unless { true } when { 1 };").errors, IsEmpty());
  EXPECT_EQ(Ask("permit(principal, action, resource) when { true } when { 1 };").errors.size(), 1u);
}

TEST_F(AuthorizerTest, Explains) {
  set_ = PolicySet::Parse(
             "permit(principal == User::\"bob\", action, resource);"
             "permit(principal, action == Action::\"x\", resource);"
             "permit(principal, action, resource is Team);"
             "permit(principal, action, resource) when { true } unless { true };"
             "permit(principal, action, resource) when { true } when { principal.x };"
             "forbid(principal, action, resource);")
             .value();
  const std::vector<PolicyVerdict> verdicts = Explain(set_, request_, store_);
  ASSERT_EQ(verdicts.size(), 6u);
  EXPECT_EQ(verdicts[0].mismatch, "principal");
  EXPECT_EQ(verdicts[1].mismatch, "action");
  EXPECT_EQ(verdicts[2].mismatch, "resource");
  EXPECT_EQ(verdicts[3].verdict, Verdict::kNotSatisfied);
  EXPECT_EQ(verdicts[3].condition, 1);
  EXPECT_EQ(verdicts[4].verdict, Verdict::kError);
  EXPECT_EQ(verdicts[4].condition, 1);
  EXPECT_THAT(verdicts[4].error, HasSubstr("does not exist"));
  EXPECT_EQ(verdicts[5].verdict, Verdict::kSatisfied);
  EXPECT_EQ(verdicts[5].policy->effect(), Effect::kForbid);
}

TEST_F(AuthorizerTest, EvaluatesExpressionsFromText) {
  EXPECT_EQ(EvaluateExpr("principal", request_, store_)->ToString(), "User::\"ann\"");
  EXPECT_THAT(EvaluateExpr("1 +", request_, store_).status().message(),
              HasSubstr("1:4: error: expected an expression"));
  EXPECT_THAT(EvaluateExpr("1 2", request_, store_).status().message(), HasSubstr("the end of the expression"));
}

}  // namespace
}  // namespace cedar
