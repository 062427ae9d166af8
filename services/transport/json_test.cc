#include "transport/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "sallyport/access/v1/access.pb.h"
#include "sallyport/badge/v1/badge.pb.h"
#include "transport/limits.h"

namespace sallyport::transport {
namespace {

using access::v1::AuthorizeRequest;
using ::testing::HasSubstr;

std::string Nested(int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += "[";
  for (int i = 0; i < depth; ++i) out += "]";
  return out;
}

struct Case {
  std::string name;
  std::string json;
  std::string field;  // that the error names; empty: none
  std::string message;
};

class RefusedJsonTest : public testing::TestWithParam<Case> {};

TEST_P(RefusedJsonTest, SaysWhy) {
  const auto parsed = ParseJsonRequest(AuthorizeRequest::default_instance(), GetParam().json);
  ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << parsed.status();
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(GetParam().message));
  const auto violations = FieldViolations(parsed.status());
  ASSERT_EQ(violations.size(), GetParam().field.empty() ? 0u : 1u) << parsed.status();
  if (!violations.empty()) {
    EXPECT_EQ(violations[0].field, GetParam().field);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedJsonTest,
    testing::Values(
        Case{"UnknownField", R"({"acess_point_id": "a"})", "acess_point_id", "is not a field of"},
        Case{"UnknownFieldWithin", R"({"card": {"bits": "AA==", "x": {"y": 1}}})", "card.x", "is not a field of"},
        Case{"NumberForString", R"({"access_point_id": 5})", "access_point_id", "invalid value 5"},
        Case{"NegativeForUnsigned", R"({"card": {"bitCount": -1}})", "card.bit_count", "invalid value -1"},
        Case{"NoTime", R"({"readTime": "yesterday"})", "read_time", "yesterday"},
        Case{"NoBase64", R"({"card": {"bits": "!!"}})", "card.bits", "invalid value"},
        Case{"BothOfAOneof", R"({"card": {}, "credentialId": "b"})", "", "oneof field 'presented' is already set"},
        Case{"Twice", R"({"pin": "1", "pin": "2"})", "pin", "stands twice"},
        Case{"TrailingComma", R"({"pin": "1",})", "", "line 1, column 13"},
        Case{"SingleQuotes", R"({"pin": '1'})", "", "is not JSON"},
        Case{"Comment", R"({"pin": "1" /* one */})", "", "is not JSON"},
        Case{"NotUtf8", "{\"pin\": \"\xFF\"}", "", "is not JSON"},
        Case{"LoneSurrogate", R"({"pin": "\ud800"})", "", "is not JSON"}, Case{"Nothing", "", "", "is not JSON"},
        Case{"TwoValues", "{} {}", "", "is not JSON"}, Case{"Array", "[]", "", "must be a message"},
        Case{"NestedTooDeep", Nested(kJsonDepthMax + 1), "", "nests deeper"},
        Case{"NestedFarTooDeep", Nested(100000), "", "nests deeper"}),
    [](const auto& param) { return param.param.name; });

TEST(JsonTest, NestingUpToTheLimitIsJson) { EXPECT_TRUE(CheckJson(Nested(kJsonDepthMax)).ok()); }

TEST(JsonTest, ANameMayStandInTwoObjects) {
  EXPECT_TRUE(CheckJson(R"({"a": {"b": 1}, "c": [{"b": 1}, {"b": 2}]})").ok());
}

TEST(JsonTest, TakesBothSpellings) {
  for (const char* json :
       {R"({"requestId": "r", "access_point_id": "a"})", R"({"request_id": "r", "accessPointId": "a"})"}) {
    const auto parsed = ParseJsonRequest(AuthorizeRequest::default_instance(), json);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    const auto& request = static_cast<const AuthorizeRequest&>(**parsed);
    EXPECT_EQ(request.request_id(), "r");
    EXPECT_EQ(request.access_point_id(), "a");
  }
}

TEST(JsonTest, WritesLowerCamelCaseAndBigNumbersAsText) {
  access::v1::AuthorizeResponse response;
  response.set_request_id("r");
  response.set_decision(access::v1::DECISION_GRANT);
  response.mutable_receipt()->set_index(uint64_t{1} << 60);
  const auto json = JsonOf(response, response.SerializeAsString());
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(*json, R"({"requestId":"r","decision":"DECISION_GRANT","receipt":{"index":"1152921504606846976"}})");
}

TEST(JsonTest, AnAnswerThatIsNoneIsInternal) {
  EXPECT_EQ(JsonOf(AuthorizeRequest::default_instance(), "\x0A").status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace sallyport::transport
