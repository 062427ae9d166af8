#ifndef CEDAR_EXPR_H_
#define CEDAR_EXPR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cedar/diagnostic.h"
#include "cedar/value.h"

// The abstract syntax of expressions. All nodes of a policy live in one ExprTree and refer to each other by index, so a
// tree copies and dies without recursion.
namespace cedar {

enum class ExprKind : uint8_t {
  kLiteral,      // value: bool, long, string or entity; in compiled trees any value
  kVariable,     // detail: Variable
  kAnd,          // two or more operands, left to right, short-circuit
  kOr,           // likewise
  kIf,           // condition, then, else
  kNot,
  kNegate,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kIn,
  kContains,
  kContainsAll,
  kContainsAny,
  kIsEmpty,
  kGetTag,
  kHasTag,
  kGetAttribute,  // operand; value: the name (string)
  kHasAttribute,  // operand; names: the path, one or more
  kLike,          // operand; pattern
  kIs,            // operand [, entity after `in`]; value: the type name (string)
  kSet,           // elements
  kRecord,        // field values; names: field names in the order written
  kCall,          // detail: ExtensionFunction; operands (a method's receiver first)
};

enum class Variable : uint8_t { kPrincipal, kAction, kResource, kContext };

enum class ExtensionFunction : uint8_t {
  kDecimal,
  kIp,
  kDatetime,
  kDuration,
  kLessThan,
  kLessThanOrEqual,
  kGreaterThan,
  kGreaterThanOrEqual,
  kIsIpv4,
  kIsIpv6,
  kIsLoopback,
  kIsMulticast,
  kIsInRange,
  kOffset,
  kDurationSince,
  kToDate,
  kToTime,
  kToMilliseconds,
  kToSeconds,
  kToMinutes,
  kToHours,
  kToDays,
};

struct ExtensionFunctionInfo {
  ExtensionFunction function;
  absl::string_view name;
  bool method;    // receiver.name(…) rather than name(…)
  int arguments;  // with the receiver
};
const ExtensionFunctionInfo& InfoOf(ExtensionFunction function);
// Null when there is no such function.
const ExtensionFunctionInfo* FindExtensionFunction(absl::string_view name);

// The right side of `like`: characters and wildcards.
struct Pattern {
  struct Element {
    bool wildcard = false;
    std::string text;  // literal UTF-8 when not a wildcard
  };
  std::vector<Element> elements;

  // Time O(text × elements) at worst.
  bool Matches(absl::string_view text) const;
  // Between double quotes, with Cedar's escapes; a literal star is \*.
  std::string ToString() const;
};

using ExprId = uint32_t;

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  uint8_t detail = 0;
  uint16_t height = 1;  // of the tree below, this node included
  uint32_t first_child = 0;
  uint32_t child_count = 0;
  uint32_t extra = 0;  // kHasAttribute, kRecord: first name; kLike: pattern
  uint32_t extra_count = 0;
  SourceSpan span;
  Value value;

  Variable variable() const { return static_cast<Variable>(detail); }
  ExtensionFunction function() const { return static_cast<ExtensionFunction>(detail); }
};

class ExprTree {
 public:
  const Expr& operator[](ExprId id) const { return nodes_[id]; }
  absl::Span<const ExprId> Children(const Expr& e) const {
    return absl::Span<const ExprId>(children_.data() + e.first_child, e.child_count);
  }
  const Expr& Child(const Expr& e, uint32_t i) const { return nodes_[children_[e.first_child + i]]; }
  ExprId ChildId(const Expr& e, uint32_t i) const { return children_[e.first_child + i]; }
  absl::Span<const std::string> Names(const Expr& e) const {
    return absl::Span<const std::string>(names_.data() + e.extra, e.extra_count);
  }
  const Pattern& PatternOf(const Expr& e) const { return patterns_[e.extra]; }
  size_t size() const { return nodes_.size(); }

  // Builders. The node's height follows from its children.
  ExprId Add(Expr expr, absl::Span<const ExprId> children = {});
  ExprId AddNamed(Expr expr, absl::Span<const ExprId> children, std::vector<std::string> names);
  ExprId AddLike(Expr expr, ExprId operand, Pattern pattern);
  // Puts a literal in place of the expression, where it stands in the source.
  void MakeLiteral(ExprId id, Value value);

 private:
  std::vector<Expr> nodes_;
  std::vector<ExprId> children_;
  std::vector<std::string> names_;
  std::vector<Pattern> patterns_;
};

// Whether both are the same expression, apart from source positions.
bool SameExpr(const ExprTree& a_tree, ExprId a, const ExprTree& b_tree, ExprId b);

}  // namespace cedar

#endif  // CEDAR_EXPR_H_
