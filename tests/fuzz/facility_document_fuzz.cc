// Facility files: whatever is a document can be applied to an empty facility, and then there is nothing left to do.
#include <cstddef>
#include <cstdint>
#include <string>

#include "check.h"
#include "facility/document.h"
#include "facility/plan.h"

using namespace sallyport::facility;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto document = ParseDocument(text, "facility.yaml");
  if (!document.ok()) {
    Check(!document.status().message().empty(), "an error says nothing", text);
    return 0;
  }
  State state;
  const absl::Status applied = Apply(*document, state);
  Check(applied.ok(), "a document does not apply to an empty facility", std::string(applied.message()));
  Check(Plan(*document, state).empty(), "a document that was applied still changes something", text);
  return 0;
}
