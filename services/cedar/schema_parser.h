#ifndef CEDAR_SCHEMA_PARSER_H_
#define CEDAR_SCHEMA_PARSER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "cedar/lexer.h"
#include "cedar/schema_syntax.h"

// The grammar of schemas: https://docs.cedarpolicy.com/schema/human-readable-schema-grammar.html
namespace cedar {

// Recursive descent over one text. Errors go to the diagnostics; after one, parsing resumes behind the next ";".
class SchemaParser {
 public:
  SchemaParser(std::shared_ptr<const SourceText> source, std::vector<Diagnostic>* diagnostics)
      : source_(std::move(source)), reader_(*source_, diagnostics) {}

  SchemaSyntax ParseSchema();

 private:
  using Annotations = std::vector<Annotation>;

  bool ParseNamespace(Annotations annotations, SchemaSyntax* out);
  bool ParseDeclaration(Annotations annotations, NamespaceSyntax* out);
  bool ParseEntity(Annotations annotations, NamespaceSyntax* out);
  // Adds up what declarations of several names take, which share what begins there.
  bool MayWriteOut(const std::vector<NameSyntax>& names, uint32_t shared_begin);
  bool ParseChoices(EntityTypeSyntax* out);
  bool ParseAction(Annotations annotations, NamespaceSyntax* out);
  bool ParseActionParents(ActionSyntax* out);
  bool ParseActionRef(ActionSyntax* out);
  bool ParseAppliesTo(ActionSyntax* out);
  bool ParseContext(TypeSyntax* out);
  bool ParseCommonType(Annotations annotations, NamespaceSyntax* out);
  bool ParseAnnotations(Annotations* out);
  bool ParseType(TypeSyntax* out);
  bool ParseTypeInside(TypeSyntax* out);
  bool ParseRecord(TypeSyntax* out);
  bool ParseField(TypeSyntax* out);
  bool ParseTypeNames(std::vector<NameSyntax>* out);
  bool ParsePath(NameSyntax* out);
  bool ParseIdent(absl::string_view what, NameSyntax* out);
  // An identifier or a string.
  bool ParseName(absl::string_view what, NameSyntax* out);
  // One or more, with commas between.
  bool ParseList(absl::FunctionRef<bool()> parse_one);
  // Up to "}", which may stand behind a last comma.
  bool ParseBraces(absl::FunctionRef<bool()> parse_one);

  std::shared_ptr<const SourceText> source_;
  TokenReader reader_;
  absl::flat_hash_map<std::string, size_t> namespaces_;  // name: index in the schema
  size_t written_out_bytes_ = 0;
};

}  // namespace cedar

#endif  // CEDAR_SCHEMA_PARSER_H_
