#include "transport/errors.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status.h"
#include "google/rpc/error_details.pb.h"
#include "transport/limits.h"

namespace sallyport::transport {
namespace {

constexpr absl::string_view kCut = "…";

bool IsOurs(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

// At most `bytes_max` bytes, and no part of a character.
std::string Cut(absl::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  size_t end = bytes_max - kCut.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), kCut);
}

void AddErrorInfo(const std::string& reason, google::rpc::Status* out) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("sallyport");
  out->add_details()->PackFrom(info);
}

void AddViolations(const std::vector<FieldViolation>& violations, size_t bytes_max, google::rpc::Status* out) {
  google::rpc::BadRequest bad;
  for (const FieldViolation& violation : violations) {
    if (static_cast<size_t>(bad.field_violations_size()) == kViolationsMax) break;
    auto* added = bad.add_field_violations();
    added->set_field(violation.field);
    added->set_description(violation.description);
    if (bad.ByteSizeLong() <= bytes_max) continue;
    bad.mutable_field_violations()->RemoveLast();
    break;
  }
  if (bad.field_violations_size() > 0) out->add_details()->PackFrom(bad);
}

}  // namespace

google::rpc::Status ToRpcStatus(const absl::Status& status, absl::string_view method, size_t message_bytes_max,
                                size_t details_bytes_max) {
  google::rpc::Status out;
  out.set_code(static_cast<int32_t>(status.code()));
  if (IsOurs(status.code())) {
    Log(LogLevel::kError, "a call failed",
        {{"method", std::string(method)},
         {"error", std::string(status.ToString(absl::StatusToStringMode::kWithNoExtraData))}});
    out.set_message("internal error; the server's log says more");
    AddErrorInfo(absl::StatusCodeToString(status.code()), &out);
    return out;
  }
  out.set_message(Cut(status.message(), message_bytes_max));
  const std::string reason = ReasonOf(status);
  AddErrorInfo(reason.empty() ? absl::StatusCodeToString(status.code()) : reason, &out);
  const size_t used = out.ByteSizeLong() + 64;  // the next Any's own bytes
  if (used < details_bytes_max) AddViolations(FieldViolations(status), details_bytes_max - used, &out);
  return out;
}

}  // namespace sallyport::transport
