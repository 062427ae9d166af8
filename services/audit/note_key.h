#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/random.h"
#include "base/secret.h"

// Keys of signed notes (c2sp.org/signed-note). A key is known by its name and key id, the first four bytes of
// SHA-256(name || 0x0A || type || public key).
namespace sallyport::audit {

enum class KeyType : uint8_t {
  kEd25519 = 0x01,      // Ed25519 (RFC 8032, pure) over the note's text; a log's key
  kCosignature = 0x04,  // time-stamped Ed25519 cosignature; a witness's key
};

// A signature as a note carries it: `bytes` is what follows the key id.
struct NoteSignature {
  std::string name;
  uint32_t key_id = 0;
  std::string bytes;

  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

// A public key that verifies note signatures. An immutable value; safe from any thread.
class VerifierKey {
 public:
  // `<name>+<key id, 8 hex digits>+<base64(type || public key)>`. INVALID_ARGUMENT for any other form, a key id that
  // does not follow from the rest, a length that is not the type's, or a type that is not listed above.
  static absl::StatusOr<VerifierKey> Parse(absl::string_view vkey);
  // INVALID_ARGUMENT for a name that notes cannot carry.
  static absl::StatusOr<VerifierKey> Make(absl::string_view name, KeyType type, const std::array<uint8_t, 32>& public_key);

  const std::string& name() const { return name_; }
  KeyType type() const { return type_; }
  uint32_t key_id() const { return key_id_; }
  const std::array<uint8_t, 32>& public_key() const { return public_key_; }
  std::string ToString() const;  // the vkey text

  // Whether a signature line claims to be by this key.
  bool Matches(const NoteSignature& signature) const { return signature.key_id == key_id_ && signature.name == name_; }
  // Verifies `signature.bytes` over a note's text, for the key's type. UNAUTHENTICATED when it does not verify.
  absl::Status Verify(absl::string_view text, const NoteSignature& signature) const;

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  VerifierKey() = default;
  std::string name_;
  KeyType type_ = KeyType::kEd25519;
  uint32_t key_id_ = 0;
  std::array<uint8_t, 32> public_key_{};
};

// An Ed25519 private key with its name. It lives in guarded, locked memory (sodium_malloc), is wiped when destroyed,
// is not copied and prints nothing of itself. A moved-from key can only be destroyed or assigned. Signing is safe from
// any thread.
class SigningKey {
 public:
  static absl::StatusOr<SigningKey> Generate(absl::string_view name, RandomSource& random);
  // The caller wipes its copy of the seed.
  static absl::StatusOr<SigningKey> FromSeed(absl::string_view name, absl::Span<const uint8_t> seed);
  // `PRIVATE+KEY+<name>+<key id>+<base64(0x01 || seed)>`, the convention of Go's sumdb/note. Errors never quote it.
  static absl::StatusOr<SigningKey> Parse(absl::string_view skey);
  Secret ToSkey() const;

  const std::string& name() const { return verifier_.name(); }
  uint32_t key_id() const { return verifier_.key_id(); }
  const VerifierKey& verifier() const { return verifier_; }

  // Signs a note's text (type 0x01). INVALID_ARGUMENT for text that a note cannot carry. The signature is verified
  // before it is returned, because one fault during deterministic Ed25519 signing gives the key away; INTERNAL then.
  // About 0.1 ms.
  absl::StatusOr<NoteSignature> Sign(absl::string_view text) const;
  // Ed25519 over `message` as it stands, verified like above: the primitive for cosignatures and DSSE.
  absl::StatusOr<std::array<uint8_t, 64>> SignBytes(absl::string_view message) const;

 private:
  struct Free {
    void operator()(uint8_t* memory) const;
  };
  SigningKey(VerifierKey verifier, std::unique_ptr<uint8_t, Free> secret)
      : verifier_(std::move(verifier)), secret_(std::move(secret)) {}
  VerifierKey verifier_;
  std::unique_ptr<uint8_t, Free> secret_;  // libsodium's form: seed || public key, 64 bytes
};

// Whether a name may stand in a key and on a signature line: valid UTF-8, not empty, at most 255 bytes, without
// Unicode white space, control characters and `+`. INVALID_ARGUMENT otherwise.
absl::Status CheckKeyName(absl::string_view name);

// Ed25519 verification of `signature` (64 bytes) by `public_key` over `message`.
bool VerifyEd25519(const std::array<uint8_t, 32>& public_key, absl::string_view message, absl::string_view signature);

}  // namespace sallyport::audit
