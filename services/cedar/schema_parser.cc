#include "cedar/schema_parser.h"

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "cedar/limits.h"
#include "cedar/text.h"

namespace cedar {

SchemaSyntax SchemaParser::ParseSchema() {
  SchemaSyntax schema;
  schema.source = source_;
  while (!reader_.AtEnd() && !reader_.too_many_errors()) {
    reader_.depth = 0;
    Annotations annotations;
    if (!ParseAnnotations(&annotations)) {
      reader_.SkipPast(";");
    } else if (reader_.At("namespace")) {
      if (!ParseNamespace(std::move(annotations), &schema)) reader_.SkipPast("}");
    } else {
      auto [it, fresh] = namespaces_.emplace("", schema.namespaces.size());
      if (fresh) schema.namespaces.emplace_back();
      if (!ParseDeclaration(std::move(annotations), &schema.namespaces[it->second])) reader_.SkipPast(";");
    }
  }
  return schema;
}

bool SchemaParser::ParseNamespace(Annotations annotations, SchemaSyntax* out) {
  reader_.Next();
  NamespaceSyntax result;
  result.annotations = std::move(annotations);
  if (!ParsePath(&result.name)) return false;
  if (namespaces_.contains(result.name.text)) {
    return reader_.Fail(result.name.span, absl::StrCat("the namespace ", result.name.text, " stands here twice"),
                        "put all of its declarations between one pair of braces");
  }
  if (!reader_.Expect("{", "after the namespace's name")) return false;
  while (!reader_.Take("}")) {
    if (reader_.AtEnd()) return reader_.FailHere("\"}\" at the end of the namespace");
    if (reader_.too_many_errors()) return false;
    Annotations inner;
    if (!ParseAnnotations(&inner) || !ParseDeclaration(std::move(inner), &result)) reader_.SkipPast(";");
  }
  namespaces_.emplace(result.name.text, out->namespaces.size());
  out->namespaces.push_back(std::move(result));
  return true;
}

bool SchemaParser::ParseDeclaration(Annotations annotations, NamespaceSyntax* out) {
  if (reader_.At("entity")) return ParseEntity(std::move(annotations), out);
  if (reader_.At("action")) return ParseAction(std::move(annotations), out);
  if (reader_.At("type")) return ParseCommonType(std::move(annotations), out);
  if (reader_.At("namespace")) return reader_.Fail(reader_.Peek().span, "a namespace cannot stand in a namespace");
  return reader_.FailHere("\"entity\", \"action\", \"type\" or \"namespace\"");
}

bool SchemaParser::ParseEntity(Annotations annotations, NamespaceSyntax* out) {
  reader_.Next();
  EntityTypeSyntax declared;
  declared.annotations = std::move(annotations);
  std::vector<NameSyntax> names;
  auto one = [&] { return ParseIdent("an entity type's name", &names.emplace_back()); };
  if (!ParseList(one)) return false;
  uint32_t shared_begin = reader_.PreviousEnd();
  if (reader_.At("enum")) {
    if (!ParseChoices(&declared)) return false;
  } else {
    if (reader_.Take("in") && !ParseTypeNames(&declared.parents)) return false;
    bool equals = reader_.Take("=");
    if (equals || reader_.At("{")) {
      if (!reader_.At("{")) return reader_.FailHere("\"{\" and the attributes after \"=\"");
      if (!ParseType(&declared.shape.emplace())) return false;
    }
    if (reader_.Take("tags") && !ParseType(&declared.tags.emplace())) return false;
  }
  if (!reader_.Expect(";", "at the end of the entity type") || !MayWriteOut(names, shared_begin)) return false;
  for (NameSyntax& name : names) {
    declared.name = std::move(name);
    out->entity_types.push_back(declared);
  }
  return true;
}

bool SchemaParser::MayWriteOut(const std::vector<NameSyntax>& names, uint32_t shared_begin) {
  written_out_bytes_ += (names.size() - 1) * (reader_.PreviousEnd() - shared_begin);
  if (written_out_bytes_ <= kSchemaWrittenOutBytesMax) return true;
  return reader_.Fail(names[0].span,
                      absl::StrCat("this schema, written out with one name in each declaration, has more than ",
                                   kSchemaWrittenOutBytesMax, " bytes"));
}

bool SchemaParser::ParseChoices(EntityTypeSyntax* out) {
  reader_.Next();
  if (!reader_.Expect("[", "after enum")) return false;
  auto one = [&] {
    NameSyntax& choice = out->choices.emplace_back();
    choice.span = reader_.Peek().span;
    if (reader_.Peek().kind != TokenKind::kString) return reader_.FailHere("an id between quotes");
    return reader_.TakeString(&choice.text);
  };
  return ParseList(one) && reader_.Expect("]", "at the end of the list of ids");
}

bool SchemaParser::ParseAction(Annotations annotations, NamespaceSyntax* out) {
  reader_.Next();
  ActionSyntax declared;
  declared.annotations = std::move(annotations);
  std::vector<NameSyntax> names;
  auto one = [&] { return ParseName("an action's name", &names.emplace_back()); };
  if (!ParseList(one)) return false;
  uint32_t shared_begin = reader_.PreviousEnd();
  if (reader_.Take("in") && !ParseActionParents(&declared)) return false;
  if (reader_.At("appliesTo") && !ParseAppliesTo(&declared)) return false;
  if (reader_.Take("attributes")) {
    if (!reader_.Expect("{", "after attributes")) return false;
    if (!reader_.At("}")) return reader_.Fail(reader_.Peek().span, "actions cannot have attributes");
    reader_.Next();
  }
  if (!reader_.Expect(";", "at the end of the action") || !MayWriteOut(names, shared_begin)) return false;
  for (NameSyntax& name : names) {
    declared.name = std::move(name);
    out->actions.push_back(declared);
  }
  return true;
}

bool SchemaParser::ParseActionParents(ActionSyntax* out) {
  if (!reader_.Take("[")) return ParseActionRef(out);
  return ParseList([&] { return ParseActionRef(out); }) && reader_.Expect("]", "at the end of the list of actions");
}

bool SchemaParser::ParseActionRef(ActionSyntax* out) {
  ActionRefSyntax ref;
  if (reader_.Peek().kind == TokenKind::kIdent && reader_.Peek(1).Is("::")) {
    uint32_t begin = reader_.Peek().span.begin;
    std::string path;
    while (reader_.Peek().kind == TokenKind::kIdent && reader_.Peek(1).Is("::")) {
      if (!ParseIdent("a name", &ref.id)) return false;
      absl::StrAppend(&path, path.empty() ? "" : "::", ref.id.text);
      ref.type = NameSyntax{path, reader_.SpanFrom(begin)};
      reader_.Next();
    }
    if (reader_.Peek().kind != TokenKind::kString) return reader_.FailHere("the action's id between quotes");
  }
  if (!ParseName("an action", &ref.id)) return false;
  out->parents.push_back(std::move(ref));
  return true;
}

bool SchemaParser::ParseAppliesTo(ActionSyntax* out) {
  Token word = reader_.Next();
  out->applies = true;
  if (!reader_.Expect("{", "after appliesTo")) return false;
  bool principal = false, resource = false;
  bool ok = ParseBraces([&] {
    Token part = reader_.Next();
    bool is_principal = part.Is("principal"), is_resource = part.Is("resource"), is_context = part.Is("context");
    if (!is_principal && !is_resource && !is_context) {
      return reader_.Fail(part.span, absl::StrCat("expected principal, resource or context, found ", Describe(part)));
    }
    if ((is_principal && principal) || (is_resource && resource) || (is_context && out->context)) {
      return reader_.Fail(part.span, absl::StrCat(part.text, " stands here twice"));
    }
    if (!reader_.Expect(":", absl::StrCat("after ", part.text))) return false;
    if (is_context) return ParseContext(&out->context.emplace());
    (is_principal ? principal : resource) = true;
    uint32_t begin = reader_.Peek().span.begin;
    std::vector<NameSyntax>& types = is_principal ? out->principals : out->resources;
    if (!ParseTypeNames(&types)) return false;
    if (types.empty()) return reader_.Fail(reader_.SpanFrom(begin), absl::StrCat("this list of types is empty"));
    return true;
  });
  if (!ok || (principal && resource)) return ok;
  return reader_.Fail(word.span, absl::StrCat("appliesTo does not say ", principal ? "resource" : "principal"),
                      "an action without appliesTo is a group of actions");
}

bool SchemaParser::ParseContext(TypeSyntax* out) {
  if (!ParseType(out)) return false;
  if (out->kind == TypeSyntax::Kind::kName) out->kind = TypeSyntax::Kind::kCommonName;
  return true;
}

bool SchemaParser::ParseCommonType(Annotations annotations, NamespaceSyntax* out) {
  reader_.Next();
  CommonTypeSyntax declared;
  declared.annotations = std::move(annotations);
  if (!ParseIdent("the type's name", &declared.name)) return false;
  if (!reader_.Expect("=", "after the type's name")) return false;
  if (!ParseType(&declared.type) || !reader_.Expect(";", "at the end of the type")) return false;
  out->common_types.push_back(std::move(declared));
  return true;
}

bool SchemaParser::ParseAnnotations(Annotations* out) {
  while (reader_.Take("@")) {
    Token name = reader_.Next();
    if (name.kind != TokenKind::kIdent) {
      return reader_.Fail(name.span, absl::StrCat("expected the annotation's name, found ", Describe(name)));
    }
    for (const Annotation& earlier : *out) {
      if (earlier.name == name.text) {
        return reader_.Fail(name.span, absl::StrCat("the annotation @", name.text, " stands here twice"));
      }
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
    if (out->size() == kAnnotationsMax) {
      return reader_.Fail(name.span, absl::StrCat("there are at most ", kAnnotationsMax, " annotations of one thing"));
    }
    out->push_back(std::move(annotation));
  }
  return true;
}

bool SchemaParser::ParseType(TypeSyntax* out) {
  if (reader_.depth >= kNestingMax) {
    return reader_.Fail(reader_.Peek().span, absl::StrCat("types may nest ", kNestingMax, " levels deep"));
  }
  ++reader_.depth;
  absl::Cleanup leave = [&] { --reader_.depth; };
  uint32_t begin = reader_.Peek().span.begin;
  if (!ParseTypeInside(out)) return false;
  out->span = reader_.SpanFrom(begin);
  return true;
}

bool SchemaParser::ParseTypeInside(TypeSyntax* out) {
  if (reader_.Take("{")) return ParseRecord(out);
  if (reader_.At("Set") && reader_.Peek(1).Is("<")) {
    reader_.Next();
    reader_.Next();
    out->kind = TypeSyntax::Kind::kSet;
    return ParseType(&out->element.emplace_back()) && reader_.Expect(">", "after the set's element type");
  }
  if (reader_.Peek().kind != TokenKind::kIdent) return reader_.FailHere("a type");
  return ParsePath(&out->name);
}

bool SchemaParser::ParseRecord(TypeSyntax* out) {
  out->kind = TypeSyntax::Kind::kRecord;
  return ParseBraces([&] { return ParseField(out); });
}

bool SchemaParser::ParseField(TypeSyntax* out) {
  FieldSyntax field;
  if (!ParseAnnotations(&field.annotations) || !ParseName("an attribute's name", &field.name)) return false;
  field.required = !reader_.Take("?");
  if (!reader_.Expect(":", "after the attribute's name") || !ParseType(&field.type)) return false;
  out->fields.push_back(std::move(field));
  return true;
}

bool SchemaParser::ParseTypeNames(std::vector<NameSyntax>* out) {
  if (!reader_.Take("[")) return ParsePath(&out->emplace_back());
  if (reader_.Take("]")) return true;
  return ParseList([&] { return ParsePath(&out->emplace_back()); }) &&
         reader_.Expect("]", "at the end of the list of types");
}

bool SchemaParser::ParsePath(NameSyntax* out) {
  uint32_t begin = reader_.Peek().span.begin;
  size_t parts = 0;
  do {
    NameSyntax part;
    if (!ParseIdent("a name", &part)) return false;
    if (++parts > kNamePartsMax) {
      return reader_.Fail(part.span, absl::StrCat("a name has at most ", kNamePartsMax, " parts"));
    }
    absl::StrAppend(&out->text, out->text.empty() ? "" : "::", part.text);
  } while (reader_.Take("::"));
  out->span = reader_.SpanFrom(begin);
  return true;
}

bool SchemaParser::ParseIdent(absl::string_view what, NameSyntax* out) {
  const Token& token = reader_.Peek();
  if (token.kind != TokenKind::kIdent) return reader_.FailHere(what);
  // __cedar may lead a path to the language's own types; the resolver refuses it elsewhere.
  if (IsReservedWord(token.text) && token.text != "__cedar") {
    return reader_.Fail(token.span, absl::StrCat("\"", token.text, "\" is a reserved word"),
                        "an attribute or action of that name is written between quotes");
  }
  *out = {std::string(token.text), token.span};
  reader_.Next();
  return true;
}

bool SchemaParser::ParseName(absl::string_view what, NameSyntax* out) {
  const Token& token = reader_.Peek();
  if (token.kind != TokenKind::kString) return ParseIdent(what, out);
  out->span = token.span;
  return reader_.TakeString(&out->text);
}

bool SchemaParser::ParseList(absl::FunctionRef<bool()> parse_one) {
  do {
    if (!parse_one()) return false;
  } while (reader_.Take(","));
  return true;
}

bool SchemaParser::ParseBraces(absl::FunctionRef<bool()> parse_one) {
  while (!reader_.Take("}")) {
    if (!parse_one()) return false;
    if (!reader_.Take(",") && !reader_.At("}")) return reader_.FailHere("\",\" or \"}\"");
  }
  return true;
}

}  // namespace cedar
