#pragma once

#include "access/decision.h"

// The grants of the last seconds at a reader: who badged beside whom, and whose opening a door's opening is.
namespace sallyport::access {

// Notes a grant as the newest there; what is too old to matter is forgotten.
void AddGrant(const facility::AccessPoint& access_point, const PersonId& person, absl::Time at, State& state);

// Whether the person was granted entry there within kEscortWindow. Nobody: no.
bool GrantedBeside(const State& state, const AccessPointId& access_point, const PersonId& person, absl::Time at);

// The door has not opened yet for somebody who was granted entry there: now they are waiting for the next one.
void RenewGrant(const facility::AccessPoint& access_point, const PersonId& person, absl::Time at, State& state);

// How many others may still come through on a grant for which the door has not opened.
int32_t GrantsNotPassed(const State& state, const facility::AccessPoint& access_point, const PersonId& but,
                        absl::Time at);

}  // namespace sallyport::access
