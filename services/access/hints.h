#pragma once

#include <string>
#include <vector>

#include "access/case.h"
#include "access/decision.h"

namespace sallyport::access {

// One hint a reason of the decision, in its order: what was found, with names and local dates, and what to do about it.
std::vector<std::string> HintsFor(const Decision& decision, const State& state, const Case& c);

// What every policy says whose scope matches.
std::vector<Explanation::PolicyVerdict> VerdictsOf(const cedar::PolicySet& policies, const cedar::Request& request,
                                                   const cedar::EntitySource& entities);

}  // namespace sallyport::access
