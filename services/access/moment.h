#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "access/decision.h"
#include "access/entities.h"
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

// The Cedar request with what the policies can see, as compact JSON whose bytes depend on nothing else:
//   {"principal":{"id","staff",…,"levels":[…],"briefings":{…}},"action":"enter",
//    "resource":{"id","from","pinRequired","areas":[inner first],"floor","site"},
//    "area":{"id","restricted",…},"context":{…},"visit":{"id","state"},"escort":"…"}
// Attributes are named as in the schema, those that are absent there are absent here; datetimes are RFC 3339 in UTC
// with milliseconds, durations milliseconds ("86400000ms"). `visit` and `escort` stand only where there is one.
std::string FactsJson(const FacilityEntities& entities, const Place& place, const facility::Person& person,
                      const Moment& moment, const cedar::Value& context);

}  // namespace sallyport::access
