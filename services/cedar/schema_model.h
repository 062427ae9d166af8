#ifndef CEDAR_SCHEMA_MODEL_H_
#define CEDAR_SCHEMA_MODEL_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "cedar/entity_store.h"
#include "cedar/schema_syntax.h"
#include "cedar/type.h"

// A schema with every name looked up: what the validator works on.
namespace cedar::internal {

struct EntityTypeModel {
  std::string name;
  TypePtr attributes;  // a record
  TypePtr tags;        // null: entities of the type have none
  // The types whose entities may be proper ancestors of its entities, through all levels. May hold the type itself.
  absl::flat_hash_set<std::string> ancestors;
  std::vector<std::string> choices;  // of an enumerated type: its only ids; empty for all others

  bool HasChoice(absl::string_view id) const;
};

struct ActionModel {
  EntityUid uid;
  std::vector<std::string> principals;  // sorted, each once
  std::vector<std::string> resources;
  TypePtr context;  // a record

  bool AppliesTo(absl::string_view principal, absl::string_view resource) const;
};

struct SchemaModel {
  std::shared_ptr<const SchemaSyntax> syntax;
  std::map<std::string, EntityTypeModel, std::less<>> entity_types;
  std::map<EntityUid, ActionModel> actions;
  absl::flat_hash_set<std::string> action_types;  // `Action`, `Facility::Action`
  EntityStore action_entities;

  const EntityTypeModel* FindEntityType(absl::string_view name) const;
  const ActionModel* FindAction(const EntityUid& uid) const;
  // Whether entities of type `type` may be equal to, or descendants of, entities of type `ancestor`.
  bool MayBeIn(absl::string_view type, absl::string_view ancestor) const;
};

// Looks up every name. What is wrong goes to the diagnostics; the model is usable only if no error is among them.
SchemaModel ResolveSchema(std::shared_ptr<const SchemaSyntax> syntax, std::vector<Diagnostic>* diagnostics);

}  // namespace cedar::internal

#endif  // CEDAR_SCHEMA_MODEL_H_
