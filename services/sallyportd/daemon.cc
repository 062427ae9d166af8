#include "sallyportd/daemon.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status.h"
#include "engine/engine.h"
#include "sallyportd/bootstrap.h"
#include "sallyportd/engine_setup.h"
#include "sallyportd/service_manager.h"
#include "storage/sqlite_store.h"
#include "transport/authentication.h"
#include "transport/gate.h"
#include "transport/grpc_server.h"
#include "transport/http_server.h"
#include "transport/log_resources.h"
#include "transport/reflection.h"
#include "transport/rpc.h"
#include "transport/services/api.h"
#include "transport/services/workers.h"

namespace sallyport {
namespace {

LogLevel LevelOf(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

unsigned WorkerThreads() { return std::max(2u, std::thread::hardware_concurrency()); }

transport::GateLimits GateLimitsOf(const Limits& limits) {
  transport::GateLimits out;
  out.request_bytes = limits.request_bytes;
  out.document_bytes = limits.document_bytes;
  out.streams = limits.streams;
  return out;
}

// The engine and everything that serves it, in the order in which they may be destroyed.
class Daemon {
 public:
  Daemon(const Config& config, storage::Store& store) : config_(config), store_(store), workers_(WorkerThreads()) {}

  absl::Status Start() {
    SP_ASSIGN_OR_RETURN(engine::Keys keys, LoadKeys(config_));
    SP_ASSIGN_OR_RETURN(engine_, engine::Engine::Start(store_, clock_, random_, std::move(keys), EngineOptions(config_)));
    SP_RETURN_IF_ERROR(Bootstrap(*engine_, config_));
    api_ = std::make_unique<transport::Api>(router_, *engine_, workers_);
    transport::AddReflection(router_);
    authenticator_ = std::make_unique<transport::Authenticator>([this] { return engine_->snapshot(); },
                                                                [this] { return engine_->now(); });
    gate_ = std::make_unique<transport::Gate>(router_, *authenticator_, GateLimitsOf(config_.limits));
    const transport::TlsFiles tls{config_.tls.ca, config_.tls.certificate, config_.tls.key};
    SP_ASSIGN_OR_RETURN(grpc_, transport::GrpcServer::Start(*gate_, {config_.grpc_listen, tls}));
    SP_ASSIGN_OR_RETURN(https_, transport::HttpServer::Start(*gate_, HttpOptionsOf(tls)));
    engine_->OnFailure([this] { grpc_->SetServing(false); });
    if (!engine_->healthy()) grpc_->SetServing(false);  // it failed before anybody listened
    Log(LogLevel::kInfo, "serving", {{"grpc", grpc_->address()}, {"https", https_->address()}, {"origin", config_.origin}});
    return absl::OkStatus();
  }

  // Certificates and log level.
  void Reload() {
    AnnounceReloading();
    const auto again = LoadConfig(config_.path);
    if (again.ok()) SetLogLevel(LevelOf(again->log_level));
    absl::Status status = again.status();
    if (status.ok()) status = grpc_->ReloadCertificates();
    if (status.ok()) status = https_->ReloadCertificates();
    Log(status.ok() ? LogLevel::kInfo : LogLevel::kError, status.ok() ? "reloaded" : "reload failed; nothing has changed",
        {{"error", std::string(status.message())}});
    AnnounceReloaded();
  }

  void Stop() {
    AnnounceStopping();
    Log(LogLevel::kInfo, "stopping");
    grpc_->SetServing(false);
    api_->EndStreams();
    https_->Stop(config_.limits.drain);
    grpc_->Stop(config_.limits.drain);
    engine_->Stop();
  }

  const std::string& grpc_address() const { return grpc_->address(); }
  const std::string& https_address() const { return https_->address(); }
  bool healthy() const { return engine_->healthy(); }

 private:
  transport::HttpOptions HttpOptionsOf(const transport::TlsFiles& tls) {
    transport::HttpOptions out;
    out.listen = config_.https_listen;
    out.tls = tls;
    out.resources = transport::LogResources(*engine_, workers_, config_.log_public);
    return out;
  }

  const Config& config_;
  storage::Store& store_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<engine::Engine> engine_;
  transport::Workers workers_;
  transport::Router router_;
  std::unique_ptr<transport::Api> api_;
  std::unique_ptr<transport::Authenticator> authenticator_;
  std::unique_ptr<transport::Gate> gate_;
  std::unique_ptr<transport::GrpcServer> grpc_;
  std::unique_ptr<transport::HttpServer> https_;
};

}  // namespace

sigset_t BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

absl::Status RunDaemon(const Config& config, const DaemonOptions& options, const sigset_t& signals) {
  SetLogLevel(LevelOf(config.log_level));
  SP_RETURN_IF_ERROR(transport::RequireTls13());
  SP_ASSIGN_OR_RETURN(const std::string database, DatabasePath(config));
  SP_ASSIGN_OR_RETURN(const std::unique_ptr<storage::SqliteStore> store,
                      storage::SqliteStore::Open(database, {.keys_path = config.subject_keys}));
  Daemon daemon(config, *store);
  SP_RETURN_IF_ERROR(daemon.Start());
  SP_RETURN_IF_ERROR(AnnounceReady(options.ready_file, daemon.grpc_address(), daemon.https_address()));
  while (true) {
    int number = 0;
    sigwait(&signals, &number);
    if (number != SIGHUP) break;
    daemon.Reload();
  }
  daemon.Stop();
  return daemon.healthy() ? absl::OkStatus() : absl::UnavailableError("the log could not be written");
}

}  // namespace sallyport
