#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "access/decision.h"
#include "access/place.h"
#include "base/status.h"
#include "engine/door_commands.h"
#include "transport/services/api.h"
#include "transport/services/authorize.h"
#include "transport/services/convert.h"
#include "transport/services/methods.h"
#include "transport/services/pages.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::access::v1;

// ---- Explain

DisclosureEvent Disclosed(const std::string& method, const PersonId& person, std::string query) {
  return {method, person, std::move(query)};
}

PersonId SubjectOf(const engine::State& state, const v1::ExplainRequest& request) {
  if (!request.person_id().empty()) return PersonId(request.person_id());
  const auto* credential = state.facility.credentials.Find(CredentialId(request.credential_id()));
  return credential == nullptr ? PersonId() : credential->person;
}

absl::StatusOr<std::optional<DisclosureEvent>> ExplainAsked(const QueryContext& context,
                                                            const v1::ExplainRequest& request) {
  PersonId person;
  if (!request.has_record_index()) {
    SP_RETURN_IF_ERROR(CheckId("access_point_id", request.access_point_id()));
    if (request.subject_case() == v1::ExplainRequest::SUBJECT_NOT_SET) {
      return FieldError("subject", "expected person_id, credential_id or card");
    }
    person = SubjectOf(context.snapshot.state, request);
    if (!person.empty() && !context.snapshot.state.facility.people.Contains(person)) {
      return WithReason(absl::NotFoundError("person_id: no such person"), "PERSON_NOT_FOUND");
    }
  }
  return Disclosed(
      "sallyport.access.v1.AccessService/Explain", person,
      request.has_record_index() ? absl::StrCat("record ", request.record_index()) : request.access_point_id());
}

absl::Status ToProto(const access::Explanation& explanation, v1::ExplainResponse* out) {
  const DecisionEvent& event = explanation.decision.event;
  out->set_decision(event.grant ? v1::DECISION_GRANT : v1::DECISION_DENY);
  out->set_reason_code(event.reason);
  for (const std::string& also : event.also) out->add_also(also);
  for (const std::string& policy : event.policies) out->add_determining_policies(policy);
  for (const auto& verdict : explanation.policies) {
    v1::PolicyVerdict* to = out->add_policies();
    to->set_policy_id(verdict.policy);
    to->set_effect(verdict.effect);
    to->set_verdict(verdict.verdict);
    to->set_reason_code(verdict.reason);
    to->set_advice(verdict.advice);
  }
  for (const std::string& hint : explanation.hints) out->add_hints(hint);
  if (explanation.facts_json.empty()) return absl::OkStatus();
  const auto parsed = google::protobuf::util::JsonStringToMessage(explanation.facts_json, out->mutable_facts());
  return parsed.ok() ? absl::OkStatus() : absl::InternalError("the facts of a decision are not a JSON object");
}

absl::StatusOr<v1::ExplainResponse> Explain(const QueryContext& context, const v1::ExplainRequest& request) {
  if (request.has_record_index()) {
    return absl::UnimplementedError("explaining recorded decisions is not available yet");
  }
  access::ExplainRequest wanted;
  wanted.presented.access_point = AccessPointId(request.access_point_id());
  if (request.subject_case() == v1::ExplainRequest::kPersonId) wanted.person = PersonId(request.person_id());
  if (request.subject_case() == v1::ExplainRequest::kCredentialId) {
    wanted.presented.credential = CredentialId(request.credential_id());
  }
  if (request.subject_case() == v1::ExplainRequest::kCard) {
    SP_ASSIGN_OR_RETURN(wanted.presented.credential, CardOf("card", request.card()));
  }
  if (request.has_context()) {
    const auto written = google::protobuf::util::MessageToJsonString(request.context(), &wanted.context_overrides_json);
    if (!written.ok()) return FieldError("context", "is not a JSON object");
  }
  SP_ASSIGN_OR_RETURN(const absl::Time at, FromTimestamp("at", request.has_at(), request.at(), context.engine.now()));
  SP_ASSIGN_OR_RETURN(const access::Explanation explanation,
                      engine::Explain(context.snapshot, context.engine.keys().digest_key, at, wanted));
  v1::ExplainResponse response;
  SP_RETURN_IF_ERROR(ToProto(explanation, &response));
  response.set_policy_set_hash(context.snapshot.policies->hash());
  return response;
}

// ---- ListPresence

absl::StatusOr<std::optional<DisclosureEvent>> PresenceAsked(const QueryContext& context,
                                                             const v1::ListPresenceRequest& request) {
  SP_RETURN_IF_ERROR(PageSize(request.page_size()).status());
  if (!request.area_id().empty() && !context.snapshot.state.facility.areas.Contains(AreaId(request.area_id()))) {
    return WithReason(absl::NotFoundError(absl::StrCat("area_id: no area '", request.area_id(), "'")),
                      "AREA_NOT_FOUND");
  }
  return Disclosed("sallyport.access.v1.AccessService/ListPresence", PersonId(), request.area_id());
}

absl::StatusOr<v1::ListPresenceResponse> ListPresence(const QueryContext& context,
                                                      const v1::ListPresenceRequest& request) {
  SP_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const engine::State& state = context.snapshot.state;
  const AreaId area(request.area_id());
  std::vector<std::pair<PersonId, const access::Presence*>> found;
  state.access.presence.ForEach([&](const PersonId& person, const access::Presence& presence) {
    if (person.value() <= request.page_token() && !request.page_token().empty()) return;
    if (!area.empty() && !access::IsWithin(state.facility, presence.area, area)) return;
    found.emplace_back(person, &presence);
  });
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  v1::ListPresenceResponse response;
  for (size_t i = 0; i < std::min(page_size, found.size()); ++i) {
    v1::Presence* to = response.add_presence();
    to->set_person_id(found[i].first.value());
    if (const auto* person = state.facility.people.Find(found[i].first)) to->set_person_name(person->name);
    to->set_area_id(found[i].second->area.value());
    SetTime(found[i].second->since, to, &v1::Presence::mutable_since);
    to->set_access_point_id(found[i].second->by.value());
  }
  if (found.size() > page_size) response.set_next_page_token(found[page_size - 1].first.value());
  state.access.occupancy.ForEach([&](const AreaId& id, int32_t people) {
    if (area.empty() || access::IsWithin(state.facility, id, area))
      (*response.mutable_occupancy())[id.value()] = people;
  });
  return response;
}

}  // namespace

void AddAccessService(Methods& methods) {
  AddAuthorize(methods);
  AddAuthorizeStream(methods);
  methods.Disclosure("sallyport.access.v1.AccessService/Explain", ExplainAsked, Explain);
  methods.Disclosure("sallyport.access.v1.AccessService/ListPresence", PresenceAsked, ListPresence);
}

}  // namespace sallyport::transport
