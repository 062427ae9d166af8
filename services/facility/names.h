#pragma once

#include "absl/strings/string_view.h"
#include "facility/model.h"

// The words for the model's choices, as the facility file, the log and the API write them.
namespace sallyport::facility {

// "employee", "active", "disabled", "hard", …
absl::string_view NameOf(PersonKind value);
absl::string_view NameOf(PersonStatus value);
absl::string_view NameOf(CredentialStatus value);
absl::string_view NameOf(AntiPassback value);

// The value of a word; null: no value has that name. For the four types above.
template <class Enum>
std::optional<Enum> Named(absl::string_view name);

}  // namespace sallyport::facility
