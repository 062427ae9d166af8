#include "access/json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "cedar/extension.h"
#include "cedar/limits.h"

namespace sallyport::access {
namespace {

using cedar::RecordField;
using cedar::Value;
using Json = nlohmann::json;

char* PutDigits(int64_t number, int width, char after, char* at) {
  for (int i = width - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  at[width] = after;
  return at + width + 1;
}

constexpr std::array<bool, 256> PlainBytes() {
  std::array<bool, 256> plain{};
  for (size_t c = 0x20; c < plain.size(); ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = PlainBytes();

absl::Status Bad(const std::string& path, absl::string_view problem) {
  return FieldError("context", absl::StrCat("'", path, "' ", problem));
}

absl::StatusOr<Value> FromJson(const Json& json, const Value* replaced, const std::string& path, int depth);

absl::StatusOr<Value> FromText(const std::string& text, const Value* replaced, const std::string& path) {
  if (replaced != nullptr && replaced->kind() == Value::Kind::kDatetime) {
    const auto parsed = cedar::ParseDatetime(text);
    return parsed.ok() ? absl::StatusOr<Value>(Value::Datetime(*parsed)) : Bad(path, "is not an RFC 3339 time");
  }
  if (replaced != nullptr && replaced->kind() == Value::Kind::kDuration) {
    const auto parsed = cedar::ParseDuration(text);
    return parsed.ok() ? absl::StatusOr<Value>(Value::Duration(*parsed)) : Bad(path, "is not a duration");
  }
  return Value::String(text);
}

absl::StatusOr<Value> FromNumber(const Json& json, const std::string& path) {
  if (json.is_number_integer() && (!json.is_number_unsigned() || json.get<uint64_t>() <= INT64_MAX)) {
    return Value::Long(json.get<int64_t>());
  }
  constexpr double kExact = 9007199254740992;  // beyond that doubles skip integers
  const double number = json.get<double>();
  if (!(number >= -kExact && number <= kExact) || number != static_cast<double>(static_cast<int64_t>(number))) {
    return Bad(path, "is not an integer");
  }
  return Value::Long(static_cast<int64_t>(number));
}

absl::StatusOr<Value> MergeObject(const Json& json, const Value* replaced, const std::string& path, int depth) {
  if (depth > cedar::kJsonDepthMax) return Bad(path, "is nested too deep");
  std::vector<RecordField> fields;
  if (replaced != nullptr && replaced->is_record()) {
    for (const RecordField& field : replaced->fields()) fields.push_back(field);
  }
  for (const auto& [name, member] : json.items()) {
    const Value* before = replaced != nullptr && replaced->is_record() ? replaced->Field(name) : nullptr;
    SP_ASSIGN_OR_RETURN(Value value,
                        FromJson(member, before, path.empty() ? name : absl::StrCat(path, ".", name), depth + 1));
    fields.push_back({name, std::move(value)});  // of fields with the same name the last one stays
  }
  return Value::Record(std::move(fields));
}

absl::StatusOr<Value> FromArray(const Json& json, const std::string& path, int depth) {
  if (depth > cedar::kJsonDepthMax) return Bad(path, "is nested too deep");
  std::vector<Value> elements;
  for (const Json& element : json) {
    SP_ASSIGN_OR_RETURN(Value value, FromJson(element, nullptr, path, depth + 1));
    elements.push_back(std::move(value));
  }
  return Value::Set(std::move(elements));
}

absl::StatusOr<Value> FromJson(const Json& json, const Value* replaced, const std::string& path, int depth) {
  absl::StatusOr<Value> value = Bad(path, "is null");
  if (json.is_boolean()) value = Value::Bool(json.get<bool>());
  if (json.is_number()) value = FromNumber(json, path);
  if (json.is_string()) value = FromText(json.get<std::string>(), replaced, path);
  if (json.is_array()) value = FromArray(json, path, depth);
  if (json.is_object()) value = MergeObject(json, replaced, path, depth);
  if (value.ok() && replaced != nullptr && replaced->kind() != value->kind()) {
    return Bad(path, absl::StrCat("is a ", cedar::KindName(value->kind()), ", expected a ",
                                  cedar::KindName(replaced->kind())));
  }
  return value;
}

}  // namespace

void JsonText::PutString(absl::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  Put('"');
  while (true) {
    size_t plain = 0;
    while (plain < text.size() && kPlain[static_cast<unsigned char>(text[plain])]) ++plain;
    PutRaw(text.substr(0, plain));
    if (plain == text.size()) break;
    const auto c = static_cast<unsigned char>(text[plain]);
    Put('\\');
    if (c < 0x20) {
      PutRaw("u00");
      Put(kHex[c >> 4]);
      Put(kHex[c & 15]);
    } else {
      Put(text[plain]);
    }
    text.remove_prefix(plain + 1);
  }
  Put('"');
}

// "2026-03-02T05:06:07.089Z"; ten times faster than absl::FormatTime.
void JsonText::PutDatetime(int64_t unix_milliseconds) {
  int64_t seconds = unix_milliseconds / 1000;
  int64_t milliseconds = unix_milliseconds % 1000;
  if (milliseconds < 0) {
    milliseconds += 1000;
    --seconds;
  }
  const absl::CivilSecond time = absl::CivilSecond(1970, 1, 1) + seconds;
  char text[24];
  char* at = PutDigits(time.year(), 4, '-', text);
  at = PutDigits(time.month(), 2, '-', at);
  at = PutDigits(time.day(), 2, 'T', at);
  at = PutDigits(time.hour(), 2, ':', at);
  at = PutDigits(time.minute(), 2, ':', at);
  at = PutDigits(time.second(), 2, '.', at);
  PutDigits(milliseconds, 3, 'Z', at);
  PutRaw(absl::string_view(text, sizeof text));
}

template <class Items, class PutItem>
void JsonText::PutList(char open, const Items& items, char close, PutItem put) {
  Put(open);
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) Put(',');
    put(item);
  }
  Put(close);
}

void JsonText::PutValue(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return PutRaw(value.bool_value() ? "true" : "false");
    case Value::Kind::kLong:
      return PutRaw(absl::AlphaNum(value.long_value()).Piece());
    case Value::Kind::kString:
      return PutString(value.string_value());
    case Value::Kind::kEntity:
      return PutString(value.entity_ref().ToString());
    case Value::Kind::kDecimal:
      return PutString(cedar::FormatDecimal(value.long_value()));
    case Value::Kind::kIpaddr:
      return PutString(value.ToString());
    case Value::Kind::kDuration:
      return PutString(absl::StrCat(value.long_value(), "ms"));
    case Value::Kind::kDatetime:
      Put('"');
      PutDatetime(value.long_value());
      return Put('"');
    case Value::Kind::kSet:
      return PutList('[', value.elements(), ']', [this](const Value& element) { PutValue(element); });
    case Value::Kind::kRecord:
      return PutList('{', value.fields(), '}', [this](const RecordField& field) {
        PutString(field.name);
        Put(':');
        PutValue(field.value);
      });
  }
}

absl::StatusOr<Value> MergeJson(const Value& record, absl::string_view json) {
  const Json parsed = Json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return FieldError("context", "is not a JSON object");
  return MergeObject(parsed, &record, "", 0);
}

}  // namespace sallyport::access
