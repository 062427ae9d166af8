#include "facility/schedule.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::facility {
namespace {

using Interval = Schedule::Interval;

const std::set<absl::Weekday> kWorkdays = {absl::Weekday::monday, absl::Weekday::tuesday, absl::Weekday::wednesday,
                                           absl::Weekday::thursday, absl::Weekday::friday};
const std::set<absl::Weekday> kEveryDay = {absl::Weekday::monday,   absl::Weekday::tuesday, absl::Weekday::wednesday,
                                           absl::Weekday::thursday, absl::Weekday::friday,  absl::Weekday::saturday,
                                           absl::Weekday::sunday};

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

absl::Time At(const char* rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << rfc3339 << " " << error;
  return time;
}

struct Case {
  const char* at;
  bool active;
};

void Expect(const std::vector<Interval>& intervals, const char* zone, const std::set<absl::CivilDay>& holidays,
            std::initializer_list<Case> cases) {
  Schedule schedule;
  schedule.intervals = intervals;
  for (const Case& c : cases) EXPECT_EQ(IsActive(schedule, Zone(zone), holidays, At(c.at)), c.active) << c.at;
}

TEST(Schedule, NoIntervalsIsNever) { Expect({}, "UTC", {}, {{"2026-06-01T12:00:00Z", false}}); }

TEST(Schedule, OfficeHoursByTheSitesClock) {
  Expect({{kWorkdays, 8 * 60, 19 * 60, false}}, "Asia/Seoul", {},
         {{"2026-06-01T07:59:59.999999999+09:00", false},  // a Monday
          {"2026-06-01T08:00:00+09:00", true},
          {"2026-05-31T23:00:00Z", true},  // the same moment
          {"2026-06-01T18:59:59.999999999+09:00", true},
          {"2026-06-01T19:00:00+09:00", false},
          {"2026-06-05T12:00:00+09:00", true},
          {"2026-06-06T12:00:00+09:00", false},  // Saturday
          {"2026-06-05T18:00:00Z", false},       // Saturday in Seoul
          {"2026-06-07T12:00:00+09:00", false}});
}

TEST(Schedule, TheWholeDay) {
  Expect({{{absl::Weekday::sunday}, 0, 1440, false}}, "UTC", {},
         {{"2026-06-06T23:59:59.999999999Z", false},
          {"2026-06-07T00:00:00Z", true},
          {"2026-06-07T23:59:59.999999999Z", true},
          {"2026-06-08T00:00:00Z", false}});
}

TEST(Schedule, OverMidnightBelongsToTheDayItBeganOn) {
  Expect({{{absl::Weekday::friday}, 22 * 60, 6 * 60, false}}, "UTC", {},
         {{"2026-06-05T05:59:00Z", false},  // Friday before the shift: that would be Thursday's
          {"2026-06-05T21:59:59Z", false},
          {"2026-06-05T22:00:00Z", true},
          {"2026-06-06T00:00:00Z", true},
          {"2026-06-06T05:59:59Z", true},
          {"2026-06-06T06:00:00Z", false},
          {"2026-06-06T22:00:00Z", false}});
}

TEST(Schedule, HolidaysAreClosedUnlessAnIntervalSaysOtherwise) {
  const std::set<absl::CivilDay> holidays = {absl::CivilDay(2026, 12, 25)};  // a Friday
  Expect(
      {{kWorkdays, 8 * 60, 19 * 60, false}}, "Europe/Berlin", holidays,
      {{"2026-12-24T12:00:00+01:00", true}, {"2026-12-25T12:00:00+01:00", false}, {"2026-12-28T12:00:00+01:00", true}});
  Expect({{kWorkdays, 8 * 60, 19 * 60, false}, {kEveryDay, 10 * 60, 11 * 60, true}}, "Europe/Berlin", holidays,
         {{"2026-12-25T09:59:59+01:00", false}, {"2026-12-25T10:00:00+01:00", true}});
  // The night that begins on the holiday is closed to its end, the one that runs into it is not.
  Expect({{kEveryDay, 22 * 60, 6 * 60, false}}, "Europe/Berlin", holidays,
         {{"2026-12-25T05:59:59+01:00", true},
          {"2026-12-25T22:00:00+01:00", false},
          {"2026-12-26T05:59:59+01:00", false},
          {"2026-12-26T22:00:00+01:00", true}});
}

// Berlin, 29 March 2026: the clock goes from 01:59:59 to 03:00:00, at 01:00 UTC.
TEST(Schedule, TheMissingHourIsSkipped) {
  const char* zone = "Europe/Berlin";
  Expect({{kEveryDay, 2 * 60, 3 * 60, false}}, zone, {},
         {{"2026-03-28T01:30:00Z", true},  // the day before, 02:30
          {"2026-03-29T00:59:59Z", false},
          {"2026-03-29T01:00:00Z", false},
          {"2026-03-29T01:30:00Z", false}});
  Expect({{kEveryDay, 60, 3 * 60 + 30, false}}, zone, {},
         {{"2026-03-29T00:00:00Z", true},     // 01:00
          {"2026-03-29T00:59:59Z", true},     // 01:59:59
          {"2026-03-29T01:00:00Z", true},     // 03:00
          {"2026-03-29T01:29:59Z", true},     // 03:29:59
          {"2026-03-29T01:30:00Z", false}});  // 03:30, one and a half hours after 01:00
  // Office hours begin an hour earlier in UTC.
  Expect({{kEveryDay, 8 * 60, 19 * 60, false}}, zone, {},
         {{"2026-03-28T06:59:59Z", false},
          {"2026-03-28T07:00:00Z", true},
          {"2026-03-29T05:59:59Z", false},
          {"2026-03-29T06:00:00Z", true},
          {"2026-03-29T17:00:00Z", false}});
}

// Berlin, 25 October 2026: the clock goes from 02:59:59 back to 02:00:00, at 01:00 UTC.
TEST(Schedule, TheRepeatedHourCountsTwice) {
  Expect({{kEveryDay, 2 * 60, 3 * 60, false}}, "Europe/Berlin", {},
         {{"2026-10-24T23:59:59Z", false},
          {"2026-10-25T00:00:00Z", true},  // 02:00 summer time
          {"2026-10-25T00:59:59Z", true},
          {"2026-10-25T01:00:00Z", true},  // 02:00 again
          {"2026-10-25T01:59:59Z", true},
          {"2026-10-25T02:00:00Z", false}});
  Expect({{kEveryDay, 22 * 60, 2 * 60 + 30, false}}, "Europe/Berlin", {},
         {{"2026-10-25T00:29:59Z", true},
          {"2026-10-25T00:30:00Z", false},
          {"2026-10-25T01:00:00Z", true},  // the wall clock shows 02:00 again
          {"2026-10-25T01:30:00Z", false}});
}

TEST(Schedule, ADayWithoutMidnight) {
  // Cairo, 24 April 2026 begins at 01:00.
  Expect({{{absl::Weekday::friday}, 0, 2 * 60, false}}, "Africa/Cairo", {},
         {{"2026-04-23T21:59:59Z", false}, {"2026-04-23T22:00:00Z", true}, {"2026-04-23T23:00:00Z", false}});
}

}  // namespace
}  // namespace sallyport::facility
