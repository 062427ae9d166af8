#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "alarms/model.h"

// What happens to an alarm: raised, repeated, acknowledged, resolved. When a function returns an error, neither the
// state nor the list of events has changed.
namespace sallyport::alarms {

struct Context {
  absl::Time now;
  OperatorId actor;
  std::function<std::string()> new_id;  // a fresh unique id a call
  std::vector<Event>& events;           // what happened is appended here
};

struct RaiseRequest {
  std::string kind;
  std::string object;
  PersonId person;
  Pairs facts;
};

// A new alarm with the priority of its kind, event "raised". While one of the same kind and object is open, that one
// counts it instead (event "repeated") and asks for attention again when it had been acknowledged. Never refused.
AlarmId Raise(const Context& context, State& state, const RaiseRequest& request);

// Rooms that cannot see this one ask for an alarm by an AlarmEvent without `action` and `alarm`. Raises each of those
// in context.events and puts what really happened in its place.
void RaisePending(const Context& context, State& state);

// RAISED → ACKNOWLEDGED, with an optional note. NOT_FOUND; FAILED_PRECONDITION (ALARM_STATE) in any other state.
absl::Status Acknowledge(const Context& context, State& state, const AlarmId& alarm, absl::string_view note);

// RAISED or ACKNOWLEDGED → RESOLVED, with a note that says how. NOT_FOUND, INVALID_ARGUMENT without a note,
// FAILED_PRECONDITION (ALARM_STATE) when it is resolved already.
absl::Status Resolve(const Context& context, State& state, const AlarmId& alarm, absl::string_view note);

// Puts `alias` where alarms name the person. Notes on those alarms go, and so does any note and fact for whose text
// `mentions` is true. Costs a look at every alarm.
void ForgetPerson(const PersonId& person, const PersonId& alias, const std::function<bool(absl::string_view)>& mentions,
                  State& state);

// How urgent a kind of alarm is; kMedium for kinds not listed.
Priority PriorityOf(absl::string_view kind);

// Rebuilds State::open, after a restart.
void RebuildIndex(State& state);

}  // namespace sallyport::alarms
