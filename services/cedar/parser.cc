#include "cedar/parser.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cedar/limits.h"
#include "cedar/text.h"

namespace cedar {

std::vector<std::shared_ptr<const PolicyBody>> PolicyParser::ParsePolicies() {
  std::vector<std::shared_ptr<const PolicyBody>> policies;
  while (!reader_.AtEnd() && !reader_.too_many_errors()) {
    auto body = std::make_shared<PolicyBody>();
    size_t errors = reader_.error_count();
    tree_ = &body->exprs;
    reader_.depth = 0;
    uint32_t begin = reader_.Peek().span.begin;
    bool ok = ParsePolicy(body.get());
    if (!ok && reader_.error_count() == errors) reader_.FailHere("a policy");
    if (!ok) reader_.SkipPast(";");
    body->span = reader_.SpanFrom(begin);
    body->source = source_;
    if (ok) policies.push_back(std::move(body));
  }
  return policies;
}

std::optional<ExprId> PolicyParser::ParseWholeExpr(ExprTree* tree) {
  tree_ = tree;
  MaybeExpr e = ParseExpr();
  if (e && !reader_.AtEnd()) {
    reader_.FailHere("an operator or the end of the expression");
    return std::nullopt;
  }
  return e;
}

std::optional<EntityUid> PolicyParser::ParseWholeUid() {
  EntityUid uid;
  if (!ParseUid(&uid)) return std::nullopt;
  if (!reader_.AtEnd()) {
    reader_.FailHere("the end of the entity uid");
    return std::nullopt;
  }
  return uid;
}

bool PolicyParser::ParsePolicy(PolicyBody* body) {
  if (!ParseAnnotations(body)) return false;
  body->effect_span = reader_.Peek().span;
  if (reader_.Take("permit")) {
    body->effect = Effect::kPermit;
  } else if (reader_.Take("forbid")) {
    body->effect = Effect::kForbid;
  } else {
    return reader_.FailHere("\"permit\" or \"forbid\"");
  }
  if (!reader_.Expect("(", "after the effect") || !ParseScope(body)) return false;
  if (!reader_.Expect(")", "at the end of the scope")) return false;
  if (!ParseConditions(body)) return false;
  return reader_.Expect(";", "at the end of the policy");
}

bool PolicyParser::ParseAnnotations(PolicyBody* body) {
  while (reader_.At("@")) {
    uint32_t begin = reader_.Next().span.begin;
    Token name = reader_.Next();
    if (name.kind != TokenKind::kIdent) {
      return reader_.Fail(name.span, absl::StrCat("expected the annotation's name after \"@\", found ", Describe(name)));
    }
    Annotation annotation{std::string(name.text), "", false};
    if (reader_.Take("(")) {
      annotation.has_value = true;
      size_t errors = reader_.error_count();
      if (!reader_.TakeString(&annotation.value)) {
        return reader_.error_count() > errors ? false : reader_.FailHere("the annotation's value, a string");
      }
      if (!reader_.Expect(")", "after the annotation's value")) return false;
    }
    if (body->FindAnnotation(annotation.name)) {
      return reader_.Fail(name.span, absl::StrCat("the annotation @", name.text, " stands here twice"));
    }
    annotation.span = reader_.SpanFrom(begin);
    if (body->annotations.size() == kAnnotationsMax) {
      return reader_.Fail(annotation.span, absl::StrCat("a policy has at most ", kAnnotationsMax, " annotations"));
    }
    body->annotations.push_back(std::move(annotation));
  }
  return true;
}

bool PolicyParser::ParseScope(PolicyBody* body) {
  uint32_t begin = reader_.Peek().span.begin;
  if (!ParseVariable("principal") || !ParseScopeConstraint("principal", &body->principal)) return false;
  body->principal.span = reader_.SpanFrom(begin);
  if (!reader_.Expect(",", "between principal and action")) return false;
  begin = reader_.Peek().span.begin;
  if (!ParseVariable("action") || !ParseActionConstraint(&body->action)) return false;
  body->action.span = reader_.SpanFrom(begin);
  if (!reader_.Expect(",", "between action and resource")) return false;
  begin = reader_.Peek().span.begin;
  if (!ParseVariable("resource") || !ParseScopeConstraint("resource", &body->resource)) return false;
  body->resource.span = reader_.SpanFrom(begin);
  reader_.Take(",");
  return true;
}

bool PolicyParser::ParseVariable(absl::string_view name) {
  if (reader_.Take(name)) return true;
  return reader_.Fail(reader_.Peek().span,
                      absl::StrCat("expected \"", name, "\", found ", Describe(reader_.Peek())),
                      "a scope names principal, action and resource, in this order");
}

bool PolicyParser::ParseScopeConstraint(absl::string_view name, ScopeConstraint* out) {
  using Op = ScopeConstraint::Op;
  if (reader_.Take("==")) {
    out->op = Op::kEqual;
    return ParseScopeEntity(name, out);
  }
  if (reader_.Take("in")) {
    out->op = Op::kIn;
    return ParseScopeEntity(name, out);
  }
  if (reader_.Take("is")) {
    PathName type;
    if (!ParsePath(&type, false)) return false;
    out->type = type.text;
    out->op = Op::kIs;
    if (!reader_.Take("in")) return true;
    out->op = Op::kIsIn;
    return ParseScopeEntity(name, out);
  }
  if (reader_.At(",") || reader_.At(")")) return true;
  std::string help = reader_.At("=") ? "write == to compare" : "";
  return reader_.Fail(reader_.Peek().span,
                      absl::StrCat("expected \"==\", \"in\", \"is\" or the end of the ", name, "'s part of the scope, found ",
                                   Describe(reader_.Peek())),
                      help.empty() ? "other tests belong in when { … }" : help);
}

bool PolicyParser::ParseScopeEntity(absl::string_view name, ScopeConstraint* out) {
  bool parenthesized = reader_.Take("(");
  if (reader_.Peek().kind == TokenKind::kSlot) {
    Token slot = reader_.Next();
    if (slot.text.substr(1) != name) {
      return reader_.Fail(slot.span, absl::StrCat("expected ?", name, " or an entity, found ", slot.text));
    }
    out->slot = true;
  } else if (!ParseUid(&out->entity)) {
    return false;
  }
  return !parenthesized || reader_.Expect(")");
}

bool PolicyParser::ParseActionConstraint(ActionConstraint* out) {
  using Op = ActionConstraint::Op;
  if (reader_.Take("==")) {
    out->op = Op::kEqual;
    return ParseActionUid(&out->entities);
  }
  if (!reader_.Take("in")) {
    if (reader_.At(",") || reader_.At(")")) return true;
    return reader_.FailHere("\"==\", \"in\" or the end of the action's part of the scope");
  }
  if (!reader_.Take("[")) {
    out->op = Op::kIn;
    return ParseActionUid(&out->entities);
  }
  out->op = Op::kInList;
  while (!reader_.Take("]")) {
    if (!ParseActionUid(&out->entities)) return false;
    if (!reader_.Take(",") && !reader_.At("]")) return reader_.FailHere("\",\" or \"]\" in the list of actions");
  }
  return true;
}

bool PolicyParser::ParseActionUid(std::vector<EntityUid>* out) {
  uint32_t begin = reader_.Peek().span.begin;
  if (reader_.Peek().kind == TokenKind::kSlot) {
    return reader_.Fail(reader_.Peek().span, "the action cannot be a slot",
                        "templates have slots for the principal and the resource only");
  }
  EntityUid uid;
  if (!ParseUid(&uid)) return false;
  if (!uid.is_action()) {
    return reader_.Fail(reader_.SpanFrom(begin), absl::StrCat("an action's type must be Action, found ", uid.type()));
  }
  out->push_back(std::move(uid));
  return true;
}

bool PolicyParser::ParseConditions(PolicyBody* body) {
  while (reader_.At("when") || reader_.At("unless")) {
    Token word = reader_.Next();
    if (!reader_.Expect("{", absl::StrCat("after ", word.text))) return false;
    if (reader_.At("}")) {
      return reader_.Fail(reader_.Peek().span, absl::StrCat("expected an expression in ", word.text, " { … }"));
    }
    MaybeExpr e = ParseExpr();
    if (!e) return false;
    if (!reader_.At("}")) return reader_.FailHere(absl::StrCat("an operator or the \"}\" that ends ", word.text));
    reader_.Next();
    body->conditions.push_back({word.text == "unless", *e, reader_.SpanFrom(word.span.begin)});
  }
  if (!reader_.At(";")) return reader_.FailHere("\"when\", \"unless\" or the \";\" that ends the policy");
  return true;
}

bool PolicyParser::ParsePath(PathName* out, bool stop_before_string) {
  uint32_t begin = reader_.Peek().span.begin;
  while (true) {
    const Token& token = reader_.Peek();
    if (token.kind != TokenKind::kIdent) return reader_.FailHere("a name");
    if (IsReservedWord(token.text)) {
      return reader_.Fail(token.span, absl::StrCat("\"", token.text, "\" is a reserved word and names nothing"));
    }
    if (++out->parts > kNamePartsMax) {
      return reader_.Fail(token.span, absl::StrCat("a name has at most ", kNamePartsMax, " parts"));
    }
    absl::StrAppend(&out->text, out->text.empty() ? "" : "::", reader_.Next().text);
    bool string_next = reader_.Peek(1).kind == TokenKind::kString || reader_.Peek(1).Is("{");
    if (!reader_.At("::") || (stop_before_string && string_next)) break;
    reader_.Next();
  }
  out->span = reader_.SpanFrom(begin);
  return true;
}

bool PolicyParser::ParseUid(EntityUid* out) {
  if (reader_.Peek().kind != TokenKind::kIdent) return reader_.FailHere("an entity such as Type::\"id\"");
  PathName type;
  if (!ParsePath(&type, true)) return false;
  if (!reader_.Take("::") || reader_.Peek().kind != TokenKind::kString) {
    return reader_.Fail(type.span, absl::StrCat("expected an entity such as ", type.text, "::\"id\", found ", type.text));
  }
  std::string id;
  if (!reader_.TakeString(&id)) return false;
  *out = EntityUid(type.text, id);
  return true;
}

absl::StatusOr<EntityUid> EntityUid::Parse(absl::string_view text) {
  auto source = std::make_shared<SourceText>();
  source->text = std::string(text);
  std::vector<Diagnostic> diagnostics;
  PolicyParser parser(source, &diagnostics);
  std::optional<EntityUid> uid = parser.ParseWholeUid();
  if (absl::Status status = ToStatus(diagnostics); !status.ok()) return status;
  return *uid;
}

}  // namespace cedar
