// sallyportd: the daemon. Runs in the foreground; what it does is in daemon.h.
#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "base/log.h"
#include "sallyportd/config.h"
#include "sallyportd/daemon.h"

namespace {

int Fail(const absl::Status& status) {
  sallyport::Log(sallyport::LogLevel::kError, "stopped", {{"error", std::string(status.message())}});
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Sallyport's daemon: decides at doors, keeps custody of devices, signs what it did.", "sallyportd");
  std::string config_path;
  std::string grpc_listen;
  std::string https_listen;
  sallyport::DaemonOptions options;
  app.add_option("--config", config_path, "Configuration file; see sallyportd.example.yaml")->required();
  app.add_option("--grpc-listen", grpc_listen, "ADDRESS:PORT in place of grpc.listen; port 0 takes a free one");
  app.add_option("--https-listen", https_listen, "ADDRESS:PORT in place of https.listen; port 0 takes a free one");
  app.add_option("--ready-file", options.ready_file, "Written once the daemon serves: its addresses as JSON");
  app.set_version_flag("--version", SALLYPORT_VERSION);
  CLI11_PARSE(app, argc, argv);

  if (sodium_init() < 0) return Fail(absl::InternalError("libsodium cannot be initialised"));
  umask(077);
  const sigset_t signals = sallyport::BlockSignals();
  auto config = sallyport::LoadConfig(config_path);
  if (!config.ok()) return Fail(config.status());
  if (!grpc_listen.empty()) config->grpc_listen = grpc_listen;
  if (!https_listen.empty()) config->https_listen = https_listen;
  const absl::Status status = sallyport::RunDaemon(*config, options, signals);
  return status.ok() ? 0 : Fail(status);
}
