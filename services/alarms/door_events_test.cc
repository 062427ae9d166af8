#include "alarms/door_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "alarms/limits.h"
#include "base/status.h"

namespace sallyport::alarms {
namespace {

using ::testing::Contains;
using ::testing::Pair;

DeviceEvent Report(const std::string& kind, const std::string& access_point, const std::string& detail = "") {
  return {kind, AccessPointId(access_point), detail, PersonId(), absl::InfinitePast()};
}

TEST(DoorEventsTest, KindsAreDistinctAndFound) {
  std::set<absl::string_view> seen;
  for (const DeviceEventKind& kind : DeviceEventKinds()) {
    EXPECT_TRUE(seen.insert(kind.kind).second) << kind.kind;
    EXPECT_EQ(FindDeviceEventKind(kind.kind), &kind);
  }
  for (absl::string_view kind :
       {"opened", "closed", "forced", "held_open", "tamper", "request_to_exit", "reader_offline", "reader_online",
        "slot_opened", "slot_closed", "self_test", "offline_decision"}) {
    EXPECT_NE(FindDeviceEventKind(kind), nullptr) << kind;
  }
  EXPECT_EQ(FindDeviceEventKind(""), nullptr);
  EXPECT_EQ(FindDeviceEventKind("Opened"), nullptr);
}

struct Checked {
  std::string name;
  DeviceEvent event;
  std::string field;  // empty: fine
};

class CheckTest : public testing::TestWithParam<Checked> {};

TEST_P(CheckTest, Check) {
  const absl::Status checked = CheckDeviceEvent(GetParam().event);
  if (GetParam().field.empty()) {
    EXPECT_TRUE(checked.ok()) << checked;
    return;
  }
  EXPECT_EQ(checked.code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(FieldViolations(checked).size(), 1u);
  EXPECT_EQ(FieldViolations(checked).front().field, GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(
    DoorEvents, CheckTest,
    testing::Values(
        Checked{"Opened", Report("opened", "f3-lab-in"), ""},
        Checked{"WithDetail", Report("tamper", "f3-lab-in", "case switch 2"), ""},
        Checked{"LongestDetail", Report("tamper", "f3-lab-in", std::string(kDetailBytesMax, 'x')), ""},
        Checked{"Slot", Report("slot_opened", "", "L1/4"), ""},
        Checked{"LockerWithMore", Report("self_test_failed", "", "L1 41 dB at 2.4 GHz"), ""},
        Checked{"ObjectBesideAccessPoint", Report("rf_in_area", "f2-in", "interview"), ""},
        Checked{"UnknownKind", Report("exploded", "f3-lab-in"), "kind"},
        Checked{"NoKind", Report("", "f3-lab-in"), "kind"},
        Checked{"NoAccessPoint", Report("forced", ""), "access_point_id"},
        Checked{"MalformedAccessPoint", Report("forced", "../door"), "access_point_id"},
        Checked{"NoObject", Report("slot_opened", "f3-lab-in"), "detail"},
        Checked{"ObjectAfterSpace", Report("slot_opened", "", " L1/4"), "detail"},
        Checked{"ObjectOfOtherCharacters", Report("slot_opened", "", "L1;4"), "detail"},
        Checked{"ObjectTooLong", Report("slot_opened", "", std::string(kObjectBytesMax + 1, 'x')), "detail"},
        Checked{"DetailTooLong", Report("opened", "f3-lab-in", std::string(kDetailBytesMax + 1, 'x')), "detail"},
        Checked{"LineBreak", Report("opened", "f3-lab-in", "a\nb"), "detail"},
        Checked{"Nul", Report("opened", "f3-lab-in", std::string("a\0b", 3)), "detail"}),
    [](const auto& param) { return param.param.name; });

TEST(DoorEventsTest, WhichReportsRaiseAlarms) {
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"opened", ""},           {"closed", ""},
      {"forced", "FORCED"},     {"held_open", "HELD_OPEN"},
      {"tamper", "TAMPER"},     {"request_to_exit", ""},
      {"reader_online", ""},    {"reader_offline", "READER_OFFLINE"},
      {"slot_opened", ""},      {"self_test_failed", "ATTENUATION_LOST"},
      {"offline_decision", ""}, {"rf_in_area", "DEVICE_IN_AREA"},
      {"blinds_up", ""},        {"rf_at_locker", "DEVICE_TRANSMITTED"},
      {"unheard_of", ""}};
  for (const auto& [kind, alarm] : expected) {
    const auto raised = AlarmOf(Report(kind, "f3-lab-in", "L1/4 lid"));
    EXPECT_EQ(raised ? raised->kind : "", alarm) << kind;
  }
}

TEST(DoorEventsTest, AnAlarmNamesTheDoorOrTheObject) {
  DeviceEvent held = Report("held_open", "f3-lab-in");
  held.person = PersonId("park");
  const auto door = AlarmOf(held);
  ASSERT_TRUE(door.has_value());
  EXPECT_EQ(door->object, "f3-lab-in");
  EXPECT_EQ(door->person, PersonId("park"));
  EXPECT_THAT(door->facts, Contains(Pair("event", "held_open")));

  const auto locker = AlarmOf(Report("self_test_failed", "", "L1 41 dB"));
  ASSERT_TRUE(locker.has_value());
  EXPECT_EQ(locker->object, "L1");
  EXPECT_THAT(locker->facts, Contains(Pair("detail", "L1 41 dB")));
}

}  // namespace
}  // namespace sallyport::alarms
