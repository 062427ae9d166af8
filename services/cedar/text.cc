#include "cedar/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cedar/limits.h"

namespace cedar {

size_t FindInvalidUtf8(absl::string_view s) {
  size_t i = 0;
  while (i < s.size()) {
    unsigned char c = static_cast<unsigned char>(s[i]);
    if (c < 0x80) {
      ++i;
      continue;
    }
    int extra = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    if (c < 0xC2 || c > 0xF4 || i + extra >= s.size()) return i;
    uint32_t code = c & (0x3F >> extra);
    for (int k = 1; k <= extra; ++k) {
      unsigned char d = static_cast<unsigned char>(s[i + k]);
      if ((d & 0xC0) != 0x80) return i;
      code = code << 6 | (d & 0x3F);
    }
    static constexpr uint32_t kMinimum[] = {0, 0x80, 0x800, 0x10000};
    if (code < kMinimum[extra] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return i;
    i += extra + 1;
  }
  return absl::string_view::npos;
}

char32_t NextChar(absl::string_view s, size_t* pos) {
  unsigned char c = static_cast<unsigned char>(s[(*pos)++]);
  if (c < 0x80) return c;
  int extra = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
  char32_t code = c & (0x3F >> extra);
  while (extra-- > 0 && *pos < s.size()) code = code << 6 | (static_cast<unsigned char>(s[(*pos)++]) & 0x3F);
  return code;
}

void AppendUtf8(char32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | c >> 6));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | c >> 12));
    out->push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | c >> 18));
    out->push_back(static_cast<char>(0x80 | (c >> 12 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

absl::string_view CutText(absl::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t cut = bytes_max;
  while (cut > 0 && (text[cut] & 0xC0) == 0x80) --cut;
  return text.substr(0, cut);
}

std::string PathText(const std::vector<std::string>& path, absl::string_view separator) {
  constexpr size_t kEndsMax = 12;
  constexpr size_t kNameBytesMax = 100;
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    if (i == 1 && path.size() > kEndsMax + 1) {
      absl::StrAppend(&out, separator, "…");
      i = path.size() - kEndsMax;
    }
    absl::StrAppend(&out, i > 0 ? separator : "", CutText(path[i], kNameBytesMax), path[i].size() > kNameBytesMax ? "…" : "");
  }
  return out;
}

bool IsIdentStart(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsIdentPart(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool IsIdentText(absl::string_view text) {
  return !text.empty() && IsIdentStart(text[0]) && std::all_of(text.begin(), text.end(), IsIdentPart);
}

bool IsReservedWord(absl::string_view text) {
  static constexpr std::array<absl::string_view, 10> kWords = {"true", "false", "if",   "then", "else",
                                                               "in",   "is",    "like", "has",  "__cedar"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

bool IsTypeName(absl::string_view text) {
  size_t parts = 0;
  for (absl::string_view part : absl::StrSplit(text, "::")) {
    if (!IsIdentText(part) || IsReservedWord(part) || ++parts > kNamePartsMax) return false;
  }
  return true;
}

namespace {

struct EscapeReader {
  absl::string_view raw;
  size_t pos = 0;
  EscapeError* error;

  bool Fail(size_t begin, std::string message) {
    *error = {begin, std::max(begin + 1, std::min(pos, raw.size())), std::move(message)};
    return false;
  }

  bool Hex(size_t begin, char32_t* c) {
    if (pos + 2 > raw.size() || !absl::ascii_isxdigit(raw[pos]) || !absl::ascii_isxdigit(raw[pos + 1])) {
      pos = std::min(pos + 2, raw.size());
      return Fail(begin, "\\x must be followed by two hexadecimal digits");
    }
    *c = static_cast<char32_t>(std::stoi(std::string(raw.substr(pos, 2)), nullptr, 16));
    pos += 2;
    return *c < 0x80 || Fail(begin, "\\x goes up to \\x7F; write \\u{…} for other characters");
  }

  bool Unicode(size_t begin, char32_t* c) {
    if (pos >= raw.size() || raw[pos] != '{') return Fail(begin, "\\u must be followed by {hexadecimal digits}");
    ++pos;
    char32_t code = 0;
    int digits = 0;
    for (; pos < raw.size() && raw[pos] != '}'; ++pos) {
      char d = raw[pos];
      if (d == '_' && digits > 0) continue;
      if (!absl::ascii_isxdigit(d)) return Fail(begin, "\\u{…} may hold hexadecimal digits only");
      code = code * 16 + static_cast<char32_t>(absl::ascii_isdigit(d) ? d - '0' : absl::ascii_tolower(d) - 'a' + 10);
      if (++digits > 6) return Fail(begin, "\\u{…} may hold at most six digits");
    }
    if (pos >= raw.size()) return Fail(begin, "\\u{ is not closed by }");
    ++pos;
    if (digits == 0) return Fail(begin, "\\u{} holds no digits");
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return Fail(begin, "there is no such Unicode character");
    *c = code;
    return true;
  }

  // Reads one character or escape. *star: an escaped star.
  bool Next(bool pattern, char32_t* c, bool* escaped_star) {
    *escaped_star = false;
    size_t begin = pos;
    *c = NextChar(raw, &pos);
    if (*c == '\r') return Fail(begin, "a carriage return in a string is written \\r");
    if (*c != '\\') return true;
    if (pos >= raw.size()) return Fail(begin, "a backslash at the end");
    char32_t e = NextChar(raw, &pos);
    switch (e) {
      case 'n': *c = '\n'; return true;
      case 'r': *c = '\r'; return true;
      case 't': *c = '\t'; return true;
      case '0': *c = 0; return true;
      case '\\': case '\'': case '"': *c = e; return true;
      case 'x': return Hex(begin, c);
      case 'u': return Unicode(begin, c);
      case '*':
        if (pattern) {
          *c = '*';
          *escaped_star = true;
          return true;
        }
        return Fail(begin, "\\* is an escape only on the right side of like");
      default: return Fail(begin, "unknown escape; there are \\n \\r \\t \\\\ \\0 \\' \\\" \\xHH \\u{…}");
    }
  }
};

}  // namespace

bool Unescape(absl::string_view raw, std::string* out, EscapeError* error) {
  out->clear();
  if (raw.find_first_of("\\\r") == absl::string_view::npos) {
    out->assign(raw.data(), raw.size());
    return true;
  }
  EscapeReader reader{raw, 0, error};
  while (reader.pos < raw.size()) {
    char32_t c;
    bool star;
    if (!reader.Next(false, &c, &star)) return false;
    AppendUtf8(c, out);
  }
  return true;
}

bool UnescapePattern(absl::string_view raw, Pattern* out, EscapeError* error) {
  out->elements.clear();
  EscapeReader reader{raw, 0, error};
  while (reader.pos < raw.size()) {
    char32_t c;
    bool star;
    if (!reader.Next(true, &c, &star)) return false;
    if (c == '*' && !star) {
      out->elements.push_back({true, ""});
      continue;
    }
    if (out->elements.empty() || out->elements.back().wildcard) out->elements.push_back({false, ""});
    AppendUtf8(c, &out->elements.back().text);
  }
  return true;
}

std::string EscapeString(absl::string_view text, bool star) {
  std::string out;
  size_t pos = 0;
  while (pos < text.size()) {
    size_t begin = pos;
    char32_t c = NextChar(text, &pos);
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case 0: out += "\\0"; break;
      case '*': out += star ? "\\*" : "*"; break;
      default:
        // Controls, invisible and text-direction characters are written out, so that a policy reads as what it is.
        if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
            (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF) {
          absl::StrAppendFormat(&out, "\\u{%x}", static_cast<uint32_t>(c));
        } else {
          out.append(text.data() + begin, pos - begin);
        }
    }
  }
  return out;
}

std::string QuoteString(absl::string_view text) { return absl::StrCat("\"", EscapeString(text), "\""); }

}  // namespace cedar
