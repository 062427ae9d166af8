// A policy that validates does not fail at run time, but for overflow and entities that do not exist.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cedar/authorizer.h"
#include "cedar/validator.h"
#include "check.h"
#include "world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto policies = cedar::PolicySet::Parse(text);
  if (!policies.ok()) return 0;
  if (!cedar::ToStatus(cedar::ValidatePolicies(fuzz::TheSchema(), *policies)).ok()) return 0;
  for (const cedar::Request& request : fuzz::Requests()) {
    const cedar::Response with = cedar::Authorize(*policies, request, fuzz::Entities());
    const cedar::Response without = cedar::Authorize(*policies, request, fuzz::Entities(), {.use_index = false});
    Check(with.decision == without.decision && with.reasons == without.reasons, "the index changes the answer", text);
    for (const cedar::PolicyError& error : with.errors) {
      Check(absl::StrContains(error.message, "overflow") || absl::StrContains(error.message, "does not exist"),
            "a valid policy fails", absl::StrCat(error.message, "\n", text));
    }
  }
  return 0;
}
