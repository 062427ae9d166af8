#include "base/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"

namespace sallyport::yaml {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Limits kSmall = {.bytes_max = 100'000, .nodes_max = 1000, .depth_max = 8};

std::string Problem(absl::string_view text, const Limits& limits = kSmall) {
  const auto document = Load(text, "f.yaml", limits);
  return std::string(document.status().message());
}

// As flow YAML with the lines of scalars: "{a@1: [b@2, c@3]}".
std::string Show(const Node& node) {
  if (node.kind == Node::Kind::kNull) return absl::StrCat("~@", node.line);
  if (node.is_scalar()) return absl::StrCat(node.text, "@", node.line);
  const bool map = node.kind == Node::Kind::kMapping;
  std::string out = map ? "{" : "[";
  for (size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) out += map && i % 2 == 1 ? ": " : ", ";
    out += Show(*node.items[i]);
  }
  return out + (map ? "}" : "]");
}

std::string Loaded(absl::string_view text) {
  const auto document = Load(text, "f.yaml", kSmall);
  return document.ok() ? Show(document->root()) : std::string(document.status().message());
}

TEST(YamlLoad, KeepsLinesAndOrder) {
  EXPECT_EQ(Loaded("a:\n  - b\n  - 'c d'\nz: {y: 1,\n  x: }\n"), "{a@1: [b@2, c d@3], z@4: {y@4: 1@4, x@5: ~@5}}");
  EXPECT_EQ(Loaded(""), "~@1");
  EXPECT_EQ(Loaded("# nothing\n"), "~@1");
  EXPECT_EQ(Loaded("\xef\xbb\xbf"
                   "a: \xed\x95\x9c\r\n"),
            "{a@1: \xed\x95\x9c@1}");
  EXPECT_EQ(Loaded("a: 1\na: 2\n"), "{a@1: 1@1, a@2: 2@2}");  // duplicates are the reader's to refuse
}

TEST(YamlLoad, AliasesStandForWhatTheyName) {
  EXPECT_EQ(Loaded("a: &h [1, 2]\nb: *h\nc: &n ~\nd: *n\n"), "{a@1: [1@1, 2@1], b@2: [1@1, 2@1], c@3: ~@3, d@4: ~@3}");
}

TEST(YamlLoad, Refuses) {
  const struct {
    const char* what;
    std::string text;
    const char* problem;
  } cases[] = {
      {"an open list", "a: [\n", "f.yaml:2: "},
      {"tabs as indentation", "a:\n\tb: 1\n", "f.yaml:2: "},
      {"an unknown alias", "a: 1\nb: *c\n", "f.yaml:2: "},
      {"an alias within itself", "a: &a\n  - *a\n", "f.yaml:2: the alias names nothing that is complete"},
      {"a tag", "a: 1\nb: !!binary aGk=\n", "f.yaml:2: tags"},
      {"a local tag", "a: !mine {b: 1}\n", "f.yaml:1: tags"},
      {"a tag on a list", "a: !!set [b]\n", "f.yaml:1: tags"},
      {"two documents", "a: 1\n---\nb: 1\n", "f.yaml:1: holds more than one document"},
      {"not UTF-8", "a: 1\nb: \xff\n", "f.yaml:2: is not UTF-8"},
      {"UTF-16",
       std::string("\xff\xfe"
                   "a\0",
                   4),
       "f.yaml:1: "},
      {"UTF-16 without a mark", std::string("a\0:\0", 4), "f.yaml:1: contains a control character"},
      {"an escape code", "a: 1\n# \x1b[2J\n", "f.yaml:2: contains a control character"},
      {"too deep", "[[[[[[[[[]]]]]]]]]", "f.yaml:1: nested more than 8 deep"},
      {"too deep for the parser", std::string(50'000, '['), "f.yaml:1: nested more than 8 deep"},
      {"too large", std::string(100'001, ' '), "f.yaml: has 100001 bytes, at most 100000"},
      {"too many values", "[" + absl::StrJoin(std::vector<int>(1000, 1), ", ") + "]",
       "f.yaml:1: more than 1000 values"},
  };
  for (const auto& c : cases) EXPECT_THAT(Problem(c.text), StartsWith(c.problem)) << c.what;
}

TEST(YamlLoad, ABombIsCountedBeforeItGoesOff) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 60; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&bomb, j > 0 ? ", " : "", "*a", i - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(Problem(bomb, {.bytes_max = 1 << 20, .nodes_max = 1'000'000, .depth_max = 100}),
              HasSubstr("f.yaml:6: more than 1000000 values"));
  // Within the limit an alias may be used often.
  EXPECT_EQ(Problem("a: &a {b: 1}\nc: [*a, *a, *a]\n", {.bytes_max = 1000, .nodes_max = 16, .depth_max = 3}), "");
  EXPECT_NE(Problem("a: &a {b: 1}\nc: [*a, *a, *a]\n", {.bytes_max = 1000, .nodes_max = 15, .depth_max = 3}), "");
}

struct Read {
  std::string text = "before";
  std::string choice;
  bool flag = false;
  int32_t whole = -1;
  absl::Duration duration;
  std::string inner;
  std::vector<std::string> list;
  std::map<std::string, std::string> entries;
};

absl::Status ReadInto(absl::string_view text, Read& out, size_t problems_max = 100) {
  const auto document = Load(text, "f.yaml", kSmall);
  if (!document.ok()) return document.status();
  Reader reader("f.yaml", problems_max);
  const auto list = [&](const Node& node, const std::string& key) {
    reader.Sequence(node, key, 3, [&](const Node& item, const std::string&) { out.list.push_back(item.text); });
  };
  const auto entries = [&](const Node& node, const std::string& key) {
    reader.Entries(node, key, 2, [&](const Node& name, const Node& value, const std::string&) {
      out.entries[name.text] = value.text;
    });
  };
  reader.Mapping(document->root(), "",
                 {{"text", reader.Text(out.text, true)},
                  {"choice", reader.OneOf(out.choice, {"a", "b"})},
                  {"flag", reader.Flag(out.flag)},
                  {"whole", reader.Whole(out.whole, -2, 7)},
                  {"duration", reader.Duration(out.duration, absl::Seconds(1), absl::Hours(1))},
                  {"map", reader.Map({{"inner", reader.Text(out.inner, true)}})},
                  {"list", {list}},
                  {"entries", {entries}}});
  return reader.status();
}

TEST(YamlReader, HandsOutValues) {
  Read read;
  const absl::Status status = ReadInto(
      "text: t\nchoice: b\nflag: true\nwhole: -2\nduration: 5m\nmap: {inner: i}\nlist: [x, y]\nentries: {k: v}\n",
      read);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(read.text, "t");
  EXPECT_EQ(read.choice, "b");
  EXPECT_TRUE(read.flag);
  EXPECT_EQ(read.whole, -2);
  EXPECT_EQ(read.duration, absl::Minutes(5));
  EXPECT_EQ(read.inner, "i");
  EXPECT_THAT(read.list, ElementsAre("x", "y"));
  EXPECT_EQ(read.entries["k"], "v");
}

TEST(YamlReader, Problems) {
  const struct {
    const char* text;
    const char* problem;
  } cases[] = {
      {"text: ''\n", "f.yaml:1: text: expected text"},
      {"text: [a]\n", "f.yaml:1: text: expected text"},
      {"choice: a\n", "f.yaml:1: text: is missing"},
      {"text: t\nchoice: c\n", "f.yaml:2: choice: expected a or b"},
      {"text: t\nflag: yes\n", "f.yaml:2: flag: expected true or false"},
      {"text: t\nwhole: 8\n", "f.yaml:2: whole: expected a whole number from -2 to 7"},
      {"text: t\nwhole: 1.5\n", "f.yaml:2: whole: expected a whole number"},
      {"text: t\nwhole: 99999999999999999999\n", "f.yaml:2: whole: expected a whole number"},
      {"text: t\nduration: 2h\n", "f.yaml:2: duration: expected a duration from 1s to 1h"},
      {"text: t\nmap: {}\n", "f.yaml:2: map.inner: is missing"},
      {"text: t\nmap:\n  inner: i\n  outer: o\n", "f.yaml:4: map.outer: unknown key; expected one of inner"},
      {"text: t\nlist: {}\n", "f.yaml:2: list: expected a list"},
      {"text: t\nlist: [1, 2, 3, 4]\n", "f.yaml:2: list: more than 3 entries"},
      {"text: t\nentries: [a]\n", "f.yaml:2: entries: expected a mapping"},
      {"text: t\nentries: {a: 1, b: 2, c: 3}\n", "f.yaml:2: entries: more than 2 entries"},
      {"text: t\nentries: {a: 1,\n  a: 2}\n", "f.yaml:3: entries.a: stands twice"},
      {"text: t\nentries: {[a]: 1}\n", "f.yaml:2: entries: expected a name"},
      {"text: t\n[a]: 1\n", "unknown key"},
      {"text: t\ntext: u\n", "f.yaml:2: text: stands twice"},
      {"- a\n", "f.yaml:1: document: expected a mapping"},
      {"", "f.yaml:1: document: expected a mapping"},
      {"text: t\n\"a\\nb\": 1\n", "f.yaml:2: a\\nb: unknown key"},
  };
  for (const auto& c : cases) {
    Read read;
    const absl::Status status = ReadInto(c.text, read);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.problem)) << c.text;
  }
}

TEST(YamlReader, ProblemsStandInTheOrderOfLinesAndAreLimited) {
  Read read;
  const std::string text = "choice: c\nflag: no\nwhole: x\n";
  EXPECT_EQ(ReadInto(text, read).message(),
            "f.yaml:1: choice: expected a or b\n"
            "f.yaml:1: text: is missing\n"
            "f.yaml:2: flag: expected true or false\n"
            "f.yaml:3: whole: expected a whole number from -2 to 7");
  EXPECT_EQ(ReadInto(text, read, 1).message(), "f.yaml:1: choice: expected a or b\nf.yaml: 3 more problems");
  EXPECT_EQ(read.text, "before");
}

}  // namespace
}  // namespace sallyport::yaml
