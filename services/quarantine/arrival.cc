#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "quarantine/guards.h"
#include "quarantine/limits.h"
#include "quarantine/names.h"
#include "quarantine/workflow.h"

namespace sallyport::quarantine {
namespace {

constexpr auto kAtWork = {VisitState::kOpen, VisitState::kInInterview};

absl::Status CheckIdentity(const Context& context, const PersonId& person, const Identity& identity) {
  if (identity.document == DocumentKind::kNone) {
    return FieldError("document_kind", "is required: a document or a badge");
  }
  if (!identity.badge.empty()) SP_RETURN_IF_ERROR(RequireBadgeOf(context, identity.badge, person));
  if (identity.document == DocumentKind::kBadge && identity.last4.empty()) return absl::OkStatus();
  const bool plain =
      std::all_of(identity.last4.begin(), identity.last4.end(), [](unsigned char c) { return absl::ascii_isalnum(c); });
  if (plain && !identity.last4.empty() && identity.last4.size() <= 4) return absl::OkStatus();
  return FieldError("document_last4", "must be 1 to 4 letters or digits");
}

absl::Status RequireInWindow(const Context& context, const Visit& visit) {
  if (context.now >= visit.start - kCheckInEarlyMax && context.now < visit.end) return absl::OkStatus();
  return Refuse(kOutsideWindow, absl::StrCat("visit ", visit.id.value(), ": check-in is open from ",
                                             Utc(visit.start - kCheckInEarlyMax), " to ", Utc(visit.end), ", it is ",
                                             Utc(context.now)));
}

absl::Status CheckItem(const State& state, const DeclareRequest& request, size_t at) {
  const DeclareRequest::Item& item = request.devices[at];
  const std::string field = absl::StrCat("devices[", at, "]");
  SP_RETURN_IF_ERROR(CheckText(field + ".description", item.description));
  SP_RETURN_IF_ERROR(CheckText(field + ".condition", item.condition));
  if (item.id.empty()) return absl::OkStatus();
  SP_RETURN_IF_ERROR(CheckId(field + ".id", item.id.value()));
  for (size_t i = 0; i < at; ++i) {
    if (request.devices[i].id == item.id) return FieldError(field + ".id", item.id.value() + " is named twice");
  }
  const Device* other = state.devices.Find(item.id);
  if (other == nullptr) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat("device ", item.id.value(), ": declared in visit ", other->visit.value(), " already"));
}

absl::Status CheckDeclaration(const State& state, const DeclareRequest& request, const Participant& participant) {
  if (request.confirmed == Confirmation::kNone) {
    return FieldError("confirmed_by", "is required: the participant's badge tap or signature");
  }
  if (request.none != request.devices.empty()) {
    return FieldError("none", request.none ? "must not stand beside devices" : "is required when there are no devices");
  }
  if (request.none && !participant.devices.empty()) {
    return FieldError("none", absl::StrCat(participant.devices.size(), " devices are declared already"));
  }
  if (participant.devices.size() + request.devices.size() > kDevicesPerParticipantMax) {
    return FieldError("devices", absl::StrCat("at most ", kDevicesPerParticipantMax, " for one participant"));
  }
  for (size_t i = 0; i < request.devices.size(); ++i) SP_RETURN_IF_ERROR(CheckItem(state, request, i));
  return absl::OkStatus();
}

DeviceId AddDevice(const Context& context, State& state, const DeclareRequest& request,
                   const DeclareRequest::Item& item) {
  Device device;
  device.id = item.id.empty() ? DeviceId(context.new_id()) : item.id;
  device.visit = request.visit;
  device.participant = request.person;
  device.kind = item.kind;
  device.description = item.description;
  device.condition = item.condition;
  device.declared_at = context.now;
  Put(state, device);
  Emit(context, "device.declared", request.visit, request.person,
       {{"device", device.id.value()}, {"kind", std::string(Name(device.kind))}},
       {{"description", device.description}, {"condition", device.condition}});
  return device.id;
}

// What the last probe says about a device that is not VERIFIED.
std::string Shortfall(const Device& device, absl::string_view* reason) {
  const std::string name = absl::StrCat("device ", device.id.value(), " (", Name(device.kind), ")");
  const bool probed = device.custody.has_value() && !device.custody->probes.empty();
  if (device.state != DeviceState::kSealed || !probed) {
    return absl::StrCat(name, " is ", Name(device.state), ", VERIFIED or EXEMPT is required");
  }
  const Probe& probe = device.custody->probes.back();
  *reason = kAttenuationTooLow;
  for (const BandReading& reading : probe.readings) {
    if (reading.attenuation_db >= probe.required_db) continue;
    return absl::StrCat(name, ": ", FormatDb(reading.attenuation_db), " dB at ", reading.band, " in slot ", probe.slot,
                        ", ", FormatDb(probe.required_db), " dB required");
  }
  return absl::StrCat(name, " could be reached in slot ", probe.slot, ", it must not be");
}

absl::Status RequireSecured(const State& state, const Visit& visit, const Participant& participant) {
  if (DevicesSecured(state, visit, participant)) return absl::OkStatus();
  absl::string_view reason = kDeviceNotQuarantined;
  std::vector<std::string> shortfalls;
  for (const DeviceId& id : participant.devices) {
    const Device* device = state.devices.Find(id);
    SP_CHECK(device != nullptr);
    if (device->state == DeviceState::kVerified || device->state == DeviceState::kExempt) continue;
    shortfalls.push_back(Shortfall(*device, &reason));
  }
  return Refuse(reason, absl::StrJoin(shortfalls, "; "));
}

absl::Status RequireNda(const Context& context, const ClearRequest& request) {
  const facility::Person* person = context.facility.people.Find(request.person);
  if (request.nda_signed || (person != nullptr && person->nda_until > context.now)) return absl::OkStatus();
  const bool ever = person != nullptr && person->nda_until != absl::InfinitePast();
  return Refuse(kNdaMissing, absl::StrCat("participant ", request.person.value(), ": ",
                                          ever ? "the non-disclosure agreement ended at " + Utc(person->nda_until)
                                               : std::string("no signed non-disclosure agreement"),
                                          "; a valid one is required"));
}

}  // namespace

absl::Status CheckInParticipant(const Context& context, State& state, const CheckInRequest& request) {
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_ASSIGN_OR_RETURN(Participant * participant, ParticipantOf(visit, request.person));
  SP_RETURN_IF_ERROR(Require(visit, {VisitState::kScheduled, VisitState::kOpen, VisitState::kInInterview}, "check in"));
  SP_RETURN_IF_ERROR(RequireInWindow(context, visit));
  SP_RETURN_IF_ERROR(Require(*participant, {ParticipantState::kExpected}, "check in"));
  SP_RETURN_IF_ERROR(CheckIdentity(context, request.person, request.identity));
  if (!request.visitor_badge.empty()) {
    SP_RETURN_IF_ERROR(RequireBadgeOf(context, request.visitor_badge, request.person));
  }
  if (visit.state == VisitState::kScheduled) {
    visit.state = VisitState::kOpen;
    visit.opened_at = context.now;
    Emit(context, "visit.opened", visit.id, visit.host);
  }
  participant->identity = request.identity;
  participant->visitor_badge = request.visitor_badge;
  participant->checked_in_at = context.now;
  Move(context, *participant, ParticipantState::kCheckedIn);
  Put(state, visit);
  Emit(context, "visit.checked_in", visit.id, request.person,
       {{"visitor_badge_issued", request.visitor_badge.empty() ? "no" : "yes"}},
       {{"document_kind", std::string(Name(request.identity.document))},
        {"document_last4", request.identity.last4},
        {"badge", request.identity.badge.value()},
        {"visitor_badge", request.visitor_badge.value()}});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<DeviceId>> DeclareDevices(const Context& context, State& state,
                                                     const DeclareRequest& request) {
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_ASSIGN_OR_RETURN(Participant * participant, ParticipantOf(visit, request.person));
  SP_RETURN_IF_ERROR(Require(visit, kAtWork, "declare devices"));
  SP_RETURN_IF_ERROR(
      Require(*participant, {ParticipantState::kCheckedIn, ParticipantState::kDeclared}, "declare devices"));
  SP_RETURN_IF_ERROR(CheckDeclaration(state, request, *participant));
  std::vector<DeviceId> ids;
  for (const DeclareRequest::Item& item : request.devices) ids.push_back(AddDevice(context, state, request, item));
  participant->devices.insert(participant->devices.end(), ids.begin(), ids.end());
  participant->declared = true;
  Move(context, *participant, ParticipantState::kDeclared);
  Put(state, visit);
  Emit(
      context, "visit.declared", visit.id, request.person,
      {{"devices", absl::StrCat(participant->devices.size())}, {"confirmed_by", std::string(Name(request.confirmed))}});
  return ids;
}

absl::StatusOr<ScreeningOutcome> RecordScreening(const Context& context, State& state,
                                                 const ScreeningRequest& request) {
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_ASSIGN_OR_RETURN(Participant * participant, ParticipantOf(visit, request.person));
  SP_RETURN_IF_ERROR(RequireNotOwn(context, request.person));
  if (request.result == ScreeningResult::kNone) return FieldError("result", "is required");
  SP_RETURN_IF_ERROR(CheckText("finding", request.note));
  SP_RETURN_IF_ERROR(Require(visit, kAtWork, "screen"));
  SP_RETURN_IF_ERROR(Require(*participant, {ParticipantState::kDeclared}, "screen"));
  ScreeningOutcome outcome;
  if (request.result == ScreeningResult::kFound) {
    SP_ASSIGN_OR_RETURN(outcome.incident, AddIncident(context, state, visit, IncidentKind::kUndeclaredDevice,
                                                      request.person, DeviceId(), ""));
  }
  outcome.state = request.result == ScreeningResult::kPassed  ? ParticipantState::kScreened
                  : request.result == ScreeningResult::kFound ? ParticipantState::kCheckedIn
                                                              : ParticipantState::kRefused;
  participant->screening = request.result;
  if (request.result == ScreeningResult::kFound) participant->declared = false;
  Move(context, *participant, outcome.state);
  Put(state, visit);
  Emit(context, "visit.screened", visit.id, request.person,
       {{"method", std::string(Name(request.method))}, {"result", std::string(Name(request.result))}},
       {{"finding", request.note}});
  return outcome;
}

absl::Status ClearParticipant(const Context& context, State& state, const ClearRequest& request) {
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_ASSIGN_OR_RETURN(Participant * participant, ParticipantOf(visit, request.person));
  SP_RETURN_IF_ERROR(RequireNotOwn(context, request.person));
  SP_RETURN_IF_ERROR(Require(visit, kAtWork, "clear a participant"));
  SP_RETURN_IF_ERROR(RequireNoIncident(state, visit, *participant));
  SP_RETURN_IF_ERROR(Require(*participant, {ParticipantState::kScreened}, "be cleared"));
  SP_RETURN_IF_ERROR(RequireSecured(state, visit, *participant));
  SP_RETURN_IF_ERROR(RequireNda(context, request));
  participant->nda = participant->nda || request.nda_signed;
  Move(context, *participant, ParticipantState::kCleared);
  Put(state, visit);
  Emit(context, "visit.cleared", visit.id, request.person,
       {{"devices", absl::StrCat(participant->devices.size())},
        {"nda", request.nda_signed ? "signed at the desk" : "in the directory"}});
  return absl::OkStatus();
}

}  // namespace sallyport::quarantine
