#pragma once

#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "facility/model.h"

// Where a door leads, and what holds there. What holds for an area holds for the areas within it (docs/adr/0002): the
// highest clearance counts, and the innermost briefing and project.
namespace sallyport::access {

// An area and the areas around it, inner first. Ends at an unknown parent and after kAreaDepthMax.
using AreaChain = absl::InlinedVector<const facility::Area*, 6>;
AreaChain ChainOf(const facility::State& facility, const AreaId& area);

// Whether `area` is `outer` or lies within it.
bool IsWithin(const facility::State& facility, const AreaId& area, const AreaId& outer);

// What entering an area asks for. Points into the facility.
struct Requirements {
  bool restricted = false;
  bool interview = false;
  bool staff_custody = false;
  bool visual_security = false;
  bool escort_visitors = false;
  bool nda = false;
  bool two_person = false;  // of the area itself: a room within it is entered as the room says
  int32_t clearance_min = 0;
  int32_t briefing_days_max = 0;
  const std::string* briefing = nullptr;
  const std::string* project = nullptr;
};
Requirements RequirementsOf(const AreaChain& chain);

struct Place {
  const facility::AccessPoint* access_point = nullptr;
  AreaChain to;  // empty: the facility contradicts itself
  AreaChain from;
  const facility::Area* interview = nullptr;  // the innermost interview area of `to`
  const facility::Floor* floor = nullptr;     // may be null: outside
  const facility::Site* site = nullptr;       // null only where it cannot be told
  absl::TimeZone zone;                        // UTC without a site
  facility::ThreatLevel threat_level = facility::ThreatLevel::kNormal;
  Requirements requirements;
  const facility::Area& area() const { return *to.front(); }
};

// The place behind an access point. An area without a floor belongs to the site on the other side of its door, or to
// the only site; where it belongs to none, the highest threat level of all sites holds.
Place PlaceOf(const facility::State& facility, const facility::AccessPoint& access_point);

// Whether the blinds of every area that needs them down are confirmed down, and recently enough.
bool BlindsDown(const AreaChain& chain, absl::Time now);

}  // namespace sallyport::access
