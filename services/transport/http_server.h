#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "transport/gate.h"
#include "transport/tls.h"

namespace sallyport::transport {

// What a resource answers.
struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string cache_control = "no-store";
  std::string body;
  bool compressible = false;  // worth gzip, for clients that take it
};

// Where it goes. Finish is called once, from any thread; dropping it without answers 500.
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;
  virtual void Finish(HttpReply reply) = 0;
};

// What can be fetched by GET and HEAD beside the API's methods.
struct HttpResource {
  std::string prefix;  // of the path: "/log/tile/"
  std::string action;  // the method whose permission it takes; empty: anybody may
  // `path` without its query, not decoded. Must not block.
  std::function<void(absl::string_view path, std::unique_ptr<HttpResponder> responder)> get;
};

struct HttpOptions {
  std::string listen;  // "127.0.0.1:8443" or "[::1]:8443"; port 0 takes a free one
  TlsFiles tls;
  int threads = 2;                      // for sockets, TLS and JSON; no stream holds one
  std::vector<HttpResource> resources;  // of several that fit, the longest prefix counts
};

// The HTTPS front end: unary methods and server streams of the router by the Connect protocol over HTTP/1.1 with
// TLS 1.3, and resources.
class HttpServer {
 public:
  // The gate outlives the server. INVALID_ARGUMENT or NOT_FOUND names a certificate file or a malformed address,
  // UNAVAILABLE an address that could not be taken.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(Gate& gate, HttpOptions options);
  ~HttpServer();  // as Stop with no time to drain
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Where it listens, with the port that was taken.
  const std::string& address() const;

  // Reads the certificate files again; connections from then on use them. On error everything stays as it was.
  absl::Status ReloadCertificates();

  // Takes no more connections, closes idle ones, waits for requests in progress and cuts those that take longer than
  // `drain`. Idempotent. Server streams are ended by whoever feeds them, first.
  void Stop(absl::Duration drain);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport::transport
