#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "base/secret.h"

// What `sallyport init` makes: everything that a daemon needs to start, in one folder.
//
//   sallyportd.yaml                configuration, with every file below relative to it
//   client.yaml, gateway.yaml      profiles for the command line: the administrator, the first gateway
//   admin.token                    bearer token; with demo also reception.token, security-officer.token, auditor.token
//   ca.crt, ca.key                 the private authority
//   server.crt, server.key         the daemon's certificate
//   gateway.crt, gateway.key       the first gateway's certificate; its common name is the operator gateway-1
//   log.key, log.vkey              signs the log; verifies it
//   data.key                       wraps the keys of personal data
//   policies/                      the policies, to be read and changed
//   facility.yaml                  with demo: the demo facility
//   data/                          empty, for the database
//
// Keys and tokens have mode 0600, the folder that init makes 0700.
namespace sallyport::cli {

struct InitOptions {
  std::string folder;
  bool demo = false;
  std::string origin;  // names the log; empty: "<host name>/sallyport", ".../demo" or ".../simulation"
  bool clock_from_requests = false;
  uint64_t seed = 1;              // of a simulation
  std::string data_dir = "data";  // relative to the folder, or absolute
  std::string grpc_listen = "127.0.0.1:7443";
  std::string https_listen = "127.0.0.1:8443";
  std::vector<std::string> hosts;  // further names and addresses of the server
};

struct InitResult {
  std::string folder;
  std::string origin;
  Secret admin_token;
  std::vector<std::string> files;  // what was written, relative to the folder
};

// Writes the folder. Everything is made in memory and checked before the first byte is written: INVALID_ARGUMENT names
// a wrong option, ALREADY_EXISTS lists what is in the way. When writing fails halfway, what was written is removed.
absl::StatusOr<InitResult> Initialise(const InitOptions& options, absl::Time now, RandomSource& random);

// Where a client on this machine reaches a listener: "0.0.0.0:7443" → "127.0.0.1:7443".
std::string ClientAddress(const std::string& listen);

}  // namespace sallyport::cli
