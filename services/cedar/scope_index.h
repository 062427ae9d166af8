#ifndef CEDAR_SCOPE_INDEX_H_
#define CEDAR_SCOPE_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "cedar/authorizer.h"
#include "cedar/entity_source.h"
#include "cedar/policy.h"

namespace cedar::internal {

// Finds the policies whose scope matches a request in time that depends on the request's ancestors and the policies
// found, not on the number of policies. Keys: the action, then what the scope compares the principal with, then the
// resource. `==` and `in` are different keys, so that what is found matches without another look at its scope.
class ScopeIndex {
 public:
  void Add(const Policy* policy);
  void Remove(const Policy* policy);

  static bool AddedBefore(const Policy* a, const Policy* b) { return a->sequence_ < b->sequence_; }
  // Every policy, in order of addition.
  const std::vector<const Policy*>& all() const { return all_; }
  // Visits every policy whose scope matches, in any order. Those of `action in […]` may be visited more than once, and so
  // may be all where the source visits an ancestor more than once. Allocates only when one side of the request matches
  // more than kKeysInline different scopes.
  void Find(const Request& request, const EntitySource& entities, absl::FunctionRef<void(const Policy*)> visit) const;

 private:
  static constexpr uint32_t kAny = 0;
  static constexpr size_t kKeysInline = 32;
  using Keys = absl::InlinedVector<uint32_t, kKeysInline>;
  using Bucket = absl::InlinedVector<const Policy*, 1>;
  using ByResource = absl::flat_hash_map<uint32_t, Bucket>;
  using ByPrincipal = absl::flat_hash_map<uint32_t, ByResource>;

  // Numbers what scopes compare a principal or a resource with. Numbers are not given back when policies go.
  struct Numbering {
    absl::flat_hash_map<EntityUid, uint32_t> equal;
    absl::flat_hash_map<EntityUid, uint32_t> in;  // also of `is … in`, where the type is left to be looked at
    absl::flat_hash_map<std::string, uint32_t> is;
    size_t any = 0;  // policies that compare with nothing
    uint32_t next = 1;

    uint32_t KeyOf(const ScopeConstraint& constraint, const EntityUid& entity);
    void Collect(const EntityUid& entity, const EntitySource& source, Keys* out) const;
  };

  template <typename Visit>
  void ForEachTable(const Policy& policy, Visit visit);

  std::vector<const Policy*> all_;
  Numbering principals_;
  Numbering resources_;
  ByPrincipal any_action_;
  absl::flat_hash_map<EntityUid, ByPrincipal> equal_action_;
  absl::flat_hash_map<EntityUid, ByPrincipal> in_action_;
};

}  // namespace cedar::internal

#endif  // CEDAR_SCOPE_INDEX_H_
