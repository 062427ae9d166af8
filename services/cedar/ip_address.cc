#include "cedar/ip_address.h"

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cedar/value.h"

namespace cedar {
namespace {

// Decimal without leading zeros.
std::optional<int> SmallNumber(absl::string_view s, size_t digits_max, int max) {
  if (s.empty() || s.size() > digits_max || (s[0] == '0' && s.size() > 1)) return std::nullopt;
  int n = 0;
  for (char c : s) {
    if (!absl::ascii_isdigit(c)) return std::nullopt;
    n = n * 10 + (c - '0');
  }
  return n <= max ? std::optional<int>(n) : std::nullopt;
}

bool ParseV4(absl::string_view s, IpAddress* out) {
  int i = 0;
  for (absl::string_view part : absl::StrSplit(s, '.')) {
    std::optional<int> n = SmallNumber(part, 3, 255);
    if (i == 4 || !n) return false;
    out->bytes[static_cast<size_t>(i++)] = static_cast<uint8_t>(*n);
  }
  out->v6 = false;
  out->prefix = 32;
  return i == 4;
}

bool ParseGroups(absl::string_view s, std::vector<uint16_t>* out) {
  if (s.empty()) return true;
  for (absl::string_view part : absl::StrSplit(s, ':')) {
    if (part.empty() || part.size() > 4 || out->size() == 8) return false;
    uint32_t n = 0;
    for (char c : part) {
      if (!absl::ascii_isxdigit(c)) return false;
      n = n * 16 + static_cast<uint32_t>(absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10);
    }
    out->push_back(static_cast<uint16_t>(n));
  }
  return true;
}

bool ParseV6(absl::string_view s, IpAddress* out) {
  std::vector<uint16_t> head, tail;
  size_t gap = s.find("::");
  if (gap == absl::string_view::npos) {
    if (!ParseGroups(s, &head) || head.size() != 8) return false;
  } else {
    if (!ParseGroups(s.substr(0, gap), &head) || !ParseGroups(s.substr(gap + 2), &tail)) return false;
    if (head.size() + tail.size() > 7) return false;
    head.resize(8 - tail.size(), 0);
    head.insert(head.end(), tail.begin(), tail.end());
  }
  for (size_t i = 0; i < 8; ++i) {
    out->bytes[2 * i] = static_cast<uint8_t>(head[i] >> 8);
    out->bytes[2 * i + 1] = static_cast<uint8_t>(head[i]);
  }
  out->v6 = true;
  out->prefix = 128;
  return true;
}

bool SamePrefix(const IpAddress& a, const IpAddress& b, int bits) {
  for (int i = 0; bits > 0; ++i, bits -= 8) {
    uint8_t mask = bits >= 8 ? 0xFF : static_cast<uint8_t>(0xFF << (8 - bits));
    if ((a.bytes[static_cast<size_t>(i)] & mask) != (b.bytes[static_cast<size_t>(i)] & mask)) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<IpAddress> IpAddress::Parse(absl::string_view text) {
  IpAddress ip;
  size_t slash = text.find('/');
  absl::string_view address = text.substr(0, slash);
  bool ok = ParseV4(address, &ip) || ParseV6(address, &ip);
  if (ok && slash != absl::string_view::npos) {
    std::optional<int> prefix = SmallNumber(text.substr(slash + 1), ip.v6 ? 3 : 2, ip.v6 ? 128 : 32);
    ok = prefix.has_value();
    ip.prefix = static_cast<uint8_t>(prefix.value_or(0));
  }
  if (!ok) {
    return absl::InvalidArgumentError(absl::StrCat(
        QuoteString(text), " is not an ipaddr: expected an IPv4 or IPv6 address or range, such as \"10.0.0.0/8\""));
  }
  return ip;
}

std::string IpAddress::ToString() const {
  std::string s;
  if (!v6) {
    s = absl::StrCat(bytes[0], ".", bytes[1], ".", bytes[2], ".", bytes[3]);
  } else {
    // RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as "::".
    int best = -1, best_length = 1;
    auto group = [this](int i) { return bytes[static_cast<size_t>(2 * i)] << 8 | bytes[static_cast<size_t>(2 * i + 1)]; };
    for (int i = 0; i < 8; ++i) {
      int length = 0;
      while (i + length < 8 && group(i + length) == 0) ++length;
      if (length > best_length) best = i, best_length = length;
    }
    for (int i = 0; i < 8; ++i) {
      if (i == best) {
        s += "::";
        i += best_length - 1;
        continue;
      }
      if (!s.empty() && s.back() != ':') s += ':';
      absl::StrAppendFormat(&s, "%x", group(i));
    }
  }
  if (prefix != (v6 ? 128 : 32)) absl::StrAppend(&s, "/", prefix);
  return s;
}

bool IpAddress::IsInRange(const IpAddress& range) const {
  return v6 == range.v6 && prefix >= range.prefix && SamePrefix(*this, range, range.prefix);
}

bool IpAddress::IsLoopback() const {
  IpAddress loopback;
  loopback.v6 = v6;
  loopback.prefix = v6 ? 128 : 8;
  loopback.bytes[v6 ? 15 : 0] = v6 ? 1 : 127;
  return IsInRange(loopback);
}

bool IpAddress::IsMulticast() const {
  IpAddress multicast;
  multicast.v6 = v6;
  multicast.prefix = v6 ? 8 : 4;
  multicast.bytes[0] = v6 ? 255 : 224;
  return IsInRange(multicast);
}

}  // namespace cedar
