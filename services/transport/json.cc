#include "transport/json.h"

#include <google/protobuf/util/json_util.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "transport/limits.h"

namespace sallyport::transport {
namespace {

using google::protobuf::Message;

// Follows a parse without building anything; false stops it.
class Checker {
 public:
  const absl::Status& status() const { return status_; }

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(int64_t) { return true; }
  bool number_unsigned(uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  bool binary(std::vector<uint8_t>&) { return true; }
  bool start_object(size_t) { return Enter(); }
  bool end_object() { return Leave(); }
  bool start_array(size_t) { return Enter(); }
  bool end_array() { return Leave(); }
  bool key(std::string& name) {
    if (names_.back().insert(name).second) return true;
    status_ = FieldError(name, "stands twice in one object");
    return false;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception& error) {
    absl::string_view what = error.what();
    if (const size_t prefix = what.find("] "); prefix != absl::string_view::npos) what.remove_prefix(prefix + 2);
    status_ = absl::InvalidArgumentError(absl::StrCat("the request is not JSON: ", what));
    return false;
  }

 private:
  bool Enter() {
    if (names_.size() == kJsonDepthMax) {
      status_ = absl::InvalidArgumentError(absl::StrCat("the JSON nests deeper than ", kJsonDepthMax, " levels"));
      return false;
    }
    names_.emplace_back();
    return true;
  }
  bool Leave() {
    names_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> names_;  // of each object that is open
  absl::Status status_;
};

// Protobuf says "(card) x: Cannot find field." and "(card.bit_count): invalid value -1 for type TYPE_UINT32".
absl::Status ErrorFrom(const Message& message, absl::string_view text) {
  text = text.substr(0, text.find('\n'));
  absl::string_view rest = text;
  std::string path;
  if (absl::ConsumePrefix(&rest, "(")) {
    const size_t end = rest.find(')');
    if (end != absl::string_view::npos) {
      path = std::string(rest.substr(0, end));
      rest.remove_prefix(end + 1);
      absl::ConsumePrefix(&rest, " ");
    }
  }
  absl::string_view name = rest;
  if (absl::ConsumeSuffix(&name, ": Cannot find field.")) {
    return FieldError(path.empty() ? name : absl::StrCat(path, ".", name),
                      absl::StrCat("is not a field of ", message.GetTypeName()));
  }
  if (!path.empty() && absl::ConsumePrefix(&rest, ": ")) return FieldError(path, rest);
  absl::ConsumePrefix(&text, ": ");
  return absl::InvalidArgumentError(absl::StrCat("the request is not a ", message.GetTypeName(), " in JSON: ", text));
}

}  // namespace

absl::Status CheckJson(absl::string_view text) {
  Checker checker;
  nlohmann::json::sax_parse(text.begin(), text.end(), &checker);
  return checker.status();
}

absl::StatusOr<std::unique_ptr<Message>> ParseJsonRequest(const Message& prototype, absl::string_view text) {
  SP_RETURN_IF_ERROR(CheckJson(text));
  std::unique_ptr<Message> message(prototype.New());
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto parsed = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, message.get(), options);
  if (parsed.ok()) return message;
  return ErrorFrom(*message, {parsed.message().data(), parsed.message().size()});
}

absl::StatusOr<std::string> JsonOf(const Message& prototype, absl::string_view bytes) {
  std::unique_ptr<Message> message(prototype.New());
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InternalError(absl::StrCat("a handler's answer is not a ", prototype.GetTypeName()));
  }
  std::string out;
  const auto printed = google::protobuf::util::MessageToJsonString(*message, &out);
  if (!printed.ok()) return absl::InternalError(absl::StrCat("a ", prototype.GetTypeName(), " has no JSON form"));
  return out;
}

}  // namespace sallyport::transport
