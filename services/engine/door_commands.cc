#include "engine/door_commands.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "access/place.h"
#include "alarms/alarms.h"
#include "alarms/door_events.h"
#include "base/status.h"
#include "engine/facility_commands.h"
#include "quarantine/facts.h"

namespace sallyport::engine {
namespace {

absl::Status NoPolicySet() {
  return WithReason(absl::FailedPreconditionError("no policy set is active"), "NO_POLICY_SET");
}

access::VisitFacts FactsOf(const State& state, const PersonId& person, const facility::Area& area, absl::Time now) {
  const quarantine::DoorFacts facts = quarantine::FactsFor(state.quarantine, person, area.id, now);
  access::VisitFacts out;
  out.expected = facts.expected;
  out.active = facts.active;
  out.scheduled_now = facts.scheduled_now;
  out.cleared = facts.cleared;
  out.devices_in_custody = facts.devices_in_custody;
  out.devices_declared = facts.devices_declared;
  out.incident = facts.incident;
  out.visit = facts.visit;
  out.participant_state = facts.participant_state;
  out.host = facts.host;
  return out;
}

struct Passage {
  PersonId person;
  AreaId from;
  AreaId to;
};

// Who is somewhere else now than `before`: at a door at most a handful of people.
std::vector<Passage> PassagesSince(const access::State& before, const access::State& after) {
  std::vector<Passage> out;
  PersistentMap<PersonId, access::Presence>::Diff(
      before.presence, after.presence, [&](const PersonId& person, const access::Presence* was, const access::Presence* is) {
        const AreaId from = was ? was->area : AreaId();
        const AreaId to = is ? is->area : AreaId();
        if (from != to) out.push_back({person, from, to});
      });
  return out;
}

void TellQuarantine(Transaction& transaction, const access::State& before) {
  const std::vector<Passage> passages = PassagesSince(before, transaction.state().access);
  if (passages.empty()) return;
  State& state = transaction.state();
  std::vector<Event> events;
  const quarantine::Context context{transaction.now(), state.facility, OperatorId(transaction.actor()),
                                    [&transaction] { return transaction.NewId(); }, events, {}};
  for (const Passage& passage : passages) {
    if (!state.quarantine.visits_of.Contains(passage.person)) continue;
    if (!passage.from.empty()) {
      quarantine::OnLeft(context, state.quarantine, passage.person, passage.from, IsOutside(state.facility, passage.to));
    }
    if (!passage.to.empty()) quarantine::OnEntered(context, state.quarantine, passage.person, passage.to);
  }
  RecordAll(transaction, events);
}

absl::Status CheckEvent(const State& state, const DeviceEvent& event) {
  SP_RETURN_IF_ERROR(alarms::CheckDeviceEvent(event));
  if (event.access_point.empty() || state.facility.access_points.Contains(event.access_point)) return absl::OkStatus();
  return FieldError("access_point_id", absl::StrCat("no access point '", event.access_point.value(), "'"));
}

// "L1/4": a locker and one of its slots.
absl::Status RecordSlotDoor(const quarantine::Context& context, quarantine::State& state, absl::string_view object,
                            quarantine::SlotDoor door) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(object, absl::MaxSplits('/', 1));
  int32_t slot = 0;
  if (!absl::SimpleAtoi(parts.second, &slot)) return FieldError("detail", "expected a slot, like L1/4");
  return quarantine::RecordSlotDoor(context, state, LockerId(parts.first), slot, door);
}

// What a report changes besides the log: who is where, what a locker or a blind is known to be. Sets the event's person.
absl::Status Follow(Transaction& transaction, DeviceEvent& event) {
  State& state = transaction.state();
  const absl::string_view object = absl::string_view(event.detail).substr(0, event.detail.find(' '));
  if (event.kind == "opened") {
    event.person = access::LastGrant(state.facility, state.access, event.access_point, transaction.now());
    if (event.person.empty()) return absl::OkStatus();
    access::RecordPassage(state.facility, event.access_point, event.person, transaction.now(), state.access);
    return absl::OkStatus();
  }
  if (event.kind == "blinds_down" || event.kind == "blinds_up") {
    return SetVisualSecurity(transaction, AreaId(object), event.kind == "blinds_down").status();
  }
  return RunStep(transaction, [&](const quarantine::Context& context, quarantine::State& custody) -> absl::Status {
    if (event.kind == "self_test") return quarantine::RecordSelfTest(context, custody, LockerId(object), true);
    if (event.kind == "self_test_failed" || event.kind == "locker_power_lost") {
      return quarantine::RecordSelfTest(context, custody, LockerId(object), false);
    }
    if (event.kind == "slot_opened") return RecordSlotDoor(context, custody, object, quarantine::SlotDoor::kOpen);
    if (event.kind == "slot_closed") return RecordSlotDoor(context, custody, object, quarantine::SlotDoor::kClosed);
    return absl::OkStatus();
  });
}

absl::StatusOr<Receipt> RecordDeviceEvent(Transaction& transaction, DeviceEvent event) {
  State& state = transaction.state();
  SP_RETURN_IF_ERROR(CheckEvent(state, event));
  const access::State before = state.access;
  SP_RETURN_IF_ERROR(Follow(transaction, event));
  const Receipt receipt = transaction.Record(event);
  TellQuarantine(transaction, before);
  if (const auto alarm = alarms::AlarmOf(event)) {
    std::vector<Event> raised;
    const alarms::Context context{transaction.now(), OperatorId(transaction.actor()),
                                  [&transaction] { return transaction.NewId(); }, raised};
    alarms::Raise(context, state.alarms, *alarm);
    for (const Event& one : raised) transaction.Record(one);
  }
  return receipt;
}

// The error of events[i], with the path of its field.
absl::Status AtEvent(const absl::Status& status, size_t i) {
  const std::vector<FieldViolation> violations = FieldViolations(status);
  if (violations.empty()) return Annotate(status, absl::StrCat("events[", i, "]"));
  return FieldError(absl::StrCat("events[", i, "].", violations.front().field), violations.front().description);
}

}  // namespace

bool IsOutside(const facility::State& facility, const AreaId& area) {
  const access::AreaChain chain = access::ChainOf(facility, area);
  return std::all_of(chain.begin(), chain.end(), [](const facility::Area* each) { return each->floor.empty(); });
}

void RecordAll(Transaction& transaction, std::vector<Event>& events) {
  const alarms::Context context{transaction.now(), OperatorId(transaction.actor()),
                                [&transaction] { return transaction.NewId(); }, events};
  alarms::RaisePending(context, transaction.state().alarms);
  for (const Event& event : events) transaction.Record(event);
}

absl::StatusOr<Authorized> Authorize(Transaction& transaction, const access::Presented& presented) {
  if (transaction.policies() == nullptr) return NoPolicySet();
  State& state = transaction.state();
  const std::function<access::VisitFacts(const PersonId&, const facility::Area&)> facts =
      [&](const PersonId& person, const facility::Area& area) { return FactsOf(state, person, area, transaction.now()); };
  const access::State before = state.access;
  const access::World world{state.facility,           before, *transaction.policies(), facts, transaction.now(),
                            transaction.read_age_max(), transaction.digest_key()};
  SP_ASSIGN_OR_RETURN(access::Decision decision, access::Decide(world, presented, state.access));
  const Receipt receipt = transaction.Record(decision.event);
  if (!decision.alarms.empty()) {
    std::vector<Event> alarms(decision.alarms.begin(), decision.alarms.end());
    RecordAll(transaction, alarms);
  }
  TellQuarantine(transaction, before);
  return Authorized{std::move(decision), receipt};
}

absl::StatusOr<std::vector<Receipt>> RecordDeviceEvents(Transaction& transaction, const std::vector<DeviceEvent>& events) {
  std::vector<Receipt> receipts;
  for (size_t i = 0; i < events.size(); ++i) {
    auto receipt = RecordDeviceEvent(transaction, events[i]);
    if (!receipt.ok()) return AtEvent(receipt.status(), i);
    receipts.push_back(*receipt);
  }
  return receipts;
}

absl::StatusOr<access::Explanation> Explain(const Snapshot& snapshot, const Secret& digest_key, absl::Time at,
                                            const access::ExplainRequest& request) {
  if (!snapshot.policies) return NoPolicySet();
  const State& state = snapshot.state;
  const std::function<access::VisitFacts(const PersonId&, const facility::Area&)> facts =
      [&](const PersonId& person, const facility::Area& area) { return FactsOf(state, person, area, at); };
  const access::World world{state.facility, state.access, *snapshot.policies, facts, at, absl::InfiniteDuration(), digest_key};
  return access::Explain(world, request, state.access);
}

}  // namespace sallyport::engine
