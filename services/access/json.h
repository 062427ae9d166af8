#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/value.h"

// Cedar values as plain JSON, made for reading: datetimes are RFC 3339 in UTC with milliseconds, durations milliseconds
// ("86400000ms"), decimals and addresses their text, entities "Type::\"id\"".
namespace sallyport::access {

// A text in the making. Its bytes depend on nothing but what is put into it. Commas and braces are the caller's.
class JsonText {
 public:
  JsonText() { text_.resize(kFirstBytes); }

  void Put(char c) {
    Reserve(1);
    text_[size_++] = c;
  }
  // As it is, without escaping.
  void PutRaw(absl::string_view text) {
    if (text.empty()) return;
    Reserve(text.size());
    std::memcpy(&text_[size_], text.data(), text.size());
    size_ += text.size();
  }
  void PutString(absl::string_view text);  // escaped, in quotes
  void PutValue(const cedar::Value& value);

  // What was put; leaves nothing behind.
  std::string Take() {
    text_.resize(size_);
    size_ = 0;
    return std::move(text_);
  }

 private:
  static constexpr size_t kFirstBytes = 1024;  // enough for the facts of nearly every decision
  void Reserve(size_t more) {
    if (size_ + more > text_.size()) text_.resize(2 * (size_ + more));
  }
  void PutDatetime(int64_t unix_milliseconds);
  template <class Items, class PutItem>
  void PutList(char open, const Items& items, char close, PutItem put);

  std::string text_;  // its first size_ bytes count
  size_t size_ = 0;
};

// `record` with the members of the JSON object in place of those of the same name; objects are merged in depth. A
// member whose kind cannot be told from JSON (a datetime, a duration) is read as what it replaces. INVALID_ARGUMENT,
// with the field "context", when the text is no object, or a member is null, a fraction or not of the replaced one's
// kind.
absl::StatusOr<cedar::Value> MergeJson(const cedar::Value& record, absl::string_view json);

}  // namespace sallyport::access
