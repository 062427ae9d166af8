#include "access/rules.h"

#include <algorithm>

#include "access/recent.h"

namespace sallyport::access {
namespace {

bool Holds(const AreaChain& chain, const facility::Area* area) {
  return std::find(chain.begin(), chain.end(), area) != chain.end();
}

bool IsIn(const State& state, const World& world, const PersonId& person, const facility::Area& area) {
  const Presence* presence = state.presence.Find(person);
  return presence != nullptr && IsWithin(world.facility, presence->area, area.id);
}

int32_t PeopleIn(const State& state, const AreaId& area) {
  const int32_t* people = state.occupancy.Find(area);
  return people != nullptr ? *people : 0;
}

// Whether the first of a pair could still enter on their own merits.
bool StillEligible(const State& state, const PersonId& first, const Case& c) {
  const facility::Person* person = c.world.facility.people.Find(first);
  if (person == nullptr || !IsActive(*person, c.world.now)) return false;
  Case again(c.world, c.place);
  again.subject.person = person;
  again.pin_verified = c.place.access_point->pin_required;
  return Judge(state, "", again).ok() && !again.grounds.refused();
}

}  // namespace

void CheckAntiPassback(const State& state, Case& c) {
  const PersonId& person = c.subject.person->id;
  const Presence* presence = state.presence.Find(person);
  if (presence == nullptr) return;
  bool hard = false;
  bool soft = false;
  for (const facility::Area* area : c.place.to) {
    if (Holds(c.place.from, area)) break;
    if (!IsIn(state, c.world, person, *area)) continue;
    hard |= !c.grounds.exit && area->anti_passback == facility::AntiPassback::kHard;
    soft |= area->anti_passback != facility::AntiPassback::kOff;
  }
  for (const facility::Area* area : c.place.from) {
    if (Holds(c.place.to, area)) break;
    soft |= area->anti_passback != facility::AntiPassback::kOff && !IsIn(state, c.world, person, *area);
  }
  if (hard) return c.grounds.rules.Add(reason::kAntipassbackViolation);
  if (!soft) return;
  c.grounds.notes.Add(reason::kAntipassbackViolation);
  c.alarms_if_granted.push_back(
      c.AlarmHere(reason::kAntipassbackViolation, {{"recorded_area", presence->area.value()}}));
}

void CheckOccupancy(const State& state, Case& c) {
  const PersonId& person = c.subject.person->id;
  const int32_t arriving =
      (c.place.requirements.two_person ? 2 : 1) + GrantsNotPassed(state, *c.place.access_point, person, c.world.now);
  for (const facility::Area* area : c.place.to) {
    if (c.grounds.exit || Holds(c.place.from, area)) break;
    if (area->occupancy_max == 0 || IsIn(state, c.world, person, *area)) continue;
    if (PeopleIn(state, area->id) + arriving > area->occupancy_max) c.grounds.rules.Add(reason::kOccupancyFull);
  }
  for (const facility::Area* area : c.place.from) {
    if (Holds(c.place.to, area)) break;
    if (!IsIn(state, c.world, person, *area)) continue;
    const int32_t staying = PeopleIn(state, area->id) - 1;
    if (staying <= 0 || staying >= area->occupancy_min) continue;
    c.grounds.notes.Add(reason::kOccupancyMinimum);
    AlarmEvent alarm = c.AlarmHere(reason::kOccupancyMinimum, {{"staying", std::to_string(staying)}});
    alarm.object = area->id.value();
    c.alarms_if_granted.push_back(std::move(alarm));
  }
}

PairStep PairStepOf(const State& state, Case& c) {
  const PendingPair* pending = state.pairs.Find(c.place.access_point->id);
  if (pending == nullptr || pending->first == c.subject.person->id) return PairStep::kFirst;
  const bool in_time = c.world.now - pending->at <= absl::Seconds(c.place.area().two_person_seconds);
  if (in_time && StillEligible(state, pending->first, c)) return PairStep::kSecond;
  c.grounds.notes.Add(reason::kSecondPersonRequired);
  return PairStep::kFirst;
}

}  // namespace sallyport::access
