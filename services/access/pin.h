#pragma once

#include <string>

#include "access/decision.h"
#include "base/secret.h"
#include "facility/ids.h"

// PINs: what is kept of them, how one is checked, and what wrong ones lead to.
namespace sallyport::access {

// What facility::Person::pin_digest holds: HMAC-SHA-256 (hex) under the facility's digest key, bound to the person. A
// PIN has few digits, so that its secrecy rests on that key. The directory's commands use this when a PIN is set.
std::string PinDigest(const Secret& digest_key, const PersonId& person, const Secret& pin);

// HMAC-SHA-256 under the digest key, its first half in hex: the same unknown card gives the same digest, and nothing
// else can be learned from it.
std::string CardDigest(const Secret& digest_key, absl::string_view presented);

enum class PinCheck {
  kVerified,
  kWrong,
  kLastWrong,  // wrong, and the last one before the lockout that has now begun
  kLockedOut,  // not looked at
};

// Checks a PIN in constant time and counts failures: kPinFailuresMax in a row lock the person's PIN for kPinLockout. A
// person without a PIN has no right one. `pin` is not empty.
PinCheck CheckPin(const Secret& digest_key, const facility::Person& person, const Secret& pin, absl::Time now,
                  State& state);

}  // namespace sallyport::access
