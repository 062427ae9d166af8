#include "cedar/scope_index.h"

#include <algorithm>

namespace cedar::internal {

uint32_t ScopeIndex::Numbering::KeyOf(const ScopeConstraint& constraint, const EntityUid& entity) {
  uint32_t* key = nullptr;
  switch (constraint.op) {
    case ScopeConstraint::Op::kAny: return kAny;
    case ScopeConstraint::Op::kIs: key = &types[constraint.type]; break;
    default: key = &entities[entity]; break;
  }
  if (*key == 0) *key = next++;
  return *key;
}

void ScopeIndex::Numbering::Collect(const EntityUid& entity, const EntitySource& source, Keys* out) const {
  out->push_back(kAny);
  if (!types.empty()) {
    if (auto it = types.find(entity.type()); it != types.end()) out->push_back(it->second);
  }
  if (entities.empty()) return;
  auto add = [&](const EntityUid& uid) {
    auto it = entities.find(uid);
    if (it != entities.end() && std::find(out->begin(), out->end(), it->second) == out->end()) {
      out->push_back(it->second);
    }
  };
  add(entity);
  source.ForEachAncestor(entity, add);
}

template <typename Visit>
void ScopeIndex::ForEachTable(const Policy& policy, Visit visit) {
  const ActionConstraint& action = policy.body().action;
  if (action.op == ActionConstraint::Op::kAny) return visit(any_action_);
  for (size_t i = 0; i < action.entities.size(); ++i) {
    auto begin = action.entities.begin();
    bool repeated = std::find(begin, begin + static_cast<ptrdiff_t>(i), action.entities[i]) !=
                    begin + static_cast<ptrdiff_t>(i);
    if (!repeated) visit(by_action_[action.entities[i]]);
  }
}

void ScopeIndex::Add(const Policy* policy) {
  all_.push_back(policy);
  uint32_t principal = principals_.KeyOf(policy->body().principal, policy->principal_entity());
  uint32_t resource = resources_.KeyOf(policy->body().resource, policy->resource_entity());
  ForEachTable(*policy, [&](ByPrincipal& table) { table[principal][resource].push_back(policy); });
}

void ScopeIndex::Remove(const Policy* policy) {
  auto it = std::lower_bound(all_.begin(), all_.end(), policy,
                             [](const Policy* a, const Policy* b) { return a->sequence_ < b->sequence_; });
  if (it != all_.end() && *it == policy) all_.erase(it);
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

void ScopeIndex::FindIn(const ByPrincipal& table, const Keys& principals, const Keys& resources, Candidates* out) {
  for (uint32_t principal : principals) {
    auto row = table.find(principal);
    if (row == table.end()) continue;
    for (uint32_t resource : resources) {
      auto bucket = row->second.find(resource);
      if (bucket != row->second.end()) out->insert(out->end(), bucket->second.begin(), bucket->second.end());
    }
  }
}

void ScopeIndex::Find(const Request& request, const EntitySource& entities, Candidates* out) const {
  Keys principals, resources;
  principals_.Collect(request.principal, entities, &principals);
  resources_.Collect(request.resource, entities, &resources);
  FindIn(any_action_, principals, resources, out);
  if (!by_action_.empty()) {
    auto find = [&](const EntityUid& action) {
      auto it = by_action_.find(action);
      if (it != by_action_.end()) FindIn(it->second, principals, resources, out);
    };
    find(request.action);
    entities.ForEachAncestor(request.action, find);
  }
  std::sort(out->begin(), out->end(), [](const Policy* a, const Policy* b) { return a->sequence_ < b->sequence_; });
  out->erase(std::unique(out->begin(), out->end()), out->end());
}

}  // namespace cedar::internal
