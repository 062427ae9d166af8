#include "transport/services/authorize.h"

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "transport/services/services_test_util.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::access::v1;

constexpr char kAuthorize[] = "access.v1.AccessService/Authorize";
constexpr char kStream[] = "access.v1.AccessService/AuthorizeStream";

class AuthorizeTest : public Services {
 protected:
  AuthorizeTest() : Services(engine::TestEngine::On::kMemory) {}
  absl::StatusOr<v1::AuthorizeResponse> Ask(const v1::AuthorizeRequest& request) {
    return Call<v1::AuthorizeResponse>(kAuthorize, request);
  }
};

TEST_F(AuthorizeTest, AnswersWithTheDecisionAndItsReceipt) {
  const auto answer = Ask(ReadOf("r1", "main-in", "card-ada"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->request_id(), "r1");
  EXPECT_EQ(answer->decision(), v1::DECISION_GRANT);
  EXPECT_EQ(answer->reason_code(), "GRANTED");
  EXPECT_EQ(answer->unlock_seconds(), 5u);
  EXPECT_TRUE(answer->has_valid_until());
  EXPECT_FALSE(answer->message().empty());
  EXPECT_FALSE(answer->determining_policies().empty());
  EXPECT_EQ(answer->receipt().log_origin(), "test.example/log");
  EXPECT_EQ(answer->receipt().index(), log_size() - 1);
  EXPECT_EQ(answer->receipt().leaf_hash().size(), 32u);
  EXPECT_EQ(LastRecord().actor(), "officer");
  EXPECT_EQ(LastRecord().request_id(), "r1");
}

TEST_F(AuthorizeTest, DecodesACard) {
  v1::AuthorizeRequest request = ReadOf("r1", "main-in", "");
  // H10301: even parity, 8 bits of facility code 47, 16 bits of number 101, odd parity; 26 bits from the left.
  uint32_t bits = 47u << 17 | 101u << 1;
  if (__builtin_popcount(bits >> 13) % 2 != 0) bits |= 1u << 25;
  if (__builtin_popcount(bits & 0x1fff) % 2 == 0) bits |= 1;
  bits <<= 6;
  for (int shift = 24; shift >= 0; shift -= 8)
    request.mutable_card()->mutable_bits()->push_back(static_cast<char>(bits >> shift));
  request.mutable_card()->set_bit_count(26);
  const auto answer = Ask(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->reason_code(), "GRANTED");
}

TEST_F(AuthorizeTest, RefusesWhatIsMalformed) {
  const struct {
    const char* field;
    std::function<void(v1::AuthorizeRequest&)> change;
  } cases[] = {
      {"request_id", [](auto& r) { r.clear_request_id(); }},
      {"access_point_id", [](auto& r) { r.set_access_point_id(""); }},
      {"access_point_id", [](auto& r) { r.set_access_point_id("a b"); }},
      {"credential_id", [](auto& r) { r.set_credential_id("../x"); }},
      {"presented", [](auto& r) { r.clear_credential_id(); }},
      {"card.bit_count", [](auto& r) { r.mutable_card(); }},
      {"card.bit_count", [](auto& r) { r.mutable_card()->set_bit_count(513); }},
      {"card.bit_count", [](auto& r) { r.mutable_card()->set_bit_count(UINT32_MAX); }},
      {"card.bits", [](auto& r) { r.mutable_card()->set_bit_count(26); }},
      {"card.bits",
       [](auto& r) {
         r.mutable_card()->set_bits("12345");
         r.mutable_card()->set_bit_count(26);
       }},
      {"card.bits",
       [](auto& r) {
         r.mutable_card()->set_bits("\x01\x02\x03\x20");  // bit 27 is set
         r.mutable_card()->set_bit_count(26);
       }},
      {"pin", [](auto& r) { r.set_pin(std::string(33, '1')); }},
      {"read_time", [](auto& r) { r.mutable_read_time()->set_nanos(1'000'000'000); }},
      {"read_time", [](auto& r) { r.mutable_read_time()->set_seconds(INT64_MAX); }},
  };
  const uint64_t size = log_size();
  for (const auto& each : cases) {
    v1::AuthorizeRequest request = ReadOf("r", "main-in", "card-ada");
    each.change(request);
    const auto answer = Ask(request);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument) << request.ShortDebugString();
    EXPECT_EQ(FieldOf(answer.status()), each.field) << request.ShortDebugString();
  }
  EXPECT_EQ(Ask(ReadOf("r", "nowhere", "card-ada")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log_size(), size);
}

TEST_F(AuthorizeTest, ARepeatMayHaveALaterTimeButNotAnotherDoor) {
  v1::AuthorizeRequest request = ReadOf("r1", "main-in", "card-ada");
  ASSERT_TRUE(Ask(request).ok());
  const uint64_t size = log_size();
  request.mutable_read_time()->set_seconds(1'790'000'100);
  EXPECT_EQ(Ask(request)->receipt().index(), size - 1);
  request.set_access_point_id("lab-in");
  EXPECT_EQ(Ask(request).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(log_size(), size);
}

// ---- the stream

class StreamTest : public AuthorizeTest {
 protected:
  void Open() {
    responder_ = std::make_shared<TestBidi>();
    handler_ = Find(kStream).bidi(caller_, responder_);
  }
  void Send(const v1::AuthorizeRequest& request) {
    v1::AuthorizeStreamRequest message;
    *message.mutable_request() = request;
    handler_->OnMessage(message.SerializeAsString());
  }
  std::vector<v1::AuthorizeStreamResponse> WaitFor(size_t count) {
    std::vector<v1::AuthorizeStreamResponse> out;
    for (const std::string& bytes : responder_->WaitFor(count)) EXPECT_TRUE(out.emplace_back().ParseFromString(bytes));
    return out;
  }
  static std::string IdOf(const v1::AuthorizeStreamResponse& answer) {
    return answer.has_error() ? answer.error().request_id() : answer.response().request_id();
  }

  std::shared_ptr<TestBidi> responder_;
  std::unique_ptr<BidiHandler> handler_;
};

TEST_F(StreamTest, AnswersInTheOrderOfTheReads) {
  Open();
  constexpr int kReads = 500;
  for (int i = 0; i < kReads; ++i) {
    v1::AuthorizeRequest request = ReadOf(absl::StrCat(i), "main-in", "card-ada");
    if (i % 7 == 3) request.set_credential_id("not an id");  // refused at once, before those that the engine has
    if (i % 11 == 5) request.set_access_point_id("nowhere");
    Send(request);
  }
  handler_->OnHalfClose();
  EXPECT_EQ(responder_->Status(), absl::OkStatus());
  const auto answers = WaitFor(kReads);
  ASSERT_EQ(answers.size(), static_cast<size_t>(kReads));
  for (int i = 0; i < kReads; ++i) {
    const auto& answer = answers[static_cast<size_t>(i)];
    EXPECT_EQ(IdOf(answer), absl::StrCat(i));
    if (i % 7 == 3) {
      EXPECT_EQ(answer.error().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
      EXPECT_EQ(answer.error().field(), "credential_id");
    } else if (i % 11 == 5) {
      EXPECT_EQ(answer.error().code(), static_cast<int>(absl::StatusCode::kNotFound));
    } else {
      EXPECT_EQ(answer.response().reason_code(), "GRANTED");
      EXPECT_FALSE(answer.response().receipt().leaf_hash().empty());
    }
  }
}

TEST_F(StreamTest, AReadOnTheStreamIsARepeatOfAUnaryOne) {
  const auto first = Ask(ReadOf("r1", "main-in", "card-ada"));
  ASSERT_TRUE(first.ok());
  Open();
  Send(ReadOf("r1", "main-in", "card-ada"));
  EXPECT_EQ(WaitFor(1)[0].response().SerializeAsString(), first->SerializeAsString());
  handler_->OnHalfClose();
  EXPECT_EQ(responder_->Status(), absl::OkStatus());
}

TEST_F(StreamTest, WithoutReadsItEndsAtOnce) {
  Open();
  handler_->OnHalfClose();
  EXPECT_EQ(responder_->Status(), absl::OkStatus());
}

TEST_F(StreamTest, WhatIsNotAMessageEndsTheStream) {
  Open();
  handler_->OnMessage("\xff\xff\xff");
  EXPECT_EQ(responder_->Status().code(), absl::StatusCode::kInvalidArgument);
  const uint64_t size = log_size();
  Send(ReadOf("late", "main-in", "card-ada"));
  handler_->OnHalfClose();
  handler_->OnCancelled();
  EXPECT_EQ(log_size(), size);
}

TEST_F(StreamTest, AfterTheClientIsGoneNothingIsWritten) {
  Open();
  engine_.memory().Hold();
  Send(ReadOf("r1", "main-in", "card-ada"));
  engine_.memory().Holding();
  handler_->OnCancelled();
  handler_.reset();
  engine_.memory().Release();
  ASSERT_TRUE(Ask(ReadOf("r2", "main-in", "card-ada")).ok());  // after it
  EXPECT_EQ(responder_->WaitFor(0).size(), 0u);
  EXPECT_EQ(Ask(ReadOf("r1", "main-in", "card-ada"))->receipt().index() + 1, log_size() - 1);  // it was recorded
}

TEST_F(StreamTest, AFullQueueIsTheAnswerOfItsReads) {
  Stop();
  engine_.options.queue_commands_max = 10;
  Start();
  Open();
  engine_.memory().Hold();
  Send(ReadOf("first", "main-in", "card-ada"));
  engine_.memory().Holding();
  for (int i = 0; i < 20; ++i) Send(ReadOf(absl::StrCat(i), "main-in", "card-ada"));
  EXPECT_TRUE(responder_->WaitFor(0).empty());  // refusals wait for those before them
  engine_.memory().Release();
  const auto answers = WaitFor(21);
  ASSERT_EQ(answers.size(), 21u);
  for (size_t i = 0; i < 21; ++i) {
    EXPECT_EQ(IdOf(answers[i]), i == 0 ? "first" : absl::StrCat(i - 1));
    EXPECT_EQ(answers[i].has_error(), i > 10) << i;
  }
  EXPECT_EQ(answers.back().error().code(), static_cast<int>(absl::StatusCode::kResourceExhausted));
  Send(ReadOf("19", "main-in", "card-ada"));  // asked again
  EXPECT_TRUE(WaitFor(22).back().has_response());
  handler_->OnHalfClose();
}

TEST_F(StreamTest, AClientThatSendsFasterThanItIsAnsweredWaits) {
  Open();
  engine_.memory().Hold();
  int sent = 0;
  for (; !responder_->paused() && sent < 4000; ++sent) Send(ReadOf(absl::StrCat(sent), "main-in", "card-ada"));
  EXPECT_EQ(sent, 1024);
  engine_.memory().Release();
  WaitFor(static_cast<size_t>(sent));
  EXPECT_FALSE(responder_->paused());
  handler_->OnHalfClose();
  EXPECT_EQ(responder_->Status(), absl::OkStatus());
}

}  // namespace
}  // namespace sallyport::transport
