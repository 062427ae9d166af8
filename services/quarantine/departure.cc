#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "quarantine/guards.h"
#include "quarantine/names.h"
#include "quarantine/workflow.h"

namespace sallyport::quarantine {
namespace {

absl::Status RequireReleasable(const State& state, const Visit& visit, const Participant& participant,
                               const Device& device) {
  if (device.state == DeviceState::kReturned && device.custody.has_value()) {
    return Refuse(kDeviceState,
                  absl::StrCat("device ", device.id.value(), " was RETURNED at ", Utc(device.custody->ended_at)));
  }
  SP_RETURN_IF_ERROR(RequireNoIncident(state, visit, participant));
  return Require(device, {DeviceState::kSealed, DeviceState::kVerified, DeviceState::kReleaseReady}, "be released");
}

// Whoever stands at the desk is who handed the device in.
absl::StatusOr<bool> IsOwner(const Context& context, const ReleaseRequest& request, const Participant& owner) {
  if (request.person != owner.person) return false;
  const Identity& shown = request.presented;
  if (shown.badge.empty() && shown.last4.empty()) {
    return FieldError("document", "is missing: whoever takes a device shows a badge or the document of the check-in");
  }
  if (!shown.badge.empty()) {
    const facility::Credential* badge = context.facility.credentials.Find(shown.badge);
    if (badge == nullptr) {
      return WithReason(absl::NotFoundError(absl::StrCat("badge ", shown.badge.value(), ": not found")),
                        kBadgeNotFound);
    }
    if (badge->person != owner.person) return false;
  }
  if (shown.last4.empty()) return true;
  if (owner.identity.last4.empty()) {
    return Refuse(kIdentityMismatch, absl::StrCat("participant ", owner.person.value(),
                                                  " checked in with a badge: there is no document to compare with"));
  }
  return shown.document == owner.identity.document && shown.last4 == owner.identity.last4;
}

absl::StatusOr<ReleaseOutcome> Hold(const Context& context, State& state, Visit visit, Device device, IncidentKind kind,
                                    std::string message) {
  ReleaseOutcome outcome;
  const std::string slot = SlotKey(device.custody->locker, device.custody->slot);
  SP_ASSIGN_OR_RETURN(outcome.incident, AddIncident(context, state, visit, kind, device.participant, device.id, slot));
  outcome.message = std::move(message);
  outcome.reason = std::string(Name(kind));
  Put(state, visit);
  if (kind == IncidentKind::kWrongPersonAtRelease) return outcome;
  device.state = DeviceState::kIncident;
  Put(state, device);
  return outcome;
}

// What the participant is, now that one of their devices went back to them.
void AfterRelease(const Context& context, const State& state, const Visit& visit, Participant& participant) {
  if (Final(participant)) return;
  if (!HasCustody(state, participant)) {
    Move(context, participant, ParticipantState::kReturned);
    Emit(context, "visit.returned", visit.id, participant.person);
  } else if (visit.state != VisitState::kEnded && IsCleared(participant)) {
    Move(context, participant, ParticipantState::kScreened);
    Emit(context, "visit.clearance_lost", visit.id, participant.person);
  }
}

void GiveBack(const Context& context, State& state, const ReleaseRequest& request, Device device) {
  Custody& custody = *device.custody;
  const std::string key = SlotKey(custody.locker, custody.slot);
  custody.ended_at = context.now;
  custody.return_condition = request.condition;
  device.state = DeviceState::kReturned;
  if (const Slot* held = state.slots.Find(key); held != nullptr && held->device == device.id) {
    Slot slot = *held;
    slot.device = DeviceId();
    Put(state, slot);
  }
  Put(state, device);
  Emit(context, "device.returned", device.visit, device.participant,
       {{"device", device.id.value()}, {"slot", key}, {"seal", custody.seal}, {"seal_intact", "yes"}},
       {{"condition", request.condition},
        {"document_kind", std::string(Name(request.presented.document))},
        {"document_last4", request.presented.last4},
        {"badge", request.presented.badge.value()}});
}

absl::Status RequireClosable(const State& state, const Visit& visit, bool badges_returned) {
  for (const Participant& participant : visit.participants) {
    for (const DeviceId& id : participant.devices) {
      const Device* device = state.devices.Find(id);
      if (device == nullptr || !device->in_custody()) continue;
      return Refuse(
          kDeviceInCustody,
          absl::StrCat("visit ", visit.id.value(), ": device ", id.value(), " is ", Name(device->state), " in ",
                       SlotKey(device->custody->locker, device->custody->slot), ", every custody must have ended"));
    }
    if (!Final(participant) && participant.state != ParticipantState::kExpected) {
      return Refuse(kParticipantState,
                    absl::StrCat("visit ", visit.id.value(), ": participant ", participant.person.value(), " is ",
                                 Name(participant.state), ", RETURNED, REFUSED or REMOVED is required"));
    }
    if (!participant.visitor_badge.empty() && !participant.visitor_badge_returned && !badges_returned) {
      return Refuse(kBadgeNotReturned, absl::StrCat("visit ", visit.id.value(), ": visitor badge ",
                                                    participant.visitor_badge.value(), " was not returned"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReleaseOutcome> ReleaseDevice(const Context& context, State& state, const ReleaseRequest& request) {
  SP_RETURN_IF_ERROR(CheckText("condition", request.condition));
  if (!request.participant_acknowledged) {
    return FieldError("participant_acknowledged", "is required: the participant confirms the return");
  }
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_ASSIGN_OR_RETURN(Device device, CopyDevice(state, visit, request.device));
  SP_ASSIGN_OR_RETURN(Participant * owner, ParticipantOf(visit, device.participant));
  SP_RETURN_IF_ERROR(RequireNotOwn(context, device.participant));
  SP_RETURN_IF_ERROR(RequireReleasable(state, visit, *owner, device));
  SP_ASSIGN_OR_RETURN(const bool is_owner, IsOwner(context, request, *owner));
  if (!is_owner) {
    return Hold(context, state, visit, device, IncidentKind::kWrongPersonAtRelease,
                absl::StrCat("device ", device.id.value(), ": only who handed it in may take it"));
  }
  if (owner->in_area) {
    return Refuse(kParticipantInside, absl::StrCat("participant ", owner->person.value(), " is inside area ",
                                                   visit.area.value(), ", and must have left it by record"));
  }
  const std::string slot = SlotKey(device.custody->locker, device.custody->slot);
  if (!request.locker.empty() && SlotKey(request.locker, request.slot) != slot) {
    return Refuse(kSlotMismatch, absl::StrCat("device ", device.id.value(), " is in slot ", slot, ", not in ",
                                              SlotKey(request.locker, request.slot)));
  }
  if (request.seal != device.custody->seal) {
    return Hold(context, state, visit, device, IncidentKind::kSealMismatch,
                absl::StrCat("device ", device.id.value(), ": the seal does not read ", device.custody->seal,
                             ", which is recorded"));
  }
  if (!request.seal_intact) {
    return Hold(context, state, visit, device, IncidentKind::kSealBroken,
                absl::StrCat("device ", device.id.value(), ": seal ", device.custody->seal, " is broken"));
  }
  GiveBack(context, state, request, std::move(device));
  owner->visitor_badge_returned = owner->visitor_badge_returned || request.visitor_badge_returned;
  AfterRelease(context, state, visit, *owner);
  Put(state, visit);
  ReleaseOutcome outcome;
  outcome.released = true;
  return outcome;
}

absl::StatusOr<VisitState> CloseVisit(const Context& context, State& state, const CloseRequest& request) {
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_RETURN_IF_ERROR(Require(visit, {VisitState::kEnded}, "close"));
  SP_RETURN_IF_ERROR(RequireClosable(state, visit, request.badges_returned));
  size_t absent = 0;
  for (Participant& participant : visit.participants) {
    participant.visitor_badge_returned = !participant.visitor_badge.empty();
    absent += participant.state == ParticipantState::kExpected ? 1 : 0;
  }
  visit.state = visit.incidents.empty() ? VisitState::kClosed : VisitState::kClosedWithIncident;
  visit.closed_at = context.now;
  Put(state, visit);
  Emit(context, "visit.closed", visit.id, visit.host,
       {{"state", std::string(Name(visit.state))},
        {"incidents", absl::StrCat(visit.incidents.size())},
        {"never_checked_in", absl::StrCat(absent)}});
  return visit.state;
}

}  // namespace sallyport::quarantine
