// What must hold in every state: facilities, people and reads made at random from a seed.

#include <gtest/gtest.h>

#include <random>

#include "access/access_test_util.h"
#include "access/place.h"
#include "access/replay.h"

namespace sallyport::access {
namespace {

constexpr int kHouses = 60;
constexpr int kReads = 120;

class Dice {
 public:
  explicit Dice(uint32_t seed) : engine_(seed) {}
  int Below(int end) { return static_cast<int>(engine_() % static_cast<uint32_t>(end)); }
  bool Maybe(int percent) { return Below(100) < percent; }
  template <class T>
  const T& OneOf(const std::vector<T>& list) {
    return list[static_cast<size_t>(Below(static_cast<int>(list.size())))];
  }

 private:
  std::mt19937 engine_;  // the same numbers everywhere, unlike the distributions
};

const std::vector<std::string> kPeople = {"cho", "han", "ito", "jung", "park", "ryu", "lee"};
const std::vector<std::string> kDoors = {"main", "interview", "research", "compute"};
const std::vector<std::string> kAreas = {"outside", "lobby", "interview", "research", "compute"};

void Shake(House& house, Dice& dice) {
  for (const std::string& area : kAreas) {
    house.Area(area, [&](facility::Area& a) {
      a.anti_passback = static_cast<facility::AntiPassback>(dice.Below(3));
      a.occupancy_max = dice.Maybe(30) ? 1 + dice.Below(3) : 0;
      a.occupancy_min = dice.Maybe(30) ? 2 : 0;
      a.restricted |= dice.Maybe(10);
      a.two_person |= dice.Maybe(10);
      a.nda |= dice.Maybe(10);
    });
  }
  for (const std::string& door : kDoors) {
    for (const char* side : {"-in", "-out"}) {
      house.Door(door + side, [&](facility::AccessPoint& point) {
        point.mode = static_cast<facility::DoorMode>(dice.Maybe(80) ? 0 : dice.Below(3));
        point.pin_required = dice.Maybe(10);
        point.presence_on_grant = dice.Maybe(50);
      });
    }
  }
  for (const std::string& person : kPeople) {
    house.Person(person, [&](facility::Person& p) {
      p.status = static_cast<facility::PersonStatus>(dice.Maybe(80) ? 0 : dice.Below(3));
      p.kind = dice.Maybe(80) ? p.kind : static_cast<facility::PersonKind>(dice.Below(4));
      p.clearance = dice.Below(4);
      if (dice.Maybe(30)) p.levels.clear();
    });
    house.Card(person, [&](facility::Credential& c) {
      c.status = static_cast<facility::CredentialStatus>(dice.Maybe(80) ? 0 : dice.Below(4));
      if (dice.Maybe(10)) c.valid_until = house.now;
    });
    VisitFacts& facts = house.visits[person];
    facts.expected = dice.Maybe(50);
    facts.active = dice.Maybe(50);
    facts.cleared = dice.Maybe(50);
    facts.devices_in_custody = dice.Maybe(50);
    facts.incident = dice.Maybe(30);
  }
  if (dice.Maybe(20)) house.Threat(facility::ThreatLevel::kLockdown);
}

struct Tried {
  Decision decision;
  std::string person;  // empty: unknown badge
  bool exit = false;
};

Tried TryOne(House& house, Dice& dice) {
  house.now += absl::Seconds(dice.Below(40));
  Tried tried;
  tried.exit = dice.Maybe(40);
  tried.person = dice.Maybe(10) ? "" : dice.OneOf(kPeople);
  Presented presented =
      house.At(dice.OneOf(kDoors) + (tried.exit ? "-out" : "-in"), tried.person.empty() ? "nobody" : tried.person);
  if (dice.Maybe(10)) presented.pin = Secret("1234");
  if (dice.Maybe(10)) presented.read_time = house.now - absl::Seconds(dice.Below(20));
  if (dice.Maybe(5)) presented.credential = CardBits{std::string("\x01\x02", 2), 16};
  auto decision = house.Decide(presented);
  EXPECT_TRUE(decision.ok()) << decision.status();
  tried.decision = *std::move(decision);
  if (dice.Maybe(50)) house.Open(presented.access_point.value());
  return tried;
}

template <class Check>
void ForManyReads(const PolicyFiles& files, Check check) {
  for (int seed = 0; seed < kHouses; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Dice dice(static_cast<uint32_t>(seed));
    House house;
    Shake(house, dice);
    house.Compile(files);
    for (int i = 0; i < kReads && !testing::Test::HasFailure(); ++i) check(house, TryOne(house, dice));
  }
}

TEST(PropertiesTest, AnExitIsNeverRefused) {
  PolicyFiles hostile = RealPolicies();
  hostile.files["hostile.cedar"] = R"(
      @id("nobody-leaves") @reason("LOCKED_IN") @priority("1000") forbid (principal, action, resource);
      @id("broken") forbid (principal is Person, action, resource) when { principal.clearance + 9223372036854775807 > 0 };)";
  for (const PolicyFiles& files : {RealPolicies(), OnlyPolicies(""), hostile}) {
    ForManyReads(files, [](House&, const Tried& tried) {
      EXPECT_TRUE(!tried.exit || tried.decision.granted()) << tried.decision.event.reason;
    });
  }
}

TEST(PropertiesTest, WithoutPoliciesNobodyEntersButByAnUnlockedDoor) {
  ForManyReads(OnlyPolicies(""), [](House& house, const Tried& tried) {
    const facility::AccessPoint& door = *house.facility.access_points.Find(tried.decision.event.access_point);
    if (tried.exit || door.mode == facility::DoorMode::kUnlocked) return;
    EXPECT_FALSE(tried.decision.granted()) << tried.decision.event.facts;
  });
}

TEST(PropertiesTest, NobodyWithoutALevelEntersARestrictedArea) {
  ForManyReads(RealPolicies(), [](House& house, const Tried& tried) {
    if (tried.exit || !tried.decision.granted()) return;
    const facility::AccessPoint& door = *house.facility.access_points.Find(tried.decision.event.access_point);
    const Place place = PlaceOf(house.facility, door);
    if (door.mode == facility::DoorMode::kUnlocked || !place.requirements.restricted) return;
    ASSERT_FALSE(tried.decision.event.person.empty());
    const facility::Person& person = *house.facility.people.Find(tried.decision.event.person);
    // Guests enter the interview area by their visit, nothing else.
    const VisitFacts& visit = house.visits[person.id.value()];
    const bool guest = place.requirements.interview && visit.expected && visit.active && visit.cleared;
    EXPECT_TRUE(!person.levels.empty() || guest) << tried.decision.event.facts;
  });
}

TEST(PropertiesTest, WhatIsDeniedUnlocksNothingAndSaysWhy) {
  ForManyReads(RealPolicies(), [](House& house, const Tried& tried) {
    const Decision& decision = tried.decision;
    EXPECT_FALSE(decision.event.reason.empty());
    EXPECT_FALSE(decision.message.empty());
    for (const std::string& also : decision.event.also) EXPECT_NE(also, decision.event.reason);
    EXPECT_EQ(decision.granted(),
              decision.event.reason == "GRANTED" || decision.event.reason == "GRANTED_FIRST_OF_TWO");
    if (decision.granted()) return;
    EXPECT_EQ(decision.unlock_seconds, 0u);
    EXPECT_TRUE(decision.floors.empty());
    EXPECT_LE(decision.valid_until, house.now);
  });
}

TEST(PropertiesTest, OccupancyIsThePresenceCounted) {
  ForManyReads(RealPolicies(), [](House& house, const Tried&) {
    State rebuilt = house.state;
    RebuildOccupancy(house.facility, rebuilt);
    ASSERT_EQ(rebuilt.occupancy.size(), house.state.occupancy.size());
    rebuilt.occupancy.ForEach([&](const AreaId& area, int32_t people) {
      EXPECT_EQ(house.PeopleIn(area.value()), people) << area;
      EXPECT_GT(people, 0) << area;
    });
  });
}

TEST(PropertiesTest, TheSameReadsGiveTheSameDecisions) {
  std::vector<std::string> first;
  for (int round = 0; round < 2; ++round) {
    std::vector<std::string> decisions;
    ForManyReads(RealPolicies(), [&](House&, const Tried& tried) {
      decisions.push_back(absl::StrCat(tried.decision.event.reason, tried.decision.event.facts));
    });
    if (round == 0) first = decisions;
    EXPECT_EQ(decisions, first);
  }
}

TEST(PropertiesTest, WhatIsRecordedOfADecisionDecidesItAgain) {
  PolicyFiles curious = RealPolicies();
  curious.files["curious.cedar"] = R"(
      @id("hours") @reason("HOURS") forbid (principal is Person, action, resource)
        when { Schedule::"office".active && resource.from.restricted };
      @id("inner") permit (principal is Person, action, resource) when { Area::"compute" in Area::"research" };
      @id("late") permit (principal in AccessLevel::"staff@office", action, resource in Site::"hq");
      @id("broken") forbid (principal is Person, action, resource) when { principal.clearance * 9223372036854775807 > 3 };)";
  for (const PolicyFiles& files : {RealPolicies(), curious}) {
    const auto checked = CheckedPolicies::Check(files);
    ASSERT_TRUE(checked.ok()) << checked.status();
    Replayer replayer(*checked);
    int again = 0;
    ForManyReads(files, [&](House&, const Tried& tried) {
      const DecisionEvent& event = tried.decision.event;
      if (event.facts.empty()) return;
      ++again;
      const auto recorded = RecordedDecision::Read(event.facts);
      ASSERT_TRUE(recorded.ok()) << recorded.status() << event.facts;
      const auto outcome = replayer.Decide(*recorded);
      ASSERT_TRUE(outcome.ok()) << outcome.status() << event.facts;
      EXPECT_TRUE(*outcome == (Outcome{event.grant, event.reason, event.also, event.policies}))
          << event.reason << " became " << outcome->reason << ": " << event.facts;
    });
    EXPECT_GT(again, kHouses * kReads / 2);
  }
}

}  // namespace
}  // namespace sallyport::access
