#include <google/protobuf/io/coded_stream.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "transport/services/authorize.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::access::v1;

constexpr char kAuthorizeStream[] = "sallyport.access.v1.AccessService/AuthorizeStream";
constexpr size_t kInFlightMax = 1024;  // reads of one stream: a quarter of the engine's queue, so that others get in

std::string ErrorBytes(const std::string& request_id, const absl::Status& status) {
  v1::AuthorizeStreamResponse out;
  v1::StreamError* error = out.mutable_error();
  error->set_request_id(request_id);
  error->set_code(static_cast<int32_t>(status.code()));
  error->set_message(std::string(status.message()));
  const auto violations = FieldViolations(status);
  if (!violations.empty()) error->set_field(violations.front().field);
  return out.SerializeAsString();
}

// A serialised AuthorizeResponse as the `response` of a serialised AuthorizeStreamResponse.
std::string Wrapped(const std::string& response) {
  using Output = google::protobuf::io::CodedOutputStream;
  constexpr uint8_t kTag = v1::AuthorizeStreamResponse::kResponseFieldNumber << 3 | 2;  // length-delimited
  uint8_t head[6] = {kTag};
  const uint8_t* end = Output::WriteVarint32ToArray(static_cast<uint32_t>(response.size()), head + 1);
  std::string out;
  out.reserve(sizeof head + response.size());
  out.append(reinterpret_cast<const char*>(head), static_cast<size_t>(end - head));
  out += response;
  return out;
}

// Answers come when the engine has them, or at once when a read is refused; they leave in the order of the reads.
class Answers {
 public:
  explicit Answers(std::shared_ptr<BidiResponder> responder) : responder_(std::move(responder)) {}

  // The place of the next read; nothing when none is taken any more.
  std::optional<uint64_t> Reserve() {
    const std::lock_guard lock(mutex_);
    if (dropped_) return std::nullopt;
    waiting_.emplace_back();
    if (!paused_ && waiting_.size() >= kInFlightMax) {
      paused_ = true;
      responder_->PauseReading();  // under the lock: after ResumeReading it would stop the stream for ever
    }
    return first_ + waiting_.size() - 1;
  }

  void Fill(uint64_t place, std::string bytes) {
    {
      const std::lock_guard lock(mutex_);
      waiting_[place - first_] = std::move(bytes);
    }
    Flush();
  }

  // No further reads: OK once everything is answered.
  void End() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    Flush();
  }

  // Nothing more is written; with a status the stream ends at once.
  void Drop(std::optional<absl::Status> status = std::nullopt) {
    {
      const std::lock_guard lock(mutex_);
      if (dropped_) return;
      dropped_ = true;
    }
    if (status) responder_->Finish(*std::move(status));
  }

 private:
  // Writes what is ready at the front. Outside the lock, since the responder may call back; by one thread at a time, so
  // that the order holds.
  void Flush() {
    std::unique_lock lock(mutex_);
    if (flushing_) return;
    flushing_ = true;
    while (!dropped_) {
      std::vector<std::string> ready;
      while (!waiting_.empty() && waiting_.front().has_value()) {
        ready.push_back(*std::move(waiting_.front()));
        waiting_.pop_front();
        ++first_;
      }
      const bool resume = paused_ && waiting_.size() <= kInFlightMax / 2;
      const bool finish = ending_ && waiting_.empty();
      if (ready.empty() && !resume && !finish) break;
      if (resume) paused_ = false;
      if (finish) dropped_ = true;
      lock.unlock();
      for (std::string& bytes : ready) responder_->Write(std::move(bytes));
      if (resume) responder_->ResumeReading();
      if (finish) responder_->Finish(absl::OkStatus());
      lock.lock();
    }
    flushing_ = false;
  }

  const std::shared_ptr<BidiResponder> responder_;
  std::mutex mutex_;
  std::deque<std::optional<std::string>> waiting_;  // of the reads first_, first_ + 1, …
  uint64_t first_ = 0;
  bool paused_ = false;
  bool ending_ = false;
  bool flushing_ = false;
  bool dropped_ = false;  // finished, or the client is gone
};

class AuthorizeStream final : public BidiHandler {
 public:
  AuthorizeStream(engine::Engine& engine, Caller caller, std::shared_ptr<BidiResponder> responder)
      : engine_(engine), caller_(std::move(caller)), answers_(std::make_shared<Answers>(std::move(responder))) {}

  void OnMessage(absl::string_view bytes) override {
    v1::AuthorizeStreamRequest message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return answers_->Drop(absl::InvalidArgumentError("a message is not an AuthorizeStreamRequest"));
    }
    const std::string& request_id = message.request().request_id();
    const auto place = answers_->Reserve();
    if (!place) return;
    auto command = AuthorizeCommand(message.request(), caller_);
    if (!command.ok()) return answers_->Fill(*place, ErrorBytes(request_id, command.status()));
    command->done = [answers = answers_, place = *place, request_id](absl::StatusOr<std::string> response) {
      answers->Fill(place, response.ok() ? Wrapped(*response) : ErrorBytes(request_id, response.status()));
    };
    engine_.Submit(*std::move(command));
  }
  void OnHalfClose() override { answers_->End(); }
  void OnCancelled() override { answers_->Drop(); }

 private:
  engine::Engine& engine_;
  const Caller caller_;
  const std::shared_ptr<Answers> answers_;  // shared with the reads that the engine holds
};

}  // namespace

void AddAuthorizeStream(Methods& methods) {
  methods.router().Bidi<v1::AuthorizeStreamRequest, v1::AuthorizeStreamResponse>(
      kAuthorizeStream, [&engine = methods.engine()](Caller caller, std::shared_ptr<BidiResponder> responder) {
        return std::make_unique<AuthorizeStream>(engine, std::move(caller), std::move(responder));
      });
}

}  // namespace sallyport::transport
