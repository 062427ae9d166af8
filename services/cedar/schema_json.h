#ifndef CEDAR_SCHEMA_JSON_H_
#define CEDAR_SCHEMA_JSON_H_

#include "absl/status/statusor.h"
#include "cedar/json.h"
#include "cedar/schema_syntax.h"

// The JSON form of schemas: https://docs.cedarpolicy.com/schema/json-schema.html
namespace cedar::internal {

// Errors name the place: `N.entityTypes.User.shape.attributes.age: …`.
absl::StatusOr<SchemaSyntax> SchemaSyntaxFromJson(const Json& json);
Json SchemaSyntaxToJson(const SchemaSyntax& schema);

}  // namespace cedar::internal

#endif  // CEDAR_SCHEMA_JSON_H_
