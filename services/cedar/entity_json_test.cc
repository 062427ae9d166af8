#include "cedar/entity_json.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "cedar/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::HasSubstr;

constexpr char kSchema[] = R"(
  entity G;
  entity A in [G] = {
    l?: Long, s?: String, b?: Bool, e?: A, d?: decimal, i?: ipaddr, t?: datetime, u?: duration, S?: Set<Long>,
    SE?: Set<A>, r?: { x: Long, y?: A }, rr?: { type: String, id: String }, fn?: { fn: String, arg: String },
    Sd?: Set<decimal>, ce?: C
  } tags Long;
  entity C enum ["r", "g"];
  entity R in [C] = { q: Long };
  action top;
  action x in [top] appliesTo { principal: A, resource: A, context: { e?: A, i?: ipaddr, n?: Long, c?: C } };)";

const Schema& TheSchema() {
  static const Schema* const schema = new Schema(Schema::Parse(kSchema).value());
  return *schema;
}

std::string EntityA(absl::string_view attributes) {
  return absl::StrCat(R"([{"uid": {"type": "A", "id": "1"}, "attrs": {)", attributes, R"(}, "parents": []}])");
}

TEST(EntityJsonTest, ReadsValuesWithAndWithoutSchema) {
  const struct {
    const char* attributes;
    const char* plain;  // the attribute's value without schema; null: refused
    bool typed;         // whether the schema takes it
  } cases[] = {
      {R"("l": 1)", "1", true},
      {R"("l": -9223372036854775808)", "-9223372036854775808", true},
      {R"("l": 9223372036854775808)", nullptr, false},
      {R"("l": 1.5)", nullptr, false},
      {R"("l": 1e3)", nullptr, false},
      {R"("l": null)", nullptr, false},
      {R"("l": "1")", "\"1\"", false},
      {R"("s": "x")", "\"x\"", true},
      {R"("s": "\u00fc\ud83d\udd11\u0000")", "\"\xC3\xBC\xF0\x9F\x94\x91\\0\"", true},
      {R"("s": 1)", "1", false},
      {R"("b": true)", "true", true},
      {R"("e": {"type": "A", "id": "2"})", "{id: \"2\", type: \"A\"}", true},
      {R"("e": {"__entity": {"type": "A", "id": "2"}})", "A::\"2\"", true},
      {R"("e": {"__entity": {"type": "A", "id": "2"}, "more": 1})", "{__entity: {id: \"2\", type: \"A\"}, more: 1}",
       true},
      {R"("e": {"__entity": {"type": "A", "id": "2", "more": 1.5}})", nullptr, true},
      {R"("e": {"__entity": 1, "type": "A", "id": "2"})", "{__entity: 1, id: \"2\", type: \"A\"}", true},
      {R"("e": {"type": "B", "id": "2"})", "{id: \"2\", type: \"B\"}", false},
      {R"("e": {"__entity": {"type": "if", "id": "2"}})", nullptr, false},
      {R"("e": {"__entity": {"type": "A ", "id": "2"}})", nullptr, false},
      {R"("e": {"__expr": "A::\"2\""})", nullptr, false},
      {R"("e": "A::\"2\"")", "\"A::\\\"2\\\"\"", false},
      {R"("ce": {"type": "C", "id": "r"})", "{id: \"r\", type: \"C\"}", true},
      {R"("ce": {"type": "C", "id": "z"})", "{id: \"z\", type: \"C\"}", false},
      {R"("d": "1.0")", "\"1.0\"", true},
      {R"("d": {"fn": "decimal", "arg": "1.0"})", "{arg: \"1.0\", fn: \"decimal\"}", true},
      {R"("d": {"__extn": {"fn": "decimal", "arg": "1.0"}})", "decimal(\"1.0\")", true},
      {R"("d": {"__extn": {"fn": "decimal", "args": ["1.0"]}})", "decimal(\"1.0\")", true},
      {R"("d": {"__extn": {"fn": "decimal", "args": ["1.0", "2"]}})", nullptr, false},
      {R"("d": {"__extn": {"fn": "decimal", "arg": 1}})", nullptr, false},
      {R"("d": {"__extn": {"fn": "decimal", "arg": "x"}})", nullptr, false},
      {R"("d": {"__extn": {"fn": "nope", "arg": "1"}})", nullptr, false},
      {R"("d": {"__extn": {"fn": "ip", "arg": "1.1.1.1"}})", "ip(\"1.1.1.1\")", false},
      {R"("d": "x")", "\"x\"", false},
      {R"("d": 1)", "1", false},
      {R"("i": "1.1.1.1")", "\"1.1.1.1\"", true},
      {R"("t": "2020-01-01")", "\"2020-01-01\"", true},
      {R"("u": "1h")", "\"1h\"", true},
      {R"("t": {"fn": "offset", "args": ["1970-01-01", "1ms"]})", "{args: [\"1970-01-01\", \"1ms\"], fn: \"offset\"}",
       true},
      {R"("t": {"__extn": {"fn": "offset", "args": ["1970-01-01", "1ms"]}})", nullptr, true},
      {R"("b": {"__extn": {"fn": "isIpv4", "arg": {"__extn": {"fn": "ip", "arg": "::1"}}}})", "false", true},
      {R"("S": [2, 1, 2])", "[1, 2]", true},
      {R"("S": [1, "x"])", "[1, \"x\"]", false},
      {R"("S": 1)", "1", false},
      {R"("SE": [{"type": "A", "id": "1"}])", "[{id: \"1\", type: \"A\"}]", true},
      {R"("Sd": ["1.0", {"fn": "decimal", "arg": "1.00"}])", "[\"1.0\", {arg: \"1.00\", fn: \"decimal\"}]", true},
      {R"("r": {"x": 1})", "{x: 1}", true},
      {R"("r": {"x": 1, "y": {"type": "A", "id": "x"}})", "{x: 1, y: {id: \"x\", type: \"A\"}}", true},
      {R"("r": {"y": {"type": "A", "id": "x"}})", "{y: {id: \"x\", type: \"A\"}}", false},
      {R"("r": {"x": 1, "z": 1})", "{x: 1, z: 1}", false},
      {R"("r": {"x": 1, "__entity": 2})", "{__entity: 2, x: 1}", false},
      {R"("rr": {"type": "A", "id": "x"})", "{id: \"x\", type: \"A\"}", true},
      {R"("rr": {"__entity": {"type": "A", "id": "x"}})", "A::\"x\"", false},
      {R"("fn": {"fn": "decimal", "arg": "1.0"})", "{arg: \"1.0\", fn: \"decimal\"}", true},
      {R"("zz": 1)", "1", false},
  };
  for (const auto& c : cases) {
    const auto plain = ParseEntitiesJson(EntityA(c.attributes));
    ASSERT_EQ(plain.ok(), c.plain != nullptr) << c.attributes << plain.status();
    if (plain.ok()) {
      EXPECT_EQ(plain->All()[0]->attributes[0].value.ToString(), c.plain) << c.attributes;
    }
    const auto typed = ParseEntitiesJson(EntityA(c.attributes), &TheSchema());
    EXPECT_EQ(typed.ok(), c.typed) << c.attributes << typed.status();
  }
}

TEST(EntityJsonTest, ReadsEntities) {
  const struct {
    const char* json;
    bool plain, typed;
  } cases[] = {
      {"[]", true, true},
      {"{}", false, false},
      {"[1]", false, false},
      {"", false, false},
      {"[", false, false},
      {R"([{"uid": {"type": "A", "id": "1"}}])", false, false},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}}])", false, false},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": [], "unknown": 1}])", true, true},
      {R"([{"uid": "A::\"1\"", "attrs": {}, "parents": []}])", false, false},
      {R"([{"uid": {"__entity": {"type": "A", "id": "1"}}, "attrs": {}, "parents": []}])", true, true},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": [{"type": "G", "id": "1"}]}])", true, true},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": [{"type": "A", "id": "2"}]}])", true, false},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": [{"type": "A", "id": "1"}]}])", false, false},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": [], "tags": {"t": 1}}])", true, true},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": [], "tags": {"t": "1"}}])", true, false},
      {R"([{"uid": {"type": "G", "id": "1"}, "attrs": {}, "parents": [], "tags": {"t": 1}}])", true, false},
      {R"([{"uid": {"type": "C", "id": "r"}, "attrs": {}, "parents": []}])", true, true},
      {R"([{"uid": {"type": "C", "id": "z"}, "attrs": {}, "parents": []}])", true, false},
      {R"([{"uid": {"type": "R", "id": "r"}, "attrs": {}, "parents": []}])", true, false},
      {R"([{"uid": {"type": "R", "id": "r"}, "attrs": {"q": 1}, "parents": [{"type": "C", "id": "z"}]}])", true, false},
      {R"([{"uid": {"type": "Z", "id": "r"}, "attrs": {}, "parents": []}])", true, false},
      {R"([{"uid": {"type": "Action", "id": "x"}, "attrs": {}, "parents": []}])", true, false},
      {R"([{"uid": {"type": "Action", "id": "x"}, "attrs": {}, "parents": [{"type": "Action", "id": "top"}]}])", true,
       true},
      {R"([{"uid": {"type": "Action", "id": "x"}, "attrs": {}, "parents": [{"type": "Action", "id": "tip"}]}])", true,
       false},
      {R"([{"uid": {"type": "Action", "id": "x"}, "attrs": {}, "parents": [{"type": "G", "id": "top"}]}])", false,
       false},
      {R"([{"uid": {"type": "Action", "id": "q"}, "attrs": {}, "parents": []}])", true, false},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": null, "parents": []}])", false, false},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": [], "tags": null}])", false, false},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": []},
           {"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": []}])",
       true, true},
      {R"([{"uid": {"type": "A", "id": "1"}, "attrs": {}, "parents": []},
           {"uid": {"type": "A", "id": "1"}, "attrs": {"l": 1}, "parents": []}])",
       false, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ParseEntitiesJson(c.json).ok(), c.plain) << c.json;
    EXPECT_EQ(ParseEntitiesJson(c.json, &TheSchema()).ok(), c.typed) << c.json;
  }
}

TEST(EntityJsonTest, TheSchemasActionsComeAlong) {
  const auto store = ParseEntitiesJson("[]", &TheSchema());
  ASSERT_TRUE(store.ok());
  EXPECT_TRUE(store->IsDescendant(EntityUid("Action", "x"), EntityUid("Action", "top")));
}

TEST(EntityJsonTest, ReadsContexts) {
  const EntityUid x("Action", "x");
  const struct {
    const char* json;
    bool plain, typed;
  } cases[] = {
      {"{}", true, true},
      {R"({"e": {"type": "A", "id": "1"}})", true, true},
      {R"({"i": "1.1.1.1"})", true, true},
      {R"({"i": 1})", true, false},
      {R"({"n": 1, "m": 1})", true, false},
      {R"({"c": {"type": "C", "id": "z"}})", true, false},
      {"[]", false, false},
      {R"({"__extn": {"fn": "ip", "arg": "1.1.1.1"}})", false, false},
      {R"({"n": 1, "n": 1})", false, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ParseContextJson(c.json).ok(), c.plain) << c.json;
    EXPECT_EQ(ParseContextJson(c.json, &TheSchema(), x).ok(), c.typed) << c.json;
  }
  EXPECT_THAT(ParseContextJson("{}", &TheSchema(), EntityUid("Action", "q")).status().message(),
              HasSubstr("the schema has no action Action::\"q\""));
}

TEST(EntityJsonTest, ErrorsNameThePlace) {
  const struct {
    const char* attributes;
    const char* error;
  } cases[] = {
      {R"("r": {"x": 1, "y": {"type": "A"}})", "A::\"1\".r.y: expected an entity"},
      {R"("S": [1, [null]])", "A::\"1\".S[1][0]: null is no Cedar value"},
      {R"("d": "1.23456")", "A::\"1\".d: \"1.23456\" is not a decimal"},
      {R"("l": "1")", "A::\"1\".l: expected Long, found a string"},
      {R"("l": 1.5)", "A::\"1\".l: 1.5 is no long"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ParseEntitiesJson(EntityA(c.attributes), &TheSchema()).status().message(), HasSubstr(c.error));
  }
}

TEST(EntityJsonTest, WritesWhatItReads) {
  std::vector<Entity> entities(2);
  entities[0].uid = EntityUid("A", "\"1\"\n\xC3\xBC");
  entities[0].attributes = {{"l", Value::Long(std::numeric_limits<int64_t>::min())},
                            {"e", Value::Entity(EntityUid("A", "2"))},
                            {"d", Value::Decimal(-12345)},
                            {"i", Value::Ipaddr(IpAddress::Parse("::1/64").value())},
                            {"t", Value::Datetime(std::numeric_limits<int64_t>::max())},
                            {"u", Value::Duration(-5)},
                            {"S", Value::Set({Value::Long(1)})},
                            {"r", Value::Record({{"x", Value::Long(1)}})}};
  entities[0].tags = {{"a tag", Value::Long(1)}};
  entities[0].parents = {EntityUid("G", "1")};
  entities[1].uid = EntityUid("G", "1");
  const EntityStore store = EntityStore::Create(entities).value();
  const std::string text = EntitiesToJson(store).ToString(true);
  for (const Schema* schema : {static_cast<const Schema*>(nullptr), &TheSchema()}) {
    const auto again = ParseEntitiesJson(text, schema);
    ASSERT_TRUE(again.ok()) << again.status() << text;
    for (const Entity* entity : store.All()) {
      const Entity* copy = again->Find(entity->uid);
      ASSERT_NE(copy, nullptr);
      EXPECT_EQ(Value::Record(copy->attributes), Value::Record(entity->attributes));
      EXPECT_EQ(Value::Record(copy->tags), Value::Record(entity->tags));
      EXPECT_EQ(copy->parents, entity->parents);
    }
  }
}

TEST(JsonTest, RefusesHostileText) {
  const struct {
    std::string text;
    const char* error;
  } cases[] = {
      {std::string(1000000, '['), "may nest at most 128 levels"},
      {std::string(static_cast<size_t>(kJsonDepthMax) + 1, '[') + std::string(kJsonDepthMax + 1, ']'), "may nest"},
      {"{\"a\": 1, \"a\": 2}", "the name \"a\" stands twice"},
      {"[1,", "line 1, column 4: syntax error"},
      {"[1]]", "line 1, column 4: syntax error"},
      {"[1,\n 2\n, {\"a\": 1,\n \"a\": 2}]", "line 4, column 8: the name \"a\" stands twice"},
      {"[1,\n 1e999]", "line 2, column 6: a number is out of range"},
      {std::string("[1]\0", 4), "line 1, column 4: unexpected zero byte"},
      {"\"\xFF\"", "UTF-8"},
      {"\"\\ud800\"", "surrogate"},
      {"[01]", "syntax error"},
      {"[NaN]", "syntax error"},
      {"// comment\n1", "syntax error"},
      {"", "line 1, column 1: syntax error"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ParseJson(c.text).status().message(), HasSubstr(c.error)) << c.text.substr(0, 20);
  }
  EXPECT_TRUE(ParseJson(std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']')).ok());
}

TEST(JsonTest, WritesWhatItReads) {
  const char* text = R"({"a": [1, -2, true, null, "x\"\\\u0001ü"], "b": {}, "c": 1.50, "d": 18446744073709551615})";
  const Json json = ParseJson(text).value();
  EXPECT_EQ(json.ToString(), text);
  EXPECT_EQ(ParseJson(json.ToString(true))->ToString(), text);
  EXPECT_EQ(json.Find("c")->kind, Json::Kind::kNumber);
  EXPECT_EQ(json.Find("x"), nullptr);
  EXPECT_EQ(json.FindString("c"), nullptr);
}

}  // namespace
}  // namespace cedar
