#include "cedar/compiled.h"

#include <algorithm>
#include <string>
#include <utility>

#include "cedar/extension.h"

namespace cedar::internal {
namespace {

class Compiler {
 public:
  Compiler(const ExprTree& from, ExprTree* to) : from_(from), to_(*to) {}

  ExprId Copy(ExprId id) {
    const Expr& e = from_[id];
    std::vector<ExprId> children;
    children.reserve(e.child_count);
    for (ExprId child : from_.Children(e)) children.push_back(Copy(child));
    Expr node;
    node.kind = e.kind;
    node.detail = e.detail;
    node.span = e.span;
    node.value = e.value;
    if (std::optional<Value> constant = Fold(e, children)) {
      node.kind = ExprKind::kLiteral;
      node.detail = 0;
      node.value = *std::move(constant);
      return to_.Add(std::move(node));
    }
    switch (e.kind) {
      case ExprKind::kHasAttribute:
      case ExprKind::kRecord: {
        absl::Span<const std::string> names = from_.Names(e);
        return to_.AddNamed(std::move(node), children, std::vector<std::string>(names.begin(), names.end()));
      }
      case ExprKind::kLike: return to_.AddLike(std::move(node), children[0], from_.PatternOf(e));
      default: return to_.Add(std::move(node), children);
    }
  }

 private:
  std::optional<Value> Fold(const Expr& e, const std::vector<ExprId>& children) {
    if (e.kind != ExprKind::kSet && e.kind != ExprKind::kRecord && e.kind != ExprKind::kCall) return std::nullopt;
    std::vector<Value> values;
    for (ExprId child : children) {
      if (to_[child].kind != ExprKind::kLiteral) return std::nullopt;
      values.push_back(to_[child].value);
    }
    if (e.kind == ExprKind::kSet) return Value::Set(std::move(values));
    if (e.kind == ExprKind::kCall) {
      absl::StatusOr<Value> result = CallExtension(e.function(), values);
      return result.ok() ? std::optional<Value>(*std::move(result)) : std::nullopt;
    }
    std::vector<RecordField> fields;
    for (size_t i = 0; i < values.size(); ++i) fields.push_back({from_.Names(e)[i], std::move(values[i])});
    return Value::Record(std::move(fields));
  }

  const ExprTree& from_;
  ExprTree& to_;
};

}  // namespace

std::shared_ptr<const CompiledBody> Compile(const PolicyBody& body) {
  auto compiled = std::make_shared<CompiledBody>();
  Compiler compiler(body.exprs, &compiled->exprs);
  for (const Condition& c : body.conditions) compiled->conditions.push_back({c.unless, compiler.Copy(c.expr), c.span});
  return compiled;
}

}  // namespace cedar::internal
