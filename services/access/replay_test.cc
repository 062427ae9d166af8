#include "access/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_test_util.h"
#include "base/status.h"

namespace sallyport::access {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Outcome OutcomeOf(const DecisionEvent& event) { return {event.grant, event.reason, event.also, event.policies}; }

std::shared_ptr<const CheckedPolicies> Checked(const PolicyFiles& files) {
  auto checked = CheckedPolicies::Check(files);
  EXPECT_TRUE(checked.ok()) << checked.status();
  return *std::move(checked);
}

absl::StatusOr<Outcome> Replayed(const Decision& decision, const PolicyFiles& files) {
  SP_ASSIGN_OR_RETURN(const RecordedDecision recorded, RecordedDecision::Read(decision.event.facts));
  return Replayer(Checked(files)).Decide(recorded);
}

// Decides again what the house decides, and expects the same.
void ExpectTheSame(House& house, const PolicyFiles& files) {
  house.Compile(files);
  Replayer replayer(Checked(files));
  for (const char* door : {"main-in", "main-out", "interview-in", "research-in", "research-out", "compute-in"}) {
    for (const char* badge : {"cho", "han", "park", "lee", "ryu"}) {
      const Decision decision = house.Pass(door, badge);
      const auto recorded = RecordedDecision::Read(decision.event.facts);
      ASSERT_TRUE(recorded.ok()) << recorded.status() << decision.event.facts;
      const auto again = replayer.Decide(*recorded);
      ASSERT_TRUE(again.ok()) << again.status() << decision.event.facts;
      EXPECT_EQ(again->reason, decision.event.reason) << decision.event.facts;
      EXPECT_TRUE(*again == OutcomeOf(decision.event)) << decision.event.facts;
    }
  }
}

constexpr char kLevels[] =
    "@id(\"access-level\") permit (principal in ?principal, action == Action::\"enter\", resource in ?resource);\n";

TEST(ReplayTest, UnderTheSameSetEveryDecisionComesOutTheSame) {
  House house;
  ExpectTheSame(house, RealPolicies());
  house.visits["cho"] = Cleared();
  house.Threat(facility::ThreatLevel::kElevated);
  house.now =
      Seoul("2026-03-01 20:00:00");  // a Sunday evening: schedules are not active, blinds have not been confirmed
  ExpectTheSame(house, RealPolicies());
  house.Threat(facility::ThreatLevel::kLockdown);
  house.Door("research-in", [](facility::AccessPoint& door) { door.mode = facility::DoorMode::kLockedDown; });
  house.Door("main-in", [](facility::AccessPoint& door) { door.mode = facility::DoorMode::kUnlocked; });
  house.Area("lobby", [](facility::Area& area) { area.occupancy_max = 1; });
  house.Area("research", [](facility::Area& area) { area.anti_passback = facility::AntiPassback::kHard; });
  house.Card("ryu", [](facility::Credential& card) { card.status = facility::CredentialStatus::kLost; });
  ExpectTheSame(house, RealPolicies());
}

TEST(ReplayTest, WhatPoliciesAskBesideTheUsualIsRecordedToo) {
  House house;
  ExpectTheSame(house, OnlyPolicies(absl::StrCat(kLevels, R"(
      @id("hours") forbid (principal is Person, action == Action::"enter", resource)
        unless { Schedule::"office".active };
      @id("inner") @reason("INNER") forbid (principal is Person, action == Action::"enter", resource)
        when { resource.from.restricted || !(resource.from in Floor::"f1") };
      @id("other") forbid (principal is Person, action == Action::"enter", resource)
        when { Area::"compute".twoPerson && Area::"compute" in Area::"research" && Floor::"f3".level > 2 };
      @id("door") permit (principal is Person, action == Action::"enter", resource)
        when { AccessPoint::"main-in".area == resource.area && AccessPoint::"gone" in Area::"lobby" };
      @id("later") permit (principal in AccessLevel::"staff@office", action == Action::"enter", resource in Floor::"f3")
        when { context.local.minute > 600 };
      @id("fails") permit (principal is Person, action == Action::"enter", resource)
        when { principal.clearance * 9223372036854775807 > 3 };)")));
}

TEST(ReplayTest, ALinkIsThatOfItsMoment) {
  House house;
  const Decision decision = house.Read("research-in", "park");
  EXPECT_EQ(decision.event.reason, "GRANTED");
  facility::AccessLevel level = *house.facility.levels.Find(AccessLevelId("research"));
  level.entries.clear();
  house.facility.levels.Put(level.id, level);
  house.Compile(RealPolicies());
  EXPECT_EQ(house.Read("research-in", "park").event.reason, "NO_ACCESS_LEVEL");
  EXPECT_TRUE(*Replayed(decision, RealPolicies()) == OutcomeOf(decision.event));
}

TEST(ReplayTest, UnderAnotherSetItSaysWhatWouldChange) {
  House house;
  const Decision granted = house.Read("research-in", "park");
  const Decision denied = house.Read("research-in", "han");
  PolicyFiles stricter = RealPolicies();
  stricter.files["more.cedar"] =
      "@id(\"nobody-from-research\") @reason(\"THREAT_LEVEL\") @priority(\"99\")\n"
      "forbid (principal in AccessLevel::\"research\", action == Action::\"enter\", resource);";
  const auto now_denied = Replayed(granted, stricter);
  ASSERT_TRUE(now_denied.ok()) << now_denied.status();
  EXPECT_FALSE(now_denied->grant);
  EXPECT_EQ(now_denied->reason, "THREAT_LEVEL");
  EXPECT_THAT(now_denied->policies, ElementsAre("nobody-from-research"));
  EXPECT_TRUE(*Replayed(denied, stricter) == OutcomeOf(denied.event));

  const auto now_granted =
      Replayed(denied, OnlyPolicies("@id(\"all\") permit (principal is Person, action, resource);"));
  ASSERT_TRUE(now_granted.ok()) << now_granted.status();
  EXPECT_EQ(now_granted->reason, "GRANTED");
  EXPECT_THAT(now_granted->policies, ElementsAre("all"));
  EXPECT_THAT(now_granted->also, IsEmpty());
}

TEST(ReplayTest, RulesOutsideThePoliciesStandAsTheyWere) {
  House house;
  house.Area("lobby", [](facility::Area& area) { area.occupancy_max = 1; });
  house.Pass("main-in", "han");
  const Decision full = house.Read("main-in", "park");
  EXPECT_EQ(full.event.reason, "OCCUPANCY_FULL");
  const PolicyFiles open = OnlyPolicies("@id(\"all\") permit (principal is Person, action, resource);");
  EXPECT_EQ(Replayed(full, open)->reason, "OCCUPANCY_FULL");
  house.Card("ryu", [](facility::Credential& card) { card.status = facility::CredentialStatus::kStolen; });
  EXPECT_EQ(Replayed(house.Read("research-in", "ryu"), open)->reason, "CREDENTIAL_STOLEN");
  // A read that was refused counts as the first of two.
  EXPECT_EQ(Replayed(house.Read("compute-in", "han"), open)->reason, "GRANTED_FIRST_OF_TWO");
  const Decision first = house.Read("compute-in", "park");
  EXPECT_EQ(first.event.reason, "GRANTED_FIRST_OF_TWO");
  EXPECT_TRUE(*Replayed(first, RealPolicies()) == OutcomeOf(first.event));
  const Decision second = house.Read("compute-in", "lee");
  EXPECT_EQ(second.event.reason, "GRANTED");
  EXPECT_TRUE(*Replayed(second, RealPolicies()) == OutcomeOf(second.event));
}

TEST(ReplayTest, WhatTheRecordDoesNotSayIsNotGuessed) {
  House house;
  const Decision decision = house.Read("research-in", "park");
  for (const std::string asked : {"Schedule::\"office\".active", "Area::\"compute\".twoPerson", "Person::\"lee\".staff",
                                  "Floor::\"f3\" in Site::\"hq\"", "AccessPoint::\"main-in\" in Area::\"lobby\""}) {
    const auto again = Replayed(
        decision,
        OnlyPolicies(absl::StrCat("@id(\"x\") permit (principal is Person, action, resource) when { ", asked, " };")));
    EXPECT_EQ(again.status().code(), absl::StatusCode::kFailedPrecondition) << asked;
    EXPECT_EQ(ReasonOf(again.status()), "FACTS_MISSING");
    EXPECT_THAT(std::string(again.status().message()), HasSubstr(asked.substr(0, asked.find_first_of(". ")))) << asked;
  }
  // Another person is known to the decision, and not to its record.
  house.Compile(
      OnlyPolicies("@id(\"x\") permit (principal, action, resource is AccessPoint) when { Person::\"lee\".staff };"));
  const Decision about_another = house.Read("research-in", "park");
  EXPECT_EQ(about_another.event.reason, "GRANTED");
  EXPECT_THAT(about_another.event.facts, testing::Not(HasSubstr("lee")));
}

TEST(ReplayTest, ARecordedDecisionIsExplained) {
  House house;
  house.Person("park", [](facility::Person& person) { person.clearance = 1; });
  const Decision decision = house.Read("research-in", "park");
  Replayer replayer(Checked(RealPolicies()));
  const auto explained = replayer.Explain(*RecordedDecision::Read(decision.event.facts));
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_TRUE(OutcomeOf(explained->decision.event) == OutcomeOf(decision.event));
  ExplainRequest request;
  request.presented = house.At("research-in", "park");
  const Explanation live = *house.Explain(request);
  ASSERT_EQ(explained->policies.size(), live.policies.size());
  for (size_t i = 0; i < live.policies.size(); ++i) {
    EXPECT_EQ(explained->policies[i].policy, live.policies[i].policy);
    EXPECT_EQ(explained->policies[i].verdict, live.policies[i].verdict) << live.policies[i].policy;
  }
  EXPECT_THAT(explained->hints, Contains("CLEARANCE_INSUFFICIENT: Ask the security office for the clearance that this "
                                         "area needs."));
}

TEST(ReplayTest, WhatAreNoFactsIsRefused) {
  const std::string facts = House().Read("research-in", "park").event.facts;
  ASSERT_TRUE(RecordedDecision::Read(facts).ok());
  for (size_t cut = 0; cut < facts.size(); ++cut) EXPECT_FALSE(RecordedDecision::Read(facts.substr(0, cut)).ok());
  for (const char* part : {"\"principal\"", "\"action\"", "\"resource\"", "\"area\"", "\"context\"", "\"links\"",
                           "\"entities\"", "\"rules\"", "\"from\"", "\"areas\"", "\"briefings\""}) {
    std::string other = facts;
    other.replace(other.find(part), 2, "\"X");
    EXPECT_EQ(RecordedDecision::Read(other).status().code(), absl::StatusCode::kInvalidArgument) << part;
  }
}

}  // namespace
}  // namespace sallyport::access
