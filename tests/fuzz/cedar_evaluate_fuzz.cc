// A policy that validates does not fail at run time: the same as cedar_validate, but of policies that mostly do
// validate, made from the input's bytes (policy_maker.h).
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy_maker.h"
#include "world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::CheckPolicies(fuzz::PolicyMaker(std::string_view(reinterpret_cast<const char*>(data), size)).Policy());
  return 0;
}
