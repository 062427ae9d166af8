#include "cedar/scope_index.h"

#include <algorithm>

namespace cedar::internal {

uint32_t ScopeIndex::Numbering::KeyOf(const ScopeConstraint& constraint, const EntityUid& entity) {
  uint32_t* key = nullptr;
  switch (constraint.op) {
    case ScopeConstraint::Op::kAny: return kAny;
    case ScopeConstraint::Op::kIs: key = &is[constraint.type]; break;
    case ScopeConstraint::Op::kEqual: key = &equal[entity]; break;
    case ScopeConstraint::Op::kIn:
    case ScopeConstraint::Op::kIsIn: key = &in[entity]; break;
  }
  if (*key == 0) *key = next++;
  return *key;
}

void ScopeIndex::Numbering::Collect(const EntityUid& entity, const EntitySource& source, Keys* out) const {
  if (any > 0) out->push_back(kAny);
  const auto add = [out](const auto& keys, const auto& what) {
    if (keys.empty()) return;
    if (auto it = keys.find(what); it != keys.end()) out->push_back(it->second);
  };
  add(is, entity.type());
  add(equal, entity);
  if (in.empty()) return;
  add(in, entity);
  source.ForEachAncestor(entity, [&](const EntityUid& ancestor) { add(in, ancestor); });
}

template <typename Visit>
void ScopeIndex::ForEachTable(const Policy& policy, Visit visit) {
  const ActionConstraint& action = policy.body().action;
  if (action.op == ActionConstraint::Op::kAny) return visit(any_action_);
  if (action.op == ActionConstraint::Op::kEqual) return visit(equal_action_[action.entities[0]]);
  for (auto it = action.entities.begin(); it != action.entities.end(); ++it) {
    if (std::find(action.entities.begin(), it, *it) == it) visit(in_action_[*it]);
  }
}

void ScopeIndex::Add(const Policy* policy) {
  all_.push_back(policy);
  principals_.any += policy->body().principal.op == ScopeConstraint::Op::kAny;
  resources_.any += policy->body().resource.op == ScopeConstraint::Op::kAny;
  uint32_t principal = principals_.KeyOf(policy->body().principal, policy->principal_entity());
  uint32_t resource = resources_.KeyOf(policy->body().resource, policy->resource_entity());
  ForEachTable(*policy, [&](ByPrincipal& table) { table[principal][resource].push_back(policy); });
}

void ScopeIndex::Remove(const Policy* policy) {
  auto it = std::lower_bound(all_.begin(), all_.end(), policy, AddedBefore);
  if (it == all_.end() || *it != policy) return;
  all_.erase(it);
  principals_.any -= policy->body().principal.op == ScopeConstraint::Op::kAny;
  resources_.any -= policy->body().resource.op == ScopeConstraint::Op::kAny;
  uint32_t principal = principals_.KeyOf(policy->body().principal, policy->principal_entity());
  uint32_t resource = resources_.KeyOf(policy->body().resource, policy->resource_entity());
  ForEachTable(*policy, [&](ByPrincipal& table) {
    ByResource& row = table[principal];
    Bucket& bucket = row[resource];
    bucket.erase(std::remove(bucket.begin(), bucket.end(), policy), bucket.end());
    if (bucket.empty()) row.erase(resource);
    if (row.empty()) table.erase(principal);
  });
}

void ScopeIndex::Find(const Request& request, const EntitySource& entities,
                      absl::FunctionRef<void(const Policy*)> visit) const {
  Keys principals, resources;
  principals_.Collect(request.principal, entities, &principals);
  resources_.Collect(request.resource, entities, &resources);
  const auto find_in = [&](const ByPrincipal& table) {
    for (uint32_t principal : principals) {
      auto row = table.find(principal);
      if (row == table.end()) continue;
      for (uint32_t resource : resources) {
        auto bucket = row->second.find(resource);
        if (bucket == row->second.end()) continue;
        for (const Policy* policy : bucket->second) visit(policy);
      }
    }
  };
  const auto find_under = [&](const absl::flat_hash_map<EntityUid, ByPrincipal>& tables, const EntityUid& action) {
    if (tables.empty()) return;
    if (auto it = tables.find(action); it != tables.end()) find_in(it->second);
  };
  find_in(any_action_);
  find_under(equal_action_, request.action);
  if (in_action_.empty()) return;
  find_under(in_action_, request.action);
  entities.ForEachAncestor(request.action, [&](const EntityUid& group) { find_under(in_action_, group); });
}

}  // namespace cedar::internal
