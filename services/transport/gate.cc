#include "transport/gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sallyport::transport {

Gate::Gate(const Router& router, const Authenticator& authenticator, const GateLimits& limits)
    : router_(router),
      authenticator_(authenticator),
      limits_(limits),
      document_methods_(limits.document_methods.begin(), limits.document_methods.end()) {}

size_t Gate::RequestBytesMax(absl::string_view method) const {
  return document_methods_.contains(method) ? limits_.document_bytes : limits_.request_bytes;
}

absl::Status Gate::CheckSize(absl::string_view method, size_t bytes) const {
  const size_t bytes_max = RequestBytesMax(method);
  if (bytes <= bytes_max) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the request has ", bytes, " bytes; at most ", bytes_max, " are allowed"));
}

size_t Gate::LargestRequest() const { return std::max(limits_.request_bytes, limits_.document_bytes); }

absl::StatusOr<Gate::Slot> Gate::OpenStream() {
  Slot slot(&streams_);
  if (streams_.fetch_add(1) < limits_.streams) return slot;
  return absl::ResourceExhaustedError(absl::StrCat("as many streams are open as may be: ", limits_.streams));
}

}  // namespace sallyport::transport
