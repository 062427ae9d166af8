#include "base/ulid.h"

#include <array>
#include <cstdint>

namespace sallyport {

std::string MakeUlid(absl::Time now, RandomSource& random) {
  static constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::array<uint8_t, 16> bytes{};
  const auto ms = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(ms >> (8 * (5 - i)));
  random.Fill(absl::MakeSpan(bytes).subspan(6));
  std::string out(26, '0');
  // 130 bits of characters hold 128 bits: two zero bits lead.
  int bit = -2;
  for (char& c : out) {
    unsigned value = 0;
    for (int i = 0; i < 5; ++i, ++bit) {
      value <<= 1;
      if (bit >= 0) value |= (bytes[bit / 8] >> (7 - bit % 8)) & 1u;
    }
    c = kAlphabet[value];
  }
  return out;
}

}  // namespace sallyport
