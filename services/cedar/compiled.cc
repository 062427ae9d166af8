#include "cedar/compiled.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cedar/extension.h"

namespace cedar::internal {
namespace {

bool IsFoldable(ExprKind kind) {
  return kind == ExprKind::kSet || kind == ExprKind::kRecord || kind == ExprKind::kCall;
}

// The expression's value, when its operands are literals and it does not fail.
std::optional<Value> Fold(const ExprTree& tree, const Expr& e) {
  std::vector<Value> values;
  values.reserve(e.child_count);
  for (ExprId child : tree.Children(e)) {
    if (tree[child].kind != ExprKind::kLiteral) return std::nullopt;
    values.push_back(tree[child].value);
  }
  if (e.kind == ExprKind::kSet) return Value::Set(std::move(values));
  if (e.kind == ExprKind::kCall) {
    absl::StatusOr<Value> result = CallExtension(e.function(), values);
    return result.ok() ? std::optional<Value>(*std::move(result)) : std::nullopt;
  }
  std::vector<RecordField> fields;
  fields.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) fields.push_back({tree.Names(e)[i], std::move(values[i])});
  return Value::Record(std::move(fields));
}

}  // namespace

std::shared_ptr<const ExprTree> Compile(const std::shared_ptr<const PolicyBody>& body) {
  std::shared_ptr<ExprTree> folded;
  // Operands stand before what they are operands of, so inner constants are computed before outer ones.
  for (ExprId id = 0; id < body->exprs.size(); ++id) {
    if (!IsFoldable(body->exprs[id].kind)) continue;
    const ExprTree& tree = folded ? *folded : body->exprs;
    std::optional<Value> constant = Fold(tree, tree[id]);
    if (!constant) continue;
    if (!folded) folded = std::make_shared<ExprTree>(body->exprs);
    folded->MakeLiteral(id, *std::move(constant));
  }
  if (folded) return folded;
  return std::shared_ptr<const ExprTree>(body, &body->exprs);
}

}  // namespace cedar::internal
