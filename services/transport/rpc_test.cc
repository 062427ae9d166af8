#include "transport/rpc.h"

#include <gtest/gtest.h>

#include "sallyport/access/v1/access.pb.h"
#include "sallyport/operator/v1/operator.pb.h"

namespace sallyport::transport {
namespace {

class Answer final : public UnaryResponder {
 public:
  explicit Answer(absl::StatusOr<std::string>* out) : out_(out) {}
  void Finish(absl::StatusOr<std::string> bytes) override { *out_ = std::move(bytes); }

 private:
  absl::StatusOr<std::string>* const out_;
};

TEST(RouterTest, WhatNobodyRegisteredAnswersUnimplemented) {
  Router router;
  router.Unary<operator_::v1::WhoAmIRequest, operator_::v1::WhoAmIResponse>(
      "sallyport.operator.v1.OperatorService/WhoAmI",
      [](UnaryCall<operator_::v1::WhoAmIRequest, operator_::v1::WhoAmIResponse> call) {
        call.Reply(operator_::v1::WhoAmIResponse());
      });
  router.AddUnimplemented("sallyport.operator.v1.OperatorService");
  router.AddUnimplemented("sallyport.access.v1.AccessService");
  EXPECT_EQ(router.methods().size(), 13u);

  absl::StatusOr<std::string> answer;
  const Method* registered = router.Find("sallyport.operator.v1.OperatorService/WhoAmI");
  ASSERT_NE(registered, nullptr);
  registered->unary(std::make_unique<operator_::v1::WhoAmIRequest>(), {}, std::make_unique<Answer>(&answer));
  EXPECT_TRUE(answer.ok()) << answer.status();

  const Method* missing = router.Find("sallyport.operator.v1.OperatorService/Approve");
  ASSERT_NE(missing, nullptr);
  EXPECT_EQ(missing->request->GetTypeName(), "sallyport.operator.v1.ApproveRequest");
  missing->unary(std::make_unique<operator_::v1::ApproveRequest>(), {}, std::make_unique<Answer>(&answer));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnimplemented);

  EXPECT_EQ(router.Find("sallyport.access.v1.AccessService/AuthorizeStream")->kind, Method::Kind::kBidi);
  EXPECT_EQ(router.Find("sallyport.access.v1.AccessService/Nothing"), nullptr);
  EXPECT_EQ(router.Find(""), nullptr);
}

TEST(RouterTest, MethodsAreInOrder) {
  Router router;
  router.AddUnimplemented("sallyport.operator.v1.OperatorService");
  router.AddUnimplemented("sallyport.access.v1.AccessService");
  const auto methods = router.methods();
  for (size_t i = 1; i < methods.size(); ++i) EXPECT_LT(methods[i - 1]->name, methods[i]->name);
}

TEST(SerializeDeterministicTest, SortsMaps) {
  access::v1::ListPresenceResponse forwards, backwards;
  for (int i = 0; i < 50; ++i) (*forwards.mutable_occupancy())[std::to_string(i)] = i;
  for (int i = 49; i >= 0; --i) (*backwards.mutable_occupancy())[std::to_string(i)] = i;
  EXPECT_EQ(SerializeDeterministic(forwards), SerializeDeterministic(backwards));
  EXPECT_FALSE(SerializeDeterministic(forwards).empty());
}

TEST(RouterDeathTest, ANameTwiceIsABug) {
  Router router;
  router.AddUnimplemented("sallyport.operator.v1.OperatorService");
  const auto again = [&router] {
    router.Bidi<operator_::v1::WhoAmIRequest, operator_::v1::WhoAmIResponse>(
        "sallyport.operator.v1.OperatorService/WhoAmI", nullptr);
  };
  EXPECT_DEATH(again(), "check failed: added");
}

}  // namespace
}  // namespace sallyport::transport
