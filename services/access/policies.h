#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "facility/model.h"

namespace cedar {
class EntitySource;
class PolicySet;
class Schema;
}  // namespace cedar

namespace sallyport::access {

class EntityNames;  // entities.h

// A policy set as a facility owns it: named files of Cedar text, one of them the schema.
struct PolicyFiles {
  std::map<std::string, std::string> files;  // "floors.cedar" → text; exactly one name ends in ".cedarschema"
  std::string Hash() const;                  // SHA-256 (hex) over names and texts, in order of names
};

// Compiled once, shared by everybody, never changed. Thread-safe.
class Policies {
 public:
  // Parses the files, checks the policies against the schema, links the access levels' template for every level of the
  // facility, builds the index. INVALID_ARGUMENT names file, line and column: of what does not parse, of a name that
  // the schema does not have, of an operand of the wrong type, of an id that is taken, of an annotation that cannot be
  // understood (@priority is an integer, @reason an upper-case word).
  static absl::StatusOr<std::shared_ptr<const Policies>> Compile(const PolicyFiles& files,
                                                                 const facility::State& facility);
  ~Policies();

  const std::string& hash() const { return hash_; }
  const cedar::PolicySet& set() const { return *set_; }
  // The permits among them: what would be open if nothing forbade it.
  const cedar::PolicySet& permits() const { return *permits_; }
  // The schema's actions as entities: which method belongs to which duty. For operators::Authorize.
  const cedar::EntitySource& actions() const { return *actions_; }
  // The facility's entities by name, made once.
  const EntityNames& names() const { return *names_; }

 private:
  Policies();
  std::string hash_;
  std::unique_ptr<const cedar::PolicySet> set_;
  std::unique_ptr<const cedar::PolicySet> permits_;
  std::unique_ptr<const cedar::Schema> schema_;
  const cedar::EntitySource* actions_ = nullptr;  // the schema's
  std::unique_ptr<const EntityNames> names_;
};

}  // namespace sallyport::access
