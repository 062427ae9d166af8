#ifndef CEDAR_EXTENSION_H_
#define CEDAR_EXTENSION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cedar/expr.h"
#include "cedar/value.h"

// The extension types and functions: https://docs.cedarpolicy.com/policies/syntax-datatypes.html#extension
namespace cedar {

// Digits with one to four decimals, as ten-thousandths: "1.25" is 12500.
absl::StatusOr<int64_t> ParseDecimal(absl::string_view text);
std::string FormatDecimal(int64_t ten_thousandths);

// YYYY-MM-DD, or with Thh:mm:ss[.SSS](Z|±hhmm); Unix milliseconds.
absl::StatusOr<int64_t> ParseDatetime(absl::string_view text);
// "1d2h3m4s5ms" in this order, each part optional, "-" before the whole; milliseconds.
absl::StatusOr<int64_t> ParseDuration(absl::string_view text);

// Applies a function or method. Errors: wrong kinds or number of arguments, malformed text, overflow.
absl::StatusOr<Value> CallExtension(ExtensionFunction function, absl::Span<const Value> arguments);

// Whether the function makes a value from text: decimal, ip, datetime, duration.
bool IsConstructor(ExtensionFunction function);

// What a function takes (a method's receiver is the first argument) and gives.
Value::Kind ArgumentKind(ExtensionFunction function, int argument);
Value::Kind ResultKind(ExtensionFunction function);
// The constructor of an extension type's values; nothing for the other kinds.
std::optional<ExtensionFunction> ConstructorOf(Value::Kind kind);

}  // namespace cedar

#endif  // CEDAR_EXTENSION_H_
