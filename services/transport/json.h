#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Protobuf's JSON mapping, strictly: what protobuf's own parser lets pass (trailing commas, single quotes, a name
// twice) is refused here. Pure functions, safe from any thread.
namespace sallyport::transport {

// INVALID_ARGUMENT for text that is not RFC 8259 JSON in UTF-8, nests deeper than kJsonDepthMax or names a member
// twice. The error says where.
absl::Status CheckJson(absl::string_view text);

// A message from JSON; both spellings of a field's name are taken. INVALID_ARGUMENT besides CheckJson's: an unknown
// field or a value that does not fit, as a violation that names the field.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ParseJsonRequest(const google::protobuf::Message& prototype,
                                                                            absl::string_view text);

// A serialised message of the prototype's type as JSON on one line. INTERNAL when the bytes are none.
absl::StatusOr<std::string> JsonOf(const google::protobuf::Message& prototype, absl::string_view bytes);

}  // namespace sallyport::transport
