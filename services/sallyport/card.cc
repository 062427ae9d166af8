#include "sallyport/card.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "reader/card_format.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

constexpr char kFormat[] = "H10301";

absl::StatusOr<reader::CardNumber> ParseNumber(absl::string_view text) {
  const size_t colon = text.find(':');
  reader::CardNumber card;
  card.format = kFormat;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(text.substr(0, colon), &card.facility_code) ||
      !absl::SimpleAtoi(text.substr(colon + 1), &card.number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not FACILITY:NUMBER, like 12:3456 (0 to 255, 0 to 65535)"));
  }
  return card;
}

access::v1::Card ToCard(const reader::CardBits& bits) {
  access::v1::Card card;
  card.set_bits(bits.bits);
  card.set_bit_count(bits.bit_count);
  return card;
}

std::string RawText(const access::v1::Card& card) {
  return absl::StrCat(card.bit_count(), ":", absl::AsciiStrToUpper(absl::BytesToHexString(card.bits())));
}

access::v1::Card FromDigits(absl::string_view digits) {
  access::v1::Card card;
  std::string bits((digits.size() + 7) / 8, '\0');
  for (size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] == '1') bits[i / 8] = static_cast<char>(bits[i / 8] | (0x80 >> (i % 8)));
  }
  card.set_bits(bits);
  card.set_bit_count(static_cast<uint32_t>(digits.size()));
  return card;
}

}  // namespace

absl::StatusOr<access::v1::Card> CardFromNumber(absl::string_view text) {
  SP_ASSIGN_OR_RETURN(const reader::CardNumber number, ParseNumber(text));
  const auto bits = reader::Encode(number);
  if (!bits.ok()) return Annotate(bits.status(), absl::StrCat("\"", text, "\""));
  return ToCard(*bits);
}

absl::StatusOr<access::v1::Card> CardFromBits(absl::string_view text) {
  if (!text.empty() && text.size() <= 8 * kCardBytesMax && text.find_first_not_of("01") == absl::string_view::npos) {
    return FromDigits(text);
  }
  reader::CardNumber number;
  number.format = "raw";
  number.raw = std::string(text);
  const auto bits = reader::Encode(number);
  if (!bits.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is neither a row of up to ", 8 * kCardBytesMax,
                                                   " digits 0 and 1 nor COUNT:HEX, like 26:BD88EB80"));
  }
  return ToCard(*bits);
}

absl::StatusOr<access::v1::Card> CardFromBytes(absl::string_view text) {
  if (text.empty() || text.size() > kCardBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("a card of ", text.size(), " bytes; expected 1 to ", kCardBytesMax));
  }
  access::v1::Card card;
  card.set_bits(std::string(text));
  card.set_bit_count(static_cast<uint32_t>(8 * text.size()));
  return card;
}

absl::StatusOr<directory::v1::CardNumber> CardNumberFromNumber(absl::string_view text) {
  SP_ASSIGN_OR_RETURN(const reader::CardNumber number, ParseNumber(text));
  const auto bits = reader::Encode(number);  // only to check the ranges
  if (!bits.ok()) return Annotate(bits.status(), absl::StrCat("\"", text, "\""));
  directory::v1::CardNumber card;
  card.set_format(kFormat);
  card.set_facility_code(number.facility_code);
  card.set_number(number.number);
  return card;
}

absl::StatusOr<directory::v1::CardNumber> CardNumberFromBits(absl::string_view text) {
  SP_ASSIGN_OR_RETURN(const access::v1::Card bits, CardFromBits(text));
  directory::v1::CardNumber card;
  card.set_format("raw");
  card.set_raw(RawText(bits));
  return card;
}

std::string CardText(const directory::v1::CardNumber& card) {
  if (card.format().empty()) return "";
  if (card.format() == "raw") return absl::StrCat("raw ", card.raw());
  return absl::StrCat(card.format(), " ", card.facility_code(), ":", card.number());
}

}  // namespace sallyport::cli
