#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/match.h"
#include "access/access_test_util.h"
#include "access/limits.h"
#include "access/pin.h"
#include "base/status.h"
#include "reader/card_format.h"

namespace sallyport::access {
namespace {

using facility::AntiPassback;
using facility::CredentialStatus;
using facility::DoorMode;
using facility::PersonStatus;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

std::vector<std::string> Kinds(const Decision& decision) {
  std::vector<std::string> out;
  for (const AlarmEvent& alarm : decision.alarms) out.push_back(alarm.kind);
  return out;
}

// ---- Who it is

struct Standing {
  std::string name;
  std::function<void(House&)> given;
  std::string reason;
  std::vector<std::string> alarms;
};

class StandingTest : public testing::TestWithParam<Standing> {};

TEST_P(StandingTest, OnTheWayIn) {
  House house;
  GetParam().given(house);
  const Decision decision = house.Read("main-in", "park");
  EXPECT_EQ(decision.event.reason, GetParam().reason);
  EXPECT_EQ(decision.granted(), GetParam().reason == "GRANTED");
  EXPECT_EQ(Kinds(decision), GetParam().alarms);
  EXPECT_EQ(decision.event.person, PersonId("park"));
  EXPECT_EQ(decision.event.credential, CredentialId("park"));
  EXPECT_EQ(decision.event.card_digest, "");
}

TEST_P(StandingTest, OnTheWayOut) {
  House house;
  GetParam().given(house);
  const Decision decision = house.Pass("main-out", "park");
  EXPECT_TRUE(decision.granted());
  EXPECT_EQ(decision.event.reason, "GRANTED");
  EXPECT_GT(decision.unlock_seconds, 0u);
  EXPECT_EQ(Kinds(decision), GetParam().alarms);
  if (GetParam().reason != "GRANTED") {
    EXPECT_THAT(decision.event.also, Contains(GetParam().reason));
  }
  EXPECT_EQ(house.WhereIs("park"), "outside");
}

Standing CredentialIs(const std::string& name, CredentialStatus status, const std::string& reason,
                      std::vector<std::string> alarms = {}) {
  return {name, [=](House& house) { house.Card("park", [=](facility::Credential& card) { card.status = status; }); },
          reason, std::move(alarms)};
}
Standing CardDates(const std::string& name, absl::Duration from, absl::Duration until, const std::string& reason) {
  return {name,
          [=](House& house) {
            house.Card("park", [&](facility::Credential& card) {
              card.valid_from = house.now + from;
              card.valid_until = house.now + until;
            });
          },
          reason,
          {}};
}
Standing PersonIs(const std::string& name, const std::function<void(facility::Person&, absl::Time)>& change,
                  const std::string& reason) {
  return {name,
          [=](House& house) { house.Person("park", [&](facility::Person& person) { change(person, house.now); }); },
          reason,
          {}};
}

INSTANTIATE_TEST_SUITE_P(
    Decide, StandingTest,
    testing::Values(
        CredentialIs("Active", CredentialStatus::kActive, "GRANTED"),
        CredentialIs("Disabled", CredentialStatus::kDisabled, "CREDENTIAL_NOT_ENABLED"),
        CredentialIs("Lost", CredentialStatus::kLost, "CREDENTIAL_LOST", {"CREDENTIAL_LOST"}),
        CredentialIs("Stolen", CredentialStatus::kStolen, "CREDENTIAL_STOLEN", {"CREDENTIAL_STOLEN"}),
        CardDates("CardFromNow", absl::ZeroDuration(), absl::Hours(1), "GRANTED"),
        CardDates("CardFromSoon", absl::Nanoseconds(1), absl::Hours(1), "CREDENTIAL_NOT_ACTIVE"),
        CardDates("CardStillGood", -absl::Hours(1), absl::Nanoseconds(1), "GRANTED"),
        CardDates("CardUntilNow", -absl::Hours(1), absl::ZeroDuration(), "CREDENTIAL_EXPIRED"),
        PersonIs(
            "Suspended", [](facility::Person& p, absl::Time) { p.status = PersonStatus::kSuspended; },
            "PERSON_INACTIVE"),
        PersonIs(
            "Left", [](facility::Person& p, absl::Time) { p.status = PersonStatus::kLeft; }, "PERSON_INACTIVE"),
        PersonIs(
            "NotYet", [](facility::Person& p, absl::Time now) { p.valid_from = now + absl::Seconds(1); },
            "PERSON_INACTIVE"),
        PersonIs(
            "UntilNow", [](facility::Person& p, absl::Time now) { p.valid_until = now; }, "PERSON_INACTIVE")),
    [](const auto& param) { return param.param.name; });

TEST(DecideTest, AnUnlistedAccessPointIsNotFound) {
  House house;
  const State before = house.state;
  const auto decision = house.Decide(house.At("no-such-door", "park"));
  EXPECT_EQ(decision.status().code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(FieldViolations(decision.status()).size(), 1u);
  EXPECT_EQ(FieldViolations(decision.status()).front().field, "access_point_id");
  EXPECT_EQ(ReasonOf(decision.status()), "ACCESS_POINT_NOT_FOUND");
}

TEST(DecideTest, AnUnknownCredentialLeavesADigestAndNoName) {
  House house;
  const Decision first = house.Read("main-in", "nobody");
  EXPECT_FALSE(first.granted());
  EXPECT_EQ(first.event.reason, "UNKNOWN_CREDENTIAL");
  EXPECT_TRUE(first.event.person.empty());
  EXPECT_TRUE(first.event.credential.empty());
  EXPECT_TRUE(first.event.facts.empty());
  EXPECT_EQ(first.event.card_digest.size(), 32u);
  EXPECT_FALSE(absl::StrContains(first.event.card_digest, "nobody"));
  EXPECT_EQ(house.Read("main-in", "nobody").event.card_digest, first.event.card_digest);
  EXPECT_NE(house.Read("main-in", "somebody").event.card_digest, first.event.card_digest);
  house.digest_key = Secret("another key");
  EXPECT_NE(house.Read("main-in", "nobody").event.card_digest, first.event.card_digest);
}

TEST(DecideTest, ACredentialWhosePersonIsGoneOpensNothing) {
  House house;
  house.facility.people.Erase(PersonId("park"));
  const Decision decision = house.Read("main-in", "park");
  EXPECT_EQ(decision.event.reason, "PERSON_INACTIVE");
  EXPECT_TRUE(decision.event.person.empty());
  EXPECT_TRUE(house.Read("main-out", "park").granted());
}

// ---- Cards

class CardsTest : public testing::Test {
 protected:
  CardsTest() {
    Give("park", {"H10301", 123, 4567, ""});
    Give("ryu", {"raw", 0, 0, "32:04A1B2C3"});
    Give("han", {"raw", 0, 0, "26:80800080"});  // has the form of an H10301 card
  }
  void Give(const std::string& badge, const facility::CardNumber& card) {
    house_.Card(badge, [&](facility::Credential& credential) { credential.card = card; });
    house_.facility.credential_by_card.Put(card.Key(), CredentialId(badge));
  }
  Decision Present(const std::string& bits, uint32_t bit_count) {
    Presented presented = house_.At("main-in", "");
    presented.credential = CardBits{bits, bit_count};
    auto decision = house_.Decide(presented);
    EXPECT_TRUE(decision.ok()) << decision.status();
    return *std::move(decision);
  }
  House house_;
};

TEST_F(CardsTest, BitsBecomeAPerson) {
  EXPECT_EQ(Present("\xBD\x88\xEB\x80", 26).event.person, PersonId("park"));
  EXPECT_EQ(Present("\x04\xA1\xB2\xC3", 32).event.person, PersonId("ryu"));
  EXPECT_EQ(Present(std::string("\x80\x80\x00\x80", 4), 26).event.person, PersonId("han"));
}

TEST_F(CardsTest, WhatDoesNotFit) {
  EXPECT_EQ(Present("\x04\xA1\xB2\xC4", 32).event.reason, "UNKNOWN_CREDENTIAL");
  const Decision parity = Present("\xBD\x88\xEB\xC0", 26);
  EXPECT_EQ(parity.event.reason, "INVALID_FORMAT");
  EXPECT_EQ(parity.event.card_digest.size(), 32u);
  EXPECT_EQ(Present("\xBD\x88\xEB", 26).event.reason, "INVALID_FORMAT");
  EXPECT_EQ(Present("", 0).event.reason, "INVALID_FORMAT");
}

TEST_F(CardsTest, TheDoorsFormatsGoBeforeTheSites) {
  facility::Site site = *house_.facility.sites.Find(SiteId("hq"));
  site.card_formats = {"H10301"};
  house_.facility.sites.Put(site.id, site);
  EXPECT_EQ(Present("\x04\xA1\xB2\xC3", 32).event.reason, "INVALID_FORMAT");
  EXPECT_EQ(Present(std::string("\x80\x80\x00\x80", 4), 26).event.reason, "UNKNOWN_CREDENTIAL");
  house_.Door("main-in", [](facility::AccessPoint& door) { door.formats = {"raw"}; });
  EXPECT_EQ(Present("\x04\xA1\xB2\xC3", 32).event.person, PersonId("ryu"));
  EXPECT_EQ(Present("\xBD\x88\xEB\x80", 26).event.reason, "UNKNOWN_CREDENTIAL");
}

// ---- Late reads

TEST(DecideTest, LateReadsAreRecordedAndUnlockNothing) {
  const struct {
    absl::Duration age;
    bool late;
  } cases[] = {
      {absl::ZeroDuration(), false}, {absl::Seconds(5), false}, {absl::Seconds(5) + absl::Nanoseconds(1), true},
      {absl::Hours(24 * 400), true}, {-kReadAheadMax, false},   {-kReadAheadMax - absl::Nanoseconds(1), true}};
  for (const auto& c : cases) {
    House house;
    Presented in = house.At("main-in", "park");
    in.read_time = house.now - c.age;
    const Decision entry = *house.Decide(in);
    EXPECT_EQ(entry.event.reason, c.late ? "READ_TOO_OLD" : "GRANTED") << c.age;
    EXPECT_EQ(entry.event.read_time, in.read_time);
    Presented out = in;
    out.access_point = AccessPointId("main-out");
    const Decision exit = *house.Decide(out);
    EXPECT_TRUE(exit.granted()) << c.age;
    EXPECT_EQ(exit.unlock_seconds, c.late ? 0u : 5u) << c.age;
    EXPECT_EQ(exit.valid_until, house.now + (c.late ? absl::ZeroDuration() : kGrantValid)) << c.age;
  }
}

TEST(DecideTest, ALateReadWithAWrongPinIsNotAnAttempt) {
  House house;
  Presented read = house.At("main-in", "park");
  read.pin = Secret("0000");
  read.read_time = house.now - absl::Minutes(1);
  EXPECT_EQ(house.Decide(read)->event.reason, "READ_TOO_OLD");
  EXPECT_EQ(house.state.pin_failures.size(), 0u);
}

// ---- PINs

class PinTest : public testing::Test {
 protected:
  PinTest() {
    house_.Door("main-in", [](facility::AccessPoint& door) { door.pin_required = true; });
    house_.Person("park", [&](facility::Person& person) {
      person.pin_digest = PinDigest(house_.digest_key, person.id, Secret("4711"));
    });
  }
  Decision Type(const std::string& pin, const std::string& badge = "park") {
    Presented read = house_.At("main-in", badge);
    read.pin = Secret(pin);
    return *house_.Decide(read);
  }
  House house_;
};

TEST_F(PinTest, RightWrongAndMissing) {
  EXPECT_EQ(Type("").event.reason, "PIN_REQUIRED");
  EXPECT_EQ(Type("4712").event.reason, "INVALID_PIN");
  EXPECT_EQ(Type("47110").event.reason, "INVALID_PIN");
  const Decision right = Type("4711");
  EXPECT_EQ(right.event.reason, "GRANTED");
  EXPECT_TRUE(absl::StrContains(right.event.facts, R"("pinVerified":true)"));
  EXPECT_FALSE(absl::StrContains(right.event.facts, "4711"));
}

TEST_F(PinTest, APersonWithoutAPinHasNoRightOne) {
  EXPECT_EQ(Type("4711", "ryu").event.reason, "INVALID_PIN");
  EXPECT_EQ(Type("", "ryu").event.reason, "PIN_REQUIRED");
}

TEST_F(PinTest, TheDigestIsThePersonsOwnAndKeyed) {
  const std::string digest = PinDigest(house_.digest_key, PersonId("park"), Secret("4711"));
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_NE(digest, PinDigest(house_.digest_key, PersonId("ryu"), Secret("4711")));
  EXPECT_NE(digest, PinDigest(Secret("another key"), PersonId("park"), Secret("4711")));
  EXPECT_NE(PinDigest(house_.digest_key, PersonId("a"), Secret("bc")),
            PinDigest(house_.digest_key, PersonId("ab"), Secret("c")));
}

TEST_F(PinTest, WrongOnesInARowLockIt) {
  for (int i = 1; i < kPinFailuresMax; ++i) {
    const Decision wrong = Type("0000");
    EXPECT_EQ(wrong.event.reason, "INVALID_PIN");
    EXPECT_THAT(wrong.alarms, IsEmpty());
  }
  const Decision last = Type("0000");
  EXPECT_EQ(last.event.reason, "INVALID_PIN");
  EXPECT_THAT(Kinds(last), ElementsAre("PIN_LOCKED_OUT"));
  EXPECT_EQ(Type("4711").event.reason, "PIN_LOCKED_OUT");
  house_.now += kPinLockout - absl::Nanoseconds(1);
  EXPECT_EQ(Type("4711").event.reason, "PIN_LOCKED_OUT");
  house_.now += absl::Nanoseconds(1);
  EXPECT_EQ(Type("4711").event.reason, "GRANTED");
}

TEST_F(PinTest, ARightOneForgetsTheWrongOnes) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 1; i < kPinFailuresMax; ++i) Type("0000");
    EXPECT_EQ(Type("4711").event.reason, "GRANTED");
  }
}

TEST_F(PinTest, WhereNoneIsNeededAWrongOneStillRefuses) {
  house_.Door("main-in", [](facility::AccessPoint& door) { door.pin_required = false; });
  EXPECT_EQ(Type("").event.reason, "GRANTED");
  EXPECT_EQ(Type("0000").event.reason, "INVALID_PIN");
}

TEST_F(PinTest, AnExitAsksForNone) {
  house_.Door("main-out", [](facility::AccessPoint& door) { door.pin_required = true; });
  Presented out = house_.At("main-out", "park");
  EXPECT_EQ(house_.Decide(out)->event.reason, "GRANTED");
  out.pin = Secret("0000");
  EXPECT_EQ(house_.Decide(out)->event.reason, "GRANTED");
  EXPECT_EQ(house_.state.pin_failures.size(), 0u);
}

TEST_F(PinTest, ARevokedBadgeIsNoOracle) {
  house_.Card("park", [](facility::Credential& card) { card.status = CredentialStatus::kLost; });
  const Decision right = Type("4711");
  const Decision wrong = Type("0000");
  EXPECT_EQ(right.event.reason, "CREDENTIAL_LOST");
  EXPECT_EQ(wrong.event.reason, right.event.reason);
  EXPECT_EQ(wrong.event.also, right.event.also);
}

// ---- Door modes

TEST(DecideTest, ALockedDownDoorLetsNobodyInAndEverybodyOut) {
  House house;
  for (const char* door : {"main-in", "main-out"}) {
    house.Door(door, [](facility::AccessPoint& point) { point.mode = DoorMode::kLockedDown; });
  }
  EXPECT_EQ(house.Read("main-in", "lee").event.reason, "DOOR_LOCKED_DOWN");
  EXPECT_EQ(house.Read("main-out", "lee").event.reason, "GRANTED");
}

TEST(DecideTest, AnUnlockedDoorIsOpenForEverybodyButWhomAPolicyForbids) {
  House house;
  house.Door("research-in", [](facility::AccessPoint& point) {
    point.mode = DoorMode::kUnlocked;
    point.pin_required = true;
  });
  house.Door("main-in", [](facility::AccessPoint& point) { point.mode = DoorMode::kUnlocked; });
  const Decision unknown = house.Read("main-in", "nobody");
  EXPECT_EQ(unknown.event.reason, "GRANTED");
  EXPECT_THAT(unknown.event.also, ElementsAre("UNKNOWN_CREDENTIAL"));
  house.Person("park", [](facility::Person& person) { person.levels.clear(); });
  EXPECT_THAT(house.Read("research-in", "park").event.also, ElementsAre("NO_ACCESS_LEVEL"));
  EXPECT_TRUE(house.Read("research-in", "park").granted());
  EXPECT_EQ(house.Read("research-in", "han").event.reason, "CLEARANCE_INSUFFICIENT");
  EXPECT_FALSE(house.Read("research-in", "nobody").granted());  // a stranger where something is asked of everybody
  house.Threat(facility::ThreatLevel::kLockdown);
  EXPECT_EQ(house.Read("main-in", "park").event.reason, "THREAT_LEVEL");
  EXPECT_THAT(house.Read("main-in", "nobody").event.also, ElementsAre("THREAT_LEVEL"));
  EXPECT_FALSE(house.Read("main-in", "nobody").granted());
}

// ---- What a grant brings along

TEST(DecideTest, AGrantNamesWhatTheDoorShouldDo) {
  House house;
  house.Door("main-in", [](facility::AccessPoint& door) {
    door.unlock_seconds = 12;
    door.lift_floors = {0, 2};
  });
  const Decision granted = house.Read("main-in", "park");
  EXPECT_EQ(granted.unlock_seconds, 12u);
  EXPECT_THAT(granted.floors, ElementsAre(0, 2));
  EXPECT_EQ(granted.valid_until, house.now + kGrantValid);
  EXPECT_EQ(granted.message, "Welcome");
  EXPECT_EQ(granted.event.area, AreaId("lobby"));
  EXPECT_THAT(granted.event.policies, ElementsAre("access-level:staff:lobby"));

  house.Person("park", [](facility::Person& person) { person.status = PersonStatus::kLeft; });
  const Decision denied = house.Read("main-in", "park");
  EXPECT_EQ(denied.unlock_seconds, 0u);
  EXPECT_THAT(denied.floors, IsEmpty());
  EXPECT_EQ(denied.valid_until, absl::InfinitePast());
}

TEST(DecideTest, TheDisplaySpeaksTheSitesLanguage) {
  House house;
  facility::Site site = *house.facility.sites.Find(SiteId("hq"));
  site.language = "ko";
  house.facility.sites.Put(site.id, site);
  EXPECT_EQ(house.Read("main-in", "park").message, "들어오십시오");
  EXPECT_EQ(house.Read("main-in", "nobody").message, "등록되지 않은 출입증입니다");
}

TEST(DecideTest, AReasonOfAPolicysOwnIsShownByItsAdvice) {
  House house;
  house.Compile(OnlyPolicies(R"(
      @id("tours") @reason("NO_TOURS_TODAY") @advice("There are no tours today.")
      forbid (principal, action == Action::"enter", resource);)"));
  const Decision decision = house.Read("main-in", "park");
  EXPECT_EQ(decision.event.reason, "NO_TOURS_TODAY");
  EXPECT_EQ(decision.message, "There are no tours today.");
}

// ---- Failing policies

TEST(DecideTest, AFailingPolicyRefusesAndAlarms) {
  for (const char* effect : {"forbid", "permit"}) {
    House house;
    house.Compile(OnlyPolicies(absl::StrCat(
        R"(@id("open") permit (principal, action, resource);
           @id("broken") )",
        effect,
        R"( (principal is Person, action == Action::"enter", resource) when { principal.clearance + 9223372036854775807 > 0 };)")));
    const Decision decision = house.Read("main-in", "park");
    EXPECT_EQ(decision.event.reason, "POLICY_ERROR") << effect;
    EXPECT_FALSE(decision.granted());
    ASSERT_THAT(Kinds(decision), ElementsAre("POLICY_ERROR"));
    EXPECT_THAT(decision.alarms[0].facts, Contains(Pair("policy", "broken")));
    EXPECT_THAT(decision.event.policies, Contains("broken"));
    EXPECT_TRUE(house.Read("main-out", "park").granted());
  }
}

TEST(DecideTest, ADoorThatLeadsNowhereOpensForNobody) {
  House house;
  house.Door("main-in", [](facility::AccessPoint& door) { door.to = AreaId("nowhere"); });
  house.Door("main-out", [](facility::AccessPoint& door) { door.to = AreaId("nowhere"); });
  const Decision in = house.Read("main-in", "park");
  EXPECT_EQ(in.event.reason, "SYSTEM_ERROR");
  EXPECT_THAT(Kinds(in), ElementsAre("SYSTEM_ERROR"));
  EXPECT_TRUE(house.Pass("main-out", "park").granted());
}

}  // namespace
}  // namespace sallyport::access
