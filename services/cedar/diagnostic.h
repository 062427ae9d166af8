#ifndef CEDAR_DIAGNOSTIC_H_
#define CEDAR_DIAGNOSTIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cedar {

// A stretch of a source text, in bytes.
struct SourceSpan {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// One-based line and column; the column counts Unicode characters.
struct SourcePosition {
  int line = 0;
  int column = 0;
};

// The text that spans refer to. Kept alive by everything parsed from it.
struct SourceText {
  std::string name;  // of the file, for messages; may be empty
  std::string text;

  SourcePosition PositionOf(uint32_t offset) const;
};

// One thing that is wrong (or doubtful) in a text.
struct Diagnostic {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  std::string message;    // what is wrong: names the thing, the value and what was expected
  std::string help;       // what to do about it; may be empty
  std::string policy_id;  // of the policy it is about; empty for syntax errors
  std::string file;
  SourcePosition position;  // line 0: no place known
  std::string source_line;  // without its line break
  int marked_columns = 1;   // how many characters from `position` on the marker covers

  // For a terminal or a log:
  //   door.cedar:3:14: error: expected ")", found ";"
  //     3 |   principal in Role::"staff";
  //       |                             ^
  //     help: …
  std::string ToString() const;
};

// Fills in the place of a diagnostic from its span.
Diagnostic MakeDiagnostic(const SourceText& source, SourceSpan span, std::string message, std::string help = "");
// Of what has no place in a text.
Diagnostic MakeDiagnostic(std::string message, std::string help = "");

// InvalidArgument with all diagnostics rendered one after the other; Ok when there is no error among them.
absl::Status ToStatus(const std::vector<Diagnostic>& diagnostics);

// `did you mean x?` for the candidate closest to `name`, or nothing when none is close.
std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates);

}  // namespace cedar

#endif  // CEDAR_DIAGNOSTIC_H_
