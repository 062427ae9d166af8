#pragma once

#include <string>

#include "absl/status/status.h"

// What the daemon tells whoever started it.
namespace sallyport {

// Writes {"grpc": "127.0.0.1:7443", "https": "127.0.0.1:8443"} (atomically) to `ready_file`, unless that is empty, and
// tells systemd that the daemon serves.
absl::Status AnnounceReady(const std::string& ready_file, const std::string& grpc_address, const std::string& https_address);
void AnnounceReloading();
void AnnounceReloaded();
void AnnounceStopping();

}  // namespace sallyport
