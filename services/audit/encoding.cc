#include "audit/encoding.h"

#include <array>

#include "absl/strings/escaping.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> kBase64Values = [] {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (int i = 0; i < 64; ++i) values[static_cast<uint8_t>(kBase64Digits[i])] = static_cast<int8_t>(i);
  return values;
}();

// Decodes one code point at `at` and moves behind it; -1 when the bytes there are not UTF-8.
int32_t NextCodePoint(absl::string_view text, size_t& at) {
  const uint8_t first = static_cast<uint8_t>(text[at]);
  if (first < 0x80) {
    ++at;
    return first;
  }
  const int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() - at < static_cast<size_t>(length)) return -1;
  int32_t code = first & (0x7F >> length);
  for (int i = 1; i < length; ++i) {
    const uint8_t next = static_cast<uint8_t>(text[at + i]);
    if ((next & 0xC0) != 0x80) return -1;
    code = (code << 6) | (next & 0x3F);
  }
  constexpr int32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return -1;
  at += length;
  return code;
}

bool IsSpace(int32_t code) {
  return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
         code == 0x3000;
}

}  // namespace

std::string Base64Encode(absl::string_view bytes) {
  return absl::Base64Escape(bytes);
}

bool Base64Decode(absl::string_view text, std::string& out) {
  out.clear();
  if (text.size() % 4 != 0) return false;
  if (text.empty()) return true;
  const size_t padding = text.back() != '=' ? 0 : text[text.size() - 2] == '=' ? 2 : 1;
  out.resize(text.size() / 4 * 3);
  const uint8_t* in = Bytes(text);
  uint8_t* to = Bytes(out);
  int bad = 0;
  const size_t whole = text.size() - (padding != 0 ? 4 : 0);
  for (size_t i = 0; i < whole; i += 4, to += 3) {
    const int a = kBase64Values[in[i]], b = kBase64Values[in[i + 1]];
    const int c = kBase64Values[in[i + 2]], d = kBase64Values[in[i + 3]];
    bad |= a | b | c | d;
    const uint32_t bits = static_cast<uint32_t>(a << 18 | b << 12 | c << 6 | d);
    to[0] = static_cast<uint8_t>(bits >> 16);
    to[1] = static_cast<uint8_t>(bits >> 8);
    to[2] = static_cast<uint8_t>(bits);
  }
  if (padding != 0) {
    const int a = kBase64Values[in[whole]], b = kBase64Values[in[whole + 1]];
    const int c = padding == 1 ? kBase64Values[in[whole + 2]] : 0;
    bad |= a | b | c;
    const uint32_t bits = static_cast<uint32_t>(a << 18 | b << 12 | c << 6);
    if ((padding == 2 ? bits & 0xFFFF : bits & 0xFF) != 0) bad = -1;
    to[0] = static_cast<uint8_t>(bits >> 16);
    if (padding == 1) to[1] = static_cast<uint8_t>(bits >> 8);
    out.resize(out.size() - padding);
  }
  if (bad < 0) out.clear();
  return bad >= 0;
}

bool ParseDecimal(absl::string_view text, uint64_t& out) {
  if (text.empty() || text.size() > 20 || (text[0] == '0' && text.size() > 1)) return false;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  out = value;
  return true;
}

bool IsValidUtf8(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (NextCodePoint(text, at) < 0) return false;
  }
  return true;
}

bool HasUnicodeSpace(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const int32_t code = NextCodePoint(text, at);
    if (code < 0 || IsSpace(code)) return true;
  }
  return false;
}

void AppendJsonString(absl::string_view text, std::string& out) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  constexpr absl::string_view kShort = "\bb\tt\nn\ff\rr\"\"\\\\";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') {
      out.push_back(c);
      continue;
    }
    out.push_back('\\');
    size_t at = 0;
    while (at < kShort.size() && kShort[at] != c) at += 2;
    if (at < kShort.size()) out.push_back(kShort[at + 1]);
    else out.append({'u', '0', '0', kHexDigits[byte >> 4], kHexDigits[byte & 0xF]});
  }
  out.push_back('"');
}

void AppendBigEndian64(uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

uint64_t ReadBigEndian64(absl::string_view bytes) {
  SP_CHECK(bytes.size() >= 8);
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

}  // namespace sallyport::audit
