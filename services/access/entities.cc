#include "access/entities.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "facility/schedule.h"

namespace sallyport::access {
namespace {

using cedar::EntityUid;
using cedar::Value;

using namespace entity_type;  // NOLINT: names of one list

using Lookup = cedar::EntitySource::Lookup;

Lookup Set(Value* value, Value found) {
  *value = std::move(found);
  return Lookup::kFound;
}

Lookup PersonAttribute(const facility::Person& person, absl::string_view name, Value* value) {
  if (name == "kind") return Set(value, Value::BorrowedString(Name(person.kind)));
  if (name == "staff") return Set(value, Value::Bool(IsStaff(person)));
  if (name == "department") return Set(value, Value::BorrowedString(person.department));
  if (name == "clearance") return Set(value, Value::Long(person.clearance));
  if (name == "projects") {
    std::vector<Value> projects;
    projects.reserve(person.projects.size());
    for (const std::string& project : person.projects) projects.push_back(Value::BorrowedString(project));
    return Set(value, Value::Set(std::move(projects)));
  }
  if (name == "ndaUntil" && person.nda_until != absl::InfinitePast()) return Set(value, Datetime(person.nda_until));
  return Lookup::kNotFound;
}

Lookup AreaAttribute(const Requirements& requirements, absl::string_view name, Value* value) {
  if (name == "restricted") return Set(value, Value::Bool(requirements.restricted));
  if (name == "interview") return Set(value, Value::Bool(requirements.interview));
  if (name == "staffCustody") return Set(value, Value::Bool(requirements.staff_custody));
  if (name == "visualSecurity") return Set(value, Value::Bool(requirements.visual_security));
  if (name == "escortVisitors") return Set(value, Value::Bool(requirements.escort_visitors));
  if (name == "clearanceMin") return Set(value, Value::Long(requirements.clearance_min));
  if (name == "nda") return Set(value, Value::Bool(requirements.nda));
  if (name == "twoPerson") return Set(value, Value::Bool(requirements.two_person));
  if (name == "briefingAgeMax") {
    return Set(value, Value::Duration(absl::ToInt64Milliseconds(absl::Hours(24) * requirements.briefing_days_max)));
  }
  if (name == "briefing" && requirements.briefing != nullptr) {
    return Set(value, Value::BorrowedString(*requirements.briefing));
  }
  if (name == "project" && requirements.project != nullptr) {
    return Set(value, Value::BorrowedString(*requirements.project));
  }
  return Lookup::kNotFound;
}

bool Holds(const facility::LevelGrant& grant, absl::Time now) { return grant.from <= now && now < grant.until; }

template <class Id>
Id IdOf(const EntityUid& entity) {
  return Id(entity.id());
}

}  // namespace

EntityNames::EntityNames(const facility::State& facility) {
  facility.access_points.ForEach([&](const AccessPointId& id, const facility::AccessPoint&) {
    access_points_.emplace(id, EntityUid(kAccessPoint, id.value()));
  });
  facility.areas.ForEach(
      [&](const AreaId& id, const facility::Area&) { areas_.emplace(id, EntityUid(kArea, id.value())); });
  facility.floors.ForEach(
      [&](const FloorId& id, const facility::Floor&) { floors_.emplace(id, EntityUid(kFloor, id.value())); });
  facility.sites.ForEach(
      [&](const SiteId& id, const facility::Site&) { sites_.emplace(id, EntityUid(kSite, id.value())); });
  facility.levels.ForEach([&](const AccessLevelId& id, const facility::AccessLevel& level) {
    Level& names = levels_[id];
    names.level = EntityUid(kLevel, id.value());
    for (const facility::AccessLevel::Entry& entry : level.entries) {
      const auto same = [&](const auto& named) { return named.first == entry.schedule; };
      if (entry.schedule.empty() || std::any_of(names.on_schedule.begin(), names.on_schedule.end(), same)) continue;
      names.on_schedule.emplace_back(entry.schedule, EntityUid(kLevel, LevelOnSchedule(id, entry.schedule)));
    }
  });
}

const EntityUid& EnterAction() {
  static const auto& action = *new EntityUid(kAction, "enter");
  return action;
}

const EntityUid& ExitAction() {
  static const auto& action = *new EntityUid(kAction, "exit");
  return action;
}

std::string LevelOnSchedule(const AccessLevelId& level, const ScheduleId& schedule) {
  return absl::StrCat(level.value(), "@", schedule.value());
}

FacilityEntities::FacilityEntities(const facility::State& facility, const EntityNames& names,
                                   const cedar::EntitySource& actions, const Place& place,
                                   const facility::Person& person, absl::Time now, Schedules schedules)
    : facility_(facility),
      names_(names),
      actions_(actions),
      place_(place),
      person_(person),
      now_(now),
      schedules_(schedules),
      person_name_(kPerson, person.id.value()) {
  access_point_name_ = NameOf(kAccessPoint, place.access_point->id);
  area_name_ = NameOf(kArea, place.area().id);
  surroundings_ = SurroundingsOf(place.to, place.floor, place.site);
  CollectLevels();
}

template <class Id>
const EntityUid* FacilityEntities::NameOf(absl::string_view type, const Id& id) const {
  if (const EntityUid* found = names_.Find(id)) return found;
  return &made_.emplace_front(type, id.value());
}

FacilityEntities::Uids FacilityEntities::SurroundingsOf(const AreaChain& chain, const facility::Floor* floor,
                                                        const facility::Site* site) const {
  Uids out;
  for (const facility::Area* area : chain) out.push_back(NameOf(kArea, area->id));
  if (floor != nullptr) out.push_back(NameOf(kFloor, floor->id));
  if (site != nullptr) out.push_back(NameOf(kSite, site->id));
  return out;
}

void FacilityEntities::CollectLevels() {
  for (const facility::LevelGrant& grant : person_.levels) {
    const facility::AccessLevel* level = Holds(grant, now_) ? facility_.levels.Find(grant.level) : nullptr;
    if (level == nullptr) continue;
    const EntityNames::Level* named = names_.Find(grant.level);
    levels_.push_back(named != nullptr ? &named->level : &made_.emplace_front(kLevel, grant.level.value()));
    absl::InlinedVector<const ScheduleId*, 4> seen;
    for (const facility::AccessLevel::Entry& entry : level->entries) {
      const auto same = [&](const ScheduleId* each) { return *each == entry.schedule; };
      if (entry.schedule.empty() || std::any_of(seen.begin(), seen.end(), same)) continue;
      seen.push_back(&entry.schedule);
      const bool active = IsActive(entry.schedule);
      if (!active) off_schedule_.push_back(LevelOnSchedule(grant.level, entry.schedule));
      if (!active && schedules_ != Schedules::kAssumeActive) continue;
      const EntityUid* name = nullptr;
      if (named != nullptr) {
        for (const auto& [schedule, uid] : named->on_schedule) {
          if (schedule == entry.schedule) name = &uid;
        }
      }
      if (name == nullptr) name = &made_.emplace_front(kLevel, LevelOnSchedule(grant.level, entry.schedule));
      levels_.push_back(name);
    }
  }
}

bool FacilityEntities::IsActive(const ScheduleId& schedule) const {
  for (const auto& [known, active] : active_) {
    if (*known == schedule) return active;
  }
  const facility::Schedule* found = facility_.schedules.Find(schedule);
  if (found == nullptr) return false;
  static const auto& no_holidays = *new std::set<absl::CivilDay>();
  const auto& holidays = place_.site != nullptr ? place_.site->holidays : no_holidays;
  const bool active = facility::IsActive(*found, place_.zone, holidays, now_);
  active_.emplace_back(&found->id, active);
  return active;
}

void FacilityEntities::Note(const EntityUid& entity) const {
  if (IsOnlyAName(entity.type()) || entity.type() == kAction || entity == person_name_ || entity == *area_name_ ||
      entity == *access_point_name_) {
    return;
  }
  if (std::find(asked_.begin(), asked_.end(), entity) == asked_.end()) asked_.push_back(entity);
}

void FacilityEntities::AlsoAsked(const FacilityEntities& other) {
  for (const EntityUid& entity : other.asked_) Note(entity);
}

const facility::Person* FacilityEntities::FindPerson(const EntityUid& entity) const {
  if (entity == person_name_) return &person_;
  return entity.type() == kPerson ? facility_.people.Find(IdOf<PersonId>(entity)) : nullptr;
}

Lookup FacilityEntities::Attribute(const EntityUid& entity, absl::string_view name, Value* value) const {
  if (entity == person_name_) {
    return name == "projects" ? Set(value, Projects()) : PersonAttribute(person_, name, value);
  }
  if (entity == *area_name_) return AreaAttribute(place_.requirements, name, value);
  if (entity == *access_point_name_) {
    if (name == "area") return Set(value, Value::BorrowedEntity(*area_name_));  // what every policy asks first
    return AccessPointAttribute(*place_.access_point, name, value);
  }
  return OtherAttribute(entity, name, value);
}

Value FacilityEntities::Projects() const {
  if (projects_.empty()) {
    for (const std::string& project : person_.projects) projects_.push_back(Value::BorrowedString(project));
  }
  return Value::BorrowedSet(projects_);  // a std::set of strings is sorted as a Cedar set is
}

Lookup FacilityEntities::AccessPointAttribute(const facility::AccessPoint& access_point, absl::string_view name,
                                              Value* value) const {
  if (name == "area") return Set(value, Value::BorrowedEntity(*NameOf(kArea, access_point.to)));
  if (name == "from") return Set(value, Value::BorrowedEntity(*NameOf(kArea, access_point.from)));
  if (name == "pinRequired") return Set(value, Value::Bool(access_point.pin_required));
  return Lookup::kNotFound;
}

// What policies that name a thing ask about: a schedule's hours, another area, another person.
Lookup FacilityEntities::OtherAttribute(const EntityUid& entity, absl::string_view name, Value* value) const {
  Note(entity);
  const absl::string_view type = entity.type();
  if (type == kAction) return actions_.Attribute(entity, name, value);
  if (type == kSchedule) {
    const auto id = IdOf<ScheduleId>(entity);
    if (!facility_.schedules.Contains(id)) return Lookup::kNoEntity;
    return name == "active" ? Set(value, Value::Bool(IsActive(id))) : Lookup::kNotFound;
  }
  if (type == kArea) {
    const AreaChain chain = ChainOf(facility_, IdOf<AreaId>(entity));
    return chain.empty() ? Lookup::kNoEntity : AreaAttribute(RequirementsOf(chain), name, value);
  }
  if (type == kAccessPoint) {
    const facility::AccessPoint* found = facility_.access_points.Find(IdOf<AccessPointId>(entity));
    return found == nullptr ? Lookup::kNoEntity : AccessPointAttribute(*found, name, value);
  }
  if (type == kFloor) {
    const facility::Floor* found = facility_.floors.Find(IdOf<FloorId>(entity));
    if (found == nullptr) return Lookup::kNoEntity;
    return name == "level" ? Set(value, Value::Long(found->level)) : Lookup::kNotFound;
  }
  if (const facility::Person* found = FindPerson(entity)) return PersonAttribute(*found, name, value);
  return Exists(entity) ? Lookup::kNotFound : Lookup::kNoEntity;
}

Lookup FacilityEntities::Tag(const EntityUid& entity, absl::string_view name, Value* value) const {
  Note(entity);
  const facility::Person* person = FindPerson(entity);
  if (person == nullptr) return Exists(entity) ? Lookup::kNotFound : Lookup::kNoEntity;
  for (const auto& [briefing, given] : person->briefings) {  // a handful; finding by key would make a string
    if (briefing == name) return Set(value, Datetime(given));
  }
  return Lookup::kNotFound;
}

bool FacilityEntities::Exists(const EntityUid& entity) const {
  Note(entity);
  const absl::string_view type = entity.type();
  if (type == kPerson) return FindPerson(entity) != nullptr;
  if (type == kAction) return actions_.Exists(entity);
  if (type == kAccessPoint) return facility_.access_points.Contains(IdOf<AccessPointId>(entity));
  if (type == kArea) return facility_.areas.Contains(IdOf<AreaId>(entity));
  if (type == kFloor) return facility_.floors.Contains(IdOf<FloorId>(entity));
  if (type == kSite) return facility_.sites.Contains(IdOf<SiteId>(entity));
  if (type == kSchedule) return facility_.schedules.Contains(IdOf<ScheduleId>(entity));
  if (type != kLevel) return false;
  const std::string id(entity.id().substr(0, entity.id().find('@')));
  return facility_.levels.Contains(AccessLevelId(id));
}

bool FacilityEntities::IsDescendant(const EntityUid& entity, const EntityUid& ancestor) const {
  const auto same = [&](const EntityUid* each) { return *each == ancestor; };
  if (entity == person_name_) return std::any_of(levels_.begin(), levels_.end(), same);
  if (entity == *access_point_name_) return std::any_of(surroundings_.begin(), surroundings_.end(), same);
  if (entity == *area_name_) return std::any_of(surroundings_.begin() + 1, surroundings_.end(), same);
  bool found = false;
  ForEachAncestor(entity, [&](const EntityUid& each) { found |= each == ancestor; });
  return found;
}

void FacilityEntities::ForEachAncestor(const EntityUid& entity, absl::FunctionRef<void(const EntityUid&)> visit) const {
  const auto visit_all = [&](absl::Span<const EntityUid* const> uids) {
    for (const EntityUid* each : uids) visit(*each);
  };
  const absl::string_view type = entity.type();
  if (entity == person_name_) return visit_all(levels_);
  if (entity == *access_point_name_) return visit_all(surroundings_);
  if (entity == *area_name_) return visit_all(absl::MakeConstSpan(surroundings_).subspan(1));
  Note(entity);
  if (type == kAction) return actions_.ForEachAncestor(entity, visit);
  if (type == kPerson) {
    const facility::Person* person = FindPerson(entity);
    if (person == nullptr) return;
    const FacilityEntities other(facility_, names_, actions_, place_, *person, now_, schedules_);
    return visit_all(other.levels_);
  }
  if (type == kAccessPoint) {
    const facility::AccessPoint* found = facility_.access_points.Find(IdOf<AccessPointId>(entity));
    if (found == nullptr) return;
    const Place place = PlaceOf(facility_, *found);
    return visit_all(SurroundingsOf(place.to, place.floor, place.site));
  }
  if (type == kArea) {
    const facility::AccessPoint leading_there{{}, {}, {}, IdOf<AreaId>(entity)};
    const Place place = PlaceOf(facility_, leading_there);
    if (place.to.empty()) return;
    return visit_all(absl::MakeConstSpan(SurroundingsOf(place.to, place.floor, place.site)).subspan(1));
  }
  if (type != kFloor) return;
  const facility::Floor* floor = facility_.floors.Find(IdOf<FloorId>(entity));
  if (floor != nullptr) visit(*NameOf(kSite, floor->site));
}

bool IsOnlyAName(absl::string_view type) {
  return type != kPerson && type != kAccessPoint && type != kArea && type != kFloor && type != kSchedule;
}

Value Datetime(absl::Time time) {
  constexpr int64_t kFirst = -62'167'219'200'000;  // 0000-01-01T00:00:00Z
  constexpr int64_t kLast = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z
  return Value::Datetime(std::clamp(absl::ToUnixMillis(time), kFirst, kLast));
}

absl::string_view Name(facility::PersonKind kind) {
  switch (kind) {
    case facility::PersonKind::kEmployee:
      return "employee";
    case facility::PersonKind::kContractor:
      return "contractor";
    case facility::PersonKind::kVisitor:
      return "visitor";
    case facility::PersonKind::kCandidate:
      return "candidate";
  }
  return "unknown";
}

absl::string_view Name(facility::ThreatLevel level) {
  switch (level) {
    case facility::ThreatLevel::kNormal:
      return "normal";
    case facility::ThreatLevel::kElevated:
      return "elevated";
    case facility::ThreatLevel::kLockdown:
      return "lockdown";
  }
  return "unknown";
}

bool IsStaff(const facility::Person& person) {
  return person.kind == facility::PersonKind::kEmployee || person.kind == facility::PersonKind::kContractor;
}

}  // namespace sallyport::access
