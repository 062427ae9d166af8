#include "sallyport/replay.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "sallyport/access/v1/access.grpc.pb.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

using access::v1::AuthorizeResponse;
using access::v1::AuthorizeStreamRequest;
using access::v1::AuthorizeStreamResponse;
using access::v1::StreamError;

constexpr absl::Duration kPauseFirst = absl::Milliseconds(50);
constexpr absl::Duration kPauseMax = absl::Seconds(2);

// One line an answer, written at once: what stands here was acknowledged even if this program is killed.
class Acknowledgements {
 public:
  ~Acknowledgements() {
    if (fd_ >= 0) ::close(fd_);
  }
  absl::Status Open(const std::string& path) {
    if (path.empty()) return absl::OkStatus();
    fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return fd_ >= 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  }
  void Add(const AuthorizeResponse& answer) {
    if (fd_ < 0) return;
    const std::string line = absl::StrCat(answer.request_id(), " ", answer.receipt().index(), "\n");
    if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) && status_.ok()) {
      status_ = absl::ErrnoToStatus(errno, "write the file of acknowledgements");
    }
  }
  const absl::Status& status() const { return status_; }

 private:
  int fd_ = -1;
  absl::Status status_;
};

bool IsTransient(int code) {
  return code == static_cast<int>(grpc::StatusCode::RESOURCE_EXHAUSTED) ||
         code == static_cast<int>(grpc::StatusCode::UNAVAILABLE);
}

class Replayer {
 public:
  Replayer(const Client& client, const ReadSource& source, const ReplayOptions& options)
      : client_(client), source_(source), options_(options) {}

  absl::StatusOr<ReplayOutcome> Run() {
    SP_RETURN_IF_ERROR(acknowledged_.Open(options_.acknowledged));
    last_answer_ = absl::Now();
    absl::Duration pause = kPauseFirst;
    while (true) {
      const size_t before = outcome_.reads;
      const grpc::Status status = RunStream();
      SP_RETURN_IF_ERROR(source_status_);
      SP_RETURN_IF_ERROR(acknowledged_.status());
      if (pending_.empty() && exhausted_) break;
      if (outcome_.reads > before) pause = kPauseFirst;
      if (!WaitForServer(status, pause)) {
        outcome_.status = status.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended early") : status;
        break;
      }
      pause = std::min(2 * pause, kPauseMax);
      ++outcome_.reconnects;
    }
    return std::move(outcome_);
  }

 private:
  // A refused identity or a wrong request does not become right by asking again.
  bool WaitForServer(const grpc::Status& status, absl::Duration pause) {
    const bool gone =
        status.ok() || IsTransient(status.error_code()) || status.error_code() == grpc::StatusCode::CANCELLED ||
        status.error_code() == grpc::StatusCode::UNKNOWN || status.error_code() == grpc::StatusCode::INTERNAL;
    const absl::Time until = last_answer_ + options_.retry;
    if (!gone || absl::Now() + pause >= until) return false;
    absl::SleepFor(pause);
    return client_.channel()->WaitForConnected(absl::ToChronoTime(until));
  }

  // Sends what is pending, then what the source gives, until the end or until the stream breaks.
  grpc::Status RunStream() {
    grpc::ClientContext context;
    client_.Prepare(context, absl::InfiniteDuration());
    const auto stub = access::v1::AccessService::NewStub(client_.channel());
    const auto stream = stub->AuthorizeStream(&context);
    broken_ = false;
    stalled_ = false;
    std::thread answers([&] { ReadAnswers(context, *stream); });
    if (SendPending(*stream) && SendNew(context, *stream)) AwaitAnswers(context);
    stream->WritesDone();
    answers.join();
    const grpc::Status status = stream->Finish();
    if (!stalled_) return status;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                        absl::StrCat("no answer for ", absl::FormatDuration(options_.answer_timeout)));
  }

  using Stream = grpc::ClientReaderWriter<AuthorizeStreamRequest, AuthorizeStreamResponse>;

  bool SendPending(Stream& stream) {
    std::vector<AuthorizeStreamRequest> again;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const RecordedRead& read : pending_) *again.emplace_back().mutable_request() = read.request;
    }
    for (const AuthorizeStreamRequest& message : again) {
      if (!stream.Write(message)) return false;
    }
    return true;
  }

  bool SendNew(grpc::ClientContext& context, Stream& stream) {
    while (!exhausted_) {
      if (!AwaitUntil(context, [this] { return pending_.size() < options_.window; })) return false;
      auto next = source_();
      if (!next.ok()) source_status_ = next.status();
      if (!next.ok() || !next->has_value()) {
        exhausted_ = true;
        break;
      }
      AuthorizeStreamRequest message;
      *message.mutable_request() = (*next)->request;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        pending_.push_back(**std::move(next));
      }
      if (!stream.Write(message)) return false;
    }
    return true;
  }

  void AwaitAnswers(grpc::ClientContext& context) {
    AwaitUntil(context, [this] { return pending_.empty(); });
  }

  // Waits until `holds`, called with the lock. False when the stream broke, or when no answer came for too long: then
  // the call is cancelled.
  template <class Condition>
  bool AwaitUntil(grpc::ClientContext& context, Condition holds) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!broken_ && !holds()) {
      const size_t before = outcome_.reads;
      const auto patience = absl::ToChronoMilliseconds(options_.answer_timeout);
      const bool woken = changed_.wait_for(lock, patience, [&] { return broken_ || outcome_.reads != before; });
      if (!woken) {
        stalled_ = true;
        context.TryCancel();
        return false;
      }
    }
    return !broken_;
  }

  // The other thread. Ends with the stream.
  void ReadAnswers(grpc::ClientContext& context, Stream& stream) {
    AuthorizeStreamResponse message;
    while (stream.Read(&message)) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (message.has_error() && IsTransient(message.error().code()) && options_.retry > absl::ZeroDuration()) {
        context.TryCancel();
        break;
      }
      if (message.has_response()) TakeDecision(message.response());
      if (message.has_error()) TakeError(message.error());
      last_answer_ = absl::Now();
      changed_.notify_one();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    broken_ = true;
    changed_.notify_one();
  }

  // Answers come in order, so this is nearly always the first. The line; 0 when nobody asked.
  size_t TakePending(const std::string& request_id) {
    for (auto read = pending_.begin(); read != pending_.end(); ++read) {
      if (read->request.request_id() != request_id) continue;
      const size_t line = read->line;
      pending_.erase(read);
      return line;
    }
    return 0;
  }

  void TakeDecision(const AuthorizeResponse& answer) {
    const size_t line = TakePending(answer.request_id());
    if (line == 0) return AddError(0, absl::StrCat("an answer to \"", answer.request_id(), "\", which nobody asked"));
    if (answer.decision() == access::v1::DECISION_UNSPECIFIED) return AddError(line, "an answer without a decision");
    ++outcome_.reads;
    ++(answer.decision() == access::v1::DECISION_GRANT ? outcome_.grant : outcome_.deny);
    ++outcome_.by_reason[answer.reason_code()];
    acknowledged_.Add(answer);
  }

  void TakeError(const StreamError& error) {
    const size_t line = TakePending(error.request_id());
    const std::string field = error.field().empty() ? "" : absl::StrCat(" (field ", error.field(), ")");
    AddError(line, absl::StrCat(absl::StatusCodeToString(static_cast<absl::StatusCode>(error.code())), ": ",
                                error.message(), field));
  }

  void AddError(size_t line, const std::string& text) {
    ++outcome_.reads;
    ++outcome_.errors;
    if (outcome_.first_errors.size() < kReplayErrorsShown) {
      outcome_.first_errors.push_back(absl::StrCat("line ", line, ": ", text));
    }
  }

  const Client& client_;
  const ReadSource& source_;
  const ReplayOptions& options_;
  Acknowledgements acknowledged_;
  absl::Status source_status_;
  bool exhausted_ = false;  // the source has no more
  bool stalled_ = false;    // this program gave the stream up

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<RecordedRead> pending_;  // sent or about to be, without an answer, in order
  ReplayOutcome outcome_;
  absl::Time last_answer_;
  bool broken_ = false;
};

}  // namespace

absl::StatusOr<ReplayOutcome> Replay(const Client& client, const ReadSource& source, const ReplayOptions& options) {
  return Replayer(client, source, options).Run();
}

}  // namespace sallyport::cli
