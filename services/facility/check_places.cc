#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "facility/draft.h"
#include "facility/limits.h"

// What the parts of a facility file ask of each other.
namespace sallyport::facility {
namespace {

using Chain = std::vector<const Area*>;  // an area and those around it, inner first

// What an area asks of whoever enters it, what the areas around it ask included.
struct Asked {
  bool restricted = false, interview = false, staff_custody = false, visual_security = false, escort_visitors = false,
       nda = false;
  int32_t clearance_min = 0;
  std::set<std::string> briefings, projects;
};

class Checker {
 public:
  explicit Checker(Draft& draft) : draft_(draft), document_(draft.document) {
    for (Area& area : document_.areas) areas_[area.id] = &area;
  }

  void Check() {
    const bool nesting = CheckNesting();
    if (!nesting) return;  // the rest would go round in circles
    for (Area& area : document_.areas) InheritFloor(area);
    for (const Area& area : document_.areas) CheckArea(area);
    for (const AccessPoint& point : document_.access_points) CheckAccessPoint(point);
    CheckDoors();
    CheckCards();
  }

 private:
  const Area* Find(const AreaId& id) const {
    const auto found = areas_.find(id);
    return found == areas_.end() ? nullptr : found->second;
  }

  Chain ChainOf(const AreaId& id) const {
    Chain chain;
    for (const Area* at = Find(id); at != nullptr && chain.size() <= kAreaDepthMax;
         at = at->parent ? Find(*at->parent) : nullptr) {
      chain.push_back(at);
    }
    return chain;
  }

  // Whether all that an area lies in is known; what is not has been reported as a reference.
  bool IsKnown(const AreaId& id) const {
    const Chain chain = ChainOf(id);
    return !chain.empty() && !chain.back()->parent;
  }

  void Problem(const Area& area, absl::string_view field, absl::string_view text) {
    draft_.Problem(Section::kAreas, area.id.value(), field, text);
  }
  void Problem(const AccessPoint& point, absl::string_view field, absl::string_view text) {
    draft_.Problem(Section::kAccessPoints, point.id.value(), field, text);
  }

  bool CheckNesting() {
    bool good = true;
    for (const Area& area : document_.areas) {
      const Chain chain = ChainOf(area.id);
      if (chain.size() <= kAreaDepthMax) continue;
      const bool circle = std::count(chain.begin(), chain.end(), &area) > 1;
      Problem(area, "parent",
              circle ? std::string("the area lies within itself")
                     : absl::StrCat("lies within more than ", kAreaDepthMax - 1, " areas"));
      good = false;
    }
    return good;
  }

  // An area within another is on the same floor.
  void InheritFloor(Area& area) {
    for (const Area* around : ChainOf(area.id)) {
      if (around->floor.empty() || around == &area) continue;
      if (area.floor.empty()) area.floor = around->floor;
      if (area.floor == around->floor) continue;
      return Problem(area, "floor",
                     absl::StrCat("is \"", area.floor.value(), "\", but the area \"", around->id.value(),
                                  "\" around it is on \"", around->floor.value(), "\""));
    }
  }

  void CheckArea(const Area& area) {
    const Chain chain = ChainOf(area.id);
    const bool interview = std::any_of(chain.begin(), chain.end(), [](const Area* a) { return a->interview; });
    if (area.staff_custody && !interview) Problem(area, "staff_custody", "is for interview areas; say interview: true");
    if (area.occupancy_max > 0 && area.occupancy_min > area.occupancy_max) {
      Problem(area, "occupancy_min", absl::StrCat(area.occupancy_min, " is more than occupancy_max"));
    }
    if (area.two_person && area.occupancy_max == 1) Problem(area, "occupancy_max", "nobody can enter in pairs");
  }

  Asked AskedBy(const AreaId& id) const {
    Asked asked;
    for (const Area* area : ChainOf(id)) {
      asked.restricted |= area->restricted;
      asked.interview |= area->interview;
      asked.staff_custody |= area->staff_custody;
      asked.visual_security |= area->visual_security;
      asked.escort_visitors |= area->escort_visitors;
      asked.nda |= area->nda;
      asked.clearance_min = std::max(asked.clearance_min, area->clearance_min);
      if (!area->briefing.empty()) asked.briefings.insert(area->briefing);
      if (!area->project.empty()) asked.projects.insert(area->project);
    }
    return asked;
  }

  static bool IsWithin(const Asked& less, const Asked& more) {
    const auto implies = [](bool a, bool b) { return !a || b; };
    return implies(less.restricted, more.restricted) && implies(less.interview, more.interview) &&
           implies(less.staff_custody, more.staff_custody) && implies(less.visual_security, more.visual_security) &&
           implies(less.escort_visitors, more.escort_visitors) && implies(less.nda, more.nda) &&
           less.clearance_min <= more.clearance_min &&
           std::includes(more.briefings.begin(), more.briefings.end(), less.briefings.begin(), less.briefings.end()) &&
           std::includes(more.projects.begin(), more.projects.end(), less.projects.begin(), less.projects.end());
  }

  void CheckAccessPoint(const AccessPoint& point) {
    if (!IsKnown(point.from) || !IsKnown(point.to)) return;
    const Area* from = Find(point.from);
    const Area* to = Find(point.to);
    if (from == to) return Problem(point, "to", "leads to the area that it comes from");
    if (!point.exit && to->floor.empty() && !from->floor.empty()) {
      Problem(point, "exit",
              absl::StrCat("\"", to->id.value(),
                           "\" is outside, and leaving is never refused: say exit: "
                           "true"));
    }
    if (point.exit && !IsWithin(AskedBy(to->id), AskedBy(from->id))) {
      Problem(point, "exit",
              absl::StrCat("\"", to->id.value(), "\" asks more of people than \"", from->id.value(),
                           "\" does, and an exit refuses nobody"));
    }
    if (point.exit && point.pin_required)
      Problem(point, "pin_required", "an exit refuses nobody, with a PIN or without");
  }

  // The two sides of a door lie between the same two areas.
  void CheckDoors() {
    std::map<std::string, const AccessPoint*> doors;
    for (const AccessPoint& point : document_.access_points) {
      if (point.door.empty()) continue;
      const auto [first, is_new] = doors.emplace(point.door, &point);
      if (is_new) continue;
      const AccessPoint& other = *first->second;
      if (std::minmax(point.from, point.to) == std::minmax(other.from, other.to)) continue;
      Problem(point, "door",
              absl::StrCat("access point \"", other.id.value(), "\" of the same door is between other areas, \"",
                           other.from.value(), "\" and \"", other.to.value(), "\""));
    }
  }

  void CheckCards() {
    absl::flat_hash_map<std::string, const Credential*> cards;
    for (const Credential& credential : document_.credentials) {
      const auto [first, is_new] = cards.emplace(credential.card.Key(), &credential);
      if (is_new) continue;
      const std::string& other = first->second->id.value();
      draft_.Problem(Section::kCredentials, credential.id.value(), "number",
                     absl::StrCat("is the card of credential \"", other, "\" in line ",
                                  draft_.LineOf(Section::kCredentials, other), " already"));
    }
  }

  Draft& draft_;
  Document& document_;
  std::map<AreaId, Area*> areas_;
};

}  // namespace

void CheckPlaces(Draft& draft) { Checker(draft).Check(); }

}  // namespace sallyport::facility
