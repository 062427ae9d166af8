#ifndef CEDAR_SCOPE_INDEX_H_
#define CEDAR_SCOPE_INDEX_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "cedar/authorizer.h"
#include "cedar/entity_source.h"
#include "cedar/policy.h"

namespace cedar::internal {

// Finds the policies whose scope can match a request in time that depends on the request's ancestors and the policies
// found, not on the number of policies. Keys: the action, then the principal's entity or type, then the resource's.
class ScopeIndex {
 public:
  using Candidates = absl::InlinedVector<const Policy*, 32>;

  void Add(const Policy* policy);
  void Remove(const Policy* policy);

  // Every policy, in order of addition.
  const std::vector<const Policy*>& all() const { return all_; }
  // A superset of the policies whose scope matches, in order of addition, each once.
  void Find(const Request& request, const EntitySource& entities, Candidates* out) const;

 private:
  static constexpr uint32_t kAny = 0;
  using Keys = absl::InlinedVector<uint32_t, 32>;
  using Bucket = absl::InlinedVector<const Policy*, 1>;
  using ByResource = absl::flat_hash_map<uint32_t, Bucket>;
  using ByPrincipal = absl::flat_hash_map<uint32_t, ByResource>;

  // Numbers the entities and types that scopes name. Numbers are not given back when policies go.
  struct Numbering {
    absl::flat_hash_map<EntityUid, uint32_t> entities;
    absl::flat_hash_map<std::string, uint32_t> types;
    uint32_t next = 1;

    uint32_t KeyOf(const ScopeConstraint& constraint, const EntityUid& entity);
    void Collect(const EntityUid& entity, const EntitySource& source, Keys* out) const;
  };

  template <typename Visit>
  void ForEachTable(const Policy& policy, Visit visit);
  static void FindIn(const ByPrincipal& table, const Keys& principals, const Keys& resources, Candidates* out);

  std::vector<const Policy*> all_;
  Numbering principals_;
  Numbering resources_;
  ByPrincipal any_action_;
  absl::flat_hash_map<EntityUid, ByPrincipal> by_action_;
};

}  // namespace cedar::internal

#endif  // CEDAR_SCOPE_INDEX_H_
