#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "access/policies.h"
#include "base/persistent_map.h"
#include "base/secret.h"
#include "facility/event.h"
#include "facility/model.h"

// The decision: a credential presented at an access point becomes grant or deny, with the reason.
// Pure: everything it looks at comes in as an argument; what follows from it goes out in Decision and Effects.
namespace sallyport::access {

struct Presence {
  AreaId area;
  absl::Time since;
  AccessPointId by;
};

// The first half of a two-person entry, waiting for the second.
struct PendingPair {
  PersonId first;
  absl::Time at;
};

// Grants of the last seconds at an access point, newest last; what "badged beside" means for escorts.
struct RecentGrants {
  struct Grant {
    PersonId person;
    absl::Time at;
    bool passed = false;  // the door has opened for it
  };
  std::vector<Grant> grants;  // at most kRecentGrantsMax
};

struct PinFailures {
  int32_t count = 0;
  absl::Time locked_until = absl::InfinitePast();
};

struct State {
  PersistentMap<PersonId, Presence> presence;
  PersistentMap<AreaId, int32_t> occupancy;  // derived: people per area, those in inner areas included
  PersistentMap<AccessPointId, PendingPair> pairs;
  PersistentMap<AccessPointId, RecentGrants> recent;
  PersistentMap<PersonId, PinFailures> pin_failures;
};

// What the quarantine room knows about a person at this moment, as far as a door needs it.
struct VisitFacts {
  bool expected = false;           // takes part in some visit, past or present
  bool active = false;             // a visit of theirs is OPEN or IN_INTERVIEW now, in the area asked about
  bool scheduled_now = false;      // none is active, but one in that area is due: SCHEDULED and within its window
  bool cleared = false;            // CLEARED, INSIDE or OUTSIDE in it
  bool devices_in_custody = true;  // every declared device is VERIFIED or EXEMPT (true also when none was brought)
  bool devices_declared = false;   // declared, even if "none"
  bool incident = false;           // an open incident touches the visit or one of their devices
  std::string visit;               // id, for the record
  std::string participant_state;
  PersonId host;  // who may escort
};

struct CardBits {
  std::string bits;  // left-aligned, bit 0 is the most significant bit of the first byte
  uint32_t bit_count = 0;
};

struct Presented {
  AccessPointId access_point;
  std::variant<CardBits, CredentialId> credential;
  Secret pin;                                   // empty: none was given
  absl::Time read_time = absl::InfinitePast();  // InfinitePast: not given
};

// Everything a decision may depend on.
struct World {
  const facility::State& facility;
  const State& access;
  const Policies& policies;
  // Called with the person and the area in question, at most once a person (a pair is two): the area that the access
  // point leads into or, when it lies in an interview area, that interview area.
  const std::function<VisitFacts(const PersonId&, const facility::Area&)>& visit_facts;
  absl::Time now;
  absl::Duration read_age_max = absl::Seconds(5);  // an older read is refused
  const Secret& digest_key;                        // keys the digests of PINs and of unknown cards
};

struct Decision {
  DecisionEvent event;  // what the log gets
  std::string message;  // one line for a display, in the site's language
  uint32_t unlock_seconds = 0;
  std::vector<int32_t> floors;
  absl::Time valid_until = absl::InfinitePast();
  std::vector<AlarmEvent> alarms;  // to raise: action, id and time are the engine's
  bool granted() const { return event.grant; }
};

// Decides, and applies what follows at once (pending pairs, recent grants, PIN failures, and presence where the access
// point counts a grant as passage). NOT_FOUND with a field violation when the access point does not exist; every other
// problem is a decision, DENY with its reason. Cost: a few microseconds, whatever the facility's size.
absl::StatusOr<Decision> Decide(const World& world, const Presented& presented, State& state);

// A lockdown, of a door or of the site, voids what has begun: call this whenever a door mode or a threat level changes.
void VoidPendingPairs(State& state);

// The door reported that it opened after a grant: the person is now where the access point leads. So is everybody else
// whose grant there is still good and had no opening yet: the other half of a pair, the escort, the visitor.
void RecordPassage(const facility::State& facility, const AccessPointId& access_point, const PersonId& person,
                   absl::Time at, State& state);

// The last grant at this access point that its opening may belong to (within its unlock time), or empty.
PersonId LastGrant(const facility::State& facility, const State& state, const AccessPointId& access_point,
                   absl::Time at);

// Where the person is, what they have begun and how often they mistyped a PIN is no longer known.
void ForgetPerson(const facility::State& facility, const PersonId& person, State& state);

// Rebuilds State::occupancy from presence; after a restart or a changed facility.
void RebuildOccupancy(const facility::State& facility, State& state);

// What would be decided, and why. Changes nothing.
struct ExplainRequest {
  PersonId person;                     // or a credential as presented
  Presented presented;                 // access point is always set
  std::string context_overrides_json;  // JSON object merged over the Cedar context; empty: none
};
struct Explanation {
  Decision decision;
  struct PolicyVerdict {
    std::string policy;
    std::string effect;   // "permit", "forbid"
    std::string verdict;  // "satisfied", "not satisfied", "error: …"
    std::string reason;   // @reason
    std::string advice;   // @advice
  };
  std::vector<PolicyVerdict> policies;  // those whose scope matches
  std::string facts_json;               // the Cedar request: principal with attributes, action, resource, context
  std::vector<std::string> hints;       // what would have to change, in words: "briefing … expired on …"
};
absl::StatusOr<Explanation> Explain(const World& world, const ExplainRequest& request, const State& state);

}  // namespace sallyport::access
