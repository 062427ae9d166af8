#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// How answers look: tables for people, JSON and YAML for programs.
namespace sallyport::cli {

enum class Format { kTable, kJson, kYaml };

// Columns as wide as their widest cell (display width: an East Asian character takes two), two spaces between them.
// A title row comes first; without rows there is only the title.
void PrintTable(const std::vector<std::string>& titles, const std::vector<std::vector<std::string>>& rows);

// "name  value" lines; pairs without a value are left out.
using Facts = std::vector<std::pair<std::string, std::string>>;
void PrintFacts(const Facts& facts);

// Protobuf's JSON mapping with every field present, indented; or the same as YAML. Not for Format::kTable.
void PrintMessage(const google::protobuf::Message& message, Format format);
// The same for JSON text that is no message's. `json` must be valid.
void PrintJson(const std::string& json, Format format);
// One line of JSON, for streams.
void PrintMessageLine(const google::protobuf::Message& message);

// "2026-03-02 14:05:09" in the local zone; empty for an absent time.
std::string TimeText(const google::protobuf::Timestamp& time);
std::string TimeText(absl::Time time);

// "DECISION_GRANT" → "grant": an enumerator's name without its type's prefix, in lower case; empty for UNSPECIFIED.
std::string EnumText(const google::protobuf::EnumDescriptor* type, int number);
// The inverse; INVALID_ARGUMENT lists what is possible.
absl::StatusOr<int> EnumNumber(const google::protobuf::EnumDescriptor* type, absl::string_view text);

// RFC 3339, "2026-03-02 14:05" in the local zone, "now", or relative to now: "+2h", "-30m". INVALID_ARGUMENT otherwise.
absl::StatusOr<absl::Time> ParseTime(absl::string_view text, absl::Time now);

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& time);

std::string Hex(absl::string_view bytes);

}  // namespace sallyport::cli
