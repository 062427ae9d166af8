#include <utility>

#include "absl/strings/str_cat.h"
#include "access/case.h"
#include "access/hints.h"
#include "base/status.h"

namespace sallyport::access {
namespace {

std::string Text(const cedar::PolicyVerdict& verdict) {
  switch (verdict.verdict) {
    case cedar::Verdict::kSatisfied:
      return "satisfied";
    case cedar::Verdict::kError:
      return absl::StrCat("error: ", verdict.error);
    default:
      return "not satisfied";
  }
}

// A person without a credential stands for one who presents a good one, with the PIN where that is needed.
absl::Status IdentifyPerson(const PersonId& id, Case& c) {
  c.subject.person = c.world.facility.people.Find(id);
  if (c.subject.person == nullptr) {
    return Missing("person_id", absl::StrCat("no person '", id.value(), "'"), "PERSON_NOT_FOUND");
  }
  if (!IsActive(*c.subject.person, c.world.now)) c.Refuse(reason::kPersonInactive);
  c.pin_verified = c.place.access_point->pin_required;
  return absl::OkStatus();
}

}  // namespace

std::vector<Explanation::PolicyVerdict> VerdictsOf(const cedar::PolicySet& policies, const cedar::Request& request,
                                                   const cedar::EntitySource& entities) {
  std::vector<Explanation::PolicyVerdict> out;
  for (const cedar::PolicyVerdict& verdict : cedar::Explain(policies, request, entities)) {
    if (verdict.verdict == cedar::Verdict::kScopeMismatch) continue;
    const cedar::Policy& policy = *verdict.policy;
    out.push_back({std::string(policy.id()), policy.effect() == cedar::Effect::kPermit ? "permit" : "forbid",
                   Text(verdict), std::string(policy.annotation("reason")), std::string(policy.annotation("advice"))});
  }
  return out;
}

absl::StatusOr<Explanation> Explain(const World& world, const ExplainRequest& request, const State& state) {
  SP_ASSIGN_OR_RETURN(const facility::AccessPoint* door,
                      FindAccessPoint(world.facility, request.presented.access_point));
  const Place place = PlaceOf(world.facility, *door);
  State after = state;
  Case c(world, place);
  if (!request.person.empty()) {
    SP_RETURN_IF_ERROR(IdentifyPerson(request.person, c));
  } else {
    c.subject =
        Identify(world.facility, place, request.presented.credential, world.now, world.digest_key, c.grounds.before);
    CheckSecondFactor(request.presented.pin, after, c);
  }
  SP_RETURN_IF_ERROR(Judge(state, request.context_overrides_json, c));
  Explanation out;
  if (c.entities) out.policies = VerdictsOf(world.policies.set(), c.request, *c.entities);
  out.decision = Conclude(request.presented, after, c);
  out.facts_json = out.decision.event.facts;
  out.hints = HintsFor(out.decision, state, c);
  return out;
}

}  // namespace sallyport::access
