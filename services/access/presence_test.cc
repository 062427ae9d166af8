#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_test_util.h"
#include "access/limits.h"

namespace sallyport::access {
namespace {

using facility::AntiPassback;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PresenceTest : public testing::Test {
 protected:
  void SetRule(const std::string& area, AntiPassback rule) {
    house_.Area(area, [=](facility::Area& changed) { changed.anti_passback = rule; });
  }
  House house_;
};

// ---- Passages

TEST_F(PresenceTest, AGrantIsNoPassageUntilTheDoorOpens) {
  house_.Read("main-in", "park");
  EXPECT_EQ(house_.WhereIs("park"), "");
  house_.Open("main-in");
  EXPECT_EQ(house_.WhereIs("park"), "lobby");
  const Presence& presence = *house_.state.presence.Find(PersonId("park"));
  EXPECT_EQ(presence.since, house_.now);
  EXPECT_EQ(presence.by, AccessPointId("main-in"));
}

TEST_F(PresenceTest, WithoutADoorSensorAGrantIsThePassage) {
  for (const char* door : {"main-in", "main-out"}) {
    house_.Door(door, [](facility::AccessPoint& point) { point.presence_on_grant = true; });
  }
  house_.Read("main-in", "park");
  EXPECT_EQ(house_.WhereIs("park"), "lobby");
  house_.Read("main-out", "park");
  EXPECT_EQ(house_.WhereIs("park"), "outside");
  house_.Card("park", [](facility::Credential& card) { card.status = facility::CredentialStatus::kDisabled; });
  house_.Read("main-in", "park");
  EXPECT_EQ(house_.WhereIs("park"), "outside");
}

TEST_F(PresenceTest, AnOpeningBelongsToTheLastGrantWithinTheUnlockTime) {
  const AccessPointId door("main-in");
  const auto last = [&] { return LastGrant(house_.facility, house_.state, door, house_.now); };
  EXPECT_EQ(last(), PersonId());
  house_.Read("main-in", "park");
  house_.Read("main-in", "ryu");
  EXPECT_EQ(last(), PersonId("ryu"));
  EXPECT_EQ(LastGrant(house_.facility, house_.state, AccessPointId("main-out"), house_.now), PersonId());
  house_.now += kGrantValid + absl::Seconds(5);
  EXPECT_EQ(last(), PersonId("ryu"));
  house_.now += absl::Nanoseconds(1);
  EXPECT_EQ(last(), PersonId());
}

TEST_F(PresenceTest, EverybodyGrantedBeforeTheOpeningComesIn) {
  house_.visits["cho"] = Cleared();
  house_.Read("interview-in", "han");
  house_.now += absl::Seconds(20);  // Han has waited for Cho
  house_.Read("interview-in", "cho");
  house_.now += absl::Seconds(2);
  house_.Open("interview-in");
  EXPECT_EQ(house_.WhereIs("cho"), "interview");
  EXPECT_EQ(house_.WhereIs("han"), "interview");
  EXPECT_EQ(house_.PeopleIn("interview"), 2);
}

TEST_F(PresenceTest, AGrantThatWasNotUsedIsForgotten) {
  house_.Read("main-in", "park");
  house_.now += kGrantValid + absl::Seconds(6);
  house_.Pass("main-in", "ryu");
  EXPECT_EQ(house_.WhereIs("park"), "");
  EXPECT_EQ(house_.WhereIs("ryu"), "lobby");
}

TEST_F(PresenceTest, WhoeverIsForgottenIsNowhere) {
  house_.Pass("main-in", "park");
  house_.Pass("main-in", "ryu");
  house_.Read("research-in", "park");
  house_.Read("research-in", "ryu");
  house_.state.pairs.Put(AccessPointId("research-in"), {PersonId("park"), house_.now});
  house_.state.pin_failures.Put(PersonId("park"), {2, house_.now});
  ForgetPerson(house_.facility, PersonId("park"), house_.state);
  EXPECT_EQ(house_.WhereIs("park"), "");
  EXPECT_EQ(house_.WhereIs("ryu"), "lobby");
  EXPECT_EQ(house_.PeopleIn("lobby"), 1);
  EXPECT_TRUE(house_.state.pairs.empty());
  EXPECT_TRUE(house_.state.pin_failures.empty());
  house_.state.recent.ForEach([](const AccessPointId& door, const RecentGrants& recent) {
    for (const RecentGrants::Grant& grant : recent.grants) EXPECT_EQ(grant.person, PersonId("ryu")) << door;
  });
  const auto occupancy = house_.state.occupancy;
  RebuildOccupancy(house_.facility, house_.state);
  EXPECT_EQ(*occupancy.Find(AreaId("lobby")), *house_.state.occupancy.Find(AreaId("lobby")));
}

TEST_F(PresenceTest, TheNextOpeningMovesNobodyWhoHasPassed) {
  house_.Pass("main-in", "park");
  house_.Read("research-in", "park");
  house_.Open("research-in");
  house_.Pass("main-in", "ryu");
  EXPECT_EQ(house_.WhereIs("park"), "research");
}

TEST_F(PresenceTest, AnUnknownDoorMovesNobody) {
  RecordPassage(house_.facility, AccessPointId("none"), PersonId("park"), house_.now, house_.state);
  EXPECT_EQ(house_.WhereIs("park"), "");
}

TEST_F(PresenceTest, RecentGrantsAreBounded) {
  for (size_t i = 0; i < 2 * kRecentGrantsMax; ++i) {
    const std::string name = absl::StrCat("guard-", i);
    house_.AddPerson(name, facility::PersonKind::kEmployee, {"staff"});
    EXPECT_TRUE(house_.Read("main-in", name).granted());
  }
  EXPECT_EQ(house_.state.recent.Find(AccessPointId("main-in"))->grants.size(), kRecentGrantsMax);
}

// ---- Occupancy

TEST_F(PresenceTest, PeopleInARoomAreInTheAreasAroundIt) {
  house_.Pass("research-in", "park");
  EXPECT_EQ(house_.PeopleIn("research"), 1);
  house_.Read("compute-in", "park");
  house_.Pass("compute-in", "ryu");
  EXPECT_EQ(house_.PeopleIn("compute"), 2);
  EXPECT_EQ(house_.PeopleIn("research"), 2);
  house_.Pass("compute-out", "park");
  EXPECT_EQ(house_.PeopleIn("compute"), 1);
  EXPECT_EQ(house_.PeopleIn("research"), 2);

  State rebuilt = house_.state;
  rebuilt.occupancy = {};
  RebuildOccupancy(house_.facility, rebuilt);
  EXPECT_EQ(rebuilt.occupancy.size(), house_.state.occupancy.size());
  house_.state.occupancy.ForEach([&](const AreaId& area, int32_t people) {
    ASSERT_NE(rebuilt.occupancy.Find(area), nullptr) << area;
    EXPECT_EQ(*rebuilt.occupancy.Find(area), people) << area;
  });
}

TEST_F(PresenceTest, AFullAreaTakesNobodyMore) {
  house_.Area("lobby", [](facility::Area& area) { area.occupancy_max = 2; });
  house_.Pass("main-in", "park");
  EXPECT_TRUE(house_.Read("main-in", "ryu").granted());
  // Ryu has not opened the door yet, but may.
  EXPECT_EQ(house_.Read("main-in", "han").event.reason, "OCCUPANCY_FULL");
  house_.now += kGrantValid + absl::Seconds(6);
  EXPECT_TRUE(house_.Pass("main-in", "han").granted());
  EXPECT_EQ(house_.Read("main-in", "ito").event.reason, "OCCUPANCY_FULL");
  // Whoever is inside by the records takes no further place.
  EXPECT_TRUE(house_.Read("main-in", "han").granted());
  EXPECT_TRUE(house_.Pass("main-out", "park").granted());
  house_.now += absl::Minutes(1);
  EXPECT_TRUE(house_.Read("main-in", "ito").granted());
}

TEST_F(PresenceTest, APairNeedsRoomForTwo) {
  house_.Area("compute", [](facility::Area& area) { area.occupancy_max = 3; });
  house_.Read("compute-in", "park");
  house_.Pass("compute-in", "ryu");
  EXPECT_EQ(house_.Read("compute-in", "lee").event.reason, "OCCUPANCY_FULL");
}

// ---- Anti-passback

TEST_F(PresenceTest, EnteringTwiceIsRefusedNotedOrFine) {
  const struct {
    AntiPassback rule;
    bool granted;
    bool noted;
  } cases[] = {
      {AntiPassback::kOff, true, false}, {AntiPassback::kSoft, true, true}, {AntiPassback::kHard, false, true}};
  for (const auto& c : cases) {
    House house;
    house.Area("lobby", [&](facility::Area& area) { area.anti_passback = c.rule; });
    EXPECT_EQ(house.Pass("main-in", "park").event.reason, "GRANTED");
    const Decision again = house.Read("main-in", "park");
    EXPECT_EQ(again.granted(), c.granted);
    EXPECT_EQ(again.event.reason, c.granted ? "GRANTED" : "ANTIPASSBACK_VIOLATION");
    EXPECT_EQ(again.granted() && !again.event.also.empty(), c.granted && c.noted);
    EXPECT_EQ(again.alarms.size(), c.rule == AntiPassback::kSoft ? 1u : 0u);
    EXPECT_TRUE(house.Pass("main-out", "park").granted());
    EXPECT_EQ(house.Read("main-in", "park").event.reason, "GRANTED");
    EXPECT_TRUE(house.Read("main-in", "park").event.also.empty());
  }
}

TEST_F(PresenceTest, LeavingWhereOneIsNotIsNotedAndNeverRefused) {
  SetRule("lobby", AntiPassback::kHard);
  house_.Pass("main-in", "park");
  house_.Pass("main-out", "park");
  const Decision again = house_.Read("main-out", "park");
  EXPECT_EQ(again.event.reason, "GRANTED");
  EXPECT_THAT(again.event.also, ElementsAre("ANTIPASSBACK_VIOLATION"));
  ASSERT_EQ(again.alarms.size(), 1u);
  EXPECT_EQ(again.alarms[0].kind, "ANTIPASSBACK_VIOLATION");
}

TEST_F(PresenceTest, WhoHasNoRecordedPlaceContradictsNothing) {
  SetRule("lobby", AntiPassback::kHard);
  EXPECT_TRUE(house_.Read("main-out", "park").event.also.empty());
  EXPECT_TRUE(house_.Read("main-in", "park").event.also.empty());
}

TEST_F(PresenceTest, DoorsWithinAnAreaAreNoWayIntoIt) {
  SetRule("research", AntiPassback::kHard);
  house_.Pass("research-in", "park");
  house_.Read("compute-in", "park");
  house_.Pass("compute-in", "ryu");
  EXPECT_THAT(house_.Pass("compute-out", "park").event.also, ElementsAre("OCCUPANCY_MINIMUM"));
  EXPECT_EQ(house_.Read("research-in", "park").event.reason, "ANTIPASSBACK_VIOLATION");
}

TEST_F(PresenceTest, ARefusedReadRaisesNoAlarmAboutPlaces) {
  SetRule("lobby", AntiPassback::kSoft);
  house_.Pass("main-in", "park");
  house_.Card("park", [](facility::Credential& card) { card.status = facility::CredentialStatus::kDisabled; });
  const Decision decision = house_.Read("main-in", "park");
  EXPECT_EQ(decision.event.reason, "CREDENTIAL_NOT_ENABLED");
  EXPECT_THAT(decision.event.also, Contains("ANTIPASSBACK_VIOLATION"));
  EXPECT_THAT(decision.alarms, IsEmpty());
}

// ---- Pairs

class PairTest : public testing::Test {
 protected:
  std::string Read(const std::string& badge) { return house_.Read("compute-in", badge).event.reason; }
  House house_;
};

TEST_F(PairTest, EitherOrderAndTheWindowIsInclusive) {
  EXPECT_EQ(Read("ryu"), "GRANTED_FIRST_OF_TWO");
  house_.now += absl::Seconds(30);
  EXPECT_EQ(Read("park"), "GRANTED");
  EXPECT_EQ(Read("lee"), "GRANTED_FIRST_OF_TWO");  // a third starts a new pair
}

TEST_F(PairTest, TheSamePersonAgainDoesNotComplete) {
  EXPECT_EQ(Read("park"), "GRANTED_FIRST_OF_TWO");
  house_.now += absl::Seconds(1);
  EXPECT_EQ(Read("park"), "GRANTED_FIRST_OF_TWO");
  facility::Credential spare = *house_.facility.credentials.Find(CredentialId("park"));
  spare.id = CredentialId("park-spare");
  house_.facility.credentials.Put(spare.id, spare);
  EXPECT_EQ(Read("park-spare"), "GRANTED_FIRST_OF_TWO");
}

TEST_F(PairTest, TheFirstAloneOpensNothing) {
  house_.Door("compute-in", [](facility::AccessPoint& door) {
    door.presence_on_grant = true;
    door.lift_floors = {3};
  });
  const Decision first = house_.Read("compute-in", "park");
  EXPECT_TRUE(first.granted());
  EXPECT_EQ(first.unlock_seconds, 0u);
  EXPECT_THAT(first.floors, IsEmpty());
  EXPECT_EQ(first.valid_until, house_.now + absl::Seconds(30));
  EXPECT_EQ(house_.WhereIs("park"), "");
  EXPECT_EQ(LastGrant(house_.facility, house_.state, AccessPointId("compute-in"), house_.now), PersonId());
  EXPECT_TRUE(house_.Read("compute-in", "ryu").granted());
  EXPECT_EQ(house_.WhereIs("park"), "compute");
  EXPECT_EQ(house_.WhereIs("ryu"), "compute");
}

TEST_F(PairTest, ARefusedSecondLeavesTheFirstWaiting) {
  EXPECT_EQ(Read("park"), "GRANTED_FIRST_OF_TWO");
  EXPECT_EQ(Read("han"), "CLEARANCE_INSUFFICIENT");
  EXPECT_EQ(Read("ryu"), "GRANTED");
}

TEST_F(PairTest, AVisitorIsNotHalfOfAPair) {
  house_.AddPerson("guest", facility::PersonKind::kVisitor, {"research"});
  house_.Person("guest", [](facility::Person& person) {
    person.clearance = 2;
    person.projects = {"atlas"};
    person.briefings["lab"] = Seoul("2026-03-01 10:00:00");
  });
  house_.Area("research", [](facility::Area& area) { area.restricted = false; });
  EXPECT_EQ(Read("guest"), "SECOND_PERSON_NOT_ELIGIBLE");
}

TEST_F(PairTest, AFirstWhoMayNoLongerEnterDoesNotCount) {
  EXPECT_EQ(Read("park"), "GRANTED_FIRST_OF_TWO");
  house_.Person("park", [](facility::Person& person) { person.status = facility::PersonStatus::kSuspended; });
  EXPECT_EQ(Read("ryu"), "GRANTED_FIRST_OF_TWO");
  house_.Person("ryu", [](facility::Person& person) { person.levels.clear(); });
  EXPECT_EQ(Read("lee"), "GRANTED_FIRST_OF_TWO");
}

TEST_F(PairTest, ALockedDownDoorEndsWhatHasBegun) {
  EXPECT_EQ(Read("park"), "GRANTED_FIRST_OF_TWO");
  house_.Door("compute-in", [](facility::AccessPoint& door) { door.mode = facility::DoorMode::kLockedDown; });
  EXPECT_EQ(Read("ryu"), "DOOR_LOCKED_DOWN");
  house_.Door("compute-in", [](facility::AccessPoint& door) { door.mode = facility::DoorMode::kNormal; });
  EXPECT_EQ(Read("ryu"), "GRANTED_FIRST_OF_TWO");
}

TEST_F(PairTest, SecurityOfficersPairInALockdown) {
  house_.AddPerson("moon", facility::PersonKind::kEmployee, {"security"});
  house_.Person("moon", [&](facility::Person& person) {
    const facility::Person& lee = *house_.facility.people.Find(PersonId("lee"));
    person.clearance = lee.clearance;
    person.projects = lee.projects;
    person.briefings = lee.briefings;
  });
  house_.Threat(facility::ThreatLevel::kLockdown);
  EXPECT_EQ(Read("lee"), "GRANTED_FIRST_OF_TWO");
  EXPECT_EQ(Read("moon"), "GRANTED");
}

}  // namespace
}  // namespace sallyport::access
