#include <algorithm>
#include <utility>

#include "access/decision.h"
#include "access/limits.h"
#include "access/place.h"
#include "access/recent.h"

namespace sallyport::access {
namespace {

void Count(const AreaChain& chain, const AreaChain& same, int32_t by, State& state) {
  for (const facility::Area* area : chain) {
    if (std::find(same.begin(), same.end(), area) != same.end()) continue;
    const int32_t* known = state.occupancy.Find(area->id);
    const int32_t people = (known != nullptr ? *known : 0) + by;
    if (people > 0) {
      state.occupancy.Put(area->id, people);
    } else {
      state.occupancy.Erase(area->id);
    }
  }
}

void Move(const facility::State& facility, const facility::AccessPoint& access_point, const PersonId& person,
          absl::Time at, State& state) {
  const Presence* was = state.presence.Find(person);
  const AreaChain from = was != nullptr ? ChainOf(facility, was->area) : AreaChain();
  const AreaChain to = ChainOf(facility, access_point.to);
  Count(from, to, -1, state);
  Count(to, from, +1, state);
  state.presence.Put(person, Presence{access_point.to, at, access_point.id});
}

// The door may open until then: a gateway acts on a grant within kGrantValid, and the lock stays open for a while.
absl::Time OpensUntil(const facility::AccessPoint& access_point, absl::Time granted) {
  return granted + kGrantValid + absl::Seconds(access_point.unlock_seconds);
}

bool StillGood(const facility::AccessPoint& access_point, const RecentGrants::Grant& grant, absl::Time at) {
  return grant.at <= at && at <= OpensUntil(access_point, grant.at);
}

}  // namespace

void VoidPendingPairs(State& state) { state.pairs = {}; }

void AddGrant(const facility::AccessPoint& access_point, const PersonId& person, absl::Time at, State& state) {
  const RecentGrants* known = state.recent.Find(access_point.id);
  RecentGrants recent = known != nullptr ? *known : RecentGrants();
  std::erase_if(recent.grants, [&](const RecentGrants::Grant& grant) {
    return grant.person == person || (at - grant.at > kEscortWindow && !StillGood(access_point, grant, at));
  });
  if (recent.grants.size() >= kRecentGrantsMax) recent.grants.erase(recent.grants.begin());
  recent.grants.push_back({person, at, false});
  state.recent.Put(access_point.id, std::move(recent));
}

bool GrantedBeside(const State& state, const AccessPointId& access_point, const PersonId& person, absl::Time at) {
  const RecentGrants* recent = state.recent.Find(access_point);
  if (recent == nullptr || person.empty()) return false;
  return std::any_of(recent->grants.begin(), recent->grants.end(), [&](const RecentGrants::Grant& grant) {
    return grant.person == person && grant.at <= at && at - grant.at <= kEscortWindow;
  });
}

void RenewGrant(const facility::AccessPoint& access_point, const PersonId& person, absl::Time at, State& state) {
  const RecentGrants* known = state.recent.Find(access_point.id);
  if (known == nullptr) return;
  const bool waiting = std::any_of(known->grants.begin(), known->grants.end(), [&](const RecentGrants::Grant& grant) {
    return grant.person == person && !grant.passed;
  });
  if (waiting) AddGrant(access_point, person, at, state);
}

int32_t GrantsNotPassed(const State& state, const facility::AccessPoint& access_point, const PersonId& but,
                        absl::Time at) {
  const RecentGrants* recent = state.recent.Find(access_point.id);
  if (recent == nullptr) return 0;
  return static_cast<int32_t>(
      std::count_if(recent->grants.begin(), recent->grants.end(), [&](const RecentGrants::Grant& grant) {
        return grant.person != but && !grant.passed && StillGood(access_point, grant, at);
      }));
}

void RecordPassage(const facility::State& facility, const AccessPointId& access_point, const PersonId& person,
                   absl::Time at, State& state) {
  const facility::AccessPoint* door = facility.access_points.Find(access_point);
  if (door == nullptr) return;
  Move(facility, *door, person, at, state);
  const RecentGrants* known = state.recent.Find(access_point);
  if (known == nullptr) return;
  RecentGrants recent = *known;
  bool changed = false;
  for (RecentGrants::Grant& grant : recent.grants) {
    if (grant.passed || (grant.person != person && !StillGood(*door, grant, at))) continue;
    if (grant.person != person) Move(facility, *door, grant.person, at, state);
    grant.passed = true;
    changed = true;
  }
  if (changed) state.recent.Put(access_point, std::move(recent));
}

PersonId LastGrant(const facility::State& facility, const State& state, const AccessPointId& access_point,
                   absl::Time at) {
  const facility::AccessPoint* door = facility.access_points.Find(access_point);
  const RecentGrants* recent = state.recent.Find(access_point);
  if (door == nullptr || recent == nullptr || recent->grants.empty()) return PersonId();
  const RecentGrants::Grant& last = recent->grants.back();
  return StillGood(*door, last, at) ? last.person : PersonId();
}

void ForgetPerson(const facility::State& facility, const PersonId& person, State& state) {
  if (const Presence* presence = state.presence.Find(person)) {
    Count(ChainOf(facility, presence->area), {}, -1, state);
    state.presence.Erase(person);
  }
  const State before = state;
  before.pairs.ForEach([&](const AccessPointId& id, const PendingPair& pair) {
    if (pair.first == person) state.pairs.Erase(id);
  });
  before.recent.ForEach([&](const AccessPointId& id, const RecentGrants& known) {
    RecentGrants recent = known;
    if (std::erase_if(recent.grants, [&](const RecentGrants::Grant& grant) { return grant.person == person; }) == 0) return;
    if (recent.grants.empty()) {
      state.recent.Erase(id);
    } else {
      state.recent.Put(id, std::move(recent));
    }
  });
  state.pin_failures.Erase(person);
}

void RebuildOccupancy(const facility::State& facility, State& state) {
  state.occupancy = {};
  state.presence.ForEach([&](const PersonId&, const Presence& presence) {
    Count(ChainOf(facility, presence.area), AreaChain(), +1, state);
  });
}

}  // namespace sallyport::access
