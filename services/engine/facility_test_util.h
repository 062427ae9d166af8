#pragma once

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine_test_util.h"
#include "engine/facility_commands.h"
#include "engine/policy_commands.h"
#include "engine/rows.h"
#include "facility/document.h"

// For tests: a small company on one floor, with the real policies.
namespace sallyport::engine {

// outside - lobby - lab, interview; two members of the staff with cards, one of whom may enter the lab.
inline facility::Document SmallCompany() {
  facility::Document out;
  facility::Site site;
  site.id = SiteId("hq");
  site.name = "Headquarters";
  site.time_zone = "Asia/Seoul";
  out.sites = {site};
  facility::Floor floor;
  floor.id = FloorId("f1");
  floor.site = site.id;
  out.floors = {floor};
  for (const char* id : {"outside", "lobby", "lab", "interview"}) {
    facility::Area area;
    area.id = AreaId(id);
    if (area.id != AreaId("outside")) area.floor = floor.id;
    if (area.id == AreaId("interview")) area.interview = area.visual_security = true;
    out.areas.push_back(area);
  }
  const auto add_door = [&out](const std::string& door, const char* from, const char* to) {
    for (const bool in : {true, false}) {
      facility::AccessPoint point;
      point.id = AccessPointId(absl::StrCat(door, in ? "-in" : "-out"));
      point.door = door;
      point.from = AreaId(in ? from : to);
      point.to = AreaId(in ? to : from);
      point.exit = !in;
      out.access_points.push_back(point);
    }
  };
  add_door("main", "outside", "lobby");
  add_door("lab", "lobby", "lab");
  add_door("interview", "lobby", "interview");
  for (const char* id : {"lobby", "lab"}) {
    facility::AccessLevel level;
    level.id = AccessLevelId(id);
    level.entries = {{AreaId(id), {}, {}, {}}};
    out.levels.push_back(level);
  }
  facility::Locker locker;
  locker.id = LockerId("L1");
  locker.area = AreaId("lobby");
  locker.slots = 4;
  out.lockers = {locker};
  for (const char* id : {"ada", "bob"}) {
    facility::Person person;
    person.id = PersonId(id);
    person.name = person.id == PersonId("ada") ? "Ada Lovelace" : "Bob Boole";
    person.levels = {{AccessLevelId("lobby")}};
    if (person.id == PersonId("ada")) person.levels.push_back({AccessLevelId("lab")});
    out.people.push_back(person);
    facility::Credential credential;
    credential.id = CredentialId(absl::StrCat("card-", id));
    credential.person = person.id;
    credential.card = {"H10301", 47, static_cast<uint64_t>(100 + out.people.size()), ""};
    out.credentials.push_back(credential);
  }
  out.hash = std::string(64, 'a');
  return out;
}

inline access::PolicyFiles RealPolicies() {
  access::PolicyFiles out;
  for (const auto& entry : std::filesystem::directory_iterator(SALLYPORT_SOURCE_DIR "/policies")) {
    const std::string suffix = entry.path().extension().string();
    if (suffix != ".cedar" && suffix != ".cedarschema") continue;
    std::stringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    out.files[entry.path().filename().string()] = text.str();
  }
  return out;
}

inline Apply ApplyDocument(facility::Document document) {
  return [document = std::move(document)](Transaction& transaction) -> absl::StatusOr<std::string> {
    SP_RETURN_IF_ERROR(ApplyFacility(transaction, document).status());
    return std::string("applied");
  };
}

inline Apply ActivatePolicies(access::PolicyFiles files) {
  return [files = std::move(files)](Transaction& transaction) -> absl::StatusOr<std::string> {
    SP_ASSIGN_OR_RETURN(const auto policies, access::Policies::Compile(files, transaction.state().facility));
    const std::string hash = ProposePolicySet(transaction, *policies->checked());
    SP_RETURN_IF_ERROR(ActivatePolicySet(transaction, policies).status());
    return hash;
  };
}

// All of a state as text: stored rows and what is derived from them. Equal texts, equal states.
inline std::map<std::string, std::string> Dump(const State& state) {
  std::map<std::string, std::string> out;
  for (const storage::Row& row : DiffRows(State(), state)) out[absl::StrCat(row.table, "/", row.key)] = *row.value;
  state.access.occupancy.ForEach([&](const AreaId& area, int32_t people) {
    if (people != 0) out[absl::StrCat("occupancy/", area.value())] = absl::StrCat(people);
  });
  state.facility.credential_by_card.ForEach(
      [&](const std::string& card, const CredentialId& id) { out[absl::StrCat("by_card/", card)] = id.value(); });
  state.person_by_subject.ForEach(
      [&](const std::string& subject, const PersonId& id) { out[absl::StrCat("by_subject/", subject)] = id.value(); });
  state.quarantine.visits_of.ForEach([&](const PersonId& person, const quarantine::PersonVisits& visits) {
    // Visits that were created at the same moment have no order.
    const std::set<VisitId> ids(visits.visits.begin(), visits.visits.end());
    for (const VisitId& id : ids) out[absl::StrCat("visits_of/", person.value())] += id.value() + " ";
  });
  state.alarms.open.ForEach(
      [&](const std::string& key, const AlarmId& id) { out[absl::StrCat("open_alarm/", key)] = id.value(); });
  return out;
}

// The keys under which two dumps differ.
inline std::vector<std::string> Differences(const std::map<std::string, std::string>& a,
                                            const std::map<std::string, std::string>& b) {
  std::vector<std::string> out;
  for (const auto& [key, value] : a) {
    const auto other = b.find(key);
    if (other == b.end() || other->second != value) out.push_back(key);
  }
  for (const auto& [key, value] : b) {
    if (!a.contains(key)) out.push_back(key);
  }
  return out;
}

}  // namespace sallyport::engine
