#include "base/yaml.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/utf8.h"

namespace sallyport::yaml {
namespace {

absl::Status At(absl::string_view file_name, int line, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(file_name, ":", line, ": ", text));
}

// What the parser must not be given: it would guess at another encoding, or hand on bytes that no text has.
absl::Status CheckCharacters(absl::string_view text, absl::string_view file_name) {
  const auto line_of = [text](size_t at) {
    return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  };
  const auto control = std::find_if(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
  });
  if (control != text.end()) {
    return At(file_name, line_of(static_cast<size_t>(control - text.begin())), "contains a control character");
  }
  if (const size_t at = FindInvalidUtf8(text); at != absl::string_view::npos) {
    return At(file_name, line_of(at), "is not UTF-8");
  }
  return absl::OkStatus();
}

// Builds the tree from the parser's events. After the first problem it ignores the rest.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(const Limits& limits) : limits_(limits) {}

  bool failed() const { return !problem_.empty(); }
  int problem_line() const { return problem_line_; }
  const std::string& problem() const { return problem_; }
  std::deque<Node> Take() { return std::move(nodes_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Leaf(mark, anchor, Node::Kind::kNull, ""); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    Leaf(mark, anchor, Node::Kind::kScalar, value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Begin(mark, anchor, Node::Kind::kSequence);
  }
  void OnSequenceEnd() override { End(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Begin(mark, anchor, Node::Kind::kMapping);
  }
  void OnMapEnd() override { End(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return Fail(mark, "the alias names nothing that is complete before it");
    Count(mark, found->second.nodes);
    if (!failed()) open_.back().node->items.push_back(found->second.node);
  }

 private:
  struct Anchored {
    const Node* node;
    size_t nodes;  // that it stands for
  };
  struct Open {
    Node* node;
    YAML::anchor_t anchor;
    size_t nodes_before;
  };

  void Fail(const YAML::Mark& mark, std::string text) {
    if (failed()) return;
    problem_line_ = mark.line + 1;
    problem_ = std::move(text);
  }

  // "?" is a plain value, "!" a quoted one.
  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") Fail(mark, "tags (\"!\" or \"!!\" before a value) are not used here");
  }

  void Count(const YAML::Mark& mark, size_t nodes) {
    count_ += nodes;
    if (count_ > limits_.nodes_max) {
      Fail(mark,
           absl::StrCat("more than ", limits_.nodes_max, " values, aliases counted with all that they stand for"));
    }
  }

  Node* Add(const YAML::Mark& mark, Node::Kind kind) {
    Count(mark, 1);
    if (failed()) return nullptr;
    Node& node = nodes_.emplace_back();
    node.kind = kind;
    node.line = mark.line + 1;
    if (!open_.empty()) open_.back().node->items.push_back(&node);
    return &node;
  }

  void Leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind, const std::string& text) {
    Node* node = Add(mark, kind);
    if (node == nullptr) return;
    node->text = text;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {node, 1};
  }

  void Begin(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    if (open_.size() >= static_cast<size_t>(limits_.depth_max)) {
      Fail(mark, absl::StrCat("nested more than ", limits_.depth_max, " deep"));
    }
    const size_t nodes_before = count_;
    if (Node* node = Add(mark, kind)) open_.push_back({node, anchor, nodes_before});
  }

  void End() {
    if (failed()) return;
    const Open& closed = open_.back();
    if (closed.anchor != YAML::NullAnchor) anchors_[closed.anchor] = {closed.node, count_ - closed.nodes_before};
    open_.pop_back();
  }

  const Limits& limits_;
  std::deque<Node> nodes_;
  std::vector<Open> open_;
  absl::flat_hash_map<YAML::anchor_t, Anchored> anchors_;
  size_t count_ = 0;
  int problem_line_ = 0;
  std::string problem_;
};

// A name of the writer's own may hold anything, line breaks too.
std::string Join(const std::string& key, absl::string_view name) {
  constexpr size_t kShownMax = 80;
  std::string shown = absl::Utf8SafeCHexEscape(name.substr(0, kShownMax));
  return key.empty() ? shown : absl::StrCat(key, ".", shown);
}

std::string NameOrDocument(const std::string& key) { return key.empty() ? "document" : key; }

}  // namespace

const Node* Find(const Node& mapping, absl::string_view key) {
  if (mapping.kind != Node::Kind::kMapping) return nullptr;
  for (size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
    if (mapping.items[i]->is_scalar() && mapping.items[i]->text == key) return mapping.items[i + 1];
  }
  return nullptr;
}

absl::StatusOr<Document> Load(absl::string_view text, absl::string_view file_name, const Limits& limits) {
  if (text.size() > limits.bytes_max) {
    return absl::InvalidArgumentError(
        absl::StrCat(file_name, ": has ", text.size(), " bytes, at most ", limits.bytes_max));
  }
  if (absl::Status status = CheckCharacters(text, file_name); !status.ok()) return status;
  Builder builder(limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    const bool found = parser.HandleNextDocument(builder);
    if (builder.failed()) return At(file_name, builder.problem_line(), builder.problem());
    Builder rest(limits);
    if (found && parser.HandleNextDocument(rest)) {
      return At(file_name, 1, "holds more than one document (\"---\" begins another)");
    }
  } catch (const YAML::Exception& error) {
    if (builder.failed()) return At(file_name, builder.problem_line(), builder.problem());
    return At(file_name, error.mark.line + 1, error.msg);
  }
  std::deque<Node> nodes = builder.Take();
  if (nodes.empty()) nodes.emplace_back();
  return Document(std::move(nodes));
}

void Reader::Problem(int line, absl::string_view key, absl::string_view text) {
  if (problems_.size() >= problems_max_) {
    ++problems_left_out_;
    return;
  }
  problems_.emplace_back(line, absl::StrCat(file_name_, ":", line, ": ", key, ": ", text));
}

void Reader::Problem(const Node& at, const absl::Status& status) {
  const std::vector<std::string> parts = absl::StrSplit(status.message(), absl::MaxSplits(": ", 1));
  parts.size() == 2 ? Problem(at, parts[0], parts[1]) : Problem(at, "document", status.message());
}

void Reader::Mapping(const Node& node, const std::string& key, const Fields& fields) {
  if (node.kind != Node::Kind::kMapping) return Problem(node, NameOrDocument(key), "expected a mapping");
  std::vector<bool> seen(fields.size());
  for (size_t i = 0; i + 1 < node.items.size(); i += 2) {
    const Node& name = *node.items[i];
    const std::string path = Join(key, name.text);
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&name](const auto& f) { return name.is_scalar() && f.first == name.text; });
    if (field == fields.end()) {
      const std::string names =
          absl::StrJoin(fields, ", ", [](std::string* out, const auto& f) { absl::StrAppend(out, f.first); });
      Problem(name, path, absl::StrCat("unknown key; expected one of ", names));
    } else if (auto position = static_cast<size_t>(field - fields.begin()); seen[position]) {
      Problem(name, path, "stands twice");
    } else {
      seen[position] = true;
      field->second.read(*node.items[i + 1], path);
    }
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].second.required && !seen[i]) Problem(node, Join(key, fields[i].first), "is missing");
  }
}

void Reader::Entries(const Node& node, const std::string& key, size_t entries_max, const ReadEntry& read) {
  if (node.kind != Node::Kind::kMapping) return Problem(node, key, "expected a mapping");
  if (node.items.size() / 2 > entries_max)
    return Problem(node, key, absl::StrCat("more than ", entries_max, " entries"));
  absl::flat_hash_set<absl::string_view> seen;
  for (size_t i = 0; i + 1 < node.items.size(); i += 2) {
    const Node& name = *node.items[i];
    if (!name.is_scalar()) {
      Problem(name, key, "expected a name");
    } else if (!seen.insert(name.text).second) {
      Problem(name, Join(key, name.text), "stands twice");
    } else {
      read(name, *node.items[i + 1], Join(key, name.text));
    }
  }
}

void Reader::Sequence(const Node& node, const std::string& key, size_t items_max, const Read& read) {
  if (node.kind != Node::Kind::kSequence) return Problem(node, key, "expected a list");
  if (node.items.size() > items_max) return Problem(node, key, absl::StrCat("more than ", items_max, " entries"));
  for (size_t i = 0; i < node.items.size(); ++i) read(*node.items[i], absl::StrCat(key, "[", i, "]"));
}

Reader::Field Reader::Text(std::string& out, bool required) {
  return {[this, &out](const Node& node, const std::string& key) {
            if (!node.is_scalar() || node.text.empty()) return Problem(node, key, "expected text");
            out = node.text;
          },
          required};
}

Reader::Field Reader::OneOf(std::string& out, std::vector<std::string> choices, bool required) {
  return {[this, &out, choices = std::move(choices)](const Node& node, const std::string& key) {
            if (!node.is_scalar() || std::find(choices.begin(), choices.end(), node.text) == choices.end()) {
              return Problem(node, key, absl::StrCat("expected ", absl::StrJoin(choices, " or ")));
            }
            out = node.text;
          },
          required};
}

Reader::Field Reader::Flag(bool& out) {
  return {[this, &out](const Node& node, const std::string& key) {
    if (!node.is_scalar() || (node.text != "true" && node.text != "false")) {
      return Problem(node, key, "expected true or false");
    }
    out = node.text == "true";
  }};
}

Reader::Field Reader::Duration(absl::Duration& out, absl::Duration min, absl::Duration max) {
  return {[this, &out, min, max](const Node& node, const std::string& key) {
    absl::Duration value;
    if (!node.is_scalar() || !absl::ParseDuration(node.text, &value) || value < min || value > max) {
      return Problem(node, key,
                     absl::StrCat("expected a duration from ", absl::FormatDuration(min), " to ",
                                  absl::FormatDuration(max), ", like 5s or 24h"));
    }
    out = value;
  }};
}

Reader::Field Reader::Map(Fields fields, bool required) {
  return {[this, fields = std::move(fields)](const Node& node, const std::string& key) { Mapping(node, key, fields); },
          required};
}

absl::Status Reader::status() const {
  if (problems_.empty()) return absl::OkStatus();
  auto sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text =
      absl::StrJoin(sorted, "\n", [](std::string* out, const auto& p) { absl::StrAppend(out, p.second); });
  if (problems_left_out_ > 0) absl::StrAppend(&text, "\n", file_name_, ": ", problems_left_out_, " more problems");
  return absl::InvalidArgumentError(text);
}

}  // namespace sallyport::yaml
