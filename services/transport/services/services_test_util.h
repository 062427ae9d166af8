#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/facility_test_util.h"
#include "gtest/gtest.h"
#include "sallyport/access/v1/access.pb.h"
#include "transport/services/api.h"

// For tests: the whole API over an engine with a store on disk, called as the front ends call it.
namespace sallyport::transport {

// The front end's side of a server stream.
class TestStream {
 public:
  // What the service writes; the next message may follow at once, or when Acknowledge is called.
  explicit TestStream(bool acknowledge = true) : shared_(std::make_shared<Shared>()) {
    shared_->acknowledge = acknowledge;
  }

  std::unique_ptr<StreamResponder> responder() { return std::make_unique<Responder>(shared_); }

  // The next message, once there is one; nothing when the stream has ended.
  std::optional<std::string> Next() {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait(lock, [this] { return taken_ < shared_->messages.size() || shared_->status; });
    if (taken_ == shared_->messages.size()) return std::nullopt;
    return shared_->messages[taken_++];
  }
  template <class Message>
  std::optional<Message> Next() {
    const auto bytes = Next();
    if (!bytes) return std::nullopt;
    Message out;
    EXPECT_TRUE(out.ParseFromString(*bytes));
    return out;
  }
  absl::Status Status() {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait(lock, [this] { return shared_->status.has_value(); });
    return *shared_->status;
  }
  size_t written() {
    const std::lock_guard lock(shared_->mutex);
    return shared_->messages.size();
  }
  // The message that was written last has left.
  void Acknowledge() {
    absl::AnyInvocable<void()> written;
    {
      const std::lock_guard lock(shared_->mutex);
      written = std::move(shared_->written);
    }
    written();
  }
  void Cancel() {
    absl::AnyInvocable<void()> cancelled;
    {
      const std::lock_guard lock(shared_->mutex);
      cancelled = std::move(shared_->cancelled);
    }
    cancelled();
  }
  // The service holds nothing of the stream any more.
  bool WaitDropped() {
    std::unique_lock lock(shared_->mutex);
    return shared_->changed.wait_for(lock, std::chrono::seconds(20), [this] { return shared_->dropped; });
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    bool acknowledge = true;
    bool dropped = false;
    std::vector<std::string> messages;
    std::optional<absl::Status> status;
    absl::AnyInvocable<void()> written;
    absl::AnyInvocable<void()> cancelled;
  };
  class Responder final : public StreamResponder {
   public:
    explicit Responder(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    ~Responder() override {
      const std::lock_guard lock(shared_->mutex);
      shared_->dropped = true;
      shared_->changed.notify_all();
    }
    void Write(std::string bytes, absl::AnyInvocable<void()> written) override {
      {
        const std::lock_guard lock(shared_->mutex);
        EXPECT_FALSE(shared_->status.has_value()) << "written after the end";
        shared_->messages.push_back(std::move(bytes));
        shared_->changed.notify_all();
        if (!shared_->acknowledge) {
          shared_->written = std::move(written);
          return;
        }
      }
      written();
    }
    void Finish(absl::Status status) override {
      const std::lock_guard lock(shared_->mutex);
      EXPECT_FALSE(shared_->status.has_value()) << "ended twice";
      shared_->status = std::move(status);
      shared_->changed.notify_all();
    }
    void OnCancelled(absl::AnyInvocable<void()> cancelled) override {
      const std::lock_guard lock(shared_->mutex);
      shared_->cancelled = std::move(cancelled);
    }

   private:
    const std::shared_ptr<Shared> shared_;
  };

  const std::shared_ptr<Shared> shared_;
  size_t taken_ = 0;
};

// The front end's side of a bidirectional stream.
class TestBidi final : public BidiResponder {
 public:
  void Write(std::string bytes) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(status_.has_value()) << "written after the end";
    messages_.push_back(std::move(bytes));
    changed_.notify_all();
  }
  void Finish(absl::Status status) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(status_.has_value()) << "ended twice";
    status_ = std::move(status);
    changed_.notify_all();
  }
  void PauseReading() override { paused_ = true; }
  void ResumeReading() override { paused_ = false; }

  bool paused() const { return paused_; }
  std::vector<std::string> WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return messages_.size() >= count || status_; });
    return messages_;
  }
  absl::Status Status() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return status_.has_value(); });
    return *status_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> paused_{false};
  std::vector<std::string> messages_;
  std::optional<absl::Status> status_;
};

// The small company of engine/facility_test_util.h behind the API.
class Services : public testing::Test {
 protected:
  explicit Services(engine::TestEngine::On on = engine::TestEngine::On::kSqlite) : engine_(on) {}
  void SetUp() override { Start(); }
  void TearDown() override { Stop(); }

  void Start() {
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
    workers_ = std::make_unique<Workers>(2);
    router_ = std::make_unique<Router>();
    api_ = std::make_unique<Api>(*router_, *engine_, *workers_);
    if (engine_->snapshot()->policies != nullptr) return;
    ASSERT_TRUE(engine::Do(*engine_, engine::ActivatePolicies(engine::RealPolicies())).ok());
    ASSERT_TRUE(engine::Do(*engine_, engine::ApplyDocument(engine::SmallCompany())).ok());
  }
  void Stop() {
    if (!api_) return;
    api_->EndStreams();
    engine_->Stop();
    api_.reset();
    workers_.reset();
    engine_.Close();
  }

  // `method` without the package's prefix: "access.v1.AccessService/Authorize".
  const Method& Find(const std::string& method) {
    const Method* found = router_->Find("sallyport." + method);
    SP_CHECK(found != nullptr);
    return *found;
  }
  template <class Response, class Request>
  absl::StatusOr<Response> Call(const std::string& method, const Request& request) {
    SP_ASSIGN_OR_RETURN(const std::string bytes, CallBytes(Find(method), request));
    Response response;
    EXPECT_TRUE(response.ParseFromString(bytes));
    return response;
  }
  absl::StatusOr<std::string> CallBytes(const Method& method, const google::protobuf::Message& request) {
    class Responder final : public UnaryResponder {
     public:
      explicit Responder(std::promise<absl::StatusOr<std::string>>& promise) : promise_(promise) {}
      void Finish(absl::StatusOr<std::string> bytes) override { promise_.set_value(std::move(bytes)); }

     private:
      std::promise<absl::StatusOr<std::string>>& promise_;
    };
    std::promise<absl::StatusOr<std::string>> promise;
    method.unary(Copy(request), caller_, std::make_unique<Responder>(promise));
    return promise.get_future().get();
  }
  void Open(const std::string& method, const google::protobuf::Message& request, TestStream& stream) {
    Find(method).stream(Copy(request), caller_, stream.responder());
  }
  static std::unique_ptr<google::protobuf::Message> Copy(const google::protobuf::Message& request) {
    std::unique_ptr<google::protobuf::Message> copy(request.New());
    copy->CopyFrom(request);
    return copy;
  }

  access::v1::AuthorizeRequest ReadOf(const std::string& request_id, const std::string& point,
                                      const std::string& card) {
    access::v1::AuthorizeRequest request;
    request.set_request_id(request_id);
    request.set_access_point_id(point);
    request.set_credential_id(card);
    return request;
  }
  std::string Read(const std::string& request_id, const std::string& point, const std::string& card) {
    const auto answer =
        Call<access::v1::AuthorizeResponse>("access.v1.AccessService/Authorize", ReadOf(request_id, point, card));
    return answer.ok() ? answer->reason_code() : answer.status().ToString();
  }
  uint64_t log_size() { return engine_->snapshot()->log_size; }
  record::v1::Record LastRecord() { return engine::RecordAt(engine_.store(), log_size() - 1); }

  Caller caller_ = {"officer", "token"};
  engine::TestEngine engine_;
  std::unique_ptr<Workers> workers_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<Api> api_;
};

inline std::string FieldOf(const absl::Status& status) {
  const auto violations = FieldViolations(status);
  return violations.empty() ? "" : violations.front().field;
}

}  // namespace sallyport::transport
