#include "access/case.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "access/json.h"
#include "access/pin.h"
#include "base/status.h"

namespace sallyport::access {

Case::Case(const World& world_in, const Place& place_in) : world(world_in), place(place_in) {
  grounds.exit = place.access_point->exit;
  grounds.unlocked = place.access_point->mode == facility::DoorMode::kUnlocked;
}

void Case::Refuse(absl::string_view code, bool is_firm) {
  grounds.before.Add(code);
  grounds.before_firm |= is_firm;
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
  if (c.grounds.exit || c.grounds.unlocked || c.subject.person == nullptr || !c.grounds.before.empty()) return;
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
    if (!c.grounds.unlocked || c.grounds.exit) return absl::OkStatus();
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
  c.request.action = c.grounds.exit ? ExitAction() : EnterAction();
  c.request.resource = c.entities->resource();
  c.request.context = ContextOf(c.moment, c.place);
  if (!context_overrides.empty()) {
    SP_ASSIGN_OR_RETURN(c.request.context, MergeJson(c.request.context, context_overrides));
  }
  std::optional<FacilityEntities> later;
  const auto at_another_hour = [&]() -> const cedar::EntitySource* {
    if (!c.entities->off_schedule()) return nullptr;
    return &later.emplace(world.facility, world.policies.names(), world.policies.actions(), c.place, *c.subject.person,
                          world.now, FacilityEntities::Schedules::kAssumeActive);
  };
  c.response =
      AskPolicies(world.policies.set(), world.policies.permits(), c.request, *c.entities, at_another_hour, c.grounds);
  if (later) c.entities->AlsoAsked(*later);
  for (const cedar::PolicyError& error : c.response.errors) {
    c.alarms.push_back(c.AlarmHere(reason::kPolicyError, {{"policy", std::string(error.policy->id())}}));
  }
  return absl::OkStatus();
}

}  // namespace sallyport::access
