#pragma once

#include <forward_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "access/place.h"
#include "cedar/entity_source.h"
#include "facility/model.h"

// The facility as Cedar entities, as policies/facility.cedarschema describes them. Nothing is copied: the evaluator
// reads the facility's own structures.
namespace sallyport::access {

// The names of a facility's entities, each made once: making one allocates. Holds no other fact about them, so names
// that are newer or older than the facility are harmless.
class EntityNames {
 public:
  struct Level {
    cedar::EntityUid level;                                            // AccessLevel::"research"
    std::vector<std::pair<ScheduleId, cedar::EntityUid>> on_schedule;  // AccessLevel::"research@office"
  };

  explicit EntityNames(const facility::State& facility);

  // Null when the facility did not have it.
  const cedar::EntityUid* Find(const AccessPointId& id) const { return FindIn(access_points_, id); }
  const cedar::EntityUid* Find(const AreaId& id) const { return FindIn(areas_, id); }
  const cedar::EntityUid* Find(const FloorId& id) const { return FindIn(floors_, id); }
  const cedar::EntityUid* Find(const SiteId& id) const { return FindIn(sites_, id); }
  const Level* Find(const AccessLevelId& id) const {
    const auto it = levels_.find(id);
    return it == levels_.end() ? nullptr : &it->second;
  }

 private:
  template <class Id>
  using Names = absl::flat_hash_map<Id, cedar::EntityUid>;
  template <class Id>
  static const cedar::EntityUid* FindIn(const Names<Id>& names, const Id& id) {
    const auto it = names.find(id);
    return it == names.end() ? nullptr : &it->second;
  }
  Names<AccessPointId> access_points_;
  Names<AreaId> areas_;
  Names<FloorId> floors_;
  Names<SiteId> sites_;
  absl::flat_hash_map<AccessLevelId, Level> levels_;
};

const cedar::EntityUid& EnterAction();  // Action::"enter"
const cedar::EntityUid& ExitAction();

// The entity that a level's entry on a schedule is for: "research@office".
std::string LevelOnSchedule(const AccessLevelId& level, const ScheduleId& schedule);

// The types of entities that policies can name, as the schema calls them.
namespace entity_type {
inline constexpr absl::string_view kPerson = "Person";
inline constexpr absl::string_view kLevel = "AccessLevel";
inline constexpr absl::string_view kAccessPoint = "AccessPoint";
inline constexpr absl::string_view kArea = "Area";
inline constexpr absl::string_view kFloor = "Floor";
inline constexpr absl::string_view kSite = "Site";
inline constexpr absl::string_view kSchedule = "Schedule";
inline constexpr absl::string_view kAction = "Action";
}  // namespace entity_type

// Whether entities of the type have neither attributes nor tags nor ancestors.
bool IsOnlyAName(absl::string_view type);

// The entities of one request at one moment. What it is made from outlives it. Not thread-safe.
class FacilityEntities final : public cedar::EntitySource {
 public:
  // kAssumeActive makes the person a member of "level@schedule" at any time: would a level permit this at another hour?
  enum class Schedules { kAsTheyAre, kAssumeActive };

  FacilityEntities(const facility::State& facility, const EntityNames& names, const cedar::EntitySource& actions,
                   const Place& place, const facility::Person& person, absl::Time now,
                   Schedules schedules = Schedules::kAsTheyAre);

  const cedar::EntityUid& principal() const { return person_name_; }
  const cedar::EntityUid& resource() const { return *access_point_name_; }
  // The levels that the person is in now, those on schedules included.
  absl::Span<const cedar::EntityUid* const> levels() const { return levels_; }
  // The areas, the floor and the site that the access point leads into.
  absl::Span<const cedar::EntityUid* const> surroundings() const { return surroundings_; }
  // Whether a level that the person holds now is on a schedule that is not active.
  bool off_schedule() const { return !off_schedule_.empty(); }
  // The levels that the person would be in as well at another hour: "research@office".
  const std::vector<std::string>& levels_off_schedule() const { return off_schedule_; }
  // The entities beside the person, the access point and its area that have been asked about so far, each once; those
  // about which there is nothing to know but their names are not among them.
  absl::Span<const cedar::EntityUid> asked() const { return asked_; }
  void AlsoAsked(const FacilityEntities& other);

  Lookup Attribute(const cedar::EntityUid& entity, absl::string_view name, cedar::Value* value) const override;
  Lookup Tag(const cedar::EntityUid& entity, absl::string_view name, cedar::Value* value) const override;
  bool Exists(const cedar::EntityUid& entity) const override;
  bool IsDescendant(const cedar::EntityUid& entity, const cedar::EntityUid& ancestor) const override;
  void ForEachAncestor(const cedar::EntityUid& entity,
                       absl::FunctionRef<void(const cedar::EntityUid&)> visit) const override;

 private:
  using Uids = absl::InlinedVector<const cedar::EntityUid*, 12>;

  void CollectLevels();
  void Note(const cedar::EntityUid& entity) const;
  bool IsActive(const ScheduleId& schedule) const;
  const facility::Person* FindPerson(const cedar::EntityUid& entity) const;
  cedar::Value Projects() const;
  Lookup OtherAttribute(const cedar::EntityUid& entity, absl::string_view name, cedar::Value* value) const;
  Lookup AccessPointAttribute(const facility::AccessPoint& access_point, absl::string_view name,
                              cedar::Value* value) const;
  Uids SurroundingsOf(const AreaChain& chain, const facility::Floor* floor, const facility::Site* site) const;
  template <class Id>
  const cedar::EntityUid* NameOf(absl::string_view type, const Id& id) const;

  const facility::State& facility_;
  const EntityNames& names_;
  const cedar::EntitySource& actions_;
  const Place& place_;
  const facility::Person& person_;
  const absl::Time now_;
  const Schedules schedules_;
  mutable std::forward_list<cedar::EntityUid> made_;                           // names that EntityNames did not have
  mutable absl::InlinedVector<std::pair<const ScheduleId*, bool>, 4> active_;  // schedules asked about so far
  mutable absl::InlinedVector<cedar::Value, 4> projects_;                      // of the person, once asked about
  cedar::EntityUid person_name_;
  const cedar::EntityUid* access_point_name_ = nullptr;
  const cedar::EntityUid* area_name_ = nullptr;
  Uids levels_;
  Uids surroundings_;
  std::vector<std::string> off_schedule_;
  mutable std::vector<cedar::EntityUid> asked_;
};

// Time as Cedar's datetime; the infinite ones become the first and the last moment that RFC 3339 can write.
cedar::Value Datetime(absl::Time time);

absl::string_view Name(facility::PersonKind kind);    // "employee", …
absl::string_view Name(facility::ThreatLevel level);  // "normal", …
bool IsStaff(const facility::Person& person);

}  // namespace sallyport::access
