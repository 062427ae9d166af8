#include "base/status.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sallyport {
namespace {

constexpr char kFields[] = "sallyport/fields";  // field NUL description NUL field NUL …
constexpr char kReason[] = "sallyport/reason";

}  // namespace

absl::Status FieldError(absl::string_view field, absl::string_view description) {
  absl::Status status = absl::InvalidArgumentError(absl::StrCat(field, ": ", description));
  std::string payload = absl::StrCat(field);
  payload.push_back('\0');
  absl::StrAppend(&payload, description);
  status.SetPayload(kFields, absl::Cord(payload));
  return status;
}

absl::Status WithReason(absl::Status status, absl::string_view reason) {
  if (!status.ok()) status.SetPayload(kReason, absl::Cord(reason));
  return status;
}

std::vector<FieldViolation> FieldViolations(const absl::Status& status) {
  std::vector<FieldViolation> out;
  const auto payload = status.GetPayload(kFields);
  if (!payload) return out;
  const std::string text(*payload);
  const std::vector<std::string> parts = absl::StrSplit(text, '\0');
  for (size_t i = 0; i + 1 < parts.size(); i += 2) out.push_back({parts[i], parts[i + 1]});
  return out;
}

std::string ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kReason);
  return payload ? std::string(*payload) : std::string();
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status out(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&out](absl::string_view url, const absl::Cord& payload) { out.SetPayload(url, payload); });
  return out;
}

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "{\"level\":\"fatal\",\"message\":\"check failed: %s\",\"at\":\"%s:%d\"}\n", condition, file, line);
  std::abort();
}

}  // namespace sallyport
