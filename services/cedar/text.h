#ifndef CEDAR_TEXT_H_
#define CEDAR_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cedar/expr.h"

// Characters, identifiers and escapes. Used by the parsers and printers.
namespace cedar {

// Offset of the first byte that is not part of valid UTF-8, or npos.
size_t FindInvalidUtf8(absl::string_view text);
// Reads one character of valid UTF-8 at *pos and moves past it.
char32_t NextChar(absl::string_view text, size_t* pos);
void AppendUtf8(char32_t c, std::string* out);

// The beginning of valid UTF-8, at most that long.
absl::string_view CutText(absl::string_view text, size_t bytes_max);
// Names on the way to a place in JSON, joined by `separator`: long ones are cut, and of many only the ends are there.
std::string PathText(const std::vector<std::string>& path, absl::string_view separator);

bool IsIdentStart(char c);
bool IsIdentPart(char c);
// The form of an identifier, reserved or not.
bool IsIdentText(absl::string_view text);
// Words that name nothing: true false if then else in is like has __cedar.
bool IsReservedWord(absl::string_view text);

// What is wrong with an escape, and where in the raw text.
struct EscapeError {
  size_t begin = 0;
  size_t end = 0;
  std::string message;
};

// The text between the quotes of a string literal, escapes resolved: \n \r \t \\ \0 \' \" \xHH (to 7F) \u{…}.
bool Unescape(absl::string_view raw, std::string* out, EscapeError* error);
// The same for the right side of `like`, where * is a wildcard and \* a star.
bool UnescapePattern(absl::string_view raw, Pattern* out, EscapeError* error);

// Without quotes.
std::string EscapeString(absl::string_view text, bool star = false);

}  // namespace cedar

#endif  // CEDAR_TEXT_H_
