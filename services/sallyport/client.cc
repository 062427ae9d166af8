#include "sallyport/client.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "sallyport/exit_code.h"

namespace sallyport::cli {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;    // a chain of certificates
constexpr int kMessageBytesMax = 64 << 20;  // answers of a server that the profile trusts

absl::StatusOr<std::string> ReadPem(const std::string& what, const std::string& path) {
  auto pem = ReadFile(path, kPemBytesMax);
  if (!pem.ok()) return Annotate(pem.status(), what);
  return pem;
}

std::string CodeName(grpc::StatusCode code) { return absl::StatusCodeToString(static_cast<absl::StatusCode>(code)); }

}  // namespace

absl::StatusOr<Client> Client::Open(const Profile& profile) {
  if (profile.ca.empty()) {
    return absl::InvalidArgumentError(
        "no certificate authority: give --profile DIR/client.yaml (written by `sallyport init DIR`), or --ca FILE");
  }
  grpc::SslCredentialsOptions tls;
  SP_ASSIGN_OR_RETURN(tls.pem_root_certs, ReadPem("ca", profile.ca));
  if (!profile.certificate.empty()) {
    SP_ASSIGN_OR_RETURN(tls.pem_cert_chain, ReadPem("certificate", profile.certificate));
    SP_ASSIGN_OR_RETURN(tls.pem_private_key, ReadPem("key", profile.key));
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Despite its name this is how long one attempt may take, TLS handshake included; a busy machine needs seconds.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  Client client;
  client.channel_ = grpc::CreateCustomChannel(profile.server, grpc::SslCredentials(tls), arguments);
  client.token_ = profile.token;
  return client;
}

void Client::Prepare(grpc::ClientContext& context, absl::Duration timeout) const {
  if (!token_.empty()) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", token_.reveal()));
  }
  if (timeout != absl::InfiniteDuration()) {
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  }
}

int PrintError(const grpc::Status& status) {
  // A server that answers UNAVAILABLE itself says why in its details; the library's own has none.
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty()) {
    std::fprintf(stderr, "sallyport: cannot reach the server: %s\n", status.error_message().c_str());
    return kUnreachable;
  }
  std::fprintf(stderr, "sallyport: %s: %s\n", CodeName(status.error_code()).c_str(), status.error_message().c_str());
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return kFailed;
  for (const google::protobuf::Any& any : details.details()) {
    google::rpc::BadRequest bad;
    google::rpc::ErrorInfo info;
    if (any.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) {
        std::fprintf(stderr, "  field %s: %s\n", violation.field().c_str(), violation.description().c_str());
      }
    } else if (any.UnpackTo(&info)) {
      std::fprintf(stderr, "  reason: %s\n", info.reason().c_str());
    }
  }
  return kFailed;
}

int PrintError(const absl::Status& status) {
  std::fprintf(stderr, "sallyport: %s\n", std::string(status.message()).c_str());
  return kFailed;
}

}  // namespace sallyport::cli
