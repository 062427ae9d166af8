#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "transport/connect.h"
#include "transport/gate.h"
#include "transport/http_peer.h"
#include "transport/http_server.h"
#include "transport/mailbox.h"

// For the HTTPS server's own files: slow to compile.
namespace sallyport::transport {

struct StreamState;

// One request and its answer: by the Connect protocol to a method of the router, or to a resource. Lives on the
// connection's strand; everything given to the constructor outlives it.
class HttpExchange {
 public:
  HttpExchange(HttpPeer& peer, HttpParser& parser, Gate& gate, const std::vector<HttpResource>& resources);

  // Answers. Whether the connection may be used for another request.
  Awaitable<bool> Serve();
  // An answer to what is no request. The connection is of no more use.
  static Awaitable<void> Refuse(HttpPeer& peer, unsigned status, absl::string_view why);

 private:
  Awaitable<bool> ServeResource(const HttpResource& resource);
  Awaitable<bool> ServeMethod();
  Awaitable<bool> RunUnary();
  Awaitable<bool> RunStream();
  // Sends messages until the stream has ended; nothing when the client is gone.
  Awaitable<std::optional<absl::Status>> Forward(StreamState& state);

  // Answers what the protocol refuses before it is Connect: path, verb, content type.
  std::optional<HttpResponse> Route();
  // Everything that can be decided before the body is read.
  absl::Status Prepare();
  // From the body to the request's message.
  absl::Status Decode();
  absl::Status DecodeQuery();

  absl::string_view Header(absl::string_view name) const;
  Credentials PeerCredentials() const;
  HttpResponse Make(unsigned status, absl::string_view content_type, std::string body) const;
  HttpResponse MakeError(unsigned status, const absl::Status& error) const;
  Awaitable<bool> Send(HttpResponse response);
  Awaitable<bool> Fail(absl::Status error);

  HttpPeer& peer_;
  HttpParser& parser_;
  Gate& gate_;
  const std::vector<HttpResource>& resources_;
  std::string path_;
  std::string query_;

  // Of a method's call, as it becomes known.
  const Method* method_ = nullptr;
  connect::ContentType type_;
  bool get_ = false;
  bool gzip_ = false;  // the request is
  Mailbox<int>::TimePoint deadline_ = Mailbox<int>::TimePoint::max();
  Caller caller_;
  std::unique_ptr<google::protobuf::Message> request_;
};

}  // namespace sallyport::transport
