#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "facility/event.h"
#include "facility/model.h"
#include "quarantine/model.h"

// The workflow, one function a transition. Each checks everything first; when it returns an error, neither the state
// nor the list of events has changed. Errors, everywhere:
//   INVALID_ARGUMENT     a field is missing or malformed (a field violation names it)
//   NOT_FOUND            no such visit, participant, device, locker, person or badge
//   FAILED_PRECONDITION  a guard; the message names the thing, what was found and what was required, the reason is one
//   of
//                        those at the end of this file
//   ALREADY_EXISTS       an id or a seal number that was used before; names the earlier use
//   PERMISSION_DENIED    somebody acting on their own device
//
// A refusal that itself must be recorded (the wrong person at the desk, another seal than the recorded one, a probe
// below the requirement) is not an error: it changes the state, so it comes back as an outcome that says no.
//
// Alarms leave as AlarmEvents whose `action` and `alarm` are empty; alarms::RaisePending turns them into raised ones.
namespace sallyport::quarantine {

struct Context {
  absl::Time now;
  const facility::State& facility;
  OperatorId actor;
  std::function<std::string()> new_id;  // a fresh unique id a call
  std::vector<Event>& events;           // what happened is appended here
  PersonId actor_person = {};  // the person behind the operator, if the facility knows; never acts on own devices
};

// ---- schedule.cc

struct CreateVisitRequest {
  struct Invited {
    PersonId person;
    Role role = Role::kCandidate;
  };
  VisitId id;  // empty: one is made
  AreaId area;
  PersonId host;
  absl::Time start;
  absl::Time end;
  std::vector<Invited> participants;  // at least one candidate; the host is added, as an interviewer, where
                                      // the area has staff custody
};
absl::StatusOr<VisitId> CreateVisit(const Context& context, State& state, const CreateVisitRequest& request);

// SCHEDULED or OPEN → CANCELLED. Refused while a device is in custody or a participant who has to be cleared is in the
// area, by whatever way they came in.
absl::Status CancelVisit(const Context& context, State& state, const VisitId& visit, const std::string& reason);

// ---- arrival.cc

struct CheckInRequest {
  VisitId visit;
  PersonId person;
  Identity identity;
  CredentialId visitor_badge;  // issued now; empty: none
};
// EXPECTED → CHECKED_IN; the first one opens the visit.
absl::Status CheckInParticipant(const Context& context, State& state, const CheckInRequest& request);

struct DeclareRequest {
  struct Item {
    DeviceId id;  // empty: one is made
    DeviceKind kind = DeviceKind::kOther;
    std::string description;
    std::string condition;
  };
  VisitId visit;
  PersonId person;
  std::vector<Item> devices;
  bool none = false;                             // the explicit "none"; exactly when `devices` is empty
  Confirmation confirmed = Confirmation::kNone;  // the participant's badge tap or signature; required
};
// CHECKED_IN → DECLARED; in DECLARED it adds to the list. Returns the devices' ids in the order given.
absl::StatusOr<std::vector<DeviceId>> DeclareDevices(const Context& context, State& state,
                                                     const DeclareRequest& request);

struct ScreeningRequest {
  VisitId visit;
  PersonId person;
  ScreeningMethod method = ScreeningMethod::kWand;
  ScreeningResult result = ScreeningResult::kNone;
  std::string note;  // what was found
};
struct ScreeningOutcome {
  ParticipantState state = ParticipantState::kDeclared;
  IncidentId incident;  // UNDECLARED_DEVICE, when something was found
};
// DECLARED → SCREENED (passed), CHECKED_IN with an incident and nothing counted as declared (found), REFUSED (would not be
// screened).
absl::StatusOr<ScreeningOutcome> RecordScreening(const Context& context, State& state, const ScreeningRequest& request);

struct ClearRequest {
  VisitId visit;
  PersonId person;
  bool nda_signed = false;  // at the desk, now; otherwise one in the directory must be valid
};
// SCREENED → CLEARED. When a device stands in the way the message names it, the band, the reading and the requirement.
absl::Status ClearParticipant(const Context& context, State& state, const ClearRequest& request);

// ---- custody.cc

struct SealRequest {
  VisitId visit;
  DeviceId device;
  LockerId locker;
  int32_t slot = 0;
  std::string seal;
  std::string condition;
  std::vector<std::string> photo_digests;
  bool participant_acknowledged = false;  // required; the officer's is the call itself
};
// DECLARED → SEALED. A SEALED device whose last probe failed may be moved to another slot, under its own seal or a new
// one; it stays SEALED.
absl::Status SealDevice(const Context& context, State& state, const SealRequest& request);

struct ProbeRequest {
  VisitId visit;
  DeviceId device;
  std::vector<BandReading> readings;  // each band once
  std::optional<bool> reachable;      // a reachability test; readings, this, or both
  std::string instrument;
};
struct ProbeOutcome {
  struct Failure {
    std::string band;  // "reachability" for that test
    double attenuation_db = 0;
    double required_db = 0;
  };
  bool passed = false;
  std::vector<Failure> failures;
  bool slot_out_of_service = false;  // this probe took it out
  std::string suggested_slot;        // where else the device could go; empty when passed or when there is none
};
// SEALED or VERIFIED → VERIFIED when every band reaches the locker's requirement, otherwise → SEALED; an owner who was
// CLEARED or OUTSIDE falls back to SCREENED, and one who is INSIDE may only leave. The second failure in a row takes the slot out of service, with an alarm.
absl::StatusOr<ProbeOutcome> RecordProbe(const Context& context, State& state, const ProbeRequest& request);

// A locker's own test, reported by the locker. Sealing needs a passed one.
absl::Status RecordSelfTest(const Context& context, State& state, const LockerId& locker, bool passed);

// What the sensor at a slot's door reported. The report itself is the record: this appends no event.
absl::Status RecordSlotDoor(const Context& context, State& state, const LockerId& locker, int32_t slot, SlotDoor door);

// ---- interview.cc

struct StartRequest {
  VisitId visit;
  CredentialId host_badge;  // the host's, where it was read; empty: the actor answers for it
};
// OPEN → IN_INTERVIEW.
absl::Status StartInterview(const Context& context, State& state, const StartRequest& request);

struct EndRequest {
  VisitId visit;
  bool by_timeout = false;
};
// IN_INTERVIEW → ENDED. Devices of those outside become RELEASE_READY; who has nothing in custody is RETURNED.
absl::Status EndInterview(const Context& context, State& state, const EndRequest& request);

// ---- presence.cc: the engine calls these whenever a door records a passage. Never refused.

// The person is now in `area` (any area). CLEARED or OUTSIDE → INSIDE for the visits whose area this is or lies around
// it; somebody who is not cleared stays what they are and raises ENTERED_NOT_CLEARED.
void OnEntered(const Context& context, State& state, const PersonId& person, const AreaId& area);

// The person is no longer in `area` nor in an area within it. INSIDE → OUTSIDE. `left_building` with a device in
// custody raises LEFT_WITHOUT_DEVICE.
void OnLeft(const Context& context, State& state, const PersonId& person, const AreaId& area, bool left_building);

// ---- departure.cc

struct ReleaseRequest {
  VisitId visit;
  DeviceId device;
  PersonId person;     // who stands at the desk, as the officer identified them
  Identity presented;  // how; where given, it is held against what was shown at check-in
  std::string seal;    // as read from the bag
  bool seal_intact = false;
  LockerId locker;  // the slot that it was taken from; empty: not compared
  int32_t slot = 0;
  std::string condition;
  bool participant_acknowledged = false;  // required; the officer's is the call itself
  bool visitor_badge_returned = false;
};
struct ReleaseOutcome {
  bool released = false;
  IncidentId incident;  // why not: WRONG_PERSON_AT_RELEASE, SEAL_MISMATCH or SEAL_BROKEN
  std::string message;  // what was presented and what is recorded; without personal data
  std::string reason;   // the incident's kind
};
// SEALED, VERIFIED or RELEASE_READY → RETURNED, once, to whoever handed the device in and is outside the area by
// record. The participant becomes RETURNED with the last device; before that a CLEARED or OUTSIDE one falls back to
// SCREENED.
absl::StatusOr<ReleaseOutcome> ReleaseDevice(const Context& context, State& state, const ReleaseRequest& request);

struct CloseRequest {
  VisitId visit;
  bool badges_returned = false;  // every visitor badge that is still out was handed in
};
// ENDED → CLOSED, or CLOSED_WITH_INCIDENT when there ever was one. Whoever never checked in has nothing to return.
absl::StatusOr<VisitState> CloseVisit(const Context& context, State& state, const CloseRequest& request);

// ---- reasons attached to refusals (ErrorInfo.reason)

inline constexpr char kVisitNotFound[] = "VISIT_NOT_FOUND";
inline constexpr char kParticipantNotFound[] = "PARTICIPANT_NOT_FOUND";
inline constexpr char kDeviceNotFound[] = "DEVICE_NOT_FOUND";
inline constexpr char kLockerNotFound[] = "LOCKER_NOT_FOUND";
inline constexpr char kBadgeNotFound[] = "BADGE_NOT_FOUND";
inline constexpr char kPersonNotFound[] = "PERSON_NOT_FOUND";
inline constexpr char kAreaNotFound[] = "AREA_NOT_FOUND";
inline constexpr char kVisitState[] = "VISIT_STATE";  // the visit's state does not allow the step
inline constexpr char kParticipantState[] = "PARTICIPANT_STATE";
inline constexpr char kDeviceState[] = "DEVICE_STATE";
inline constexpr char kOutsideWindow[] = "OUTSIDE_WINDOW";  // of time, for checking in
inline constexpr char kIdentityMismatch[] = "IDENTITY_MISMATCH";
inline constexpr char kPersonInactive[] = "PERSON_INACTIVE";
inline constexpr char kSealUsed[] = "SEAL_USED";
inline constexpr char kSlotOccupied[] = "SLOT_OCCUPIED";
inline constexpr char kSlotOutOfService[] = "SLOT_OUT_OF_SERVICE";
inline constexpr char kSlotOpen[] = "SLOT_OPEN";
inline constexpr char kSlotMismatch[] = "SLOT_MISMATCH";
inline constexpr char kLockerOutOfService[] = "LOCKER_OUT_OF_SERVICE";
inline constexpr char kSelfTestMissing[] = "SELF_TEST_MISSING";
inline constexpr char kAttenuationTooLow[] = "ATTENUATION_TOO_LOW";
inline constexpr char kDeviceNotQuarantined[] = "DEVICE_NOT_QUARANTINED";
inline constexpr char kDeviceInCustody[] = "DEVICE_IN_CUSTODY";
inline constexpr char kQuarantineIncomplete[] = "QUARANTINE_INCOMPLETE";
inline constexpr char kQuarantineIncident[] = "QUARANTINE_INCIDENT";
inline constexpr char kNdaMissing[] = "NDA_MISSING";
inline constexpr char kVisualSecurityOpen[] = "VISUAL_SECURITY_OPEN";
inline constexpr char kParticipantInside[] = "PARTICIPANT_INSIDE";
inline constexpr char kBadgeNotReturned[] = "BADGE_NOT_RETURNED";
inline constexpr char kOwnDevice[] = "OWN_DEVICE";

}  // namespace sallyport::quarantine
