#include "sallyportd/service_manager.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"

namespace sallyport {

absl::Status AnnounceReady(const std::string& ready_file, const std::string& grpc_address, const std::string& https_address) {
  if (!ready_file.empty()) {
    SP_RETURN_IF_ERROR(WriteFileAtomically(
        ready_file, absl::StrCat("{\"grpc\": \"", grpc_address, "\", \"https\": \"", https_address, "\"}\n")));
  }
  sd_notify(0, "READY=1");
  return absl::OkStatus();
}

void AnnounceReloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t microseconds = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  sd_notify(0, absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", microseconds).c_str());
}

void AnnounceReloaded() { sd_notify(0, "READY=1"); }
void AnnounceStopping() { sd_notify(0, "STOPPING=1"); }

}  // namespace sallyport
