#ifndef CEDAR_SCHEMA_SYNTAX_H_
#define CEDAR_SCHEMA_SYNTAX_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cedar/diagnostic.h"
#include "cedar/policy.h"

// A schema as it was written, with names that nobody has looked up yet. Both formats, Cedar's own and JSON, become
// this, and both can be printed from it.
namespace cedar {

struct NameSyntax {
  std::string text;  // `User` or `Facility::User`
  SourceSpan span;
};

struct FieldSyntax;

struct TypeSyntax {
  enum class Kind : uint8_t {
    kName,        // a common type, an entity type or a type of the language
    kEntityName,  // an entity type; only JSON can say so
    kCommonName,  // a common type; only JSON can say so
    kSet,
    kRecord,
  };
  Kind kind = Kind::kName;
  NameSyntax name;
  std::vector<TypeSyntax> element;  // kSet: exactly one
  std::vector<FieldSyntax> fields;  // kRecord
  SourceSpan span;
};

struct FieldSyntax {
  std::vector<Annotation> annotations;
  NameSyntax name;
  bool required = true;
  TypeSyntax type;
};

struct EntityTypeSyntax {
  std::vector<Annotation> annotations;
  NameSyntax name;
  std::vector<NameSyntax> parents;
  std::optional<TypeSyntax> shape;
  std::optional<TypeSyntax> tags;
  std::vector<NameSyntax> choices;  // of an enumerated type; empty for all others
};

struct ActionRefSyntax {
  std::optional<NameSyntax> type;  // absent: the namespace's own Action
  NameSyntax id;
};

struct ActionSyntax {
  std::vector<Annotation> annotations;
  NameSyntax name;
  std::vector<ActionRefSyntax> parents;
  bool applies = false;  // whether there is an appliesTo at all
  std::vector<NameSyntax> principals;
  std::vector<NameSyntax> resources;
  std::optional<TypeSyntax> context;
};

struct CommonTypeSyntax {
  std::vector<Annotation> annotations;
  NameSyntax name;
  TypeSyntax type;
};

struct NamespaceSyntax {
  std::vector<Annotation> annotations;
  NameSyntax name;  // "" for what stands in none
  std::vector<EntityTypeSyntax> entity_types;
  std::vector<ActionSyntax> actions;
  std::vector<CommonTypeSyntax> common_types;
};

struct SchemaSyntax {
  std::vector<NamespaceSyntax> namespaces;  // each name once
  std::shared_ptr<const SourceText> source;
};

}  // namespace cedar

#endif  // CEDAR_SCHEMA_SYNTAX_H_
