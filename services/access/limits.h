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
inline constexpr size_t kProblemsRenderedMax = 20;  // of a policy set, in the message of one error

// Policy tests: what people write, and what a worker gets done in a second or two.
inline constexpr size_t kTestBytesMax = 1u << 20;  // of one file
inline constexpr size_t kTestNodesMax = 200'000;   // of one file, aliases counted with what they stand for
inline constexpr int kTestDepthMax = 32;
inline constexpr size_t kTestCasesMax = 10'000;            // in one run
inline constexpr size_t kTestEntitiesMax = 1000;           // of a world, or changed by a case
inline constexpr size_t kTestEntitiesMadeMax = 500'000;    // of all cases, the schema's actions counted each time
inline constexpr size_t kTestLinksMax = 1000;              // of a world
inline constexpr size_t kTestPoliciesMax = 1000;           // that a case expects to decide
inline constexpr size_t kPoliciesShownMax = 20;            // of a case's difference
inline constexpr size_t kTestEvaluationsMax = 20'000'000;  // cases times policies that a server runs for one request

}  // namespace sallyport::access
