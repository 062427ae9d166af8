#include "alarms/alarms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "alarms/limits.h"
#include "base/status.h"

namespace sallyport::alarms {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const absl::Time kNoon = absl::FromUnixSeconds(1'750'000'000);

class AlarmsTest : public testing::Test {
 protected:
  Context At(absl::Duration after) {
    return {kNoon + after, OperatorId("lee"), [this] { return absl::StrCat("alarm-", ++ids_); }, events_};
  }
  AlarmId RaiseForced(absl::Duration after, const std::string& door = "f3-lab-in") {
    return Raise(At(after), state_, {"FORCED", door, PersonId(), {{"event", "forced"}}});
  }
  const Alarm& Get(const AlarmId& id) const { return *state_.alarms.Find(id); }
  const AlarmEvent& LastEvent() const { return std::get<AlarmEvent>(events_.back()); }

  // An alarm in the state.
  AlarmId In(AlarmState state) {
    const AlarmId id = RaiseForced(absl::ZeroDuration());
    if (state == AlarmState::kAcknowledged) {
      EXPECT_TRUE(Acknowledge(At(absl::Seconds(1)), state_, id, "").ok());
    }
    if (state == AlarmState::kResolved) {
      EXPECT_TRUE(Resolve(At(absl::Seconds(1)), state_, id, "a drill").ok());
    }
    events_.clear();
    return id;
  }

  State state_;
  std::vector<Event> events_;
  int ids_ = 0;
};

TEST_F(AlarmsTest, RaisingMakesAnOpenAlarmWithThePriorityOfItsKind) {
  const AlarmId id =
      Raise(At(absl::ZeroDuration()), state_, {"LEFT_WITHOUT_DEVICE", "device-1", PersonId("cho"), {{"visit", "v-1"}}});
  const Alarm& alarm = Get(id);
  EXPECT_EQ(alarm.priority, Priority::kHigh);
  EXPECT_EQ(alarm.state, AlarmState::kRaised);
  EXPECT_EQ(alarm.raised_at, kNoon);
  EXPECT_EQ(alarm.last_at, kNoon);
  EXPECT_EQ(alarm.count, 1);
  EXPECT_EQ(LastEvent().action, "raised");
  EXPECT_EQ(LastEvent().alarm, id);
  EXPECT_EQ(LastEvent().kind, "LEFT_WITHOUT_DEVICE");
  EXPECT_EQ(LastEvent().object, "device-1");
  EXPECT_EQ(LastEvent().person, PersonId("cho"));
  EXPECT_THAT(LastEvent().facts, ElementsAre(Pair("visit", "v-1")));
}

struct Step {
  AlarmState before;
  bool resolve;  // or else acknowledge
  bool allowed;
  AlarmState after;
};

class LifecycleTest : public AlarmsTest, public testing::WithParamInterface<Step> {};

TEST_P(LifecycleTest, Step) {
  const Step& step = GetParam();
  const AlarmId id = In(step.before);
  const Alarm before = Get(id);
  const Context context = At(absl::Seconds(60));
  const absl::Status done =
      step.resolve ? Resolve(context, state_, id, "checked the door") : Acknowledge(context, state_, id, "on my way");
  EXPECT_EQ(done.ok(), step.allowed) << done;
  EXPECT_EQ(Get(id).state, step.after);
  if (!step.allowed) {
    EXPECT_EQ(done.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(done), "ALARM_STATE");
    EXPECT_EQ(Get(id), before);
    EXPECT_TRUE(events_.empty());
    return;
  }
  EXPECT_EQ(LastEvent().action, step.resolve ? "resolved" : "acknowledged");
  EXPECT_THAT(LastEvent().facts, ElementsAre(Pair("note", "yes")));
  EXPECT_EQ(step.resolve ? Get(id).resolved_at : Get(id).acknowledged_at, kNoon + absl::Seconds(60));
  EXPECT_EQ(step.resolve ? Get(id).resolved_by : Get(id).acknowledged_by, OperatorId("lee"));
  EXPECT_EQ(Get(id).notes.back().text, step.resolve ? "checked the door" : "on my way");
}

INSTANTIATE_TEST_SUITE_P(Alarms, LifecycleTest,
                         testing::Values(Step{AlarmState::kRaised, false, true, AlarmState::kAcknowledged},
                                         Step{AlarmState::kRaised, true, true, AlarmState::kResolved},
                                         Step{AlarmState::kAcknowledged, false, false, AlarmState::kAcknowledged},
                                         Step{AlarmState::kAcknowledged, true, true, AlarmState::kResolved},
                                         Step{AlarmState::kResolved, false, false, AlarmState::kResolved},
                                         Step{AlarmState::kResolved, true, false, AlarmState::kResolved}),
                         [](const auto& step) {
                           return absl::StrCat(step.param.resolve ? "Resolve" : "Acknowledge", "When",
                                               Name(step.param.before));
                         });

TEST_F(AlarmsTest, ARepeatCountsTheOpenAlarmAndAsksForAttentionAgain) {
  const AlarmId id = In(AlarmState::kAcknowledged);
  EXPECT_EQ(RaiseForced(absl::Seconds(30)), id);
  EXPECT_EQ(Get(id).state, AlarmState::kRaised);
  EXPECT_EQ(Get(id).count, 2);
  EXPECT_EQ(Get(id).raised_at, kNoon);
  EXPECT_EQ(Get(id).last_at, kNoon + absl::Seconds(30));
  EXPECT_EQ(LastEvent().action, "repeated");
  EXPECT_EQ(LastEvent().alarm, id);
  EXPECT_EQ(state_.alarms.size(), 1u);
}

TEST_F(AlarmsTest, AnotherDoorOrKindIsAnotherAlarm) {
  const AlarmId id = RaiseForced(absl::ZeroDuration());
  EXPECT_NE(RaiseForced(absl::ZeroDuration(), "f3-lab-out"), id);
  EXPECT_NE(Raise(At(absl::ZeroDuration()), state_, {"TAMPER", "f3-lab-in", PersonId(), {}}), id);
  EXPECT_EQ(state_.open.size(), 3u);
}

TEST_F(AlarmsTest, AfterItsResolutionItIsRaisedAnew) {
  const AlarmId first = In(AlarmState::kResolved);
  const AlarmId second = RaiseForced(absl::Seconds(30));
  EXPECT_NE(first, second);
  EXPECT_EQ(LastEvent().action, "raised");
  EXPECT_EQ(Get(first).count, 1);
}

TEST_F(AlarmsTest, PendingAlarmsAreRaisedInPlaceAndTheirNeighboursLeftAlone) {
  AlarmEvent pending;
  pending.kind = "SEAL_MISMATCH";
  pending.object = "device-1";
  pending.person = PersonId("cho");
  pending.facts = {{"expected", "1002"}};
  AlarmEvent happened;
  happened.action = "resolved";
  happened.alarm = AlarmId("alarm-old");
  events_ = {StepEvent{"device.sealed", VisitId("v-1"), {}, {}, {}}, pending, happened, pending};
  RaisePending(At(absl::ZeroDuration()), state_);

  ASSERT_EQ(events_.size(), 4u);
  EXPECT_EQ(std::get<StepEvent>(events_[0]).action, "device.sealed");
  const auto& raised = std::get<AlarmEvent>(events_[1]);
  EXPECT_EQ(raised.action, "raised");
  EXPECT_EQ(raised.kind, "SEAL_MISMATCH");
  EXPECT_EQ(raised.object, "device-1");
  EXPECT_EQ(raised.person, PersonId("cho"));
  EXPECT_THAT(raised.facts, ElementsAre(Pair("expected", "1002")));
  EXPECT_EQ(std::get<AlarmEvent>(events_[2]).alarm, AlarmId("alarm-old"));
  EXPECT_EQ(std::get<AlarmEvent>(events_[3]).action, "repeated");
  EXPECT_EQ(std::get<AlarmEvent>(events_[3]).alarm, raised.alarm);
  EXPECT_EQ(Get(raised.alarm).count, 2);
}

TEST_F(AlarmsTest, UnknownAlarmsAndBadNotesChangeNothing) {
  const AlarmId id = RaiseForced(absl::ZeroDuration());
  const Alarm before = Get(id);
  events_.clear();
  const std::string long_note(kNoteBytesMax + 1, 'x');
  const Context context = At(absl::Seconds(1));
  EXPECT_EQ(Acknowledge(context, state_, AlarmId("none"), "").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Resolve(context, state_, AlarmId("none"), "x").code(), absl::StatusCode::kNotFound);
  for (const absl::Status& refused : {Acknowledge(context, state_, id, long_note),
                                      Resolve(context, state_, id, long_note), Resolve(context, state_, id, "")}) {
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    ASSERT_EQ(FieldViolations(refused).size(), 1u);
    EXPECT_EQ(FieldViolations(refused).front().field, "note");
  }
  EXPECT_EQ(Get(id), before);
  EXPECT_TRUE(events_.empty());
}

TEST_F(AlarmsTest, BeyondTheLimitTheOldestNoteGoes) {
  const AlarmId id = RaiseForced(absl::ZeroDuration());
  for (size_t i = 0; i <= kNotesMax; ++i) {
    ASSERT_TRUE(Acknowledge(At(absl::Seconds(1)), state_, id, absl::StrCat("note ", i)).ok());
    RaiseForced(absl::Seconds(1));
  }
  EXPECT_EQ(Get(id).notes.size(), kNotesMax);
  EXPECT_EQ(Get(id).notes.front().text, "note 1");
  EXPECT_EQ(Get(id).notes.back().text, absl::StrCat("note ", kNotesMax));
}

TEST_F(AlarmsTest, TheIndexCanBeRebuilt) {
  RaiseForced(absl::ZeroDuration(), "open");
  ASSERT_TRUE(Resolve(At(absl::Seconds(1)), state_, RaiseForced(absl::ZeroDuration(), "resolved"), "done").ok());
  State restored;
  restored.alarms = state_.alarms;
  RebuildIndex(restored);
  EXPECT_EQ(restored.open.size(), 1u);
  state_ = restored;
  RaiseForced(absl::Seconds(2), "open");
  EXPECT_EQ(LastEvent().action, "repeated");
}

TEST_F(AlarmsTest, Priorities) {
  EXPECT_EQ(PriorityOf("ANTIPASSBACK_VIOLATION"), Priority::kMedium);
  EXPECT_EQ(PriorityOf("FORCED"), Priority::kCritical);
  EXPECT_EQ(PriorityOf("POLICY_ERROR"), Priority::kCritical);
  EXPECT_EQ(PriorityOf("SLOT_OUT_OF_SERVICE"), Priority::kLow);
  EXPECT_EQ(PriorityOf("TAMPER"), Priority::kCritical);
  EXPECT_EQ(PriorityOf("WRONG_PERSON_AT_RELEASE"), Priority::kHigh);
  EXPECT_EQ(PriorityOf("SOMETHING_NEW"), Priority::kMedium);
  EXPECT_EQ(PriorityOf(""), Priority::kMedium);
}

TEST_F(AlarmsTest, ForgettingAPersonKeepsTheAlarm) {
  const AlarmId about = Raise(At(absl::ZeroDuration()), state_, {"PIN_LOCKED_OUT", "lab-in", PersonId("cho"), {{"count", "3"}}});
  const AlarmId other = Raise(At(absl::ZeroDuration()), state_, {"FORCED", "lab-in", PersonId("kim"), {{"detail", "by Cho"}}});
  const AlarmId third = RaiseForced(absl::ZeroDuration(), "lobby-in");
  ASSERT_TRUE(Acknowledge(At(absl::Seconds(1)), state_, about, "he laughs").ok());
  ASSERT_TRUE(Acknowledge(At(absl::Seconds(1)), state_, other, "Cho again").ok());
  ASSERT_TRUE(Acknowledge(At(absl::Seconds(1)), state_, third, "the wind").ok());
  ForgetPerson(PersonId("cho"), PersonId("erased-1"), [](absl::string_view text) { return text.find("Cho") != text.npos; },
               state_);
  EXPECT_EQ(Get(about).person, PersonId("erased-1"));
  EXPECT_TRUE(Get(about).notes.empty());
  EXPECT_THAT(Get(about).facts, ElementsAre(Pair("count", "3")));
  EXPECT_EQ(Get(other).person, PersonId("kim"));
  EXPECT_TRUE(Get(other).notes.empty());
  EXPECT_TRUE(Get(other).facts.empty());
  EXPECT_EQ(Get(third).notes.size(), 1u);
  EXPECT_EQ(state_.open.size(), 3u);
}

}  // namespace
}  // namespace sallyport::alarms
