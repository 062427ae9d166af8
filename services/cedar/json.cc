#include "cedar/json.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cedar/limits.h"
#include "cedar/text.h"
#include "nlohmann/json.hpp"

namespace cedar {
namespace {

// Reads the text and keeps somebody informed of where it is.
class Position {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Position(const char* at, const char** shared) : at_(at), shared_(shared) {}
  reference operator*() const { return *at_; }
  Position& operator++() {
    *shared_ = ++at_;
    return *this;
  }
  Position operator++(int) {
    Position before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Position& a, const Position& b) { return a.at_ == b.at_; }
  friend bool operator!=(const Position& a, const Position& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  const char** shared_;
};

// Builds the value as the parser reports its parts. Every method returns whether to go on.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(absl::string_view text, int depth_max)
      : text_(text), at_(text.data()), depth_max_(static_cast<size_t>(depth_max)) {}

  bool null() override { return Add(Json()); }
  bool boolean(bool value) override { return Add(Json::Bool(value)); }
  bool number_integer(int64_t value) override { return Add(Json::Integer(value)); }
  bool number_unsigned(uint64_t value) override {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return AddNumber(absl::StrCat(value));
    return Add(Json::Integer(static_cast<int64_t>(value)));
  }
  bool number_float(double, const std::string& text) override { return AddNumber(text); }
  bool string(std::string& text) override {
    Json value;
    value.kind = Json::Kind::kString;
    value.text = std::move(text);
    return Add(std::move(value));
  }
  bool binary(nlohmann::json::binary_t&) override { return Fail("JSON holds no binary values"); }
  bool start_object(size_t) override { return Open(Json::Object()); }
  bool start_array(size_t) override { return Open(Json::Array()); }
  bool key(std::string& name) override {
    open_.back()->names.push_back(std::move(name));
    return true;
  }
  bool end_object() override {
    const std::vector<std::string>& names = open_.back()->names;
    absl::flat_hash_set<absl::string_view> seen;
    for (const std::string& name : names) {
      if (!seen.insert(name).second) return Fail(absl::StrCat("the name \"", name, "\" stands twice in one object"));
    }
    open_.pop_back();
    return true;
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& e) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …"
    absl::string_view message = e.what();
    const size_t syntax = message.find(": syntax error");
    return FailAt(position,
                  syntax == absl::string_view::npos ? "a number is out of range" : message.substr(syntax + 2));
  }

  absl::Status Read() {
    // nlohmann would take a zero byte for the end of the text.
    if (const size_t nul = text_.find('\0'); nul != absl::string_view::npos) {
      FailAt(nul + 1, "unexpected zero byte");
    } else {
      const Position begin(at_, &at_), end(text_.data() + text_.size(), &at_);
      if (nlohmann::json::sax_parse(begin, end, this)) return absl::OkStatus();
    }
    return absl::InvalidArgumentError(error_);
  }
  Json Take() { return std::move(root_); }

 private:
  bool Fail(absl::string_view message) { return FailAt(static_cast<size_t>(at_ - text_.data()), message); }
  // `read`: how many bytes have been read; the place is that of the last one.
  bool FailAt(size_t read, absl::string_view message) {
    const absl::string_view before = text_.substr(0, std::max<size_t>(read, 1) - 1);
    error_ = absl::StrCat("line ", 1 + std::count(before.begin(), before.end(), '\n'), ", column ",
                          before.size() - before.rfind('\n'), ": ", CutText(message, kMessageBytesMax));
    return false;
  }
  bool AddNumber(const std::string& text) {
    Json value;
    value.kind = Json::Kind::kNumber;
    value.text = text;
    return Add(std::move(value));
  }
  bool Add(Json value) {
    if (++values_ > kJsonValuesMax) return Fail(absl::StrCat("the JSON has more than ", kJsonValuesMax, " values"));
    if (open_.empty()) {
      root_ = std::move(value);
    } else {
      open_.back()->items.push_back(std::move(value));
    }
    return true;
  }
  bool Open(Json value) {
    if (open_.size() >= depth_max_) {
      return Fail(absl::StrCat("JSON may nest at most ", depth_max_, " levels deep"));
    }
    if (!Add(std::move(value))) return false;
    // The items of a value that is not the last are never added to, so pointers to the last ones stay.
    open_.push_back(open_.empty() ? &root_ : &open_.back()->items.back());
    return true;
  }

  const absl::string_view text_;
  const char* at_;  // behind what has been read
  const size_t depth_max_;
  Json root_;
  std::vector<Json*> open_;
  size_t values_ = 0;
  std::string error_;
};

std::string Quote(absl::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

void Write(const Json& json, bool pretty, size_t level, std::string* out) {
  switch (json.kind) {
    case Json::Kind::kNull:
      *out += "null";
      return;
    case Json::Kind::kBool:
      *out += json.boolean ? "true" : "false";
      return;
    case Json::Kind::kInteger:
      absl::StrAppend(out, json.integer);
      return;
    case Json::Kind::kNumber:
      *out += json.text;
      return;
    case Json::Kind::kString:
      *out += Quote(json.text);
      return;
    default:
      break;
  }
  bool object = json.is_object();
  *out += object ? '{' : '[';
  for (size_t i = 0; i < json.items.size(); ++i) {
    if (i > 0) *out += pretty ? "," : ", ";
    if (pretty) absl::StrAppend(out, "\n", std::string(2 * (level + 1), ' '));
    if (object) absl::StrAppend(out, Quote(json.names[i]), ": ");
    Write(json.items[i], pretty, level + 1, out);
  }
  if (pretty && !json.items.empty()) absl::StrAppend(out, "\n", std::string(2 * level, ' '));
  *out += object ? '}' : ']';
}

}  // namespace

Json Json::Bool(bool value) {
  Json json;
  json.kind = Kind::kBool;
  json.boolean = value;
  return json;
}

Json Json::Integer(int64_t value) {
  Json json;
  json.kind = Kind::kInteger;
  json.integer = value;
  return json;
}

Json Json::String(absl::string_view text) {
  Json json;
  json.kind = Kind::kString;
  json.text = std::string(text);
  return json;
}

Json Json::Array(std::vector<Json> items) {
  Json json;
  json.kind = Kind::kArray;
  json.items = std::move(items);
  return json;
}

Json Json::Object() {
  Json json;
  json.kind = Kind::kObject;
  return json;
}

Json& Json::Set(absl::string_view name, Json value) {
  names.emplace_back(name);
  items.push_back(std::move(value));
  return *this;
}

const Json* Json::Find(absl::string_view name) const {
  auto it = std::find(names.begin(), names.end(), name);
  return it == names.end() ? nullptr : &items[static_cast<size_t>(it - names.begin())];
}

const std::string* Json::FindString(absl::string_view name) const {
  const Json* value = Find(name);
  return value && value->is_string() ? &value->text : nullptr;
}

const Json* Json::FindNoInteger() const {
  if (kind == Kind::kNumber) return this;
  for (const Json& item : items) {
    if (const Json* found = item.FindNoInteger()) return found;
  }
  return nullptr;
}

std::string Json::ToString(bool pretty) const {
  std::string out;
  Write(*this, pretty, 0, &out);
  return out;
}

absl::StatusOr<Json> ParseJson(absl::string_view text, int depth_max) {
  if (text.size() > kInputBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the JSON is ", text.size(), " bytes long; at most ", kInputBytesMax, " are read"));
  }
  Builder builder(text, depth_max);
  if (absl::Status status = builder.Read(); !status.ok()) return status;
  return builder.Take();
}

absl::string_view KindName(Json::Kind kind) {
  static constexpr absl::string_view kNames[] = {"null",     "a bool",   "a number", "a number with a fraction",
                                                 "a string", "an array", "an object"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace cedar
