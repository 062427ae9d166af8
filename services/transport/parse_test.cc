#include "transport/parse.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "sallyport/access/v1/access.pb.h"
#include "sallyport/badge/v1/badge.pb.h"

namespace sallyport::transport {
namespace {

// "\x0A" length text: field 1, a string or a message.
std::string Field(int number, const std::string& bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) + bytes;
}

struct Case {
  std::string name;
  std::string bytes;
  std::string field;  // that the error names; empty: none
};

class RefusedTest : public testing::TestWithParam<Case> {};

TEST_P(RefusedTest, SaysWhy) {
  const auto parsed = ParseRequest(badge::v1::ListEventsRequest::default_instance(), GetParam().bytes);
  ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  const auto violations = FieldViolations(parsed.status());
  ASSERT_EQ(violations.size(), GetParam().field.empty() ? 0u : 1u) << parsed.status();
  if (!violations.empty()) {
    EXPECT_EQ(violations[0].field, GetParam().field);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedTest,
    testing::Values(Case{"Nested", Field(1, Field(1, "a\xFF")), "filter.person_id"},
                    Case{"Repeated", Field(1, Field(2, "ok") + Field(2, "\xC0\x80")), "filter.access_point_ids"},
                    Case{"AfterAnUnknownField", Field(15, "\xFF") + Field(1, Field(1, "\xFF")), "filter.person_id"},
                    Case{"CutOff",
                         std::string("\x0A\x05"
                                     "a",
                                     3),
                         ""},
                    Case{"NoTag", std::string("\x00\x01", 2), ""}, Case{"HugeLength", "\x0A\xFF\xFF\xFF\xFF\x0F", ""},
                    Case{"EndGroup", "\x0C", ""}),
    [](const auto& param) { return param.param.name; });

TEST(ParseTest, TakesWhatIsFine) {
  access::v1::AuthorizeRequest request;
  request.set_request_id("ä");
  request.mutable_card()->set_bits("\xFF\xFF");
  const auto parsed = ParseRequest(request, request.SerializeAsString());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ((*parsed)->SerializeAsString(), request.SerializeAsString());
}

}  // namespace
}  // namespace sallyport::transport
