#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "access/decision.h"

// A small company for tests: a lobby, an interview area, a research floor with a compute hall in it, and people whose
// badges are called like them. Its policies are the real ones.
namespace sallyport::access {

inline PolicyFiles RealPolicies() {
  PolicyFiles out;
  for (const auto& entry : std::filesystem::directory_iterator(SALLYPORT_SOURCE_DIR "/policies")) {
    const std::string suffix = entry.path().extension().string();
    if (suffix != ".cedar" && suffix != ".cedarschema") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    out.files[entry.path().filename().string()] = text.str();
  }
  return out;
}

// Only the vocabulary, and these policies.
inline PolicyFiles OnlyPolicies(const std::string& text) {
  PolicyFiles out;
  out.files["facility.cedarschema"] = RealPolicies().files.at("facility.cedarschema");
  out.files["test.cedar"] = text;
  return out;
}

inline absl::Time Seoul(const std::string& local) {
  absl::Time time;
  std::string error;
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Asia/Seoul", &zone));
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%S", local, zone, &time, &error)) << local << ": " << error;
  return time;
}

class House {
 public:
  House() {
    facility::Site hq;
    hq.id = SiteId("hq");
    hq.time_zone = "Asia/Seoul";
    facility.sites.Put(hq.id, hq);
    for (int level = 1; level <= 3; ++level) {
      facility::Floor floor;
      floor.id = FloorId(absl::StrCat("f", level));
      floor.site = hq.id;
      floor.level = level - 1;
      facility.floors.Put(floor.id, floor);
    }
    AddAreas();
    AddDoor("main", "outside", "lobby");
    AddDoor("interview", "lobby", "interview");
    AddDoor("research", "lobby", "research");
    AddDoor("compute", "research", "compute");
    AddLevels();
    AddPeople();
    now = Seoul("2026-03-02 14:30:00");  // a Monday
  }

  // -- changing the house

  template <class Change>
  void Area(const std::string& id, Change change) {
    Edit(facility.areas, AreaId(id), change);
  }
  template <class Change>
  void Door(const std::string& id, Change change) {
    Edit(facility.access_points, AccessPointId(id), change);
  }
  template <class Change>
  void Person(const std::string& id, Change change) {
    Edit(facility.people, PersonId(id), change);
  }
  template <class Change>
  void Card(const std::string& id, Change change) {
    Edit(facility.credentials, CredentialId(id), change);
  }
  void Threat(facility::ThreatLevel level) {
    Edit(facility.sites, SiteId("hq"), [&](facility::Site& site) { site.threat_level = level; });
  }
  void Compile(const PolicyFiles& files) {
    auto compiled = Policies::Compile(files, facility);
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    policies = *std::move(compiled);
  }
  void AddPerson(const std::string& id, facility::PersonKind kind, std::vector<std::string> levels) {
    facility::Person person;
    person.id = PersonId(id);
    person.kind = kind;
    for (const std::string& level : levels) person.levels.push_back({AccessLevelId(level)});
    facility.people.Put(person.id, person);
    facility::Credential card;
    card.id = CredentialId(id);
    card.person = person.id;
    facility.credentials.Put(card.id, card);
  }

  // -- using it

  Presented At(const std::string& door, const std::string& badge) const {
    Presented out;
    out.access_point = AccessPointId(door);
    out.credential = CredentialId(badge);
    return out;
  }
  absl::StatusOr<Decision> Decide(const Presented& presented) {
    if (policies == nullptr) Compile(RealPolicies());
    const State before = state;
    const auto facts = Facts();
    return access::Decide(World{facility, before, *policies, facts, now, absl::Seconds(5), digest_key}, presented,
                          state);
  }
  Decision Read(const std::string& door, const std::string& badge) {
    auto decision = Decide(At(door, badge));
    EXPECT_TRUE(decision.ok()) << decision.status();
    return decision.ok() ? *std::move(decision) : Decision();
  }
  // A read, and the door's report that it opened.
  Decision Pass(const std::string& door, const std::string& badge) {
    Decision decision = Read(door, badge);
    Open(door);
    return decision;
  }
  void Open(const std::string& door) {
    const PersonId person = LastGrant(facility, state, AccessPointId(door), now);
    if (!person.empty()) RecordPassage(facility, AccessPointId(door), person, now, state);
  }
  absl::StatusOr<Explanation> Explain(const ExplainRequest& request) {
    if (policies == nullptr) Compile(RealPolicies());
    const auto facts = Facts();
    return access::Explain(World{facility, state, *policies, facts, now, absl::InfiniteDuration(), digest_key}, request,
                           state);
  }
  std::string WhereIs(const std::string& person) const {
    const Presence* presence = state.presence.Find(PersonId(person));
    return presence == nullptr ? "" : presence->area.value();
  }
  int32_t PeopleIn(const std::string& area) const {
    const int32_t* people = state.occupancy.Find(AreaId(area));
    return people == nullptr ? 0 : *people;
  }

  facility::State facility;
  State state;
  std::shared_ptr<const Policies> policies;  // null: the real ones, compiled at the next read
  Secret digest_key{"a key for tests only"};
  absl::Time now;
  std::map<std::string, VisitFacts> visits;  // by person

 private:
  template <class Map, class Id, class Change>
  static void Edit(Map& map, const Id& id, Change change) {
    ASSERT_TRUE(map.Contains(id)) << id;
    auto value = *map.Find(id);
    change(value);
    map.Put(id, std::move(value));
  }
  std::function<VisitFacts(const PersonId&, const facility::Area&)> Facts() const {
    return [this](const PersonId& person, const facility::Area&) {
      const auto found = visits.find(person.value());
      return found == visits.end() ? VisitFacts() : found->second;
    };
  }
  void AddArea(const std::string& id, const std::string& floor) {
    facility::Area area;
    area.id = AreaId(id);
    area.floor = FloorId(floor);
    facility.areas.Put(area.id, area);
  }
  void AddAreas() {
    AddArea("outside", "");
    AddArea("lobby", "f1");
    AddArea("interview", "f2");
    AddArea("research", "f3");
    AddArea("compute", "f3");
    Area("interview", [](facility::Area& area) {
      area.restricted = true;
      area.interview = true;
      area.escort_visitors = true;
      area.visual_security = true;
      area.visual_security_confirmed = true;
      area.visual_security_at = Seoul("2026-03-02 14:25:00");
    });
    Area("research", [](facility::Area& area) {
      area.restricted = true;
      area.clearance_min = 2;
      area.briefing = "lab";
      area.project = "atlas";
    });
    Area("compute", [](facility::Area& area) {
      area.parent = AreaId("research");
      area.two_person = true;
      area.occupancy_min = 2;
    });
  }
  void AddDoor(const std::string& name, const std::string& from, const std::string& to) {
    for (const bool exit : {false, true}) {
      facility::AccessPoint point;
      point.id = AccessPointId(absl::StrCat(name, exit ? "-out" : "-in"));
      point.from = AreaId(exit ? to : from);
      point.to = AreaId(exit ? from : to);
      point.exit = exit;
      facility.access_points.Put(point.id, point);
    }
  }
  void AddLevel(const std::string& id, const std::vector<std::pair<std::string, std::string>>& areas) {
    facility::AccessLevel level;
    level.id = AccessLevelId(id);
    for (const auto& [area, schedule] : areas) {
      level.entries.push_back({AreaId(area), AccessPointId(), FloorId(), ScheduleId(schedule)});
    }
    facility.levels.Put(level.id, level);
  }
  void AddLevels() {
    facility::Schedule office;
    office.id = ScheduleId("office");
    office.intervals.push_back({{absl::Weekday::monday, absl::Weekday::tuesday, absl::Weekday::wednesday,
                                 absl::Weekday::thursday, absl::Weekday::friday},
                                9 * 60,
                                18 * 60,
                                false});
    facility.schedules.Put(office.id, office);
    AddLevel("staff", {{"lobby", ""}, {"interview", "office"}});
    AddLevel("research", {{"research", ""}});
    AddLevel("security", {{"lobby", ""}, {"interview", ""}, {"research", ""}});
  }
  void AddPeople() {
    using Kind = facility::PersonKind;
    AddPerson("cho", Kind::kCandidate, {});
    for (const std::string name : {"han", "ito", "jung"}) AddPerson(name, Kind::kEmployee, {"staff"});
    for (const std::string name : {"park", "ryu"}) AddPerson(name, Kind::kEmployee, {"staff", "research"});
    AddPerson("lee", Kind::kEmployee, {"security"});
    for (const std::string name : {"park", "ryu", "lee"}) {
      Person(name, [](facility::Person& person) {
        person.clearance = 2;
        person.projects = {"atlas"};
        person.briefings["lab"] = Seoul("2026-01-05 10:00:00");
      });
    }
  }
};

// A visit of a candidate whom nothing keeps from entering any more.
inline VisitFacts Cleared() {
  VisitFacts facts;
  facts.expected = facts.active = facts.cleared = facts.devices_declared = true;
  facts.devices_in_custody = true;
  facts.visit = "visit-1";
  facts.participant_state = "CLEARED";
  facts.host = PersonId("han");
  return facts;
}

}  // namespace sallyport::access
