#include "access/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "access/access_test_util.h"
#include "base/status.h"
#include "cedar/extension.h"

namespace sallyport::access {
namespace {

using cedar::Value;

std::string ToJson(const Value& value) {
  JsonText text;
  text.PutValue(value);
  return text.Take();
}

Value Context() {
  return Value::Record({{"inside", Value::Bool(false)},
                        {"local", Value::Record({{"minute", Value::Long(870)}, {"weekday", Value::String("mon")}})},
                        {"now", Value::Datetime(*cedar::ParseDatetime("2026-03-02T05:30:00Z"))},
                        {"wait", Value::Duration(1500)}});
}

TEST(JsonTest, EveryKindOfValue) {
  EXPECT_EQ(
      ToJson(Context()),
      R"({"inside":false,"local":{"minute":870,"weekday":"mon"},"now":"2026-03-02T05:30:00.000Z","wait":"1500ms"})");
  EXPECT_EQ(ToJson(Value::Set({Value::Long(-2), Value::Long(1), Value::Long(1)})), "[-2,1]");
  EXPECT_EQ(ToJson(Value::Set({})), "[]");
  EXPECT_EQ(ToJson(Value::Decimal(12500)), R"("1.25")");
  EXPECT_EQ(ToJson(Value::Entity(cedar::EntityUid("Area", "a\"b"))), R"("Area::\"a\\\"b\"")");
}

TEST(JsonTest, TextIsEscaped) {
  EXPECT_EQ(ToJson(Value::String(absl::string_view("\"\\\n\0é", 6))), "\"\\\"\\\\\\u000a\\u0000é\"");
}

TEST(JsonTest, TimesBeforeAndAfterTheEpoch) {
  for (const char* text : {"0000-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z",
                           "2024-02-29T12:34:56.789Z", "9999-12-31T23:59:59.999Z"}) {
    EXPECT_EQ(ToJson(Value::Datetime(*cedar::ParseDatetime(text))), absl::StrCat("\"", text, "\""));
  }
}

TEST(JsonTest, MergingReplacesMembersInDepth) {
  const auto merged = MergeJson(Context(), R"({"inside": true, "local": {"minute": 60.0}, "wait": "1s",
                                              "now": "2026-03-03T00:00:00Z", "extra": ["a", 1]})");
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(ToJson(*merged), R"({"extra":[1,"a"],"inside":true,"local":{"minute":60,"weekday":"mon"},)"
                             R"("now":"2026-03-03T00:00:00.000Z","wait":"1000ms"})");
  EXPECT_EQ(ToJson(*MergeJson(Context(), "{}")), ToJson(Context()));
}

TEST(JsonTest, WhatCannotBeMerged) {
  for (const char* json :
       {"", "[]", "1", "{", R"({"inside": null})", R"({"inside": "yes"})", R"({"inside": 1})", R"({"local": 3})",
        R"({"local": {"minute": "x"}})", R"({"now": "yesterday"})", R"({"now": 5})", R"({"wait": "soon"})",
        R"({"local": {"minute": 1.5}})", R"({"x": 1e300})", R"({"x": 18446744073709551615})"}) {
    const auto merged = MergeJson(Context(), json);
    EXPECT_EQ(merged.status().code(), absl::StatusCode::kInvalidArgument) << json;
    ASSERT_EQ(FieldViolations(merged.status()).size(), 1u) << json;
    EXPECT_EQ(FieldViolations(merged.status()).front().field, "context") << json;
  }
  EXPECT_FALSE(MergeJson(Context(), absl::StrCat("{\"x\":", std::string(1000, '['), std::string(1000, ']'), "}")).ok());
}

TEST(FactsTest, TheRecordsFacts) {
  House house;
  house.Person("park", [](facility::Person& person) {
    person.department = "R&D \"north\"";
    person.nda_until = Seoul("2027-01-01 00:00:00");
  });
  house.visits["park"] = Cleared();
  house.Pass("main-in", "park");
  EXPECT_EQ(
      house.Read("research-in", "park").event.facts,
      R"({"principal":{"id":"park","clearance":2,"department":"R&D \"north\"","kind":"employee",)"
      R"("ndaUntil":"2026-12-31T15:00:00.000Z","projects":["atlas"],"staff":true,)"
      R"("levels":["staff","staff@office","research"],"briefings":{"lab":"2026-01-05T01:00:00.000Z"}},)"
      R"("action":"enter",)"
      R"("resource":{"id":"research-in","from":"lobby","pinRequired":false,"areas":["research"],"floor":"f3","site":"hq"},)"
      R"("area":{"id":"research","briefing":"lab","briefingAgeMax":"31536000000ms","clearanceMin":2,)"
      R"("escortVisitors":false,"interview":false,"nda":false,"project":"atlas","restricted":true,)"
      R"("staffCustody":false,"twoPerson":false,"visualSecurity":false},)"
      R"("context":{"blindsDown":true,"escortBeside":false,"inside":false,)"
      R"("local":{"holiday":false,"minute":870,"weekday":"mon"},"now":"2026-03-02T05:30:00.000Z","occupancy":0,)"
      R"("pinVerified":false,"threatLevel":"normal","visit":{"active":true,"cleared":true,"devicesDeclared":true,)"
      R"("devicesInCustody":true,"incident":false,"scheduledNow":false}},)"
      R"("visit":{"id":"visit-1","state":"CLEARED"},"links":["access-level:research:research"],)"
      R"("entities":{"Area::\"lobby\"":{"attributes":{"briefingAgeMax":"0ms","clearanceMin":0,)"
      R"("escortVisitors":false,"interview":false,"nda":false,"restricted":false,"staffCustody":false,)"
      R"("twoPerson":false,"visualSecurity":false},"in":["Floor::\"f1\"","Site::\"hq\""]}},"rules":{}})");
}

TEST(FactsTest, AreAlwaysAJsonObject) {
  House house;
  for (const char* door : {"main-in", "main-out", "interview-in", "compute-in"}) {
    for (const char* badge : {"cho", "han", "park", "lee"}) {
      const std::string facts = house.Read(door, badge).event.facts;
      EXPECT_TRUE(nlohmann::json::parse(facts, nullptr, false).is_object()) << facts;
    }
  }
}

}  // namespace
}  // namespace sallyport::access
