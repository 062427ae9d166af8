#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/rpc/status.pb.h"

// Errors as clients see them, the same through both front ends: google.rpc.Status with an ErrorInfo (domain
// "sallyport"; the reason that the error carries, or the name of its code) and, where fields are wrong, a BadRequest.
namespace sallyport::transport {

// Of a status that is not OK. INTERNAL, UNKNOWN and DATA_LOSS are ours to know: they go to the program's log, with
// `method`, and the client learns the code alone. The message is cut to `message_bytes_max` (at a character), the
// details to `details_bytes_max` by leaving out violations.
google::rpc::Status ToRpcStatus(const absl::Status& status, absl::string_view method, size_t message_bytes_max,
                                size_t details_bytes_max);

}  // namespace sallyport::transport
