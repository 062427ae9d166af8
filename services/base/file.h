#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sallyport {

// Reads a whole file of at most `bytes_max`; NOT_FOUND, PERMISSION_DENIED or RESOURCE_EXHAUSTED, each naming the path.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max);

// Writes through a temporary file beside `path`, fsync and rename: readers see the old content or the new, never a part.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content, unsigned mode = 0644);

// Creates `path`; ALREADY_EXISTS when there is one. For keys and tokens: give mode 0600.
absl::Status WriteNewFile(const std::string& path, absl::string_view content, unsigned mode);

}  // namespace sallyport
