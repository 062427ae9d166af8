#include "cedar/printer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cedar/expr_printer.h"
#include "cedar/lexer.h"
#include "cedar/parser.h"

namespace cedar {
namespace {

using internal::FlatText;
using internal::NeedsParentheses;

// Longer lines are broken where the grammar allows.
constexpr size_t kLineBytesMax = 120;
constexpr size_t kIndent = 2;

struct Comment {
  uint32_t offset = 0;
  std::string text;
  bool own_line = false;     // nothing but space stands before it on its line
  bool after_blank = false;  // an empty line stands before it
  bool before_blank = false;
};

// Comments stand in what lies between tokens.
std::vector<Comment> CommentsIn(const SourceText& source) {
  std::vector<Comment> comments;
  std::vector<Diagnostic> ignored;
  absl::string_view text = source.text;
  size_t begin = 0;
  for (const Token& token : Tokenize(source, &ignored)) {
    absl::string_view gap = text.substr(begin, token.span.begin - begin);
    bool own_line = begin == 0;
    int newlines = 0;
    for (size_t i = 0; i < gap.size(); ++i) {
      if (gap[i] == '\n') {
        own_line = true;
        ++newlines;
      } else if (gap.substr(i, 2) == "//") {
        size_t end = std::min(gap.find_first_of("\r\n", i), gap.size());
        std::string comment(absl::StripTrailingAsciiWhitespace(gap.substr(i, end - i)));
        comments.push_back({static_cast<uint32_t>(begin + i), std::move(comment), own_line, newlines > 1});
        newlines = 0;
        i = end - 1;
      }
    }
    if (newlines > 1 && !comments.empty() && comments.back().offset >= begin) comments.back().before_blank = true;
    begin = token.span.end;
  }
  return comments;
}

class Formatter {
 public:
  explicit Formatter(std::vector<Comment> comments) : comments_(std::move(comments)) {}

  void Policy(const PolicyBody& body) {
    body_ = &body;
    StartPolicy(body.span.begin);
    for (size_t i = 0; i < body.annotations.size(); ++i) {
      const Annotation& a = body.annotations[i];
      absl::StrAppend(&out_, "@", a.name, a.has_value ? absl::StrCat("(", QuoteString(a.value), ")") : "");
      StartLine(0, i + 1 < body.annotations.size() ? body.annotations[i + 1].span.begin : body.effect_span.begin);
    }
    Scope();
    for (const Condition& condition : body.conditions) WriteCondition(condition);
    out_ += ";";
    EndLine(body.span.end);
  }

  // What is left of the comments.
  std::string Finish() {
    StartPolicy(UINT32_MAX);
    std::string text(absl::StripTrailingAsciiWhitespace(out_));
    return text.empty() ? text : text + "\n";
  }

 private:
  bool CommentWithin(SourceSpan span) const { return next_ < comments_.size() && comments_[next_].offset < span.end; }
  size_t Column() const {
    size_t newline = out_.rfind('\n');
    return newline == std::string::npos ? out_.size() : out_.size() - newline - 1;
  }
  bool AtLineStart() const { return out_.empty() || out_.back() == '\n'; }

  // A comment behind what stands on this line, if there is one.
  void EndLine(uint32_t offset) {
    bool here = next_ < comments_.size() && !comments_[next_].own_line;
    if (here && (comments_[next_].offset < offset || OnSameLine(offset, comments_[next_].offset))) {
      absl::StrAppend(&out_, AtLineStart() ? "" : " ", comments_[next_++].text);
      commented_ = true;
    }
  }
  bool OnSameLine(uint32_t begin, uint32_t end) const {
    if (!body_ || !body_->source) return false;
    return absl::string_view(body_->source->text).substr(begin, end - begin).find('\n') == absl::string_view::npos;
  }

  // A new line for what stands at `offset` in the source, below the comments before it.
  void StartLine(size_t indent, uint32_t offset) {
    if (!commented_ && next_ < comments_.size() && comments_[next_].offset < offset) EndLine(offset);
    commented_ = false;
    if (!AtLineStart()) out_ += "\n";
    for (; next_ < comments_.size() && comments_[next_].offset < offset; ++next_) {
      absl::StrAppend(&out_, std::string(indent, ' '), comments_[next_].text, "\n");
    }
    out_ += std::string(indent, ' ');
  }

  // The same between policies, where empty lines around comments stay.
  void StartPolicy(uint32_t offset) {
    commented_ = false;
    if (!AtLineStart()) out_ += "\n\n";
    for (; next_ < comments_.size() && comments_[next_].offset < offset; ++next_) {
      const Comment& comment = comments_[next_];
      if (comment.after_blank) BlankLine();
      absl::StrAppend(&out_, comment.text, "\n");
      if (comment.before_blank) BlankLine();
    }
  }
  void BlankLine() {
    if (!out_.empty() && !absl::EndsWith(out_, "\n\n")) out_ += "\n";
  }

  void Scope() {
    const PolicyBody& b = *body_;
    out_ += b.effect == Effect::kPermit ? "permit (" : "forbid (";
    bool plain = b.principal.op == ScopeConstraint::Op::kAny && b.action.op == ActionConstraint::Op::kAny &&
                 b.resource.op == ScopeConstraint::Op::kAny && !CommentWithin(b.resource.span);
    if (plain) {
      out_ += "principal, action, resource)";
      return;
    }
    StartLine(kIndent, b.principal.span.begin);
    absl::StrAppend(&out_, "principal", ConstraintText("principal", b.principal), ",");
    StartLine(kIndent, b.action.span.begin);
    WriteAction();
    out_ += ",";
    StartLine(kIndent, b.resource.span.begin);
    absl::StrAppend(&out_, "resource", ConstraintText("resource", b.resource));
    StartLine(0, b.resource.span.end);
    out_ += ")";
  }

  static std::string ConstraintText(absl::string_view name, const ScopeConstraint& c) {
    using Op = ScopeConstraint::Op;
    std::string entity = c.slot ? absl::StrCat("?", name) : c.entity.is_null() ? "" : c.entity.ToString();
    switch (c.op) {
      case Op::kAny:
        return "";
      case Op::kEqual:
        return absl::StrCat(" == ", entity);
      case Op::kIn:
        return absl::StrCat(" in ", entity);
      case Op::kIs:
        return absl::StrCat(" is ", c.type);
      case Op::kIsIn:
        break;
    }
    return absl::StrCat(" is ", c.type, " in ", entity);
  }

  void WriteAction() {
    const ActionConstraint& action = body_->action;
    out_ += "action";
    switch (action.op) {
      case ActionConstraint::Op::kAny:
        return;
      case ActionConstraint::Op::kEqual:
        absl::StrAppend(&out_, " == ", action.entities[0].ToString());
        return;
      case ActionConstraint::Op::kIn:
        absl::StrAppend(&out_, " in ", action.entities[0].ToString());
        return;
      case ActionConstraint::Op::kInList:
        break;
    }
    std::string list = absl::StrJoin(action.entities, ", ",
                                     [](std::string* out, const EntityUid& uid) { out->append(uid.ToString()); });
    if (Column() + list.size() + 7 <= kLineBytesMax || action.entities.empty()) {
      absl::StrAppend(&out_, " in [", list, "]");
      return;
    }
    out_ += " in [";
    for (size_t i = 0; i < action.entities.size(); ++i) {
      absl::StrAppend(&out_, "\n", std::string(2 * kIndent, ' '), action.entities[i].ToString(),
                      i + 1 < action.entities.size() ? "," : "");
    }
    absl::StrAppend(&out_, "\n", std::string(kIndent, ' '), "]");
  }

  void WriteCondition(const Condition& condition) {
    StartLine(0, condition.span.begin);
    out_ += condition.unless ? "unless { " : "when { ";
    // " };"
    if (!CommentWithin(condition.span) && Fits(condition.expr, 3)) {
      absl::StrAppend(&out_, ExprToText(body_->exprs, condition.expr), " }");
      return;
    }
    out_.pop_back();
    const Expr& e = body_->exprs[condition.expr];
    StartLine(kIndent, e.span.begin);
    Write(condition.expr, kIndent);
    StartLine(0, condition.span.end);
    out_ += "}";
  }

  bool Fits(ExprId id, size_t behind) const {
    size_t room = kLineBytesMax - std::min(kLineBytesMax, Column() + behind);
    return FlatText(body_->exprs, id, room).size() <= room;
  }

  // Lines below the first are indented by `indent`.
  void Write(ExprId id, size_t indent) {
    const Expr& e = body_->exprs[id];
    // Room for a parenthesis and an operator behind it.
    if (!CommentWithin(e.span) && Fits(id, 4)) {
      out_ += ExprToText(body_->exprs, id);
      return;
    }
    switch (e.kind) {
      case ExprKind::kIf:
        return WriteIf(e, indent);
      case ExprKind::kSet:
      case ExprKind::kRecord:
        return WriteList(e, indent);
      case ExprKind::kNot:
      case ExprKind::kNegate:
        out_ += e.kind == ExprKind::kNot ? '!' : '-';
        return Operand(e, 0, indent);
      case ExprKind::kGetAttribute:
        Operand(e, 0, indent);
        out_ += internal::AttributeText(e.value.string_value());
        return;
      case ExprKind::kHasAttribute:
      case ExprKind::kLike:
      case ExprKind::kIs:
        return WriteTest(e, indent);
      case ExprKind::kCall:
        return WriteCall(e, InfoOf(e.function()).name, InfoOf(e.function()).method, indent);
      case ExprKind::kLiteral:
      case ExprKind::kVariable:
        out_ += ExprToText(body_->exprs, id);
        return;
      default:
        break;
    }
    if (!internal::MethodText(e.kind).empty()) return WriteCall(e, internal::MethodText(e.kind), true, indent);
    WriteOperator(e, indent);
  }

  void Operand(const Expr& e, uint32_t i, size_t indent) {
    bool parentheses = NeedsParentheses(body_->exprs, e, i);
    if (parentheses) out_ += '(';
    Write(body_->exprs.ChildId(e, i), parentheses ? indent + 1 : indent);
    if (parentheses) out_ += ')';
  }

  uint32_t Begin(const Expr& e, uint32_t i) const { return body_->exprs.Child(e, i).span.begin; }

  void WriteOperator(const Expr& e, size_t indent) {
    bool logic = e.kind == ExprKind::kAnd || e.kind == ExprKind::kOr;
    for (uint32_t i = 0; i < e.child_count; ++i) {
      if (i > 0) {
        absl::StrAppend(&out_, " ", internal::OperatorText(e.kind));
        StartLine(logic ? indent : indent + kIndent, Begin(e, i));
      }
      Operand(e, i, logic || i == 0 ? indent : indent + kIndent);
    }
  }

  void WriteIf(const Expr& e, size_t indent) {
    static constexpr absl::string_view kWords[] = {"if ", "then ", "else "};
    for (uint32_t i = 0; i < 3; ++i) {
      if (i > 0) StartLine(indent, Begin(e, i));
      absl::StrAppend(&out_, kWords[i]);
      Operand(e, i, indent);
    }
  }

  void WriteTest(const Expr& e, size_t indent) {
    Operand(e, 0, indent);
    absl::StrAppend(&out_, " ", internal::TestText(body_->exprs, e));
    if (e.child_count < 2) return;
    out_ += " in";
    StartLine(indent + kIndent, Begin(e, 1));
    Operand(e, 1, indent + kIndent);
  }

  void WriteList(const Expr& e, size_t indent) {
    bool record = e.kind == ExprKind::kRecord;
    out_ += record ? '{' : '[';
    for (uint32_t i = 0; i < e.child_count; ++i) {
      StartLine(indent + kIndent, Begin(e, i));
      if (record) absl::StrAppend(&out_, internal::FieldNameText(body_->exprs.Names(e)[i]), ": ");
      Operand(e, i, indent + kIndent);
      if (i + 1 < e.child_count) out_ += ',';
    }
    if (e.child_count > 0) StartLine(indent, e.span.end);
    out_ += record ? '}' : ']';
  }

  void WriteCall(const Expr& e, absl::string_view name, bool method, size_t indent) {
    if (method) {
      Operand(e, 0, indent);
      out_ += '.';
    }
    absl::StrAppend(&out_, name, "(");
    uint32_t first = method ? 1 : 0;
    bool flat = !CommentWithin(e.span) && ArgumentsFit(e, first);
    for (uint32_t i = first; i < e.child_count; ++i) {
      if (!flat) StartLine(indent + kIndent, Begin(e, i));
      Operand(e, i, indent + kIndent);
      if (i + 1 < e.child_count) out_ += flat ? ", " : ",";
    }
    if (e.child_count > first && !flat) StartLine(indent, e.span.end);
    out_ += ')';
  }

  bool ArgumentsFit(const Expr& e, uint32_t first) const {
    // The parenthesis, and what may stand behind.
    size_t used = Column() + 5;
    for (uint32_t i = first; i < e.child_count && used <= kLineBytesMax; ++i) {
      used += FlatText(body_->exprs, body_->exprs.ChildId(e, i), kLineBytesMax).size() + 2;
    }
    return used <= kLineBytesMax;
  }

  const std::vector<Comment> comments_;
  size_t next_ = 0;
  const PolicyBody* body_ = nullptr;
  std::string out_;
  bool commented_ = false;  // a comment ends the current line
};

}  // namespace

std::string PolicyToText(const PolicyBody& body) {
  Formatter formatter({});
  formatter.Policy(body);
  return formatter.Finish();
}

std::string PolicySetToText(const PolicySet& policies) {
  Formatter formatter({});
  for (const auto& [id, body] : policies.Templates()) formatter.Policy(*body);
  for (const Policy* policy : policies.Policies()) {
    if (policy->template_id().empty()) formatter.Policy(policy->body());
  }
  return formatter.Finish();
}

absl::StatusOr<std::string> FormatPolicies(absl::string_view text, const ParseOptions& options) {
  auto source = std::make_shared<SourceText>();
  source->name = options.file_name;
  source->text = std::string(text);
  std::vector<Diagnostic> diagnostics;
  std::vector<std::shared_ptr<const PolicyBody>> bodies = PolicyParser(source, &diagnostics).ParsePolicies();
  if (absl::Status status = ToStatus(diagnostics); !status.ok()) return status;
  Formatter formatter(CommentsIn(*source));
  for (const auto& body : bodies) formatter.Policy(*body);
  return formatter.Finish();
}

}  // namespace cedar
