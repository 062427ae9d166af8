#include "facility/check.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "base/utf8.h"
#include "facility/limits.h"

namespace sallyport::facility {
namespace {

struct CardFormat {
  absl::string_view name;
  uint64_t facility_code_max;
  uint64_t number_max;
};
constexpr std::array kCardFormats = {CardFormat{"H10301", 255, 65'535}, CardFormat{"raw", 0, 0}};

absl::Status CheckRange(const std::string& field, uint64_t value, uint64_t max, absl::string_view format) {
  if (value <= max) return absl::OkStatus();
  return FieldError(field, absl::StrCat(value, " is not from 0 to ", max, ", as format ", format, " has it"));
}

// One spelling a card, since cards are compared by it: upper-case digits, and unused bits zero.
bool IsRawCard(absl::string_view raw) {
  const size_t colon = raw.find(':');
  if (colon == absl::string_view::npos || raw.front() == '0') return false;
  uint32_t bits = 0;
  const absl::string_view count = raw.substr(0, colon);
  const absl::string_view digits = raw.substr(colon + 1);
  if (!std::all_of(count.begin(), count.end(), [](unsigned char c) { return absl::ascii_isdigit(c); })) return false;
  if (!absl::SimpleAtoi(count, &bits) || bits == 0 || bits > kCardBitsMax) return false;
  if (digits.size() != (size_t{bits} + 7) / 8 * 2) return false;
  if (digits.find_first_not_of("0123456789ABCDEF") != absl::string_view::npos) return false;
  uint32_t last = 0;
  const bool number = absl::SimpleHexAtoi(digits.substr(digits.size() - 2), &last);
  return number && (bits % 8 == 0 || (last & (0xffu >> (bits % 8))) == 0);
}

}  // namespace

absl::Status CheckText(absl::string_view field, absl::string_view text, size_t bytes_max) {
  if (text.size() > bytes_max) {
    return FieldError(field, absl::StrCat("has ", text.size(), " bytes, at most ", bytes_max));
  }
  if (FindInvalidUtf8(text) != absl::string_view::npos) return FieldError(field, "is not UTF-8");
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); })) {
    return FieldError(field, "contains a control character");
  }
  return absl::OkStatus();
}

absl::Status CheckPeriod(absl::string_view field, absl::Time from, absl::Time until) {
  static const absl::Time kFirst = absl::FromCivil(absl::CivilYear(1900), absl::UTCTimeZone());
  static const absl::Time kLast = absl::FromCivil(absl::CivilYear(2200), absl::UTCTimeZone());
  const auto outside = [](absl::Time t) {
    return t != absl::InfinitePast() && t != absl::InfiniteFuture() && (t < kFirst || t >= kLast);
  };
  if (outside(from) || outside(until)) return FieldError(field, "is not from the years 1900 to 2199");
  if (from < until) return absl::OkStatus();
  return FieldError(field, absl::StrCat("begins at ", absl::FormatTime(from, absl::UTCTimeZone()),
                                        ", not before its end at ", absl::FormatTime(until, absl::UTCTimeZone())));
}

absl::Status CheckCard(absl::string_view field, const CardNumber& card) {
  const auto format = std::find_if(kCardFormats.begin(), kCardFormats.end(),
                                   [&card](const CardFormat& each) { return each.name == card.format; });
  if (format == kCardFormats.end()) {
    return FieldError(absl::StrCat(field, ".format"), absl::StrCat("expected one of ", CardFormats()));
  }
  SP_RETURN_IF_ERROR(
      CheckRange(absl::StrCat(field, ".facility_code"), card.facility_code, format->facility_code_max, card.format));
  SP_RETURN_IF_ERROR(CheckRange(absl::StrCat(field, ".number"), card.number, format->number_max, card.format));
  const std::string raw_field = absl::StrCat(field, ".raw");
  if (card.format != "raw") {
    return card.raw.empty() ? absl::OkStatus() : FieldError(raw_field, "is for format raw only");
  }
  if (IsRawCard(card.raw)) return absl::OkStatus();
  return FieldError(raw_field,
                    absl::StrCat("expected a bit count from 1 to ", kCardBitsMax,
                                 ", a colon and that many bits as bytes in upper-case hex, left-aligned, like "
                                 "26:BD88EB80"));
}

bool IsCardFormat(absl::string_view name) {
  return std::any_of(kCardFormats.begin(), kCardFormats.end(), [name](const CardFormat& f) { return f.name == name; });
}

std::string CardFormats() {
  return absl::StrJoin(kCardFormats, ", ", [](std::string* out, const CardFormat& f) { absl::StrAppend(out, f.name); });
}

}  // namespace sallyport::facility
