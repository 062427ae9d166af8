#include "access/pin.h"

#include <sodium.h>

#include <initializer_list>

#include "absl/strings/escaping.h"
#include "access/limits.h"

namespace sallyport::access {
namespace {

std::string Hmac(const Secret& key, std::initializer_list<absl::string_view> parts) {
  const auto bytes = [](absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key.reveal()), key.reveal().size());
  for (absl::string_view part : parts) {
    crypto_auth_hmacsha256_update(&state, bytes(part), part.size());
    crypto_auth_hmacsha256_update(&state, bytes(absl::string_view("\0", 1)), 1);
  }
  std::string out(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(out.data()));
  sodium_memzero(&state, sizeof state);
  return out;
}

}  // namespace

std::string PinDigest(const Secret& digest_key, const PersonId& person, const Secret& pin) {
  return absl::BytesToHexString(Hmac(digest_key, {"sallyport/pin", person.value(), pin.reveal()}));
}

std::string CardDigest(const Secret& digest_key, absl::string_view presented) {
  return absl::BytesToHexString(Hmac(digest_key, {"sallyport/card", presented}).substr(0, 16));
}

PinCheck CheckPin(const Secret& digest_key, const facility::Person& person, const Secret& pin, absl::Time now,
                  State& state) {
  const PinFailures* known = state.pin_failures.Find(person.id);
  PinFailures failures = known != nullptr ? *known : PinFailures();
  if (now < failures.locked_until) return PinCheck::kLockedOut;
  if (ConstantTimeEquals(PinDigest(digest_key, person.id, pin), person.pin_digest)) {
    if (known != nullptr) state.pin_failures.Erase(person.id);
    return PinCheck::kVerified;
  }
  const bool last = ++failures.count >= kPinFailuresMax;
  if (last) failures = {0, now + kPinLockout};
  state.pin_failures.Put(person.id, failures);
  return last ? PinCheck::kLastWrong : PinCheck::kWrong;
}

}  // namespace sallyport::access
