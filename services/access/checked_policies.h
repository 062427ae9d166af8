#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/diagnostic.h"
#include "cedar/policy.h"
#include "cedar/schema.h"

// A policy set as its owner writes it, read and checked. What a facility adds to it stands in policies.h.
namespace sallyport::access {

// Named files of Cedar text, one of them the schema.
struct PolicyFiles {
  std::map<std::string, std::string> files;  // "floors.cedar" → text; exactly one name ends in ".cedarschema"
  std::string Hash() const;                  // SHA-256 (hex) over names and texts, in order of names
};

// What the files say, one by one, as far as each of them parses.
struct ParsedPolicies {
  cedar::PolicySet set;
  std::optional<cedar::Schema> schema;
};
// Adds to `problems` what is wrong with the files and with single policies and, as warnings, doubtful; not what needs
// the schema or its absence to be told.
ParsedPolicies ParsePolicies(const PolicyFiles& files, std::vector<cedar::Diagnostic>& problems);

// The template that every entry of every access level is a link of, and how the links' ids begin.
inline constexpr absl::string_view kLevelTemplate = "access-level";
inline constexpr absl::string_view kLevelPrefix = "access-level:";

// A set that parses, and is valid under its own schema. Immutable, shared by everybody, thread-safe.
class CheckedPolicies {
 public:
  // INVALID_ARGUMENT when there is an error; the message renders the first of them, with their places. `problems`,
  // where given, receives everything that is wrong or doubtful, in the order of files and places, also when the set is
  // valid. Errors are: what does not parse, names that the schema does not have, operands of the wrong type, attributes
  // that may be absent and are not guarded, an id that stands twice or belongs to access levels, an annotation that
  // cannot be understood
  // (@priority is an integer, @reason an upper-case word), a template "access-level" without both slots, no schema or
  // two. Warnings are: policies that can never apply, policies without an @id, a set without that template. Cost: that
  // of the texts; no more than cedar's limits allow, which is for a worker's thread and not for the engine's.
  static absl::StatusOr<std::shared_ptr<const CheckedPolicies>> Check(
      const PolicyFiles& files, std::vector<cedar::Diagnostic>* problems = nullptr);

  const std::string& hash() const { return hash_; }
  const PolicyFiles& files() const { return files_; }
  // Without the access levels' policies.
  const cedar::PolicySet& set() const { return set_; }
  const cedar::Schema& schema() const { return schema_; }

 private:
  CheckedPolicies(PolicyFiles files, cedar::PolicySet set, cedar::Schema schema);
  PolicyFiles files_;
  std::string hash_;
  cedar::PolicySet set_;
  cedar::Schema schema_;
};

// INVALID_ARGUMENT with the first errors rendered for people; OK when none of the problems is one.
absl::Status StatusOf(const std::vector<cedar::Diagnostic>& problems);

}  // namespace sallyport::access
