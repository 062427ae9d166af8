#include "cedar/expr_printer.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cedar/printer.h"
#include "cedar/text.h"

namespace cedar {
namespace internal {
namespace {

class FlatPrinter {
 public:
  FlatPrinter(const ExprTree& tree, size_t bytes_max) : tree_(tree), bytes_max_(bytes_max) {}

  void Print(ExprId id) {
    if (out_.size() > bytes_max_) return;
    const Expr& e = tree_[id];
    switch (e.kind) {
      case ExprKind::kLiteral:
        out_ += e.value.ToString();
        return;
      case ExprKind::kVariable:
        absl::StrAppend(&out_, VariableText(e.variable()));
        return;
      case ExprKind::kIf:
        return PrintIf(e);
      case ExprKind::kNot:
      case ExprKind::kNegate:
        out_ += e.kind == ExprKind::kNot ? '!' : '-';
        return Operand(e, 0);
      case ExprKind::kGetAttribute:
        Operand(e, 0);
        out_ += AttributeText(e.value.string_value());
        return;
      case ExprKind::kHasAttribute:
      case ExprKind::kLike:
      case ExprKind::kIs:
        return PrintTest(e);
      case ExprKind::kSet:
        out_ += '[';
        List(e, 0);
        out_ += ']';
        return;
      case ExprKind::kRecord:
        return PrintRecord(e);
      case ExprKind::kCall:
        return PrintCall(e, InfoOf(e.function()).name, InfoOf(e.function()).method);
      default:
        break;
    }
    if (!MethodText(e.kind).empty()) return PrintCall(e, MethodText(e.kind), true);
    for (uint32_t i = 0; i < e.child_count; ++i) {
      if (i > 0) absl::StrAppend(&out_, " ", OperatorText(e.kind), " ");
      Operand(e, i);
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  static absl::string_view VariableText(Variable variable) {
    static constexpr absl::string_view kNames[] = {"principal", "action", "resource", "context"};
    return kNames[static_cast<size_t>(variable)];
  }

  void Operand(const Expr& e, uint32_t i) {
    bool parentheses = NeedsParentheses(tree_, e, i);
    if (parentheses) out_ += '(';
    Print(tree_.ChildId(e, i));
    if (parentheses) out_ += ')';
  }

  void List(const Expr& e, uint32_t first) {
    for (uint32_t i = first; i < e.child_count && out_.size() <= bytes_max_; ++i) {
      if (i > first) out_ += ", ";
      Operand(e, i);
    }
  }

  void PrintIf(const Expr& e) {
    static constexpr absl::string_view kWords[] = {"if ", " then ", " else "};
    for (uint32_t i = 0; i < 3; ++i) {
      absl::StrAppend(&out_, kWords[i]);
      Operand(e, i);
    }
  }

  void PrintTest(const Expr& e) {
    Operand(e, 0);
    absl::StrAppend(&out_, " ", TestText(tree_, e));
    if (e.child_count < 2) return;
    out_ += " in ";
    Operand(e, 1);
  }

  void PrintRecord(const Expr& e) {
    out_ += '{';
    for (uint32_t i = 0; i < e.child_count && out_.size() <= bytes_max_; ++i) {
      absl::StrAppend(&out_, i > 0 ? ", " : "", FieldNameText(tree_.Names(e)[i]), ": ");
      Operand(e, i);
    }
    out_ += '}';
  }

  void PrintCall(const Expr& e, absl::string_view name, bool method) {
    if (method) {
      Operand(e, 0);
      out_ += '.';
    }
    absl::StrAppend(&out_, name, "(");
    List(e, method ? 1 : 0);
    out_ += ')';
  }

  const ExprTree& tree_;
  const size_t bytes_max_;
  std::string out_;
};

}  // namespace

Binding BindingOf(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kIf:
      return Binding::kIf;
    case ExprKind::kOr:
      return Binding::kOr;
    case ExprKind::kAnd:
      return Binding::kAnd;
    case ExprKind::kEqual:
    case ExprKind::kNotEqual:
    case ExprKind::kLess:
    case ExprKind::kLessEqual:
    case ExprKind::kGreater:
    case ExprKind::kGreaterEqual:
    case ExprKind::kIn:
    case ExprKind::kHasAttribute:
    case ExprKind::kLike:
    case ExprKind::kIs:
      return Binding::kRelation;
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
      return Binding::kSum;
    case ExprKind::kMultiply:
      return Binding::kProduct;
    case ExprKind::kNot:
    case ExprKind::kNegate:
      return Binding::kUnary;
    case ExprKind::kLiteral:
      return e.value.is_long() && e.value.long_value() < 0 ? Binding::kUnary : Binding::kMember;
    default:
      return Binding::kMember;
  }
}

Binding OperandBinding(const Expr& e, uint32_t i) {
  switch (BindingOf(e)) {
    case Binding::kIf:
      return Binding::kIf;
    case Binding::kOr:
      return Binding::kAnd;
    case Binding::kAnd:
      return Binding::kRelation;
    case Binding::kRelation:
      return Binding::kSum;
    case Binding::kSum:
      return i == 0 ? Binding::kSum : Binding::kProduct;
    case Binding::kProduct:
      return i == 0 ? Binding::kProduct : Binding::kUnary;
    case Binding::kUnary:
      return Binding::kMember;
    case Binding::kMember:
      break;
  }
  // Elements, arguments and fields take anything; what a member is taken of does not.
  bool receiver = i == 0 && (e.kind == ExprKind::kGetAttribute || !MethodText(e.kind).empty() ||
                             (e.kind == ExprKind::kCall && InfoOf(e.function()).method));
  return receiver ? Binding::kMember : Binding::kIf;
}

bool NeedsParentheses(const ExprTree& tree, const Expr& e, uint32_t i) {
  const Expr& operand = tree.Child(e, i);
  if (BindingOf(operand) < OperandBinding(e, i)) return true;
  // -3 is a literal, -(3) is not.
  return e.kind == ExprKind::kNegate && operand.kind == ExprKind::kLiteral && operand.value.is_long();
}

absl::string_view OperatorText(ExprKind kind) {
  switch (kind) {
    case ExprKind::kAnd:
      return "&&";
    case ExprKind::kOr:
      return "||";
    case ExprKind::kEqual:
      return "==";
    case ExprKind::kNotEqual:
      return "!=";
    case ExprKind::kLess:
      return "<";
    case ExprKind::kLessEqual:
      return "<=";
    case ExprKind::kGreater:
      return ">";
    case ExprKind::kGreaterEqual:
      return ">=";
    case ExprKind::kAdd:
      return "+";
    case ExprKind::kSubtract:
      return "-";
    case ExprKind::kMultiply:
      return "*";
    case ExprKind::kIn:
      return "in";
    default:
      return "";
  }
}

absl::string_view MethodText(ExprKind kind) {
  switch (kind) {
    case ExprKind::kContains:
      return "contains";
    case ExprKind::kContainsAll:
      return "containsAll";
    case ExprKind::kContainsAny:
      return "containsAny";
    case ExprKind::kIsEmpty:
      return "isEmpty";
    case ExprKind::kGetTag:
      return "getTag";
    case ExprKind::kHasTag:
      return "hasTag";
    default:
      return "";
  }
}

std::string FieldNameText(absl::string_view name) {
  return IsIdentText(name) && !IsReservedWord(name) ? std::string(name) : QuoteString(name);
}

std::string AttributeText(absl::string_view name) {
  std::string field = FieldNameText(name);
  return field[0] == '"' ? absl::StrCat("[", field, "]") : absl::StrCat(".", field);
}

std::string TestText(const ExprTree& tree, const Expr& e) {
  switch (e.kind) {
    case ExprKind::kHasAttribute:
      return absl::StrCat("has ", absl::StrJoin(tree.Names(e), ".", [](std::string* out, const std::string& name) {
                            out->append(FieldNameText(name));
                          }));
    case ExprKind::kLike:
      return absl::StrCat("like ", tree.PatternOf(e).ToString());
    default:
      return absl::StrCat("is ", e.value.string_value());
  }
}

std::string FlatText(const ExprTree& tree, ExprId id, size_t bytes_max) {
  FlatPrinter printer(tree, bytes_max);
  printer.Print(id);
  return printer.Take();
}

}  // namespace internal

std::string ExprToText(const ExprTree& tree, ExprId id) {
  return internal::FlatText(tree, id, std::numeric_limits<size_t>::max());
}

}  // namespace cedar
