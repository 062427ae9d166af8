#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sallyport/profile.h"

// The connection to a server: gRPC over TLS, with a bearer token or a client certificate.
namespace sallyport::cli {

class Client {
 public:
  // Reads the certificate files; does not connect yet. INVALID_ARGUMENT or NOT_FOUND names what is missing.
  static absl::StatusOr<Client> Open(const Profile& profile);

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // Credentials and, unless it is infinite, a deadline. The context serves one call.
  void Prepare(grpc::ClientContext& context, absl::Duration timeout) const;

 private:
  std::shared_ptr<grpc::Channel> channel_;
  Secret token_;
};

// Says on standard error what the server answered: code, message, field violations and reason. Returns the exit code:
// kUnreachable when there was no server, kFailed otherwise.
int PrintError(const grpc::Status& status);

// The same for what failed on this side; kFailed.
int PrintError(const absl::Status& status);

}  // namespace sallyport::cli
