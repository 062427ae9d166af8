#include "transport/grpc_server.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status.h"
#include "transport/grpc_calls.h"
#include "transport/limits.h"
#include "transport/parse.h"

namespace sallyport::transport {
namespace {

// Server credentials whose certificates can be exchanged while the server runs. gRPC's C++ interface has them only as
// files that a thread polls; its C interface asks, before each handshake, whether there are new ones.
class ReloadableCredentials final : public grpc::ServerCredentials {
 public:
  explicit ReloadableCredentials(TlsIdentity identity)
      : identity_(std::move(identity)),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY, &ReloadableCredentials::Fetch, this))) {}
  ~ReloadableCredentials() override { grpc_server_credentials_release(credentials_); }

  void Replace(TlsIdentity identity) {
    const std::lock_guard lock(mutex_);
    identity_ = std::move(identity);
    fresh_ = true;
  }
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<ReloadableCredentials*>(self)->Fetch(config);
  }
  grpc_ssl_certificate_config_reload_status Fetch(grpc_ssl_server_certificate_config** config) {
    const std::lock_guard lock(mutex_);
    if (!fresh_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {identity_.key.c_str(), identity_.certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(identity_.ca.c_str(), &pair, 1);
    fresh_ = false;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  std::mutex mutex_;
  TlsIdentity identity_;
  bool fresh_ = true;
  grpc_server_credentials* const credentials_;
};

// gRPC's own messages, most of them about what strangers do, into the program's log.
void LogFromGrpc(gpr_log_func_args* args) {
  const LogLevel level = args->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarning : LogLevel::kDebug;
  Log(level, "grpc", {{"text", args->message}});
}

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

void SetLimits(const Gate& gate, grpc::ServerBuilder& builder) {
  // The largest that any method takes; the gate holds each to its own.
  builder.SetMaxReceiveMessageSize(static_cast<int>(gate.LargestRequest()));
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kGrpcMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kGrpcCallsPerConnectionMax);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(kGrpcKeepaliveTime));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(kGrpcKeepaliveTimeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(kGrpcClientPingInterval));
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a second daemon on the port must fail
  // A few packed bytes must not become gigabytes, least of all before anybody has been authenticated.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetResourceQuota(grpc::ResourceQuota("transport").Resize(kGrpcBufferBytesMax));
}

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(Gate& gate, GrpcOptions options) : gate_(gate), options_(std::move(options)) {}

  absl::Status Start() {
    SilenceProtobuf();
    gpr_set_log_function(&LogFromGrpc);
    SP_RETURN_IF_ERROR(RequireTls13());
    SP_ASSIGN_OR_RETURN(TlsIdentity identity, LoadTlsIdentity(options_.tls));
    credentials_ = std::make_shared<ReloadableCredentials>(std::move(identity));
    AddServices();

    const size_t colon = options_.listen.rfind(':');
    if (colon == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", options_.listen, "\" is not an address: expected host:port"));
    }
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    SetLimits(gate_, builder);
    int port = 0;
    builder.AddListeningPort(options_.listen, credentials_, &port);
    for (const auto& [name, service] : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.listen));
    }
    address_ = absl::StrCat(options_.listen.substr(0, colon), ":", port);
    SetServing(true);
    return absl::OkStatus();
  }

  absl::Status Reload() {
    SP_ASSIGN_OR_RETURN(TlsIdentity identity, LoadTlsIdentity(options_.tls));
    credentials_->Replace(std::move(identity));
    return absl::OkStatus();
  }

  void SetServing(bool serving) {
    grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
    for (const auto& [name, service] : services_) health->SetServingStatus(name, serving);
    health->SetServingStatus("", serving);
  }

  void Stop(absl::Duration drain) {
    const std::lock_guard lock(stop_mutex_);
    if (server_ == nullptr || stopped_) return;
    stopped_ = true;
    server_->GetHealthCheckService()->Shutdown();
    bidis_.DrainAll();
    server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(drain));
    server_->Wait();
  }

  const std::string& address() const { return address_; }

 private:
  void AddServices() {
    for (const Method* method : gate_.router().methods()) {
      const std::string name = method->name.substr(0, method->name.find('/'));
      std::unique_ptr<RoutedService>& service = services_[name];
      if (service == nullptr) service = std::make_unique<RoutedService>();
      service->Add(*method, gate_, bidis_);
    }
  }

  Gate& gate_;
  const GrpcOptions options_;
  std::string address_;
  OpenBidis bidis_;
  std::shared_ptr<ReloadableCredentials> credentials_;
  std::map<std::string, std::unique_ptr<RoutedService>> services_;
  std::mutex stop_mutex_;
  bool stopped_ = false;
  std::unique_ptr<grpc::Server> server_;
};

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(Gate& gate, const GrpcOptions& options) {
  auto impl = std::make_unique<Impl>(gate, options);
  SP_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() { Stop(absl::ZeroDuration()); }
const std::string& GrpcServer::address() const { return impl_->address(); }
absl::Status GrpcServer::ReloadCertificates() { return impl_->Reload(); }
void GrpcServer::SetServing(bool serving) { impl_->SetServing(serving); }
void GrpcServer::Stop(absl::Duration drain) { impl_->Stop(drain); }

}  // namespace sallyport::transport
