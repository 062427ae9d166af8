#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// One API, two front ends. A service registers its methods once on the Router; the gRPC server (grpc_server.h) and the
// HTTPS server (http_server.h) find them there and speak to them in serialised messages. Whoever calls has been
// authenticated and permitted (authentication.h) before a handler runs.
namespace sallyport::transport {

struct Caller {
  std::string id;                // the operator
  std::string authenticated_by;  // "token" or "certificate"
};

// The bytes of a message whose maps are sorted: the same message gives the same bytes.
std::string SerializeDeterministic(const google::protobuf::Message& message);

// Where the answer of a unary call goes. Finish is called exactly once, from any thread, and does not block; dropping a
// responder without it answers INTERNAL. The bytes are a serialised response.
class UnaryResponder {
 public:
  virtual ~UnaryResponder() = default;
  virtual void Finish(absl::StatusOr<std::string> bytes) = 0;
};

// Where a stream's messages go. Safe from any thread; nothing here blocks. Dropping it without Finish ends the stream
// with INTERNAL.
class StreamResponder {
 public:
  virtual ~StreamResponder() = default;
  // Queues one message. `written` runs (on any thread) once the next one may follow; it is not called after Finish or
  // when the client is gone. One Write at a time: the next only after `written`.
  virtual void Write(std::string bytes, absl::AnyInvocable<void()> written) = 0;
  // Ends the stream after what was written. At most once.
  virtual void Finish(absl::Status status) = 0;
  // Runs once when the client has gone or the deadline has passed, also when that was so already.
  virtual void OnCancelled(absl::AnyInvocable<void()> cancelled) = 0;
};

template <class Request, class Response>
class UnaryCall {
 public:
  UnaryCall(Request request, Caller caller, std::unique_ptr<UnaryResponder> responder)
      : request_(std::move(request)), caller_(std::move(caller)), responder_(std::move(responder)) {}
  const Request& request() const { return request_; }
  const Caller& caller() const { return caller_; }
  // Exactly one of these, once.
  void Reply(absl::StatusOr<Response> response) {
    if (!response.ok()) return responder_->Finish(response.status());
    responder_->Finish(response->SerializeAsString());
  }
  void ReplyBytes(absl::StatusOr<std::string> bytes) { responder_->Finish(std::move(bytes)); }

 private:
  Request request_;
  Caller caller_;
  std::unique_ptr<UnaryResponder> responder_;
};

template <class Request, class Response>
class StreamCall {
 public:
  StreamCall(Request request, Caller caller, std::unique_ptr<StreamResponder> responder)
      : request_(std::move(request)), caller_(std::move(caller)), responder_(std::move(responder)) {}
  const Request& request() const { return request_; }
  const Caller& caller() const { return caller_; }
  void Write(const Response& response, absl::AnyInvocable<void()> written) {
    responder_->Write(response.SerializeAsString(), std::move(written));
  }
  void Finish(absl::Status status) { responder_->Finish(std::move(status)); }
  void OnCancelled(absl::AnyInvocable<void()> cancelled) { responder_->OnCancelled(std::move(cancelled)); }

 private:
  Request request_;
  Caller caller_;
  std::unique_ptr<StreamResponder> responder_;
};

// The server's half of a bidirectional stream, made by the method for each call and destroyed after the last callback.
// The front end calls OnMessage and OnHalfClose from one thread at a time.
class BidiHandler {
 public:
  virtual ~BidiHandler() = default;
  virtual void OnMessage(absl::string_view bytes) = 0;
  virtual void OnHalfClose() = 0;  // the client sends no more
  virtual void OnCancelled() = 0;  // the client is gone: nothing can be written any more
};

// What a bidirectional handler writes to. Safe from any thread. Writes are queued and leave in order.
class BidiResponder {
 public:
  virtual ~BidiResponder() = default;
  virtual void Write(std::string bytes) = 0;
  virtual void Finish(absl::Status status) = 0;
  // Stops and resumes reading, so that a client that sends faster than it is answered waits.
  virtual void PauseReading() = 0;
  virtual void ResumeReading() = 0;
};

// One method as the front ends see it.
struct Method {
  enum class Kind { kUnary, kServerStream, kBidi };
  using UnaryHandler = std::function<void(std::unique_ptr<google::protobuf::Message> request, Caller caller,
                                          std::unique_ptr<UnaryResponder> responder)>;
  using StreamHandler = std::function<void(std::unique_ptr<google::protobuf::Message> request, Caller caller,
                                           std::unique_ptr<StreamResponder> responder)>;
  using BidiFactory =
      std::function<std::unique_ptr<BidiHandler>(Caller caller, std::shared_ptr<BidiResponder> responder)>;
  std::string name;  // "sallyport.access.v1.AccessService/Authorize"
  Kind kind = Kind::kUnary;
  const google::protobuf::Message* request = nullptr;  // default instances
  const google::protobuf::Message* response = nullptr;
  UnaryHandler unary;
  StreamHandler stream;
  BidiFactory bidi;
};

// Filled before serving, unchanged afterwards: const calls are safe from any thread.
class Router {
 public:
  template <class Request, class Response>
  void Unary(const std::string& name, std::function<void(UnaryCall<Request, Response>)> handler) {
    Method method = Make<Request, Response>(name, Method::Kind::kUnary);
    method.unary = [handler = std::move(handler)](std::unique_ptr<google::protobuf::Message> request, Caller caller,
                                                  std::unique_ptr<UnaryResponder> responder) {
      handler(UnaryCall<Request, Response>(std::move(static_cast<Request&>(*request)), std::move(caller),
                                           std::move(responder)));
    };
    Add(std::move(method));
  }
  template <class Request, class Response>
  void ServerStream(const std::string& name, std::function<void(StreamCall<Request, Response>)> handler) {
    Method method = Make<Request, Response>(name, Method::Kind::kServerStream);
    method.stream = [handler = std::move(handler)](std::unique_ptr<google::protobuf::Message> request, Caller caller,
                                                   std::unique_ptr<StreamResponder> responder) {
      handler(StreamCall<Request, Response>(std::move(static_cast<Request&>(*request)), std::move(caller),
                                            std::move(responder)));
    };
    Add(std::move(method));
  }
  template <class Request, class Response>
  void Bidi(const std::string& name, Method::BidiFactory factory) {
    Method method = Make<Request, Response>(name, Method::Kind::kBidi);
    method.bidi = std::move(factory);
    Add(std::move(method));
  }

  // Null when there is no such method. Every method of every service in the API's descriptors is there after
  // AddUnimplemented: those that nobody registered answer UNIMPLEMENTED.
  const Method* Find(absl::string_view name) const;
  // In order of names.
  std::vector<const Method*> methods() const;
  // Registers what the named services ("sallyport.access.v1.AccessService") declare and nobody registered.
  void AddUnimplemented(absl::string_view service);

 private:
  template <class Request, class Response>
  static Method Make(const std::string& name, Method::Kind kind) {
    Method method;
    method.name = name;
    method.kind = kind;
    method.request = &Request::default_instance();
    method.response = &Response::default_instance();
    return method;
  }
  void Add(Method method);  // a name twice is a bug: aborts
  absl::flat_hash_map<std::string, std::unique_ptr<Method>> methods_;
};

}  // namespace sallyport::transport
