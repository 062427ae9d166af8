// Key files: what is read is written as what reads the same, and no error quotes the file.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "audit/key_file.h"
#include "check.h"

using namespace sallyport::audit;  // NOLINT

namespace {

// Long pieces of the file in a message would be pieces of a key.
void CheckQuotesNothing(const absl::Status& status, const std::string& text) {
  constexpr size_t kPieceBytes = 24;
  for (size_t i = 0; i + kPieceBytes <= text.size(); i += kPieceBytes) {
    Check(!absl::StrContains(status.message(), text.substr(i, kPieceBytes)), "an error quotes the file");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto keys = ParseSigningKeyFile(text);
  if (keys.ok()) {
    const auto again = ParseSigningKeyFile(FormatSigningKeyFile(*keys).reveal());
    Check(again.ok() && again->size() == keys->size() && again->front().verifier() == keys->front().verifier(),
          "signing keys");
  } else {
    CheckQuotesNothing(keys.status(), text);
  }
  const auto key = ParseKeyEncryptionKeyFile(text);
  if (key.ok()) {
    Check(ParseKeyEncryptionKeyFile(FormatKeyEncryptionKeyFile(*key).reveal()).ok(), "key-encryption key");
  } else {
    CheckQuotesNothing(key.status(), text);
  }
  return 0;
}
