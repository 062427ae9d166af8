#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "alarms/alarms.h"
#include "base/status.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/methods.h"
#include "transport/services/pages.h"
#include "transport/services/watch.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::alarm::v1;

#define SP_ALARM "sallyport.alarm.v1.AlarmService/"

absl::StatusOr<std::optional<DisclosureEvent>> ListAsked(const QueryContext&, const v1::ListAlarmsRequest& request) {
  SP_RETURN_IF_ERROR(PageSize(request.page_size()).status());
  return DisclosureEvent{SP_ALARM "ListAlarms", PersonId(), request.include_resolved() ? "resolved too" : "open"};
}

absl::StatusOr<v1::ListAlarmsResponse> ListAlarms(const QueryContext& context, const v1::ListAlarmsRequest& request) {
  SP_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  SP_ASSIGN_OR_RETURN(const uint64_t start, PositionOf("page_token", request.page_token(), 0));
  const alarms::State& state = context.snapshot.state.alarms;
  std::vector<const alarms::Alarm*> found;
  if (request.include_resolved()) {
    state.alarms.ForEach([&](const AlarmId&, const alarms::Alarm& alarm) { found.push_back(&alarm); });
  } else {
    state.open.ForEach([&](const std::string&, const AlarmId& id) { found.push_back(state.alarms.Find(id)); });
  }
  // Open before resolved, the urgent first, then the oldest.
  std::sort(found.begin(), found.end(), [](const alarms::Alarm* a, const alarms::Alarm* b) {
    return std::make_tuple(!a->open(), -static_cast<int>(a->priority), a->raised_at, a->id.value()) <
           std::make_tuple(!b->open(), -static_cast<int>(b->priority), b->raised_at, b->id.value());
  });
  v1::ListAlarmsResponse response;
  for (uint64_t i = start; i < found.size() && i < start + page_size; ++i) ToProto(*found[i], response.add_alarms());
  if (start + page_size < found.size()) response.set_next_page_token(std::to_string(start + page_size));
  return response;
}

// One step of an alarm's handling: the answer is the alarm after it.
template <class Response, class Step>
absl::StatusOr<Response> Handle(engine::Transaction& transaction, const std::string& alarm_id, Step step) {
  std::vector<Event> events;
  const alarms::Context context{transaction.now(), OperatorId(transaction.actor()),
                                [&transaction] { return transaction.NewId(); }, events};
  alarms::State& state = transaction.state().alarms;
  SP_RETURN_IF_ERROR(step(context, state, AlarmId(alarm_id)));
  for (const Event& event : events) transaction.Record(event);
  Response response;
  ToProto(*state.alarms.Find(AlarmId(alarm_id)), response.mutable_alarm());
  return response;
}

absl::StatusOr<v1::AcknowledgeAlarmResponse> Acknowledge(engine::Transaction& transaction,
                                                         const v1::AcknowledgeAlarmRequest& request) {
  return Handle<v1::AcknowledgeAlarmResponse>(
      transaction, request.alarm_id(), [&](const alarms::Context& context, alarms::State& state, const AlarmId& alarm) {
        return alarms::Acknowledge(context, state, alarm, request.note());
      });
}

absl::StatusOr<v1::ResolveAlarmResponse> Resolve(engine::Transaction& transaction,
                                                 const v1::ResolveAlarmRequest& request) {
  return Handle<v1::ResolveAlarmResponse>(
      transaction, request.alarm_id(), [&](const alarms::Context& context, alarms::State& state, const AlarmId& alarm) {
        return alarms::Resolve(context, state, alarm, request.note());
      });
}

// Sends the open alarms, and then each alarm when it has changed.
class AlarmWatch {
 public:
  absl::StatusOr<std::optional<v1::WatchAlarmsResponse>> Next(const engine::Snapshot& snapshot) {
    if (pending_.empty()) Compare(snapshot.state.alarms);
    if (pending_.empty()) return std::nullopt;
    v1::WatchAlarmsResponse response;
    ToProto(pending_.back(), response.mutable_alarm());
    pending_.pop_back();
    return response;
  }

 private:
  void Compare(const alarms::State& now) {
    decltype(now.alarms)::Diff(seen_.alarms, now.alarms,
                               [&](const AlarmId&, const alarms::Alarm*, const alarms::Alarm* is) {
                                 if (is != nullptr && (started_ || is->open())) pending_.push_back(*is);
                               });
    std::sort(pending_.begin(), pending_.end(),
              [](const alarms::Alarm& a, const alarms::Alarm& b) { return a.last_at > b.last_at; });
    seen_ = now;
    started_ = true;
  }

  alarms::State seen_;
  bool started_ = false;
  std::vector<alarms::Alarm> pending_;  // the next one last
};

void WatchAlarms(Methods& methods, Watchers& watchers,
                 StreamCall<v1::WatchAlarmsRequest, v1::WatchAlarmsResponse> call) {
  const Caller caller = call.caller();
  methods.RecordDisclosure(SP_ALARM "WatchAlarms", caller, {SP_ALARM "WatchAlarms", PersonId(), ""},
                           [&watchers, call = std::move(call)](absl::Status recorded) mutable {
                             if (!recorded.ok()) return call.Finish(recorded);
                             watchers.Add(std::move(call), AlarmWatch());
                           });
}

}  // namespace

void AddAlarmService(Methods& methods, Watchers& watchers) {
  methods.Disclosure(SP_ALARM "ListAlarms", ListAsked, ListAlarms);
  methods.router().ServerStream<v1::WatchAlarmsRequest, v1::WatchAlarmsResponse>(
      SP_ALARM "WatchAlarms", [&methods, &watchers](StreamCall<v1::WatchAlarmsRequest, v1::WatchAlarmsResponse> call) {
        WatchAlarms(methods, watchers, std::move(call));
      });
  methods.Command(SP_ALARM "AcknowledgeAlarm", Acknowledge);
  methods.Command(SP_ALARM "ResolveAlarm", Resolve);
}

}  // namespace sallyport::transport
