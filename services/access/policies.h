#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "access/checked_policies.h"
#include "facility/model.h"

namespace cedar {
class EntitySource;
class PolicySet;
}  // namespace cedar

namespace sallyport::access {

class EntityNames;  // entities.h

// A policy set for a facility: every entry of every access level is a policy of it. Made once, shared by everybody,
// never changed. Thread-safe.
class Policies {
 public:
  // CheckedPolicies::Check and Link.
  static absl::StatusOr<std::shared_ptr<const Policies>> Compile(const PolicyFiles& files,
                                                                 const facility::State& facility);

  // Links the access levels' template for every level of the facility and builds the index. Cost: that of a copy of the
  // set, and a fraction of a microsecond an entry.
  static std::shared_ptr<const Policies> Link(std::shared_ptr<const CheckedPolicies> checked,
                                              const facility::State& facility);

  // Whether Link would give the same policies for this facility. Costs next to nothing while no level has changed.
  bool LinkedWith(const facility::State& facility) const;

  ~Policies();

  const std::string& hash() const { return checked_->hash(); }
  const std::shared_ptr<const CheckedPolicies>& checked() const { return checked_; }
  const cedar::PolicySet& set() const { return *set_; }
  // The permits among them: what would be open if nothing forbade it.
  const cedar::PolicySet& permits() const { return *permits_; }
  // The schema's actions as entities: which method belongs to which duty. For operators::Authorize.
  const cedar::EntitySource& actions() const;
  // The facility's entities by name, made once.
  const EntityNames& names() const { return *names_; }

 private:
  Policies();
  std::shared_ptr<const CheckedPolicies> checked_;
  std::unique_ptr<const cedar::PolicySet> set_;
  std::unique_ptr<const cedar::PolicySet> permits_;
  std::unique_ptr<const EntityNames> names_;
  PersistentMap<AccessLevelId, facility::AccessLevel> levels_;  // as linked
};

// The policy that an entry of an access level becomes: "access-level:research:compute@office" for those in
// AccessLevel::"research@office", and for Area::"compute". No id of a facility has a colon or an @ in it.
struct LevelLink {
  std::string id;
  cedar::Slots slots;
};
LevelLink LinkOf(const AccessLevelId& level, const facility::AccessLevel::Entry& entry);

// The permits of a set.
cedar::PolicySet PermitsOf(cedar::PolicySet set);

}  // namespace sallyport::access
