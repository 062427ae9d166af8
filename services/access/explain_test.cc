#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "access/access_test_util.h"
#include "access/limits.h"
#include "access/pin.h"
#include "base/status.h"

namespace sallyport::access {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

ExplainRequest About(const std::string& person, const std::string& door) {
  ExplainRequest request;
  request.person = PersonId(person);
  request.presented.access_point = AccessPointId(door);
  return request;
}

Explanation Explained(House& house, const ExplainRequest& request) {
  auto explanation = house.Explain(request);
  EXPECT_TRUE(explanation.ok()) << explanation.status();
  return explanation.ok() ? *std::move(explanation) : Explanation();
}

const Explanation::PolicyVerdict* Find(const Explanation& explanation, const std::string& policy) {
  for (const auto& verdict : explanation.policies) {
    if (verdict.policy == policy) return &verdict;
  }
  return nullptr;
}

TEST(ExplainTest, ABriefingIsNamedWithItsDatesAndWhatToDo) {
  House house;
  house.Person("park", [](facility::Person& person) { person.briefings["lab"] = Seoul("2025-03-01 09:00:00"); });
  const Explanation explanation = Explained(house, About("park", "research-in"));
  EXPECT_EQ(explanation.decision.event.reason, "BRIEFING_EXPIRED");
  EXPECT_THAT(explanation.hints,
              ElementsAre("BRIEFING_EXPIRED: briefing lab of 2025-03-01 expired on 2026-03-01. Take the briefing for "
                          "this area; the door opens as soon as it is recorded."));
}

TEST(ExplainTest, EveryPolicyWhoseScopeMatchesSaysWhatItFound) {
  House house;
  house.Person("park", [](facility::Person& person) { person.clearance = 1; });
  const Explanation explanation = Explained(house, About("park", "research-in"));
  ASSERT_NE(Find(explanation, "clearance"), nullptr);
  EXPECT_EQ(Find(explanation, "clearance")->effect, "forbid");
  EXPECT_EQ(Find(explanation, "clearance")->verdict, "satisfied");
  EXPECT_EQ(Find(explanation, "clearance")->reason, "CLEARANCE_INSUFFICIENT");
  EXPECT_THAT(Find(explanation, "clearance")->advice, HasSubstr("security office"));
  EXPECT_EQ(Find(explanation, "access-level:research:research")->verdict, "satisfied");
  EXPECT_EQ(Find(explanation, "briefing-current")->verdict, "not satisfied");
  EXPECT_EQ(Find(explanation, "access-level:security:research"), nullptr);
  EXPECT_EQ(Find(explanation, "leaving-is-never-refused"), nullptr);
}

TEST(ExplainTest, AFailingPolicySaysWhatFailed) {
  House house;
  house.Compile(OnlyPolicies(
      R"(@id("broken") forbid (principal is Person, action, resource) when { principal.clearance + 9223372036854775807 > 0 };)"));
  const Explanation explanation = Explained(house, About("park", "main-in"));
  ASSERT_NE(Find(explanation, "broken"), nullptr);
  EXPECT_THAT(Find(explanation, "broken")->verdict, StartsWith("error: "));
  EXPECT_THAT(explanation.hints, Contains(HasSubstr("overflow")));
}

TEST(ExplainTest, ChangesNothing) {
  House house;
  house.Door("main-in", [](facility::AccessPoint& door) { door.presence_on_grant = true; });
  Explained(house, About("park", "main-in"));
  Explained(house, About("park", "compute-in"));
  ExplainRequest wrong_pin = About("", "main-in");
  wrong_pin.presented.credential = CredentialId("park");
  wrong_pin.presented.pin = Secret("0000");
  EXPECT_EQ(Explained(house, wrong_pin).decision.event.reason, "INVALID_PIN");
  EXPECT_EQ(house.WhereIs("park"), "");
  EXPECT_TRUE(house.state.pairs.empty());
  EXPECT_TRUE(house.state.recent.empty());
  EXPECT_TRUE(house.state.pin_failures.empty());
}

TEST(ExplainTest, SaysWhatADecisionWouldSay) {
  House house;
  house.visits["cho"] = Cleared();
  for (const char* door : {"main-in", "main-out", "interview-in", "research-in", "compute-in", "compute-out"}) {
    for (const char* badge : {"cho", "han", "park", "lee", "nobody"}) {
      ExplainRequest request;
      request.presented = house.At(door, badge);
      const Explanation explanation = Explained(house, request);
      House other = house;
      const Decision decision = other.Read(door, badge);
      EXPECT_EQ(explanation.decision.event.reason, decision.event.reason) << door << " " << badge;
      EXPECT_EQ(explanation.decision.event.also, decision.event.also) << door << " " << badge;
      EXPECT_EQ(explanation.facts_json, decision.event.facts) << door << " " << badge;
    }
  }
}

TEST(ExplainTest, APersonStandsForAGoodCredentialAndPin) {
  House house;
  house.Door("main-in", [](facility::AccessPoint& door) { door.pin_required = true; });
  house.Card("park", [](facility::Credential& card) { card.status = facility::CredentialStatus::kLost; });
  EXPECT_EQ(Explained(house, About("park", "main-in")).decision.event.reason, "GRANTED");
  house.Person("park", [](facility::Person& person) { person.status = facility::PersonStatus::kSuspended; });
  const Explanation suspended = Explained(house, About("park", "main-in"));
  EXPECT_EQ(suspended.decision.event.reason, "PERSON_INACTIVE");
  EXPECT_THAT(suspended.hints, ElementsAre(HasSubstr("suspended")));
}

TEST(ExplainTest, WithChangedFacts) {
  House house;
  ExplainRequest request = About("park", "research-in");
  request.context_overrides_json = R"({"threatLevel": "lockdown"})";
  const Explanation lockdown = Explained(house, request);
  EXPECT_EQ(lockdown.decision.event.reason, "THREAT_LEVEL");
  EXPECT_THAT(lockdown.facts_json, HasSubstr(R"("threatLevel":"lockdown")"));
  request.context_overrides_json = R"({"now": "2027-03-02T00:00:00Z"})";
  EXPECT_EQ(Explained(house, request).decision.event.reason, "BRIEFING_EXPIRED");
  request.context_overrides_json = R"({"occupancy": "many"})";
  const auto refused = house.Explain(request);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FieldViolations(refused.status()).front().field, "context");
}

TEST(ExplainTest, WhatIsNotThere) {
  House house;
  EXPECT_EQ(house.Explain(About("park", "no-such-door")).status().code(), absl::StatusCode::kNotFound);
  const auto nobody = house.Explain(About("nobody", "main-in"));
  EXPECT_EQ(nobody.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FieldViolations(nobody.status()).front().field, "person_id");
  ExplainRequest card = About("", "main-in");
  card.presented.credential = CredentialId("nobody");
  const Explanation unknown = Explained(house, card);
  EXPECT_EQ(unknown.decision.event.reason, "UNKNOWN_CREDENTIAL");
  EXPECT_EQ(unknown.facts_json, "");
  EXPECT_THAT(unknown.policies, IsEmpty());
  EXPECT_THAT(unknown.hints, ElementsAre(HasSubstr("Issue the credential")));
}

struct Hint {
  std::string name;
  std::string person;
  std::string door;
  std::function<void(House&)> given;
  std::string hint;
};

class HintTest : public testing::TestWithParam<Hint> {};

TEST_P(HintTest, Names) {
  House house;
  GetParam().given(house);
  const Explanation explanation = Explained(house, About(GetParam().person, GetParam().door));
  EXPECT_THAT(explanation.hints, Contains(StartsWith(GetParam().hint)));
}

INSTANTIATE_TEST_SUITE_P(
    Explain, HintTest,
    testing::Values(
        Hint{"NeverBriefed", "park", "research-in",
             [](House& house) { house.Person("park", [](facility::Person& p) { p.briefings.clear(); }); },
             "BRIEFING_EXPIRED: briefing lab was never taken. Take"},
        Hint{"Clearance", "han", "research-in", [](House&) {}, "CLEARANCE_INSUFFICIENT: clearance 0, 2 is needed. Ask"},
        Hint{"Project", "han", "research-in", [](House&) {}, "NOT_ON_PROJECT: not a member of project atlas. Ask"},
        Hint{"Levels", "han", "research-in", [](House&) {},
             "NO_ACCESS_LEVEL: opened by access level research, security. Grant"},
        Hint{"Schedule", "han", "interview-in", [](House& house) { house.now = Seoul("2026-03-01 12:00:00"); },
             "NOT_PERMITTED_AT_THIS_TIME: staff@office is not active now. Come"},
        Hint{"Blinds", "han", "interview-in", [](House& house) { house.now += absl::Hours(1); },
             "VISUAL_SECURITY_OPEN: interview was last confirmed at 2026-03-02 14:25. Have"},
        Hint{"Escort", "cho", "interview-in", [](House& house) { house.visits["cho"] = Cleared(); },
             "ESCORT_REQUIRED: escort: han. Let"},
        Hint{"Visit", "cho", "interview-in",
             [](House& house) {
               house.visits["cho"] = Cleared();
               house.visits["cho"].cleared = false;
               house.visits["cho"].participant_state = "SCREENED";
             },
             "QUARANTINE_INCOMPLETE: visit visit-1: SCREENED. Finish"},
        Hint{"NoVisit", "cho", "interview-in", [](House&) {}, "VISIT_NOT_ACTIVE: no visit. Ask"},
        Hint{"Agreement", "park", "research-in",
             [](House& house) {
               house.Area("research", [](facility::Area& area) { area.nda = true; });
               house.Person("park", [](facility::Person& p) { p.nda_until = Seoul("2026-02-28 00:00:00"); });
             },
             "NDA_MISSING: the non-disclosure agreement ran out on 2026-02-28. Sign"},
        Hint{"Place", "park", "main-in",
             [](House& house) {
               house.Area("lobby", [](facility::Area& area) { area.anti_passback = facility::AntiPassback::kHard; });
               house.Pass("main-in", "park");
             },
             "ANTIPASSBACK_VIOLATION: recorded in lobby since 2026-03-02 14:30 by main-in. Leave"},
        Hint{"Full", "park", "main-in",
             [](House& house) {
               house.Area("lobby", [](facility::Area& area) { area.occupancy_max = 1; });
               house.Pass("main-in", "ryu");
             },
             "OCCUPANCY_FULL: 1 of 1 in lobby. Wait"},
        Hint{"Dates", "park", "main-in",
             [](House& house) { house.Person("park", [&](facility::Person& p) { p.valid_until = house.now; }); },
             "PERSON_INACTIVE: valid until 2026-03-02 14:30. Activate"},
        Hint{"FirstOfTwo", "park", "compute-in", [](House&) {}, "GRANTED_FIRST_OF_TWO: A second member"}),
    [](const auto& param) { return param.param.name; });

TEST(HintsTest, OfACredentialsDatesAndOfALockedPin) {
  House house;
  house.Card("park", [&](facility::Credential& card) { card.valid_until = Seoul("2026-03-01 00:00:00"); });
  ExplainRequest request;
  request.presented = house.At("main-in", "park");
  EXPECT_THAT(Explained(house, request).hints,
              ElementsAre("CREDENTIAL_EXPIRED: credential park expired on 2026-03-01 00:00. Issue a new credential."));
  request.presented = house.At("main-in", "ryu");
  request.presented.pin = Secret("0000");
  for (int i = 0; i < kPinFailuresMax; ++i) EXPECT_TRUE(house.Decide(request.presented).ok());
  EXPECT_THAT(Explained(house, request).hints,
              ElementsAre("PIN_LOCKED_OUT: locked until 2026-03-02 14:35. Wait until the PIN is unlocked by itself."));
}

}  // namespace
}  // namespace sallyport::access
