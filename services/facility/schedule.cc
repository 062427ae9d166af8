#include "facility/schedule.h"

#include <algorithm>

namespace sallyport::facility {
namespace {

bool CoversDay(const Schedule::Interval& interval, absl::CivilDay day, const std::set<absl::CivilDay>& holidays) {
  return interval.days.count(absl::GetWeekday(day)) > 0 && (interval.on_holidays || holidays.count(day) == 0);
}

bool IsWithin(const Schedule::Interval& interval, absl::CivilDay today, int32_t minute,
              const std::set<absl::CivilDay>& holidays) {
  if (interval.start_minute < interval.end_minute) {
    return interval.start_minute <= minute && minute < interval.end_minute && CoversDay(interval, today, holidays);
  }
  return (minute >= interval.start_minute && CoversDay(interval, today, holidays)) ||
         (minute < interval.end_minute && CoversDay(interval, today - 1, holidays));
}

}  // namespace

bool IsActive(const Schedule& schedule, const absl::TimeZone& zone, const std::set<absl::CivilDay>& holidays,
              absl::Time now) {
  const absl::CivilMinute local(zone.At(now).cs);
  const int32_t minute = local.hour() * 60 + local.minute();
  return std::any_of(schedule.intervals.begin(), schedule.intervals.end(), [&](const Schedule::Interval& interval) {
    return IsWithin(interval, absl::CivilDay(local), minute, holidays);
  });
}

}  // namespace sallyport::facility
