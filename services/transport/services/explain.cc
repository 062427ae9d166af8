#include <google/protobuf/util/json_util.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "access/credential.h"
#include "access/decision.h"
#include "access/replay.h"
#include "base/status.h"
#include "engine/door_commands.h"
#include "transport/services/api.h"
#include "transport/services/authorize.h"
#include "transport/services/convert.h"
#include "transport/services/decisions.h"
#include "transport/services/methods.h"
#include "transport/services/pages.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::access::v1;

constexpr char kExplain[] = "sallyport.access.v1.AccessService/Explain";

absl::Status SetFacts(const std::string& json, v1::ExplainResponse* out) {
  if (json.empty()) return absl::OkStatus();
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, out->mutable_facts());
  return parsed.ok() ? absl::OkStatus() : absl::InternalError("the facts of a decision are not a JSON object");
}

void SetOutcome(const access::Outcome& outcome, v1::ExplainResponse* out) {
  out->set_decision(outcome.grant ? v1::DECISION_GRANT : v1::DECISION_DENY);
  out->set_reason_code(outcome.reason);
  for (const std::string& also : outcome.also) out->add_also(also);
  for (const std::string& policy : outcome.policies) out->add_determining_policies(policy);
}

void SetReasons(const access::Explanation& explanation, v1::ExplainResponse* out) {
  for (const auto& verdict : explanation.policies) {
    v1::PolicyVerdict* to = out->add_policies();
    to->set_policy_id(verdict.policy);
    to->set_effect(verdict.effect);
    to->set_verdict(verdict.verdict);
    to->set_reason_code(verdict.reason);
    to->set_advice(verdict.advice);
  }
  for (const std::string& hint : explanation.hints) out->add_hints(hint);
}

access::Outcome OutcomeOf(const DecisionEvent& event) {
  return {event.grant, event.reason, event.also, event.policies};
}

// ---- what would be decided

// Whom the answer is about; nobody when that cannot be told.
absl::StatusOr<PersonId> SubjectOf(const engine::State& state, const v1::ExplainRequest& request) {
  const AccessPointId point(request.access_point_id());
  const facility::AccessPoint* door = state.facility.access_points.Find(point);
  switch (request.subject_case()) {
    case v1::ExplainRequest::kPersonId:
      return PersonId(request.person_id());
    case v1::ExplainRequest::kCredentialId: {
      const auto* credential = state.facility.credentials.Find(CredentialId(request.credential_id()));
      return credential == nullptr ? PersonId() : credential->person;
    }
    case v1::ExplainRequest::kCard: {
      SP_ASSIGN_OR_RETURN(const access::CardBits card, CardOf("card", request.card()));
      return door == nullptr ? PersonId() : access::HolderOf(state.facility, *door, card);
    }
    case v1::ExplainRequest::SUBJECT_NOT_SET:
      break;
  }
  return FieldError("subject", "expected person_id, credential_id or card");
}

absl::StatusOr<std::optional<DisclosureEvent>> Asked(const QueryContext& context, const v1::ExplainRequest& request) {
  SP_RETURN_IF_ERROR(CheckId("access_point_id", request.access_point_id()));
  SP_ASSIGN_OR_RETURN(const PersonId person, SubjectOf(context.snapshot.state, request));
  if (!person.empty() && !context.snapshot.state.facility.people.Contains(person)) {
    return WithReason(absl::NotFoundError("person_id: no such person"), "PERSON_NOT_FOUND");
  }
  return DisclosureEvent{kExplain, person, request.access_point_id()};
}

absl::StatusOr<access::ExplainRequest> FromProto(const v1::ExplainRequest& request) {
  access::ExplainRequest out;
  out.presented.access_point = AccessPointId(request.access_point_id());
  if (request.subject_case() == v1::ExplainRequest::kPersonId) out.person = PersonId(request.person_id());
  if (request.subject_case() == v1::ExplainRequest::kCredentialId) {
    out.presented.credential = CredentialId(request.credential_id());
  }
  if (request.subject_case() == v1::ExplainRequest::kCard) {
    SP_ASSIGN_OR_RETURN(out.presented.credential, CardOf("card", request.card()));
  }
  if (request.has_context()) {
    const auto written = google::protobuf::util::MessageToJsonString(request.context(), &out.context_overrides_json);
    if (!written.ok()) return FieldError("context", "is not a JSON object");
  }
  return out;
}

absl::StatusOr<v1::ExplainResponse> Explain(const QueryContext& context, const v1::ExplainRequest& request) {
  SP_ASSIGN_OR_RETURN(const access::ExplainRequest wanted, FromProto(request));
  SP_ASSIGN_OR_RETURN(const absl::Time at, FromTimestamp("at", request.has_at(), request.at(), context.engine.now()));
  SP_ASSIGN_OR_RETURN(const access::Explanation explanation,
                      engine::Explain(context.snapshot, context.engine.keys().digest_key, at, wanted));
  v1::ExplainResponse response;
  SetOutcome(OutcomeOf(explanation.decision.event), &response);
  SetReasons(explanation, &response);
  SP_RETURN_IF_ERROR(SetFacts(explanation.facts_json, &response));
  response.set_policy_set_hash(context.snapshot.policies->hash());
  return response;
}

// ---- what was decided

absl::StatusOr<access::Explanation> ExplainAgain(const engine::Snapshot& snapshot, const StoredDecision& stored) {
  const auto set = FindPolicySet(snapshot, stored.policy_set_hash);
  if (!set.ok()) {
    return absl::DataLossError(absl::StrCat("record ", stored.index, " names the policy set ", stored.policy_set_hash,
                                            ", which is not stored"));
  }
  SP_ASSIGN_OR_RETURN(auto policies, access::CheckedPolicies::Check((*set)->files));
  SP_ASSIGN_OR_RETURN(const access::RecordedDecision recorded, access::RecordedDecision::Read(stored.facts_json));
  SP_ASSIGN_OR_RETURN(access::Explanation explanation, access::Replayer(std::move(policies)).Explain(recorded));
  if (OutcomeOf(explanation.decision.event) != stored.outcome) {
    return absl::DataLossError(
        absl::StrCat("record ", stored.index, " does not follow from its facts and its policies"));
  }
  return explanation;
}

absl::StatusOr<v1::ExplainResponse> ExplainStored(const engine::Snapshot& snapshot, const StoredDecision& stored) {
  v1::ExplainResponse response;
  SetOutcome(stored.outcome, &response);
  response.set_policy_set_hash(stored.policy_set_hash);
  SP_RETURN_IF_ERROR(SetFacts(stored.facts_json, &response));
  access::Explanation reasons;
  reasons.hints = access::RemediesFor(stored.outcome, {});
  if (stored.facts == StoredDecision::Facts::kErased) {
    reasons.hints.push_back("the person's data was erased: what the policies saw is not known any more");
  }
  if (stored.facts == StoredDecision::Facts::kKnown) {
    auto again = ExplainAgain(snapshot, stored);
    const bool missing = ReasonOf(again.status()) == "FACTS_MISSING";
    if (!again.ok() && !missing) return again.status();
    if (missing) reasons.hints.emplace_back(again.status().message());
    if (again.ok()) reasons = *std::move(again);
  }
  SetReasons(reasons, &response);
  return response;
}

using ExplainCall = UnaryCall<v1::ExplainRequest, v1::ExplainResponse>;

// Whom the record is about is known only once it has been read; that it was read is recorded before it is answered.
void ExplainRecord(Methods& methods, std::shared_ptr<ExplainCall> call) {
  const engine::Engine& engine = methods.engine();
  const uint64_t index = call->request().record_index();
  auto stored = ReadDecision(engine, *engine.snapshot(), index);
  if (!stored.ok()) return call->Reply(stored.status());
  DisclosureEvent event{kExplain, stored->person, absl::StrCat("record ", index)};
  const Caller caller = call->caller();
  methods.RecordDisclosure(
      kExplain, caller, std::move(event),
      [&methods, call, decision = std::make_shared<StoredDecision>(*std::move(stored))](absl::Status recorded) {
        if (!recorded.ok()) return call->Reply(recorded);
        methods.workers().Post(
            [&methods, call, decision] { call->Reply(ExplainStored(*methods.engine().snapshot(), *decision)); });
      });
}

}  // namespace

void AddExplain(Methods& methods) {
  methods.router().Unary<v1::ExplainRequest, v1::ExplainResponse>(kExplain, [&methods](ExplainCall call) {
    if (!call.request().has_record_index()) return methods.Disclose(kExplain, Asked, Explain, std::move(call));
    auto shared = std::make_shared<ExplainCall>(std::move(call));
    methods.workers().Post([&methods, shared] { ExplainRecord(methods, shared); });
  });
}

}  // namespace sallyport::transport
