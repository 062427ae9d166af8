#include "cedar/schema.h"

#include <utility>

#include "cedar/schema_model.h"
#include "cedar/schema_parser.h"

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
  auto syntax = std::make_shared<SchemaSyntax>(SchemaParser(source, &found).ParseSchema());
  internal::SchemaModel model;
  if (found.empty()) model = internal::ResolveSchema(std::move(syntax), &found);
  if (diagnostics) diagnostics->insert(diagnostics->end(), found.begin(), found.end());
  if (absl::Status status = ToStatus(found); !status.ok()) return status;
  return Schema(std::make_unique<const internal::SchemaModel>(std::move(model)));
}

const EntityStore& Schema::actions() const { return model_->action_entities; }

}  // namespace cedar
