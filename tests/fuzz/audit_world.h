#pragma once

#include <string>
#include <vector>

#include "audit/export_test_util.h"

// The log of which the seeds of audit_* are parts: three records under one checkpoint.
namespace fuzz {

inline sallyport::audit::testing::TestLog& Log() {
  static auto* const log = new sallyport::audit::testing::TestLog(3);
  return *log;
}

inline const std::vector<sallyport::audit::VerifierKey>& Keys() {
  static const auto* const keys =
      new std::vector<sallyport::audit::VerifierKey>{sallyport::audit::testing::LogKey().verifier()};
  return *keys;
}

// Whether this is the one text that the log's key ever signed.
inline bool IsSigned(const std::string& text) {
  return sallyport::audit::ParseNote(Log().checkpoint()).value().text == text;
}

}  // namespace fuzz
