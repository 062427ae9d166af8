#include "transport/http_exchange.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "transport/errors.h"
#include "transport/gzip.h"
#include "transport/limits.h"

namespace sallyport::transport {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Clock = asio::steady_timer::clock_type;

// An HTTP body has room for a whole error.
constexpr size_t kErrorBytesMax = size_t{64} << 10;

beast::string_view View(absl::string_view text) { return {text.data(), text.size()}; }
absl::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

// ---- answers on their way to the strand

using UnaryMailbox = Mailbox<absl::StatusOr<std::string>>;

class HttpUnaryResponder final : public UnaryResponder {
 public:
  explicit HttpUnaryResponder(std::shared_ptr<UnaryMailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  ~HttpUnaryResponder() override {
    if (mailbox_ != nullptr) mailbox_->Put(absl::InternalError("the handler gave no answer"));
  }
  void Finish(absl::StatusOr<std::string> bytes) override {
    SP_CHECK(mailbox_ != nullptr);
    std::exchange(mailbox_, nullptr)->Put(std::move(bytes));
  }

 private:
  std::shared_ptr<UnaryMailbox> mailbox_;
};

using ReplyMailbox = Mailbox<HttpReply>;

class ResourceResponder final : public HttpResponder {
 public:
  explicit ResourceResponder(std::shared_ptr<ReplyMailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  ~ResourceResponder() override {
    if (mailbox_ == nullptr) return;
    HttpReply reply;
    reply.status = 500;
    mailbox_->Put(std::move(reply));
  }
  void Finish(HttpReply reply) override {
    SP_CHECK(mailbox_ != nullptr);
    std::exchange(mailbox_, nullptr)->Put(std::move(reply));
  }

 private:
  std::shared_ptr<ReplyMailbox> mailbox_;
};

struct StreamEvent {
  enum class Kind { kMessage, kEnd, kGone };
  Kind kind = Kind::kEnd;
  std::string bytes;                             // kMessage
  absl::AnyInvocable<void()> written = nullptr;  // kMessage
  absl::Status status;                           // kEnd
};

}  // namespace

// What a stream's handler and its connection share.
struct StreamState {
  explicit StreamState(const asio::any_io_executor& strand) : events(std::make_shared<Mailbox<StreamEvent>>(strand)) {}

  // Runs what the handler asked to be told, once.
  void Cancel() {
    absl::AnyInvocable<void()> callback;
    {
      const std::lock_guard lock(mutex);
      cancelled = true;
      callback = std::exchange(on_cancelled, nullptr);
    }
    if (callback) callback();
  }
  void WhenCancelled(absl::AnyInvocable<void()> callback) {
    {
      const std::lock_guard lock(mutex);
      if (!cancelled) {
        on_cancelled = std::move(callback);
        return;
      }
    }
    callback();
  }
  // True for the first who ends the stream.
  bool End() { return !ended.exchange(true); }

  const std::shared_ptr<Mailbox<StreamEvent>> events;
  std::atomic<bool> ended{false};
  std::mutex mutex;
  bool cancelled = false;
  absl::AnyInvocable<void()> on_cancelled;
};

namespace {

class HttpStreamResponder final : public StreamResponder {
 public:
  explicit HttpStreamResponder(std::shared_ptr<StreamState> state) : state_(std::move(state)) {}
  ~HttpStreamResponder() override { Finish(absl::InternalError("the handler left the stream without an end")); }
  void Write(std::string bytes, absl::AnyInvocable<void()> written) override {
    if (state_->ended) return;
    StreamEvent event;
    event.kind = StreamEvent::Kind::kMessage;
    event.bytes = std::move(bytes);
    event.written = std::move(written);
    state_->events->Put(std::move(event));
  }
  void Finish(absl::Status status) override {
    if (!state_->End()) return;
    StreamEvent event;
    event.status = std::move(status);
    state_->events->Put(std::move(event));
  }
  void OnCancelled(absl::AnyInvocable<void()> cancelled) override { state_->WhenCancelled(std::move(cancelled)); }

 private:
  const std::shared_ptr<StreamState> state_;
};

// Reports on `events` when the client has gone. RunStream waits for that report before it lets go of the peer.
Awaitable<void> ReportClose(HttpPeer& peer, std::shared_ptr<Mailbox<StreamEvent>> events) {
  co_await peer.WatchForClose();
  StreamEvent event;
  event.kind = StreamEvent::Kind::kGone;
  events->Put(std::move(event));
}

}  // namespace

HttpExchange::HttpExchange(HttpPeer& peer, HttpParser& parser, Gate& gate, const std::vector<HttpResource>& resources)
    : peer_(peer), parser_(parser), gate_(gate), resources_(resources) {
  const absl::string_view target = View(parser.get().target());
  const size_t question = target.find('?');
  path_ = std::string(target.substr(0, question));
  if (question != absl::string_view::npos) query_ = std::string(target.substr(question + 1));
}

Awaitable<bool> HttpExchange::Serve() {
  if (parser_.get().version() != 11) {
    HttpResponse response = MakeError(505, absl::UnimplementedError("only HTTP/1.1 is spoken here"));
    co_return co_await Send(std::move(response));
  }
  const HttpResource* resource = nullptr;
  for (const HttpResource& candidate : resources_) {
    if (!absl::StartsWith(path_, candidate.prefix)) continue;
    if (resource == nullptr || candidate.prefix.size() > resource->prefix.size()) resource = &candidate;
  }
  method_ = gate_.router().Find(absl::string_view(path_).substr(path_.empty() ? 0 : 1));
  if (method_ == nullptr && resource != nullptr) co_return co_await ServeResource(*resource);
  co_return co_await ServeMethod();
}

Awaitable<void> HttpExchange::Refuse(HttpPeer& peer, unsigned status, absl::string_view why) {
  HttpResponse response{http::int_to_status(status), 11};
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.keep_alive(false);
  response.body() = absl::StrCat(why, "\n");
  response.prepare_payload();
  co_await peer.Write(response, false);
}

// ---- resources

Awaitable<bool> HttpExchange::ServeResource(const HttpResource& resource) {
  const http::verb verb = parser_.get().method();
  if (verb != http::verb::get && verb != http::verb::head) {
    HttpResponse response = MakeError(405, absl::UnimplementedError("only GET and HEAD here"));
    response.set(http::field::allow, "GET, HEAD");
    co_return co_await Send(std::move(response));
  }
  if (!resource.action.empty()) {
    const auto caller = gate_.Admit(PeerCredentials(), resource.action);
    if (!caller.ok()) co_return co_await Fail(caller.status());
  }
  auto mailbox = std::make_shared<ReplyMailbox>(peer_.executor());
  resource.get(path_, std::make_unique<ResourceResponder>(mailbox));
  std::optional<HttpReply> reply = co_await mailbox->Take(deadline_);
  mailbox->Close();
  const bool pack = reply->compressible && reply->body.size() >= kCompressBytesMin &&
                    connect::AcceptsGzip(Header("Accept-Encoding"));
  HttpResponse response =
      Make(reply->status, reply->content_type, pack ? Gzip(reply->body) : std::move(reply->body));
  response.set(http::field::cache_control, reply->cache_control);
  if (pack) response.set(http::field::content_encoding, "gzip");
  if (reply->compressible) response.set(http::field::vary, "Accept-Encoding");
  co_return co_await Send(std::move(response));
}

// ---- methods

Awaitable<bool> HttpExchange::ServeMethod() {
  if (std::optional<HttpResponse> refused = Route(); refused.has_value()) {
    co_return co_await Send(*std::move(refused));
  }
  absl::Status status = Prepare();
  if (status.ok()) status = co_await peer_.ReadBody(parser_, gate_.RequestBytesMax(method_->name));
  if (status.ok()) status = Decode();
  if (status.ok() && Clock::now() >= deadline_) {
    status = absl::DeadlineExceededError("the deadline had passed before the call began");
  }
  if (!status.ok()) co_return co_await Fail(std::move(status));
  if (type_.stream) co_return co_await RunStream();
  co_return co_await RunUnary();
}

std::optional<HttpResponse> HttpExchange::Route() {
  if (method_ == nullptr) return MakeError(404, absl::UnimplementedError("there is nothing at this path"));
  const http::verb verb = parser_.get().method();
  const bool may_get = connect::MayGet(*method_);
  get_ = verb == http::verb::get && may_get;
  if (verb != http::verb::post && !get_) {
    HttpResponse response = MakeError(405, absl::UnimplementedError("this method is not called this way"));
    response.set(http::field::allow, may_get ? "GET, POST" : "POST");
    return response;
  }
  if (method_->kind == Method::Kind::kBidi) {
    return MakeError(505, absl::UnimplementedError("bidirectional streams need gRPC"));
  }
  if (get_) return std::nullopt;
  const auto type = connect::ParseContentType(Header("Content-Type"));
  if (!type.has_value() || type->stream != (method_->kind != Method::Kind::kUnary)) {
    HttpResponse response = MakeError(
        415, absl::InvalidArgumentError(absl::StrCat("Content-Type: expected ", connect::Accepted(method_->kind))));
    response.set("Accept-Post", View(connect::Accepted(method_->kind)));
    return response;
  }
  type_ = *type;
  return std::nullopt;
}

absl::Status HttpExchange::Prepare() {
  SP_RETURN_IF_ERROR(connect::CheckVersion(Header("Connect-Protocol-Version")));
  SP_ASSIGN_OR_RETURN(const absl::Duration timeout, connect::ParseTimeout(Header("Connect-Timeout-Ms")));
  if (timeout != absl::InfiniteDuration()) deadline_ = Clock::now() + absl::ToChronoMilliseconds(timeout);
  SP_ASSIGN_OR_RETURN(gzip_, connect::IsGzip(Header(type_.stream ? "Connect-Content-Encoding" : "Content-Encoding")));
  if (type_.stream && !Header("Content-Encoding").empty()) {
    return absl::UnimplementedError("a stream's messages are compressed one by one, not its body");
  }
  SP_ASSIGN_OR_RETURN(caller_, gate_.Admit(PeerCredentials(), method_->name));
  return absl::OkStatus();
}

absl::Status HttpExchange::Decode() {
  if (get_) return DecodeQuery();
  std::string body = std::move(parser_.get().body());
  const size_t bytes_max = gate_.RequestBytesMax(method_->name);
  if (type_.stream) {
    SP_ASSIGN_OR_RETURN(body, connect::ParseSingleEnvelope(body, gzip_, bytes_max));
  } else if (gzip_) {
    SP_ASSIGN_OR_RETURN(body, Gunzip(body, bytes_max));
  }
  SP_ASSIGN_OR_RETURN(request_, connect::ParseMessage(*method_, type_.codec, body));
  return absl::OkStatus();
}

absl::Status HttpExchange::DecodeQuery() {
  SP_ASSIGN_OR_RETURN(connect::GetRequest query, connect::ParseQuery(query_));
  type_.codec = query.codec;
  if (query.gzip) {
    SP_ASSIGN_OR_RETURN(query.message, Gunzip(query.message, gate_.RequestBytesMax(method_->name)));
  }
  SP_ASSIGN_OR_RETURN(request_, connect::ParseMessage(*method_, type_.codec, query.message));
  return absl::OkStatus();
}

Awaitable<bool> HttpExchange::RunUnary() {
  auto mailbox = std::make_shared<UnaryMailbox>(peer_.executor());
  method_->unary(std::move(request_), std::move(caller_), std::make_unique<HttpUnaryResponder>(mailbox));
  std::optional<absl::StatusOr<std::string>> answer = co_await mailbox->Take(deadline_);
  mailbox->Close();
  if (!answer.has_value()) co_return co_await Fail(absl::DeadlineExceededError("the deadline passed"));
  if (!answer->ok()) co_return co_await Fail(answer->status());
  absl::StatusOr<std::string> body = connect::FormatMessage(*method_, type_.codec, **std::move(answer));
  if (!body.ok()) co_return co_await Fail(body.status());
  const bool pack = body->size() >= kCompressBytesMin && connect::AcceptsGzip(Header("Accept-Encoding"));
  HttpResponse response = Make(200, connect::Name(type_), pack ? Gzip(*body) : *std::move(body));
  if (pack) response.set(http::field::content_encoding, "gzip");
  response.set(http::field::vary, "Accept-Encoding");
  co_return co_await Send(std::move(response));
}

Awaitable<bool> HttpExchange::RunStream() {
  absl::StatusOr<Gate::Slot> slot = gate_.OpenStream();
  if (!slot.ok()) co_return co_await Fail(slot.status());
  const bool begun = co_await peer_.WriteStreamHeader(connect::Name(type_));
  if (!begun) co_return false;

  auto state = std::make_shared<StreamState>(peer_.executor());
  asio::co_spawn(peer_.executor(), ReportClose(peer_, state->events), asio::detached);
  method_->stream(std::move(request_), std::move(caller_), std::make_unique<HttpStreamResponder>(state));
  const std::optional<absl::Status> end = co_await Forward(*state);
  if (state->End()) state->Cancel();  // the handler has not ended it
  if (end.has_value()) {
    google::rpc::Status error;
    if (!end->ok()) error = ToRpcStatus(*end, method_->name, kErrorBytesMax, kErrorBytesMax);
    const std::string last = connect::EndEnvelope(end->ok() ? nullptr : &error);
    const bool written = co_await peer_.WriteChunk(last);
    if (written) co_await peer_.WriteLastChunk();
    peer_.CancelWatch();
    while (true) {  // for the watch to let go of the peer
      const std::optional<StreamEvent> event = co_await state->events->Take(Mailbox<int>::TimePoint::max());
      if (event->kind == StreamEvent::Kind::kGone) break;
    }
  }
  state->events->Close();
  co_return false;
}

Awaitable<std::optional<absl::Status>> HttpExchange::Forward(StreamState& state) {
  Standing standing(gate_.authenticator(), PeerCredentials(), method_->name);
  while (true) {
    std::optional<StreamEvent> event = co_await state.events->Take(deadline_);
    if (!event.has_value()) co_return absl::DeadlineExceededError("the deadline passed");
    if (event->kind == StreamEvent::Kind::kGone) co_return std::nullopt;
    if (event->kind == StreamEvent::Kind::kEnd) co_return event->status;
    const absl::StatusOr<Caller> caller = standing.Check();
    if (!caller.ok()) co_return caller.status();
    const absl::StatusOr<std::string> message = connect::FormatMessage(*method_, type_.codec, std::move(event->bytes));
    if (!message.ok()) co_return message.status();
    const std::string envelope = connect::Envelope(0, *message);
    const bool written = co_await peer_.WriteChunk(envelope);
    if (!written) {
      peer_.Cut();  // the watch reports it
    } else if (event->written) {
      event->written();
    }
  }
}

// ---- answers

absl::string_view HttpExchange::Header(absl::string_view name) const { return View(parser_.get()[View(name)]); }

Credentials HttpExchange::PeerCredentials() const {
  Credentials out;
  const auto [first, last] = parser_.get().equal_range(http::field::authorization);
  for (auto it = first; it != last; ++it) out.AddAuthorization(View(it->value()));
  out.SetCertificateName(peer_.certificate_name());
  return out;
}

HttpResponse HttpExchange::Make(unsigned status, absl::string_view content_type, std::string body) const {
  HttpResponse out{http::int_to_status(status), 11};
  if (status == 499) {
    out.result(499);
    out.reason("Client Closed Request");
  }
  out.set(http::field::content_type, View(content_type));
  out.set(http::field::cache_control, "no-store");
  out.set("X-Content-Type-Options", "nosniff");
  if (status == 401) out.set(http::field::www_authenticate, "Bearer");
  out.body() = std::move(body);
  return out;
}

HttpResponse HttpExchange::MakeError(unsigned status, const absl::Status& error) const {
  return Make(status, "application/json",
              connect::ErrorJson(ToRpcStatus(error, path_, kErrorBytesMax, kErrorBytesMax)));
}

Awaitable<bool> HttpExchange::Send(HttpResponse response) {
  // What was not read of the request would be taken for the next one.
  const bool again = parser_.is_done() && parser_.get().keep_alive();
  response.keep_alive(again);
  response.prepare_payload();
  const bool written = co_await peer_.Write(response, parser_.get().method() == http::verb::head);
  if (!written) co_return false;
  co_return again;
}

Awaitable<bool> HttpExchange::Fail(absl::Status error) {
  const google::rpc::Status rpc = ToRpcStatus(error, path_, kErrorBytesMax, kErrorBytesMax);
  HttpResponse response = type_.stream
                              ? Make(200, connect::Name(type_), connect::EndEnvelope(&rpc))
                              : Make(connect::HttpStatus(rpc.code()), "application/json", connect::ErrorJson(rpc));
  co_return co_await Send(std::move(response));
}

}  // namespace sallyport::transport
