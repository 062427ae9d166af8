#include "cedar/extension.h"

#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace cedar {
namespace {

constexpr int64_t kDayMs = 86400000;

constexpr std::array<ExtensionFunctionInfo, 22> kFunctions = {{
    {ExtensionFunction::kDecimal, "decimal", false, 1},
    {ExtensionFunction::kIp, "ip", false, 1},
    {ExtensionFunction::kDatetime, "datetime", false, 1},
    {ExtensionFunction::kDuration, "duration", false, 1},
    {ExtensionFunction::kLessThan, "lessThan", true, 2},
    {ExtensionFunction::kLessThanOrEqual, "lessThanOrEqual", true, 2},
    {ExtensionFunction::kGreaterThan, "greaterThan", true, 2},
    {ExtensionFunction::kGreaterThanOrEqual, "greaterThanOrEqual", true, 2},
    {ExtensionFunction::kIsIpv4, "isIpv4", true, 1},
    {ExtensionFunction::kIsIpv6, "isIpv6", true, 1},
    {ExtensionFunction::kIsLoopback, "isLoopback", true, 1},
    {ExtensionFunction::kIsMulticast, "isMulticast", true, 1},
    {ExtensionFunction::kIsInRange, "isInRange", true, 2},
    {ExtensionFunction::kOffset, "offset", true, 2},
    {ExtensionFunction::kDurationSince, "durationSince", true, 2},
    {ExtensionFunction::kToDate, "toDate", true, 1},
    {ExtensionFunction::kToTime, "toTime", true, 1},
    {ExtensionFunction::kToMilliseconds, "toMilliseconds", true, 1},
    {ExtensionFunction::kToSeconds, "toSeconds", true, 1},
    {ExtensionFunction::kToMinutes, "toMinutes", true, 1},
    {ExtensionFunction::kToHours, "toHours", true, 1},
    {ExtensionFunction::kToDays, "toDays", true, 1},
}};

bool AllDigits(absl::string_view s) {
  for (char c : s) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return !s.empty();
}

absl::Status Malformed(absl::string_view type, absl::string_view text, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(QuoteString(text), " is not a ", type, ": expected ", expected));
}

// Two or more digits at *pos.
bool TakeDigits(absl::string_view s, size_t* pos, size_t count, int* out) {
  if (*pos + count > s.size() || !AllDigits(s.substr(*pos, count))) return false;
  *out = 0;
  for (size_t i = 0; i < count; ++i) *out = *out * 10 + (s[*pos + i] - '0');
  *pos += count;
  return true;
}

bool TakeChar(absl::string_view s, size_t* pos, char c) {
  if (*pos >= s.size() || s[*pos] != c) return false;
  ++*pos;
  return true;
}

}  // namespace

const ExtensionFunctionInfo& InfoOf(ExtensionFunction function) { return kFunctions[static_cast<size_t>(function)]; }

const ExtensionFunctionInfo* FindExtensionFunction(absl::string_view name) {
  for (const ExtensionFunctionInfo& info : kFunctions) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

bool IsConstructor(ExtensionFunction function) { return function <= ExtensionFunction::kDuration; }

absl::StatusOr<int64_t> ParseDecimal(absl::string_view text) {
  constexpr absl::string_view kForm = "digits, a point and one to four decimals, such as \"1.25\"";
  absl::string_view s = text;
  bool negative = !s.empty() && s[0] == '-';
  if (negative) s.remove_prefix(1);
  size_t point = s.find('.');
  if (point == absl::string_view::npos || !AllDigits(s.substr(0, point)) || !AllDigits(s.substr(point + 1)) ||
      s.size() - point - 1 > 4) {
    return Malformed("decimal", text, kForm);
  }
  std::string digits = absl::StrCat(negative ? "-" : "", s.substr(0, point), s.substr(point + 1));
  digits.append(4 - (s.size() - point - 1), '0');
  int64_t value;
  if (!absl::SimpleAtoi(digits, &value)) {
    return Malformed("decimal", text, "a number from -922337203685477.5808 to 922337203685477.5807");
  }
  return value;
}

std::string FormatDecimal(int64_t v) {
  uint64_t magnitude = v < 0 ? uint64_t{0} - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
  std::string fraction = absl::StrFormat("%04d", magnitude % 10000);
  while (fraction.size() > 1 && fraction.back() == '0') fraction.pop_back();
  return absl::StrCat(v < 0 ? "-" : "", magnitude / 10000, ".", fraction);
}

absl::StatusOr<int64_t> ParseDatetime(absl::string_view s) {
  constexpr absl::string_view kForm = "YYYY-MM-DD or YYYY-MM-DDThh:mm:ss[.SSS](Z|+hhmm|-hhmm)";
  size_t pos = 0;
  int year, month, day;
  if (!TakeDigits(s, &pos, 4, &year) || !TakeChar(s, &pos, '-') || !TakeDigits(s, &pos, 2, &month) ||
      !TakeChar(s, &pos, '-') || !TakeDigits(s, &pos, 2, &day)) {
    return Malformed("datetime", s, kForm);
  }
  absl::CivilDay date(year, month, day);
  if (date.month() != month || date.day() != day) return Malformed("datetime", s, "a day that exists");
  int64_t ms = (date - absl::CivilDay(1970, 1, 1)) * kDayMs;
  if (pos == s.size()) return ms;
  int hour, minute, second, millis = 0;
  if (!TakeChar(s, &pos, 'T') || !TakeDigits(s, &pos, 2, &hour) || !TakeChar(s, &pos, ':') ||
      !TakeDigits(s, &pos, 2, &minute) || !TakeChar(s, &pos, ':') || !TakeDigits(s, &pos, 2, &second)) {
    return Malformed("datetime", s, kForm);
  }
  if (hour > 23 || minute > 59 || second > 59) return Malformed("datetime", s, "a time from 00:00:00 to 23:59:59");
  if (TakeChar(s, &pos, '.') && !TakeDigits(s, &pos, 3, &millis)) return Malformed("datetime", s, kForm);
  ms += ((hour * 60 + minute) * 60 + second) * int64_t{1000} + millis;
  if (TakeChar(s, &pos, 'Z')) {
    if (pos != s.size()) return Malformed("datetime", s, kForm);
    return ms;
  }
  bool east = pos < s.size() && s[pos] == '+';
  int offset_hour, offset_minute;
  if (pos >= s.size() || (s[pos] != '+' && s[pos] != '-') || !TakeDigits(s, &++pos, 2, &offset_hour) ||
      !TakeDigits(s, &pos, 2, &offset_minute) || pos != s.size()) {
    return Malformed("datetime", s, kForm);
  }
  if (offset_hour > 23 || offset_minute > 59) return Malformed("datetime", s, "an offset from -2359 to +2359");
  int64_t offset = (offset_hour * 60 + offset_minute) * int64_t{60000};
  return east ? ms - offset : ms + offset;
}

absl::StatusOr<int64_t> ParseDuration(absl::string_view text) {
  constexpr absl::string_view kForm = "days, hours, minutes, seconds and milliseconds in this order, such as \"1d12h30m\"";
  struct Unit {
    absl::string_view name;
    int64_t ms;
  };
  static constexpr Unit kUnits[] = {{"d", kDayMs}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
  absl::string_view s = text;
  bool negative = !s.empty() && s[0] == '-';
  if (negative) s.remove_prefix(1);
  if (s.empty()) return Malformed("duration", text, kForm);
  int64_t parts[5] = {0, 0, 0, 0, 0};
  int next = 0;
  bool overflow = false;
  while (!s.empty()) {
    size_t digits = 0;
    while (digits < s.size() && absl::ascii_isdigit(s[digits])) ++digits;
    size_t letters = digits;
    while (letters < s.size() && absl::ascii_isalpha(s[letters])) ++letters;
    absl::string_view unit = s.substr(digits, letters - digits);
    int i = next;
    while (i < 5 && kUnits[i].name != unit) ++i;
    if (digits == 0 || i == 5) return Malformed("duration", text, kForm);
    uint64_t count;
    if (!absl::SimpleAtoi(s.substr(0, digits), &count)) {
      overflow = true;
    } else {
      // The most negative duration has no positive counterpart, so the sign goes in before the multiplication.
      if (count > uint64_t{1} << 63) {
        overflow = true;
      } else if (count == uint64_t{1} << 63) {
        if (negative && kUnits[i].ms == 1) parts[i] = std::numeric_limits<int64_t>::min();
        else overflow = true;
      } else {
        int64_t signed_count = negative ? -static_cast<int64_t>(count) : static_cast<int64_t>(count);
        overflow |= __builtin_mul_overflow(signed_count, kUnits[i].ms, &parts[i]);
      }
    }
    next = i + 1;
    s.remove_prefix(letters);
  }
  int64_t total = 0;
  for (int i = 4; i >= 0; --i) overflow |= __builtin_add_overflow(total, parts[i], &total);
  if (overflow) return Malformed("duration", text, "at most 9223372036854775807 milliseconds");
  return total;
}

namespace {

absl::Status WrongKind(ExtensionFunction function, Value::Kind expected, const Value& got) {
  std::string hint;
  if (got.is_string()) {
    absl::string_view constructor = expected == Value::Kind::kIpaddr ? "ip" : KindName(expected);
    hint = absl::StrCat("; did you forget to write ", constructor, "(…)?");
  }
  return absl::InvalidArgumentError(absl::StrCat(InfoOf(function).name, " expects a ", KindName(expected), ", got a ",
                                                 KindName(got.kind()), hint));
}

absl::Status Overflow(ExtensionFunction function) {
  return absl::InvalidArgumentError(absl::StrCat(InfoOf(function).name, " overflows 64-bit milliseconds"));
}

absl::StatusOr<Value> Construct(ExtensionFunction f, const Value& argument) {
  if (!argument.is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat(InfoOf(f).name, " expects a string, got a ", KindName(argument.kind())));
  }
  absl::string_view text = argument.string_value();
  if (f == ExtensionFunction::kIp) {
    absl::StatusOr<IpAddress> ip = IpAddress::Parse(text);
    if (!ip.ok()) return ip.status();
    return Value::Ipaddr(*ip);
  }
  absl::StatusOr<int64_t> number = f == ExtensionFunction::kDecimal    ? ParseDecimal(text)
                                   : f == ExtensionFunction::kDatetime ? ParseDatetime(text)
                                                                       : ParseDuration(text);
  if (!number.ok()) return number.status();
  if (f == ExtensionFunction::kDecimal) return Value::Decimal(*number);
  return f == ExtensionFunction::kDatetime ? Value::Datetime(*number) : Value::Duration(*number);
}

Value::Kind ReceiverKind(ExtensionFunction f) {
  if (f <= ExtensionFunction::kGreaterThanOrEqual) return Value::Kind::kDecimal;
  if (f <= ExtensionFunction::kIsInRange) return Value::Kind::kIpaddr;
  return f <= ExtensionFunction::kToTime ? Value::Kind::kDatetime : Value::Kind::kDuration;
}

int64_t TimeOfDay(int64_t ms) {
  int64_t rest = ms % kDayMs;
  return rest < 0 ? rest + kDayMs : rest;
}

}  // namespace

Value::Kind ArgumentKind(ExtensionFunction f, int argument) {
  if (IsConstructor(f)) return Value::Kind::kString;
  return f == ExtensionFunction::kOffset && argument == 1 ? Value::Kind::kDuration : ReceiverKind(f);
}

Value::Kind ResultKind(ExtensionFunction f) {
  switch (f) {
    case ExtensionFunction::kDecimal: return Value::Kind::kDecimal;
    case ExtensionFunction::kIp: return Value::Kind::kIpaddr;
    case ExtensionFunction::kDatetime:
    case ExtensionFunction::kOffset:
    case ExtensionFunction::kToDate: return Value::Kind::kDatetime;
    case ExtensionFunction::kDuration:
    case ExtensionFunction::kDurationSince:
    case ExtensionFunction::kToTime: return Value::Kind::kDuration;
    default: return f >= ExtensionFunction::kToMilliseconds ? Value::Kind::kLong : Value::Kind::kBool;
  }
}

std::optional<ExtensionFunction> ConstructorOf(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kDecimal: return ExtensionFunction::kDecimal;
    case Value::Kind::kIpaddr: return ExtensionFunction::kIp;
    case Value::Kind::kDatetime: return ExtensionFunction::kDatetime;
    case Value::Kind::kDuration: return ExtensionFunction::kDuration;
    default: return std::nullopt;
  }
}

absl::StatusOr<Value> CallExtension(ExtensionFunction f, absl::Span<const Value> args) {
  const ExtensionFunctionInfo& info = InfoOf(f);
  if (args.size() != static_cast<size_t>(info.arguments)) {
    int receiver = info.method ? 1 : 0;
    return absl::InvalidArgumentError(absl::StrCat(info.name, " takes ", info.arguments - receiver,
                                                   " arguments, got ", args.size() - receiver));
  }
  if (IsConstructor(f)) return Construct(f, args[0]);
  Value::Kind kind = ReceiverKind(f);
  for (size_t i = 0; i < args.size(); ++i) {
    Value::Kind expected = ArgumentKind(f, static_cast<int>(i));
    if (args[i].kind() != expected) return WrongKind(f, expected, args[i]);
  }
  int64_t a = kind == Value::Kind::kIpaddr ? 0 : args[0].long_value();
  int64_t b = args.size() < 2 || kind == Value::Kind::kIpaddr ? 0 : args[1].long_value();
  int64_t result;
  switch (f) {
    case ExtensionFunction::kLessThan: return Value::Bool(a < b);
    case ExtensionFunction::kLessThanOrEqual: return Value::Bool(a <= b);
    case ExtensionFunction::kGreaterThan: return Value::Bool(a > b);
    case ExtensionFunction::kGreaterThanOrEqual: return Value::Bool(a >= b);
    case ExtensionFunction::kIsIpv4: return Value::Bool(!args[0].ip_value().v6);
    case ExtensionFunction::kIsIpv6: return Value::Bool(args[0].ip_value().v6);
    case ExtensionFunction::kIsLoopback: return Value::Bool(args[0].ip_value().IsLoopback());
    case ExtensionFunction::kIsMulticast: return Value::Bool(args[0].ip_value().IsMulticast());
    case ExtensionFunction::kIsInRange: return Value::Bool(args[0].ip_value().IsInRange(args[1].ip_value()));
    case ExtensionFunction::kOffset:
      if (__builtin_add_overflow(a, b, &result)) return Overflow(f);
      return Value::Datetime(result);
    case ExtensionFunction::kDurationSince:
      if (__builtin_sub_overflow(a, b, &result)) return Overflow(f);
      return Value::Duration(result);
    case ExtensionFunction::kToDate:
      if (__builtin_sub_overflow(a, TimeOfDay(a), &result)) return Overflow(f);
      return Value::Datetime(result);
    case ExtensionFunction::kToTime: return Value::Duration(TimeOfDay(a));
    case ExtensionFunction::kToMilliseconds: return Value::Long(a);
    case ExtensionFunction::kToSeconds: return Value::Long(a / 1000);
    case ExtensionFunction::kToMinutes: return Value::Long(a / 60000);
    case ExtensionFunction::kToHours: return Value::Long(a / 3600000);
    case ExtensionFunction::kToDays: return Value::Long(a / kDayMs);
    default: return absl::InternalError("unknown extension function");
  }
}

}  // namespace cedar
