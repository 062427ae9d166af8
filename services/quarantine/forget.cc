#include "quarantine/forget.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "quarantine/guards.h"
#include "quarantine/names.h"
#include "quarantine/workflow.h"

namespace sallyport::quarantine {
namespace {

// Copies of what `concerns` selects: a map must not change while it is walked.
template <class Key, class T, class Concerns>
std::vector<T> Select(const PersistentMap<Key, T>& map, Concerns concerns) {
  std::vector<T> out;
  map.ForEach([&](const Key&, const T& value) {
    if (concerns(value)) out.push_back(value);
  });
  return out;
}

bool Concerns(const Visit& visit, const PersonId& person) {
  return visit.host == person || FindParticipant(visit, person) != nullptr;
}

absl::Status CheckVisits(const State& state, const PersonId& person) {
  absl::Status status;
  state.visits.ForEach([&](const VisitId& id, const Visit& visit) {
    if (!status.ok() || Finished(visit) || !Concerns(visit, person)) return;
    status = Refuse(kVisitState, absl::StrCat("visit ", id.value(), ", which they host or take part in, is ",
                                              Name(visit.state), "; it must be closed or cancelled first"));
  });
  return status;
}

absl::Status CheckDevices(const State& state, const PersonId& person) {
  absl::Status status;
  state.devices.ForEach([&](const DeviceId& id, const Device& device) {
    if (!status.ok() || device.participant != person || !device.in_custody()) return;
    status = Refuse(kDeviceInCustody,
                    absl::StrCat("device ", id.value(), " of theirs is ", Name(device.state), " in ",
                                 SlotKey(device.custody->locker, device.custody->slot), "; it must be returned first"));
  });
  return status;
}

bool IsAbout(const State& state, const Incident& incident, const PersonId& person) {
  if (incident.person == person) return true;
  const Device* device = incident.device.empty() ? nullptr : state.devices.Find(incident.device);
  return device != nullptr && device->participant == person;
}

absl::Status CheckIncidents(const State& state, const PersonId& person) {
  absl::Status status;
  state.incidents.ForEach([&](const IncidentId& id, const Incident& incident) {
    if (!status.ok() || !incident.open() || !IsAbout(state, incident, person)) return;
    status = Refuse(kQuarantineIncident, absl::StrCat("incident ", id.value(), " (", Name(incident.kind),
                                                      ") about them is open; it must be resolved first"));
  });
  return status;
}

void ForgetIn(Visit& visit, const PersonId& person, const PersonId& alias) {
  if (visit.host == person) visit.host = alias;
  for (Participant& participant : visit.participants) {
    if (participant.person != person) continue;
    participant.person = alias;
    participant.identity = Identity();
    participant.visitor_badge = CredentialId();
  }
}

void ForgetIn(Device& device, const PersonId& alias) {
  device.participant = alias;
  device.description.clear();
  device.condition.clear();
  if (!device.custody.has_value()) return;
  device.custody->condition.clear();
  device.custody->return_condition.clear();
}

}  // namespace

absl::Status CheckMayForget(const State& state, const PersonId& person) {
  SP_RETURN_IF_ERROR(CheckDevices(state, person));
  SP_RETURN_IF_ERROR(CheckVisits(state, person));
  return CheckIncidents(state, person);
}

void Forget(const PersonId& person, const PersonId& alias, const std::function<bool(absl::string_view)>& mentions,
            State& state) {
  const auto incidents = Select(state.incidents, [&](const Incident& incident) {
    return IsAbout(state, incident, person) || mentions(incident.finding);
  });
  for (Incident incident : incidents) {
    if (incident.person == person) incident.person = alias;
    incident.finding.clear();
    state.incidents.Put(incident.id, incident);
  }
  for (Visit visit : Select(state.visits, [&](const Visit& each) { return Concerns(each, person); })) {
    ForgetIn(visit, person, alias);
    state.visits.Put(visit.id, visit);
  }
  for (Device device : Select(state.devices, [&](const Device& each) { return each.participant == person; })) {
    ForgetIn(device, alias);
    state.devices.Put(device.id, device);
  }
  if (const PersonVisits* index = state.visits_of.Find(person)) {
    state.visits_of.Put(alias, PersonVisits(*index));
    state.visits_of.Erase(person);
  }
}

}  // namespace sallyport::quarantine
