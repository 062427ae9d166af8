#include "quarantine/names.h"

#include <array>
#include <utility>

namespace sallyport::quarantine {
namespace {

template <class Enum, size_t kCount>
using Table = std::array<std::pair<Enum, absl::string_view>, kCount>;

template <class Enum>
constexpr auto kNames = nullptr;

template <>
constexpr Table<VisitState, 7> kNames<VisitState>{{{VisitState::kScheduled, "SCHEDULED"},
                                                   {VisitState::kOpen, "OPEN"},
                                                   {VisitState::kInInterview, "IN_INTERVIEW"},
                                                   {VisitState::kEnded, "ENDED"},
                                                   {VisitState::kClosed, "CLOSED"},
                                                   {VisitState::kCancelled, "CANCELLED"},
                                                   {VisitState::kClosedWithIncident, "CLOSED_WITH_INCIDENT"}}};
template <>
constexpr Table<ParticipantState, 10> kNames<ParticipantState>{{{ParticipantState::kExpected, "EXPECTED"},
                                                                {ParticipantState::kCheckedIn, "CHECKED_IN"},
                                                                {ParticipantState::kDeclared, "DECLARED"},
                                                                {ParticipantState::kScreened, "SCREENED"},
                                                                {ParticipantState::kCleared, "CLEARED"},
                                                                {ParticipantState::kInside, "INSIDE"},
                                                                {ParticipantState::kOutside, "OUTSIDE"},
                                                                {ParticipantState::kReturned, "RETURNED"},
                                                                {ParticipantState::kRefused, "REFUSED"},
                                                                {ParticipantState::kRemoved, "REMOVED"}}};
template <>
constexpr Table<DeviceState, 9> kNames<DeviceState>{{{DeviceState::kDeclared, "DECLARED"},
                                                     {DeviceState::kSealed, "SEALED"},
                                                     {DeviceState::kVerified, "VERIFIED"},
                                                     {DeviceState::kReleaseReady, "RELEASE_READY"},
                                                     {DeviceState::kReturned, "RETURNED"},
                                                     {DeviceState::kExempt, "EXEMPT"},
                                                     {DeviceState::kIncident, "INCIDENT"},
                                                     {DeviceState::kHeld, "HELD"},
                                                     {DeviceState::kUnclaimed, "UNCLAIMED"}}};
template <>
constexpr Table<DeviceKind, 7> kNames<DeviceKind>{{{DeviceKind::kPhone, "PHONE"},
                                                   {DeviceKind::kWatch, "WATCH"},
                                                   {DeviceKind::kLaptop, "LAPTOP"},
                                                   {DeviceKind::kEarbuds, "EARBUDS"},
                                                   {DeviceKind::kGlasses, "GLASSES"},
                                                   {DeviceKind::kMedical, "MEDICAL"},
                                                   {DeviceKind::kOther, "OTHER"}}};
template <>
constexpr Table<Role, 2> kNames<Role>{{{Role::kCandidate, "CANDIDATE"}, {Role::kInterviewer, "INTERVIEWER"}}};
template <>
constexpr Table<DocumentKind, 6> kNames<DocumentKind>{{{DocumentKind::kNone, "NONE"},
                                                       {DocumentKind::kBadge, "BADGE"},
                                                       {DocumentKind::kPassport, "PASSPORT"},
                                                       {DocumentKind::kIdCard, "ID_CARD"},
                                                       {DocumentKind::kDrivingLicence, "DRIVING_LICENCE"},
                                                       {DocumentKind::kOther, "OTHER"}}};
template <>
constexpr Table<ScreeningMethod, 3> kNames<ScreeningMethod>{
    {{ScreeningMethod::kWand, "WAND"}, {ScreeningMethod::kPortal, "PORTAL"}, {ScreeningMethod::kVisual, "VISUAL"}}};
template <>
constexpr Table<ScreeningResult, 4> kNames<ScreeningResult>{{{ScreeningResult::kNone, "NONE"},
                                                             {ScreeningResult::kPassed, "PASSED"},
                                                             {ScreeningResult::kFound, "FOUND"},
                                                             {ScreeningResult::kRefused, "REFUSED"}}};
template <>
constexpr Table<Confirmation, 3> kNames<Confirmation>{
    {{Confirmation::kNone, "NONE"}, {Confirmation::kBadge, "BADGE"}, {Confirmation::kSignature, "SIGNATURE"}}};
template <>
constexpr Table<SlotDoor, 3> kNames<SlotDoor>{
    {{SlotDoor::kUnknown, "UNKNOWN"}, {SlotDoor::kClosed, "CLOSED"}, {SlotDoor::kOpen, "OPEN"}}};
template <>
constexpr Table<SlotLoad, 3> kNames<SlotLoad>{
    {{SlotLoad::kUnknown, "UNKNOWN"}, {SlotLoad::kEmpty, "EMPTY"}, {SlotLoad::kOccupied, "OCCUPIED"}}};
template <>
constexpr Table<IncidentKind, 14> kNames<IncidentKind>{
    {{IncidentKind::kUndeclaredDevice, "UNDECLARED_DEVICE"},
     {IncidentKind::kSealBroken, "SEAL_BROKEN"},
     {IncidentKind::kSealMismatch, "SEAL_MISMATCH"},
     {IncidentKind::kSlotOpenedWhileOccupied, "SLOT_OPENED_WHILE_OCCUPIED"},
     {IncidentKind::kSlotEmptyBySensor, "SLOT_EMPTY_BY_SENSOR"},
     {IncidentKind::kAttenuationLost, "ATTENUATION_LOST"},
     {IncidentKind::kDeviceTransmitted, "DEVICE_TRANSMITTED"},
     {IncidentKind::kDeviceInArea, "DEVICE_IN_AREA"},
     {IncidentKind::kWrongPersonAtRelease, "WRONG_PERSON_AT_RELEASE"},
     {IncidentKind::kLeftWithoutDevice, "LEFT_WITHOUT_DEVICE"},
     {IncidentKind::kLostClaim, "LOST_CLAIM"},
     {IncidentKind::kDeviceDamaged, "DEVICE_DAMAGED"},
     {IncidentKind::kEvacuation, "EVACUATION"},
     {IncidentKind::kLegalHold, "LEGAL_HOLD"}}};

template <class Enum>
absl::string_view NameIn(Enum value) {
  for (const auto& [each, name] : kNames<Enum>) {
    if (each == value) return name;
  }
  return "UNKNOWN";
}

}  // namespace

absl::string_view Name(VisitState value) { return NameIn(value); }
absl::string_view Name(ParticipantState value) { return NameIn(value); }
absl::string_view Name(DeviceState value) { return NameIn(value); }
absl::string_view Name(DeviceKind value) { return NameIn(value); }
absl::string_view Name(Role value) { return NameIn(value); }
absl::string_view Name(DocumentKind value) { return NameIn(value); }
absl::string_view Name(ScreeningMethod value) { return NameIn(value); }
absl::string_view Name(ScreeningResult value) { return NameIn(value); }
absl::string_view Name(Confirmation value) { return NameIn(value); }
absl::string_view Name(SlotDoor value) { return NameIn(value); }
absl::string_view Name(SlotLoad value) { return NameIn(value); }
absl::string_view Name(IncidentKind value) { return NameIn(value); }

template <class Enum>
std::optional<Enum> Parse(absl::string_view name) {
  for (const auto& [each, known] : kNames<Enum>) {
    if (known == name) return each;
  }
  return std::nullopt;
}

template std::optional<VisitState> Parse(absl::string_view name);
template std::optional<ParticipantState> Parse(absl::string_view name);
template std::optional<DeviceState> Parse(absl::string_view name);
template std::optional<DeviceKind> Parse(absl::string_view name);
template std::optional<Role> Parse(absl::string_view name);
template std::optional<DocumentKind> Parse(absl::string_view name);
template std::optional<ScreeningMethod> Parse(absl::string_view name);
template std::optional<ScreeningResult> Parse(absl::string_view name);
template std::optional<Confirmation> Parse(absl::string_view name);
template std::optional<SlotDoor> Parse(absl::string_view name);
template std::optional<SlotLoad> Parse(absl::string_view name);
template std::optional<IncidentKind> Parse(absl::string_view name);

}  // namespace sallyport::quarantine
