#ifndef CEDAR_IP_ADDRESS_H_
#define CEDAR_IP_ADDRESS_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cedar {

// An IPv4 or IPv6 address or CIDR range, Cedar's ipaddr. Equality is of the text's meaning bit by bit: 10.0.0.1/24 and
// 10.0.0.0/24 differ, 10.0.0.1 and 10.0.0.1/32 are equal.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};  // IPv4 in the first four
  bool v6 = false;
  uint8_t prefix = 32;

  // "a.b.c.d", "a.b.c.d/n", RFC 4291 IPv6 forms without zone and without embedded IPv4, "…/n". Leading zeros are
  // refused.
  static absl::StatusOr<IpAddress> Parse(absl::string_view text);
  std::string ToString() const;

  bool IsLoopback() const;
  bool IsMulticast() const;
  // Whether every address of this range is in `range`. Never across IPv4 and IPv6.
  bool IsInRange(const IpAddress& range) const;

  friend bool operator==(const IpAddress& a, const IpAddress& b) {
    return a.v6 == b.v6 && a.prefix == b.prefix && a.bytes == b.bytes;
  }
};

}  // namespace cedar

#endif  // CEDAR_IP_ADDRESS_H_
