#include "sallyport/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sallyport/access/v1/access.pb.h"
#include "sallyport/facility/v1/facility.pb.h"

namespace sallyport::cli {
namespace {

using ::testing::HasSubstr;

// What `print` writes to standard output.
template <class Print>
std::string Printed(Print print) {
  ::testing::internal::CaptureStdout();
  print();
  std::fflush(stdout);
  return ::testing::internal::GetCapturedStdout();
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(Printed([] {
              PrintTable({"ID", "NAME"}, {{"a-long-id", "x"}, {"b", "y"}});
            }),
            "ID         NAME\n"
            "a-long-id  x\n"
            "b          y\n");
}

TEST(Table, KoreanTakesTwoColumnsACharacter) {
  EXPECT_EQ(Printed([] {
              PrintTable({"A", "B"}, {{"홍길동", "1"}, {"abcdef", "2"}});
            }),
            "A       B\n"
            "홍길동  1\n"
            "abcdef  2\n");
}

TEST(Table, ControlCharactersDoNotReachTheTerminal) {
  const std::string out = Printed([] { PrintTable({"A"}, {{"\x1b[2Jx\ny"}}); });
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
  EXPECT_THAT(out, HasSubstr("[2Jx y\n"));
}

TEST(Facts, LeaveOutWhatIsEmpty) {
  EXPECT_EQ(Printed([] {
              PrintFacts({{"name", "x"}, {"nothing", ""}, {"long name", "y"}});
            }),
            "name       x\n"
            "long name  y\n");
}

TEST(Message, JsonHasEveryField) {
  access::v1::AuthorizeResponse answer;
  answer.set_decision(access::v1::DECISION_DENY);
  const std::string json = Printed([&] { PrintMessage(answer, Format::kJson); });
  EXPECT_THAT(json, HasSubstr("\"decision\": \"DECISION_DENY\""));
  EXPECT_THAT(json, HasSubstr("\"unlockSeconds\": 0"));
  const std::string yaml = Printed([&] { PrintMessage(answer, Format::kYaml); });
  EXPECT_THAT(yaml, HasSubstr("decision: \"DECISION_DENY\""));
  EXPECT_THAT(yaml, HasSubstr("unlockSeconds: 0"));
}

TEST(Enum, TextIsWithoutPrefixAndBack) {
  const auto* type = facility::v1::DoorMode_descriptor();
  EXPECT_EQ(EnumText(type, facility::v1::DOOR_MODE_LOCKED_DOWN), "locked-down");
  EXPECT_EQ(EnumText(type, facility::v1::DOOR_MODE_UNSPECIFIED), "");
  EXPECT_EQ(EnumText(type, 99), "99");
  for (const char* text : {"locked-down", "LOCKED_DOWN", "Locked-Down"}) {
    const auto number = EnumNumber(type, text);
    ASSERT_TRUE(number.ok()) << text;
    EXPECT_EQ(*number, facility::v1::DOOR_MODE_LOCKED_DOWN);
  }
  for (const char* text : {"", "unspecified", "open", "3"}) {
    const auto number = EnumNumber(type, text);
    EXPECT_THAT(std::string(number.status().message()), HasSubstr("is not one of normal, unlocked, locked-down"))
        << text;
  }
}

TEST(Time, ReadsManySpellings) {
  const absl::Time now = absl::FromUnixSeconds(1772460000);
  const absl::Time day = absl::FromCivil(absl::CivilDay(2026, 3, 2), absl::LocalTimeZone());
  const struct {
    const char* text;
    absl::Time time;
  } cases[] = {
      {"now", now},
      {"+2h", now + absl::Hours(2)},
      {"-30m", now - absl::Minutes(30)},
      {"2026-03-02T14:05:00Z", absl::FromCivil(absl::CivilSecond(2026, 3, 2, 14, 5, 0), absl::UTCTimeZone())},
      {"2026-03-02T14:05:00.5+09:00",
       absl::FromCivil(absl::CivilSecond(2026, 3, 2, 5, 5, 0), absl::UTCTimeZone()) + absl::Milliseconds(500)},
      {"2026-03-02 14:05", day + absl::Hours(14) + absl::Minutes(5)},
      {"2026-03-02 14:05:09", day + absl::Hours(14) + absl::Minutes(5) + absl::Seconds(9)},
      {"2026-03-02", day},
  };
  for (const auto& c : cases) {
    const auto time = ParseTime(c.text, now);
    ASSERT_TRUE(time.ok()) << c.text << ": " << time.status().message();
    EXPECT_EQ(*time, c.time) << c.text;
  }
  for (const char* text : {"", "tomorrow", "2026-13-01", "+2", "14:05"})
    EXPECT_FALSE(ParseTime(text, now).ok()) << text;
}

TEST(Time, TimestampsKeepNanoseconds) {
  for (const int64_t nanoseconds : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1772460000123456789}}) {
    const absl::Time time = absl::UnixEpoch() + absl::Nanoseconds(nanoseconds);
    const auto timestamp = ToTimestamp(time);
    EXPECT_GE(timestamp.nanos(), 0);
    EXPECT_EQ(FromTimestamp(timestamp), time);
  }
}

}  // namespace
}  // namespace sallyport::cli
