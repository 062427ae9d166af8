#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "access/decision.h"
#include "access/policies.h"
#include "access/recorded.h"

// Recorded decisions, decided again under the set that was in force, or under another.
namespace sallyport::access {

// The part of a decision that policies have a say in; as in DecisionEvent.
struct Outcome {
  bool grant = false;
  std::string reason;
  std::vector<std::string> also;
  std::vector<std::string> policies;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Decides under one set. The links of a decision are those that were recorded with it, so that neither the facility nor
// the people of today matter. What the rules outside the policies found stays as it was; a read that was refused then
// and is granted now counts as the first of two where two are needed. Not thread-safe.
class Replayer {
 public:
  explicit Replayer(std::shared_ptr<const CheckedPolicies> policies);

  // FAILED_PRECONDITION (FACTS_MISSING) when the policies ask about an entity of which the record says nothing: what
  // they would have said is not known. Under the set that was in force that never happens, but to policies that ask
  // about other people by name. Cost: some microseconds.
  absl::StatusOr<Outcome> Decide(const RecordedDecision& decision);

  // The same, with what every policy said whose scope matches. `facts_json` is not set.
  absl::StatusOr<Explanation> Explain(const RecordedDecision& decision);

 private:
  class Linked;
  std::shared_ptr<const CheckedPolicies> checked_;
  cedar::PolicySet set_;
  cedar::PolicySet permits_;
};

// What would have to change, of a decision of the past: for each code what to do about it, by the policies' own advice
// or by this room's.
std::vector<std::string> RemediesFor(const Outcome& outcome, const std::vector<Explanation::PolicyVerdict>& policies);

}  // namespace sallyport::access
