#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/id.h"
#include "base/persistent_map.h"
#include "facility/ids.h"

// What the device quarantine knows. Plain values; the functions of workflow.h keep them consistent, and names.h has
// every enumerator's name as the log and the API write it.
namespace sallyport::quarantine {

using IncidentId = Id<struct IncidentTag>;

enum class VisitState { kScheduled, kOpen, kInInterview, kEnded, kClosed, kCancelled, kClosedWithIncident };
enum class ParticipantState {
  kExpected,
  kCheckedIn,
  kDeclared,
  kScreened,
  kCleared,
  kInside,
  kOutside,
  kReturned,
  kRefused,
  kRemoved
};
enum class DeviceState {
  kDeclared,
  kSealed,
  kVerified,
  kReleaseReady,
  kReturned,
  kExempt,
  kIncident,
  kHeld,  // legal hold
  kUnclaimed
};
enum class DeviceKind { kPhone, kWatch, kLaptop, kEarbuds, kGlasses, kMedical, kOther };
enum class Role { kCandidate, kInterviewer };
enum class DocumentKind { kNone, kBadge, kPassport, kIdCard, kDrivingLicence, kOther };
enum class ScreeningMethod { kWand, kPortal, kVisual };
enum class ScreeningResult { kNone, kPassed, kFound, kRefused };  // kFound: a device that was not declared
enum class Confirmation { kNone, kBadge, kSignature };
enum class SlotDoor { kUnknown, kClosed, kOpen };  // kUnknown: the slot has no such sensor
enum class SlotLoad { kUnknown, kEmpty, kOccupied };
enum class IncidentKind {
  kUndeclaredDevice,
  kSealBroken,
  kSealMismatch,
  kSlotOpenedWhileOccupied,
  kSlotEmptyBySensor,
  kAttenuationLost,
  kDeviceTransmitted,
  kDeviceInArea,
  kWrongPersonAtRelease,
  kLeftWithoutDevice,
  kLostClaim,
  kDeviceDamaged,
  kEvacuation,
  kLegalHold
};

// How somebody showed who they are: by a badge of theirs, or by a document, of which the last characters are kept.
// Personal.
struct Identity {
  DocumentKind document = DocumentKind::kNone;
  std::string last4;   // 1 to 4 letters or digits; empty with a badge
  CredentialId badge;  // which badge, where it was read; empty otherwise
  friend bool operator==(const Identity&, const Identity&) = default;
};

struct Participant {
  PersonId person;
  Role role = Role::kCandidate;
  ParticipantState state = ParticipantState::kExpected;
  Identity identity;           // shown at check-in
  CredentialId visitor_badge;  // issued at check-in; empty: none
  bool visitor_badge_returned = false;
  bool nda = false;               // signed at the desk when clearing; one in the directory counts too
  bool declared = false;          // devices or an explicit "none"
  std::vector<DeviceId> devices;  // everything ever declared in this visit, in order
  ScreeningResult screening = ScreeningResult::kNone;
  bool in_area = false;  // inside the interview area by the doors' records, whatever the state
  absl::Time checked_in_at = absl::InfinitePast();
  absl::Time step_at = absl::InfinitePast();           // the last change of `state`; what waiting is counted from
  absl::Time left_building_at = absl::InfinitePast();  // with a device in custody
  friend bool operator==(const Participant&, const Participant&) = default;
};

struct Visit {
  VisitId id;
  AreaId area;
  PersonId host;
  absl::Time start;
  absl::Time end;  // exclusive
  VisitState state = VisitState::kScheduled;
  std::vector<Participant> participants;
  std::vector<IncidentId> incidents;  // every one that ever touched it, open or not
  absl::Time created_at = absl::InfinitePast();
  absl::Time opened_at = absl::InfinitePast();
  absl::Time started_at = absl::InfinitePast();
  absl::Time ended_at = absl::InfinitePast();
  absl::Time closed_at = absl::InfinitePast();  // or cancelled
  friend bool operator==(const Visit&, const Visit&) = default;
};

struct BandReading {
  std::string band;  // as the instrument names it: "2.4 GHz"
  double attenuation_db = 0;
  friend bool operator==(const BandReading&, const BandReading&) = default;
};

struct Probe {
  std::vector<BandReading> readings;
  std::optional<bool> reachable;  // a reachability test: did the sealed device answer
  double required_db = 0;         // of the locker, at that moment
  std::string instrument;
  std::string slot;
  absl::Time at;
  bool passed = false;
  friend bool operator==(const Probe&, const Probe&) = default;
};

// One device in one slot under one seal, from one handover to one return.
struct Custody {
  LockerId locker;
  int32_t slot = 0;
  std::string seal;
  absl::Time sealed_at = absl::InfinitePast();
  std::vector<std::string> photo_digests;
  std::string condition;      // at handover
  std::vector<Probe> probes;  // newest last
  absl::Time verified_at = absl::InfinitePast();
  absl::Time ended_at = absl::InfiniteFuture();  // InfiniteFuture: the device is still in custody
  std::string return_condition;
  bool open() const { return ended_at == absl::InfiniteFuture(); }
  friend bool operator==(const Custody&, const Custody&) = default;
};

struct Device {
  DeviceId id;
  VisitId visit;
  PersonId participant;  // who brought it and gets it back
  DeviceKind kind = DeviceKind::kOther;
  std::string description;  // personal
  std::string condition;    // personal
  DeviceState state = DeviceState::kDeclared;
  absl::Time declared_at = absl::InfinitePast();
  std::optional<Custody> custody;  // none before it is sealed
  bool in_custody() const { return custody.has_value() && custody->open(); }
  friend bool operator==(const Device&, const Device&) = default;
};

// Present in State once something happened in it; an absent slot is empty and in service.
struct Slot {
  LockerId locker;
  int32_t number = 0;
  DeviceId device;             // empty: free by record
  int32_t probe_failures = 0;  // in a row
  bool out_of_service = false;
  SlotDoor door = SlotDoor::kUnknown;
  SlotLoad load = SlotLoad::kUnknown;
  friend bool operator==(const Slot&, const Slot&) = default;
};

// A seal number is used once, ever.
struct SealUse {
  DeviceId device;
  VisitId visit;
  std::string slot;
  absl::Time at;
  friend bool operator==(const SealUse&, const SealUse&) = default;
};

// What a locker reported about itself. The later of this and facility::Locker::self_test_at counts.
struct LockerTest {
  LockerId locker;
  absl::Time at = absl::InfinitePast();
  bool passed = false;
  friend bool operator==(const LockerTest&, const LockerTest&) = default;
};

struct Incident {
  IncidentId id;
  IncidentKind kind = IncidentKind::kUndeclaredDevice;
  VisitId visit;
  PersonId person;     // empty: not about one participant
  DeviceId device;     // empty: not about one device
  std::string object;  // slot or locker; may be empty
  absl::Time opened_at = absl::InfinitePast();
  absl::Time closed_at = absl::InfiniteFuture();
  std::string finding;  // how it was resolved; personal
  OperatorId resolved_by;
  OperatorId second;  // the second person, where the kind needs one
  bool open() const { return closed_at == absl::InfiniteFuture(); }
  friend bool operator==(const Incident&, const Incident&) = default;
};

// The visits that a person takes or took part in, newest last.
struct PersonVisits {
  std::vector<VisitId> visits;
  friend bool operator==(const PersonVisits&, const PersonVisits&) = default;
};

// Everything as one value: copying it is cheap, a copy never changes.
struct State {
  PersistentMap<VisitId, Visit> visits;
  PersistentMap<DeviceId, Device> devices;
  PersistentMap<std::string, Slot> slots;     // by SlotKey: "L1/4"
  PersistentMap<std::string, SealUse> seals;  // by seal number
  PersistentMap<LockerId, LockerTest> locker_tests;
  PersistentMap<IncidentId, Incident> incidents;
  PersistentMap<PersonId, PersonVisits> visits_of;  // derived from visits; see RebuildIndex
};

// "L1/4": locker and slot number, the form in the log, the API and State::slots.
std::string SlotKey(const LockerId& locker, int32_t slot);

// Rebuilds State::visits_of from the visits, after a restart. Cost: one pass over all visits.
void RebuildIndex(State& state);

// Null when the person does not take part.
const Participant* FindParticipant(const Visit& visit, const PersonId& person);

}  // namespace sallyport::quarantine
