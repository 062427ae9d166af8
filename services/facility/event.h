#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "facility/ids.h"

// What a command wants written into the log. Every room speaks in these; the engine turns each into one record.
// Whatever stands under `personal` or names a person never enters the leaf: it is sealed under that person's key.
namespace sallyport {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// A credential was presented and decided on.
struct DecisionEvent {
  AccessPointId access_point;
  AreaId area;                       // where it leads
  PersonId person;                   // empty: unknown credential
  CredentialId credential;           // empty: unknown credential
  bool grant = false;
  std::string reason;                // reasons.md
  std::vector<std::string> also;     // the further reasons that applied
  std::vector<std::string> policies; // determining policies' ids
  std::vector<std::string> obligations;
  std::string facts;                 // the Cedar request as JSON, for explaining and replaying; personal
  std::string card_digest;           // unknown credential: keyed digest of what was presented
  absl::Time read_time = absl::InfinitePast();
  bool exit = false;
};

// A door, reader or sensor reported something: "opened", "closed", "forced", "held_open", "tamper", …
struct DeviceEvent {
  std::string kind;
  AccessPointId access_point;
  std::string detail;
  PersonId person;                   // whose grant the opening belongs to; empty: nobody's
  absl::Time device_time = absl::InfinitePast();
};

// A step of the quarantine workflow: "visit.checked_in", "device.sealed", …
struct StepEvent {
  std::string action;
  VisitId visit;
  PersonId person;                   // the participant; empty: the visit as a whole
  Pairs facts;                       // seal number, slot, readings: no personal data
  Pairs personal;                    // description of a device, document digits
};

// Somebody or something changed the directory, the facility, a policy set, an operator or a mode.
struct ChangeEvent {
  std::string action;                // "person.created", "facility.applied", "policy.activated", …
  std::string object;                // what was changed: id of an area, level, policy set; never a person's
  PersonId person;                   // whose personal fields are inside; empty: none
  Pairs facts;
  Pairs personal;
};

// An alarm was raised, acknowledged or resolved.
struct AlarmEvent {
  std::string action;                // "raised", "acknowledged", "resolved"
  AlarmId alarm;
  std::string kind;                  // "FORCED", "LEFT_WITHOUT_DEVICE", …
  std::string object;
  PersonId person;
  Pairs facts;
};

// Personal data was asked for: who asked (the record's actor) and for what.
struct DisclosureEvent {
  std::string method;
  PersonId person;                   // empty: not about one person
  std::string query;                 // filters; ids of people are left out of it
};

// The log itself: "genesis", "started", "stopped", "heartbeat", "clock_step".
struct SystemEvent {
  std::string action;
  Pairs facts;
};

using Event = std::variant<DecisionEvent, DeviceEvent, StepEvent, ChangeEvent, AlarmEvent, DisclosureEvent, SystemEvent>;

}  // namespace sallyport
