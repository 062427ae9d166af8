#include "facility/ids.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "facility/limits.h"

namespace sallyport {
namespace {

bool IsIdCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
}

}  // namespace

absl::Status CheckId(absl::string_view field, absl::string_view value) {
  if (value.empty()) return FieldError(field, "is empty, expected an id");
  if (value.size() > facility::kIdCharactersMax) {
    return FieldError(
        field, absl::StrCat("has ", value.size(), " characters, an id has at most ", facility::kIdCharactersMax));
  }
  const bool well_formed = std::all_of(value.begin(), value.end(), IsIdCharacter) &&
                           absl::ascii_isalnum(static_cast<unsigned char>(value.front()));
  if (well_formed) return absl::OkStatus();
  return FieldError(field,
                    absl::StrCat("\"", absl::CHexEscape(value),
                                 "\" is not an id: letters, digits, '-', '_' and '.', beginning with a letter or "
                                 "digit"));
}

}  // namespace sallyport
