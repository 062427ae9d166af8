#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

// Everything in this room that has a limit, with its reason.
namespace sallyport::access {

inline constexpr int32_t kPinFailuresMax = 5;                       // in a row; a four-digit PIN stays safe
inline constexpr absl::Duration kPinLockout = absl::Minutes(5);     // after that many
inline constexpr absl::Duration kEscortWindow = absl::Seconds(30);  // between the escort's grant and the visitor's read
inline constexpr absl::Duration kGrantValid = absl::Seconds(5);     // a gateway acts on a grant within it or not at all
inline constexpr absl::Duration kReadAheadMax = absl::Minutes(5);   // a reader's clock that is further ahead is broken
inline constexpr size_t kRecentGrantsMax = 32;  // at one access point within kEscortWindow: a turnstile at rush hour
inline constexpr int kAreaDepthMax = 16;        // areas in areas; the facility file is refused above it
inline constexpr size_t kTestCasesMax = 10000;  // in one file of policy tests

}  // namespace sallyport::access
