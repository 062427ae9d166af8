#include "transport/services/watch.h"

#include "gmock/gmock.h"
#include "sallyport/alarm/v1/alarm.pb.h"
#include "sallyport/badge/v1/badge.pb.h"
#include "sallyport/quarantine/v1/quarantine.pb.h"
#include "transport/services/services_test_util.h"

namespace sallyport::transport {
namespace {

using badge::v1::WatchEventsRequest;
using badge::v1::WatchEventsResponse;

constexpr char kWatchEvents[] = "badge.v1.BadgeEventService/WatchEvents";

class WatchTest : public Services {
 protected:
  // All events, in order, until one has this request_id.
  static std::vector<badge::v1::BadgeEvent> EventsUntil(TestStream& stream, const std::string& request_id) {
    std::vector<badge::v1::BadgeEvent> out;
    while (out.empty() || out.back().request_id() != request_id) {
      const auto message = stream.Next<WatchEventsResponse>();
      if (!message) break;
      out.insert(out.end(), message->events().begin(), message->events().end());
    }
    return out;
  }
  static WatchEventsRequest Decisions(const std::string& cursor = "") {
    WatchEventsRequest request;
    request.mutable_filter()->add_kinds("decision");
    request.set_cursor(cursor);
    return request;
  }
  void Report(const std::string& request_id, const std::string& kind, const std::string& point) {
    badge::v1::RecordEventsRequest request;
    request.set_request_id(request_id);
    request.add_events()->set_kind(kind);
    request.mutable_events(0)->set_access_point_id(point);
    const auto answer = Call<badge::v1::RecordEventsResponse>("badge.v1.BadgeEventService/RecordEvents", request);
    ASSERT_TRUE(answer.ok()) << answer.status();
  }
};

TEST_F(WatchTest, SendsWhatHappensAndSaysWhereItStands) {
  Read("before", "main-in", "card-ada");
  TestStream stream;
  Open(kWatchEvents, Decisions(), stream);
  const auto first = stream.Next<WatchEventsResponse>();  // at once, with nothing in it but the cursor
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->events_size(), 0);
  EXPECT_FALSE(first->cursor().empty());
  EXPECT_EQ(LastRecord().disclosure().method(), absl::StrCat("sallyport.", kWatchEvents));
  for (int i = 0; i < 20; ++i) Read(absl::StrCat(i), "main-in", i % 2 == 0 ? "card-ada" : "card-nobody");
  const auto events = EventsUntil(stream, "19");
  ASSERT_EQ(events.size(), 20u);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(events[static_cast<size_t>(i)].request_id(), absl::StrCat(i));
    EXPECT_EQ(events[static_cast<size_t>(i)].person_name(), i % 2 == 0 ? "Ada Lovelace" : "");
  }
}

TEST_F(WatchTest, ResumesFromACursor) {
  Read("1", "main-in", "card-ada");
  TestStream all;
  Open(kWatchEvents, Decisions("0"), all);
  const auto first = all.Next<WatchEventsResponse>();
  ASSERT_EQ(first->events_size(), 1);
  all.Cancel();
  Read("2", "main-in", "card-bob");
  TestStream rest;
  Open(kWatchEvents, Decisions(first->cursor()), rest);
  const auto events = EventsUntil(rest, "2");
  ASSERT_EQ(events.size(), 1u);  // none twice, none missing
}

TEST_F(WatchTest, RefusesACursorThatIsNone) {
  for (const char* cursor : {"x", "-1", "99999999"}) {
    TestStream stream;
    Open(kWatchEvents, Decisions(cursor), stream);
    EXPECT_EQ(FieldOf(stream.Status()), "cursor") << cursor;
  }
}

TEST_F(WatchTest, ASlowClientHasOneMessageWaiting) {
  TestStream slow(/*acknowledge=*/false);
  Open(kWatchEvents, Decisions("0"), slow);
  ASSERT_TRUE(slow.Next().has_value());
  TestStream fast;
  Open(kWatchEvents, Decisions(), fast);
  for (int i = 0; i < 30; ++i) Read(absl::StrCat(i), "main-in", "card-ada");
  EXPECT_EQ(EventsUntil(fast, "29").size(), 30u);  // not held up by the other
  EXPECT_EQ(slow.written(), 1u);
  slow.Acknowledge();
  const auto next = slow.Next<WatchEventsResponse>();
  EXPECT_EQ(next->events_size(), 30);  // all that came meanwhile
  EXPECT_EQ(slow.written(), 2u);
}

TEST_F(WatchTest, ALongPastComesInParts) {
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(engine::Do(*engine_, engine::Note("x")).ok());
  }
  WatchEventsRequest request;
  request.mutable_filter()->add_kinds("change");
  request.set_cursor("0");
  TestStream stream;
  Open(kWatchEvents, request, stream);
  int events = 0;
  int messages = 0;
  for (; events < 300; ++messages) {
    const auto message = stream.Next<WatchEventsResponse>();
    ASSERT_LE(message->events_size(), 256);
    events += message->events_size();
  }
  EXPECT_GE(messages, 2);
}

TEST_F(WatchTest, IsDroppedWhenTheClientIsGone) {
  TestStream stream;
  Open(kWatchEvents, Decisions(), stream);
  ASSERT_TRUE(stream.Next().has_value());
  stream.Cancel();
  EXPECT_TRUE(stream.WaitDropped());
  const size_t written = stream.written();
  Read("r", "main-in", "card-ada");
  EXPECT_EQ(stream.written(), written);
}

TEST_F(WatchTest, EndsWhenTheServerStops) {
  TestStream idle;
  TestStream stuck(/*acknowledge=*/false);
  Open(kWatchEvents, Decisions(), idle);
  Open(kWatchEvents, Decisions(), stuck);
  ASSERT_TRUE(idle.Next().has_value());
  ASSERT_TRUE(stuck.Next().has_value());
  api_->EndStreams();
  EXPECT_EQ(idle.Status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(stuck.Status().code(), absl::StatusCode::kUnavailable);
  TestStream late;
  Open(kWatchEvents, Decisions(), late);
  EXPECT_EQ(late.Status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(WatchTest, ManyWatchersSeeTheSame) {
  std::vector<std::unique_ptr<TestStream>> streams;
  for (int i = 0; i < 50; ++i) {
    Open(kWatchEvents, Decisions(), *streams.emplace_back(std::make_unique<TestStream>()));
    ASSERT_TRUE(streams.back()->Next().has_value());
  }
  for (int i = 0; i < 10; ++i) Read(absl::StrCat(i), "main-in", "card-ada");
  for (const auto& stream : streams) {
    const auto events = EventsUntil(*stream, "9");
    ASSERT_EQ(events.size(), 10u);
    for (size_t i = 0; i < 10; ++i) EXPECT_EQ(events[i].request_id(), absl::StrCat(i));
  }
}

TEST_F(WatchTest, Alarms) {
  using alarm::v1::WatchAlarmsResponse;
  Report("r1", "forced", "main-in");
  TestStream stream;
  Open("alarm.v1.AlarmService/WatchAlarms", alarm::v1::WatchAlarmsRequest(), stream);
  auto alarm = stream.Next<WatchAlarmsResponse>()->alarm();
  EXPECT_EQ(alarm.kind(), "FORCED");
  EXPECT_EQ(alarm.object(), "main-in");
  EXPECT_EQ(alarm.state(), alarm::v1::ALARM_STATE_RAISED);

  alarm::v1::AcknowledgeAlarmRequest acknowledge;
  acknowledge.set_request_id("r2");
  acknowledge.set_alarm_id(alarm.id());
  acknowledge.set_note("on my way");
  ASSERT_TRUE(Call<alarm::v1::AcknowledgeAlarmResponse>("alarm.v1.AlarmService/AcknowledgeAlarm", acknowledge).ok());
  EXPECT_EQ(stream.Next<WatchAlarmsResponse>()->alarm().state(), alarm::v1::ALARM_STATE_ACKNOWLEDGED);

  alarm::v1::ResolveAlarmRequest resolve;
  resolve.set_request_id("r3");
  resolve.set_alarm_id(alarm.id());
  resolve.set_note("a gust of wind");
  ASSERT_TRUE(Call<alarm::v1::ResolveAlarmResponse>("alarm.v1.AlarmService/ResolveAlarm", resolve).ok());
  alarm = stream.Next<WatchAlarmsResponse>()->alarm();
  EXPECT_EQ(alarm.state(), alarm::v1::ALARM_STATE_RESOLVED);
  EXPECT_EQ(alarm.notes_size(), 2);

  alarm::v1::ListAlarmsRequest list;
  EXPECT_EQ(Call<alarm::v1::ListAlarmsResponse>("alarm.v1.AlarmService/ListAlarms", list)->alarms_size(), 0);
  list.set_include_resolved(true);
  EXPECT_EQ(Call<alarm::v1::ListAlarmsResponse>("alarm.v1.AlarmService/ListAlarms", list)->alarms_size(), 1);
}

TEST_F(WatchTest, Visits) {
  using quarantine::v1::WatchVisitsResponse;
  TestStream stream;
  quarantine::v1::WatchVisitsRequest watch;
  watch.set_visit_id("v1");
  Open("quarantine.v1.QuarantineService/WatchVisits", watch, stream);
  for (const char* id : {"v0", "v1"}) {
    quarantine::v1::CreateVisitRequest request;
    request.set_request_id(id);
    quarantine::v1::Visit* visit = request.mutable_visit();
    visit->set_id(id);
    visit->set_interview_area_id("interview");
    visit->set_host_id("ada");
    visit->mutable_start()->set_seconds(absl::ToUnixSeconds(engine_.clock.Now()));
    visit->mutable_end()->set_seconds(absl::ToUnixSeconds(engine_.clock.Now()) + 3600);
    visit->add_participants()->set_person_id("bob");
    visit->mutable_participants(0)->set_role(quarantine::v1::PARTICIPANT_ROLE_CANDIDATE);
    const auto created =
        Call<quarantine::v1::CreateVisitResponse>("quarantine.v1.QuarantineService/CreateVisit", request);
    ASSERT_TRUE(created.ok()) << created.status();
  }
  auto visit = stream.Next<WatchVisitsResponse>()->visit();
  EXPECT_EQ(visit.id(), "v1");
  EXPECT_EQ(visit.state(), quarantine::v1::VISIT_STATE_SCHEDULED);
  quarantine::v1::CloseVisitRequest cancel;
  cancel.set_request_id("cancel");
  cancel.set_visit_id("v1");
  cancel.set_cancel_reason("moved");
  ASSERT_TRUE(Call<quarantine::v1::CloseVisitResponse>("quarantine.v1.QuarantineService/CloseVisit", cancel).ok());
  EXPECT_EQ(stream.Next<WatchVisitsResponse>()->visit().state(), quarantine::v1::VISIT_STATE_CANCELLED);
}

}  // namespace
}  // namespace sallyport::transport
