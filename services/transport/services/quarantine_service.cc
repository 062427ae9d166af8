#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "engine/door_commands.h"
#include "quarantine/names.h"
#include "quarantine/workflow.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/methods.h"
#include "transport/services/pages.h"
#include "transport/services/watch.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::quarantine::v1;
namespace q = ::sallyport::quarantine;

#define SP_QUARANTINE "sallyport.quarantine.v1.QuarantineService/"

// The API writes the domain's names in lower case: "phone", "id_card".
template <class Enum>
absl::StatusOr<Enum> NameOf(absl::string_view field, const std::string& text) {
  const std::optional<Enum> found = q::Parse<Enum>(absl::AsciiStrToUpper(text));
  if (!found) return FieldError(field, absl::StrCat("'", text, "' is not one of its values"));
  return *found;
}

// A step on one visit: the answer is the visit after it.
template <class Response>
absl::StatusOr<Response> AfterStep(engine::Transaction& transaction, const std::string& visit_id,
                                   const absl::Status& status, Response response = {}) {
  SP_RETURN_IF_ERROR(status);
  const q::State& state = transaction.state().quarantine;
  ToProto(state, *state.visits.Find(VisitId(visit_id)), response.mutable_visit());
  return response;
}

// ---- creating and listing

absl::StatusOr<q::CreateVisitRequest> CreateOf(const v1::Visit& visit) {
  q::CreateVisitRequest out;
  if (!visit.id().empty()) SP_RETURN_IF_ERROR(CheckId("visit.id", visit.id()));
  out.id = VisitId(visit.id());
  out.area = AreaId(visit.interview_area_id());
  out.host = PersonId(visit.host_id());
  if (!visit.has_start()) return FieldError("visit.start", "is required");
  if (!visit.has_end()) return FieldError("visit.end", "is required");
  SP_ASSIGN_OR_RETURN(out.start, FromTimestamp("visit.start", true, visit.start(), absl::InfinitePast()));
  SP_ASSIGN_OR_RETURN(out.end, FromTimestamp("visit.end", true, visit.end(), absl::InfinitePast()));
  for (int i = 0; i < visit.participants_size(); ++i) {
    const v1::Participant& participant = visit.participants(i);
    if (!v1::ParticipantRole_IsValid(participant.role())) {
      return FieldError(absl::StrCat("visit.participants[", i, "].role"), "is not a role");
    }
    const bool interviewer = participant.role() == v1::PARTICIPANT_ROLE_INTERVIEWER;
    out.participants.push_back(
        {PersonId(participant.person_id()), interviewer ? q::Role::kInterviewer : q::Role::kCandidate});
  }
  return out;
}

absl::StatusOr<v1::CreateVisitResponse> CreateVisit(engine::Transaction& transaction,
                                                    const v1::CreateVisitRequest& request) {
  SP_ASSIGN_OR_RETURN(const q::CreateVisitRequest wanted, CreateOf(request.visit()));
  const auto id = engine::RunStep(
      transaction, [&](const q::Context& context, q::State& state) { return q::CreateVisit(context, state, wanted); });
  if (!id.ok()) return id.status();
  return AfterStep<v1::CreateVisitResponse>(transaction, id->value(), absl::OkStatus());
}

absl::StatusOr<std::optional<DisclosureEvent>> GetAsked(const QueryContext& context,
                                                        const v1::GetVisitRequest& request) {
  if (!context.snapshot.state.quarantine.visits.Contains(VisitId(request.visit_id()))) {
    return WithReason(absl::NotFoundError("visit_id: no such visit"), q::kVisitNotFound);
  }
  return DisclosureEvent{SP_QUARANTINE "GetVisit", PersonId(), request.visit_id()};
}

absl::StatusOr<v1::GetVisitResponse> GetVisit(const QueryContext& context, const v1::GetVisitRequest& request) {
  const q::State& state = context.snapshot.state.quarantine;
  const q::Visit* visit = state.visits.Find(VisitId(request.visit_id()));
  if (visit == nullptr) return WithReason(absl::NotFoundError("visit_id: no such visit"), q::kVisitNotFound);
  v1::GetVisitResponse response;
  ToProto(state, *visit, response.mutable_visit());
  return response;
}

absl::StatusOr<std::optional<DisclosureEvent>> ListAsked(const QueryContext&, const v1::ListVisitsRequest& request) {
  SP_RETURN_IF_ERROR(PageSize(request.page_size()).status());
  if (!v1::VisitState_IsValid(request.state())) return FieldError("state", "is not a state of a visit");
  return DisclosureEvent{SP_QUARANTINE "ListVisits", PersonId(),
                         request.state() == 0 ? "" : absl::StrCat("state=", v1::VisitState_Name(request.state()))};
}

absl::StatusOr<v1::ListVisitsResponse> ListVisits(const QueryContext& context, const v1::ListVisitsRequest& request) {
  const q::State& state = context.snapshot.state.quarantine;
  v1::ListVisitsResponse response;
  SP_ASSIGN_OR_RETURN(
      const auto page, PageOf(state.visits, request.page_size(), request.page_token(), [&](const q::Visit& visit) {
        return request.state() == v1::VISIT_STATE_UNSPECIFIED || static_cast<int>(visit.state) + 1 == request.state();
      }));
  for (const q::Visit* visit : page.items) ToProto(state, *visit, response.add_visits());
  response.set_next_page_token(page.next);
  return response;
}

// ---- arriving

absl::StatusOr<q::Identity> IdentityOf(const std::string& kind, const std::string& last4, const std::string& badge) {
  q::Identity out;
  if (!kind.empty()) {
    SP_ASSIGN_OR_RETURN(out.document, NameOf<q::DocumentKind>("document_kind", kind));
  } else if (!badge.empty()) {
    out.document = q::DocumentKind::kBadge;
  }
  out.last4 = last4;
  out.badge = CredentialId(badge);
  return out;
}

absl::StatusOr<v1::CheckInParticipantResponse> CheckIn(engine::Transaction& transaction,
                                                       const v1::CheckInParticipantRequest& request) {
  q::CheckInRequest wanted{
      VisitId(request.visit_id()), PersonId(request.person_id()), {}, CredentialId(request.visitor_badge_id())};
  SP_ASSIGN_OR_RETURN(wanted.identity,
                      IdentityOf(request.document_kind(), request.document_last4(), request.badge_id()));
  return AfterStep<v1::CheckInParticipantResponse>(
      transaction, request.visit_id(), engine::RunStep(transaction, [&](const q::Context& context, q::State& state) {
        return q::CheckInParticipant(context, state, wanted);
      }));
}

absl::StatusOr<v1::DeclareDevicesResponse> Declare(engine::Transaction& transaction,
                                                   const v1::DeclareDevicesRequest& request) {
  q::DeclareRequest wanted;
  wanted.visit = VisitId(request.visit_id());
  wanted.person = PersonId(request.person_id());
  wanted.none = request.none();
  if (!request.confirmed_by().empty()) {
    SP_ASSIGN_OR_RETURN(wanted.confirmed, NameOf<q::Confirmation>("confirmed_by", request.confirmed_by()));
  }
  for (int i = 0; i < request.devices_size(); ++i) {
    const v1::Device& device = request.devices(i);
    const std::string field = absl::StrCat("devices[", i, "]");
    if (!device.id().empty()) SP_RETURN_IF_ERROR(CheckId(absl::StrCat(field, ".id"), device.id()));
    SP_ASSIGN_OR_RETURN(const q::DeviceKind kind, NameOf<q::DeviceKind>(absl::StrCat(field, ".kind"), device.kind()));
    wanted.devices.push_back({DeviceId(device.id()), kind, device.description(), device.condition()});
  }
  const auto result = engine::RunStep(transaction, [&](const q::Context& context, q::State& state) {
    return q::DeclareDevices(context, state, wanted);
  });
  return AfterStep<v1::DeclareDevicesResponse>(transaction, request.visit_id(), result.status());
}

absl::StatusOr<v1::RecordScreeningResponse> Screen(engine::Transaction& transaction,
                                                   const v1::RecordScreeningRequest& request) {
  q::ScreeningRequest wanted;
  wanted.visit = VisitId(request.visit_id());
  wanted.person = PersonId(request.person_id());
  SP_ASSIGN_OR_RETURN(wanted.method, NameOf<q::ScreeningMethod>("method", request.method()));
  if (request.passed() && request.refused())
    return FieldError("refused", "somebody who would not be screened did not pass");
  wanted.result = request.passed()    ? q::ScreeningResult::kPassed
                  : request.refused() ? q::ScreeningResult::kRefused
                                      : q::ScreeningResult::kFound;
  wanted.note = request.finding();
  const auto result = engine::RunStep(transaction, [&](const q::Context& context, q::State& state) {
    return q::RecordScreening(context, state, wanted);
  });
  return AfterStep<v1::RecordScreeningResponse>(transaction, request.visit_id(), result.status());
}

// ---- custody

absl::StatusOr<v1::SealDeviceResponse> Seal(engine::Transaction& transaction, const v1::SealDeviceRequest& request) {
  const q::SealRequest wanted{VisitId(request.visit_id()),
                              DeviceId(request.device_id()),
                              LockerId(request.locker_id()),
                              request.slot(),
                              request.seal(),
                              request.condition(),
                              {request.photo_digests().begin(), request.photo_digests().end()},
                              request.participant_acknowledged()};
  return AfterStep<v1::SealDeviceResponse>(
      transaction, request.visit_id(), engine::RunStep(transaction, [&](const q::Context& context, q::State& state) {
        return q::SealDevice(context, state, wanted);
      }));
}

std::string InWords(const q::ProbeOutcome& outcome) {
  std::vector<std::string> parts;
  for (const auto& failure : outcome.failures) {
    parts.push_back(
        absl::StrFormat("%s: %.1f dB, required %.1f dB", failure.band, failure.attenuation_db, failure.required_db));
  }
  if (outcome.slot_out_of_service) parts.push_back("the slot is out of service");
  if (!outcome.suggested_slot.empty()) parts.push_back(absl::StrCat("try slot ", outcome.suggested_slot));
  return absl::StrJoin(parts, "; ");
}

absl::StatusOr<v1::RecordProbeResponse> Probe(engine::Transaction& transaction, const v1::RecordProbeRequest& request) {
  q::ProbeRequest wanted;
  wanted.visit = VisitId(request.visit_id());
  wanted.device = DeviceId(request.device_id());
  for (const v1::BandReading& reading : request.readings())
    wanted.readings.push_back({reading.band(), reading.attenuation_db()});
  if (request.has_reachable()) wanted.reachable = request.reachable();
  wanted.instrument = request.instrument_id();
  const auto result = engine::RunStep(
      transaction, [&](const q::Context& context, q::State& state) { return q::RecordProbe(context, state, wanted); });
  if (!result.ok()) return result.status();
  v1::RecordProbeResponse response;
  response.set_passed(result->passed);
  response.set_detail(InWords(*result));
  return AfterStep(transaction, request.visit_id(), absl::OkStatus(), std::move(response));
}

// ---- the interview

absl::StatusOr<v1::ClearParticipantResponse> Clear(engine::Transaction& transaction,
                                                   const v1::ClearParticipantRequest& request) {
  const q::ClearRequest wanted{VisitId(request.visit_id()), PersonId(request.person_id()), request.nda_signed()};
  return AfterStep<v1::ClearParticipantResponse>(
      transaction, request.visit_id(), engine::RunStep(transaction, [&](const q::Context& context, q::State& state) {
        return q::ClearParticipant(context, state, wanted);
      }));
}

absl::StatusOr<v1::StartInterviewResponse> Start(engine::Transaction& transaction,
                                                 const v1::StartInterviewRequest& request) {
  const q::StartRequest wanted{VisitId(request.visit_id()), CredentialId(request.host_badge_id())};
  return AfterStep<v1::StartInterviewResponse>(
      transaction, request.visit_id(), engine::RunStep(transaction, [&](const q::Context& context, q::State& state) {
        return q::StartInterview(context, state, wanted);
      }));
}

absl::StatusOr<v1::EndInterviewResponse> End(engine::Transaction& transaction, const v1::EndInterviewRequest& request) {
  const q::EndRequest wanted{VisitId(request.visit_id())};
  return AfterStep<v1::EndInterviewResponse>(
      transaction, request.visit_id(), engine::RunStep(transaction, [&](const q::Context& context, q::State& state) {
        return q::EndInterview(context, state, wanted);
      }));
}

// ---- leaving

absl::StatusOr<v1::ReleaseDeviceResponse> Release(engine::Transaction& transaction,
                                                  const v1::ReleaseDeviceRequest& request) {
  q::ReleaseRequest wanted;
  wanted.visit = VisitId(request.visit_id());
  wanted.device = DeviceId(request.device_id());
  wanted.person = PersonId(request.person_id());
  SP_ASSIGN_OR_RETURN(wanted.presented,
                      IdentityOf(request.document_kind(), request.document_last4(), request.badge_id()));
  wanted.seal = request.seal();
  wanted.seal_intact = request.seal_intact();
  wanted.locker = LockerId(request.locker_id());
  wanted.slot = request.slot();
  wanted.condition = request.condition();
  wanted.participant_acknowledged = request.participant_acknowledged();
  wanted.visitor_badge_returned = request.visitor_badge_returned();
  const auto result = engine::RunStep(transaction, [&](const q::Context& context, q::State& state) {
    return q::ReleaseDevice(context, state, wanted);
  });
  if (!result.ok()) return result.status();
  v1::ReleaseDeviceResponse response;
  response.set_released(result->released);
  response.set_incident_id(result->incident.value());
  response.set_detail(result->message);
  return AfterStep(transaction, request.visit_id(), absl::OkStatus(), std::move(response));
}

absl::StatusOr<v1::CloseVisitResponse> Close(engine::Transaction& transaction, const v1::CloseVisitRequest& request) {
  const VisitId visit(request.visit_id());
  const auto close = [&](const q::Context& context, q::State& state) -> absl::Status {
    if (!request.cancel_reason().empty()) return q::CancelVisit(context, state, visit, request.cancel_reason());
    return q::CloseVisit(context, state, {visit, request.badges_returned()}).status();
  };
  return AfterStep<v1::CloseVisitResponse>(transaction, request.visit_id(), engine::RunStep(transaction, close));
}

// ---- WatchVisits

// Sends the visits, and then each visit when it, a device of it or an incident has changed.
class VisitWatch {
 public:
  explicit VisitWatch(VisitId only) : only_(std::move(only)) {}

  absl::StatusOr<std::optional<v1::WatchVisitsResponse>> Next(const engine::Snapshot& snapshot) {
    if (pending_.empty()) Compare(snapshot.state.quarantine);
    if (pending_.empty()) return std::nullopt;
    v1::WatchVisitsResponse response;
    ToProto(seen_, *seen_.visits.Find(pending_.back()), response.mutable_visit());
    pending_.pop_back();
    return response;
  }

 private:
  void Compare(const q::State& now) {
    std::set<VisitId> changed;
    decltype(now.visits)::Diff(seen_.visits, now.visits,
                               [&](const VisitId& id, const q::Visit*, const q::Visit*) { changed.insert(id); });
    decltype(now.devices)::Diff(seen_.devices, now.devices,
                                [&](const DeviceId&, const q::Device* was, const q::Device* is) {
                                  changed.insert((is != nullptr ? is : was)->visit);
                                });
    decltype(now.incidents)::Diff(seen_.incidents, now.incidents,
                                  [&](const q::IncidentId&, const q::Incident* was, const q::Incident* is) {
                                    changed.insert((is != nullptr ? is : was)->visit);
                                  });
    for (const VisitId& id : changed) {
      if ((only_.empty() || id == only_) && now.visits.Contains(id)) pending_.push_back(id);
    }
    seen_ = now;
  }

  VisitId only_;
  q::State seen_;
  std::vector<VisitId> pending_;
};

void WatchVisits(Methods& methods, Watchers& watchers,
                 StreamCall<v1::WatchVisitsRequest, v1::WatchVisitsResponse> call) {
  const Caller caller = call.caller();
  DisclosureEvent event{SP_QUARANTINE "WatchVisits", PersonId(), call.request().visit_id()};
  VisitWatch watch{VisitId(call.request().visit_id())};
  methods.RecordDisclosure(
      SP_QUARANTINE "WatchVisits", caller, std::move(event),
      [&watchers, watch = std::move(watch), call = std::move(call)](absl::Status recorded) mutable {
        if (!recorded.ok()) return call.Finish(recorded);
        watchers.Add(std::move(call), std::move(watch));
      });
}

}  // namespace

void AddQuarantineService(Methods& methods, Watchers& watchers) {
  methods.Command(SP_QUARANTINE "CreateVisit", CreateVisit);
  methods.Disclosure(SP_QUARANTINE "GetVisit", GetAsked, GetVisit);
  methods.Disclosure(SP_QUARANTINE "ListVisits", ListAsked, ListVisits);
  methods.router().ServerStream<v1::WatchVisitsRequest, v1::WatchVisitsResponse>(
      SP_QUARANTINE "WatchVisits",
      [&methods, &watchers](StreamCall<v1::WatchVisitsRequest, v1::WatchVisitsResponse> call) {
        WatchVisits(methods, watchers, std::move(call));
      });
  methods.Command(SP_QUARANTINE "CheckInParticipant", CheckIn);
  methods.Command(SP_QUARANTINE "DeclareDevices", Declare);
  methods.Command(SP_QUARANTINE "RecordScreening", Screen);
  methods.Command(SP_QUARANTINE "SealDevice", Seal);
  methods.Command(SP_QUARANTINE "RecordProbe", Probe);
  methods.Command(SP_QUARANTINE "ClearParticipant", Clear);
  methods.Command(SP_QUARANTINE "StartInterview", Start);
  methods.Command(SP_QUARANTINE "EndInterview", End);
  methods.Command(SP_QUARANTINE "ReleaseDevice", Release);
  methods.Command(SP_QUARANTINE "CloseVisit", Close);
  // ReportIncident, ResolveIncident, RequestOverride and Reconcile answer UNIMPLEMENTED (docs/status.md).
}

}  // namespace sallyport::transport
