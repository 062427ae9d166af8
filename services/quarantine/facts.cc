#include "quarantine/facts.h"

#include "quarantine/guards.h"
#include "quarantine/limits.h"
#include "quarantine/names.h"

namespace sallyport::quarantine {
namespace {

bool InWindow(const Visit& visit, absl::Time now) {
  return now >= visit.start - kCheckInEarlyMax && now < visit.end + kGrace;
}

bool Active(const Visit& visit, absl::Time now) {
  return (visit.state == VisitState::kOpen || visit.state == VisitState::kInInterview) && InWindow(visit, now);
}

// Which of two visits in the same area the facts are about: the higher.
int Rank(const Visit& visit, const PersonId& person, absl::Time now) {
  const Participant* participant = FindParticipant(visit, person);
  if (Active(visit, now)) return participant != nullptr && IsCleared(*participant) ? 3 : 2;
  return visit.state == VisitState::kScheduled && InWindow(visit, now) ? 1 : 0;
}

bool IncidentOn(const State& state, const Visit& visit, const PersonId& person, bool chosen) {
  for (const IncidentId& id : visit.incidents) {
    const Incident* incident = state.incidents.Find(id);
    if (incident == nullptr || !incident->open()) continue;
    if (incident->person == person || (chosen && Touches(*incident, person))) return true;
  }
  return false;
}

}  // namespace

DoorFacts FactsFor(const State& state, const PersonId& person, const AreaId& area, absl::Time now) {
  DoorFacts facts;
  const PersonVisits* index = state.visits_of.Find(person);
  if (index == nullptr) return facts;
  facts.expected = !index->visits.empty();
  const Visit* chosen = nullptr;
  for (const VisitId& id : index->visits) {
    const Visit* visit = state.visits.Find(id);
    if (visit == nullptr) continue;
    const Participant* participant = FindParticipant(*visit, person);
    if (participant == nullptr) continue;
    if (!Finished(*visit)) facts.incident = facts.incident || IncidentOn(state, *visit, person, false);
    if (visit->area != area) continue;
    if (Active(*visit, now) && !DevicesSecured(state, *visit, *participant)) facts.devices_in_custody = false;
    const int rank = Rank(*visit, person, now);
    const int best = chosen == nullptr ? -1 : Rank(*chosen, person, now);
    if (rank > best || (rank == best && visit->start >= chosen->start)) chosen = visit;
  }
  if (chosen == nullptr) return facts;
  const Participant& participant = *FindParticipant(*chosen, person);
  facts.active = Active(*chosen, now);
  facts.scheduled_now = !facts.active && Rank(*chosen, person, now) == 1;
  facts.cleared = IsCleared(participant);
  facts.devices_in_custody = facts.devices_in_custody && DevicesSecured(state, *chosen, participant);
  facts.devices_declared = participant.declared;
  facts.incident = facts.incident || IncidentOn(state, *chosen, person, !Finished(*chosen));
  facts.visit = chosen->id.value();
  facts.participant_state = std::string(Name(participant.state));
  facts.host = chosen->host;
  return facts;
}

AreaId InterviewAreaOf(const facility::State& facility, const AreaId& area) {
  AreaId at = area;
  for (size_t depth = 0; depth <= facility.areas.size(); ++depth) {
    const facility::Area* known = facility.areas.Find(at);
    if (known == nullptr) return AreaId();
    if (known->interview) return at;
    if (!known->parent.has_value()) return AreaId();
    at = *known->parent;
  }
  return AreaId();
}

}  // namespace sallyport::quarantine
