#include "alarms/alarms.h"

#include <algorithm>
#include <array>
#include <variant>

#include "absl/strings/str_cat.h"
#include "alarms/limits.h"
#include "base/status.h"

namespace sallyport::alarms {
namespace {

struct KindPriority {
  absl::string_view kind;
  Priority priority;
};

// Sorted by kind.
constexpr std::array kPriorities = {
    KindPriority{"ANTIPASSBACK_VIOLATION", Priority::kMedium},
    KindPriority{"ATTENUATION_LOST", Priority::kHigh},
    KindPriority{"BADGE_NOT_RETURNED", Priority::kMedium},
    KindPriority{"CREDENTIAL_LOST", Priority::kHigh},
    KindPriority{"CREDENTIAL_STOLEN", Priority::kCritical},
    KindPriority{"DEVICE_DAMAGED", Priority::kMedium},
    KindPriority{"DEVICE_IN_AREA", Priority::kCritical},
    KindPriority{"DEVICE_TRANSMITTED", Priority::kHigh},
    KindPriority{"DURESS", Priority::kCritical},
    KindPriority{"ENTERED_NOT_CLEARED", Priority::kCritical},
    KindPriority{"EVACUATION", Priority::kCritical},
    KindPriority{"FORCED", Priority::kCritical},
    KindPriority{"HELD_OPEN", Priority::kMedium},
    KindPriority{"LEFT_WITHOUT_DEVICE", Priority::kHigh},
    KindPriority{"LEGAL_HOLD", Priority::kHigh},
    KindPriority{"LOST_CLAIM", Priority::kMedium},
    KindPriority{"OCCUPANCY_MINIMUM", Priority::kHigh},
    KindPriority{"PIN_LOCKED_OUT", Priority::kHigh},
    KindPriority{"POLICY_ERROR", Priority::kCritical},
    KindPriority{"READER_OFFLINE", Priority::kHigh},
    KindPriority{"SEAL_BROKEN", Priority::kHigh},
    KindPriority{"SEAL_MISMATCH", Priority::kHigh},
    KindPriority{"SLOT_EMPTY_BY_SENSOR", Priority::kHigh},
    KindPriority{"SLOT_OPENED_WHILE_OCCUPIED", Priority::kHigh},
    KindPriority{"SLOT_OUT_OF_SERVICE", Priority::kLow},
    KindPriority{"SYSTEM_ERROR", Priority::kCritical},
    KindPriority{"TAMPER", Priority::kCritical},
    KindPriority{"UNDECLARED_DEVICE", Priority::kHigh},
    KindPriority{"WRONG_PERSON_AT_RELEASE", Priority::kHigh},
};

// Neither kinds nor objects contain a line break.
std::string OpenKey(absl::string_view kind, absl::string_view object) { return absl::StrCat(kind, "\n", object); }

const Alarm* FindOpen(const State& state, const RaiseRequest& request) {
  const AlarmId* id = state.open.Find(OpenKey(request.kind, request.object));
  return id == nullptr ? nullptr : state.alarms.Find(*id);
}

AlarmEvent EventOf(const Alarm& alarm, absl::string_view action, Pairs facts) {
  return {std::string(action), alarm.id, alarm.kind, alarm.object, alarm.person, std::move(facts)};
}

// Raises or repeats; the event is the caller's to place.
AlarmEvent RaiseOne(const Context& context, State& state, const RaiseRequest& request) {
  Alarm alarm;
  if (const Alarm* open = FindOpen(state, request)) {
    alarm = *open;
    ++alarm.count;
  } else {
    alarm.id = AlarmId(context.new_id());
    alarm.kind = request.kind;
    alarm.priority = PriorityOf(request.kind);
    alarm.object = request.object;
    alarm.raised_at = context.now;
    state.open.Put(OpenKey(alarm.kind, alarm.object), alarm.id);
  }
  alarm.state = AlarmState::kRaised;
  alarm.person = request.person;
  alarm.last_at = context.now;
  alarm.facts = request.facts;
  AlarmEvent event = EventOf(alarm, alarm.count == 1 ? "raised" : "repeated", request.facts);
  state.alarms.Put(event.alarm, std::move(alarm));
  return event;
}

absl::StatusOr<Alarm> CopyAlarm(const State& state, const AlarmId& id) {
  if (const Alarm* alarm = state.alarms.Find(id)) return *alarm;
  return absl::NotFoundError(absl::StrCat("alarm ", id.value(), ": not found"));
}

absl::Status Refuse(const Alarm& alarm, absl::string_view step, absl::string_view needed) {
  return WithReason(absl::FailedPreconditionError(absl::StrCat("alarm ", alarm.id.value(), " is ", Name(alarm.state),
                                                               "; to ", step, " it must be ", needed)),
                    "ALARM_STATE");
}

absl::Status CheckNote(absl::string_view note) {
  if (note.size() <= kNoteBytesMax) return absl::OkStatus();
  return FieldError("note", absl::StrCat("has ", note.size(), " bytes, at most ", kNoteBytesMax, " are kept"));
}

// The note's text stays beside the log: it may name people.
void AddNote(const Context& context, absl::string_view text, Alarm& alarm) {
  if (text.empty()) return;
  if (alarm.notes.size() >= kNotesMax) alarm.notes.erase(alarm.notes.begin());
  alarm.notes.push_back({context.actor, context.now, std::string(text)});
}

Pairs NoteFacts(absl::string_view note) { return note.empty() ? Pairs() : Pairs{{"note", "yes"}}; }

}  // namespace

AlarmId Raise(const Context& context, State& state, const RaiseRequest& request) {
  AlarmEvent event = RaiseOne(context, state, request);
  AlarmId id = event.alarm;
  context.events.push_back(std::move(event));
  return id;
}

void RaisePending(const Context& context, State& state) {
  for (Event& event : context.events) {
    auto* pending = std::get_if<AlarmEvent>(&event);
    if (pending == nullptr || !pending->action.empty() || !pending->alarm.empty()) continue;
    const RaiseRequest request{std::move(pending->kind), std::move(pending->object), std::move(pending->person),
                               std::move(pending->facts)};
    event = RaiseOne(context, state, request);
  }
}

absl::Status Acknowledge(const Context& context, State& state, const AlarmId& alarm, absl::string_view note) {
  SP_RETURN_IF_ERROR(CheckNote(note));
  SP_ASSIGN_OR_RETURN(Alarm changed, CopyAlarm(state, alarm));
  if (changed.state != AlarmState::kRaised) return Refuse(changed, "acknowledge", Name(AlarmState::kRaised));
  changed.state = AlarmState::kAcknowledged;
  changed.acknowledged_at = context.now;
  changed.acknowledged_by = context.actor;
  AddNote(context, note, changed);
  context.events.push_back(EventOf(changed, "acknowledged", NoteFacts(note)));
  state.alarms.Put(alarm, std::move(changed));
  return absl::OkStatus();
}

absl::Status Resolve(const Context& context, State& state, const AlarmId& alarm, absl::string_view note) {
  if (note.empty()) return FieldError("note", "is empty; resolving an alarm needs a word on what was found");
  SP_RETURN_IF_ERROR(CheckNote(note));
  SP_ASSIGN_OR_RETURN(Alarm changed, CopyAlarm(state, alarm));
  if (!changed.open()) {
    return Refuse(changed, "resolve", absl::StrCat(Name(AlarmState::kRaised), " or ", Name(AlarmState::kAcknowledged)));
  }
  changed.state = AlarmState::kResolved;
  changed.resolved_at = context.now;
  changed.resolved_by = context.actor;
  AddNote(context, note, changed);
  context.events.push_back(EventOf(changed, "resolved", NoteFacts(note)));
  state.open.Erase(OpenKey(changed.kind, changed.object));
  state.alarms.Put(alarm, std::move(changed));
  return absl::OkStatus();
}

void ForgetPerson(const PersonId& person, const PersonId& alias, const std::function<bool(absl::string_view)>& mentions,
                  State& state) {
  const auto alarms = state.alarms;
  alarms.ForEach([&](const AlarmId& id, const Alarm& known) {
    Alarm alarm = known;
    const bool about = alarm.person == person;
    if (about) alarm.person = alias;
    std::erase_if(alarm.notes, [&](const Note& note) { return about || mentions(note.text); });
    std::erase_if(alarm.facts, [&](const auto& fact) { return mentions(fact.second); });
    if (!(alarm == known)) state.alarms.Put(id, std::move(alarm));
  });
}

Priority PriorityOf(absl::string_view kind) {
  const auto* found = std::lower_bound(kPriorities.begin(), kPriorities.end(), kind,
                                       [](const KindPriority& each, absl::string_view k) { return each.kind < k; });
  return found != kPriorities.end() && found->kind == kind ? found->priority : Priority::kMedium;
}

void RebuildIndex(State& state) {
  state.open = {};
  state.alarms.ForEach([&](const AlarmId& id, const Alarm& alarm) {
    if (alarm.open()) state.open.Put(OpenKey(alarm.kind, alarm.object), id);
  });
}

}  // namespace sallyport::alarms
