#pragma once

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "facility/model.h"

namespace sallyport::facility {

// Whether `now` is within the schedule, by the civil time of `zone`: the minute of the day that a clock on the wall
// shows, also on days that daylight saving makes longer or shorter. A day in `holidays` counts only for intervals that
// say so. An interval whose end is not after its start runs over midnight and belongs to the day that it starts on.
bool IsActive(const Schedule& schedule, const absl::TimeZone& zone, const std::set<absl::CivilDay>& holidays,
              absl::Time now);

}  // namespace sallyport::facility
