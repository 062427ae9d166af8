#include "access/policy_tests.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "access/limits.h"
#include "base/status.h"

namespace sallyport::access {
namespace {

// The code that a decision shows: of the policies that decided, the reason of the one with the highest priority.
std::string ReasonOf(const cedar::Response& response) {
  if (response.decision == cedar::Decision::kAllow) return "GRANTED";
  std::string reason = "NO_ACCESS_LEVEL";
  int highest = -1;
  for (const cedar::Policy* policy : response.reasons) {
    int priority = 0;
    if (!absl::SimpleAtoi(policy->annotation("priority"), &priority)) priority = 0;
    if (priority <= highest) continue;
    highest = priority;
    reason = std::string(policy->annotation("reason"));
  }
  return reason;
}

std::vector<std::string> NamesOf(const cedar::Response& response) {
  std::vector<std::string> names;
  for (const cedar::Policy* policy : response.reasons) {
    names.emplace_back(policy->template_id().empty() ? policy->id() : policy->template_id());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string Shown(std::vector<std::string> names) {
  const size_t more = names.size() - std::min(names.size(), kPoliciesShownMax);
  names.resize(names.size() - more);
  return absl::StrCat("[", absl::StrJoin(names, ", "), more > 0 ? absl::StrCat(" and ", more, " more") : "", "]");
}

const char* Word(cedar::Decision decision) { return decision == cedar::Decision::kAllow ? "allow" : "deny"; }

}  // namespace

std::string PolicyTests::Compare(const Case& test, const cedar::Response& response) {
  std::vector<std::string> out;
  for (size_t i = 0; i < std::min(response.errors.size(), kPoliciesShownMax); ++i) {
    out.push_back(absl::StrCat("policy ", response.errors[i].policy->id(), " failed: ", response.errors[i].message));
  }
  if (response.decision != test.decision) {
    out.push_back(absl::StrCat("expected ", Word(test.decision), ", got ", Word(response.decision)));
  }
  if (const std::string reason = ReasonOf(response); !test.reason.empty() && reason != test.reason) {
    out.push_back(absl::StrCat("expected the reason ", test.reason, ", got ", reason));
  }
  if (const std::vector<std::string> names = NamesOf(response); test.says_policies && names != test.policies) {
    out.push_back(absl::StrCat("expected the policies ", Shown(test.policies), ", got ", Shown(names)));
  }
  return absl::StrJoin(out, "; ");
}

// Leaves `policies` as it was. A template that is not there has no links.
std::string PolicyTests::Difference(const Case& test, cedar::PolicySet& policies) {
  std::vector<std::string> linked;
  std::string difference;
  for (const Link& link : *test.links) {
    if (policies.FindTemplate(link.template_id) == nullptr) continue;
    std::string id = absl::StrCat(link.template_id, " of the case, ", linked.size());
    const absl::Status status = policies.Link(link.template_id, id, link.slots);
    if (status.ok()) {
      linked.push_back(std::move(id));
    } else {
      difference = std::string(status.message());
    }
  }
  if (difference.empty()) difference = Compare(test, cedar::Authorize(policies, test.request, *test.entities));
  for (const std::string& id : linked) SP_CHECK(policies.Remove(id).ok());
  return difference;
}

std::vector<PolicyTestResult> PolicyTests::Run(const cedar::PolicySet& policies) const {
  cedar::PolicySet set = policies;
  std::vector<PolicyTestResult> out;
  out.reserve(cases_.size());
  for (const Case& test : cases_) out.push_back({test.file, test.line, test.name, Difference(test, set)});
  return out;
}

std::vector<std::string> PolicyTests::Unnoticed(const cedar::PolicySet& policies) const {
  std::vector<std::string> ids;
  for (const auto& [id, body] : policies.Templates()) ids.push_back(id);
  for (const cedar::Policy* policy : policies.Policies()) ids.emplace_back(policy->id());
  std::vector<std::string> out;
  for (const std::string& id : ids) {
    cedar::PolicySet without = policies;
    SP_CHECK(without.Remove(id).ok());
    const bool noticed =
        std::any_of(cases_.begin(), cases_.end(), [&](const Case& test) { return !Difference(test, without).empty(); });
    if (!noticed) out.push_back(id);
  }
  return out;
}

}  // namespace sallyport::access
