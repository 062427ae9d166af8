#include "access/policies.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "access/entities.h"
#include "base/status.h"

namespace sallyport::access {
namespace {

using cedar::EntityUid;
using cedar::PolicySet;

// Links every entry of every level, in the order of the levels' ids, so that the same facility gives the same set. An
// entry that a level lists twice is one policy.
void LinkLevels(const facility::State& facility, PolicySet& set) {
  if (set.FindTemplate(kLevelTemplate) == nullptr) return;
  std::vector<const facility::AccessLevel*> levels;
  facility.levels.ForEach([&](const AccessLevelId&, const facility::AccessLevel& level) { levels.push_back(&level); });
  std::sort(levels.begin(), levels.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  for (const facility::AccessLevel* level : levels) {
    for (const facility::AccessLevel::Entry& entry : level->entries) {
      LevelLink link = LinkOf(level->id, entry);
      if (set.Find(link.id) != nullptr) continue;
      SP_CHECK(set.Link(kLevelTemplate, std::move(link.id), std::move(link.slots)).ok());  // Check has seen to it
    }
  }
}

}  // namespace

LevelLink LinkOf(const AccessLevelId& level, const facility::AccessLevel::Entry& entry) {
  LevelLink link;
  link.id = absl::StrCat(kLevelPrefix, level.value(), ":");
  if (!entry.area.empty()) {
    absl::StrAppend(&link.id, entry.area.value());
    link.slots.resource = EntityUid("Area", entry.area.value());
  }
  if (!entry.floor.empty()) {
    absl::StrAppend(&link.id, "floor:", entry.floor.value());
    link.slots.resource = EntityUid("Floor", entry.floor.value());
  }
  if (!entry.access_point.empty()) {
    absl::StrAppend(&link.id, "access-point:", entry.access_point.value());
    link.slots.resource = EntityUid("AccessPoint", entry.access_point.value());
  }
  if (!entry.schedule.empty()) absl::StrAppend(&link.id, "@", entry.schedule.value());
  link.slots.principal =
      EntityUid("AccessLevel", entry.schedule.empty() ? level.value() : LevelOnSchedule(level, entry.schedule));
  return link;
}

PolicySet PermitsOf(PolicySet set) {
  for (const cedar::Policy* policy : set.Policies()) {
    if (policy->effect() == cedar::Effect::kForbid) SP_CHECK(set.Remove(std::string(policy->id())).ok());
  }
  return set;
}

Policies::Policies() = default;
Policies::~Policies() = default;

const cedar::EntitySource& Policies::actions() const { return checked_->schema().actions(); }

absl::StatusOr<std::shared_ptr<const Policies>> Policies::Compile(const PolicyFiles& files,
                                                                  const facility::State& facility) {
  SP_ASSIGN_OR_RETURN(std::shared_ptr<const CheckedPolicies> checked, CheckedPolicies::Check(files));
  return Link(std::move(checked), facility);
}

std::shared_ptr<const Policies> Policies::Link(std::shared_ptr<const CheckedPolicies> checked,
                                               const facility::State& facility) {
  std::shared_ptr<Policies> out(new Policies());
  PolicySet set = checked->set();
  LinkLevels(facility, set);
  out->checked_ = std::move(checked);
  out->permits_ = std::make_unique<const PolicySet>(PermitsOf(set));
  out->set_ = std::make_unique<const PolicySet>(std::move(set));
  out->names_ = std::make_unique<const EntityNames>(facility);
  out->levels_ = facility.levels;
  return out;
}

bool Policies::LinkedWith(const facility::State& facility) const {
  bool same = true;
  PersistentMap<AccessLevelId, facility::AccessLevel>::Diff(levels_, facility.levels,
                                                            [&same](const auto&...) { same = false; });
  return same;
}

}  // namespace sallyport::access
