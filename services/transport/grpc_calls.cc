#include "transport/grpc_calls.h"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "transport/errors.h"
#include "transport/limits.h"
#include "transport/parse.h"

namespace sallyport::transport {
namespace {

using google::protobuf::Message;
using grpc::ByteBuffer;
using grpc::CallbackServerContext;

grpc::Status ToGrpc(const absl::Status& status, absl::string_view method) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status rpc = ToRpcStatus(status, method, kGrpcMessageBytesMax, kGrpcDetailsBytesMax);
  return {static_cast<grpc::StatusCode>(rpc.code()), rpc.message(), rpc.SerializeAsString()};
}

ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string BytesOf(const ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string out;
  if (!buffer.Dump(&slices).ok()) return out;
  out.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return out;
}

Credentials CredentialsOf(const CallbackServerContext& context) {
  Credentials out;
  const auto [first, last] = context.client_metadata().equal_range("authorization");
  for (auto it = first; it != last; ++it) out.AddAuthorization({it->second.data(), it->second.size()});
  const auto names = context.auth_context()->FindPropertyValues("x509_common_name");
  if (names.size() == 1) out.SetCertificateName(std::string(names.front().data(), names.front().size()));
  return out;
}

absl::Status CheckDeadline(const CallbackServerContext& context) {
  if (std::chrono::system_clock::now() < context.deadline()) return absl::OkStatus();
  return absl::DeadlineExceededError("the deadline had passed before the call began");
}

absl::StatusOr<std::unique_ptr<Message>> Parse(const Method& method, const ByteBuffer& bytes) {
  std::unique_ptr<Message> message(method.request->New());
  ByteBuffer copy(bytes);  // shares the bytes; the reader wants it mutable
  grpc::ProtoBufferReader reader(&copy);
  if (message->ParseFromZeroCopyStream(&reader)) return message;
  return ExplainParseError(*message->GetDescriptor(), BytesOf(bytes));
}

// What a call needs before its handler runs.
struct Admitted {
  Caller caller;
  std::unique_ptr<Message> request;
};

absl::StatusOr<Admitted> Admit(const Method& method, const Gate& gate, const CallbackServerContext& context,
                               const Credentials& credentials, const ByteBuffer& bytes) {
  Admitted out;
  SP_RETURN_IF_ERROR(CheckDeadline(context));
  SP_ASSIGN_OR_RETURN(out.caller, gate.Admit(credentials, method.name));
  SP_RETURN_IF_ERROR(gate.CheckSize(method.name, bytes.Length()));
  SP_ASSIGN_OR_RETURN(out.request, Parse(method, bytes));
  return out;
}

// ---- unary

// Lives from the call's start until OnDone, which comes only after Finish.
class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  UnaryReactor(const Method& method, ByteBuffer* response) : method_(method), response_(response) {}
  void Complete(absl::StatusOr<std::string> bytes) {
    if (bytes.ok()) *response_ = BufferOf(*bytes);
    Finish(ToGrpc(bytes.status(), method_.name));
  }
  void OnDone() override { delete this; }

 private:
  const Method& method_;
  ByteBuffer* const response_;
};

class GrpcUnaryResponder final : public UnaryResponder {
 public:
  explicit GrpcUnaryResponder(UnaryReactor* reactor) : reactor_(reactor) {}
  ~GrpcUnaryResponder() override {
    if (reactor_ != nullptr) reactor_->Complete(absl::InternalError("the handler gave no answer"));
  }
  void Finish(absl::StatusOr<std::string> bytes) override {
    SP_CHECK(reactor_ != nullptr);
    std::exchange(reactor_, nullptr)->Complete(std::move(bytes));
  }

 private:
  UnaryReactor* reactor_;
};

grpc::ServerUnaryReactor* StartUnary(const Method& method, const Gate& gate, const CallbackServerContext& context,
                                     const ByteBuffer& request, ByteBuffer* response) {
  auto* reactor = new UnaryReactor(method, response);
  auto admitted = Admit(method, gate, context, CredentialsOf(context), request);
  if (!admitted.ok()) {
    reactor->Complete(admitted.status());
    return reactor;
  }
  method.unary(std::move(admitted->request), std::move(admitted->caller),
               std::make_unique<GrpcUnaryResponder>(reactor));
  return reactor;
}

// ---- server streams

class StreamReactor final : public grpc::ServerWriteReactor<ByteBuffer> {
 public:
  StreamReactor(const Method& method, const Gate& gate, Credentials credentials)
      : method_(method), standing_(gate.authenticator(), std::move(credentials), method.name) {}

  std::shared_ptr<StreamReactor> Begin() {
    self_.reset(this);
    return self_;
  }
  void Hold(Gate::Slot slot) { slot_ = std::move(slot); }

  void Send(std::string bytes, absl::AnyInvocable<void()> written) {
    const std::lock_guard lock(mutex_);
    if (finishing_ || cancelled_) return;
    SP_CHECK(!writing_);
    if (const auto caller = standing_.Check(); !caller.ok()) return FinishLocked(caller.status());
    writing_ = true;
    written_ = std::move(written);
    buffer_ = BufferOf(bytes);
    StartWrite(&buffer_);
  }

  void End(absl::Status status) {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    ended_by_handler_ = true;
    FinishLocked(std::move(status));
  }

  void WhenCancelled(absl::AnyInvocable<void()> cancelled) {
    {
      const std::lock_guard lock(mutex_);
      if (!cancelled_) {
        on_cancelled_ = std::move(cancelled);
        return;
      }
    }
    cancelled();
  }

  void OnWriteDone(bool ok) override {
    absl::AnyInvocable<void()> written;
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      if (final_.has_value()) return Finish(*std::exchange(final_, std::nullopt));
      if (ok && !cancelled_) written = std::exchange(written_, nullptr);
    }
    if (written) written();
  }

  void OnCancel() override {
    absl::AnyInvocable<void()> cancelled;
    {
      const std::lock_guard lock(mutex_);
      cancelled_ = true;
      cancelled = std::exchange(on_cancelled_, nullptr);
    }
    if (cancelled) cancelled();
  }

  void OnDone() override {
    slot_ = Gate::Slot();
    const std::shared_ptr<StreamReactor> last = std::move(self_);
    if (ended_by_handler_) return;
    OnCancel();  // the handler has not been told yet, if the call was ended here
  }

 private:
  // A status may not overtake a message that is on its way.
  void FinishLocked(absl::Status status) {
    finishing_ = true;
    grpc::Status converted = cancelled_ ? grpc::Status::CANCELLED : ToGrpc(status, method_.name);
    if (writing_) {
      final_ = std::move(converted);
    } else {
      Finish(std::move(converted));
    }
  }

  const Method& method_;
  std::shared_ptr<StreamReactor> self_;  // until OnDone
  Gate::Slot slot_;
  std::mutex mutex_;
  Standing standing_;
  ByteBuffer buffer_;
  bool writing_ = false;
  bool cancelled_ = false;
  bool finishing_ = false;
  bool ended_by_handler_ = false;
  std::optional<grpc::Status> final_;  // for after the message that is on its way
  absl::AnyInvocable<void()> written_;
  absl::AnyInvocable<void()> on_cancelled_;
};

class GrpcStreamResponder final : public StreamResponder {
 public:
  explicit GrpcStreamResponder(std::shared_ptr<StreamReactor> reactor) : reactor_(std::move(reactor)) {}
  ~GrpcStreamResponder() override { reactor_->End(absl::InternalError("the handler left the stream without an end")); }
  void Write(std::string bytes, absl::AnyInvocable<void()> written) override {
    reactor_->Send(std::move(bytes), std::move(written));
  }
  void Finish(absl::Status status) override { reactor_->End(std::move(status)); }
  void OnCancelled(absl::AnyInvocable<void()> cancelled) override { reactor_->WhenCancelled(std::move(cancelled)); }

 private:
  const std::shared_ptr<StreamReactor> reactor_;
};

grpc::ServerWriteReactor<ByteBuffer>* StartStream(const Method& method, Gate& gate,
                                                  const CallbackServerContext& context, const ByteBuffer& request) {
  Credentials credentials = CredentialsOf(context);
  auto admitted = Admit(method, gate, context, credentials, request);
  auto slot = gate.OpenStream();
  auto* reactor = new StreamReactor(method, gate, std::move(credentials));
  const std::shared_ptr<StreamReactor> shared = reactor->Begin();
  if (!admitted.ok() || !slot.ok()) {
    shared->End(admitted.ok() ? slot.status() : admitted.status());
    return reactor;
  }
  shared->Hold(*std::move(slot));
  method.stream(std::move(admitted->request), std::move(admitted->caller),
                std::make_unique<GrpcStreamResponder>(shared));
  return reactor;
}

// ---- bidirectional streams

// Calls of the handler happen one at a time, under handler_mutex_; what is written and read next is decided under
// state_mutex_, which may be taken while the other one is held but not the other way round.
class BidiReactor final : public grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>, public OpenBidi {
 public:
  BidiReactor(const Method& method, const Gate& gate, Credentials credentials)
      : method_(method), gate_(gate), standing_(gate.authenticator(), std::move(credentials), method.name) {}

  std::shared_ptr<BidiReactor> Begin() {
    self_.reset(this);
    return self_;
  }
  void Start(Gate::Slot slot, std::unique_ptr<BidiHandler> handler) {
    slot_ = std::move(slot);
    const std::lock_guard lock(handler_mutex_);
    handler_ = std::move(handler);
    const std::lock_guard state_lock(state_mutex_);
    ReadNextLocked();
  }

  void Send(std::string bytes) {
    const std::lock_guard lock(state_mutex_);
    if (finishing_ || cancelled_) return;
    answers_.push_back(BufferOf(bytes));
    WriteNextLocked();
  }
  void End(absl::Status status) {
    const std::lock_guard lock(state_mutex_);
    if (finishing_) return;
    finishing_ = true;
    final_ = cancelled_ ? grpc::Status::CANCELLED : ToGrpc(status, method_.name);
    WriteNextLocked();
  }
  void Pause() {
    const std::lock_guard lock(state_mutex_);
    paused_ = true;
  }
  void Resume() {
    const std::lock_guard lock(state_mutex_);
    paused_ = false;
    ReadNextLocked();
  }

  void Drain() override { HalfClose(); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      {
        const std::lock_guard lock(state_mutex_);
        reading_ = false;
        read_all_ = true;
      }
      return HalfClose();
    }
    Handle();
    const std::lock_guard lock(state_mutex_);
    reading_ = false;
    ReadNextLocked();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(state_mutex_);
    writing_ = false;
    if (!ok) answers_.clear();
    WriteNextLocked();
    ReadNextLocked();
  }

  void OnCancel() override {
    {
      const std::lock_guard lock(state_mutex_);
      cancelled_ = true;
      answers_.clear();
    }
    {
      const std::lock_guard lock(handler_mutex_);
      told_cancelled_ = true;
      if (handler_ != nullptr) handler_->OnCancelled();
    }
    End(absl::CancelledError("the client is gone"));
  }

  void OnDone() override {
    slot_ = Gate::Slot();
    std::unique_ptr<BidiHandler> handler;
    {
      const std::lock_guard lock(handler_mutex_);
      handler = std::move(handler_);
    }
    handler.reset();
    const std::shared_ptr<BidiReactor> last = std::move(self_);
  }

 private:
  // One message: it is a call of its own, so whoever has lost their standing meanwhile is refused.
  void Handle() {
    const std::lock_guard lock(handler_mutex_);
    if (half_closed_ || told_cancelled_) return;
    if (const auto caller = standing_.Check(); !caller.ok()) return End(caller.status());
    const absl::Status size = gate_.CheckSize(method_.name, message_.Length());
    if (!size.ok()) return End(size);
    const std::string bytes = BytesOf(message_);
    handler_->OnMessage(bytes);
  }

  void HalfClose() {
    const std::lock_guard lock(handler_mutex_);
    if (half_closed_ || told_cancelled_ || handler_ == nullptr) return;
    half_closed_ = true;
    handler_->OnHalfClose();
  }

  void ReadNextLocked() {
    if (reading_ || read_all_ || finishing_ || cancelled_) return;
    if (paused_ || answers_.size() >= kBidiAnswersMax) return;
    reading_ = true;
    StartRead(&message_);
  }

  void WriteNextLocked() {
    if (writing_ || finished_) return;
    if (!answers_.empty() && !cancelled_) {
      writing_ = true;
      answer_ = std::move(answers_.front());
      answers_.pop_front();
      grpc::WriteOptions options;
      if (!answers_.empty()) options.set_buffer_hint();  // the next one follows at once
      StartWrite(&answer_, options);
    } else if (finishing_) {
      finished_ = true;
      Finish(final_);
    }
  }

  const Method& method_;
  const Gate& gate_;
  std::shared_ptr<BidiReactor> self_;  // until OnDone
  Gate::Slot slot_;

  std::mutex handler_mutex_;
  std::unique_ptr<BidiHandler> handler_;
  Standing standing_;
  bool half_closed_ = false;
  bool told_cancelled_ = false;

  std::mutex state_mutex_;
  ByteBuffer message_;
  ByteBuffer answer_;
  std::deque<ByteBuffer> answers_;
  bool reading_ = false;
  bool read_all_ = false;
  bool paused_ = false;
  bool writing_ = false;
  bool cancelled_ = false;
  bool finishing_ = false;
  bool finished_ = false;
  grpc::Status final_;
};

class GrpcBidiResponder final : public BidiResponder {
 public:
  explicit GrpcBidiResponder(std::shared_ptr<BidiReactor> reactor) : reactor_(std::move(reactor)) {}
  ~GrpcBidiResponder() override { reactor_->End(absl::InternalError("the handler left the stream without an end")); }
  void Write(std::string bytes) override { reactor_->Send(std::move(bytes)); }
  void Finish(absl::Status status) override { reactor_->End(std::move(status)); }
  void PauseReading() override { reactor_->Pause(); }
  void ResumeReading() override { reactor_->Resume(); }

 private:
  const std::shared_ptr<BidiReactor> reactor_;
};

grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>* StartBidi(const Method& method, Gate& gate, OpenBidis& bidis,
                                                           const CallbackServerContext& context) {
  Credentials credentials = CredentialsOf(context);
  absl::Status deadline = CheckDeadline(context);
  auto caller = gate.Admit(credentials, method.name);
  auto slot = gate.OpenStream();
  auto* reactor = new BidiReactor(method, gate, std::move(credentials));
  const std::shared_ptr<BidiReactor> shared = reactor->Begin();
  for (const absl::Status& status : {deadline, caller.status(), slot.status()}) {
    if (status.ok()) continue;
    shared->End(status);
    return reactor;
  }
  shared->Start(*std::move(slot), method.bidi(*std::move(caller), std::make_shared<GrpcBidiResponder>(shared)));
  bidis.Add(shared);
  return reactor;
}

}  // namespace

void OpenBidis::Add(std::weak_ptr<OpenBidi> stream) {
  {
    const std::lock_guard lock(mutex_);
    if (!draining_) {
      if (streams_.size() >= sweep_at_) {
        std::erase_if(streams_, [](const auto& weak) { return weak.expired(); });
        sweep_at_ = 2 * streams_.size() + 64;
      }
      streams_.push_back(std::move(stream));
      return;
    }
  }
  if (const auto open = stream.lock()) open->Drain();
}

void OpenBidis::DrainAll() {
  std::vector<std::weak_ptr<OpenBidi>> streams;
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    streams.swap(streams_);
  }
  for (const auto& weak : streams) {
    if (const auto open = weak.lock()) open->Drain();
  }
}

void RoutedService::Add(const Method& method, Gate& gate, OpenBidis& bidis) {
  using grpc::internal::RpcMethod;
  paths_.push_back(std::make_unique<std::string>(absl::StrCat("/", method.name)));
  const char* const path = paths_.back()->c_str();
  const int index = static_cast<int>(paths_.size()) - 1;
  const auto add = [&](RpcMethod::RpcType type, grpc::internal::MethodHandler* handler) {
    AddMethod(new grpc::internal::RpcServiceMethod(path, type, nullptr));
    MarkMethodRawCallback(index, handler);
  };
  switch (method.kind) {
    case Method::Kind::kUnary:
      add(RpcMethod::NORMAL_RPC,
          new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
              [&method, &gate](CallbackServerContext* context, const ByteBuffer* request, ByteBuffer* response) {
                return StartUnary(method, gate, *context, *request, response);
              }));
      break;
    case Method::Kind::kServerStream:
      add(RpcMethod::SERVER_STREAMING, new grpc::internal::CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>(
                                           [&method, &gate](CallbackServerContext* context, const ByteBuffer* request) {
                                             return StartStream(method, gate, *context, *request);
                                           }));
      break;
    case Method::Kind::kBidi:
      add(RpcMethod::BIDI_STREAMING, new grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>(
                                         [&method, &gate, &bidis](CallbackServerContext* context) {
                                           return StartBidi(method, gate, bidis, *context);
                                         }));
      break;
  }
}

}  // namespace sallyport::transport
