#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sallyport/client.h"
#include "sallyport/profile.h"

// What `sallyport doctor` looks at, one finding a check. Nothing here changes anything or asks for personal data.
namespace sallyport::cli {

enum class Health { kOk, kWarn, kFail };

struct Finding {
  Health health = Health::kOk;
  std::string check;   // "server certificate"
  std::string detail;  // what was found and, unless it is well, what to do
  int exit_code = 1;   // of a failure, see exit_code.h
};

inline constexpr absl::Duration kCertificateWarning = absl::Hours(24 * 30);  // time to plan a change
inline constexpr absl::Duration kClockSkewMax = absl::Seconds(2);            // a read is refused when it is 5 s old
inline constexpr uint64_t kDiskBytesWarn = 5ull << 30;                       // some months of a large site's log
inline constexpr uint64_t kDiskBytesFail = 256ull << 20;                     // hours; a full disk stops every door

// The profile's own files: that they can be read, that keys and tokens are nobody else's, that certificates are valid
// and belong to their keys.
std::vector<Finding> CheckProfile(const Profile& profile, absl::Time now);

// The folder of a daemon on this machine, as `init` writes it: configuration, keys, certificates, policies, disk.
// Nothing when there is no sallyportd.yaml in it.
std::vector<Finding> CheckFolder(const std::string& folder, absl::Time now);

// The server: reachable, serving, knows who asks, its clock, and its log's signature by the key in `vkey` (a verifier
// key's text; empty: not known). Stops at the first step that the later ones need.
std::vector<Finding> CheckServer(const Client& client, const Profile& profile, absl::string_view vkey,
                                 absl::Duration timeout, absl::Time now);

}  // namespace sallyport::cli
