#pragma once

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "access/decision.h"
#include "access/place.h"
#include "cedar/value.h"

// What the moment adds to a request: the schema's Moment.
namespace sallyport::access {

struct Moment {
  absl::Time now;
  absl::CivilMinute local;
  bool holiday = false;
  bool blinds_down = false;
  PersonId escort_beside;      // whose grant counts as the escort's; empty: nobody's
  std::string escort_subject;  // their pseudonym in the log
  bool inside = false;
  int32_t occupancy = 0;
  bool pin_verified = false;
  VisitFacts visit;
};

// Asks world.visit_facts once.
Moment MomentOf(const World& world, const Place& place, const facility::Person& person, bool pin_verified,
                const State& state);

// The Cedar context. May borrow from `place`.
cedar::Value ContextOf(const Moment& moment, const Place& place);

}  // namespace sallyport::access
