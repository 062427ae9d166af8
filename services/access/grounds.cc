#include "access/grounds.h"

#include <algorithm>

#include "absl/strings/numbers.h"

namespace sallyport::access {
namespace {

int32_t PriorityOf(const cedar::Policy& policy) {
  int32_t priority = 0;
  return absl::SimpleAtoi(policy.annotation("priority"), &priority) ? priority : 0;
}

absl::string_view ReasonOf(const cedar::Policy& policy) {
  const absl::string_view named = policy.annotation("reason");
  return named.empty() ? reason::kNoAccessLevel : named;
}

bool Forbidden(const cedar::Response& response) {
  return !response.reasons.empty() && response.reasons.front()->effect() == cedar::Effect::kForbid;
}

// The satisfied forbids, the most important first, and the policies that failed.
void AddForbids(cedar::Response& response, Grounds& grounds) {
  if (Forbidden(response)) {
    std::stable_sort(response.reasons.begin(), response.reasons.end(),
                     [](const auto* a, const auto* b) { return PriorityOf(*a) > PriorityOf(*b); });
    for (const cedar::Policy* policy : response.reasons) grounds.policies.Add(ReasonOf(*policy));
    grounds.policies_firm = true;
  }
  if (response.errors.empty()) return;
  grounds.policies.Add(reason::kPolicyError);
  grounds.policies_firm = true;
}

}  // namespace

Reasons Grounds::InOrder(bool first_of_two) const {
  Reasons all;
  if (granted()) all.Add(first_of_two ? reason::kGrantedFirstOfTwo : reason::kGranted);
  for (const Reasons* reasons : {&before, &policies, &rules, &notes}) {
    for (absl::string_view code : *reasons) all.Add(code);
  }
  return all;
}

cedar::Response AskPolicies(const cedar::PolicySet& policies, const cedar::PolicySet& permits,
                            const cedar::Request& request, const cedar::EntitySource& entities,
                            absl::FunctionRef<const cedar::EntitySource*()> later, Grounds& grounds) {
  const auto permitted = [&](const cedar::EntitySource& source) {
    return cedar::Authorize(permits, request, source).decision == cedar::Decision::kAllow;
  };
  cedar::Response response = cedar::Authorize(policies, request, entities);
  AddForbids(response, grounds);
  if (grounds.exit) return response;
  if (Forbidden(response) ? permitted(entities) : response.decision == cedar::Decision::kAllow) return response;
  const cedar::EntitySource* at_another_hour = later();
  const bool then = at_another_hour != nullptr && permitted(*at_another_hour);
  grounds.policies.Add(then ? reason::kNotPermittedAtThisTime : reason::kNoAccessLevel);
  return response;
}

std::vector<std::string> DeterminingPolicies(const cedar::Response& response) {
  std::vector<std::string> out;
  for (const cedar::Policy* policy : response.reasons) out.emplace_back(policy->id());
  for (const cedar::PolicyError& error : response.errors) out.emplace_back(error.policy->id());
  return out;
}

}  // namespace sallyport::access
