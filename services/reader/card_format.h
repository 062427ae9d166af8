#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// Card formats: the bits that a reader sends, as facility code and number. Bit 0 is the first bit on the wire, the most
// significant bit of the first byte; fields are most significant bit first. Pure functions, safe from any thread.
namespace sallyport::reader {

// What a card says. With format "raw" the whole of the bits is the number and `raw` spells it: bit count, colon and the
// left-aligned bytes in upper-case hex, "26:BD88EB80".
struct CardNumber {
  std::string format;  // "H10301", "raw"
  uint32_t facility_code = 0;
  uint64_t number = 0;
  std::string raw;  // format "raw" only
  friend bool operator==(const CardNumber&, const CardNumber&) = default;
};

// The formats that Decode knows, "raw" last.
absl::Span<const absl::string_view> FormatNames();
bool IsFormat(absl::string_view name);

// Decodes `bits` (left-aligned, ceil(bit_count / 8) bytes; unused low bits of the last byte are masked away) by the
// first of `formats` that has this bit count; "raw" has every bit count. INVALID_ARGUMENT when none has, when the
// parity of the one that has is wrong (a later format is not tried: a misread card must not become another card), or
// when the number of bytes does not fit bit_count (1 to 512).
absl::StatusOr<CardNumber> Decode(absl::string_view bits, uint32_t bit_count, absl::Span<const std::string> formats);

// The bits of a card, parity included, as a reader would send them. INVALID_ARGUMENT for a value out of the format's
// range, an unknown format or malformed `raw`.
struct CardBits {
  std::string bits;
  uint32_t bit_count = 0;
  friend bool operator==(const CardBits&, const CardBits&) = default;
};
absl::StatusOr<CardBits> Encode(const CardNumber& card);

}  // namespace sallyport::reader
