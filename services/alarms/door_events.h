#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "alarms/alarms.h"
#include "facility/event.h"

// What doors, readers and sensors may report, and which of it is an alarm.
namespace sallyport::alarms {

struct DeviceEventKind {
  absl::string_view kind;     // "forced", as RecordEvents takes it
  absl::string_view alarm;    // "FORCED"; empty: no alarm
  bool names_object = false;  // `detail` names what it is about (a slot, a locker, an area) instead of an access point
};

// All of them, in the order of the documentation.
absl::Span<const DeviceEventKind> DeviceEventKinds();

// Null when it is not one of them.
const DeviceEventKind* FindDeviceEventKind(absl::string_view kind);

// Is this an event that may be recorded: a known kind, the access point or the object that the kind needs, a detail of
// bounded length without control characters. INVALID_ARGUMENT naming the field otherwise.
absl::Status CheckDeviceEvent(const DeviceEvent& event);

// The alarm that a (checked) event raises, if any.
std::optional<RaiseRequest> AlarmOf(const DeviceEvent& event);

}  // namespace sallyport::alarms
