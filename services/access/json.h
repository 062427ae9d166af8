#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/value.h"

// Cedar values as plain JSON, made for reading: datetimes are RFC 3339 in UTC with milliseconds, durations milliseconds
// ("86400000ms"), decimals and addresses their text, entities "Type::\"id\"". Nothing in the text depends on more than
// the value.
namespace sallyport::access {

void AppendJsonString(absl::string_view text, std::string& out);  // with its quotes
void AppendJson(const cedar::Value& value, std::string& out);

// `record` with the members of the JSON object in place of those of the same name; objects are merged in depth. A
// member whose kind cannot be told from JSON (a datetime, a duration) is read as what it replaces. INVALID_ARGUMENT,
// with the field "context", when the text is no object, or a member is null, a fraction or not of the replaced one's
// kind.
absl::StatusOr<cedar::Value> MergeJson(const cedar::Value& record, absl::string_view json);

}  // namespace sallyport::access
