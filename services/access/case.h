#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "access/credential.h"
#include "access/decision.h"
#include "access/entities.h"
#include "access/grounds.h"
#include "access/moment.h"
#include "access/place.h"
#include "access/reasons.h"
#include "cedar/authorizer.h"

// One read on its way to a decision, shared by Decide and Explain.
namespace sallyport::access {

// What the steps have found out so far. Points into the world and the place, which outlive it.
struct Case {
  Case(const World& world_in, const Place& place_in);

  // Speaks against the grant before the policies are asked. `firm` reasons hold even where a door stands unlocked for
  // everybody.
  void Refuse(absl::string_view code, bool is_firm = false);
  // An alarm about the person, at this access point.
  AlarmEvent AlarmHere(absl::string_view kind, Pairs more = {}) const;

  const World& world;
  const Place& place;
  Subject subject;
  bool pin_verified = false;
  Grounds grounds;
  std::vector<AlarmEvent> alarms;
  std::vector<AlarmEvent> alarms_if_granted;

  // Set by Judge.
  std::optional<FacilityEntities> entities;
  Moment moment;
  cedar::Request request;
  cedar::Response response;
};

// The access point, or NOT_FOUND (ACCESS_POINT_NOT_FOUND) with the field access_point_id.
absl::StatusOr<const facility::AccessPoint*> FindAccessPoint(const facility::State& facility, const AccessPointId& id);

// NOT_FOUND with a field violation and a reason.
absl::Status Missing(absl::string_view field, absl::string_view description, absl::string_view reason);

// PIN: second factor of a person against whom nothing speaks so far.
void CheckSecondFactor(const Secret& pin, State& state, Case& c);

// What the door's mode, the policies and the levels say. `context_overrides` is merged over the Cedar context; empty:
// nothing is. INVALID_ARGUMENT when it cannot be.
absl::Status Judge(const State& state, absl::string_view context_overrides, Case& c);

// Stateful rules, then the decision and what follows from it.
Decision Conclude(const Presented& presented, State& state, Case& c);

}  // namespace sallyport::access
