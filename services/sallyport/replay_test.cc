#include "sallyport/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "sallyport/access/v1/access.grpc.pb.h"
#include "sallyport/pki.h"
#include "sallyport/test_folder.h"

namespace sallyport::cli {
namespace {

using access::v1::AuthorizeStreamRequest;
using access::v1::AuthorizeStreamResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Answers like a server: the same request_id gets the first answer. Can be told to misbehave.
class FakeAccess final : public access::v1::AccessService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<AuthorizeStreamResponse, AuthorizeStreamRequest>;

  grpc::Status AuthorizeStream(grpc::ServerContext* context, Stream* stream) override {
    ++streams;
    AuthorizeStreamRequest message;
    while (stream->Read(&message)) {
      const std::lock_guard<std::mutex> lock(mutex);
      const auto& request = message.request();
      if (hang_at == records.size()) {
        while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(5));
        return grpc::Status::CANCELLED;
      }
      AuthorizeStreamResponse answer;
      if (busy_once.erase(request.request_id()) > 0) {
        Fail(answer, request.request_id(), grpc::StatusCode::RESOURCE_EXHAUSTED, "the queue is full");
      } else if (request.access_point_id() == "nowhere") {
        Fail(answer, request.request_id(), grpc::StatusCode::NOT_FOUND, "no such access point");
      } else {
        Decide(request, *answer.mutable_response());
      }
      // Recorded, but the answer never leaves: as if the server were killed between the two.
      if (break_at.erase(records.size()) > 0) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going away");
      stream->Write(answer);
    }
    return grpc::Status::OK;
  }

  std::mutex mutex;
  std::vector<std::string> records;  // request ids in the order in which they were recorded
  std::set<size_t> break_at;         // after so many records the stream ends
  std::set<std::string> busy_once;   // request ids that are refused the first time
  size_t hang_at = SIZE_MAX;
  std::atomic<int> streams = 0;

 private:
  static void Fail(AuthorizeStreamResponse& answer, const std::string& id, grpc::StatusCode code, const char* text) {
    answer.mutable_error()->set_request_id(id);
    answer.mutable_error()->set_code(code);
    answer.mutable_error()->set_message(text);
    answer.mutable_error()->set_field("access_point_id");
  }

  void Decide(const access::v1::AuthorizeRequest& request, access::v1::AuthorizeResponse& answer) {
    const auto found = std::find(records.begin(), records.end(), request.request_id());
    const size_t index = static_cast<size_t>(found - records.begin());
    if (found == records.end()) records.push_back(request.request_id());
    const bool grant = index % 3 != 0;
    answer.set_request_id(request.request_id());
    answer.set_decision(grant ? access::v1::DECISION_GRANT : access::v1::DECISION_DENY);
    answer.set_reason_code(grant ? "GRANTED" : "NO_ACCESS_LEVEL");
    answer.mutable_receipt()->set_index(index);
  }
};

class ReplayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto authority = Authority::Create("test", absl::Now());
    const auto pair = authority->IssueServer({"localhost", "127.0.0.1"}, absl::Now());
    ASSERT_TRUE(pair.ok()) << pair.status().message();
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({std::string(pair->key.reveal()), pair->certificate});
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    Profile profile;
    profile.server = absl::StrCat("127.0.0.1:", port);
    profile.ca = folder_.path() + "/ca.crt";
    ASSERT_TRUE(WriteNewFile(profile.ca, authority->Pem()->certificate, 0644).ok());
    auto client = Client::Open(profile);
    ASSERT_TRUE(client.ok()) << client.status().message();
    client_ = std::make_unique<Client>(*std::move(client));
    options_.window = 8;
    options_.answer_timeout = absl::Seconds(10);
  }
  void TearDown() override {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }

  absl::StatusOr<ReplayOutcome> Run(size_t reads) {
    size_t next = 0;
    return Replay(
        *client_,
        [&]() -> absl::StatusOr<std::optional<RecordedRead>> {
          if (next == reads) return std::nullopt;
          RecordedRead read;
          read.line = 2 + next;
          read.request.set_request_id(absl::StrCat("r-", next));
          read.request.set_access_point_id(nowhere_.count(next) > 0 ? "nowhere" : "door");
          ++next;
          return read;
        },
        options_);
  }

  void ExpectEachRecordedOnce(size_t reads) {
    std::vector<std::string> wanted;
    for (size_t i = 0; i < reads; ++i) wanted.push_back(absl::StrCat("r-", i));
    EXPECT_EQ(service_.records, wanted);
  }

  TestFolder folder_;
  FakeAccess service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
  ReplayOptions options_;
  std::set<size_t> nowhere_;  // reads at a door that there is not
};

TEST_F(ReplayTest, CountsWhatWasDecided) {
  options_.acknowledged = folder_.path() + "/acknowledged";
  const auto outcome = Run(300);
  ASSERT_TRUE(outcome.ok()) << outcome.status().message();
  EXPECT_TRUE(outcome->status.ok()) << outcome->status.error_message();
  EXPECT_EQ(outcome->reads, 300u);
  EXPECT_EQ(outcome->grant, 200u);
  EXPECT_EQ(outcome->deny, 100u);
  EXPECT_EQ(outcome->by_reason.at("NO_ACCESS_LEVEL"), 100u);
  ExpectEachRecordedOnce(300);
  const std::vector<std::string> lines = absl::StrSplit(*ReadFile(options_.acknowledged, 1 << 20), '\n');
  ASSERT_EQ(lines.size(), 301u);
  EXPECT_EQ(lines[0], "r-0 0");
  EXPECT_EQ(lines[299], "r-299 299");
}

TEST_F(ReplayTest, ResumesWithoutADoubleRecordWhenTheServerGoesAway) {
  service_.break_at = {1, 17, 18, 64};
  options_.retry = absl::Seconds(20);
  const auto outcome = Run(100);
  ASSERT_TRUE(outcome.ok()) << outcome.status().message();
  EXPECT_TRUE(outcome->status.ok()) << outcome->status.error_message();
  EXPECT_EQ(outcome->reads, 100u);
  EXPECT_EQ(outcome->reconnects, 4u);
  ExpectEachRecordedOnce(100);
}

TEST_F(ReplayTest, WithoutRetryTheFirstBreakEndsIt) {
  service_.break_at = {17};
  const auto outcome = Run(100);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_LT(outcome->reads, 17u);
  EXPECT_EQ(service_.streams, 1);
}

TEST_F(ReplayTest, AFullQueueIsAskedAgain) {
  service_.busy_once = {"r-5", "r-6"};
  options_.retry = absl::Seconds(20);
  const auto outcome = Run(40);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->errors, 0u);
  EXPECT_EQ(outcome->reads, 40u);
  EXPECT_EQ(service_.records.size(), 40u);
}

TEST_F(ReplayTest, ARefusedReadIsNamedAndTheRestGoesOn) {
  nowhere_ = {3};
  const auto outcome = Run(10);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->reads, 10u);
  EXPECT_EQ(outcome->errors, 1u);
  EXPECT_THAT(outcome->first_errors, ElementsAre("line 5: NOT_FOUND: no such access point (field access_point_id)"));
}

TEST_F(ReplayTest, AServerThatFallsSilentCountsAsGone) {
  service_.hang_at = 5;
  options_.answer_timeout = absl::Milliseconds(300);
  const auto outcome = Run(40);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->reads, 5u);
  EXPECT_EQ(outcome->status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(outcome->status.error_message(), HasSubstr("no answer for 300ms"));
}

TEST_F(ReplayTest, AServerThatIsNotThereIsUnreachable) {
  server_->Shutdown(std::chrono::system_clock::now());
  server_.reset();
  options_.retry = absl::Milliseconds(300);
  const auto outcome = Run(1);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->reads, 0u);
  EXPECT_EQ(outcome->status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ReplayTest, AnAcknowledgementFileThatCannotBeOpenedStopsBeforeTheFirstRead) {
  options_.acknowledged = folder_.path() + "/none/acknowledged";
  EXPECT_FALSE(Run(1).ok());
  EXPECT_EQ(service_.streams, 0);
}

}  // namespace
}  // namespace sallyport::cli
