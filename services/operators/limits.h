#pragma once

#include <cstddef>

#include "absl/time/time.h"

// Everything in this room that has a limit, with its reason. Breaking one is INVALID_ARGUMENT naming the field.
namespace sallyport::operators {

inline constexpr size_t kNameBytesMax = 200;  // a person's full name, or what a program is for
inline constexpr size_t kRolesMax = 16;       // more roles than duties means that nobody knows what somebody may do
inline constexpr size_t kTokensPerOperatorMax = 32;  // unexpired ones; one a machine and a change of them

inline constexpr size_t kTokenSecretBytes = 32;  // 256 bits: not to be guessed, so a plain digest of it is enough
inline constexpr absl::Duration kTokenLifeDefault = absl::Hours(24 * 90);
inline constexpr absl::Duration kTokenLifeMax = absl::Hours(24 * 366);  // a token that outlives a year is forgotten

}  // namespace sallyport::operators
