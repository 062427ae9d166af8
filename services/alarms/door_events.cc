#include "alarms/door_events.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "alarms/limits.h"
#include "base/status.h"

namespace sallyport::alarms {
namespace {

constexpr std::array kKinds = {
    // Doors.
    DeviceEventKind{"opened", "", false},
    DeviceEventKind{"closed", "", false},
    DeviceEventKind{"forced", "FORCED", false},
    DeviceEventKind{"held_open", "HELD_OPEN", false},
    DeviceEventKind{"request_to_exit", "", false},
    // Readers and their gateway.
    DeviceEventKind{"tamper", "TAMPER", false},
    DeviceEventKind{"reader_offline", "READER_OFFLINE", false},
    DeviceEventKind{"reader_online", "", false},
    DeviceEventKind{"offline_decision", "", false},
    // Lockers and their slots.
    DeviceEventKind{"slot_opened", "", true},
    DeviceEventKind{"slot_closed", "", true},
    DeviceEventKind{"self_test", "", true},
    DeviceEventKind{"self_test_failed", "ATTENUATION_LOST", true},
    DeviceEventKind{"locker_power_lost", "ATTENUATION_LOST", true},
    DeviceEventKind{"locker_tamper", "TAMPER", true},
    // Radio detectors: at a locker, and inside an interview area.
    DeviceEventKind{"rf_at_locker", "DEVICE_TRANSMITTED", true},
    DeviceEventKind{"rf_in_area", "DEVICE_IN_AREA", true},
    // Blinds of an area. Whether it matters that they are up is the area's policy.
    DeviceEventKind{"blinds_down", "", true},
    DeviceEventKind{"blinds_up", "", true},
};

std::string KindList() {
  return absl::StrJoin(kKinds, ", ",
                       [](std::string* out, const DeviceEventKind& kind) { absl::StrAppend(out, kind.kind); });
}

// The object that a detail names is its first word; more words may follow.
absl::string_view ObjectOf(absl::string_view detail) { return detail.substr(0, detail.find(' ')); }

bool IsObject(absl::string_view text) {
  return !text.empty() && text.size() <= kObjectBytesMax && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == '/';
  });
}

absl::Status CheckDetail(absl::string_view detail) {
  if (detail.size() > kDetailBytesMax) {
    return FieldError("detail", absl::StrCat("has ", detail.size(), " bytes, at most ", kDetailBytesMax, " are kept"));
  }
  if (std::any_of(detail.begin(), detail.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); })) {
    return FieldError("detail", "contains a control character");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Span<const DeviceEventKind> DeviceEventKinds() { return kKinds; }

const DeviceEventKind* FindDeviceEventKind(absl::string_view kind) {
  const auto* found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const DeviceEventKind& each) { return each.kind == kind; });
  return found == kKinds.end() ? nullptr : found;
}

absl::Status CheckDeviceEvent(const DeviceEvent& event) {
  const DeviceEventKind* kind = FindDeviceEventKind(event.kind);
  if (kind == nullptr) return FieldError("kind", absl::StrCat("expected one of ", KindList()));
  SP_RETURN_IF_ERROR(CheckDetail(event.detail));
  if (!kind->names_object) {
    if (event.access_point.empty()) return FieldError("access_point_id", absl::StrCat("'", kind->kind, "' needs one"));
    return CheckId("access_point_id", event.access_point.value());
  }
  if (!event.access_point.empty()) SP_RETURN_IF_ERROR(CheckId("access_point_id", event.access_point.value()));
  if (IsObject(ObjectOf(event.detail))) return absl::OkStatus();
  return FieldError("detail", absl::StrCat("'", kind->kind, "' begins with the id of a slot, a locker or an area"));
}

std::optional<RaiseRequest> AlarmOf(const DeviceEvent& event) {
  const DeviceEventKind* kind = FindDeviceEventKind(event.kind);
  if (kind == nullptr || kind->alarm.empty()) return std::nullopt;
  RaiseRequest request;
  request.kind = std::string(kind->alarm);
  request.object = kind->names_object ? std::string(ObjectOf(event.detail)) : event.access_point.value();
  request.person = event.person;
  request.facts = {{"event", event.kind}};
  if (!event.detail.empty()) request.facts.emplace_back("detail", event.detail);
  return request;
}

}  // namespace sallyport::alarms
