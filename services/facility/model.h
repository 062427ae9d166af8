#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/persistent_map.h"
#include "facility/ids.h"

// What a facility is made of. Plain values; every rule about them stands in the room that decides by it.
namespace sallyport::facility {

enum class ThreatLevel { kNormal, kElevated, kLockdown };
enum class DoorMode { kNormal, kUnlocked, kLockedDown };  // kUnlocked: held open for everybody, reads are still recorded
enum class AntiPassback { kOff, kSoft, kHard };           // soft: granted and noted; hard: refused
enum class PersonKind { kEmployee, kContractor, kVisitor, kCandidate };
enum class PersonStatus { kActive, kSuspended, kLeft };
enum class CredentialStatus { kActive, kDisabled, kLost, kStolen };
enum class VisualSecurity { kNotRequired, kUnconfirmed, kConfirmed };  // are the blinds known to be down

struct Site {
  SiteId id;
  std::string name;
  std::string time_zone;  // IANA, "Asia/Seoul"
  std::string language = "en";
  std::set<absl::CivilDay> holidays;
  std::vector<std::string> card_formats;  // that its readers send, the first that fits counts; empty: H10301, raw
  ThreatLevel threat_level = ThreatLevel::kNormal;
};

struct Floor {
  FloorId id;
  SiteId site;
  std::string name;
  int32_t level = 0;  // 0 is the ground floor
};

// A space that people are in. Areas nest: who may enter an inner area still passes the outer ones by their doors.
struct Area {
  AreaId id;
  std::string name;
  FloorId floor;
  std::optional<AreaId> parent;
  bool restricted = false;
  bool interview = false;               // entered through the device-quarantine workflow
  bool staff_custody = false;           // interviewers' own devices must be in custody too
  bool visual_security = false;         // blinds must be confirmed down
  bool escort_visitors = false;         // visitors and candidates need their escort's badge within the window
  int32_t clearance_min = 0;
  std::string briefing;                 // name of the briefing that entering needs; empty: none
  int32_t briefing_days_max = 365;      // its age in days at most
  std::string project;                  // membership that entering needs; empty: none
  bool nda = false;
  bool two_person = false;              // enter in pairs
  int32_t two_person_seconds = 30;      // between the two reads
  int32_t occupancy_max = 0;            // 0: no limit
  int32_t occupancy_min = 0;            // an alarm when fewer (but not none) stay
  AntiPassback anti_passback = AntiPassback::kOff;
  // State, set by SetAreaState and by sensors; kept over ApplyFacility.
  bool visual_security_confirmed = false;
  absl::Time visual_security_at = absl::InfinitePast();
  int32_t visual_security_seconds_max = 900;  // an older confirmation counts as none
};

// One side of a door, with a reader: passing it leads from `from` to `to`. The outside world is an area too.
struct AccessPoint {
  AccessPointId id;
  std::string name;
  AreaId from;
  AreaId to;
  std::string reader;                 // the reader's own id at its gateway
  std::string door;                   // both sides of a door share it; empty: a door of its own
  int32_t unlock_seconds = 5;         // 1 to 255
  bool exit = false;                  // leads out: recorded, never refused
  bool presence_on_grant = false;     // no door sensor: a grant counts as having passed
  bool pin_required = false;
  std::vector<std::string> formats;   // card formats that the reader sends; empty: the site's
  std::vector<int32_t> lift_floors;   // what a grant here lets the lift serve
  DoorMode mode = DoorMode::kNormal;  // state, set by SetDoorMode
};

// Civil time of the site. Empty intervals: never.
struct Schedule {
  struct Interval {
    std::set<absl::Weekday> days;
    int32_t start_minute = 0;    // minutes of the day, 0 to 1440
    int32_t end_minute = 1440;   // exclusive
    bool on_holidays = false;    // holidays are closed days unless an interval says otherwise
  };
  ScheduleId id;
  std::string name;
  std::vector<Interval> intervals;
};

struct AccessLevel {
  // Where the level lets its holders in, and when. Exactly one of the three ids is set.
  struct Entry {
    AreaId area;                // every access point that leads into it or into an area within it
    AccessPointId access_point;
    FloorId floor;              // every area of the floor
    ScheduleId schedule;        // empty: always
  };
  AccessLevelId id;
  std::string name;
  std::vector<Entry> entries;
};

struct LevelGrant {
  AccessLevelId level;
  absl::Time from = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
};

struct Person {
  PersonId id;
  std::string name;
  std::string email;
  PersonKind kind = PersonKind::kEmployee;
  std::string department;
  PersonStatus status = PersonStatus::kActive;
  absl::Time valid_from = absl::InfinitePast();
  absl::Time valid_until = absl::InfiniteFuture();  // exclusive
  int32_t clearance = 0;
  std::set<std::string> projects;
  std::map<std::string, absl::Time> briefings;      // briefing → when it was given
  absl::Time nda_until = absl::InfinitePast();      // a signed agreement is valid until then
  std::vector<LevelGrant> levels;
  PersonId escort;                                  // a visitor's escort (the host); empty: none
  std::string pin_digest;                           // keyed digest; empty: no PIN
  // Kept by the engine: the pseudonym in the log, and the person's sealing key wrapped by the key-encryption key.
  std::string subject_ref;
  std::string wrapped_key;
};

// What is on a card. `format` "raw" compares all bits, others compare facility code and number.
struct CardNumber {
  std::string format;            // "H10301", "raw", …
  uint32_t facility_code = 0;
  uint64_t number = 0;
  std::string raw;               // format "raw": bit count and left-aligned bytes in upper-case hex, "26:BD88EB80"
  friend bool operator==(const CardNumber&, const CardNumber&) = default;
  std::string Key() const;       // unique text form, the index of State::credential_by_card
};

struct Credential {
  CredentialId id;
  PersonId person;
  CardNumber card;
  CredentialStatus status = CredentialStatus::kActive;
  absl::Time valid_from = absl::InfinitePast();
  absl::Time valid_until = absl::InfiniteFuture();
  std::string label;             // what is printed on it
};

// A Faraday enclosure with numbered slots, 1 to `slots`.
struct Locker {
  LockerId id;
  std::string name;
  AreaId area;
  int32_t slots = 0;
  double attenuation_db_min = 60;
  bool in_service = true;
  absl::Time self_test_at = absl::InfinitePast();
};

// The facility as one value: copying it is cheap, a copy never changes.
struct State {
  PersistentMap<SiteId, Site> sites;
  PersistentMap<FloorId, Floor> floors;
  PersistentMap<AreaId, Area> areas;
  PersistentMap<AccessPointId, AccessPoint> access_points;
  PersistentMap<ScheduleId, Schedule> schedules;
  PersistentMap<AccessLevelId, AccessLevel> levels;
  PersistentMap<LockerId, Locker> lockers;
  PersistentMap<PersonId, Person> people;
  PersistentMap<CredentialId, Credential> credentials;
  PersistentMap<std::string, CredentialId> credential_by_card;  // derived: CardNumber::Key() → credential
  std::string document_hash;  // SHA-256 (hex) of the facility file applied last
};

}  // namespace sallyport::facility
