// Signed notes: each has one spelling, and none of a stranger verifies.
#include <cstddef>
#include <cstdint>
#include <string>

#include "audit/note.h"
#include "audit_world.h"
#include "check.h"

using namespace sallyport::audit;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto line = ParseSignatureLine(text);
  if (line.ok()) Check(FormatSignatureLine(*line) == text, "a signature line has two spellings", text);
  const auto note = ParseNote(text);
  if (note.ok()) {
    const auto again = FormatNote(*note);
    Check(again.ok() && *again == text, "a note has two spellings", text);
  }
  const auto opened = OpenNote(text, fuzz::Keys());
  if (!opened.ok()) return 0;
  Check(note.ok() && opened->text == note->text && !opened->verified.empty(), "a note opens without a signature", text);
  Check(fuzz::IsSigned(opened->text), "a note that nobody signed verifies", text);
  return 0;
}
