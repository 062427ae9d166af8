#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

// Ends the run, so that the fuzzer keeps the input.
inline void Check(bool condition, const char* what, const std::string& detail = "") {
  if (condition) return;
  std::fprintf(stderr, "%s\n%s\n", what, detail.c_str());
  std::abort();
}
