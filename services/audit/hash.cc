#include "audit/hash.h"

// The EVP interface fetches and allocates on each call, which costs more than hashing a node does.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "audit/encoding.h"

namespace sallyport::audit {

Hash Sha256(absl::string_view data) {
  SHA256_CTX context;
  Hash hash;
  SHA256_Init(&context);
  SHA256_Update(&context, data.data(), data.size());
  SHA256_Final(hash.data(), &context);
  return hash;
}

Hash LeafHash(absl::string_view leaf) {
  SHA256_CTX context;
  Hash hash;
  SHA256_Init(&context);
  SHA256_Update(&context, "\x00", 1);
  SHA256_Update(&context, leaf.data(), leaf.size());
  SHA256_Final(hash.data(), &context);
  return hash;
}

Hash NodeHash(const Hash& left, const Hash& right) {
  uint8_t input[65];
  input[0] = 0x01;
  std::memcpy(input + 1, left.data(), 32);
  std::memcpy(input + 33, right.data(), 32);
  SHA256_CTX context;
  Hash hash;
  SHA256_Init(&context);
  SHA256_Update(&context, input, sizeof(input));
  SHA256_Final(hash.data(), &context);
  return hash;
}

const Hash& EmptyRoot() {
  static const Hash kRoot = Sha256("");
  return kRoot;
}

std::string HashToBase64(const Hash& hash) { return Base64Encode(HashBytes(hash)); }

absl::StatusOr<Hash> HashFromBase64(absl::string_view text) {
  std::string bytes;
  if (text.size() != 44 || !Base64Decode(text, bytes) || bytes.size() != 32) {
    return absl::InvalidArgumentError(
        absl::StrCat("hash \"", absl::CHexEscape(text.substr(0, 64)), "\": expected 32 bytes in base64"));
  }
  return HashFromBytes(bytes);
}

std::string HashToHex(const Hash& hash) { return absl::BytesToHexString(HashBytes(hash)); }

absl::StatusOr<Hash> HashFromBytes(absl::string_view bytes) {
  if (bytes.size() != 32) {
    return absl::InvalidArgumentError(absl::StrCat("hash of ", bytes.size(), " bytes: expected 32"));
  }
  Hash hash;
  std::memcpy(hash.data(), bytes.data(), 32);
  return hash;
}

absl::string_view HashBytes(const Hash& hash) {
  return absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
}

}  // namespace sallyport::audit
