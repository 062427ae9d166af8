#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sallyport {

// Status helpers. An error names the thing, the value and what was expected. Besides its message an error may carry
//  - field violations: which field of a request is wrong (they become google.rpc.BadRequest), and
//  - a reason: a stable upper-case word for programs (it becomes google.rpc.ErrorInfo.reason).
struct FieldViolation {
  std::string field;        // path in the request's own names: "presented.card.bits"
  std::string description;  // what is wrong with it
};

// INVALID_ARGUMENT with one field violation; the message is "field: description".
absl::Status FieldError(absl::string_view field, absl::string_view description);

// Attaches `reason` to a status that is not OK; returns it.
absl::Status WithReason(absl::Status status, absl::string_view reason);

std::vector<FieldViolation> FieldViolations(const absl::Status& status);
std::string ReasonOf(const absl::Status& status);  // empty when none was attached

// The same code and payloads with `context` and ": " put before the message.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace sallyport

#define SP_CONCAT_INNER(a, b) a##b
#define SP_CONCAT(a, b) SP_CONCAT_INNER(a, b)

#define SP_RETURN_IF_ERROR(expr)                        \
  do {                                                  \
    if (absl::Status sp_status = (expr); !sp_status.ok()) return sp_status; \
  } while (false)

#define SP_ASSIGN_OR_RETURN(lhs, expr) SP_ASSIGN_OR_RETURN_IMPL(SP_CONCAT(sp_result_, __LINE__), lhs, expr)
#define SP_ASSIGN_OR_RETURN_IMPL(result, lhs, expr) \
  auto result = (expr);                             \
  if (!result.ok()) return result.status();         \
  lhs = *std::move(result)

// For what cannot go wrong unless the program itself is wrong. Stays on in release builds.
#define SP_CHECK(condition)                                              \
  do {                                                                   \
    if (!(condition)) ::sallyport::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)

namespace sallyport {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}
