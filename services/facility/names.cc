#include "facility/names.h"

#include <array>
#include <utility>

namespace sallyport::facility {
namespace {

template <class Enum, size_t kCount>
using Table = std::array<std::pair<Enum, absl::string_view>, kCount>;

template <class Enum>
constexpr auto kNames = nullptr;

template <>
constexpr Table<PersonKind, 4> kNames<PersonKind>{{{PersonKind::kEmployee, "employee"},
                                                   {PersonKind::kContractor, "contractor"},
                                                   {PersonKind::kVisitor, "visitor"},
                                                   {PersonKind::kCandidate, "candidate"}}};
template <>
constexpr Table<PersonStatus, 3> kNames<PersonStatus>{
    {{PersonStatus::kActive, "active"}, {PersonStatus::kSuspended, "suspended"}, {PersonStatus::kLeft, "left"}}};
template <>
constexpr Table<CredentialStatus, 4> kNames<CredentialStatus>{{{CredentialStatus::kActive, "active"},
                                                               {CredentialStatus::kDisabled, "disabled"},
                                                               {CredentialStatus::kLost, "lost"},
                                                               {CredentialStatus::kStolen, "stolen"}}};
template <>
constexpr Table<AntiPassback, 3> kNames<AntiPassback>{
    {{AntiPassback::kOff, "off"}, {AntiPassback::kSoft, "soft"}, {AntiPassback::kHard, "hard"}}};

template <class Enum>
absl::string_view NameIn(Enum value) {
  for (const auto& [each, name] : kNames<Enum>) {
    if (each == value) return name;
  }
  return "unknown";
}

}  // namespace

absl::string_view NameOf(PersonKind value) { return NameIn(value); }
absl::string_view NameOf(PersonStatus value) { return NameIn(value); }
absl::string_view NameOf(CredentialStatus value) { return NameIn(value); }
absl::string_view NameOf(AntiPassback value) { return NameIn(value); }

template <class Enum>
std::optional<Enum> Named(absl::string_view name) {
  for (const auto& [each, known] : kNames<Enum>) {
    if (known == name) return each;
  }
  return std::nullopt;
}

template std::optional<PersonKind> Named(absl::string_view name);
template std::optional<PersonStatus> Named(absl::string_view name);
template std::optional<CredentialStatus> Named(absl::string_view name);
template std::optional<AntiPassback> Named(absl::string_view name);

}  // namespace sallyport::facility
