#ifndef CEDAR_SCHEMA_H_
#define CEDAR_SCHEMA_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/diagnostic.h"
#include "cedar/entity_store.h"
#include "cedar/policy.h"

// https://docs.cedarpolicy.com/schema/human-readable-schema.html and
// https://docs.cedarpolicy.com/schema/json-schema.html
namespace cedar {

struct SchemaSyntax;
namespace internal {
struct SchemaModel;
}

// A schema: which entity types, actions and contexts exist. Immutable once parsed; safe from any thread.
class Schema {
 public:
  // Parses Cedar's schema syntax. On failure the status says everything that is wrong, with places; `diagnostics`,
  // where given, receives the same piece by piece.
  static absl::StatusOr<Schema> Parse(absl::string_view text, const ParseOptions& options = {},
                                      std::vector<Diagnostic>* diagnostics = nullptr);

  // The same for the JSON form. Places are paths into the JSON.
  static absl::StatusOr<Schema> ParseJson(absl::string_view text, std::vector<Diagnostic>* diagnostics = nullptr);

  // The schema in either form, with its annotations, without comments; parsing that gives the same schema. Few things
  // that JSON can say have no text: InvalidArgument then.
  absl::StatusOr<std::string> ToText() const;
  std::string ToJson() const;

  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  // The actions as entities, in the groups that `in` puts them in.
  const EntityStore& actions() const;

  const internal::SchemaModel& model() const { return *model_; }

 private:
  explicit Schema(std::unique_ptr<const internal::SchemaModel> model);
  static absl::StatusOr<Schema> Resolve(SchemaSyntax syntax, std::vector<Diagnostic> found,
                                        std::vector<Diagnostic>* diagnostics);
  std::unique_ptr<const internal::SchemaModel> model_;
};

}  // namespace cedar

#endif  // CEDAR_SCHEMA_H_
