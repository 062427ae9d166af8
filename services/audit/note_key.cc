#include "audit/note_key.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "audit/cosignature.h"
#include "audit/encoding.h"
#include "audit/hash.h"
#include "audit/limits.h"
#include "audit/note.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

constexpr absl::string_view kSkeyPrefix = "PRIVATE+KEY+";

uint32_t KeyId(absl::string_view name, KeyType type, const std::array<uint8_t, 32>& public_key) {
  std::string input = absl::StrCat(name, "\n");
  input.push_back(static_cast<char>(type));
  input.append(reinterpret_cast<const char*>(public_key.data()), public_key.size());
  const Hash hash = Sha256(input);
  return uint32_t{hash[0]} << 24 | uint32_t{hash[1]} << 16 | uint32_t{hash[2]} << 8 | hash[3];
}

// `name+id+base64`, cut at the first two plus signs because base64 may contain more. Views into `text`.
struct KeyText {
  absl::string_view name;
  uint32_t key_id;
  absl::string_view base64;
};

bool SplitKeyText(absl::string_view text, KeyText& out) {
  const size_t first = text.find('+');
  if (first == absl::string_view::npos) return false;
  const size_t second = text.find('+', first + 1);
  if (second != first + 9) return false;
  out.name = text.substr(0, first);
  out.key_id = 0;
  for (char c : text.substr(first + 1, 8)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'f')) return false;
    out.key_id = out.key_id << 4 | static_cast<uint32_t>(digit ? c - '0' : c - 'a' + 10);
  }
  out.base64 = text.substr(second + 1);
  return CheckKeyName(out.name).ok();
}

}  // namespace

absl::Status CheckKeyName(absl::string_view name) {
  const bool control = std::any_of(name.begin(), name.end(), [](char c) { return static_cast<uint8_t>(c) < 0x20; });
  if (name.empty() || name.size() > kKeyNameBytesMax || control || absl::StrContains(name, "+") || !IsValidUtf8(name) ||
      HasUnicodeSpace(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("key name \"", absl::CHexEscape(name.substr(0, 64)),
                     "\": expected 1 to 255 bytes of UTF-8 without white space, control characters and +"));
  }
  return absl::OkStatus();
}

bool VerifyEd25519(const std::array<uint8_t, 32>& public_key, absl::string_view message, absl::string_view signature) {
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(Bytes(signature), Bytes(message), message.size(), public_key.data()) == 0;
}

absl::StatusOr<VerifierKey> VerifierKey::Make(absl::string_view name, KeyType type,
                                              const std::array<uint8_t, 32>& public_key) {
  SP_RETURN_IF_ERROR(CheckKeyName(name));
  VerifierKey key;
  key.name_ = std::string(name);
  key.type_ = type;
  key.public_key_ = public_key;
  key.key_id_ = KeyId(name, type, public_key);
  return key;
}

absl::StatusOr<VerifierKey> VerifierKey::Parse(absl::string_view vkey) {
  const auto malformed = [&](absl::string_view expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("verifier key \"", absl::CHexEscape(vkey.substr(0, 200)), "\": ", expected));
  };
  KeyText parts;
  std::string bytes;
  if (!SplitKeyText(vkey, parts) || !Base64Decode(parts.base64, bytes) || bytes.empty()) {
    return malformed("expected name+key id+base64");
  }
  const KeyType type = static_cast<KeyType>(bytes[0]);
  if (type != KeyType::kEd25519 && type != KeyType::kCosignature) {
    return malformed(absl::StrFormat("type 0x%02x is not supported; expected 0x01 or 0x04", bytes[0]));
  }
  if (bytes.size() != 33) return malformed("expected a public key of 32 bytes");
  std::array<uint8_t, 32> public_key;
  std::memcpy(public_key.data(), bytes.data() + 1, 32);
  SP_ASSIGN_OR_RETURN(VerifierKey key, Make(parts.name, type, public_key));
  if (key.key_id_ != parts.key_id) return malformed(absl::StrFormat("its key id should be %08x", key.key_id_));
  return key;
}

std::string VerifierKey::ToString() const {
  std::string bytes(1, static_cast<char>(type_));
  bytes.append(reinterpret_cast<const char*>(public_key_.data()), public_key_.size());
  return absl::StrFormat("%s+%08x+%s", name_, key_id_, Base64Encode(bytes));
}

absl::Status VerifierKey::Verify(absl::string_view text, const NoteSignature& signature) const {
  if (Matches(signature)) {
    if (type_ == KeyType::kCosignature) return VerifyCosignature(*this, text, signature).status();
    if (VerifyEd25519(public_key_, text, signature.bytes)) return absl::OkStatus();
  }
  return absl::UnauthenticatedError(absl::StrFormat("signature of key %s+%08x does not verify", name_, key_id_));
}

void SigningKey::Free::operator()(uint8_t* memory) const { sodium_free(memory); }

absl::StatusOr<SigningKey> SigningKey::Generate(absl::string_view name, RandomSource& random) {
  std::array<uint8_t, 32> seed;
  random.Fill(absl::MakeSpan(seed));
  auto key = FromSeed(name, seed);
  sodium_memzero(seed.data(), seed.size());
  return key;
}

absl::StatusOr<SigningKey> SigningKey::FromSeed(absl::string_view name, absl::Span<const uint8_t> seed) {
  SP_CHECK(sodium_init() >= 0);
  if (seed.size() != crypto_sign_SEEDBYTES) {
    return absl::InvalidArgumentError(absl::StrCat("signing key seed of ", seed.size(), " bytes: expected 32"));
  }
  std::unique_ptr<uint8_t, Free> secret(static_cast<uint8_t*>(sodium_malloc(crypto_sign_SECRETKEYBYTES)));
  if (secret == nullptr) return absl::ResourceExhaustedError("no locked memory for the signing key");
  std::array<uint8_t, 32> public_key;
  crypto_sign_seed_keypair(public_key.data(), secret.get(), seed.data());
  SP_ASSIGN_OR_RETURN(VerifierKey verifier, VerifierKey::Make(name, KeyType::kEd25519, public_key));
  sodium_mprotect_readonly(secret.get());
  return SigningKey(std::move(verifier), std::move(secret));
}

absl::StatusOr<SigningKey> SigningKey::Parse(absl::string_view skey) {
  KeyText parts;
  uint8_t bytes[33];
  size_t length = 0;
  const char* end = nullptr;
  if (!absl::StartsWith(skey, kSkeyPrefix) || !SplitKeyText(skey.substr(kSkeyPrefix.size()), parts) ||
      sodium_base642bin(bytes, sizeof(bytes), parts.base64.data(), parts.base64.size(), nullptr, &length, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != parts.base64.data() + parts.base64.size() || length != sizeof(bytes) ||
      bytes[0] != static_cast<uint8_t>(KeyType::kEd25519)) {
    sodium_memzero(bytes, sizeof(bytes));
    return absl::InvalidArgumentError("signing key: expected PRIVATE+KEY+name+key id+base64 of an Ed25519 seed");
  }
  auto key = FromSeed(parts.name, absl::MakeConstSpan(bytes + 1, 32));
  sodium_memzero(bytes, sizeof(bytes));
  if (key.ok() && key->key_id() != parts.key_id) {
    return absl::InvalidArgumentError(
        absl::StrFormat("signing key: its key id should be %08x, is %08x", key->key_id(), parts.key_id));
  }
  return key;
}

Secret SigningKey::ToSkey() const {
  uint8_t bytes[33] = {static_cast<uint8_t>(KeyType::kEd25519)};
  std::memcpy(bytes + 1, secret_.get(), 32);
  char base64[sodium_base64_ENCODED_LEN(sizeof(bytes), sodium_base64_VARIANT_ORIGINAL)];
  sodium_bin2base64(base64, sizeof(base64), bytes, sizeof(bytes), sodium_base64_VARIANT_ORIGINAL);
  Secret skey(absl::StrFormat("%s%s+%08x+%s", kSkeyPrefix, name(), key_id(), base64));
  sodium_memzero(bytes, sizeof(bytes));
  sodium_memzero(base64, sizeof(base64));
  return skey;
}

absl::StatusOr<NoteSignature> SigningKey::Sign(absl::string_view text) const {
  SP_RETURN_IF_ERROR(CheckNoteText(text));
  SP_ASSIGN_OR_RETURN(const auto bytes, SignBytes(text));
  return NoteSignature{name(), key_id(), std::string(bytes.begin(), bytes.end())};
}

absl::StatusOr<std::array<uint8_t, 64>> SigningKey::SignBytes(absl::string_view message) const {
  std::array<uint8_t, 64> signature;
  crypto_sign_detached(signature.data(), nullptr, Bytes(message), message.size(), secret_.get());
  if (crypto_sign_verify_detached(signature.data(), Bytes(message), message.size(), verifier_.public_key().data()) != 0) {
    sodium_memzero(signature.data(), signature.size());
    return absl::InternalError(absl::StrCat("key ", name(), ": a fresh signature does not verify; it was discarded"));
  }
  return signature;
}

}  // namespace sallyport::audit
