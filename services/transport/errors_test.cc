#include "transport/errors.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "google/rpc/error_details.pb.h"
#include "transport/limits.h"

namespace sallyport::transport {
namespace {

google::rpc::Status Convert(const absl::Status& status, size_t message_bytes = 1000, size_t details_bytes = 3000) {
  return ToRpcStatus(status, "a.Service/Method", message_bytes, details_bytes);
}

google::rpc::ErrorInfo InfoOf(const google::rpc::Status& status) {
  google::rpc::ErrorInfo info;
  EXPECT_GE(status.details_size(), 1);
  EXPECT_TRUE(status.details(0).UnpackTo(&info));
  return info;
}

TEST(ErrorsTest, AFieldErrorNamesTheFieldAndTheReason) {
  const auto out = Convert(WithReason(FieldError("device.seal", "is used"), "SEAL_USED"));
  EXPECT_EQ(out.code(), 3);
  EXPECT_EQ(out.message(), "device.seal: is used");
  EXPECT_EQ(InfoOf(out).reason(), "SEAL_USED");
  EXPECT_EQ(InfoOf(out).domain(), "sallyport");
  ASSERT_EQ(out.details_size(), 2);
  EXPECT_EQ(out.details(1).type_url(), "type.googleapis.com/google.rpc.BadRequest");
  google::rpc::BadRequest bad;
  ASSERT_TRUE(out.details(1).UnpackTo(&bad));
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "device.seal");
  EXPECT_EQ(bad.field_violations(0).description(), "is used");
}

TEST(ErrorsTest, WithoutAReasonTheCodeIsTheReason) {
  EXPECT_EQ(InfoOf(Convert(absl::NotFoundError("no such visit"))).reason(), "NOT_FOUND");
}

TEST(ErrorsTest, WhatIsOursStaysOurs) {
  for (const auto& status : {absl::InternalError("/var/lib/x"), absl::UnknownError("/var/lib/x"),
                             absl::DataLossError("/var/lib/x"), WithReason(FieldError("/var/lib/x", ""), "A")}) {
    const bool hidden = status.code() != absl::StatusCode::kInvalidArgument;
    const std::string bytes = Convert(status).SerializeAsString();
    EXPECT_EQ(bytes.find("/var/lib/x") == std::string::npos, hidden) << status;
  }
}

TEST(ErrorsTest, ALongMessageIsCutAtACharacter) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "ü";  // two bytes each
  const auto out = Convert(absl::NotFoundError(text), 20);
  EXPECT_LE(out.message().size(), 20u);
  EXPECT_EQ(out.message(), "üüüüüüüü…");
  EXPECT_EQ(Convert(absl::NotFoundError("exactly twenty bytes"), 20).message(), "exactly twenty bytes");
}

TEST(ErrorsTest, DetailsThatDoNotFitAreLeftOut) {
  const absl::Status status = FieldError("field", std::string(5000, 'x'));
  EXPECT_EQ(Convert(status, 100, 3000).details_size(), 1);
  EXPECT_LE(Convert(status, 100, 3000).ByteSizeLong(), 3000u);
  EXPECT_EQ(Convert(status, 100, 10000).details_size(), 2);
}

}  // namespace
}  // namespace sallyport::transport
