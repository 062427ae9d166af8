#ifndef CEDAR_ENTITY_SOURCE_H_
#define CEDAR_ENTITY_SOURCE_H_

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "cedar/value.h"

namespace cedar {

// Where the evaluator reads entities, on demand and without copies. A program implements it over its own structs;
// EntityStore (entity_store.h) is the in-memory form for JSON.
//
// The evaluator calls only const methods, never keeps a value past one evaluation, and does not cache: every answer must
// stay the same, and everything borrowed stay alive, until the evaluation returns. Implementations used from several
// threads must allow concurrent const calls.
class EntitySource {
 public:
  enum class Lookup { kFound, kNoEntity, kNotFound };

  virtual ~EntitySource() = default;

  // Sets *value (preferably borrowed) and returns kFound; kNotFound when the entity exists without that attribute;
  // kNoEntity when the entity does not exist. *value is unspecified unless found.
  virtual Lookup Attribute(const EntityUid& entity, absl::string_view name, Value* value) const = 0;

  // The same for entity tags.
  virtual Lookup Tag(const EntityUid& entity, absl::string_view name, Value* value) const {
    (void)name;
    (void)value;
    return Exists(entity) ? Lookup::kNotFound : Lookup::kNoEntity;
  }

  virtual bool Exists(const EntityUid& entity) const = 0;

  // Whether `ancestor` is a proper ancestor of `entity`, through any number of levels. The evaluator has already
  // handled equality. False when `entity` does not exist.
  virtual bool IsDescendant(const EntityUid& entity, const EntityUid& ancestor) const = 0;

  // Calls `visit` with every proper ancestor of the entity, through all levels, at least once each and in any order. Must
  // agree with IsDescendant: the policy index finds candidates with this, `in` uses the other.
  virtual void ForEachAncestor(const EntityUid& entity, absl::FunctionRef<void(const EntityUid&)> visit) const = 0;
};

}  // namespace cedar

#endif  // CEDAR_ENTITY_SOURCE_H_
