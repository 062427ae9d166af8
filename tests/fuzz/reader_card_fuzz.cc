// Card formats: what decodes is encoded as the bits that it came from.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "check.h"
#include "reader/card_format.h"

using namespace sallyport::reader;  // NOLINT

// The first two bytes are the bit count.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint32_t bit_count = data[0] | static_cast<uint32_t>(data[1]) << 8;
  const std::string bits(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::vector<std::string> all(FormatNames().begin(), FormatNames().end());
  for (const std::vector<std::string>& formats : {all, std::vector<std::string>{"raw"}, std::vector<std::string>{}}) {
    const auto card = Decode(bits, bit_count, formats);
    if (!card.ok()) continue;
    const auto encoded = Encode(*card);
    Check(encoded.ok() && encoded->bit_count == bit_count && encoded->bits.size() == bits.size(), "other bits",
          card->raw);
    const auto again = Decode(encoded->bits, encoded->bit_count, formats);
    Check(again.ok() && *again == *card, "another card", card->raw);
  }
  // As a number that somebody typed.
  const auto encoded = Encode({"raw", 0, 0, bits});
  if (!encoded.ok()) return 0;
  const auto card = Decode(encoded->bits, encoded->bit_count, {{"raw"}});
  Check(card.ok() && card->raw == bits, "a raw number has two spellings", bits);
  return 0;
}
