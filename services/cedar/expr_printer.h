#ifndef CEDAR_EXPR_PRINTER_H_
#define CEDAR_EXPR_PRINTER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "cedar/expr.h"

// What the printers of policies share.
namespace cedar::internal {

// How strongly an expression holds together; operands that hold less than their place needs go between parentheses.
enum class Binding : uint8_t { kIf, kOr, kAnd, kRelation, kSum, kProduct, kUnary, kMember };

Binding BindingOf(const Expr& e);
// What the operand `i` of `e` needs.
Binding OperandBinding(const Expr& e, uint32_t i);
// Whether the operand needs parentheses there.
bool NeedsParentheses(const ExprTree& tree, const Expr& e, uint32_t i);
// `==`, `&&`, `in`, … or "" for what is no binary operator.
absl::string_view OperatorText(ExprKind kind);
// The name of a method such as `contains`, or "".
absl::string_view MethodText(ExprKind kind);
// `.name` or `["name"]`.
std::string AttributeText(absl::string_view name);
// `name` or `"name"`.
std::string FieldNameText(absl::string_view name);
// `has` and its path, `like` and its pattern, `is` and its type.
std::string TestText(const ExprTree& tree, const Expr& e);

// The expression on one line. Stops, with some text longer than that, once it has passed `bytes_max`.
std::string FlatText(const ExprTree& tree, ExprId id, size_t bytes_max);

}  // namespace cedar::internal

#endif  // CEDAR_EXPR_PRINTER_H_
