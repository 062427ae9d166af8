#include "cedar/lexer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cedar/limits.h"
#include "cedar/text.h"

namespace cedar {
namespace {

bool IsUnicodeSpace(char32_t c) {
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

// Length of the punctuation at `s`, 0 for none.
size_t PunctuationLength(absl::string_view s) {
  for (absl::string_view two : {"::", "==", "!=", "<=", ">=", "||", "&&"}) {
    if (s.substr(0, 2) == two) return 2;
  }
  return absl::string_view("@.,;:(){}[]<>+-*/%!=?").find(s[0]) != absl::string_view::npos ? 1 : 0;
}

size_t StringEnd(absl::string_view s, size_t begin) {
  for (size_t i = begin + 1; i < s.size(); ++i) {
    if (s[i] == '"') return i + 1;
    if (s[i] == '\\') ++i;
  }
  return absl::string_view::npos;
}

}  // namespace

std::vector<Token> Tokenize(const SourceText& source, std::vector<Diagnostic>* diagnostics) {
  std::vector<Token> tokens;
  absl::string_view s(source.text);
  auto fail = [&](size_t begin, size_t end, std::string message) {
    diagnostics->push_back(
        MakeDiagnostic(source, {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)}, std::move(message)));
  };
  size_t i = 0;
  while (i < s.size() && diagnostics->size() < kDiagnosticsMax) {
    char c = s[i];
    size_t begin = i;
    TokenKind kind = TokenKind::kPunctuation;
    if (c == '/' && s.substr(i, 2) == "//") {
      i = std::min(s.find_first_of("\r\n", i), s.size());
      continue;
    }
    if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
      ++i;
      continue;
    }
    if (IsIdentStart(c)) {
      kind = TokenKind::kIdent;
      while (i < s.size() && IsIdentPart(s[i])) ++i;
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      kind = TokenKind::kNumber;
      while (i < s.size() && absl::ascii_isdigit(static_cast<unsigned char>(s[i]))) ++i;
    } else if (c == '"') {
      kind = TokenKind::kString;
      i = StringEnd(s, i);
      if (i == absl::string_view::npos) {
        fail(begin, begin + 1, "this string is not closed");
        i = s.size();
        break;
      }
    } else if (c == '?' && i + 1 < s.size() && IsIdentStart(s[i + 1])) {
      kind = TokenKind::kSlot;
      ++i;
      while (i < s.size() && IsIdentPart(s[i])) ++i;
    } else if (size_t length = PunctuationLength(s.substr(i))) {
      i += length;
    } else {
      char32_t unicode = NextChar(s, &i);
      if (IsUnicodeSpace(unicode)) continue;
      fail(begin, i, absl::StrCat("unexpected character ", QuoteString(s.substr(begin, i - begin))));
      continue;
    }
    tokens.push_back({kind, {static_cast<uint32_t>(begin), static_cast<uint32_t>(i)}, s.substr(begin, i - begin)});
  }
  uint32_t end = static_cast<uint32_t>(s.size());
  tokens.push_back({TokenKind::kEnd, {end, end}, ""});
  return tokens;
}

std::string Describe(const Token& token) {
  if (token.kind == TokenKind::kEnd) return "the end of the text";
  if (token.kind == TokenKind::kString) return token.text.size() > 40 ? "a string" : absl::StrCat("the string ", token.text);
  return absl::StrCat("\"", token.text, "\"");
}

TokenReader::TokenReader(const SourceText& source, std::vector<Diagnostic>* diagnostics)
    : source_(source), diagnostics_(diagnostics) {
  if (source.text.size() > kInputBytesMax) {
    Fail({0, 0}, absl::StrCat("the text is ", source.text.size(), " bytes long; at most ", kInputBytesMax, " are read"));
    tokens_.push_back({});
  } else if (size_t bad = FindInvalidUtf8(source.text); bad != absl::string_view::npos) {
    Diagnostic d;
    d.file = source.name;
    d.position = source.PositionOf(static_cast<uint32_t>(bad));
    d.message = "the text is not valid UTF-8 here";
    diagnostics_->push_back(std::move(d));
    tokens_.push_back({});
  } else {
    tokens_ = Tokenize(source, diagnostics);
  }
}

bool TokenReader::Take(absl::string_view text) {
  if (!At(text)) return false;
  Next();
  return true;
}

bool TokenReader::Expect(absl::string_view text, absl::string_view where) {
  if (Take(text)) return true;
  return FailHere(absl::StrCat("\"", text, "\"", where.empty() ? "" : " ", where));
}

bool TokenReader::TakeString(std::string* out) {
  if (Peek().kind != TokenKind::kString) return false;
  Token token = Next();
  EscapeError error;
  if (Unescape(token.text.substr(1, token.text.size() - 2), out, &error)) return true;
  uint32_t begin = token.span.begin + 1;
  return Fail({begin + static_cast<uint32_t>(error.begin), begin + static_cast<uint32_t>(error.end)}, error.message);
}

bool TokenReader::Fail(SourceSpan span, std::string message, std::string help) {
  if (diagnostics_->size() < kDiagnosticsMax) {
    diagnostics_->push_back(MakeDiagnostic(source_, span, std::move(message), std::move(help)));
  }
  return false;
}

bool TokenReader::FailHere(absl::string_view expected) {
  return Fail(Peek().span, absl::StrCat("expected ", expected, ", found ", Describe(Peek())));
}

void TokenReader::SkipPast(absl::string_view stop) {
  while (!AtEnd() && !At(stop)) Next();
  Take(stop);
}

bool TokenReader::too_many_errors() const { return diagnostics_->size() >= kDiagnosticsMax; }

}  // namespace cedar
