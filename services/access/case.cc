#include "access/case.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "access/json.h"
#include "access/pin.h"
#include "base/status.h"

namespace sallyport::access {
namespace {

int32_t PriorityOf(const cedar::Policy& policy) {
  int32_t priority = 0;
  return absl::SimpleAtoi(policy.annotation("priority"), &priority) ? priority : 0;
}

absl::string_view ReasonOf(const cedar::Policy& policy) {
  const absl::string_view named = policy.annotation("reason");
  return named.empty() ? reason::kNoAccessLevel : named;
}

bool Forbidden(const cedar::Response& response) {
  return !response.reasons.empty() && response.reasons.front()->effect() == cedar::Effect::kForbid;
}

// Whether something would permit this, were the hour another.
bool WouldPermitLater(const Case& c) {
  if (!c.entities->off_schedule()) return false;
  const FacilityEntities later(c.world.facility, c.world.policies.names(), c.world.policies.actions(), c.place,
                               *c.subject.person, c.world.now, FacilityEntities::Schedules::kAssumeActive);
  return cedar::Authorize(c.world.policies.permits(), c.request, later).decision == cedar::Decision::kAllow;
}

// The satisfied forbids, the most important first, and the policies that failed.
void ApplyForbids(Case& c) {
  if (Forbidden(c.response)) {
    std::stable_sort(c.response.reasons.begin(), c.response.reasons.end(),
                     [](const auto* a, const auto* b) { return PriorityOf(*a) > PriorityOf(*b); });
    for (const cedar::Policy* policy : c.response.reasons) c.Refuse(ReasonOf(*policy), /*is_firm=*/true);
  }
  for (const cedar::PolicyError& error : c.response.errors) {
    c.Refuse(reason::kPolicyError, /*is_firm=*/true);
    c.alarms.push_back(c.AlarmHere(reason::kPolicyError, {{"policy", std::string(error.policy->id())}}));
  }
}

void ApplyLevels(Case& c) {
  const bool forbidden = Forbidden(c.response);
  const cedar::Decision permitted =
      forbidden ? cedar::Authorize(c.world.policies.permits(), c.request, *c.entities).decision : c.response.decision;
  if (permitted == cedar::Decision::kAllow) return;
  c.Refuse(WouldPermitLater(c) ? reason::kNotPermittedAtThisTime : reason::kNoAccessLevel);
}

}  // namespace

Case::Case(const World& world_in, const Place& place_in)
    : world(world_in),
      place(place_in),
      exit(place_in.access_point->exit),
      unlocked(place_in.access_point->mode == facility::DoorMode::kUnlocked) {}

void Case::Refuse(absl::string_view code, bool is_firm) {
  refused.Add(code);
  firm |= is_firm;
}

AlarmEvent Case::AlarmHere(absl::string_view kind, Pairs more) const {
  AlarmEvent alarm;
  alarm.kind = std::string(kind);
  alarm.object = place.access_point->id.value();
  if (subject.person != nullptr) alarm.person = subject.person->id;
  alarm.facts = std::move(more);
  alarm.facts.insert(alarm.facts.begin(), {"access_point", place.access_point->id.value()});
  return alarm;
}

absl::Status Missing(absl::string_view field, absl::string_view description, absl::string_view reason) {
  const absl::Status invalid = FieldError(field, description);
  absl::Status out = absl::NotFoundError(invalid.message());
  invalid.ForEachPayload([&out](absl::string_view url, const absl::Cord& payload) { out.SetPayload(url, payload); });
  return WithReason(std::move(out), reason);
}

absl::StatusOr<const facility::AccessPoint*> FindAccessPoint(const facility::State& facility, const AccessPointId& id) {
  if (const facility::AccessPoint* found = facility.access_points.Find(id)) return found;
  return Missing("access_point_id", absl::StrCat("no access point '", id.value(), "'"), "ACCESS_POINT_NOT_FOUND");
}

void CheckSecondFactor(const Secret& pin, State& state, Case& c) {
  if (c.exit || c.unlocked || c.subject.person == nullptr || !c.refused.empty()) return;
  if (pin.empty()) {
    if (c.place.access_point->pin_required) c.Refuse(reason::kPinRequired);
    return;
  }
  switch (CheckPin(c.world.digest_key, *c.subject.person, pin, c.world.now, state)) {
    case PinCheck::kVerified:
      c.pin_verified = true;
      break;
    case PinCheck::kLockedOut:
      c.Refuse(reason::kPinLockedOut);
      break;
    case PinCheck::kWrong:
      c.Refuse(reason::kInvalidPin);
      break;
    case PinCheck::kLastWrong:
      c.Refuse(reason::kInvalidPin);
      c.alarms.push_back(c.AlarmHere(reason::kPinLockedOut));
      break;
  }
}

absl::Status Judge(const State& state, absl::string_view context_overrides, Case& c) {
  if (c.place.to.empty()) {
    c.Refuse(reason::kSystemError, /*is_firm=*/true);
    c.alarms.push_back(c.AlarmHere(reason::kSystemError));
    return absl::OkStatus();
  }
  if (c.place.access_point->mode == facility::DoorMode::kLockedDown) c.Refuse(reason::kDoorLockedDown);
  if (c.subject.person == nullptr) {
    if (!c.unlocked || c.exit) return absl::OkStatus();
    // No policy is asked about a stranger: an unlocked door lets them in only where the rules ask nothing of anybody.
    const Requirements& asked = c.place.requirements;
    if (c.place.threat_level == facility::ThreatLevel::kLockdown) c.Refuse("THREAT_LEVEL", /*is_firm=*/true);
    if (asked.restricted || asked.interview) c.Refuse(reason::kNoAccessLevel, /*is_firm=*/true);
    return absl::OkStatus();
  }

  const World& world = c.world;
  c.moment = MomentOf(world, c.place, *c.subject.person, c.pin_verified, state);
  c.entities.emplace(world.facility, world.policies.names(), world.policies.actions(), c.place, *c.subject.person,
                     world.now);
  c.request.principal = c.entities->principal();
  c.request.action = c.exit ? ExitAction() : EnterAction();
  c.request.resource = c.entities->resource();
  c.request.context = ContextOf(c.moment, c.place);
  if (!context_overrides.empty()) {
    SP_ASSIGN_OR_RETURN(c.request.context, MergeJson(c.request.context, context_overrides));
  }
  c.response = cedar::Authorize(world.policies.set(), c.request, *c.entities);
  ApplyForbids(c);
  if (!c.exit) ApplyLevels(c);
  return absl::OkStatus();
}

}  // namespace sallyport::access
