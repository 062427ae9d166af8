#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sallyport {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// The program's own log: one JSON object a line on standard error, never personal data and never secrets.
// Thread-safe. Fields are name/value pairs: Log(LogLevel::kInfo, "listening", {{"address", address}}).
using LogFields = std::vector<std::pair<std::string, std::string>>;
void Log(LogLevel level, absl::string_view message, const LogFields& fields = {});
void SetLogLevel(LogLevel level);

}  // namespace sallyport
