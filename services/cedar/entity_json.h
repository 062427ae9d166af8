#ifndef CEDAR_ENTITY_JSON_H_
#define CEDAR_ENTITY_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/entity_store.h"
#include "cedar/json.h"
#include "cedar/schema.h"
#include "cedar/value.h"

// Entities and contexts in JSON: https://docs.cedarpolicy.com/auth/entities-syntax.html
namespace cedar {

// An array of entities. Without a schema, entity references and extension values in attributes are marked
// (`{"__entity": {"type": "User", "id": "ann"}}`, `{"__extn": {"fn": "ip", "arg": "::1"}}`); with one the marks may be
// left out, every entity must be as the schema says, and the schema's actions come along.
absl::StatusOr<EntityStore> ParseEntitiesJson(absl::string_view text, const Schema* schema = nullptr);
absl::StatusOr<EntityStore> EntitiesFromJson(const Json& json, const Schema* schema = nullptr);

// A context, which is an object. With a schema, of the type that it has for the action.
absl::StatusOr<Value> ParseContextJson(absl::string_view text, const Schema* schema = nullptr,
                                       const EntityUid& action = EntityUid());
absl::StatusOr<Value> ContextFromJson(const Json& json, const Schema* schema = nullptr,
                                      const EntityUid& action = EntityUid());

// `{"type": "User", "id": "ann"}`, also in `{"__entity": …}`.
absl::StatusOr<EntityUid> UidFromJson(const Json& json);

// With every mark; parse gives the same back.
Json EntitiesToJson(const EntityStore& entities);
Json ValueToJson(const Value& value);
Json UidToJson(const EntityUid& uid);

}  // namespace cedar

#endif  // CEDAR_ENTITY_JSON_H_
