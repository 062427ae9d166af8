#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/persistent_map.h"
#include "facility/event.h"
#include "facility/ids.h"

namespace sallyport::alarms {

enum class AlarmState { kRaised, kAcknowledged, kResolved };
enum class Priority { kLow, kMedium, kHigh, kCritical };

struct Note {
  OperatorId author;
  absl::Time at;
  std::string text;
  friend bool operator==(const Note&, const Note&) = default;
};

struct Alarm {
  AlarmId id;
  std::string kind;  // "FORCED", "LEFT_WITHOUT_DEVICE", …
  Priority priority = Priority::kMedium;
  std::string object;  // access point, slot, visit or area
  PersonId person;     // whom it is about; empty: nobody
  AlarmState state = AlarmState::kRaised;
  absl::Time raised_at = absl::InfinitePast();
  absl::Time last_at = absl::InfinitePast();  // the latest repeat
  int64_t count = 1;                          // how often it was raised while open
  Pairs facts;                                // of the latest one
  absl::Time acknowledged_at = absl::InfinitePast();
  OperatorId acknowledged_by;
  absl::Time resolved_at = absl::InfinitePast();
  OperatorId resolved_by;
  std::vector<Note> notes;
  bool open() const { return state != AlarmState::kResolved; }
  friend bool operator==(const Alarm&, const Alarm&) = default;
};

struct State {
  PersistentMap<AlarmId, Alarm> alarms;
  PersistentMap<std::string, AlarmId> open;  // derived: kind and object → the open alarm; see RebuildIndex
};

absl::string_view Name(AlarmState state);   // "RAISED"
absl::string_view Name(Priority priority);  // "CRITICAL"

}  // namespace sallyport::alarms
