#include "access/replay.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "access/hints.h"
#include "base/status.h"

namespace sallyport::access {
namespace {

Outcome OutcomeOf(const RecordedDecision& decision, const Grounds& grounds, const cedar::Response& response) {
  Outcome out;
  out.grant = grounds.granted();
  const bool in_pairs = out.grant && !grounds.exit && !grounds.unlocked && decision.two_person();
  const Reasons all = grounds.InOrder(in_pairs && !decision.second_of_two());
  out.reason = std::string(*all.begin());
  for (auto also = std::next(all.begin()); also != all.end(); ++also) out.also.emplace_back(*also);
  out.policies = DeterminingPolicies(response);
  return out;
}

absl::Status FactsMissing(const cedar::EntityUid& entity) {
  return WithReason(absl::FailedPreconditionError(absl::StrCat("the policies ask about ", entity.ToString(),
                                                               ", of which the record says nothing")),
                    "FACTS_MISSING");
}

}  // namespace

// Links a decision's entries of access levels into both sets, for as long as it lives.
class Replayer::Linked {
 public:
  Linked(const RecordedDecision& decision, Replayer& replayer) : replayer_(replayer) {
    const auto level_template = replayer.set_.FindTemplate(kLevelTemplate);
    if (level_template == nullptr) return;
    const bool permit = level_template->effect == cedar::Effect::kPermit;
    for (const LevelLink& link : decision.links()) {
      if (!replayer_.set_.Link(kLevelTemplate, link.id, link.slots).ok()) continue;  // recorded twice
      ids_.push_back(link.id);
      if (permit) SP_CHECK(replayer_.permits_.Link(kLevelTemplate, link.id, link.slots).ok());
    }
    permits_linked_ = permit;
  }
  ~Linked() {
    for (const std::string& id : ids_) {
      SP_CHECK(replayer_.set_.Remove(id).ok());
      if (permits_linked_) SP_CHECK(replayer_.permits_.Remove(id).ok());
    }
  }
  Linked(const Linked&) = delete;
  Linked& operator=(const Linked&) = delete;

 private:
  Replayer& replayer_;
  std::vector<std::string> ids_;
  bool permits_linked_ = false;
};

Replayer::Replayer(std::shared_ptr<const CheckedPolicies> policies)
    : checked_(std::move(policies)), set_(checked_->set()), permits_(PermitsOf(set_)) {}

absl::StatusOr<Outcome> Replayer::Decide(const RecordedDecision& decision) {
  const Linked linked(decision, *this);
  const cedar::EntitySource& actions = checked_->schema().actions();
  const RecordedEntities entities(decision, actions);
  std::optional<RecordedEntities> later;
  const auto at_another_hour = [&]() -> const cedar::EntitySource* {
    if (!decision.has_later_levels()) return nullptr;
    return &later.emplace(decision, actions, RecordedEntities::Schedules::kAssumeActive);
  };
  Grounds grounds = decision.grounds();
  const cedar::Response response = AskPolicies(set_, permits_, decision.request(), entities, at_another_hour, grounds);
  if (!entities.missing().is_null()) return FactsMissing(entities.missing());
  if (later && !later->missing().is_null()) return FactsMissing(later->missing());
  return OutcomeOf(decision, grounds, response);
}

absl::StatusOr<Explanation> Replayer::Explain(const RecordedDecision& decision) {
  SP_ASSIGN_OR_RETURN(Outcome outcome, Decide(decision));
  const Linked linked(decision, *this);
  const RecordedEntities entities(decision, checked_->schema().actions());
  Explanation out;
  out.policies = VerdictsOf(set_, decision.request(), entities);
  out.hints = RemediesFor(outcome, out.policies);
  DecisionEvent& event = out.decision.event;
  event.grant = outcome.grant;
  event.reason = std::move(outcome.reason);
  event.also = std::move(outcome.also);
  event.policies = std::move(outcome.policies);
  return out;
}

std::vector<std::string> RemediesFor(const Outcome& outcome, const std::vector<Explanation::PolicyVerdict>& policies) {
  std::vector<std::string> codes = {outcome.reason};
  codes.insert(codes.end(), outcome.also.begin(), outcome.also.end());
  std::vector<std::string> out;
  for (const std::string& code : codes) {
    const auto said = std::find_if(policies.begin(), policies.end(), [&](const auto& policy) {
      return policy.reason == code && policy.verdict == "satisfied" && !policy.advice.empty();
    });
    const absl::string_view advice = said != policies.end() ? absl::string_view(said->advice) : RemedyFor(code);
    if (!advice.empty()) out.push_back(absl::StrCat(code, ": ", advice));
  }
  return out;
}

}  // namespace sallyport::access
