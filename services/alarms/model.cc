#include "alarms/model.h"

namespace sallyport::alarms {

absl::string_view Name(AlarmState state) {
  switch (state) {
    case AlarmState::kRaised:
      return "RAISED";
    case AlarmState::kAcknowledged:
      return "ACKNOWLEDGED";
    case AlarmState::kResolved:
      return "RESOLVED";
  }
  return "UNKNOWN";
}

absl::string_view Name(Priority priority) {
  switch (priority) {
    case Priority::kLow:
      return "LOW";
    case Priority::kMedium:
      return "MEDIUM";
    case Priority::kHigh:
      return "HIGH";
    case Priority::kCritical:
      return "CRITICAL";
  }
  return "UNKNOWN";
}

}  // namespace sallyport::alarms
