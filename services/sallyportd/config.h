#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// The daemon's configuration file. deploy/sallyportd.example.yaml is its reference: every key, with its default.
namespace sallyport {

// Where times come from.
enum class ClockMode {
  kSystem,        // the machine's clock
  kFromRequests,  // simulations only: the read times of requests; the log's first record says so
};

struct TlsFiles {
  std::string ca;           // PEM: who signs client certificates
  std::string certificate;  // PEM: the server's certificate chain
  std::string key;          // PEM: its private key
};

// An operator that exists from the first start on. Later changes go through the API, not through the file.
struct BootstrapOperator {
  std::string id;
  std::string name;
  std::string kind;                // "person", "service" or "gateway"
  std::vector<std::string> roles;  // as the policies name them
  std::string token_id;            // empty: no token (a gateway has its certificate)
  std::string token_sha256;        // SHA-256 over the token's secret part, lower-case hex
};

struct Limits {
  size_t queue_commands = 4096;                   // more waiting: RESOURCE_EXHAUSTED at once
  size_t batch_commands = 512;                    // commands a transaction
  size_t request_bytes = 4u << 20;                // a message of a client
  size_t document_bytes = 16u << 20;              // a facility document
  size_t streams = 1024;                          // open at once, watchers and gateways together
  absl::Duration read_age = absl::Seconds(5);     // an older badge read is recorded and refused
  absl::Duration answers_kept = absl::Hours(24);  // for repeats of a request_id; not less
  absl::Duration drain = absl::Seconds(10);       // for calls in progress when the daemon stops
};

// Paths are absolute: those in the file are relative to the folder that the file is in.
struct Config {
  std::string path;    // of the file itself
  std::string origin;  // names the log; the name of its key
  std::string data_dir;
  std::string grpc_listen = "127.0.0.1:7443";
  std::string https_listen = "127.0.0.1:8443";
  std::string metrics_listen;  // empty: no metrics endpoint
  TlsFiles tls;
  std::string subject_keys;  // file of the people's wrapped keys; in data_dir unless it names another place
  std::string log_key;   // file with the log's signing key (skey)
  std::string data_key;  // file with the key that wraps the keys of personal data (audit/key_file.h)
  bool log_public = false;
  std::string policies;  // folder, proposed and activated on first start
  std::string facility;  // file, applied on first start; empty: none
  ClockMode clock = ClockMode::kSystem;
  uint64_t seed = 0;  // of a simulation
  std::string log_level = "info";
  std::vector<BootstrapOperator> operators;
  Limits limits;
};

// Reads and checks a configuration file. Strict: an unknown key, a key that stands twice, a value of the wrong kind or
// out of range is an error. INVALID_ARGUMENT lists every problem, one a line, as "file:line: key: what is wrong".
// The files that the configuration names are not opened.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// The same from text; `path` names it in errors and is what relative paths are relative to.
absl::StatusOr<Config> ParseConfig(const std::string& text, const std::string& path);

}  // namespace sallyport
