#pragma once

#include <vector>

#include "absl/functional/function_ref.h"
#include "access/reasons.h"
#include "cedar/authorizer.h"
#include "cedar/entity_source.h"

// What speaks against a grant, and the outcome that follows from it: the same for a read at a door and for a recorded
// one that is decided again.
namespace sallyport::access {

struct Grounds {
  bool exit = false;      // never refused
  bool unlocked = false;  // open for everybody: only firm reasons hold

  // In the order in which they are shown.
  Reasons before;    // credential, person, PIN, door mode: known before the policies are asked
  Reasons policies;  // the satisfied forbids, policies that failed, the levels
  Reasons rules;     // who is where

  bool before_firm = false;
  bool policies_firm = false;
  Reasons notes;  // what the record keeps beside the reason

  bool refused() const { return !before.empty() || !policies.empty() || !rules.empty(); }
  bool granted() const { return exit || !refused() || (unlocked && !before_firm && !policies_firm); }
  // The reason of the outcome first, then what else the record keeps. `first_of_two`: the grant waits for a second.
  Reasons InOrder(bool first_of_two) const;
};

// Asks the policies, and adds what they say to `grounds`. `permits` are those of `policies`. `later` gives the entities
// as they would be while every schedule is active, or null where that makes no difference; it is called at most once.
// The answer's forbids are in the order in which their reasons are shown.
cedar::Response AskPolicies(const cedar::PolicySet& policies, const cedar::PolicySet& permits,
                            const cedar::Request& request, const cedar::EntitySource& entities,
                            absl::FunctionRef<const cedar::EntitySource*()> later, Grounds& grounds);

// The ids of the policies that decided or failed, as the record has them.
std::vector<std::string> DeterminingPolicies(const cedar::Response& response);

}  // namespace sallyport::access
