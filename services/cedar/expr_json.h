#ifndef CEDAR_EXPR_JSON_H_
#define CEDAR_EXPR_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "cedar/expr.h"
#include "cedar/json.h"

// Expressions in the JSON form of policies.
namespace cedar::internal {

// Adds the expression to the tree. `what` names it in errors.
absl::StatusOr<ExprId> ExprFromJson(const Json& json, std::string what, ExprTree* tree);
absl::StatusOr<Json> ExprToJson(const ExprTree& tree, ExprId id);

}  // namespace cedar::internal

#endif  // CEDAR_EXPR_JSON_H_
