#pragma once

#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"

// Why a decision went as it did: the codes that the pipeline itself gives (policies name theirs by @reason), and what a
// person at the door reads.
namespace sallyport::access {

namespace reason {
inline constexpr absl::string_view kGranted = "GRANTED";
inline constexpr absl::string_view kGrantedFirstOfTwo = "GRANTED_FIRST_OF_TWO";
inline constexpr absl::string_view kUnknownCredential = "UNKNOWN_CREDENTIAL";
inline constexpr absl::string_view kInvalidFormat = "INVALID_FORMAT";
inline constexpr absl::string_view kCredentialNotEnabled = "CREDENTIAL_NOT_ENABLED";
inline constexpr absl::string_view kCredentialNotActive = "CREDENTIAL_NOT_ACTIVE";
inline constexpr absl::string_view kCredentialExpired = "CREDENTIAL_EXPIRED";
inline constexpr absl::string_view kCredentialLost = "CREDENTIAL_LOST";
inline constexpr absl::string_view kCredentialStolen = "CREDENTIAL_STOLEN";
inline constexpr absl::string_view kPersonInactive = "PERSON_INACTIVE";
inline constexpr absl::string_view kInvalidPin = "INVALID_PIN";
inline constexpr absl::string_view kPinRequired = "PIN_REQUIRED";
inline constexpr absl::string_view kPinLockedOut = "PIN_LOCKED_OUT";
inline constexpr absl::string_view kNoAccessLevel = "NO_ACCESS_LEVEL";
inline constexpr absl::string_view kNotPermittedAtThisTime = "NOT_PERMITTED_AT_THIS_TIME";
inline constexpr absl::string_view kAntipassbackViolation = "ANTIPASSBACK_VIOLATION";
inline constexpr absl::string_view kOccupancyFull = "OCCUPANCY_FULL";
inline constexpr absl::string_view kOccupancyMinimum = "OCCUPANCY_MINIMUM";
inline constexpr absl::string_view kSecondPersonRequired = "SECOND_PERSON_REQUIRED";
inline constexpr absl::string_view kDoorLockedDown = "DOOR_LOCKED_DOWN";
inline constexpr absl::string_view kReadTooOld = "READ_TOO_OLD";
inline constexpr absl::string_view kPolicyError = "POLICY_ERROR";
inline constexpr absl::string_view kSystemError = "SYSTEM_ERROR";
}  // namespace reason

// Reasons in the order in which they are shown, none of them twice. The texts outlive it.
class Reasons {
 public:
  void Add(absl::string_view code);
  bool empty() const { return codes_.empty(); }
  auto begin() const { return codes_.begin(); }
  auto end() const { return codes_.end(); }

 private:
  absl::InlinedVector<absl::string_view, 8> codes_;
};

// One line for a display, in the language ("en", "ko"; any other reads English). Empty for a code that only a policy
// knows.
absl::string_view MessageFor(absl::string_view code, absl::string_view language);

// What would have to change, in a sentence for the desk; empty where the code says it all.
absl::string_view RemedyFor(absl::string_view code);

}  // namespace sallyport::access
