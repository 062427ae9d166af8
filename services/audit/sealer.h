#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "audit/hash.h"
#include "base/random.h"

// Personal data beside the log. A leaf carries a pseudonymous subject reference and a salted commitment to the personal
// fields; the fields and the salt lie beside the leaf, sealed under a key of that one person. Whoever destroys the
// person's key destroys fields and salt: the leaf, its hash and every proof stay as they were, and the commitment can
// no longer be matched against a guess.
//
// Sealing is XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha; libsodium's crypto_aead_xchacha20poly1305_ietf) with random
// 24-byte nonces. Sealed bytes are nonce (24) || ciphertext || tag (16).
namespace sallyport::audit {

// 32 secret bytes of one use. Wiped on destruction and when moved from; not copied, not printed.
template <class Tag>
class SymmetricKey {
 public:
  static SymmetricKey Generate(RandomSource& random);
  // INVALID_ARGUMENT unless 32 bytes. The caller wipes its copy.
  static absl::StatusOr<SymmetricKey> FromBytes(absl::Span<const uint8_t> bytes);

  SymmetricKey(SymmetricKey&& other) noexcept;
  SymmetricKey& operator=(SymmetricKey&& other) noexcept;
  SymmetricKey(const SymmetricKey&) = delete;
  SymmetricKey& operator=(const SymmetricKey&) = delete;
  ~SymmetricKey();

  // The one way out, easy to search for.
  const std::array<uint8_t, 32>& reveal() const { return bytes_; }

 private:
  SymmetricKey() = default;
  std::array<uint8_t, 32> bytes_{};
};

using SubjectKey = SymmetricKey<struct SubjectKeyTag>;              // seals one person's fields
using KeyEncryptionKey = SymmetricKey<struct KeyEncryptionKeyTag>;  // wraps subject keys for storage

// A subject's key as the store keeps it, 72 bytes; bound to the subject reference, so that it opens for no other.
std::string WrapSubjectKey(const KeyEncryptionKey& kek, absl::string_view subject, const SubjectKey& key,
                           RandomSource& random);
// UNAUTHENTICATED under another key-encryption key, for another subject, or when a bit was changed.
absl::StatusOr<SubjectKey> UnwrapSubjectKey(const KeyEncryptionKey& kek, absl::string_view subject,
                                            absl::string_view wrapped);

// Seals bytes. `aad` is authenticated with them and must be given again to open; it binds them to their record.
std::string Seal(const SubjectKey& key, absl::string_view aad, absl::string_view plaintext, RandomSource& random);
// UNAUTHENTICATED when key or aad differ or a bit was changed; INVALID_ARGUMENT when too short.
absl::StatusOr<std::string> Open(const SubjectKey& key, absl::string_view aad, absl::string_view sealed);

using Salt = std::array<uint8_t, 32>;

// SHA-256("sallyport/commitment/v1\0" || salt || big-endian u64 length of plaintext || plaintext).
Hash Commitment(const Salt& salt, absl::string_view plaintext);

// The personal fields of one record, as they are kept.
struct SealedPersonal {
  Hash commitment{};   // goes into the leaf
  std::string sealed;  // Seal(salt || plaintext); lies beside the leaf
};
// What a reader with the person's key gets back; with it, anyone can recompute the leaf's commitment.
struct OpenedPersonal {
  Salt salt{};
  std::string plaintext;
};

// Draws a fresh salt. About 2 µs for a few hundred bytes. RESOURCE_EXHAUSTED above kPersonalBytesMax.
absl::StatusOr<SealedPersonal> SealPersonal(const SubjectKey& key, absl::string_view aad, absl::string_view plaintext,
                                            RandomSource& random);
// As Open. The caller compares Commitment(salt, plaintext) with the leaf's.
absl::StatusOr<OpenedPersonal> OpenPersonal(const SubjectKey& key, absl::string_view aad, absl::string_view sealed);

}  // namespace sallyport::audit
