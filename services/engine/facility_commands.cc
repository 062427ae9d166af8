#include "engine/facility_commands.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "access/decision.h"
#include "base/status.h"
#include "engine/door_commands.h"
#include "facility/names.h"

namespace sallyport::engine {
namespace {

using facility::Change;

constexpr char kAreaOccupied[] = "AREA_OCCUPIED";
constexpr char kVisitPlanned[] = "VISIT_PLANNED";
constexpr char kDeviceInCustody[] = "DEVICE_IN_CUSTODY";

template <class... Parts>
absl::Status Refuse(const char* reason, const Parts&... parts) {
  return WithReason(absl::FailedPreconditionError(absl::StrCat(parts...)), reason);
}

template <class... Parts>
absl::Status NotFound(absl::string_view field, const Parts&... parts) {
  return absl::NotFoundError(absl::StrCat(field, ": ", parts...));
}

// ---- what stands in the way of a document

using AreasById = absl::flat_hash_map<AreaId, const facility::Area*>;

AreasById AreasOf(const facility::Document& document) {
  AreasById out;
  for (const facility::Area& area : document.areas) out[area.id] = &area;
  return out;
}

absl::Status RequireNobodyInAreasThatGo(const AreasById& stay, const State& state) {
  std::map<AreaId, int> people;
  state.access.presence.ForEach([&](const PersonId&, const access::Presence& presence) {
    if (!stay.contains(presence.area) && !IsOutside(state.facility, presence.area)) ++people[presence.area];
  });
  if (people.empty()) return absl::OkStatus();
  const auto& [area, count] = *people.begin();
  return Refuse(kAreaOccupied, "area \"", area.value(), "\" cannot go: ", count,
                count == 1 ? " person is" : " people are", " in it");
}

bool IsPlanned(const quarantine::Visit& visit) {
  using quarantine::VisitState;
  return visit.state != VisitState::kClosed && visit.state != VisitState::kClosedWithIncident &&
         visit.state != VisitState::kCancelled;
}

absl::Status RequireNoVisitInAreasThatGo(const AreasById& stay, const State& state) {
  std::map<VisitId, AreaId> visits;
  state.quarantine.visits.ForEach([&](const VisitId& id, const quarantine::Visit& visit) {
    const auto area = stay.find(visit.area);
    if (IsPlanned(visit) && (area == stay.end() || !area->second->interview)) visits[id] = visit.area;
  });
  if (visits.empty()) return absl::OkStatus();
  const auto& [visit, area] = *visits.begin();
  return Refuse(kVisitPlanned, "area \"", area.value(), "\" must stay an interview area: visit \"", visit.value(),
                "\" is not over");
}

absl::Status RequireNoDeviceInSlotsThatGo(const facility::Document& document, const State& state) {
  absl::flat_hash_map<LockerId, int32_t> slots;
  for (const facility::Locker& locker : document.lockers) slots[locker.id] = locker.slots;
  std::map<std::string, DeviceId> devices;
  state.quarantine.slots.ForEach([&](const std::string& key, const quarantine::Slot& slot) {
    if (slot.device.empty()) return;
    const auto locker = slots.find(slot.locker);
    if (locker == slots.end() || slot.number > locker->second) devices[key] = slot.device;
  });
  if (devices.empty()) return absl::OkStatus();
  const auto& [slot, device] = *devices.begin();
  return Refuse(kDeviceInCustody, "slot ", slot, " cannot go: device \"", device.value(), "\" is in it");
}

// ---- what follows from a document

void ForgetWhatIsGone(State& state) {
  const facility::State& facility = state.facility;
  const access::State before = state.access;
  before.presence.ForEach([&](const PersonId& person, const access::Presence& presence) {
    if (!facility.areas.Contains(presence.area)) state.access.presence.Erase(person);
  });
  before.recent.ForEach([&](const AccessPointId& id, const access::RecentGrants&) {
    if (!facility.access_points.Contains(id)) state.access.recent.Erase(id);
  });
  access::VoidPendingPairs(state.access);
  access::RebuildOccupancy(facility, state.access);
}

void EnrolAll(Transaction& transaction, const std::vector<facility::Person>& people) {
  for (const facility::Person& listed : people) {
    const facility::Person* found = transaction.state().facility.people.Find(listed.id);
    if (found == nullptr || !found->subject_ref.empty()) continue;
    facility::Person person = *found;
    transaction.Enrol(person);
    transaction.state().facility.people.Put(listed.id, std::move(person));
  }
}

std::string Text(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone()); }

Pairs PersonalOf(const facility::Person& person) {
  std::vector<std::string> levels;
  for (const facility::LevelGrant& grant : person.levels) levels.push_back(grant.level.value());
  std::vector<std::string> briefings;
  for (const auto& [name, given] : person.briefings) briefings.push_back(absl::StrCat(name, "@", Text(given)));
  Pairs out = {{"name", person.name},
               {"email", person.email},
               {"kind", std::string(facility::NameOf(person.kind))},
               {"department", person.department},
               {"status", std::string(facility::NameOf(person.status))},
               {"valid_from", person.valid_from == absl::InfinitePast() ? "" : Text(person.valid_from)},
               {"valid_until", person.valid_until == absl::InfiniteFuture() ? "" : Text(person.valid_until)},
               {"clearance", absl::StrCat(person.clearance)},
               {"projects", absl::StrJoin(person.projects, ",")},
               {"briefings", absl::StrJoin(briefings, ",")},
               {"nda_until", person.nda_until == absl::InfinitePast() ? "" : Text(person.nda_until)},
               {"levels", absl::StrJoin(levels, ",")},
               {"escort_id", person.escort.value()}};
  std::erase_if(out, [](const auto& pair) { return pair.second.empty(); });
  return out;
}

Pairs PersonalOf(const facility::Credential& credential) {
  Pairs out = {{"card", credential.card.Key()},
               {"status", std::string(facility::NameOf(credential.status))},
               {"label", credential.label}};
  std::erase_if(out, [](const auto& pair) { return pair.second.empty(); });
  return out;
}

Pairs AfterOf(const Change& change) {
  Pairs out;
  for (const Change::Field& field : change.fields) out.emplace_back(field.field, field.after);
  return out;
}

// The record of one person or credential; everything about them is sealed.
ChangeEvent EventOf(const Change& change, const facility::State& facility, const std::string& document) {
  const bool added = change.action == Change::Action::kAdd;
  ChangeEvent event;
  event.facts = {{"document", document}};
  if (change.kind == "person") {
    event.action = added ? "person.created" : "person.updated";
    event.person = PersonId(change.id);
    event.personal = added ? PersonalOf(*facility.people.Find(event.person)) : AfterOf(change);
  } else {
    const facility::Credential& credential = *facility.credentials.Find(CredentialId(change.id));
    event.action = added ? "credential.issued" : "credential.updated";
    event.person = credential.person;
    event.personal = added ? PersonalOf(credential) : AfterOf(change);
    event.personal.insert(event.personal.begin(), {"credential", change.id});
  }
  return event;
}

// "area_add": 3, "area_remove": 1, … in the order of the changes.
Pairs Counts(const std::vector<Change>& changes) {
  Pairs out;
  int64_t count = 0;
  for (const Change& change : changes) {
    const std::string name = absl::StrCat(change.kind, "_", facility::Name(change.action));
    if (out.empty() || out.back().first != name) count = 0;
    if (count == 0) out.emplace_back(name, "");
    out.back().second = absl::StrCat(++count);
  }
  return out;
}

void RecordApplied(Transaction& transaction, const std::vector<Change>& changes, const std::string& document) {
  std::vector<Change> sorted = changes;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Change& a, const Change& b) {
    return std::tie(a.kind, a.action) < std::tie(b.kind, b.action);
  });
  transaction.Record(ChangeEvent{"facility.applied", document, {}, Counts(sorted), {}});
  for (const Change& change : changes) {
    if (change.action == Change::Action::kRemove) continue;
    if (change.kind != "person" && change.kind != "credential") continue;
    transaction.Record(EventOf(change, transaction.state().facility, document));
  }
}

// ---- names of modes

absl::string_view NameOf(facility::DoorMode mode) {
  switch (mode) {
    case facility::DoorMode::kNormal:
      return "normal";
    case facility::DoorMode::kUnlocked:
      return "unlocked";
    case facility::DoorMode::kLockedDown:
      return "locked_down";
  }
  return "unknown";
}

absl::string_view NameOf(facility::ThreatLevel level) {
  switch (level) {
    case facility::ThreatLevel::kNormal:
      return "normal";
    case facility::ThreatLevel::kElevated:
      return "elevated";
    case facility::ThreatLevel::kLockdown:
      return "lockdown";
  }
  return "unknown";
}

Pairs FromTo(absl::string_view before, absl::string_view after) {
  return {{"before", std::string(before)}, {"after", std::string(after)}};
}

}  // namespace

absl::StatusOr<std::vector<Change>> ApplyFacility(Transaction& transaction, const facility::Document& document) {
  State& state = transaction.state();
  const AreasById stay = AreasOf(document);
  SP_RETURN_IF_ERROR(RequireNobodyInAreasThatGo(stay, state));
  SP_RETURN_IF_ERROR(RequireNoVisitInAreasThatGo(stay, state));
  SP_RETURN_IF_ERROR(RequireNoDeviceInSlotsThatGo(document, state));
  std::vector<Change> changes = facility::Plan(document, state.facility);
  SP_RETURN_IF_ERROR(facility::Apply(document, state.facility));
  EnrolAll(transaction, document.people);
  ForgetWhatIsGone(state);
  transaction.RelinkPolicies();
  RecordApplied(transaction, changes, document.hash);
  return changes;
}

absl::StatusOr<facility::AccessPoint> SetDoorMode(Transaction& transaction, const AccessPointId& id,
                                                  facility::DoorMode mode) {
  State& state = transaction.state();
  const facility::AccessPoint* found = state.facility.access_points.Find(id);
  if (found == nullptr) return NotFound("access_point_id", "no access point \"", id.value(), "\"");
  facility::AccessPoint access_point = *found;
  Pairs facts = FromTo(NameOf(access_point.mode), NameOf(mode));
  access_point.mode = mode;
  state.facility.access_points.Put(id, access_point);
  access::VoidPendingPairs(state.access);
  transaction.Record(ChangeEvent{"door_mode.set", id.value(), {}, std::move(facts), {}});
  return access_point;
}

absl::StatusOr<facility::Site> SetThreatLevel(Transaction& transaction, const SiteId& id, facility::ThreatLevel level) {
  State& state = transaction.state();
  const facility::Site* found = state.facility.sites.Find(id);
  if (found == nullptr) return NotFound("site_id", "no site \"", id.value(), "\"");
  facility::Site site = *found;
  Pairs facts = FromTo(NameOf(site.threat_level), NameOf(level));
  site.threat_level = level;
  state.facility.sites.Put(id, site);
  access::VoidPendingPairs(state.access);
  transaction.Record(ChangeEvent{"threat_level.set", id.value(), {}, std::move(facts), {}});
  return site;
}

absl::StatusOr<facility::Area> SetVisualSecurity(Transaction& transaction, const AreaId& id, bool confirmed) {
  State& state = transaction.state();
  const facility::Area* found = state.facility.areas.Find(id);
  if (found == nullptr) return NotFound("area_id", "no area \"", id.value(), "\"");
  facility::Area area = *found;
  Pairs facts = FromTo(area.visual_security_confirmed ? "confirmed" : "open", confirmed ? "confirmed" : "open");
  area.visual_security_confirmed = confirmed;
  area.visual_security_at = transaction.now();
  state.facility.areas.Put(id, area);
  transaction.Record(ChangeEvent{"visual_security.set", id.value(), {}, std::move(facts), {}});
  return area;
}

}  // namespace sallyport::engine
