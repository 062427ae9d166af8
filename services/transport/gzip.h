#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// gzip (RFC 1952) of whole messages. Pure functions, safe from any thread.
namespace sallyport::transport {

std::string Gzip(absl::string_view bytes);

// INVALID_ARGUMENT when the bytes are not one whole gzip member; RESOURCE_EXHAUSTED as soon as it unpacks to more than
// `bytes_max`, so that a small body cannot become a large one.
absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t bytes_max);

}  // namespace sallyport::transport
