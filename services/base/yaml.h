#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// YAML files that people write: read strictly, and with every problem reported by its line. Nothing here throws.
namespace sallyport::yaml {

struct Node {
  enum class Kind { kNull, kScalar, kSequence, kMapping };
  Kind kind = Kind::kNull;
  int line = 1;
  std::string text;                // of a scalar, without quotes
  std::vector<const Node*> items;  // of a sequence; of a mapping: key, value, key, value, …
  bool is_scalar() const { return kind == Kind::kScalar; }
};

// The value of a key; null when `mapping` is none or has no such key.
const Node* Find(const Node& mapping, absl::string_view key);

// One document. The nodes live as long as it does; moving it leaves them where they are.
class Document {
 public:
  explicit Document(std::deque<Node> nodes) : nodes_(std::move(nodes)) {}
  Document(Document&&) = default;
  Document& operator=(Document&&) = default;
  const Node& root() const { return nodes_.front(); }

 private:
  std::deque<Node> nodes_;  // the root first
};

struct Limits {
  size_t bytes_max;
  size_t nodes_max;  // each alias counted as all that it stands for
  int depth_max;     // at most 500
};

// Parses a text that holds one document. INVALID_ARGUMENT, as "file:line: what is wrong", for what is not YAML, not
// UTF-8, over a limit, or uses what a file for people needs not: tags, several documents, an alias within what it
// names.
absl::StatusOr<Document> Load(absl::string_view text, absl::string_view file_name, const Limits& limits);

// Walks a document, hands values to their variables and collects every problem with its line. A variable whose value is
// wrong or absent keeps what it has.
class Reader {
 public:
  using Read = std::function<void(const Node& value, const std::string& key)>;
  // What to do with the value of a key; `key` is its path, "tls.ca", for messages.
  struct Field {
    Read read;
    bool required = false;
  };
  using Fields = std::vector<std::pair<absl::string_view, Field>>;

  explicit Reader(std::string file_name, size_t problems_max = 100)
      : file_name_(std::move(file_name)), problems_max_(problems_max) {}

  void Problem(int line, absl::string_view key, absl::string_view text);
  void Problem(const Node& at, absl::string_view key, absl::string_view text) { Problem(at.line, key, text); }
  // The problem of a status that is not OK, by its message.
  void Problem(const Node& at, const absl::Status& status);

  // A mapping with these keys and no others, each at most once.
  void Mapping(const Node& node, const std::string& key, const Fields& fields);
  // A mapping whose keys are the writer's own, each at most once.
  using ReadEntry = std::function<void(const Node& name, const Node& value, const std::string& key)>;
  void Entries(const Node& node, const std::string& key, size_t entries_max, const ReadEntry& read);
  void Sequence(const Node& node, const std::string& key, size_t items_max, const Read& read);

  Field Text(std::string& out, bool required = false);  // not empty
  Field OneOf(std::string& out, std::vector<std::string> choices, bool required = false);
  Field Flag(bool& out);  // true or false
  Field Duration(absl::Duration& out, absl::Duration min, absl::Duration max);
  Field Map(Fields fields, bool required = false);

  // A whole number of any type that absl::SimpleAtoi knows.
  template <class Number>
  Field Whole(Number& out, std::type_identity_t<Number> min, std::type_identity_t<Number> max, bool required = false) {
    return {[this, &out, min, max](const Node& node, const std::string& key) {
              Number value = 0;
              if (!node.is_scalar() || !absl::SimpleAtoi(node.text, &value) || value < min || value > max) {
                return Problem(node, key, absl::StrCat("expected a whole number from ", min, " to ", max));
              }
              out = value;
            },
            required};
  }

  // INVALID_ARGUMENT with one problem a line, in the order of lines, as "file:line: key: what is wrong".
  absl::Status status() const;

 private:
  std::string file_name_;
  size_t problems_max_;
  size_t problems_left_out_ = 0;
  std::vector<std::pair<int, std::string>> problems_;  // line, message
};

}  // namespace sallyport::yaml
