#include "cedar/schema.h"

#include <utility>

#include "cedar/json.h"
#include "cedar/limits.h"
#include "cedar/schema_json.h"
#include "cedar/schema_model.h"
#include "cedar/schema_parser.h"
#include "cedar/schema_printer.h"

namespace cedar {

Schema::Schema(std::unique_ptr<const internal::SchemaModel> model) : model_(std::move(model)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

absl::StatusOr<Schema> Schema::Parse(absl::string_view text, const ParseOptions& options,
                                     std::vector<Diagnostic>* diagnostics) {
  auto source = std::make_shared<SourceText>();
  source->name = options.file_name;
  source->text = std::string(text);
  std::vector<Diagnostic> found;
  SchemaSyntax syntax = SchemaParser(source, &found).ParseSchema();
  return Resolve(std::move(syntax), std::move(found), diagnostics);
}

absl::StatusOr<Schema> Schema::ParseJson(absl::string_view text, std::vector<Diagnostic>* diagnostics) {
  absl::StatusOr<Json> json = cedar::ParseJson(text, kPolicyJsonDepthMax);
  absl::StatusOr<SchemaSyntax> syntax = json.ok() ? internal::SchemaSyntaxFromJson(*json) : json.status();
  std::vector<Diagnostic> found;
  if (!syntax.ok()) {
    found.emplace_back().message = std::string(syntax.status().message());
    return Resolve({}, std::move(found), diagnostics);
  }
  return Resolve(*std::move(syntax), {}, diagnostics);
}

absl::StatusOr<Schema> Schema::Resolve(SchemaSyntax syntax, std::vector<Diagnostic> found,
                                       std::vector<Diagnostic>* diagnostics) {
  internal::SchemaModel model;
  if (found.empty()) model = internal::ResolveSchema(std::make_shared<SchemaSyntax>(std::move(syntax)), &found);
  if (diagnostics) diagnostics->insert(diagnostics->end(), found.begin(), found.end());
  if (absl::Status status = ToStatus(found); !status.ok()) return status;
  return Schema(std::make_unique<const internal::SchemaModel>(std::move(model)));
}

absl::StatusOr<std::string> Schema::ToText() const { return internal::SchemaSyntaxToText(*model_->syntax); }

std::string Schema::ToJson() const { return internal::SchemaSyntaxToJson(*model_->syntax).ToString(true); }

const EntityStore& Schema::actions() const { return model_->action_entities; }

}  // namespace cedar
