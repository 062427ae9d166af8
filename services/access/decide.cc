#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "access/case.h"
#include "access/facts.h"
#include "access/limits.h"
#include "access/recent.h"
#include "access/rules.h"
#include "base/status.h"

namespace sallyport::access {
namespace {

bool TooOld(const World& world, absl::Time read_time) {
  if (read_time == absl::InfinitePast()) return false;
  return world.now - read_time > world.read_age_max || read_time - world.now > kReadAheadMax;
}

// Not one expression: of a string and a literal it would make a temporary.
absl::string_view LanguageOf(const Place& place) {
  if (place.site == nullptr) return "en";
  return place.site->language;
}

// A reason that only a policy knows is shown by its advice.
std::string MessageOf(const Case& c, absl::string_view code) {
  const absl::string_view known = MessageFor(code, LanguageOf(c.place));
  if (!known.empty()) return std::string(known);
  for (const cedar::Policy* policy : c.response.reasons) {
    if (policy->annotation("reason") == code) return std::string(policy->annotation("advice"));
  }
  return std::string(MessageFor(reason::kNoAccessLevel, LanguageOf(c.place)));
}

void FillEvent(const Presented& presented, const Case& c, DecisionEvent& event) {
  const facility::AccessPoint& door = *c.place.access_point;
  event.access_point = door.id;
  event.area = door.to;
  event.exit = c.grounds.exit;
  event.read_time = presented.read_time;
  event.card_digest = c.subject.card_digest;
  if (c.subject.credential != nullptr) event.credential = c.subject.credential->id;
  if (c.subject.person == nullptr) return;
  event.person = c.subject.person->id;
  event.policies = DeterminingPolicies(c.response);
}

void FillReasons(bool first, const Case& c, Decision& decision) {
  const Reasons all = c.grounds.InOrder(first);
  decision.event.reason = std::string(*all.begin());
  for (auto also = std::next(all.begin()); also != all.end(); ++also) decision.event.also.emplace_back(*also);
  decision.message = MessageOf(c, *all.begin());
}

// The door stays shut until the second.
void WaitForSecond(Case& c, State& state, Decision& decision) {
  const int32_t seconds = c.place.area().two_person_seconds;
  state.pairs.Put(c.place.access_point->id, PendingPair{c.subject.person->id, c.world.now});
  decision.event.obligations.push_back(absl::StrCat("SECOND_PERSON_WITHIN_", seconds, "S"));
  decision.valid_until = c.world.now + absl::Seconds(seconds);
}

// Everybody who comes through with this grant, the newest last.
void NoteGrants(const Case& c, bool pair, State& state) {
  const facility::AccessPoint& door = *c.place.access_point;
  const absl::Time now = c.world.now;
  if (pair) {
    const PersonId first = state.pairs.Find(door.id)->first;
    state.pairs.Erase(door.id);
    AddGrant(door, first, now, state);
  }
  if (!c.moment.escort_beside.empty() && !c.grounds.exit) RenewGrant(door, c.moment.escort_beside, now, state);
  AddGrant(door, c.subject.person->id, now, state);
  if (door.presence_on_grant) RecordPassage(c.world.facility, door.id, c.subject.person->id, now, state);
}

void Open(Case& c, bool pair, State& state, Decision& decision) {
  const facility::AccessPoint& door = *c.place.access_point;
  const bool late =
      std::find(c.grounds.before.begin(), c.grounds.before.end(), reason::kReadTooOld) != c.grounds.before.end();
  decision.valid_until = c.world.now;
  if (!late) {  // an exit in a backlog is recorded; nothing opens behind somebody's back
    decision.unlock_seconds = static_cast<uint32_t>(door.unlock_seconds);
    decision.floors = door.lift_floors;
    decision.valid_until += kGrantValid;
  }
  if (c.subject.person == nullptr) return;
  if (!c.grounds.exit && c.place.requirements.escort_visitors && !IsStaff(*c.subject.person)) {
    decision.event.obligations.push_back("ESCORT_REQUIRED");
  }
  NoteGrants(c, pair, state);
}

void RaiseCredentialAlarms(Case& c) {
  for (absl::string_view code : c.grounds.before) {
    if (code == reason::kCredentialLost || code == reason::kCredentialStolen) c.alarms.push_back(c.AlarmHere(code));
  }
}

bool LockedDown(const Case& c) {
  return c.place.threat_level == facility::ThreatLevel::kLockdown ||
         c.place.access_point->mode == facility::DoorMode::kLockedDown;
}

}  // namespace

Decision Conclude(const Presented& presented, State& state, Case& c) {
  if (c.subject.person != nullptr && !c.place.to.empty()) {
    CheckAntiPassback(state, c);
    CheckOccupancy(state, c);
  }
  RaiseCredentialAlarms(c);
  Decision decision;
  FillEvent(presented, c, decision.event);
  const bool granted = c.grounds.granted();
  const bool in_pairs = granted && !c.grounds.exit && !c.grounds.unlocked && c.place.requirements.two_person;
  const bool first = in_pairs && PairStepOf(state, c) == PairStep::kFirst;
  decision.event.grant = granted;
  FillReasons(first, c, decision);
  if (c.entities) decision.event.facts = FactsJson(c, in_pairs && !first);
  if (!granted && LockedDown(c)) state.pairs.Erase(c.place.access_point->id);
  if (first) {
    WaitForSecond(c, state, decision);
  } else if (granted) {
    Open(c, in_pairs, state, decision);
  }
  decision.alarms = std::move(c.alarms);
  if (granted && !first) {
    std::move(c.alarms_if_granted.begin(), c.alarms_if_granted.end(), std::back_inserter(decision.alarms));
  }
  return decision;
}

absl::StatusOr<Decision> Decide(const World& world, const Presented& presented, State& state) {
  SP_ASSIGN_OR_RETURN(const facility::AccessPoint* door, FindAccessPoint(world.facility, presented.access_point));
  const Place place = PlaceOf(world.facility, *door);
  Case c(world, place);
  if (TooOld(world, presented.read_time)) c.Refuse(reason::kReadTooOld, /*is_firm=*/true);
  c.subject = Identify(world.facility, place, presented.credential, world.now, world.digest_key, c.grounds.before);
  CheckSecondFactor(presented.pin, state, c);
  SP_RETURN_IF_ERROR(Judge(state, "", c));
  return Conclude(presented, state, c);
}

}  // namespace sallyport::access
