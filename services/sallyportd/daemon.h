#pragma once

#include <signal.h>

#include <string>

#include "absl/status/status.h"
#include "sallyportd/config.h"

namespace sallyport {

struct DaemonOptions {
  std::string ready_file;  // empty: none
};

// SIGTERM, SIGINT and SIGHUP, blocked in this thread and in all that it starts; call it before there are others.
// SIGPIPE is ignored.
sigset_t BlockSignals();

// Opens the database, recovers, serves, and returns after SIGTERM or SIGINT, when calls in progress have been answered
// (limits.drain) and the log's last record says that it was stopped. SIGHUP reads certificates and the log level again.
// The error names the file, address or setting that is to blame.
absl::Status RunDaemon(const Config& config, const DaemonOptions& options, const sigset_t& signals);

}  // namespace sallyport
