#include "audit/key_file.h"

#include <sodium.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "audit/limits.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

struct KeyLine {
  size_t number;  // from 1
  absl::string_view text;
};

std::vector<KeyLine> KeyLines(absl::string_view text) {
  std::vector<KeyLine> lines;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && !absl::StartsWith(line, "#")) lines.push_back({number, line});
  }
  return lines;
}

}  // namespace

absl::StatusOr<std::vector<SigningKey>> ParseSigningKeyFile(absl::string_view text) {
  const std::vector<KeyLine> lines = KeyLines(text);
  if (lines.empty() || lines.size() > kSigningKeysMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("signing key file with ", lines.size(), " keys: expected 1 to ", kSigningKeysMax));
  }
  std::vector<SigningKey> keys;
  for (const KeyLine& line : lines) {
    auto key = SigningKey::Parse(line.text);
    if (!key.ok()) return Annotate(key.status(), absl::StrCat("signing key file line ", line.number));
    for (const SigningKey& other : keys) {
      if (other.name() != key->name() || other.key_id() == key->key_id()) {
        return absl::InvalidArgumentError(
            absl::StrCat("signing key file line ", line.number, ": expected another key of the same name"));
      }
    }
    keys.push_back(*std::move(key));
  }
  return keys;
}

Secret FormatSigningKeyFile(absl::Span<const SigningKey> keys) {
  std::string text;
  // Growing would leave copies of the secrets behind in freed memory.
  text.reserve(keys.size() * (kKeyNameBytesMax + 128));
  for (const SigningKey& key : keys) {
    const Secret line = key.ToSkey();
    text.append(line.reveal().data(), line.reveal().size());
    text.push_back('\n');
  }
  Secret secret(text);
  sodium_memzero(text.data(), text.size());
  return secret;
}

absl::StatusOr<KeyEncryptionKey> ParseKeyEncryptionKeyFile(absl::string_view text) {
  const std::vector<KeyLine> lines = KeyLines(text);
  uint8_t bytes[32];
  size_t length = 0;
  const char* end = nullptr;
  if (lines.size() != 1 ||
      sodium_base642bin(bytes, sizeof(bytes), lines[0].text.data(), lines[0].text.size(), nullptr, &length, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != lines[0].text.data() + lines[0].text.size() || length != sizeof(bytes)) {
    sodium_memzero(bytes, sizeof(bytes));
    return absl::InvalidArgumentError("key-encryption key file: expected one line, 32 bytes in base64");
  }
  auto key = KeyEncryptionKey::FromBytes(absl::MakeConstSpan(bytes));
  sodium_memzero(bytes, sizeof(bytes));
  return key;
}

Secret FormatKeyEncryptionKeyFile(const KeyEncryptionKey& key) {
  char base64[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)];
  sodium_bin2base64(base64, sizeof(base64), key.reveal().data(), 32, sodium_base64_VARIANT_ORIGINAL);
  std::string text;
  text.reserve(sizeof(base64) + 1);
  text.append(base64).push_back('\n');
  Secret secret(text);
  sodium_memzero(text.data(), text.size());
  sodium_memzero(base64, sizeof(base64));
  return secret;
}

}  // namespace sallyport::audit
