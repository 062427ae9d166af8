#include "facility/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "facility/directory.h"

namespace sallyport::facility {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

constexpr char kSmall[] =
    "sites: {hq: {time_zone: UTC}}\n"
    "floors: {f1: {}}\n"
    "areas:\n"
    "  outside:\n"
    "  lobby: {floor: f1, visual_security: true}\n"
    "access_points:\n"
    "  main-in: {from: outside, to: lobby}\n"
    "  main-out: {from: lobby, to: outside, exit: true}\n"
    "schedules: {office: {intervals: [{days: mon-fri}]}}\n"
    "access_levels:\n"
    "  staff: {entries: [{area: lobby, schedule: office}]}\n"
    "  guests: {entries: [{access_point: main-in}]}\n"
    "lockers: {L1: {area: lobby, slots: 8}}\n"
    "people:\n"
    "  han: {levels: [staff], briefings: {fire: 2026-01-01}, credentials: {B-1: {number: 101}}}\n"
    "  kim: {levels: [staff], credentials: {B-2: {number: 102}}}\n";

Document Parse(absl::string_view text) {
  auto document = ParseDocument(text, "f.yaml");
  EXPECT_TRUE(document.ok()) << document.status().message();
  return document.ok() ? *std::move(document) : Document();
}

Document With(std::initializer_list<std::pair<const absl::string_view, absl::string_view>> changes) {
  const std::string text = absl::StrReplaceAll(kSmall, changes);
  EXPECT_NE(text, kSmall);
  return Parse(text);
}

State Applied(const Document& document) {
  State state;
  const absl::Status status = Apply(document, state);
  EXPECT_TRUE(status.ok()) << status;
  return state;
}

// "update person han: levels [staff] -> [guests]".
std::string Show(const Change& change) {
  std::string out = absl::StrCat(Name(change.action), " ", change.kind, " ", change.id);
  for (const Change::Field& f : change.fields) {
    absl::StrAppend(&out, &f == change.fields.data() ? ": " : "; ", f.field, " ", f.before, " -> ", f.after);
  }
  return out;
}

std::vector<std::string> Shown(const Document& document, const State& state) {
  std::vector<std::string> out;
  for (const Change& change : Plan(document, state)) out.push_back(Show(change));
  return out;
}

TEST(Plan, OfAnEmptyFacilityAddsAllInOrder) {
  EXPECT_THAT(Shown(Parse(kSmall), State()),
              ElementsAre("add site hq", "add floor f1", "add area lobby", "add area outside",
                          "add access_point main-in", "add access_point main-out", "add schedule office",
                          "add access_level guests", "add access_level staff", "add locker L1", "add person han",
                          "add person kim", "add credential B-1", "add credential B-2"));
}

TEST(Plan, AfterApplyIsEmpty) {
  const Document document = Parse(kSmall);
  const State state = Applied(document);
  EXPECT_THAT(Shown(document, state), IsEmpty());
  EXPECT_EQ(state.document_hash, document.hash);
  EXPECT_EQ(state.credential_by_card.size(), 2u);
  EXPECT_EQ(*state.credential_by_card.Find("H10301:0:101"), CredentialId("B-1"));
}

TEST(Plan, NamesTheFieldsThatDiffer) {
  const State state = Applied(Parse(kSmall));
  const struct {
    const char* from;
    const char* to;
    const char* change;
  } cases[] = {
      {"time_zone: UTC", "time_zone: Asia/Seoul, holidays: [2026-01-01]",
       "update site hq: time_zone UTC -> Asia/Seoul; holidays  -> [2026-01-01]"},
      {"f1: {}", "f1: {level: 3}", "update floor f1: level 0 -> 3"},
      {"visual_security: true", "visual_security: true, anti_passback: hard",
       "update area lobby: anti_passback off -> hard"},
      {"  outside:\n", "  outside: {name: Street}\n", "update area outside: name outside -> Street"},
      {"exit: true", "exit: true, door: main", "update access_point main-out: door  -> main"},
      {"days: mon-fri", "days: sat, from: \"08:00\"",
       "update schedule office: intervals [{days: [mon, tue, wed, thu, fri], from: 00:00, to: 24:00}] -> "
       "[{days: [sat], from: 08:00, to: 24:00}]"},
      {"{access_point: main-in}", "{floor: f1}",
       "update access_level guests: entries [{access_point: main-in}] -> [{floor: f1}]"},
      {"slots: 8", "slots: 8, attenuation_db_min: 72.5", "update locker L1: attenuation_db_min 60 -> 72.5"},
      {"kim: {levels: [staff]", "kim: {levels: [{level: staff, until: 2026-06-30}]",
       "update person kim: levels [staff] -> [{level: staff, until: 2026-07-01T00:00:00Z}]"},
      {"number: 102", "number: 103", "update credential B-2: number 102 -> 103"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Shown(With({{c.from, c.to}}), state), ElementsAre(c.change));
  }
}

TEST(Plan, WhatTheDocumentDoesNotNameGoesButPeopleStay) {
  State state = Applied(Parse(kSmall));
  const Document document = With({{"  guests: {entries: [{access_point: main-in}]}\n", ""},
                                  {"lockers: {L1: {area: lobby, slots: 8}}\n", ""},
                                  {"  kim: {levels: [staff], credentials: {B-2: {number: 102}}}\n", ""}});
  EXPECT_THAT(Shown(document, state), ElementsAre("remove access_level guests", "remove locker L1"));
  ASSERT_TRUE(Apply(document, state).ok());
  EXPECT_FALSE(state.levels.Contains(AccessLevelId("guests")));
  EXPECT_TRUE(state.lockers.empty());
  EXPECT_TRUE(state.people.Contains(PersonId("kim")));
  EXPECT_TRUE(state.credentials.Contains(CredentialId("B-2")));
}

template <class Map, class Key, class F>
void Edit(Map& map, const Key& key, F edit) {
  auto value = *map.Find(key);
  edit(value);
  map.Put(key, value);
}

TEST(Apply, KeepsState) {
  State state = Applied(Parse(kSmall));
  Edit(state.sites, SiteId("hq"), [](Site& s) { s.threat_level = ThreatLevel::kLockdown; });
  Edit(state.areas, AreaId("lobby"), [](Area& a) {
    a.visual_security_confirmed = true;
    a.visual_security_at = kNow;
  });
  Edit(state.access_points, AccessPointId("main-in"), [](AccessPoint& p) { p.mode = DoorMode::kLockedDown; });
  Edit(state.lockers, LockerId("L1"), [](Locker& l) { l.self_test_at = kNow; });
  Edit(state.people, PersonId("han"), [](Person& p) {
    p.status = PersonStatus::kSuspended;
    p.pin_digest = "pin";
    p.subject_ref = "ref";
    p.wrapped_key = "key";
    p.briefings["fire"] = kNow;
    p.briefings["other"] = kNow;
  });
  ASSERT_TRUE(RevokeCredential(CredentialId("B-1"), CredentialStatus::kStolen, state).ok());
  EXPECT_THAT(Shown(Parse(kSmall), state), IsEmpty());

  const Document changed = With({{"time_zone: UTC", "time_zone: UTC, name: New"},
                                 {"visual_security: true", "visual_security: true, name: New"},
                                 {"to: lobby}", "to: lobby, name: New}"},
                                 {"slots: 8", "slots: 9"},
                                 {"han: {", "han: {name: New, "},
                                 {"number: 101", "number: 111"}});
  ASSERT_TRUE(Apply(changed, state).ok());
  EXPECT_THAT(Shown(changed, state), IsEmpty());
  EXPECT_EQ(state.sites.Find(SiteId("hq"))->threat_level, ThreatLevel::kLockdown);
  EXPECT_EQ(state.sites.Find(SiteId("hq"))->name, "New");
  EXPECT_TRUE(state.areas.Find(AreaId("lobby"))->visual_security_confirmed);
  EXPECT_EQ(state.areas.Find(AreaId("lobby"))->visual_security_at, kNow);
  EXPECT_EQ(state.access_points.Find(AccessPointId("main-in"))->mode, DoorMode::kLockedDown);
  EXPECT_EQ(state.lockers.Find(LockerId("L1"))->self_test_at, kNow);
  EXPECT_EQ(state.lockers.Find(LockerId("L1"))->slots, 9);
  const Person& han = *state.people.Find(PersonId("han"));
  EXPECT_EQ(han.name, "New");
  EXPECT_EQ(han.status, PersonStatus::kSuspended);
  EXPECT_EQ(han.pin_digest, "pin");
  EXPECT_EQ(han.subject_ref, "ref");
  EXPECT_EQ(han.wrapped_key, "key");
  EXPECT_EQ(han.briefings.at("fire"), kNow);  // later than the document's
  EXPECT_EQ(han.briefings.at("other"), kNow);
  EXPECT_EQ(state.credentials.Find(CredentialId("B-1"))->status, CredentialStatus::kStolen);
  EXPECT_EQ(state.credential_by_card.Find("H10301:0:101"), nullptr);
  EXPECT_EQ(*state.credential_by_card.Find("H10301:0:111"), CredentialId("B-1"));
}

TEST(Apply, ALaterBriefingOfTheDocumentCounts) {
  State state = Applied(Parse(kSmall));
  const Document changed = With({{"fire: 2026-01-01", "fire: 2026-02-01"}});
  ASSERT_TRUE(Apply(changed, state).ok());
  EXPECT_EQ(state.people.Find(PersonId("han"))->briefings.at("fire"),
            absl::FromCivil(absl::CivilDay(2026, 2, 1), absl::UTCTimeZone()));
}

TEST(Apply, ALevelThatIsHeldDoesNotGo) {
  State state = Applied(Parse(kSmall));
  ASSERT_TRUE(GrantAccessLevel(PersonId("kim"), {AccessLevelId("guests")}, state).ok());
  const Document without = With({{"  guests: {entries: [{access_point: main-in}]}\n", ""},
                                 {"  kim: {levels: [staff], credentials: {B-2: {number: 102}}}\n", ""},
                                 {"slots: 8", "slots: 9"}});
  const absl::Status status = Apply(without, state);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("access level \"guests\" is not in the document, but person "
                                                       "\"kim\" holds it"));
  EXPECT_EQ(state.lockers.Find(LockerId("L1"))->slots, 8);
  EXPECT_TRUE(state.levels.Contains(AccessLevelId("guests")));

  // Where the document itself takes it from its last holder, it goes.
  State same = state;
  EXPECT_TRUE(Apply(With({{"  guests: {entries: [{access_point: main-in}]}\n", ""}}), same).ok());
  // Nor does somebody who has left keep it.
  ASSERT_TRUE(DeactivatePerson(PersonId("kim"), kNow, state).ok());
  ASSERT_TRUE(Apply(without, state).ok());
  EXPECT_FALSE(state.levels.Contains(AccessLevelId("guests")));
  ASSERT_EQ(state.people.Find(PersonId("kim"))->levels.size(), 1u);
  EXPECT_EQ(state.people.Find(PersonId("kim"))->levels[0].level, AccessLevelId("staff"));
}

TEST(Apply, ACardOfSomebodyElseIsRefused) {
  State state = Applied(Parse(kSmall));
  ASSERT_TRUE(IssueCredential({CredentialId("X"), PersonId("kim"), {"H10301", 0, 200, ""}}, state).ok());
  const absl::Status status = Apply(With({{"number: 101", "number: 200"}, {"slots: 8", "slots: 9"}}), state);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("credential \"B-1\": card H10301:0:200 belongs to credential \"X\""));
  EXPECT_EQ(state.lockers.Find(LockerId("L1"))->slots, 8);
  EXPECT_EQ(*state.credential_by_card.Find("H10301:0:101"), CredentialId("B-1"));
}

TEST(Apply, TwoCredentialsMaySwapCards) {
  State state = Applied(Parse(kSmall));
  const Document swapped = With({{"number: 101", "number: 102"}, {"number: 102", "number: 101"}});
  ASSERT_TRUE(Apply(swapped, state).ok());
  EXPECT_EQ(*state.credential_by_card.Find("H10301:0:102"), CredentialId("B-1"));
  EXPECT_EQ(*state.credential_by_card.Find("H10301:0:101"), CredentialId("B-2"));
  EXPECT_EQ(state.credential_by_card.size(), 2u);
  EXPECT_THAT(Shown(swapped, state), IsEmpty());
}

TEST(Apply, WhoHasLeftStaysAsTheyAre) {
  State state = Applied(Parse(kSmall));
  ASSERT_TRUE(DeactivatePerson(PersonId("han"), kNow, state).ok());
  const Document changed = With({{"han: {", "han: {name: New, "}, {"number: 101", "number: 111"}});
  EXPECT_THAT(Shown(changed, state), IsEmpty());
  ASSERT_TRUE(Apply(changed, state).ok());
  EXPECT_EQ(state.people.Find(PersonId("han"))->name, "han");
  EXPECT_EQ(state.people.Find(PersonId("han"))->status, PersonStatus::kLeft);
  EXPECT_EQ(*state.credential_by_card.Find("H10301:0:101"), CredentialId("B-1"));
}

TEST(Apply, WhatDoesNotDifferIsTheSameObject) {
  State state = Applied(Parse(kSmall));
  const State before = state;
  ASSERT_TRUE(Apply(With({{"slots: 8", "slots: 9"}}), state).ok());
  int changes = 0;
  const auto count = [&changes](const auto&, const auto*, const auto*) { ++changes; };
  PersistentMap<AreaId, Area>::Diff(before.areas, state.areas, count);
  PersistentMap<PersonId, Person>::Diff(before.people, state.people, count);
  PersistentMap<AccessLevelId, AccessLevel>::Diff(before.levels, state.levels, count);
  EXPECT_EQ(changes, 0);
  PersistentMap<LockerId, Locker>::Diff(before.lockers, state.lockers, count);
  EXPECT_EQ(changes, 1);
}

// A facility drawn by chance: few ids, so that documents overlap.
std::string RandomFacility(std::mt19937& random) {
  const auto draw = [&random](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::string text = "sites: {hq: {time_zone: UTC}}\nfloors: {f1: {}, f2: {level: 1}}\nareas:\n  outside:\n";
  std::vector<int> areas, schedules;
  for (int i = 0; i < 6; ++i) {
    if (draw(4) == 0) continue;
    const std::string place = !areas.empty() && draw(2) == 0 ? absl::StrCat("parent: a", areas[draw(areas.size())])
                                                             : absl::StrCat("floor: f", 1 + draw(2));
    absl::StrAppend(&text, "  a", i, ": {", place, ", clearance_min: ", draw(3), "}\n");
    areas.push_back(i);
  }
  text += "access_points:\n";
  for (int i : areas) {
    absl::StrAppend(&text, "  in", i, ": {from: outside, to: a", i, ", unlock_seconds: ", 1 + draw(3), "}\n");
  }
  text += "  none: {from: outside, to: outside2}\n";
  text = absl::StrReplaceAll(text, {{"  outside:\n", "  outside:\n  outside2:\n"}});
  text += "schedules:\n  s: {intervals: []}\n";
  for (int i = 0; i < 3; ++i) {
    if (draw(3) == 0) continue;
    absl::StrAppend(&text, "  s", i, ": {intervals: [{days: ", draw(2) == 0 ? "mon-fri" : "sat", "}]}\n");
    schedules.push_back(i);
  }
  text += "access_levels:\n";
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&text, "  l", i, ": {entries: [{floor: f", 1 + draw(2), "}");
    if (!schedules.empty())
      absl::StrAppend(&text, ", {access_point: none, schedule: s", schedules[draw(schedules.size())], "}");
    text += "]}\n";
  }
  text += "people:\n  p: {}\n";
  std::vector<int> cards = {0, 1, 2, 3, 4, 5};
  std::shuffle(cards.begin(), cards.end(), random);
  for (int i = 0; i < 6; ++i) {
    absl::StrAppend(&text, "  p", i, ": {clearance: ", draw(3), ", levels: [l", draw(4), "], briefings: {b: 2026-0",
                    1 + draw(9), "-01}, credentials: {c", i, ": {number: ", cards[i], "}}}\n");
  }
  return text;
}

TEST(PlanProperty, AppliedPlansAreEmptyWhateverCameBefore) {
  std::mt19937 random(20261124);
  State state;
  size_t changes = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string text = RandomFacility(random);
    const Document document = Parse(text);
    changes += Plan(document, state).size();
    const State before = state;
    ASSERT_TRUE(Apply(document, state).ok()) << text;
    ASSERT_THAT(Shown(document, state), IsEmpty()) << text;
    ASSERT_EQ(state.areas.size(), document.areas.size());
    ASSERT_EQ(state.credential_by_card.size(), state.credentials.size());
    state.credentials.ForEach([&](const CredentialId& id, const Credential& credential) {
      const CredentialId* found = state.credential_by_card.Find(credential.card.Key());
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(*found, id);
    });
  }
  EXPECT_GT(changes, 1000u);
}

TEST(Plan, TheDemosFacility) {
  std::ifstream file(SALLYPORT_SOURCE_DIR "/deploy/demo/facility.yaml");
  const Document document = Parse(std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
  EXPECT_THAT(Shown(document, Applied(document)), IsEmpty());
}

}  // namespace
}  // namespace sallyport::facility
