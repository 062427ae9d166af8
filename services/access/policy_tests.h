#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cedar/authorizer.h"
#include "cedar/entity_store.h"
#include "cedar/policy.h"
#include "cedar/schema.h"

// Test cases of policies: given entities and a context, what the policies have to say. policies/tests/README.md
// describes the YAML form.
namespace sallyport::access {

struct PolicyTestResult {
  std::string file;
  int line = 0;
  std::string name;
  std::string difference;  // what came out otherwise than the case says; empty: nothing
};

// The cases of some files, ready to run. Immutable, thread-safe.
class PolicyTests {
 public:
  // Reads files by name; those that end in ".world.yaml" hold what the cases of others share. INVALID_ARGUMENT with
  // "file:line: what is wrong", for what is not of the form, is not valid under the schema, or exceeds a limit.
  static absl::StatusOr<PolicyTests> Read(const std::map<std::string, std::string>& files, const cedar::Schema& schema);

  size_t size() const { return cases_.size(); }

  // Every case, in order. A policy that fails to evaluate is a difference. `policies` is a set without links: the links
  // are those of the cases. Cost: of every case, a decision over the whole set.
  std::vector<PolicyTestResult> Run(const cedar::PolicySet& policies) const;

  // The ids of the policies and templates without which every case comes out the same. Cost: up to that of a Run for
  // each of them.
  std::vector<std::string> Unnoticed(const cedar::PolicySet& policies) const;

 private:
  friend class PolicyTestReader;

  struct Link {
    std::string template_id;
    cedar::Slots slots;
  };
  struct Case {
    std::string file;
    int line = 0;
    std::string name;
    cedar::Request request;
    std::shared_ptr<const cedar::EntityStore> entities;
    std::shared_ptr<const std::vector<Link>> links;
    cedar::Decision decision = cedar::Decision::kDeny;
    std::string reason;                 // "": the case does not say
    std::vector<std::string> policies;  // sorted; a link counts as its template
    bool says_policies = false;
  };

  static std::string Difference(const Case& test, cedar::PolicySet& policies);
  static std::string Compare(const Case& test, const cedar::Response& response);

  std::vector<Case> cases_;
};

}  // namespace sallyport::access
