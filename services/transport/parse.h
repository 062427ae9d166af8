#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// From a request's bytes to a message. Pure functions, safe from any thread.
namespace sallyport::transport {

// INVALID_ARGUMENT when the bytes are no such message. A string that is not UTF-8 is named as a field violation.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ParseRequest(const google::protobuf::Message& prototype,
                                                                        absl::string_view bytes);

// Why ParseRequest refused these bytes.
absl::Status ExplainParseError(const google::protobuf::Descriptor& type, absl::string_view bytes);

// The path of the first string field that is not valid UTF-8, in the fields' own names: "filter.person_id"; empty when
// there is none or when the bytes are malformed before one.
std::string FindInvalidText(const google::protobuf::Descriptor& type, absl::string_view bytes);

// Keeps protobuf from writing to standard error what it thinks of bad requests. Process-wide, idempotent.
void SilenceProtobuf();

}  // namespace sallyport::transport
