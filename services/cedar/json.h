#ifndef CEDAR_JSON_H_
#define CEDAR_JSON_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/limits.h"

// JSON (RFC 8259) as plain data, for Cedar's JSON formats.
namespace cedar {

struct Json {
  enum class Kind : uint8_t {
    kNull,
    kBool,
    kInteger,  // fits 64 bits with sign
    kNumber,   // any other number; Cedar has no use for it
    kString,
    kArray,
    kObject,
  };
  Kind kind = Kind::kNull;
  bool boolean = false;
  int64_t integer = 0;
  std::string text;                // kString; kNumber as it was written
  std::vector<std::string> names;  // kObject: of the members, each once, in the order written
  std::vector<Json> items;         // elements, or the members' values in the order of `names`

  static Json Bool(bool value);
  static Json Integer(int64_t value);
  static Json String(absl::string_view text);
  static Json Array(std::vector<Json> items = {});
  static Json Object();
  // Adds a member that is not there yet; returns this object.
  Json& Set(absl::string_view name, Json value);

  bool is_string() const { return kind == Kind::kString; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_object() const { return kind == Kind::kObject; }
  // The member's value, or null when this is no object or has no such member.
  const Json* Find(absl::string_view name) const;
  // The member's text, or null unless it is a string.
  const std::string* FindString(absl::string_view name) const;

  // A number that is no integer of 64 bits, anywhere in this value; null when there is none.
  const Json* FindNoInteger() const;

  // On one line, or, with `pretty`, with two spaces for each level.
  std::string ToString(bool pretty = false) const;
};

// Errors: text that is no JSON (with line and column), repeated names in one object, and what exceeds kInputBytesMax,
// `depth_max` levels or kJsonValuesMax.
absl::StatusOr<Json> ParseJson(absl::string_view text, int depth_max = kJsonDepthMax);

// What people call the kind: "null", "a bool", "an array", …
absl::string_view KindName(Json::Kind kind);

}  // namespace cedar

#endif  // CEDAR_JSON_H_
