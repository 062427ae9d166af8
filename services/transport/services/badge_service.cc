#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "engine/door_commands.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/events.h"
#include "transport/services/methods.h"
#include "transport/services/pages.h"
#include "transport/services/watch.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::badge::v1;

constexpr char kListEvents[] = "sallyport.badge.v1.BadgeEventService/ListEvents";
constexpr char kWatchEvents[] = "sallyport.badge.v1.BadgeEventService/WatchEvents";
constexpr int kEventsMax = 256;      // of one RecordEvents: a gateway's backlog comes in parts
constexpr size_t kWatchBatch = 256;  // events in one message of a watch

// ---- RecordEvents

absl::StatusOr<std::vector<DeviceEvent>> EventsOf(const v1::RecordEventsRequest& request) {
  if (request.events().empty() || request.events_size() > kEventsMax) {
    return FieldError("events", absl::StrCat("expected 1 to ", kEventsMax));
  }
  std::vector<DeviceEvent> out;
  for (int i = 0; i < request.events_size(); ++i) {
    const v1::DeviceEvent& event = request.events(i);
    SP_ASSIGN_OR_RETURN(const absl::Time time,
                        FromTimestamp(absl::StrCat("events[", i, "].device_time"), event.has_device_time(),
                                      event.device_time(), absl::InfinitePast()));
    out.push_back({event.kind(), AccessPointId(event.access_point_id()), event.detail(), PersonId(), time});
  }
  return out;
}

absl::StatusOr<v1::RecordEventsResponse> RecordEvents(engine::Transaction& transaction,
                                                      const v1::RecordEventsRequest& request) {
  SP_ASSIGN_OR_RETURN(const std::vector<DeviceEvent> events, EventsOf(request));
  SP_ASSIGN_OR_RETURN(const std::vector<engine::Receipt> receipts, engine::RecordDeviceEvents(transaction, events));
  v1::RecordEventsResponse response;
  for (const engine::Receipt& receipt : receipts) ToProto(receipt, transaction.origin(), response.add_receipts());
  return response;
}

// In a simulation the last event's own time is the time.
absl::Time TimeOf(const v1::RecordEventsRequest& request) {
  absl::Time latest = absl::InfinitePast();
  for (const v1::DeviceEvent& event : request.events()) {
    const auto time = FromTimestamp("", event.has_device_time(), event.device_time(), absl::InfinitePast());
    if (time.ok()) latest = std::max(latest, *time);
  }
  return latest;
}

// ---- ListEvents

absl::StatusOr<std::optional<DisclosureEvent>> ListAsked(const QueryContext& context,
                                                         const v1::ListEventsRequest& request) {
  SP_RETURN_IF_ERROR(PageSize(request.page_size()).status());
  SP_RETURN_IF_ERROR(PositionOf("page_token", request.page_token(), 0).status());
  SP_RETURN_IF_ERROR(QueryOf(context.snapshot, request.filter()).status());
  return DisclosureEvent{kListEvents, PersonId(request.filter().person_id()), Describe(request.filter())};
}

absl::StatusOr<v1::ListEventsResponse> ListEvents(const QueryContext& context, const v1::ListEventsRequest& request) {
  SP_ASSIGN_OR_RETURN(storage::Query query, QueryOf(context.snapshot, request.filter()));
  SP_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  query.limit = page_size + 1;
  query.newest_first = !request.oldest_first();
  if (request.oldest_first()) {
    SP_ASSIGN_OR_RETURN(query.first, PositionOf("page_token", request.page_token(), query.first));
  } else {
    SP_ASSIGN_OR_RETURN(query.end, PositionOf("page_token", request.page_token(), query.end));
  }
  SP_ASSIGN_OR_RETURN(std::vector<uint64_t> found, context.engine.store().FindEntries(query));
  v1::ListEventsResponse response;
  if (found.size() > page_size) {
    found.resize(page_size);
    response.set_next_page_token(absl::StrCat(request.oldest_first() ? found.back() + 1 : found.back()));
  }
  for (const uint64_t index : found) {
    SP_RETURN_IF_ERROR(ReadEvent(context.engine, context.snapshot, index, response.add_events()));
  }
  return response;
}

// ---- WatchEvents

// A watch's place in the log. The first message comes at once, so that the client has a cursor to resume from.
class EventWatch {
 public:
  EventWatch(engine::Engine& engine, v1::EventFilter filter, uint64_t next)
      : engine_(engine), filter_(std::move(filter)), next_(next) {}

  absl::StatusOr<std::optional<v1::WatchEventsResponse>> Next(const engine::Snapshot& snapshot) {
    v1::WatchEventsResponse response;
    if (next_ < snapshot.log_size) SP_RETURN_IF_ERROR(Read(snapshot, &response));
    if (started_ && response.events().empty()) return std::nullopt;
    started_ = true;
    response.set_cursor(absl::StrCat(next_));
    return response;
  }

 private:
  absl::Status Read(const engine::Snapshot& snapshot, v1::WatchEventsResponse* response) {
    SP_ASSIGN_OR_RETURN(storage::Query query, QueryOf(snapshot, filter_));
    query.first = next_;
    query.newest_first = false;
    query.limit = kWatchBatch;
    SP_ASSIGN_OR_RETURN(const std::vector<uint64_t> found, engine_.store().FindEntries(query));
    for (const uint64_t index : found) {
      SP_RETURN_IF_ERROR(ReadEvent(engine_, snapshot, index, response->add_events()));
    }
    next_ = found.size() < kWatchBatch ? snapshot.log_size : found.back() + 1;
    return absl::OkStatus();
  }

  engine::Engine& engine_;
  v1::EventFilter filter_;
  uint64_t next_;
  bool started_ = false;
};

void WatchEvents(Methods& methods, Watchers& watchers,
                 StreamCall<v1::WatchEventsRequest, v1::WatchEventsResponse> call) {
  const auto snapshot = methods.engine().snapshot();
  const v1::WatchEventsRequest& request = call.request();
  const auto cursor = PositionOf("cursor", request.cursor(), snapshot->log_size);
  if (!cursor.ok()) return call.Finish(cursor.status());
  if (*cursor > snapshot->log_size) return call.Finish(FieldError("cursor", "lies behind the end of the log"));
  if (const auto query = QueryOf(*snapshot, request.filter()); !query.ok()) return call.Finish(query.status());
  EventWatch watch(methods.engine(), request.filter(), *cursor);
  DisclosureEvent event{kWatchEvents, PersonId(request.filter().person_id()), Describe(request.filter())};
  const Caller caller = call.caller();
  methods.RecordDisclosure(
      kWatchEvents, caller, std::move(event),
      [&watchers, watch = std::move(watch), call = std::move(call)](absl::Status recorded) mutable {
        if (!recorded.ok()) return call.Finish(recorded);
        watchers.Add(std::move(call), std::move(watch));
      });
}

}  // namespace

void AddBadgeEventService(Methods& methods, Watchers& watchers) {
  methods.Command("sallyport.badge.v1.BadgeEventService/RecordEvents", RecordEvents, TimeOf);
  methods.Disclosure(kListEvents, ListAsked, ListEvents);
  methods.router().ServerStream<v1::WatchEventsRequest, v1::WatchEventsResponse>(
      kWatchEvents, [&methods, &watchers](StreamCall<v1::WatchEventsRequest, v1::WatchEventsResponse> call) {
        WatchEvents(methods, watchers, std::move(call));
      });
}

}  // namespace sallyport::transport
