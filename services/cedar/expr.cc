#include "cedar/expr.h"

#include <string.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cedar/text.h"

namespace cedar {

ExprId ExprTree::Add(Expr expr, absl::Span<const ExprId> children) {
  uint32_t height = 0;
  expr.first_child = static_cast<uint32_t>(children_.size());
  expr.child_count = static_cast<uint32_t>(children.size());
  for (ExprId child : children) {
    height = std::max<uint32_t>(height, nodes_[child].height);
    children_.push_back(child);
  }
  expr.height = static_cast<uint16_t>(std::min<uint32_t>(height + 1, std::numeric_limits<uint16_t>::max()));
  nodes_.push_back(std::move(expr));
  return static_cast<ExprId>(nodes_.size() - 1);
}

ExprId ExprTree::AddNamed(Expr expr, absl::Span<const ExprId> children, std::vector<std::string> names) {
  expr.extra = static_cast<uint32_t>(names_.size());
  expr.extra_count = static_cast<uint32_t>(names.size());
  std::move(names.begin(), names.end(), std::back_inserter(names_));
  return Add(std::move(expr), children);
}

ExprId ExprTree::AddLike(Expr expr, ExprId operand, Pattern pattern) {
  expr.extra = static_cast<uint32_t>(patterns_.size());
  expr.extra_count = 1;
  patterns_.push_back(std::move(pattern));
  return Add(std::move(expr), {operand});
}

void ExprTree::MakeLiteral(ExprId id, Value value) {
  Expr literal;
  literal.span = nodes_[id].span;
  literal.value = std::move(value);
  nodes_[id] = std::move(literal);
}

bool Pattern::Matches(absl::string_view text) const {
  // Each literal after a wildcard goes to its earliest place; only the last one is held to the end.
  size_t pos = 0;
  bool floating = false;
  for (size_t i = 0; i < elements.size(); ++i) {
    const Element& e = elements[i];
    if (e.wildcard) {
      floating = true;
      continue;
    }
    if (!floating) {
      if (!absl::StartsWith(text.substr(pos), e.text)) return false;
      pos += e.text.size();
    } else if (i + 1 == elements.size()) {
      return text.size() - pos >= e.text.size() && absl::EndsWith(text, e.text);
    } else {
      // Unlike string_view's find, memmem takes linear time whatever both are.
      if (text.size() - pos < e.text.size()) return false;
      const void* found = memmem(text.data() + pos, text.size() - pos, e.text.data(), e.text.size());
      if (!found) return false;
      pos = static_cast<size_t>(static_cast<const char*>(found) - text.data()) + e.text.size();
    }
    floating = false;
  }
  return floating || pos == text.size();
}

std::string Pattern::ToString() const {
  std::string out = "\"";
  for (const Element& e : elements) absl::StrAppend(&out, e.wildcard ? "*" : EscapeString(e.text, true));
  return out + "\"";
}

bool SameExpr(const ExprTree& at, ExprId a, const ExprTree& bt, ExprId b) {
  const Expr &x = at[a], &y = bt[b];
  if (x.kind != y.kind || x.detail != y.detail || x.child_count != y.child_count || x.value != y.value) return false;
  if (x.kind == ExprKind::kLike && at.PatternOf(x).ToString() != bt.PatternOf(y).ToString()) return false;
  if ((x.kind == ExprKind::kHasAttribute || x.kind == ExprKind::kRecord) && at.Names(x) != bt.Names(y)) return false;
  for (uint32_t i = 0; i < x.child_count; ++i) {
    if (!SameExpr(at, at.ChildId(x, i), bt, bt.ChildId(y, i))) return false;
  }
  return true;
}

}  // namespace cedar
