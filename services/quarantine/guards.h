#pragma once

#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "facility/event.h"
#include "facility/model.h"
#include "quarantine/model.h"
#include "quarantine/workflow.h"

// Look-ups, guards and small steps that the transitions share. Internal to this room.
//
// A transition takes copies of what it will change, checks, and puts the copies back at its end: that is what keeps the
// state as it was when a guard refuses.
namespace sallyport::quarantine {

// FAILED_PRECONDITION with a reason.
absl::Status Refuse(absl::string_view reason, absl::string_view message);
// INVALID_ARGUMENT when `text` is longer than kTextBytesMax.
absl::Status CheckText(absl::string_view field, absl::string_view text);

// NOT_FOUND, with the reason that names the kind of thing.
absl::StatusOr<Visit> CopyVisit(const State& state, const VisitId& id);
absl::StatusOr<Participant*> ParticipantOf(Visit& visit, const PersonId& person);
absl::StatusOr<Device> CopyDevice(const State& state, const Visit& visit, const DeviceId& id);
absl::StatusOr<facility::Locker> CopyLocker(const facility::State& facility, const LockerId& id);
// The slot, empty and in service when nothing happened in it yet; INVALID_ARGUMENT when the locker has no such slot.
absl::StatusOr<Slot> CopySlot(const State& state, const facility::Locker& locker, int32_t number);

// VISIT_STATE, PARTICIPANT_STATE, DEVICE_STATE: what it is, and which states `step` needs.
absl::Status Require(const Visit& visit, std::initializer_list<VisitState> states, absl::string_view step);
absl::Status Require(const Participant& participant, std::initializer_list<ParticipantState> states,
                     absl::string_view step);
absl::Status Require(const Device& device, std::initializer_list<DeviceState> states, absl::string_view step);

// PERMISSION_DENIED when the operator is the participant.
absl::Status RequireNotOwn(const Context& context, const PersonId& participant);
// NOT_FOUND when there is no such badge, IDENTITY_MISMATCH when it is somebody else's.
absl::Status RequireBadgeOf(const Context& context, const CredentialId& badge, const PersonId& person);
// QUARANTINE_INCIDENT when an open incident touches this participant.
absl::Status RequireNoIncident(const State& state, const Visit& visit, const Participant& participant);

// Must this participant be cleared before the interview, or only be there?
bool MustClear(const facility::State& facility, const Visit& visit, const Participant& participant);
bool Finished(const Visit& visit);               // CLOSED, CLOSED_WITH_INCIDENT, CANCELLED
bool Final(const Participant& participant);      // RETURNED, REFUSED, REMOVED
bool IsCleared(const Participant& participant);  // CLEARED, INSIDE, OUTSIDE
// Nothing of theirs is outside custody, as DoorFacts::devices_in_custody says.
bool DevicesSecured(const State& state, const Visit& visit, const Participant& participant);
bool HasCustody(const State& state, const Participant& participant);
// Does the incident touch this participant: it names them, or neither a person nor a device.
bool Touches(const Incident& incident, const PersonId& person);
// The first open incident of the visit that touches the person; null when there is none.
const Incident* OpenIncident(const State& state, const Visit& visit, const PersonId& person);
// `area` is `around` or lies within it.
bool Within(const facility::State& facility, const AreaId& area, const AreaId& around);
// The last self-test of a locker and whether sealing for `visit` may rely on it (SELF_TEST_MISSING).
absl::Status RequireSelfTest(const State& state, const facility::Locker& locker, const Visit& visit);

// Appends to the events.
void Emit(const Context& context, absl::string_view action, const VisitId& visit, const PersonId& person,
          Pairs facts = {}, Pairs personal = {});
void AskForAlarm(const Context& context, absl::string_view kind, absl::string_view object, const PersonId& person,
                 Pairs facts = {});
void Move(const Context& context, Participant& participant, ParticipantState state);
// Opens an incident with its event and alarm; RESOURCE_EXHAUSTED when the visit has kIncidentsPerVisitMax.
absl::StatusOr<IncidentId> AddIncident(const Context& context, State& state, Visit& visit, IncidentKind kind,
                                       const PersonId& person, const DeviceId& device, absl::string_view object);
// After the end: what was VERIFIED is RELEASE_READY for whoever is outside, and who has nothing in custody is RETURNED.
void SettleAfterEnd(const Context& context, State& state, const Visit& visit, Participant& participant);
// Adds to State::visits_of; beyond kVisitsPerPersonMax the oldest finished visit leaves it.
void AddToIndex(State& state, const PersonId& person, const VisitId& visit);

void Put(State& state, const Visit& visit);
void Put(State& state, const Device& device);
void Put(State& state, const Slot& slot);

std::string Utc(absl::Time time);  // RFC 3339, UTC
std::string FormatDb(double db);   // "41", "41.5"

}  // namespace sallyport::quarantine
