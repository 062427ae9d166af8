#include <algorithm>
#include <array>
#include <limits>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cedar/limits.h"
#include "cedar/parser.h"
#include "cedar/text.h"

namespace cedar {
namespace {

struct Method {
  absl::string_view name;
  ExprKind kind;
  size_t arguments;
};
constexpr std::array<Method, 6> kMethods = {{{"contains", ExprKind::kContains, 1},
                                             {"containsAll", ExprKind::kContainsAll, 1},
                                             {"containsAny", ExprKind::kContainsAny, 1},
                                             {"isEmpty", ExprKind::kIsEmpty, 0},
                                             {"getTag", ExprKind::kGetTag, 1},
                                             {"hasTag", ExprKind::kHasTag, 1}}};

const Method* FindMethod(absl::string_view name) {
  auto it = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& m) { return m.name == name; });
  return it == kMethods.end() ? nullptr : &*it;
}

std::vector<std::string> MethodNames() {
  std::vector<std::string> names;
  for (const Method& m : kMethods) names.emplace_back(m.name);
  for (int i = 0; i <= static_cast<int>(ExtensionFunction::kToDays); ++i) {
    const ExtensionFunctionInfo& info = InfoOf(static_cast<ExtensionFunction>(i));
    if (info.method) names.emplace_back(info.name);
  }
  return names;
}

struct Operator {
  absl::string_view text;
  ExprKind kind;
};
constexpr std::array<Operator, 7> kRelations = {{{"==", ExprKind::kEqual},
                                                 {"!=", ExprKind::kNotEqual},
                                                 {"<=", ExprKind::kLessEqual},
                                                 {">=", ExprKind::kGreaterEqual},
                                                 {"<", ExprKind::kLess},
                                                 {">", ExprKind::kGreater},
                                                 {"in", ExprKind::kIn}}};

const Operator* RelationAt(const Token& token) {
  auto it = std::find_if(kRelations.begin(), kRelations.end(), [&](const Operator& o) { return token.Is(o.text); });
  return it == kRelations.end() ? nullptr : &*it;
}

// Repetitions of ! or - that the grammar allows.
constexpr int kUnaryMax = 4;

}  // namespace

std::nullopt_t PolicyParser::Fail(SourceSpan span, std::string message, std::string help) {
  reader_.Fail(span, std::move(message), std::move(help));
  return std::nullopt;
}

PolicyParser::MaybeExpr PolicyParser::CheckHeight(ExprId id) {
  const Expr& e = (*tree_)[id];
  if (e.height > kExprHeightMax) {
    return Fail(e.span, absl::StrCat("this expression is nested more than ", kExprHeightMax, " levels deep"));
  }
  if (tree_->size() > kExprNodesMax) return Fail(e.span, "this policy has too many expressions");
  return id;
}

PolicyParser::MaybeExpr PolicyParser::Make(ExprKind kind, uint32_t begin, absl::Span<const ExprId> children,
                                           uint8_t detail, Value value) {
  Expr e;
  e.kind = kind;
  e.detail = detail;
  e.value = std::move(value);
  e.span = reader_.SpanFrom(begin);
  return CheckHeight(tree_->Add(std::move(e), children));
}

PolicyParser::MaybeExpr PolicyParser::ParseExpr() {
  if (++reader_.depth > kNestingMax) {
    return Fail(reader_.Peek().span, absl::StrCat("expressions nest at most ", kNestingMax, " levels deep"));
  }
  absl::Cleanup leave = [this] { --reader_.depth; };
  uint32_t begin = reader_.Peek().span.begin;
  if (!reader_.Take("if")) return ParseChain(true);
  MaybeExpr condition = ParseExpr();
  if (!condition || !reader_.Expect("then", "after the condition of if")) return std::nullopt;
  MaybeExpr yes = ParseExpr();
  if (!yes || !reader_.Expect("else", "after the first branch of if")) return std::nullopt;
  MaybeExpr no = ParseExpr();
  if (!no) return std::nullopt;
  return Make(ExprKind::kIf, begin, {*condition, *yes, *no});
}

PolicyParser::MaybeExpr PolicyParser::ParseChain(bool is_or) {
  uint32_t begin = reader_.Peek().span.begin;
  absl::string_view op = is_or ? "||" : "&&";
  ExprKind kind = is_or ? ExprKind::kOr : ExprKind::kAnd;
  MaybeExpr first = is_or ? ParseChain(false) : ParseRelation();
  if (!first || !reader_.At(op)) return first;
  std::vector<ExprId> operands;
  // (a && b) && c is a && b && c.
  const Expr& e = (*tree_)[*first];
  if (e.kind == kind) {
    absl::Span<const ExprId> inner = tree_->Children(e);
    operands.assign(inner.begin(), inner.end());
  } else {
    operands.push_back(*first);
  }
  while (reader_.Take(op)) {
    MaybeExpr next = is_or ? ParseChain(false) : ParseRelation();
    if (!next) return std::nullopt;
    operands.push_back(*next);
  }
  return Make(kind, begin, operands);
}

PolicyParser::MaybeExpr PolicyParser::ParseRelation() {
  uint32_t begin = reader_.Peek().span.begin;
  MaybeExpr left = ParseSum();
  if (!left) return std::nullopt;
  if (reader_.Take("has")) return ParseHas(*left, begin);
  if (reader_.Take("like")) return ParseLike(*left, begin);
  if (reader_.Take("is")) return ParseIs(*left, begin);
  if (reader_.At("=")) return Fail(reader_.Peek().span, "\"=\" is no operator", "write == to compare");
  const Operator* op = RelationAt(reader_.Peek());
  if (!op) return left;
  reader_.Next();
  MaybeExpr right = ParseSum();
  if (!right) return std::nullopt;
  if (RelationAt(reader_.Peek())) {
    return Fail(reader_.Peek().span, "comparisons do not chain", "use parentheses, or join two comparisons with &&");
  }
  return Make(op->kind, begin, {*left, *right});
}

PolicyParser::MaybeExpr PolicyParser::ParseHas(ExprId operand, uint32_t begin) {
  std::vector<std::string> path(1);
  if (reader_.Peek().kind == TokenKind::kString) {
    if (!reader_.TakeString(&path[0])) return std::nullopt;
  } else {
    path.clear();
    do {
      Token name = reader_.Next();
      if (name.kind != TokenKind::kIdent) {
        return Fail(name.span, absl::StrCat("expected an attribute's name after has, found ", Describe(name)));
      }
      if (IsReservedWord(name.text)) {
        return Fail(name.span, absl::StrCat("\"", name.text, "\" is a reserved word"),
                    absl::StrCat("write has \"", name.text, "\""));
      }
      path.emplace_back(name.text);
    } while (reader_.Take("."));
  }
  if (path.size() > static_cast<size_t>(kNestingMax)) return Fail(reader_.SpanFrom(begin), "this path is too long");
  Expr e;
  e.kind = ExprKind::kHasAttribute;
  e.span = reader_.SpanFrom(begin);
  return CheckHeight(tree_->AddNamed(std::move(e), {operand}, std::move(path)));
}

PolicyParser::MaybeExpr PolicyParser::ParseLike(ExprId operand, uint32_t begin) {
  Token token = reader_.Next();
  if (token.kind != TokenKind::kString) {
    return Fail(token.span, absl::StrCat("expected a pattern between quotes after like, found ", Describe(token)));
  }
  Pattern pattern;
  EscapeError error;
  if (!UnescapePattern(token.text.substr(1, token.text.size() - 2), &pattern, &error)) {
    uint32_t base = token.span.begin + 1;
    return Fail({base + static_cast<uint32_t>(error.begin), base + static_cast<uint32_t>(error.end)}, error.message);
  }
  Expr e;
  e.kind = ExprKind::kLike;
  e.span = reader_.SpanFrom(begin);
  return CheckHeight(tree_->AddLike(std::move(e), operand, std::move(pattern)));
}

PolicyParser::MaybeExpr PolicyParser::ParseIs(ExprId operand, uint32_t begin) {
  PathName type;
  if (!ParsePath(&type, false)) return std::nullopt;
  std::vector<ExprId> children = {operand};
  if (reader_.Take("in")) {
    MaybeExpr entity = ParseSum();
    if (!entity) return std::nullopt;
    children.push_back(*entity);
  }
  return Make(ExprKind::kIs, begin, children, 0, Value::String(type.text));
}

PolicyParser::MaybeExpr PolicyParser::ParseSum() {
  uint32_t begin = reader_.Peek().span.begin;
  MaybeExpr left = ParseProduct();
  while (left && (reader_.At("+") || reader_.At("-"))) {
    ExprKind kind = reader_.Next().text == "+" ? ExprKind::kAdd : ExprKind::kSubtract;
    MaybeExpr right = ParseProduct();
    if (!right) return std::nullopt;
    left = Make(kind, begin, {*left, *right});
  }
  return left;
}

PolicyParser::MaybeExpr PolicyParser::ParseProduct() {
  uint32_t begin = reader_.Peek().span.begin;
  MaybeExpr left = ParseUnary();
  while (left && (reader_.At("*") || reader_.At("/") || reader_.At("%"))) {
    Token op = reader_.Next();
    if (op.text != "*") return Fail(op.span, absl::StrCat("Cedar has no operator \"", op.text, "\""));
    MaybeExpr right = ParseUnary();
    if (!right) return std::nullopt;
    left = Make(ExprKind::kMultiply, begin, {*left, *right});
  }
  return left;
}

PolicyParser::MaybeExpr PolicyParser::ParseUnary() {
  uint32_t begin = reader_.Peek().span.begin;
  absl::string_view op = reader_.At("!") ? "!" : reader_.At("-") ? "-" : "";
  if (op.empty()) return ParseMember(ParsePrimary(), begin);
  std::vector<uint32_t> begins;
  while (reader_.At(op)) {
    begins.push_back(reader_.Next().span.begin);
    if (begins.size() > kUnaryMax) {
      return Fail(reader_.SpanFrom(begin), absl::StrCat("at most ", kUnaryMax, " \"", op, "\" may follow each other"));
    }
  }
  uint32_t inner = reader_.Peek().span.begin;
  MaybeExpr e;
  // The sign belongs to a bare number, so that the most negative long can be written.
  bool number = op == "-" && reader_.Peek().kind == TokenKind::kNumber && !reader_.Peek(1).Is(".") &&
                !reader_.Peek(1).Is("[") && !reader_.Peek(1).Is("(");
  if (number) {
    e = ParseNumber(true, begins.back());
    begins.pop_back();
  } else {
    e = ParseMember(ParsePrimary(), inner);
  }
  while (e && !begins.empty()) {
    e = Make(op == "!" ? ExprKind::kNot : ExprKind::kNegate, begins.back(), {*e});
    begins.pop_back();
  }
  return e;
}

PolicyParser::MaybeExpr PolicyParser::ParseMember(MaybeExpr e, uint32_t begin) {
  while (e) {
    if (reader_.Take(".")) {
      Token name = reader_.Next();
      if (name.kind != TokenKind::kIdent) {
        return Fail(name.span, absl::StrCat("expected an attribute or method after \".\", found ", Describe(name)));
      }
      if (IsReservedWord(name.text)) {
        return Fail(name.span, absl::StrCat("\"", name.text, "\" is a reserved word"),
                    absl::StrCat("write [\"", name.text, "\"]"));
      }
      if (reader_.At("(")) {
        e = ParseMethod(*e, name, begin);
      } else {
        e = Make(ExprKind::kGetAttribute, begin, {*e}, 0, Value::String(name.text));
      }
    } else if (reader_.Take("[")) {
      std::string name;
      if (reader_.Peek().kind != TokenKind::kString) {
        return Fail(reader_.Peek().span,
                    absl::StrCat("expected an attribute's name between quotes, found ", Describe(reader_.Peek())));
      }
      if (!reader_.TakeString(&name) || !reader_.Expect("]", "after the attribute's name")) return std::nullopt;
      e = Make(ExprKind::kGetAttribute, begin, {*e}, 0, Value::String(name));
    } else if (reader_.At("(")) {
      return Fail(reader_.Peek().span, "this is nothing that can be called");
    } else {
      break;
    }
  }
  return e;
}

PolicyParser::MaybeExpr PolicyParser::ParseMethod(ExprId receiver, const Token& name, uint32_t begin) {
  std::vector<ExprId> arguments = {receiver};
  reader_.Next();
  if (!ParseArguments(&arguments, ")")) return std::nullopt;
  if (const Method* method = FindMethod(name.text)) {
    if (arguments.size() != method->arguments + 1) {
      return Fail(reader_.SpanFrom(begin), absl::StrCat(name.text, " takes ", method->arguments, " arguments, got ",
                                                        arguments.size() - 1));
    }
    return Make(method->kind, begin, arguments);
  }
  const ExtensionFunctionInfo* info = FindExtensionFunction(name.text);
  if (!info) {
    return Fail(name.span, absl::StrCat("there is no method \"", name.text, "\""), DidYouMean(name.text, MethodNames()));
  }
  if (!info->method) {
    return Fail(name.span, absl::StrCat(name.text, " is a function, not a method"),
                absl::StrCat("write ", name.text, "(…)"));
  }
  return Make(ExprKind::kCall, begin, arguments, static_cast<uint8_t>(info->function));
}

bool PolicyParser::ParseArguments(std::vector<ExprId>* out, absl::string_view close) {
  while (!reader_.Take(close)) {
    MaybeExpr e = ParseExpr();
    if (!e) return false;
    out->push_back(*e);
    if (!reader_.Take(",") && !reader_.At(close)) return reader_.FailHere(absl::StrCat("\",\" or \"", close, "\""));
  }
  return true;
}

PolicyParser::MaybeExpr PolicyParser::ParsePrimary() {
  const Token& token = reader_.Peek();
  uint32_t begin = token.span.begin;
  switch (token.kind) {
    case TokenKind::kNumber: return ParseNumber(false, begin);
    case TokenKind::kString: {
      std::string text;
      if (!reader_.TakeString(&text)) return std::nullopt;
      return Make(ExprKind::kLiteral, begin, {}, 0, Value::String(text));
    }
    case TokenKind::kSlot:
      return Fail(token.span, absl::StrCat(token.text, " may stand only in the scope of a template"),
                  absl::StrCat("after == or in of ", token.text.substr(1)));
    case TokenKind::kIdent: return ParseName();
    default: break;
  }
  if (reader_.Take("(")) {
    MaybeExpr e = ParseExpr();
    if (!e || !reader_.Expect(")", "to match the \"(\"")) return std::nullopt;
    return e;
  }
  if (token.Is("[")) return ParseSet();
  if (token.Is("{")) return ParseRecord();
  reader_.FailHere("an expression");
  return std::nullopt;
}

PolicyParser::MaybeExpr PolicyParser::ParseNumber(bool negative, uint32_t begin) {
  Token token = reader_.Next();
  uint64_t magnitude;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (!absl::SimpleAtoi(token.text, &magnitude) || magnitude > kMax + (negative ? 1 : 0)) {
    return Fail(token.span, absl::StrCat("the number ", token.text, " does not fit a long"),
                "longs go from -9223372036854775808 to 9223372036854775807");
  }
  int64_t value = static_cast<int64_t>(negative ? uint64_t{0} - magnitude : magnitude);
  return Make(ExprKind::kLiteral, begin, {}, 0, Value::Long(value));
}

PolicyParser::MaybeExpr PolicyParser::ParseName() {
  Token token = reader_.Peek();
  uint32_t begin = token.span.begin;
  if (token.text == "true" || token.text == "false") {
    reader_.Next();
    return Make(ExprKind::kLiteral, begin, {}, 0, Value::Bool(token.text == "true"));
  }
  if (token.text == "if") {
    return Fail(token.span, "if … then … else … must stand between parentheses here");
  }
  PathName name;
  if (!ParsePath(&name, true)) return std::nullopt;
  if (reader_.Take("::")) {
    std::string id;
    if (reader_.At("{")) return Fail(reader_.Peek().span, "entities are written Type::\"id\"");
    if (!reader_.TakeString(&id)) return std::nullopt;
    return Make(ExprKind::kLiteral, begin, {}, 0, Value::Entity(EntityUid(name.text, id)));
  }
  if (reader_.At("(")) return ParseFunction(name);
  static constexpr absl::string_view kVariables[] = {"principal", "action", "resource", "context"};
  for (uint8_t i = 0; i < 4; ++i) {
    if (name.text == kVariables[i]) return Make(ExprKind::kVariable, begin, {}, i);
  }
  std::string help = DidYouMean(name.text, {"principal", "action", "resource", "context", "true", "false"});
  return Fail(name.span, absl::StrCat("there is no variable \"", name.text, "\""),
              help.empty() ? absl::StrCat("an entity is written ", name.text, "::\"id\", text between quotes") : help);
}

PolicyParser::MaybeExpr PolicyParser::ParseFunction(const PathName& name) {
  reader_.Next();
  std::vector<ExprId> arguments;
  if (!ParseArguments(&arguments, ")")) return std::nullopt;
  const ExtensionFunctionInfo* info = FindExtensionFunction(name.text);
  if (FindMethod(name.text) || (info && info->method)) {
    return Fail(name.span, absl::StrCat(name.text, " is a method, not a function"),
                absl::StrCat("write value.", name.text, "(…)"));
  }
  if (!info) {
    return Fail(name.span, absl::StrCat("there is no function \"", name.text, "\""),
                DidYouMean(name.text, {"decimal", "ip", "datetime", "duration"}));
  }
  return Make(ExprKind::kCall, name.span.begin, arguments, static_cast<uint8_t>(info->function));
}

PolicyParser::MaybeExpr PolicyParser::ParseSet() {
  uint32_t begin = reader_.Next().span.begin;
  std::vector<ExprId> elements;
  if (!ParseArguments(&elements, "]")) return std::nullopt;
  return Make(ExprKind::kSet, begin, elements);
}

PolicyParser::MaybeExpr PolicyParser::ParseRecord() {
  uint32_t begin = reader_.Next().span.begin;
  std::vector<std::string> names;
  std::vector<ExprId> values;
  std::vector<std::pair<std::string, SourceSpan>> seen;
  while (!reader_.Take("}")) {
    Token key = reader_.Peek();
    std::string name;
    if (key.kind == TokenKind::kString) {
      if (!reader_.TakeString(&name)) return std::nullopt;
    } else if (key.kind == TokenKind::kIdent) {
      if (IsReservedWord(key.text)) {
        return Fail(key.span, absl::StrCat("\"", key.text, "\" is a reserved word"), "write it between quotes");
      }
      name = std::string(reader_.Next().text);
    } else {
      reader_.FailHere("a field's name or \"}\"");
      return std::nullopt;
    }
    if (!reader_.Expect(":", "after the field's name")) return std::nullopt;
    MaybeExpr value = ParseExpr();
    if (!value) return std::nullopt;
    seen.emplace_back(name, key.span);
    names.push_back(std::move(name));
    values.push_back(*value);
    if (!reader_.Take(",") && !reader_.At("}")) {
      reader_.FailHere("\",\" or \"}\" in the record");
      return std::nullopt;
    }
  }
  std::stable_sort(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 1; i < seen.size(); ++i) {
    if (seen[i].first == seen[i - 1].first) {
      return Fail(seen[i].second, absl::StrCat("the field ", QuoteString(seen[i].first), " stands here twice"));
    }
  }
  Expr e;
  e.kind = ExprKind::kRecord;
  e.span = reader_.SpanFrom(begin);
  return CheckHeight(tree_->AddNamed(std::move(e), values, std::move(names)));
}

}  // namespace cedar
