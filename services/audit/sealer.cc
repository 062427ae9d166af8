#include "audit/sealer.h"

#include <sodium.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "audit/encoding.h"
#include "audit/limits.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr absl::string_view kWrapLabel = "sallyport/subject-key/v1\n";
constexpr absl::string_view kCommitmentLabel("sallyport/commitment/v1\0", 24);

// Several parts as one plaintext, so that a secret is not first gathered in a buffer that nobody wipes.
std::string SealBytes(const std::array<uint8_t, 32>& key, absl::string_view aad, absl::string_view head,
                      absl::string_view tail, RandomSource& random) {
  const size_t length = head.size() + tail.size();
  std::string sealed(kNonceBytes + length + kTagBytes, '\0');
  uint8_t* nonce = Bytes(sealed);
  uint8_t* body = nonce + kNonceBytes;
  random.Fill(absl::MakeSpan(nonce, kNonceBytes));
  if (!head.empty()) std::memcpy(body, head.data(), head.size());
  if (!tail.empty()) std::memcpy(body + head.size(), tail.data(), tail.size());
  crypto_aead_xchacha20poly1305_ietf_encrypt(body, nullptr, body, length, Bytes(aad), aad.size(), nullptr, nonce,
                                             key.data());
  return sealed;
}

absl::StatusOr<std::string> OpenBytes(const std::array<uint8_t, 32>& key, absl::string_view aad,
                                      absl::string_view sealed) {
  if (sealed.size() < kNonceBytes + kTagBytes) {
    return absl::InvalidArgumentError(absl::StrCat("sealed data of ", sealed.size(), " bytes: expected at least ",
                                                   kNonceBytes + kTagBytes));
  }
  std::string plaintext(sealed.size() - kNonceBytes - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(Bytes(plaintext), nullptr, nullptr, Bytes(sealed) + kNonceBytes,
                                                 sealed.size() - kNonceBytes, Bytes(aad), aad.size(), Bytes(sealed),
                                                 key.data()) != 0) {
    return absl::UnauthenticatedError("sealed data does not open: changed, or of another key or record");
  }
  return plaintext;
}

}  // namespace

template <class Tag>
SymmetricKey<Tag> SymmetricKey<Tag>::Generate(RandomSource& random) {
  SymmetricKey key;
  random.Fill(absl::MakeSpan(key.bytes_));
  return key;
}

template <class Tag>
absl::StatusOr<SymmetricKey<Tag>> SymmetricKey<Tag>::FromBytes(absl::Span<const uint8_t> bytes) {
  SymmetricKey key;
  if (bytes.size() != key.bytes_.size()) {
    return absl::InvalidArgumentError(absl::StrCat("symmetric key of ", bytes.size(), " bytes: expected 32"));
  }
  std::memcpy(key.bytes_.data(), bytes.data(), bytes.size());
  return key;
}

template <class Tag>
SymmetricKey<Tag>::SymmetricKey(SymmetricKey&& other) noexcept : bytes_(other.bytes_) {
  sodium_memzero(other.bytes_.data(), other.bytes_.size());
}

template <class Tag>
SymmetricKey<Tag>& SymmetricKey<Tag>::operator=(SymmetricKey&& other) noexcept {
  if (this != &other) {
    bytes_ = other.bytes_;
    sodium_memzero(other.bytes_.data(), other.bytes_.size());
  }
  return *this;
}

template <class Tag>
SymmetricKey<Tag>::~SymmetricKey() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

template class SymmetricKey<SubjectKeyTag>;
template class SymmetricKey<KeyEncryptionKeyTag>;

std::string WrapSubjectKey(const KeyEncryptionKey& kek, absl::string_view subject, const SubjectKey& key,
                           RandomSource& random) {
  const absl::string_view secret(reinterpret_cast<const char*>(key.reveal().data()), key.reveal().size());
  return SealBytes(kek.reveal(), absl::StrCat(kWrapLabel, subject), secret, "", random);
}

absl::StatusOr<SubjectKey> UnwrapSubjectKey(const KeyEncryptionKey& kek, absl::string_view subject,
                                            absl::string_view wrapped) {
  auto secret = OpenBytes(kek.reveal(), absl::StrCat(kWrapLabel, subject), wrapped);
  if (!secret.ok()) return Annotate(secret.status(), absl::StrCat("key of subject ", subject));
  auto key = SubjectKey::FromBytes(absl::MakeConstSpan(Bytes(absl::string_view(*secret)), secret->size()));
  sodium_memzero(secret->data(), secret->size());
  return key;
}

std::string Seal(const SubjectKey& key, absl::string_view aad, absl::string_view plaintext, RandomSource& random) {
  return SealBytes(key.reveal(), aad, plaintext, "", random);
}

absl::StatusOr<std::string> Open(const SubjectKey& key, absl::string_view aad, absl::string_view sealed) {
  return OpenBytes(key.reveal(), aad, sealed);
}

Hash Commitment(const Salt& salt, absl::string_view plaintext) {
  std::string input;
  input.reserve(kCommitmentLabel.size() + salt.size() + 8 + plaintext.size());
  absl::StrAppend(&input, kCommitmentLabel, HashBytes(salt));
  AppendBigEndian64(plaintext.size(), input);
  absl::StrAppend(&input, plaintext);
  const Hash commitment = Sha256(input);
  sodium_memzero(input.data(), input.size());
  return commitment;
}

absl::StatusOr<SealedPersonal> SealPersonal(const SubjectKey& key, absl::string_view aad, absl::string_view plaintext,
                                            RandomSource& random) {
  if (plaintext.size() > kPersonalBytesMax) {
    return absl::ResourceExhaustedError(absl::StrCat("personal fields of ", plaintext.size(), " bytes: at most ",
                                                     kPersonalBytesMax, " fit one record"));
  }
  Salt salt;
  random.Fill(absl::MakeSpan(salt));
  SealedPersonal personal;
  personal.commitment = Commitment(salt, plaintext);
  personal.sealed = SealBytes(key.reveal(), aad, HashBytes(salt), plaintext, random);
  sodium_memzero(salt.data(), salt.size());
  return personal;
}

absl::StatusOr<OpenedPersonal> OpenPersonal(const SubjectKey& key, absl::string_view aad, absl::string_view sealed) {
  SP_ASSIGN_OR_RETURN(std::string opened, OpenBytes(key.reveal(), aad, sealed));
  OpenedPersonal personal;
  if (opened.size() < personal.salt.size()) {
    return absl::InvalidArgumentError(absl::StrCat("sealed personal fields hold ", opened.size(),
                                                   " bytes: expected a salt of 32 and the fields"));
  }
  std::memcpy(personal.salt.data(), opened.data(), personal.salt.size());
  personal.plaintext = opened.substr(personal.salt.size());
  sodium_memzero(opened.data(), opened.size());
  return personal;
}

}  // namespace sallyport::audit
