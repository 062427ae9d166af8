#include <algorithm>
#include <cmath>
#include <set>

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

absl::Status CheckSealRequest(const SealRequest& request) {
  const bool plain = std::all_of(request.seal.begin(), request.seal.end(),
                                 [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; });
  if (request.seal.empty() || request.seal.size() > kSealCharactersMax || !plain) {
    return FieldError("seal", absl::StrCat("must be 1 to ", kSealCharactersMax, " letters, digits or '-'"));
  }
  if (request.photo_digests.size() > kPhotosMax) {
    return FieldError("photo_digests", absl::StrCat("at most ", kPhotosMax));
  }
  for (const std::string& digest : request.photo_digests) {
    const bool hex = std::all_of(digest.begin(), digest.end(), [](unsigned char c) { return absl::ascii_isxdigit(c); });
    if (digest.size() != 64 || !hex) return FieldError("photo_digests", "each must be a SHA-256 in 64 hex digits");
  }
  if (!request.participant_acknowledged) {
    return FieldError("participant_acknowledged", "is required: the participant sees the bag sealed");
  }
  return CheckText("condition", request.condition);
}

// SEALED in a slot where its last probe failed: it may go elsewhere.
bool MayMove(const Device& device) {
  return device.state == DeviceState::kSealed && device.custody.has_value() && !device.custody->probes.empty() &&
         !device.custody->probes.back().passed;
}

absl::Status RequireSealable(const Device& device) {
  if (MayMove(device)) return absl::OkStatus();
  if (device.state != DeviceState::kSealed) return Require(device, {DeviceState::kDeclared}, "seal");
  return Refuse(kDeviceState,
                absl::StrCat("device ", device.id.value(), " is SEALED in ",
                             SlotKey(device.custody->locker, device.custody->slot), " under seal ",
                             device.custody->seal, "; to seal it must be DECLARED, or its last probe failed"));
}

absl::Status RequireUnusedSeal(const State& state, const Device& device, const std::string& seal) {
  const SealUse* use = state.seals.Find(seal);
  if (use == nullptr || (MayMove(device) && device.custody->seal == seal)) return absl::OkStatus();
  return WithReason(
      absl::AlreadyExistsError(absl::StrCat("seal ", seal, ": used for device ", use->device.value(), " of visit ",
                                            use->visit.value(), " in slot ", use->slot, " at ", Utc(use->at))),
      kSealUsed);
}

absl::Status RequireFreeSlot(const Slot& slot) {
  const std::string key = SlotKey(slot.locker, slot.number);
  if (slot.out_of_service) {
    return Refuse(kSlotOutOfService, absl::StrCat("slot ", key, " is out of service after ", slot.probe_failures,
                                                  " failed probes in a row"));
  }
  if (!slot.device.empty()) {
    return Refuse(kSlotOccupied, absl::StrCat("slot ", key, " holds device ", slot.device.value(), " by record"));
  }
  if (slot.load == SlotLoad::kOccupied) {
    return Refuse(kSlotOccupied, absl::StrCat("slot ", key, " is free by record and occupied by its sensor"));
  }
  return absl::OkStatus();
}

absl::Status RequireInService(const facility::Locker& locker) {
  if (locker.in_service) return absl::OkStatus();
  return Refuse(kLockerOutOfService, absl::StrCat("locker ", locker.id.value(), " is out of service"));
}

void EmptySlotOf(State& state, const Device& device) {
  const Slot* held = state.slots.Find(SlotKey(device.custody->locker, device.custody->slot));
  if (held == nullptr || held->device != device.id) return;
  Slot slot = *held;
  slot.device = DeviceId();
  Put(state, slot);
}

void TakeIn(const Context& context, State& state, const SealRequest& request, Slot slot, Device device) {
  const bool moved = device.in_custody();
  const std::string key = SlotKey(slot.locker, slot.number);
  if (moved) {
    EmptySlotOf(state, device);
  } else {
    device.custody.emplace();
    device.custody->sealed_at = context.now;
    device.custody->condition = request.condition;
  }
  device.custody->locker = slot.locker;
  device.custody->slot = slot.number;
  device.custody->seal = request.seal;
  device.custody->photo_digests = request.photo_digests;
  device.state = DeviceState::kSealed;
  slot.device = device.id;
  Put(state, slot);
  Put(state, device);
  if (!state.seals.Contains(request.seal)) {
    state.seals.Put(request.seal, SealUse{device.id, device.visit, key, context.now});
  }
  Pairs facts = {{"device", device.id.value()}, {"slot", key}, {"seal", request.seal}};
  for (const std::string& digest : request.photo_digests) facts.emplace_back("photo_sha256", digest);
  Emit(context, moved ? "device.moved" : "device.sealed", device.visit, device.participant, std::move(facts),
       {{"condition", request.condition}});
}

absl::Status CheckProbeRequest(const ProbeRequest& request) {
  if (request.instrument.empty() || request.instrument.size() > kNameCharactersMax) {
    return FieldError("instrument_id", absl::StrCat("must be 1 to ", kNameCharactersMax, " characters"));
  }
  if (request.readings.empty() && !request.reachable.has_value()) {
    return FieldError("readings", "at least one band is required");
  }
  if (request.readings.size() > kBandsPerProbeMax) {
    return FieldError("readings", absl::StrCat("at most ", kBandsPerProbeMax, " bands"));
  }
  std::set<std::string> bands;
  for (size_t i = 0; i < request.readings.size(); ++i) {
    const auto& [band, db] = request.readings[i];
    const std::string field = absl::StrCat("readings[", i, "]");
    if (band.empty() || band.size() > kNameCharactersMax) {
      return FieldError(field + ".band", absl::StrCat("must be 1 to ", kNameCharactersMax, " characters"));
    }
    if (!bands.insert(band).second) return FieldError(field + ".band", band + " is read twice");
    if (!std::isfinite(db) || db < 0 || db > kAttenuationDbMax) {
      return FieldError(field + ".attenuation_db", absl::StrCat("must be 0 to ", kAttenuationDbMax));
    }
  }
  return absl::OkStatus();
}

std::vector<ProbeOutcome::Failure> Failures(const ProbeRequest& request, double required_db) {
  std::vector<ProbeOutcome::Failure> failures;
  for (const auto& [band, db] : request.readings) {
    if (db < required_db) failures.push_back({band, db, required_db});
  }
  if (request.reachable.value_or(false)) failures.push_back({"reachability", 0, required_db});
  return failures;
}

// The first free slot that sealing would accept: in the same locker, then in the others by id.
std::string SuggestSlot(const Context& context, const State& state, const Visit& visit, const LockerId& near) {
  std::vector<facility::Locker> lockers;
  context.facility.lockers.ForEach([&](const LockerId&, const facility::Locker& locker) { lockers.push_back(locker); });
  std::sort(lockers.begin(), lockers.end(), [&near](const facility::Locker& a, const facility::Locker& b) {
    return std::make_pair(a.id != near, a.id) < std::make_pair(b.id != near, b.id);
  });
  for (const facility::Locker& locker : lockers) {
    if (!RequireInService(locker).ok() || !RequireSelfTest(state, locker, visit).ok()) continue;
    for (int32_t number = 1; number <= locker.slots; ++number) {
      const auto slot = CopySlot(state, locker, number);
      if (slot.ok() && RequireFreeSlot(*slot).ok()) return SlotKey(locker.id, number);
    }
  }
  return "";
}

void RecordReadings(const Context& context, const Device& device, const Probe& probe) {
  Pairs facts = {{"device", device.id.value()},
                 {"slot", probe.slot},
                 {"instrument", probe.instrument},
                 {"required_db", FormatDb(probe.required_db)}};
  for (const auto& [band, db] : probe.readings) facts.emplace_back("band " + band, FormatDb(db));
  if (probe.reachable.has_value()) facts.emplace_back("reachable", *probe.reachable ? "yes" : "no");
  Emit(context, probe.passed ? "device.verified" : "device.probe_failed", device.visit, device.participant,
       std::move(facts));
}

// Whoever is inside by record stays INSIDE: they may only leave, since the door sees the device.
void LoseClearance(const Context& context, State& state, const Visit& visit, Participant& participant) {
  if (participant.state != ParticipantState::kCleared && participant.state != ParticipantState::kOutside) return;
  Move(context, participant, ParticipantState::kScreened);
  Put(state, visit);
  Emit(context, "visit.clearance_lost", visit.id, participant.person);
}

void CountProbe(const Context& context, State& state, Slot slot, ProbeOutcome& outcome) {
  slot.probe_failures = outcome.passed ? 0 : slot.probe_failures + 1;
  outcome.slot_out_of_service = slot.probe_failures >= kProbeFailuresMax;
  slot.out_of_service = outcome.slot_out_of_service;
  Put(state, slot);
  if (!outcome.slot_out_of_service) return;
  const std::string key = SlotKey(slot.locker, slot.number);
  Pairs facts = {{"slot", key}, {"probe_failures", absl::StrCat(slot.probe_failures)}};
  Emit(context, "slot.out_of_service", VisitId(), PersonId(), facts);
  AskForAlarm(context, "SLOT_OUT_OF_SERVICE", key, PersonId(), std::move(facts));
}

}  // namespace

absl::Status SealDevice(const Context& context, State& state, const SealRequest& request) {
  SP_RETURN_IF_ERROR(CheckSealRequest(request));
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_ASSIGN_OR_RETURN(Device device, CopyDevice(state, visit, request.device));
  SP_ASSIGN_OR_RETURN(Participant * participant, ParticipantOf(visit, device.participant));
  SP_ASSIGN_OR_RETURN(facility::Locker locker, CopyLocker(context.facility, request.locker));
  SP_ASSIGN_OR_RETURN(Slot slot, CopySlot(state, locker, request.slot));
  SP_RETURN_IF_ERROR(RequireNotOwn(context, device.participant));
  SP_RETURN_IF_ERROR(Require(visit, kAtWork, "seal a device"));
  SP_RETURN_IF_ERROR(Require(*participant,
                             {ParticipantState::kCheckedIn, ParticipantState::kDeclared, ParticipantState::kScreened},
                             "hand in a device"));
  SP_RETURN_IF_ERROR(RequireSealable(device));
  SP_RETURN_IF_ERROR(RequireUnusedSeal(state, device, request.seal));
  SP_RETURN_IF_ERROR(RequireInService(locker));
  SP_RETURN_IF_ERROR(RequireFreeSlot(slot));
  SP_RETURN_IF_ERROR(RequireSelfTest(state, locker, visit));
  TakeIn(context, state, request, std::move(slot), std::move(device));
  return absl::OkStatus();
}

absl::StatusOr<ProbeOutcome> RecordProbe(const Context& context, State& state, const ProbeRequest& request) {
  SP_RETURN_IF_ERROR(CheckProbeRequest(request));
  SP_ASSIGN_OR_RETURN(Visit visit, CopyVisit(state, request.visit));
  SP_ASSIGN_OR_RETURN(Device device, CopyDevice(state, visit, request.device));
  SP_RETURN_IF_ERROR(RequireNotOwn(context, device.participant));
  SP_ASSIGN_OR_RETURN(Participant * participant, ParticipantOf(visit, device.participant));
  SP_RETURN_IF_ERROR(Require(visit, kAtWork, "probe a device"));
  SP_RETURN_IF_ERROR(Require(device, {DeviceState::kSealed, DeviceState::kVerified}, "probe"));
  SP_ASSIGN_OR_RETURN(facility::Locker locker, CopyLocker(context.facility, device.custody->locker));
  SP_ASSIGN_OR_RETURN(Slot slot, CopySlot(state, locker, device.custody->slot));
  const std::string key = SlotKey(slot.locker, slot.number);
  if (slot.out_of_service) {
    return Refuse(kSlotOutOfService, absl::StrCat("slot ", key, " is out of service; device ", device.id.value(),
                                                  " must be moved to another"));
  }
  if (slot.door == SlotDoor::kOpen) return Refuse(kSlotOpen, absl::StrCat("the door of slot ", key, " is open"));
  ProbeOutcome outcome;
  outcome.failures = Failures(request, locker.attenuation_db_min);
  outcome.passed = outcome.failures.empty();
  Custody& custody = *device.custody;
  if (custody.probes.size() >= kProbesPerCustodyMax) custody.probes.erase(custody.probes.begin());
  custody.probes.push_back({request.readings, request.reachable, locker.attenuation_db_min, request.instrument, key,
                            context.now, outcome.passed});
  device.state = outcome.passed ? DeviceState::kVerified : DeviceState::kSealed;
  if (outcome.passed) custody.verified_at = context.now;
  Put(state, device);
  RecordReadings(context, device, custody.probes.back());
  if (!outcome.passed) LoseClearance(context, state, visit, *participant);
  CountProbe(context, state, std::move(slot), outcome);
  if (!outcome.passed) outcome.suggested_slot = SuggestSlot(context, state, visit, locker.id);
  return outcome;
}

absl::Status RecordSelfTest(const Context& context, State& state, const LockerId& id, bool passed) {
  SP_ASSIGN_OR_RETURN(facility::Locker locker, CopyLocker(context.facility, id));
  state.locker_tests.Put(locker.id, LockerTest{locker.id, context.now, passed});
  Emit(context, "locker.self_test", VisitId(), PersonId(),
       {{"locker", locker.id.value()}, {"result", passed ? "passed" : "failed"}});
  return absl::OkStatus();
}

absl::Status RecordSlotDoor(const Context& context, State& state, const LockerId& id, int32_t number, SlotDoor door) {
  SP_ASSIGN_OR_RETURN(const facility::Locker locker, CopyLocker(context.facility, id));
  SP_ASSIGN_OR_RETURN(Slot slot, CopySlot(state, locker, number));
  slot.door = door;
  Put(state, slot);
  return absl::OkStatus();
}

}  // namespace sallyport::quarantine
