#include "quarantine/guards.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "quarantine/limits.h"
#include "quarantine/names.h"

namespace sallyport::quarantine {
namespace {

absl::Status Missing(absl::string_view reason, absl::string_view message) {
  return WithReason(absl::NotFoundError(message), reason);
}

template <class StateEnum>
absl::Status RequireState(absl::string_view thing, StateEnum state, std::initializer_list<StateEnum> states,
                          absl::string_view reason, absl::string_view step) {
  if (std::find(states.begin(), states.end(), state) != states.end()) return absl::OkStatus();
  const std::string needed =
      absl::StrJoin(states, " or ", [](std::string* out, StateEnum each) { absl::StrAppend(out, Name(each)); });
  return Refuse(reason, absl::StrCat(thing, " is ", Name(state), "; to ", step, " it must be ", needed));
}

}  // namespace

absl::Status Refuse(absl::string_view reason, absl::string_view message) {
  return WithReason(absl::FailedPreconditionError(message), reason);
}

absl::Status CheckText(absl::string_view field, absl::string_view text) {
  if (text.size() <= kTextBytesMax) return absl::OkStatus();
  return FieldError(field, absl::StrCat("has ", text.size(), " bytes, at most ", kTextBytesMax, " are kept"));
}

absl::StatusOr<Visit> CopyVisit(const State& state, const VisitId& id) {
  if (const Visit* visit = state.visits.Find(id)) return *visit;
  return Missing(kVisitNotFound, absl::StrCat("visit ", id.value(), ": not found"));
}

absl::StatusOr<Participant*> ParticipantOf(Visit& visit, const PersonId& person) {
  for (Participant& participant : visit.participants) {
    if (participant.person == person) return &participant;
  }
  return Missing(kParticipantNotFound,
                 absl::StrCat("visit ", visit.id.value(), ": ", person.value(), " is not one of its participants"));
}

absl::StatusOr<Device> CopyDevice(const State& state, const Visit& visit, const DeviceId& id) {
  const Device* device = state.devices.Find(id);
  if (device != nullptr && device->visit == visit.id) return *device;
  return Missing(kDeviceNotFound, absl::StrCat("device ", id.value(), ": not found in visit ", visit.id.value()));
}

absl::StatusOr<facility::Locker> CopyLocker(const facility::State& facility, const LockerId& id) {
  if (const facility::Locker* locker = facility.lockers.Find(id)) return *locker;
  return Missing(kLockerNotFound, absl::StrCat("locker ", id.value(), ": not found"));
}

absl::StatusOr<Slot> CopySlot(const State& state, const facility::Locker& locker, int32_t number) {
  if (number < 1 || number > locker.slots) {
    return FieldError("slot", absl::StrCat(number, " is not a slot of locker ", locker.id.value(), ", which has 1 to ",
                                           locker.slots));
  }
  if (const Slot* slot = state.slots.Find(SlotKey(locker.id, number))) return *slot;
  Slot slot;
  slot.locker = locker.id;
  slot.number = number;
  return slot;
}

absl::Status Require(const Visit& visit, std::initializer_list<VisitState> states, absl::string_view step) {
  return RequireState(absl::StrCat("visit ", visit.id.value()), visit.state, states, kVisitState, step);
}

absl::Status Require(const Participant& participant, std::initializer_list<ParticipantState> states,
                     absl::string_view step) {
  return RequireState(absl::StrCat("participant ", participant.person.value()), participant.state, states,
                      kParticipantState, step);
}

absl::Status Require(const Device& device, std::initializer_list<DeviceState> states, absl::string_view step) {
  return RequireState(absl::StrCat("device ", device.id.value()), device.state, states, kDeviceState, step);
}

absl::Status RequireNotOwn(const Context& context, const PersonId& participant) {
  if (context.actor_person.empty() || context.actor_person != participant) return absl::OkStatus();
  return WithReason(absl::PermissionDeniedError(absl::StrCat("operator ", context.actor.value(),
                                                             " is this participant: nobody acts on their own device")),
                    kOwnDevice);
}

absl::Status RequireBadgeOf(const Context& context, const CredentialId& badge, const PersonId& person) {
  const facility::Credential* credential = context.facility.credentials.Find(badge);
  if (credential == nullptr) return Missing(kBadgeNotFound, absl::StrCat("badge ", badge.value(), ": not found"));
  if (credential->person == person) return absl::OkStatus();
  return Refuse(kIdentityMismatch, absl::StrCat("badge ", badge.value(), " is not a badge of ", person.value()));
}

absl::Status RequireNoIncident(const State& state, const Visit& visit, const Participant& participant) {
  const Incident* incident = OpenIncident(state, visit, participant.person);
  if (incident == nullptr) return absl::OkStatus();
  return Refuse(kQuarantineIncident, absl::StrCat("visit ", visit.id.value(), ": incident ", incident->id.value(), " (",
                                                  Name(incident->kind), ") is open and must be resolved first"));
}

bool MustClear(const facility::State& facility, const Visit& visit, const Participant& participant) {
  if (participant.role == Role::kCandidate) return true;
  const facility::Area* area = facility.areas.Find(visit.area);
  return area == nullptr || area->staff_custody;
}

bool Finished(const Visit& visit) {
  return visit.state == VisitState::kClosed || visit.state == VisitState::kClosedWithIncident ||
         visit.state == VisitState::kCancelled;
}

bool Final(const Participant& participant) {
  return participant.state == ParticipantState::kReturned || participant.state == ParticipantState::kRefused ||
         participant.state == ParticipantState::kRemoved;
}

bool IsCleared(const Participant& participant) {
  return participant.state == ParticipantState::kCleared || participant.state == ParticipantState::kInside ||
         participant.state == ParticipantState::kOutside;
}

bool DevicesSecured(const State& state, const Visit& visit, const Participant& participant) {
  const bool over = visit.state == VisitState::kEnded || Finished(visit);
  return std::all_of(participant.devices.begin(), participant.devices.end(), [&](const DeviceId& id) {
    const Device* device = state.devices.Find(id);
    if (device == nullptr) return false;
    switch (device->state) {
      case DeviceState::kVerified:
      case DeviceState::kExempt:
      case DeviceState::kReleaseReady:
        return true;
      case DeviceState::kReturned:
        return over;
      default:
        return false;
    }
  });
}

bool HasCustody(const State& state, const Participant& participant) {
  return std::any_of(participant.devices.begin(), participant.devices.end(), [&](const DeviceId& id) {
    const Device* device = state.devices.Find(id);
    return device != nullptr && device->in_custody();
  });
}

bool Touches(const Incident& incident, const PersonId& person) {
  if (!incident.person.empty()) return incident.person == person;
  return incident.device.empty();
}

const Incident* OpenIncident(const State& state, const Visit& visit, const PersonId& person) {
  for (const IncidentId& id : visit.incidents) {
    const Incident* incident = state.incidents.Find(id);
    if (incident != nullptr && incident->open() && Touches(*incident, person)) return incident;
  }
  return nullptr;
}

bool Within(const facility::State& facility, const AreaId& area, const AreaId& around) {
  AreaId at = area;
  for (size_t depth = 0; depth <= facility.areas.size(); ++depth) {
    if (at == around) return true;
    const facility::Area* known = facility.areas.Find(at);
    if (known == nullptr || !known->parent.has_value()) return false;
    at = *known->parent;
  }
  return false;
}

absl::Status RequireSelfTest(const State& state, const facility::Locker& locker, const Visit& visit) {
  absl::Time at = locker.self_test_at;
  bool passed = at != absl::InfinitePast();
  const LockerTest* reported = state.locker_tests.Find(locker.id);
  if (reported != nullptr && reported->at >= at) {
    at = reported->at;
    passed = reported->passed;
  }
  if (passed && at >= visit.start - kSelfTestAgeMax) return absl::OkStatus();
  const std::string found = at == absl::InfinitePast() ? "none" : Utc(at) + (passed ? " passed" : " failed");
  return Refuse(kSelfTestMissing,
                absl::StrCat("locker ", locker.id.value(), ": last self-test ", found, "; one passed after ",
                             Utc(visit.start - kSelfTestAgeMax), " is required"));
}

void Emit(const Context& context, absl::string_view action, const VisitId& visit, const PersonId& person, Pairs facts,
          Pairs personal) {
  context.events.push_back(StepEvent{std::string(action), visit, person, std::move(facts), std::move(personal)});
}

void AskForAlarm(const Context& context, absl::string_view kind, absl::string_view object, const PersonId& person,
                 Pairs facts) {
  AlarmEvent alarm;
  alarm.kind = std::string(kind);
  alarm.object = std::string(object);
  alarm.person = person;
  alarm.facts = std::move(facts);
  context.events.push_back(std::move(alarm));
}

void Move(const Context& context, Participant& participant, ParticipantState state) {
  participant.state = state;
  participant.step_at = context.now;
}

absl::StatusOr<IncidentId> AddIncident(const Context& context, State& state, Visit& visit, IncidentKind kind,
                                       const PersonId& person, const DeviceId& device, absl::string_view object) {
  if (visit.incidents.size() >= kIncidentsPerVisitMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("visit ", visit.id.value(), " has ", visit.incidents.size(), " incidents, which is the limit"));
  }
  Incident incident;
  incident.id = IncidentId(context.new_id());
  incident.kind = kind;
  incident.visit = visit.id;
  incident.person = person;
  incident.device = device;
  incident.object = std::string(object);
  incident.opened_at = context.now;
  visit.incidents.push_back(incident.id);
  state.incidents.Put(incident.id, incident);
  Pairs facts = {{"incident", incident.id.value()}, {"kind", std::string(Name(kind))}};
  if (!device.empty()) facts.emplace_back("device", device.value());
  if (!object.empty()) facts.emplace_back("object", std::string(object));
  Emit(context, "incident.opened", visit.id, person, facts);
  AskForAlarm(context, Name(kind), device.empty() ? visit.id.value() : device.value(), person, std::move(facts));
  return incident.id;
}

void SettleAfterEnd(const Context& context, State& state, const Visit& visit, Participant& participant) {
  if (participant.in_area || participant.state == ParticipantState::kExpected || Final(participant)) return;
  for (const DeviceId& id : participant.devices) {
    const Device* device = state.devices.Find(id);
    if (device == nullptr || device->state != DeviceState::kVerified) continue;
    Device ready = *device;
    ready.state = DeviceState::kReleaseReady;
    Put(state, ready);
    Emit(context, "device.release_ready", visit.id, participant.person, {{"device", id.value()}});
  }
  if (HasCustody(state, participant)) return;
  Move(context, participant, ParticipantState::kReturned);
  Emit(context, "visit.returned", visit.id, participant.person);
}

void AddToIndex(State& state, const PersonId& person, const VisitId& visit) {
  const PersonVisits* known = state.visits_of.Find(person);
  PersonVisits index = known == nullptr ? PersonVisits{} : *known;
  // In the order that RebuildIndex has, whatever order visits of one moment were made in.
  const auto order = [&](const VisitId& id) {
    const Visit* each = state.visits.Find(id);
    return std::make_pair(each == nullptr ? absl::InfinitePast() : each->created_at, id);
  };
  const auto after = std::find_if(index.visits.begin(), index.visits.end(),
                                  [&](const VisitId& id) { return order(visit) < order(id); });
  index.visits.insert(after, visit);
  if (index.visits.size() > kVisitsPerPersonMax) {
    const auto oldest = std::find_if(index.visits.begin(), index.visits.end(), [&](const VisitId& id) {
      const Visit* each = state.visits.Find(id);
      return each == nullptr || Finished(*each);
    });
    if (oldest != index.visits.end()) index.visits.erase(oldest);
  }
  state.visits_of.Put(person, std::move(index));
}

void Put(State& state, const Visit& visit) { state.visits.Put(visit.id, visit); }
void Put(State& state, const Device& device) { state.devices.Put(device.id, device); }
void Put(State& state, const Slot& slot) { state.slots.Put(SlotKey(slot.locker, slot.number), slot); }

std::string Utc(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()); }

std::string FormatDb(double db) { return absl::StrCat(db); }

}  // namespace sallyport::quarantine
