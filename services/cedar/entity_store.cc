#include "cedar/entity_store.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "cedar/limits.h"

namespace cedar {
namespace {

void SortFields(std::vector<RecordField>* fields) {
  std::sort(fields->begin(), fields->end(),
            [](const RecordField& a, const RecordField& b) { return a.name < b.name; });
}

// Up to this many names are looked at one by one: they differ early, mostly in their sizes.
constexpr size_t kScanMax = 12;

const Value* FindField(const std::vector<RecordField>& fields, absl::string_view name) {
  if (fields.size() <= kScanMax) {
    for (const RecordField& field : fields) {
      if (absl::string_view(field.name) == name) return &field.value;
    }
    return nullptr;
  }
  auto it = std::lower_bound(fields.begin(), fields.end(), name, [](const RecordField& f, absl::string_view n) {
    return absl::string_view(f.name) < n;
  });
  return it != fields.end() && absl::string_view(it->name) == name ? &it->value : nullptr;
}

bool SameFields(const std::vector<RecordField>& a, const std::vector<RecordField>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const RecordField& f, const RecordField& g) {
    return f.name == g.name && f.value == g.value;
  });
}

bool SameEntity(const Entity& a, const Entity& b) {
  return SameFields(a.attributes, b.attributes) && SameFields(a.tags, b.tags) && a.parents == b.parents;
}

bool HashBefore(const EntityUid& a, const EntityUid& b) { return a.hash() < b.hash(); }

EntitySource::Lookup Answer(const Value* found, Value* value) {
  if (!found) return EntitySource::Lookup::kNotFound;
  *value = found->Borrow();
  return EntitySource::Lookup::kFound;
}

}  // namespace

absl::StatusOr<EntityStore> EntityStore::Create(std::vector<Entity> entities) {
  EntityStore store;
  store.entities_.reserve(entities.size());
  for (Entity& entity : entities) {
    SortFields(&entity.attributes);
    SortFields(&entity.tags);
    std::sort(entity.parents.begin(), entity.parents.end());
    entity.parents.erase(std::unique(entity.parents.begin(), entity.parents.end()), entity.parents.end());
    std::unique_ptr<Node>& node = store.entities_[entity.uid];
    if (node && !SameEntity(node->entity, entity)) {
      return absl::InvalidArgumentError(absl::StrCat("entity ", entity.uid.ToString(), " stands here twice"));
    }
    if (node) continue;
    node = std::make_unique<Node>();
    node->entity = std::move(entity);
  }
  size_t steps = 0;
  // Walks up from each entity; parents that are no entities of the store count as ancestors without parents.
  absl::flat_hash_set<EntityUid> seen;
  std::vector<const EntityUid*> open;
  for (auto& [uid, node] : store.entities_) {
    auto push = [&open](const Node& n) {
      for (const EntityUid& parent : n.entity.parents) open.push_back(&parent);
    };
    push(*node);
    while (!open.empty()) {
      const EntityUid& ancestor = *open.back();
      open.pop_back();
      if (ancestor == uid) {
        return absl::InvalidArgumentError(absl::StrCat("entity ", uid.ToString(), " is its own ancestor"));
      }
      if (++steps > kAncestorStepsMax) {
        return absl::InvalidArgumentError(
            absl::StrCat("the entities' ancestors are too many: more than ", kAncestorStepsMax, " steps up"));
      }
      if (!seen.insert(ancestor).second) continue;
      if (const Node* next = store.FindNode(ancestor)) push(*next);
    }
    node->ancestors.assign(seen.begin(), seen.end());
    std::sort(node->ancestors.begin(), node->ancestors.end(), HashBefore);
    seen.clear();
  }
  return store;
}

const EntityStore::Node* EntityStore::FindNode(const EntityUid& uid) const {
  auto it = entities_.find(uid);
  return it == entities_.end() ? nullptr : it->second.get();
}

const Entity* EntityStore::Find(const EntityUid& uid) const {
  const Node* node = FindNode(uid);
  return node ? &node->entity : nullptr;
}

EntitySource::Lookup EntityStore::Attribute(const EntityUid& entity, absl::string_view name, Value* value) const {
  const Node* node = FindNode(entity);
  return node ? Answer(FindField(node->entity.attributes, name), value) : Lookup::kNoEntity;
}

EntitySource::Lookup EntityStore::Tag(const EntityUid& entity, absl::string_view name, Value* value) const {
  const Node* node = FindNode(entity);
  return node ? Answer(FindField(node->entity.tags, name), value) : Lookup::kNoEntity;
}

bool EntityStore::Exists(const EntityUid& entity) const { return entities_.contains(entity); }

bool EntityStore::IsDescendant(const EntityUid& entity, const EntityUid& ancestor) const {
  const Node* node = FindNode(entity);
  if (!node) return false;
  const auto [begin, end] = std::equal_range(node->ancestors.begin(), node->ancestors.end(), ancestor, HashBefore);
  return std::find(begin, end, ancestor) != end;
}

void EntityStore::ForEachAncestor(const EntityUid& entity, absl::FunctionRef<void(const EntityUid&)> visit) const {
  const Node* node = FindNode(entity);
  if (!node) return;
  for (const EntityUid& ancestor : node->ancestors) visit(ancestor);
}

std::vector<const Entity*> EntityStore::All() const {
  std::vector<const Entity*> all;
  for (const auto& [uid, node] : entities_) all.push_back(&node->entity);
  std::sort(all.begin(), all.end(), [](const Entity* a, const Entity* b) { return a->uid < b->uid; });
  return all;
}

}  // namespace cedar
