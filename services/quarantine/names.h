#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "quarantine/model.h"

// Enumerators by the names that the log and the API use: "IN_INTERVIEW", "UNDECLARED_DEVICE". Names never change
// meaning, since records of the past hold them.
namespace sallyport::quarantine {

absl::string_view Name(VisitState value);
absl::string_view Name(ParticipantState value);
absl::string_view Name(DeviceState value);
absl::string_view Name(DeviceKind value);
absl::string_view Name(Role value);
absl::string_view Name(DocumentKind value);
absl::string_view Name(ScreeningMethod value);
absl::string_view Name(ScreeningResult value);
absl::string_view Name(Confirmation value);
absl::string_view Name(SlotDoor value);
absl::string_view Name(SlotLoad value);
absl::string_view Name(IncidentKind value);

// The enumerator of that name, or nothing. Parse<DeviceKind>("PHONE").
template <class Enum>
std::optional<Enum> Parse(absl::string_view name);

}  // namespace sallyport::quarantine
