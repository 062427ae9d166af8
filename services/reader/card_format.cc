#include "reader/card_format.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "reader/limits.h"

namespace sallyport::reader {
namespace {

constexpr absl::string_view kRaw = "raw";

struct Field {
  uint32_t first = 0;
  uint32_t width = 0;  // 0: the format has no such field
};

// Covered bits are a mask over the card as one number, whose lowest bit is the card's last.
struct Parity {
  uint32_t bit = 0;
  uint64_t covers = 0;
  bool odd = false;
};

struct Layout {
  absl::string_view name;
  uint32_t bit_count;  // at most 64
  Field facility_code;
  Field number;
  std::array<Parity, 3> parities;  // in the order in which an encoder sets them; unused ones cover nothing
};

constexpr uint64_t Ones(uint32_t width) { return width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

// The bits `first` to `last` of a card of `bit_count` bits.
constexpr uint64_t Bits(uint32_t bit_count, uint32_t first, uint32_t last) {
  return Ones(last - first + 1) << (bit_count - 1 - last);
}

constexpr std::array kLayouts = {
    Layout{"H10301", 26, {1, 8}, {9, 16}, {{{0, Bits(26, 1, 12), false}, {25, Bits(26, 13, 24), true}}}},
};

constexpr std::array<absl::string_view, kLayouts.size() + 1> Names() {
  std::array<absl::string_view, kLayouts.size() + 1> names;
  for (size_t i = 0; i < kLayouts.size(); ++i) names[i] = kLayouts[i].name;
  names.back() = kRaw;
  return names;
}
constexpr auto kNames = Names();

const Layout* FindLayout(absl::string_view name) {
  const auto it = std::find_if(kLayouts.begin(), kLayouts.end(), [name](const Layout& l) { return l.name == name; });
  return it == kLayouts.end() ? nullptr : &*it;
}

uint64_t Get(const Layout& layout, uint64_t card, Field field) {
  if (field.width == 0) return 0;
  return (card >> (layout.bit_count - field.first - field.width)) & Ones(field.width);
}

uint64_t At(const Layout& layout, Field field, uint64_t value) {
  return field.width == 0 ? 0 : value << (layout.bit_count - field.first - field.width);
}

// What the parity bit has to be.
uint64_t Expected(const Parity& parity, uint64_t card) {
  return (static_cast<uint64_t>(std::popcount(card & parity.covers)) & 1) ^ (parity.odd ? 1 : 0);
}

size_t BytesFor(uint32_t bit_count) { return (size_t{bit_count} + 7) / 8; }

uint8_t UnusedBits(uint32_t bit_count) {
  return bit_count % 8 == 0 ? 0 : static_cast<uint8_t>(0xff >> (bit_count % 8));
}

absl::StatusOr<CardNumber> DecodeAs(const Layout& layout, absl::string_view bits) {
  uint64_t card = 0;
  for (const char byte : bits) card = card << 8 | static_cast<uint8_t>(byte);
  card >>= bits.size() * 8 - layout.bit_count;
  for (const Parity& parity : layout.parities) {
    if (parity.covers != 0 && Get(layout, card, {parity.bit, 1}) != Expected(parity, card)) {
      return FieldError("bits", absl::StrCat("the parity of bit ", parity.bit, " is wrong for ", layout.name));
    }
  }
  CardNumber out;
  out.format = std::string(layout.name);
  out.facility_code = static_cast<uint32_t>(Get(layout, card, layout.facility_code));
  out.number = Get(layout, card, layout.number);
  return out;
}

CardNumber RawNumber(std::string bits, uint32_t bit_count) {
  bits.back() = static_cast<char>(static_cast<uint8_t>(bits.back()) & ~UnusedBits(bit_count));
  CardNumber out;
  out.format = std::string(kRaw);
  out.raw = absl::StrCat(bit_count, ":", absl::AsciiStrToUpper(absl::BytesToHexString(bits)));
  return out;
}

absl::Status CheckRange(const Layout& layout, absl::string_view name, Field field, uint64_t value) {
  const uint64_t max = field.width == 0 ? 0 : Ones(field.width);
  if (value <= max) return absl::OkStatus();
  return FieldError(name, absl::StrCat(value, " is too large for ", layout.name, ", at most ", max));
}

absl::StatusOr<CardBits> EncodeAs(const Layout& layout, const CardNumber& card) {
  SP_RETURN_IF_ERROR(CheckRange(layout, "facility_code", layout.facility_code, card.facility_code));
  SP_RETURN_IF_ERROR(CheckRange(layout, "number", layout.number, card.number));
  if (!card.raw.empty()) return FieldError("raw", absl::StrCat("belongs to format raw, not to ", layout.name));
  uint64_t word = At(layout, layout.facility_code, card.facility_code) | At(layout, layout.number, card.number);
  for (const Parity& parity : layout.parities) {
    if (parity.covers != 0) word |= At(layout, {parity.bit, 1}, Expected(parity, word));
  }
  CardBits out;
  out.bit_count = layout.bit_count;
  out.bits.resize(BytesFor(layout.bit_count));
  word <<= out.bits.size() * 8 - layout.bit_count;
  for (auto byte = out.bits.rbegin(); byte != out.bits.rend(); ++byte, word >>= 8) *byte = static_cast<char>(word);
  return out;
}

absl::StatusOr<CardBits> EncodeRaw(const CardNumber& card) {
  const absl::Status malformed =
      FieldError("raw", absl::StrCat("\"", absl::CHexEscape(card.raw), "\" is not a bit count from 1 to ", kCardBitsMax,
                                     ", a colon and that many bits as upper-case hex bytes, like 26:BD88EB80"));
  if (card.facility_code != 0 || card.number != 0) return FieldError("number", "is not for format raw");
  CardBits out;
  const size_t colon = card.raw.find(':');
  if (colon == std::string::npos || !absl::SimpleAtoi(card.raw.substr(0, colon), &out.bit_count)) return malformed;
  if (out.bit_count == 0 || out.bit_count > kCardBitsMax) return malformed;
  if (card.raw.size() - colon - 1 != 2 * BytesFor(out.bit_count)) return malformed;
  out.bits = absl::HexStringToBytes(absl::string_view(card.raw).substr(colon + 1));
  // One spelling a card: what does not come back the same has lower-case digits, unused bits set, or no digits at all.
  if (RawNumber(out.bits, out.bit_count).raw != card.raw) return malformed;
  return out;
}

}  // namespace

absl::Span<const absl::string_view> FormatNames() { return kNames; }

bool IsFormat(absl::string_view name) { return std::find(kNames.begin(), kNames.end(), name) != kNames.end(); }

absl::StatusOr<CardNumber> Decode(absl::string_view bits, uint32_t bit_count, absl::Span<const std::string> formats) {
  if (bit_count == 0 || bit_count > kCardBitsMax) {
    return FieldError("bit_count", absl::StrCat(bit_count, " is not from 1 to ", kCardBitsMax));
  }
  if (bits.size() != BytesFor(bit_count)) {
    return FieldError("bits",
                      absl::StrCat("has ", bits.size(), " bytes, ", bit_count, " bits need ", BytesFor(bit_count)));
  }
  for (const std::string& format : formats) {
    if (format == kRaw) return RawNumber(std::string(bits), bit_count);
    const Layout* layout = FindLayout(format);
    if (layout != nullptr && layout->bit_count == bit_count) return DecodeAs(*layout, bits);
  }
  return FieldError("bit_count",
                    absl::StrCat(bit_count, " bits fit none of the reader's formats: ", absl::StrJoin(formats, ", ")));
}

absl::StatusOr<CardBits> Encode(const CardNumber& card) {
  if (card.format == kRaw) return EncodeRaw(card);
  if (const Layout* layout = FindLayout(card.format)) return EncodeAs(*layout, card);
  return FieldError("format",
                    absl::StrCat("\"", absl::CHexEscape(card.format), "\" is none of ", absl::StrJoin(kNames, ", ")));
}

}  // namespace sallyport::reader
