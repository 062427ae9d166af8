// Exports: a file that was changed in any way does not verify.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "audit_world.h"
#include "check.h"

using namespace sallyport::audit;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  ExportVerifier verifier(fuzz::Keys());
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.find('\n', begin);
    end = end == std::string::npos ? text.size() : end + 1;
    if (!verifier.Add(ReadExportLine(text.substr(begin, end - begin)))) break;
    begin = end;
  }
  const ExportReport report = verifier.Finish();
  if (!report.verified()) {
    Check(report.first() != nullptr, "a finding is lost");
    return 0;
  }
  // The seeds.
  static const std::string whole = fuzz::Log().Export(), part = fuzz::Log().Export(1, 2, false);
  Check(text == whole || text == part, "a changed export verifies", text);
  return 0;
}
