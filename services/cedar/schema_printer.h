#ifndef CEDAR_SCHEMA_PRINTER_H_
#define CEDAR_SCHEMA_PRINTER_H_

#include <string>

#include "absl/status/statusor.h"
#include "cedar/schema_syntax.h"

namespace cedar::internal {

// A schema in Cedar's syntax. Fails for the few things that only the JSON form can say: an entity type whose attributes
// are a common type, and a reference to an entity type that a common type of the same name hides.
absl::StatusOr<std::string> SchemaSyntaxToText(const SchemaSyntax& schema);

}  // namespace cedar::internal

#endif  // CEDAR_SCHEMA_PRINTER_H_
