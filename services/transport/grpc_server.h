#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "transport/gate.h"
#include "transport/tls.h"

namespace sallyport::transport {

struct GrpcOptions {
  std::string listen;  // "127.0.0.1:7443"; port 0 takes a free one
  TlsFiles tls;
};

// The gRPC front end: every method of the router over TLS 1.3, on gRPC's own threads (callback API), with
// grpc.health.v1.Health beside them, which alone needs no identity. A call whose deadline has passed is not run.
class GrpcServer {
 public:
  // Serves what the gate's router has now. The gate outlives the server. INVALID_ARGUMENT or NOT_FOUND names a
  // certificate file, UNAVAILABLE the address that could not be taken.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(Gate& gate, const GrpcOptions& options);
  ~GrpcServer();  // as Stop with no time to drain
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Where it listens, with the port that was taken.
  const std::string& address() const;

  // Reads the certificate files again; connections from then on use them. On error everything stays as it was.
  absl::Status ReloadCertificates();

  // What health says, of the server and of each service: SERVING at first, NOT_SERVING for good once it stops. From any
  // thread.
  void SetServing(bool serving);

  // Takes no more calls, lets bidirectional streams answer what they have received, waits for calls in progress and
  // cancels those that take longer than `drain`. Idempotent. Server streams are ended by whoever feeds them, first.
  void Stop(absl::Duration drain);

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport::transport
