#include "facility/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sallyport::facility {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Line numbers below count on this.
constexpr char kSmall[] =
    "sites:\n"                                                                           // 1
    "  hq: {time_zone: Asia/Seoul}\n"                                                    // 2
    "floors:\n"                                                                          // 3
    "  f1: {}\n"                                                                         // 4
    "areas:\n"                                                                           // 5
    "  outside:\n"                                                                       // 6
    "  lobby: {floor: f1}\n"                                                             // 7
    "  lab: {parent: lobby, restricted: true}\n"                                         // 8
    "access_points:\n"                                                                   // 9
    "  main-in: {from: outside, to: lobby, door: main}\n"                                // 10
    "  main-out: {from: lobby, to: outside, door: main, exit: true}\n"                   // 11
    "  lab-in: {from: lobby, to: lab}\n"                                                 // 12
    "schedules:\n"                                                                       // 13
    "  office: {intervals: [{days: mon-fri, from: \"08:00\", to: \"19:00\"}]}\n"         // 14
    "access_levels:\n"                                                                   // 15
    "  staff: {entries: [{area: lobby, schedule: office}]}\n"                            // 16
    "lockers:\n"                                                                         // 17
    "  L1: {area: lobby, slots: 8}\n"                                                    // 18
    "people:\n"                                                                          // 19
    "  han: {levels: [staff], credentials: {B-1: {facility_code: 42, number: 101}}}\n";  // 20

Document Parse(absl::string_view text) {
  auto document = ParseDocument(text, "f.yaml");
  EXPECT_TRUE(document.ok()) << document.status().message();
  return document.ok() ? *std::move(document) : Document();
}

std::string Problems(absl::string_view text) {
  const auto document = ParseDocument(text, "f.yaml");
  EXPECT_TRUE(document.ok() || document.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(document.status().message());
}

// The small document with one place of it changed.
std::string With(absl::string_view from, absl::string_view to) {
  const std::string text = absl::StrReplaceAll(kSmall, {{from, to}});
  EXPECT_NE(text, kSmall) << from;
  return text;
}

absl::Time At(const char* rfc3339) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, nullptr)) << rfc3339;
  return time;
}

TEST(Document, WhatIsLeftOutHasItsDefault) {
  const Document document = Parse(kSmall);
  ASSERT_EQ(document.sites.size(), 1u);
  EXPECT_EQ(document.sites[0].name, "hq");
  EXPECT_EQ(document.sites[0].language, "en");
  ASSERT_EQ(document.floors.size(), 1u);
  EXPECT_EQ(document.floors[0].site, SiteId("hq"));
  ASSERT_EQ(document.areas.size(), 3u);
  EXPECT_EQ(document.areas[0].floor, FloorId());
  EXPECT_EQ(document.areas[2].floor, FloorId("f1"));  // of the area around it
  EXPECT_EQ(document.areas[2].parent, AreaId("lobby"));
  EXPECT_EQ(document.areas[2].anti_passback, AntiPassback::kOff);
  ASSERT_EQ(document.access_points.size(), 3u);
  EXPECT_EQ(document.access_points[0].unlock_seconds, 5);
  ASSERT_EQ(document.lockers.size(), 1u);
  EXPECT_EQ(document.lockers[0].attenuation_db_min, 60);
  EXPECT_TRUE(document.lockers[0].in_service);
  ASSERT_EQ(document.people.size(), 1u);
  EXPECT_EQ(document.people[0].kind, PersonKind::kEmployee);
  EXPECT_EQ(document.people[0].valid_until, absl::InfiniteFuture());
  ASSERT_EQ(document.credentials.size(), 1u);
  EXPECT_EQ(document.credentials[0].person, PersonId("han"));
  EXPECT_EQ(document.credentials[0].card.Key(), "H10301:42:101");
}

TEST(Document, EveryKeyReachesItsField) {
  const Document document = Parse(R"(
people:
  han:
    name: Han Seo-yeon
    email: han@example.org
    kind: contractor
    department: Research
    clearance: 3
    projects: [atlas, beacon]
    briefings: {research-security: 2026-11-02, fire: 2026-11-02T10:00:00Z}
    nda_until: 2026-12-31
    levels: [staff, {level: lab, from: 2026-07-01, until: 2026-08-31}]
    escort: kim
    valid_from: 2026-01-01
    valid_until: 2026-12-31T18:00:00+09:00
    credentials:
      B-1: {format: H10301, facility_code: 42, number: 101, label: "A", valid_from: 2026-01-01, valid_until: 2026-01-31}
      B-2: {raw: "26:BD88EB80"}
  kim:
sites:
  hq:
    name: Headquarters
    time_zone: Asia/Seoul
    language: ko
    holidays: [2026-12-25, 2026-01-01]
    card_formats: [raw, H10301]
floors:
  f1: {name: First, site: hq, level: -1}
areas:
  outside: {name: Outside}
  i:
    name: I
    floor: f1
    restricted: true
    interview: true
    staff_custody: true
    visual_security: true
    visual_security_seconds_max: 60
    escort_visitors: true
    clearance_min: 2
    briefing: b
    briefing_days_max: 30
    project: p
    nda: true
    two_person: true
    two_person_seconds: 10
    occupancy_max: 9
    occupancy_min: 2
    anti_passback: hard
access_points:
  in: {name: In, from: outside, to: i, door: d, reader: r-1, unlock_seconds: 9, presence_on_grant: true,
       pin_required: true, card_formats: [raw], lift_floors: [-1, 2]}
  out: {from: i, to: outside, door: d, exit: true}
schedules:
  s: {name: S, intervals: [{days: [sat-mon, wed], from: "22:00", to: "06:30", holidays: true}, {days: tue}]}
  never: {intervals: []}
access_levels:
  staff: {name: Staff, entries: [{area: i}, {access_point: in, schedule: s}, {floor: f1}]}
  lab: {entries: []}
lockers:
  L1: {name: L, area: i, slots: 3, attenuation_db_min: 72.5, in_service: false}
)");
  const Site& site = document.sites.at(0);
  EXPECT_EQ(site.name, "Headquarters");
  EXPECT_EQ(site.time_zone, "Asia/Seoul");
  EXPECT_EQ(site.language, "ko");
  EXPECT_THAT(site.holidays, ElementsAre(absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 12, 25)));
  EXPECT_THAT(site.card_formats, ElementsAre("raw", "H10301"));
  EXPECT_EQ(document.floors.at(0).level, -1);
  const Area& area = document.areas.at(1);
  EXPECT_TRUE(area.restricted && area.interview && area.staff_custody && area.visual_security);
  EXPECT_TRUE(area.escort_visitors && area.nda && area.two_person);
  EXPECT_EQ(area.visual_security_seconds_max, 60);
  EXPECT_EQ(area.clearance_min, 2);
  EXPECT_EQ(area.briefing, "b");
  EXPECT_EQ(area.briefing_days_max, 30);
  EXPECT_EQ(area.project, "p");
  EXPECT_EQ(area.two_person_seconds, 10);
  EXPECT_EQ(area.occupancy_max, 9);
  EXPECT_EQ(area.occupancy_min, 2);
  EXPECT_EQ(area.anti_passback, AntiPassback::kHard);
  const AccessPoint& point = document.access_points.at(0);
  EXPECT_EQ(point.name, "In");
  EXPECT_EQ(point.from, AreaId("outside"));
  EXPECT_EQ(point.to, AreaId("i"));
  EXPECT_EQ(point.door, "d");
  EXPECT_EQ(point.reader, "r-1");
  EXPECT_EQ(point.unlock_seconds, 9);
  EXPECT_TRUE(point.presence_on_grant && point.pin_required && !point.exit);
  EXPECT_THAT(point.formats, ElementsAre("raw"));
  EXPECT_THAT(point.lift_floors, ElementsAre(-1, 2));
  const Schedule::Interval& interval = document.schedules.at(0).intervals.at(0);
  EXPECT_THAT(interval.days, ElementsAre(absl::Weekday::monday, absl::Weekday::wednesday, absl::Weekday::saturday,
                                         absl::Weekday::sunday));
  EXPECT_EQ(interval.start_minute, 22 * 60);
  EXPECT_EQ(interval.end_minute, 6 * 60 + 30);
  EXPECT_TRUE(interval.on_holidays);
  EXPECT_EQ(document.schedules.at(0).intervals.at(1).end_minute, 1440);
  EXPECT_TRUE(document.schedules.at(1).intervals.empty());
  const AccessLevel& level = document.levels.at(0);
  EXPECT_EQ(level.entries.at(0).area, AreaId("i"));
  EXPECT_EQ(level.entries.at(1).access_point, AccessPointId("in"));
  EXPECT_EQ(level.entries.at(1).schedule, ScheduleId("s"));
  EXPECT_EQ(level.entries.at(2).floor, FloorId("f1"));
  EXPECT_EQ(document.lockers.at(0).attenuation_db_min, 72.5);
  EXPECT_FALSE(document.lockers.at(0).in_service);
}

TEST(Document, DatesAreDaysOfTheSiteAndCountToTheirEnd) {
  const Document document = Parse(absl::StrReplaceAll(
      kSmall, {{"han: {levels: [staff],",
                "han: {briefings: {b: 2026-11-02}, nda_until: 2026-12-31, valid_from: 2026-01-01, valid_until: "
                "2026-12-31T18:00:00+09:00, levels: [{level: staff, until: 2026-08-31}],"}}));
  const Person& person = document.people.at(0);
  EXPECT_EQ(person.briefings.at("b"), At("2026-11-02T00:00:00+09:00"));
  EXPECT_EQ(person.nda_until, At("2027-01-01T00:00:00+09:00"));
  EXPECT_EQ(person.valid_from, At("2026-01-01T00:00:00+09:00"));
  EXPECT_EQ(person.valid_until, At("2026-12-31T18:00:00+09:00"));
  EXPECT_EQ(person.levels.at(0).until, At("2026-09-01T00:00:00+09:00"));
}

TEST(Document, HashIsThatOfTheText) {
  EXPECT_EQ(Parse("sites: {hq: {time_zone: UTC}}\nareas: {outside: {}}\n").hash,
            "0a0eae9f8dca3d67a788d60c142c8c4d0f37d8b5acacd7f45ba71decff6cfa12");
  EXPECT_NE(Parse(kSmall).hash, Parse(absl::StrCat(kSmall, "# a comment\n")).hash);
}

TEST(Document, ProblemsNameTheLineAndTheKey) {
  const struct {
    const char* from;
    const char* to;
    const char* problem;
  } cases[] = {
      // sites and floors
      {"hq: {time_zone: Asia/Seoul}", "hq: {}", "f.yaml:2: sites.hq.time_zone: is missing"},
      {"Asia/Seoul", "Asia/Soul", "f.yaml:2: sites.hq.time_zone: expected a time zone of the IANA database"},
      {"Asia/Seoul", "/etc/passwd", "f.yaml:2: sites.hq.time_zone: expected"},
      {"Asia/Seoul", "../zoneinfo/UTC", "f.yaml:2: sites.hq.time_zone: expected"},
      {"Asia/Seoul", "localtime", "f.yaml:2: sites.hq.time_zone: expected"},
      {"Asia/Seoul", "[UTC]", "f.yaml:2: sites.hq.time_zone: expected"},
      {"Asia/Seoul}", "UTC, language: fr}", "f.yaml:2: sites.hq.language: expected en or ko"},
      {"Asia/Seoul}", "UTC, holidays: [2026-02-30]}", "f.yaml:2: sites.hq.holidays[0]: expected a date"},
      {"Asia/Seoul}", "UTC, holidays: [2026-02-01, 2026-02-01]}", "f.yaml:2: sites.hq.holidays[1]: stands twice"},
      {"Asia/Seoul}", "UTC, card_formats: [H9]}", "f.yaml:2: sites.hq.card_formats[0]: expected one of H10301, raw"},
      {"  hq: {time_zone: Asia/Seoul}\n", "  hq: {time_zone: UTC}\n  ab: {time_zone: UTC}\n",
       "f.yaml:5: floors.f1.site: is missing"},
      {"f1: {}", "f1: {site: other}", "f.yaml:4: floors.f1.site: this file has no site \"other\""},
      {"f1: {}", "f1: {level: 1000}", "f.yaml:4: floors.f1.level: expected a whole number from -999 to 999"},
      {"f1: {}", "-f1: {}", "f.yaml:4: floors.-f1: \"-f1\" is not an id"},
      {"f1: {}", "f1: {}\n  f1: {}", "f.yaml:5: floors.f1: stands twice"},
      {"f1: {}", "f1: {name: \"a\\u0007b\"}", "f.yaml:4: floors.f1.name: contains a control character"},
      {"f1: {}", "f1: text", "f.yaml:4: floors.f1: expected a mapping"},
      // areas
      {"floor: f1", "floor: f9", "f.yaml:7: areas.lobby.floor: this file has no floor \"f9\""},
      {"parent: lobby", "parent: loby", "f.yaml:8: areas.lab.parent: this file has no area \"loby\""},
      {"parent: lobby", "parent: lab", "f.yaml:8: areas.lab.parent: the area lies within itself"},
      {"lobby: {floor: f1}", "lobby: {parent: lab}", "f.yaml:7: areas.lobby.parent: the area lies within itself"},
      {"restricted: true", "restricted: yes", "f.yaml:8: areas.lab.restricted: expected true or false"},
      {"restricted: true", "secret: true", "f.yaml:8: areas.lab.secret: unknown key; expected one of name, floor"},
      {"restricted: true", "clearance_min: -1",
       "f.yaml:8: areas.lab.clearance_min: expected a whole number from 0 to 100"},
      {"restricted: true", "briefing: a b", "f.yaml:8: areas.lab.briefing: \"a b\" is not an id"},
      {"restricted: true", "briefing_days_max: 0", "f.yaml:8: areas.lab.briefing_days_max: expected"},
      {"restricted: true", "two_person_seconds: 301", "f.yaml:8: areas.lab.two_person_seconds: expected"},
      {"restricted: true", "anti_passback: on", "f.yaml:8: areas.lab.anti_passback: expected off or soft or hard"},
      {"restricted: true", "staff_custody: true", "f.yaml:8: areas.lab.staff_custody: is for interview areas"},
      {"restricted: true", "occupancy_max: 2, occupancy_min: 3", "f.yaml:8: areas.lab.occupancy_min: 3 is more than"},
      {"restricted: true", "two_person: true, occupancy_max: 1", "f.yaml:8: areas.lab.occupancy_max: nobody can enter"},
      {"f1: {}\nareas:\n", "f1: {}\n  f2: {}\nareas:\n  x: {parent: lobby, floor: f2}\n",
       "f.yaml:7: areas.x.floor: is \"f2\", but the area \"lobby\" around it is on \"f1\""},
      // access points
      {"from: lobby, to: lab", "from: lobby", "f.yaml:12: access_points.lab-in.to: is missing"},
      {"from: lobby, to: lab", "from: lobby, to: laboratory",
       "f.yaml:12: access_points.lab-in.to: this file has no area \"laboratory\""},
      {"from: lobby, to: lab", "from: lab, to: lab",
       "f.yaml:12: access_points.lab-in.to: leads to the area that it comes"},
      {"from: lobby, to: lab", "from: lobby, to: lab, unlock_seconds: 256",
       "f.yaml:12: access_points.lab-in.unlock_seconds: expected a whole number from 1 to 255"},
      {"from: lobby, to: lab", "from: lobby, to: lab, exit: true",
       "f.yaml:12: access_points.lab-in.exit: \"lab\" asks more of people than \"lobby\" does"},
      {"from: lobby, to: lab", "from: lobby, to: lab, lift_floors: [a]",
       "f.yaml:12: access_points.lab-in.lift_floors[0]: expected a whole number"},
      {"from: lobby, to: lab", "from: lobby, to: lab, door: main",
       "f.yaml:12: access_points.lab-in.door: access point \"main-in\" of the same door is between other areas"},
      {", exit: true", "",
       "f.yaml:11: access_points.main-out.exit: \"outside\" is outside, and leaving is never refused"},
      {", exit: true", ", exit: true, pin_required: true", "f.yaml:11: access_points.main-out.pin_required: an exit"},
      // schedules and levels
      {"mon-fri", "monday", "f.yaml:14: schedules.office.intervals[0].days: expected days: mon, tue"},
      {"mon-fri", "mon-", "f.yaml:14: schedules.office.intervals[0].days: expected days"},
      {"mon-fri", "[]", "f.yaml:14: schedules.office.intervals[0].days: expected at least one day"},
      {"days: mon-fri, ", "", "f.yaml:14: schedules.office.intervals[0].days: is missing"},
      {"\"08:00\"", "\"8:00\"", "f.yaml:14: schedules.office.intervals[0].from: expected a time of day"},
      {"\"19:00\"", "\"24:01\"", "f.yaml:14: schedules.office.intervals[0].to: expected a time of day"},
      {"\"19:00\"", "\"12:60\"", "f.yaml:14: schedules.office.intervals[0].to: expected a time of day"},
      {"\"19:00\"", "\"+1:00\"", "f.yaml:14: schedules.office.intervals[0].to: expected a time of day"},
      {"\"19:00\"", "\"08:00\"", "f.yaml:14: schedules.office.intervals[0]: from and to are the same"},
      {"\"08:00\"", "\"24:00\"", "f.yaml:14: schedules.office.intervals[0].from: no day has anything after 24:00"},
      {"{area: lobby, schedule: office}", "{schedule: office}",
       "f.yaml:16: access_levels.staff.entries[0]: expected one of area, access_point and floor"},
      {"{area: lobby, schedule: office}", "{area: lobby, floor: f1}",
       "access_levels.staff.entries[0]: expected one of"},
      {"{area: lobby, schedule: office}", "{area: lobby, schedule: late}",
       "f.yaml:16: access_levels.staff.entries[0].schedule: this file has no schedule \"late\""},
      {"{area: lobby, schedule: office}", "{access_point: lobby}",
       "f.yaml:16: access_levels.staff.entries[0].access_point: this file has no access point \"lobby\""},
      {"{entries: [{area: lobby, schedule: office}]}", "{}", "f.yaml:16: access_levels.staff.entries: is missing"},
      // lockers
      {"slots: 8", "slots: 0", "f.yaml:18: lockers.L1.slots: expected a whole number from 1 to 1000"},
      {"slots: 8", "slots: 8, attenuation_db_min: nan", "f.yaml:18: lockers.L1.attenuation_db_min: expected a number"},
      {"slots: 8", "slots: 8, self_test_at: 2026-01-01", "f.yaml:18: lockers.L1.self_test_at: unknown key"},
      // people
      {"levels: [staff]", "kind: boss",
       "f.yaml:20: people.han.kind: expected employee or contractor or visitor or candidate"},
      {"levels: [staff]", "levels: [stuff]",
       "f.yaml:20: people.han.levels[0]: this file has no access level \"stuff\""},
      {"levels: [staff]", "levels: [staff, staff]", "f.yaml:20: people.han.levels[1]: \"staff\" stands twice"},
      {"levels: [staff]", "levels: [{level: staff, from: 2026-02-01, until: 2026-01-01}]",
       "f.yaml:20: people.han.levels[0]: begins at"},
      {"levels: [staff]", "escort: kim", "f.yaml:20: people.han.escort: this file has no person \"kim\""},
      {"levels: [staff]", "escort: han", "f.yaml:20: people.han.escort: nobody escorts themselves"},
      {"levels: [staff]", "clearance: 101", "f.yaml:20: people.han.clearance: expected a whole number from 0 to 100"},
      {"levels: [staff]", "briefings: {b: yesterday}", "f.yaml:20: people.han.briefings.b: expected a date"},
      {"levels: [staff]", "briefings: {b: 2026-11-02T10:00:00}", "f.yaml:20: people.han.briefings.b: expected a date"},
      {"levels: [staff]", "nda_until: infinite-future", "f.yaml:20: people.han.nda_until: expected a date"},
      {"levels: [staff]", "nda_until: 9999-12-31",
       "f.yaml:20: people.han.nda_until: is not from the years 1900 to 2199"},
      {"levels: [staff]", "valid_from: 2026-02-01, valid_until: 2026-01-31",
       "f.yaml:20: people.han.valid_until: begins"},
      {"levels: [staff]", "projects: [a/b]", "f.yaml:20: people.han.projects[0]: \"a/b\" is not an id"},
      {"levels: [staff]", "pin: 1234", "f.yaml:20: people.han.pin: unknown key"},
      {"number: 101", "number: 65536", "f.yaml:20: people.han.credentials.B-1.number: 65536 is not from 0 to 65535"},
      {"number: 101", "label: x", "f.yaml:20: people.han.credentials.B-1.number: is missing"},
      {"number: 101", "number: 1, format: H9", "f.yaml:20: people.han.credentials.B-1.format: expected one of"},
      {"facility_code: 42, number: 101", "raw: \"26:bd88eb80\"",
       "f.yaml:20: people.han.credentials.B-1.raw: expected a bit"},
      {"number: 101}", "number: 101}, B-2: {facility_code: 42, number: 101}",
       "f.yaml:20: people.han.credentials.B-2.number: is the card of credential \"B-1\" in line 20 already"},
      {"number: 101}}}\n", "number: 101}}}\n  kim: {credentials: {B-1: {number: 5}}}\n",
       "f.yaml:21: people.kim.credentials.B-1: credential \"B-1\" stands in line 20 already"},
      // the document
      {"people:", "peple:", "f.yaml:19: peple: unknown key; expected one of sites, floors"},
      {"people:", "lockers: {}\npeople:", "f.yaml:19: lockers: stands twice"},
      {"people:", "people: []\nx:", "f.yaml:19: people: expected a mapping"},
      {"people:", "people: !!set", "f.yaml:19: tags"},
      {"slots: 8", "slots: &p [*p]", "f.yaml:18: the alias names nothing that is complete before it"},
  };
  for (const auto& c : cases) EXPECT_THAT(Problems(With(c.from, c.to)), HasSubstr(c.problem)) << c.to;
}

TEST(Document, OneMistakeIsOneProblem) {
  for (const auto& [from, to] :
       {std::pair("from: lobby, to: lab", "from: lobby, to: laboratory"), std::pair("parent: lobby", "parent: loby"),
        std::pair("Asia/Seoul", "Asia/Soul"), std::pair("mon-fri", "monday"),
        std::pair("levels: [staff]", "levels: [stuff]"), std::pair("number: 101", "number: 65536")}) {
    EXPECT_EQ(Problems(With(from, to)).find('\n'), std::string::npos) << Problems(With(from, to));
  }
}

TEST(Document, AllProblemsAreListedInTheOrderOfLines) {
  EXPECT_EQ(
      Problems(absl::StrReplaceAll(
          kSmall,
          {{"slots: 8", "slots: 0"}, {"mon-fri", "someday"}, {"level: 0", "level: x"}, {"floor: f1", "floor: f9"}})),
      "f.yaml:7: areas.lobby.floor: this file has no floor \"f9\"\n"
      "f.yaml:14: schedules.office.intervals[0].days: expected days: mon, tue, wed, thu, fri, sat, sun, or a range "
      "like mon-fri\n"
      "f.yaml:18: lockers.L1.slots: expected a whole number from 1 to 1000");
}

TEST(Document, ProblemsAreLimited) {
  std::string text = kSmall;
  for (int i = 0; i < 60; ++i) absl::StrAppend(&text, "  p", i, ": {kind: x}\n");
  EXPECT_THAT(Problems(text), HasSubstr("\nf.yaml: 10 more problems"));
}

TEST(Document, NeedsASiteAndAnArea) {
  EXPECT_THAT(Problems("floors: {}\n"), HasSubstr("f.yaml:1: sites: is missing"));
  EXPECT_THAT(Problems("floors: {}\n"), HasSubstr("f.yaml:1: areas: is missing"));
  EXPECT_THAT(Problems("sites: {}\nareas: {}\n"), HasSubstr("f.yaml:1: sites: expected at least one site"));
  EXPECT_THAT(Problems(""), HasSubstr("f.yaml:1: document: expected a mapping"));
}

TEST(Document, AreasNestSixteenDeep) {
  const auto nested = [](int areas) {
    std::string text = "sites: {hq: {time_zone: UTC}}\nfloors: {f1: {}}\nareas:\n  a1: {floor: f1}\n";
    for (int i = 2; i <= areas; ++i) absl::StrAppend(&text, "  a", i, ": {parent: a", i - 1, "}\n");
    return text;
  };
  EXPECT_EQ(Parse(nested(16)).areas.back().floor, FloorId("f1"));
  EXPECT_EQ(Problems(nested(17)), "f.yaml:20: areas.a17.parent: lies within more than 15 areas");
}

TEST(Document, AnExitMayLeadToWhereNoMoreIsAsked) {
  const auto exit_to = [](absl::string_view inner, absl::string_view outer) {
    return Problems(absl::StrCat("sites: {hq: {time_zone: UTC}}\nfloors: {f1: {}}\nareas:\n  a: {floor: f1, ", inner,
                                 "}\n  b: {floor: f1, ", outer,
                                 "}\n  c: {parent: b}\naccess_points:\n"
                                 "  a-out: {from: a, to: b, exit: true}\n  c-out: {from: c, to: b, exit: true}\n"));
  };
  EXPECT_EQ(exit_to("restricted: true, clearance_min: 2, nda: true", "clearance_min: 1"), "");
  EXPECT_EQ(exit_to("briefing: x, project: p", "briefing: x, project: p"), "");
  for (const char* outer : {"restricted: true", "interview: true", "visual_security: true", "escort_visitors: true",
                            "nda: true", "clearance_min: 3", "briefing: y", "project: q"}) {
    EXPECT_THAT(exit_to("clearance_min: 2, briefing: x, project: p", outer),
                HasSubstr("f.yaml:8: access_points.a-out.exit: \"b\" asks more of people than \"a\" does"))
        << outer;
  }
}

TEST(Document, AnchorsMayBeUsed) {
  const Document document = Parse(With("staff: {entries: [{area: lobby, schedule: office}]}",
                                       "staff: &s {entries: [{area: lobby, schedule: office}]}\n  guests: *s"));
  ASSERT_EQ(document.levels.size(), 2u);
  EXPECT_EQ(document.levels[1].entries.at(0).area, AreaId("lobby"));
}

TEST(Document, TheDemosFacilityIsGood) {
  std::ifstream file(SALLYPORT_SOURCE_DIR "/deploy/demo/facility.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_FALSE(text.empty());
  const Document document = Parse(text);
  // What the policies and the demo name.
  const auto has = [](const auto& things, const char* id) {
    for (const auto& thing : things) {
      if (thing.id.value() == id) return true;
    }
    return false;
  };
  for (const char* area : {"lobby", "reception", "interview", "research", "compute", "weights"}) {
    EXPECT_TRUE(has(document.areas, area)) << area;
  }
  for (const char* point : {"main-in", "main-out", "f2-interview-in", "f2-interview-out", "f3-lab-in", "f3-lab-out",
                            "f3-compute-in", "f3-compute-out"}) {
    EXPECT_TRUE(has(document.access_points, point)) << point;
  }
  for (const char* person : {"cho", "han", "ito", "jung", "kim", "lee", "moon", "park", "ryu"}) {
    EXPECT_TRUE(has(document.people, person)) << person;
  }
  EXPECT_TRUE(has(document.levels, "security"));
  EXPECT_TRUE(has(document.credentials, "V-1"));
  EXPECT_TRUE(has(document.lockers, "L1"));
}

}  // namespace
}  // namespace sallyport::facility
