#pragma once

#include <string>

#include "absl/time/time.h"
#include "facility/ids.h"
#include "facility/model.h"
#include "quarantine/model.h"

namespace sallyport::quarantine {

// What a door of an interview area needs to know about a person at one moment. Every default denies.
//
//   active                          the visit's doors are open to whoever is cleared, has no device outstanding and no
//   incident !active && scheduled_now        the visit is to begin: QUARANTINE_INCOMPLETE !active && !scheduled_now too
//   early, ended, cancelled or none at all: VISIT_NOT_ACTIVE, before any other reason
struct DoorFacts {
  bool expected = false;       // takes part in some visit, past or present, in whatever area
  bool active = false;         // a visit of theirs in this area is OPEN or IN_INTERVIEW and within its window
                               // (kCheckInEarlyMax before, kGrace after)
  bool scheduled_now = false;  // none is active, and one in this area is SCHEDULED and within the same window
  bool cleared = false;        // CLEARED, INSIDE or OUTSIDE in it
  bool devices_in_custody =
      true;  // nothing that they brought is outside custody: each device VERIFIED, EXEMPT or
             // RELEASE_READY; true when none was brought, and for what was given back after the end
  bool devices_declared = false;  // declared, even if "none"
  bool incident = false;          // an open incident touches the visit or one of their devices
  std::string visit;              // id of the visit that the facts are about; empty: none in this area
  std::string participant_state;  // "CLEARED", …; empty without a visit
  PersonId host;                  // who may escort
};

// The facts about `person` at a door of `area`, the interview area itself (see InterviewAreaOf). Among several visits
// an active one goes first, then one that is scheduled now, then the latest. Cost: the person's visits, at most
// kVisitsPerPersonMax.
DoorFacts FactsFor(const State& state, const PersonId& person, const AreaId& area, absl::Time now);

// `area` or the nearest area around it that is an interview area; empty when there is none.
AreaId InterviewAreaOf(const facility::State& facility, const AreaId& area);

}  // namespace sallyport::quarantine
