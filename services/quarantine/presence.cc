#include "base/status.h"
#include "quarantine/guards.h"
#include "quarantine/names.h"
#include "quarantine/workflow.h"

namespace sallyport::quarantine {
namespace {

std::vector<VisitId> VisitsOf(const State& state, const PersonId& person) {
  const PersonVisits* index = state.visits_of.Find(person);
  return index == nullptr ? std::vector<VisitId>() : index->visits;
}

bool DoorsOpen(const Visit& visit) {
  return visit.state == VisitState::kOpen || visit.state == VisitState::kInInterview;
}

bool MayBeInside(const State& state, const Visit& visit, const Participant& participant) {
  return DoorsOpen(visit) &&
         (participant.state == ParticipantState::kCleared || participant.state == ParticipantState::kOutside) &&
         DevicesSecured(state, visit, participant) && OpenIncident(state, visit, participant.person) == nullptr;
}

void Enter(const Context& context, State& state, Visit& visit, Participant& participant) {
  participant.in_area = true;
  if (MayBeInside(state, visit, participant)) {
    Move(context, participant, ParticipantState::kInside);
    Emit(context, "visit.entered", visit.id, participant.person, {{"area", visit.area.value()}});
  }
  Put(state, visit);
}

void Leave(const Context& context, State& state, Visit& visit, Participant& participant) {
  participant.in_area = false;
  if (participant.state == ParticipantState::kInside) {
    Move(context, participant, ParticipantState::kOutside);
    Emit(context, "visit.left", visit.id, participant.person, {{"area", visit.area.value()}});
  }
  if (visit.state == VisitState::kEnded) SettleAfterEnd(context, state, visit, participant);
  Put(state, visit);
}

void CheckLeftBehind(const Context& context, State& state, Visit& visit, Participant& participant) {
  if (!HasCustody(state, participant)) return;
  participant.left_building_at = context.now;
  Put(state, visit);
  for (const DeviceId& id : participant.devices) {
    const Device* device = state.devices.Find(id);
    if (device == nullptr || !device->in_custody()) continue;
    AskForAlarm(context, Name(IncidentKind::kLeftWithoutDevice), id.value(), participant.person,
                {{"visit", visit.id.value()},
                 {"device", id.value()},
                 {"slot", SlotKey(device->custody->locker, device->custody->slot)}});
  }
}

}  // namespace

void OnEntered(const Context& context, State& state, const PersonId& person, const AreaId& area) {
  VisitId uncleared;
  bool cleared = false;
  for (const VisitId& id : VisitsOf(state, person)) {
    auto visit = CopyVisit(state, id);
    if (!visit.ok() || Finished(*visit)) continue;
    Participant* participant = *ParticipantOf(*visit, person);
    const bool inside = Within(context.facility, area, visit->area);
    if (!inside && participant->in_area) Leave(context, state, *visit, *participant);
    if (!inside) continue;
    if (!participant->in_area) Enter(context, state, *visit, *participant);
    cleared = cleared || participant->state == ParticipantState::kInside;
    if (visit->state != VisitState::kScheduled && MustClear(context.facility, *visit, *participant)) uncleared = id;
  }
  if (cleared || uncleared.empty()) return;
  AskForAlarm(context, "ENTERED_NOT_CLEARED", uncleared.value(), person,
              {{"visit", uncleared.value()}, {"area", area.value()}});
}

void OnLeft(const Context& context, State& state, const PersonId& person, const AreaId& area, bool left_building) {
  for (const VisitId& id : VisitsOf(state, person)) {
    auto visit = CopyVisit(state, id);
    if (!visit.ok() || Finished(*visit)) continue;
    Participant* participant = *ParticipantOf(*visit, person);
    const bool outside = left_building || Within(context.facility, visit->area, area);
    if (outside && participant->in_area) Leave(context, state, *visit, *participant);
    if (left_building) CheckLeftBehind(context, state, *visit, *participant);
  }
}

}  // namespace sallyport::quarantine
