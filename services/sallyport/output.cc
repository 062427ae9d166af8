#include "sallyport/output.h"

#include <google/protobuf/util/json_util.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace sallyport::cli {
namespace {

using Json = nlohmann::ordered_json;

// Columns that a character takes: two in the East Asian wide blocks, none for combining marks.
size_t CharacterWidth(uint32_t c) {
  if (c >= 0x300 && c <= 0x36f) return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
                    (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                    (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
  return wide ? 2 : 1;
}

size_t Width(const std::string& text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t c = length == 1 ? lead : lead & (0x7fu >> length);
    for (size_t k = 1; k < length && i + k < text.size(); ++k) {
      c = (c << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    }
    width += CharacterWidth(c);
    i += length;
  }
  return width;
}

// What came from outside must not move the cursor of whoever reads it.
std::string Printable(const std::string& text) {
  std::string out = text;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

void PrintRow(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = Printable(cells[i]);
    line += cell;
    if (i + 1 < cells.size()) line.append(widths[i] - std::min(widths[i], Width(cell)) + 2, ' ');
  }
  std::printf("%s\n", std::string(absl::StripTrailingAsciiWhitespace(line)).c_str());
}

std::string MessageJson(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.add_whitespace = indented;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return json;
}

void EmitYaml(const Json& value, YAML::Emitter& out) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& item : value.items()) {
      out << YAML::Key << item.key() << YAML::Value;
      EmitYaml(item.value(), out);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::BeginSeq;
    for (const Json& item : value) EmitYaml(item, out);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const std::string text = value.get<std::string>();
    if (text.find('\n') != std::string::npos)
      out << YAML::Literal << text;
    else
      out << YAML::DoubleQuoted << text;
  } else {
    out << value.dump();
  }
}

}  // namespace

void PrintTable(const std::vector<std::string>& titles, const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::string& title : titles) widths.push_back(Width(title));
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  PrintRow(titles, widths);
  for (const auto& row : rows) PrintRow(row, widths);
}

void PrintFacts(const Facts& facts) {
  size_t width = 0;
  for (const auto& [name, value] : facts) {
    if (!value.empty()) width = std::max(width, Width(name));
  }
  for (const auto& [name, value] : facts) {
    if (!value.empty()) PrintRow({name, value}, {width, 0});
  }
}

void PrintMessage(const google::protobuf::Message& message, Format format) {
  const std::string json = MessageJson(message, /*indented=*/true);
  if (format == Format::kJson) {
    std::printf("%s", json.c_str());
    return;
  }
  YAML::Emitter out;
  EmitYaml(Json::parse(json), out);
  std::printf("%s\n", out.c_str());
}

void PrintJson(const std::string& json, Format format) {
  const Json value = Json::parse(json);
  if (format == Format::kJson) {
    std::printf("%s\n", value.dump(2).c_str());
    return;
  }
  YAML::Emitter out;
  EmitYaml(value, out);
  std::printf("%s\n", out.c_str());
}

void PrintMessageLine(const google::protobuf::Message& message) {
  std::printf("%s\n", MessageJson(message, /*indented=*/false).c_str());
  std::fflush(stdout);
}

std::string TimeText(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, absl::LocalTimeZone());
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return TimeText(FromTimestamp(time));
}

std::string EnumText(const google::protobuf::EnumDescriptor* type, int number) {
  const auto* value = type->FindValueByNumber(number);
  if (value == nullptr) return absl::StrCat(number);
  if (number == 0) return "";
  // "DECISION_UNSPECIFIED" tells how long the prefix is.
  const std::string& zero = type->value(0)->name();
  const size_t prefix = zero.size() - std::string("UNSPECIFIED").size();
  return absl::AsciiStrToLower(absl::StrReplaceAll(value->name().substr(prefix), {{"_", "-"}}));
}

absl::StatusOr<int> EnumNumber(const google::protobuf::EnumDescriptor* type, absl::string_view text) {
  std::vector<std::string> choices;
  for (int i = 1; i < type->value_count(); ++i) {
    const int number = type->value(i)->number();
    choices.push_back(EnumText(type, number));
    if (choices.back() == absl::StrReplaceAll(absl::AsciiStrToLower(text), {{"_", "-"}})) return number;
  }
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not one of ", absl::StrJoin(choices, ", ")));
}

absl::StatusOr<absl::Time> ParseTime(absl::string_view text, absl::Time now) {
  if (text == "now") return now;
  absl::Duration offset;
  if ((absl::StartsWith(text, "+") || absl::StartsWith(text, "-")) && absl::ParseDuration(text, &offset)) {
    return now + offset;
  }
  absl::Time time;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return time;
  for (const char* format : {"%Y-%m-%d %H:%M:%E*S", "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, absl::LocalTimeZone(), &time, nullptr)) return time;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is not a time; expected 2026-03-02T14:05:00Z, \"2026-03-02 14:05\", now, +2h or -30m"));
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp out;
  const int64_t seconds = absl::ToUnixSeconds(time);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return out;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

}  // namespace sallyport::cli
