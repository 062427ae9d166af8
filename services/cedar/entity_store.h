#ifndef CEDAR_ENTITY_STORE_H_
#define CEDAR_ENTITY_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "cedar/entity_source.h"
#include "cedar/value.h"

namespace cedar {

// One entity as plain data.
struct Entity {
  EntityUid uid;
  std::vector<RecordField> attributes;
  std::vector<RecordField> tags;
  // Direct parents or any ancestors; EntityStore computes the transitive closure.
  std::vector<EntityUid> parents;
};

// Entities in memory. Build it with Create; afterwards it is immutable and safe for concurrent use.
class EntityStore : public EntitySource {
 public:
  EntityStore() = default;
  // Refuses two different entities with one uid (equal ones collapse), cycles among parents, and more than
  // kAncestorStepsMax ancestors.
  static absl::StatusOr<EntityStore> Create(std::vector<Entity> entities);

  Lookup Attribute(const EntityUid& entity, absl::string_view name, Value* value) const override;
  Lookup Tag(const EntityUid& entity, absl::string_view name, Value* value) const override;
  bool Exists(const EntityUid& entity) const override;
  bool IsDescendant(const EntityUid& entity, const EntityUid& ancestor) const override;
  void ForEachAncestor(const EntityUid& entity, absl::FunctionRef<void(const EntityUid&)> visit) const override;

  size_t size() const { return entities_.size(); }
  // Sorted by uid.
  std::vector<const Entity*> All() const;
  const Entity* Find(const EntityUid& uid) const;

 private:
  struct Node {
    Entity entity;  // attributes and tags sorted by name
    std::vector<EntityUid> ancestors;  // by hash
  };
  const Node* FindNode(const EntityUid& uid) const;
  absl::flat_hash_map<EntityUid, std::unique_ptr<Node>> entities_;
};

}  // namespace cedar

#endif  // CEDAR_ENTITY_STORE_H_
