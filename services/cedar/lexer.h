#ifndef CEDAR_LEXER_H_
#define CEDAR_LEXER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cedar/diagnostic.h"

// Text to tokens, for policies and for schemas.
namespace cedar {

enum class TokenKind : uint8_t { kEnd, kIdent, kNumber, kString, kSlot, kPunctuation };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  SourceSpan span;
  absl::string_view text;  // of the source; a string with its quotes

  bool Is(absl::string_view punctuation_or_word) const {
    return (kind == TokenKind::kPunctuation || kind == TokenKind::kIdent) && text == punctuation_or_word;
  }
};

// Splits the source; the last token is kEnd. What is no token is reported and skipped.
std::vector<Token> Tokenize(const SourceText& source, std::vector<Diagnostic>* diagnostics);

// How a token is named in messages: `"foo"` in quotes, or "the end of the text".
std::string Describe(const Token& token);

// The cursor that both parsers share: looks at tokens, collects errors, bounds nesting.
class TokenReader {
 public:
  TokenReader(const SourceText& source, std::vector<Diagnostic>* diagnostics);

  const Token& Peek(size_t ahead = 0) const { return tokens_[std::min(pos_ + ahead, tokens_.size() - 1)]; }
  Token Next() {
    Token token = Peek();
    if (pos_ + 1 < tokens_.size()) ++pos_;
    return token;
  }
  bool At(absl::string_view text) const { return Peek().Is(text); }
  bool AtEnd() const { return Peek().kind == TokenKind::kEnd; }
  bool Take(absl::string_view text);
  // Takes it or reports what was found instead. `where` completes the message: "after the scope".
  bool Expect(absl::string_view text, absl::string_view where = "");
  bool TakeString(std::string* out);  // false: no string here, or a bad escape (reported)

  // All return false.
  bool Fail(SourceSpan span, std::string message, std::string help = "");
  bool FailHere(absl::string_view expected);

  // Skips past the next `stop`, or to the end.
  void SkipPast(absl::string_view stop);
  uint32_t PreviousEnd() const { return pos_ == 0 ? 0 : tokens_[pos_ - 1].span.end; }
  SourceSpan SpanFrom(uint32_t begin) const { return {begin, PreviousEnd()}; }
  size_t error_count() const { return diagnostics_->size(); }
  bool too_many_errors() const;

  int depth = 0;

 private:
  const SourceText& source_;
  std::vector<Diagnostic>* diagnostics_;
  std::vector<Token> tokens_;
  size_t pos_ = 0;
};

}  // namespace cedar

#endif  // CEDAR_LEXER_H_
