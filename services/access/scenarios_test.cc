// The situations that the policies were written for, decided by the policies themselves.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "access/access_test_util.h"

namespace sallyport::access {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

VisitFacts CheckedIn() {
  VisitFacts facts = Cleared();
  facts.cleared = false;
  facts.participant_state = "CHECKED_IN";
  return facts;
}

struct Scenario {
  std::string name;
  std::function<void(House&)> given;
  std::string door;
  std::string badge;
  std::string reason;
};

class ScenarioTest : public testing::TestWithParam<Scenario> {};

TEST_P(ScenarioTest, Decides) {
  House house;
  GetParam().given(house);
  const Decision decision = house.Read(GetParam().door, GetParam().badge);
  EXPECT_EQ(decision.event.reason, GetParam().reason) << decision.event.facts;
  EXPECT_EQ(decision.granted(), GetParam().reason == "GRANTED");
  EXPECT_EQ(decision.unlock_seconds > 0, GetParam().reason == "GRANTED");
  EXPECT_FALSE(decision.message.empty());
}

void HanFirst(House& house) {
  EXPECT_EQ(house.Read("interview-in", "han").event.reason, "GRANTED");
  house.now += absl::Seconds(10);
}

const Scenario kInterviews[] = {
    {"01_BeforeCheckIn",
     [](House& house) {
       VisitFacts facts;
       facts.expected = facts.scheduled_now = true;
       house.visits["cho"] = facts;
     },
     "interview-in", "cho", "QUARANTINE_INCOMPLETE"},
    {"02_PhoneNotSealed",
     [](House& house) {
       house.visits["cho"] = CheckedIn();
       house.visits["cho"].devices_in_custody = false;
       HanFirst(house);
     },
     "interview-in", "cho", "DEVICE_NOT_QUARANTINED"},
    {"03_ClearedBesideTheHost",
     [](House& house) {
       house.visits["cho"] = Cleared();
       HanFirst(house);
     },
     "interview-in", "cho", "GRANTED"},
    {"03_TheHost", [](House&) {}, "interview-in", "han", "GRANTED"},
    {"04_ClearedButAlone", [](House& house) { house.visits["cho"] = Cleared(); }, "interview-in", "cho",
     "ESCORT_REQUIRED"},
    {"04_TheHostWasHereTooLongAgo",
     [](House& house) {
       house.visits["cho"] = Cleared();
       HanFirst(house);
       house.now += absl::Seconds(21);
     },
     "interview-in", "cho", "ESCORT_REQUIRED"},
    {"04_SomebodyElseWasHere",
     [](House& house) {
       house.visits["cho"] = Cleared();
       EXPECT_TRUE(house.Read("interview-in", "jung").granted());
     },
     "interview-in", "cho", "ESCORT_REQUIRED"},
    {"07_UndeclaredWatch",
     [](House& house) {
       house.visits["cho"] = CheckedIn();
       house.visits["cho"].incident = true;
       house.visits["cho"].devices_in_custody = false;
       HanFirst(house);
     },
     "interview-in", "cho", "QUARANTINE_INCIDENT"},
    {"09_ReentryWithAnIncident",
     [](House& house) {
       house.visits["cho"] = Cleared();
       house.visits["cho"].incident = true;
     },
     "interview-in", "cho", "QUARANTINE_INCIDENT"},
    {"09_LeavingWithAnIncident",
     [](House& house) {
       house.visits["cho"] = Cleared();
       house.visits["cho"].incident = true;
     },
     "interview-out", "cho", "GRANTED"},
    {"18_BlindsSilentForCho",
     [](House& house) {
       house.visits["cho"] = Cleared();
       HanFirst(house);
       house.Area("interview", [](facility::Area& area) { area.visual_security_at -= absl::Minutes(15); });
     },
     "interview-in", "cho", "VISUAL_SECURITY_OPEN"},
    {"18_BlindsSilentForHan",
     [](House& house) {
       house.Area("interview", [](facility::Area& area) { area.visual_security_at -= absl::Minutes(15); });
     },
     "interview-in", "han", "VISUAL_SECURITY_OPEN"},
    {"20_VisitEnded",
     [](House& house) {
       house.visits["cho"] = Cleared();
       house.visits["cho"].active = false;
       HanFirst(house);
     },
     "interview-in", "cho", "VISIT_NOT_ACTIVE"},
    {"20_NeverInvited", HanFirst, "interview-in", "cho", "VISIT_NOT_ACTIVE"},
    {"ClearedIntoTheLobby", [](House& house) { house.visits["cho"] = Cleared(); }, "main-in", "cho", "GRANTED"},
    {"ClearedButElsewhere", [](House& house) { house.visits["cho"] = Cleared(); }, "research-in", "cho",
     "NO_ACCESS_LEVEL"},
    {"29_OwnPhoneNotInCustody",
     [](House& house) {
       house.Area("interview", [](facility::Area& area) { area.staff_custody = true; });
       house.visits["ito"] = CheckedIn();
       house.visits["ito"].devices_in_custody = false;
     },
     "interview-in", "ito", "DEVICE_NOT_QUARANTINED"},
    {"29_OwnPhoneNeverDeclared",
     [](House& house) { house.Area("interview", [](facility::Area& area) { area.staff_custody = true; }); },
     "interview-in", "ito", "DEVICE_NOT_QUARANTINED"},
    {"29_OwnPhoneInCustody",
     [](House& house) {
       house.Area("interview", [](facility::Area& area) { area.staff_custody = true; });
       house.visits["ito"] = Cleared();
     },
     "interview-in", "ito", "GRANTED"},
    {"29_ElsewhereOwnLevelsHold",
     [](House& house) {
       house.Area("interview", [](facility::Area& area) { area.staff_custody = true; });
       house.visits["park"] = CheckedIn();
       house.visits["park"].devices_in_custody = false;
     },
     "research-in", "park", "GRANTED"},
};

const Scenario kRestrictedFloors[] = {
    {"21_BriefingOf366Days",
     [](House& house) {
       house.Person("park", [&](facility::Person& p) { p.briefings["lab"] = house.now - absl::Hours(24 * 366); });
     },
     "research-in", "park", "BRIEFING_EXPIRED"},
    {"21_BriefingOf365Days",
     [](House& house) {
       house.Person("park", [&](facility::Person& p) { p.briefings["lab"] = house.now - absl::Hours(24 * 365); });
     },
     "research-in", "park", "GRANTED"},
    {"21_NeverBriefed", [](House& house) { house.Person("park", [](facility::Person& p) { p.briefings.clear(); }); },
     "research-in", "park", "BRIEFING_EXPIRED"},
    {"22_BriefedASecondAgo",
     [](House& house) {
       house.Person("park", [&](facility::Person& p) { p.briefings["lab"] = house.now - absl::Seconds(1); });
     },
     "research-in", "park", "GRANTED"},
    {"24_LeavingAlone", [](House&) {}, "compute-out", "ryu", "GRANTED"},
    {"25_EmploymentEndedAtThisSecond",
     [](House& house) { house.Person("ryu", [&](facility::Person& p) { p.valid_until = house.now; }); }, "research-in",
     "ryu", "PERSON_INACTIVE"},
    {"25_EmploymentEndsInASecond",
     [](House& house) {
       house.Person("ryu", [&](facility::Person& p) { p.valid_until = house.now + absl::Seconds(1); });
     },
     "research-in", "ryu", "GRANTED"},
    {"26_LockdownForAll", [](House& house) { house.Threat(facility::ThreatLevel::kLockdown); }, "research-in", "park",
     "THREAT_LEVEL"},
    {"26_LockdownNotForSecurity", [](House& house) { house.Threat(facility::ThreatLevel::kLockdown); }, "research-in",
     "lee", "GRANTED"},
    {"26_LeavingInALockdown", [](House& house) { house.Threat(facility::ThreatLevel::kLockdown); }, "research-out",
     "park", "GRANTED"},
    {"ClearanceTooLow", [](House& house) { house.Person("park", [](facility::Person& p) { p.clearance = 1; }); },
     "research-in", "park", "CLEARANCE_INSUFFICIENT"},
    {"NotOnTheProject", [](House& house) { house.Person("park", [](facility::Person& p) { p.projects = {"other"}; }); },
     "research-in", "park", "NOT_ON_PROJECT"},
    {"WhatHoldsForTheFloorHoldsForTheHall",
     [](House& house) { house.Person("park", [](facility::Person& p) { p.clearance = 1; }); }, "compute-in", "park",
     "CLEARANCE_INSUFFICIENT"},
    {"NoAgreement", [](House& house) { house.Area("research", [](facility::Area& area) { area.nda = true; }); },
     "research-in", "park", "NDA_MISSING"},
    {"AgreementRanOut",
     [](House& house) {
       house.Area("research", [](facility::Area& area) { area.nda = true; });
       house.Person("park", [&](facility::Person& p) { p.nda_until = house.now; });
     },
     "research-in", "park", "NDA_MISSING"},
    {"AgreementSigned",
     [](House& house) {
       house.Area("research", [](facility::Area& area) { area.nda = true; });
       house.Person("park", [&](facility::Person& p) { p.nda_until = house.now + absl::Seconds(1); });
     },
     "research-in", "park", "GRANTED"},
    {"NoLevel", [](House&) {}, "research-in", "ito", "CLEARANCE_INSUFFICIENT"},
    {"NoLevelButAllElse",
     [](House& house) {
       house.Person("ito", [](facility::Person& p) {
         p.clearance = 5;
         p.projects = {"atlas"};
         p.briefings["lab"] = Seoul("2026-01-05 10:00:00");
       });
     },
     "research-in", "ito", "NO_ACCESS_LEVEL"},
    {"LevelRanOut",
     [](House& house) { house.Person("park", [&](facility::Person& p) { p.levels.back().until = house.now; }); },
     "research-in", "park", "NO_ACCESS_LEVEL"},
    {"LevelNotYet",
     [](House& house) {
       house.Person("park", [&](facility::Person& p) { p.levels.back().from = house.now + absl::Seconds(1); });
     },
     "research-in", "park", "NO_ACCESS_LEVEL"},
    {"WithinTheSchedule",
     [](House& house) {
       house.Area("interview", [](facility::Area& area) { area.visual_security = false; });
       house.now = Seoul("2026-03-02 17:59:59");
     },
     "interview-in", "han", "GRANTED"},
    {"OutsideTheSchedule",
     [](House& house) {
       house.Area("interview", [](facility::Area& area) { area.visual_security = false; });
       house.now = Seoul("2026-03-02 18:00:00");
     },
     "interview-in", "han", "NOT_PERMITTED_AT_THIS_TIME"},
    {"OnASunday",
     [](House& house) {
       house.Area("interview", [](facility::Area& area) { area.visual_security = false; });
       house.now = Seoul("2026-03-01 12:00:00");
     },
     "interview-in", "han", "NOT_PERMITTED_AT_THIS_TIME"},
    {"AScheduleElsewhereIsNoExcuse", [](House& house) { house.now = Seoul("2026-03-01 12:00:00"); }, "research-in",
     "han", "CLEARANCE_INSUFFICIENT"},
};

INSTANTIATE_TEST_SUITE_P(Interviews, ScenarioTest, testing::ValuesIn(kInterviews),
                         [](const auto& scenario) { return scenario.param.name; });
INSTANTIATE_TEST_SUITE_P(RestrictedFloors, ScenarioTest, testing::ValuesIn(kRestrictedFloors),
                         [](const auto& scenario) { return scenario.param.name; });

TEST(ScenariosTest, TheRecordNamesEscortAndCustody) {
  House house;
  house.visits["cho"] = Cleared();
  house.Person("han", [](facility::Person& person) { person.subject_ref = "pseudonym-of-han"; });
  HanFirst(house);
  const Decision decision = house.Read("interview-in", "cho");
  EXPECT_THAT(decision.event.facts, HasSubstr(R"("escort":"pseudonym-of-han")"));
  EXPECT_THAT(decision.event.facts, HasSubstr(R"("devicesInCustody":true)"));
  EXPECT_THAT(decision.event.facts, HasSubstr(R"("visit":{"id":"visit-1","state":"CLEARED"})"));
  EXPECT_THAT(decision.event.policies, ElementsAre("cleared-guests-enter"));
  EXPECT_THAT(decision.event.obligations, ElementsAre("ESCORT_REQUIRED"));
}

TEST(ScenariosTest, AllReasonsAreKeptInTheirOrder) {
  House house;
  house.visits["cho"] = CheckedIn();
  house.visits["cho"].devices_in_custody = false;
  house.Area("interview", [](facility::Area& area) { area.visual_security_confirmed = false; });
  const Decision decision = house.Read("interview-in", "cho");
  EXPECT_EQ(decision.event.reason, "DEVICE_NOT_QUARANTINED");
  EXPECT_THAT(decision.event.also,
              ElementsAre("QUARANTINE_INCOMPLETE", "VISUAL_SECURITY_OPEN", "ESCORT_REQUIRED", "NO_ACCESS_LEVEL"));
  EXPECT_THAT(decision.event.policies,
              ElementsAre("guest-devices-in-custody", "guest-cleared", "blinds-down", "escort-beside"));
}

TEST(ScenariosTest, Scenario23_TheSecondComesTooLate) {
  House house;
  const Decision first = house.Read("compute-in", "park");
  EXPECT_EQ(first.event.reason, "GRANTED_FIRST_OF_TWO");
  EXPECT_EQ(first.unlock_seconds, 0u);
  EXPECT_THAT(first.event.obligations, ElementsAre("SECOND_PERSON_WITHIN_30S"));

  house.now += absl::Seconds(31);
  const Decision late = house.Read("compute-in", "ryu");
  EXPECT_EQ(late.event.reason, "GRANTED_FIRST_OF_TWO");
  EXPECT_THAT(late.event.also, ElementsAre("SECOND_PERSON_REQUIRED"));
  EXPECT_EQ(late.unlock_seconds, 0u);

  house.now += absl::Seconds(30);
  const Decision second = house.Pass("compute-in", "park");
  EXPECT_EQ(second.event.reason, "GRANTED");
  EXPECT_EQ(second.unlock_seconds, 5u);
  EXPECT_EQ(house.WhereIs("park"), "compute");
  EXPECT_EQ(house.WhereIs("ryu"), "compute");
}

TEST(ScenariosTest, Scenario24_OneStaysAlone) {
  House house;
  house.Read("compute-in", "park");
  house.Pass("compute-in", "ryu");
  ASSERT_EQ(house.PeopleIn("compute"), 2);
  const Decision ryu = house.Pass("compute-out", "ryu");
  EXPECT_EQ(ryu.event.reason, "GRANTED");
  EXPECT_THAT(ryu.event.also, Contains("OCCUPANCY_MINIMUM"));
  ASSERT_EQ(ryu.alarms.size(), 1u);
  EXPECT_EQ(ryu.alarms[0].kind, "OCCUPANCY_MINIMUM");
  EXPECT_EQ(ryu.alarms[0].object, "compute");
  EXPECT_EQ(house.PeopleIn("compute"), 1);
  const Decision park = house.Pass("compute-out", "park");
  EXPECT_TRUE(park.alarms.empty());
  EXPECT_EQ(house.PeopleIn("compute"), 0);
}

TEST(ScenariosTest, Scenario26_LockdownBetweenTheTwo) {
  House house;
  house.Read("compute-in", "park");
  house.Threat(facility::ThreatLevel::kLockdown);
  VoidPendingPairs(house.state);
  house.now += absl::Seconds(10);
  EXPECT_EQ(house.Read("compute-in", "ryu").event.reason, "THREAT_LEVEL");
  house.Threat(facility::ThreatLevel::kNormal);
  house.now += absl::Seconds(5);
  EXPECT_EQ(house.Read("compute-in", "ryu").event.reason, "GRANTED_FIRST_OF_TWO");
}

}  // namespace
}  // namespace sallyport::access
