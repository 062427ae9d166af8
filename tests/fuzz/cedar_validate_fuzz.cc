// A policy that validates does not fail at run time, but for overflow and entities that do not exist.
#include <cstddef>
#include <cstdint>
#include <string>

#include "world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::CheckPolicies(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
