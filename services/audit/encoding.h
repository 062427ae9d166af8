#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

// Strict text encodings that the log's formats share. Each value has exactly one accepted spelling, so that a changed
// byte is a changed value or an error. Pure functions, safe from any thread.
namespace sallyport::audit {

// RFC 4648 section 4, with padding.
std::string Base64Encode(absl::string_view bytes);
// Replaces `out`. False for anything that Base64Encode does not write: line breaks, missing padding, set trailing bits.
[[nodiscard]] bool Base64Decode(absl::string_view text, std::string& out);

// Decimal digits without sign or leading zeros ("0" is zero), at most 2^64-1.
[[nodiscard]] bool ParseDecimal(absl::string_view text, uint64_t& out);

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(absl::string_view text);
// Whether valid UTF-8 text contains a code point of Unicode's White_Space property.
bool HasUnicodeSpace(absl::string_view text);

// A JSON string with its quotes (RFC 8259): escapes only what must be, the short way where there is one. `text` is UTF-8.
void AppendJsonString(absl::string_view text, std::string& out);

// Big-endian, 8 bytes.
void AppendBigEndian64(uint64_t value, std::string& out);
uint64_t ReadBigEndian64(absl::string_view bytes);  // the first 8 of at least 8

inline const uint8_t* Bytes(absl::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }
inline uint8_t* Bytes(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

}  // namespace sallyport::audit
