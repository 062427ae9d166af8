#include "access/place.h"

#include <algorithm>

#include "access/limits.h"

namespace sallyport::access {
namespace {

const facility::Floor* FloorOf(const facility::State& facility, const AreaChain& chain) {
  for (const facility::Area* area : chain) {
    if (!area->floor.empty()) return facility.floors.Find(area->floor);
  }
  return nullptr;
}

const facility::Site* OnlySite(const facility::State& facility) {
  const facility::Site* only = nullptr;
  if (facility.sites.size() == 1)
    facility.sites.ForEach([&](const SiteId&, const facility::Site& site) { only = &site; });
  return only;
}

facility::ThreatLevel HighestThreat(const facility::State& facility) {
  auto highest = facility::ThreatLevel::kNormal;
  facility.sites.ForEach(
      [&](const SiteId&, const facility::Site& site) { highest = std::max(highest, site.threat_level); });
  return highest;
}

}  // namespace

AreaChain ChainOf(const facility::State& facility, const AreaId& area) {
  AreaChain chain;
  const facility::Area* at = facility.areas.Find(area);
  while (at != nullptr && chain.size() < kAreaDepthMax) {
    chain.push_back(at);
    at = at->parent ? facility.areas.Find(*at->parent) : nullptr;
  }
  return chain;
}

bool IsWithin(const facility::State& facility, const AreaId& area, const AreaId& outer) {
  const AreaChain chain = ChainOf(facility, area);
  return std::any_of(chain.begin(), chain.end(), [&](const facility::Area* a) { return a->id == outer; });
}

Requirements RequirementsOf(const AreaChain& chain) {
  Requirements out;
  for (const facility::Area* area : chain) {
    out.restricted |= area->restricted;
    out.interview |= area->interview;
    out.staff_custody |= area->staff_custody;
    out.visual_security |= area->visual_security;
    out.escort_visitors |= area->escort_visitors;
    out.nda |= area->nda;
    out.clearance_min = std::max(out.clearance_min, area->clearance_min);
    if (out.project == nullptr && !area->project.empty()) out.project = &area->project;
    if (out.briefing == nullptr && !area->briefing.empty()) {
      out.briefing = &area->briefing;
      out.briefing_days_max = area->briefing_days_max;
    }
  }
  out.two_person = !chain.empty() && chain.front()->two_person;
  return out;
}

Place PlaceOf(const facility::State& facility, const facility::AccessPoint& access_point) {
  Place place;
  place.access_point = &access_point;
  place.to = ChainOf(facility, access_point.to);
  place.from = ChainOf(facility, access_point.from);
  place.requirements = RequirementsOf(place.to);
  for (const facility::Area* area : place.to) {
    if (area->interview && place.interview == nullptr) place.interview = area;
  }

  place.floor = FloorOf(facility, place.to);
  const facility::Floor* floor = place.floor != nullptr ? place.floor : FloorOf(facility, place.from);
  place.site = floor != nullptr ? facility.sites.Find(floor->site) : OnlySite(facility);
  place.threat_level = place.site != nullptr ? place.site->threat_level : HighestThreat(facility);
  if (place.site == nullptr || !absl::LoadTimeZone(place.site->time_zone, &place.zone))
    place.zone = absl::UTCTimeZone();
  return place;
}

bool BlindsDown(const AreaChain& chain, absl::Time now) {
  return std::all_of(chain.begin(), chain.end(), [now](const facility::Area* area) {
    if (!area->visual_security) return true;
    return area->visual_security_confirmed &&
           now - area->visual_security_at <= absl::Seconds(area->visual_security_seconds_max);
  });
}

}  // namespace sallyport::access
