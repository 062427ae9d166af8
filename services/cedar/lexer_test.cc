#include "cedar/lexer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cedar/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Tokens(absl::string_view text, std::vector<Diagnostic>* diagnostics) {
  SourceText source{"", std::string(text)};
  return absl::StrJoin(Tokenize(source, diagnostics), " ", [](std::string* out, const Token& token) {
    absl::StrAppend(out, token.kind == TokenKind::kEnd ? "end" : token.text);
  });
}

TEST(LexerTest, SplitsText) {
  const struct {
    const char* text;
    const char* tokens;
  } cases[] = {
      {"", "end"},
      {"a.b::c==1<=2", "a . b :: c == 1 <= 2 end"},
      {"x // to the end of the line\ny//and of the text", "x y end"},
      {"_a1 1a", "_a1 1 a end"},
      {"\"a \\\" // b\" c", "\"a \\\" // b\" c end"},
      {"?principal ? x", "?principal ? x end"},
      {"a\xC2\xA0\xE3\x80\x80"
       "b",
       "a b end"},
      {"&&||!===", "&& || != == end"},
  };
  for (const auto& c : cases) {
    std::vector<Diagnostic> diagnostics;
    EXPECT_EQ(Tokens(c.text, &diagnostics), c.tokens) << c.text;
    EXPECT_THAT(diagnostics, IsEmpty()) << c.text;
  }
}

TEST(LexerTest, ReportsWhatIsNoToken) {
  const struct {
    const char* text;
    int line, column;
    const char* message;
  } cases[] = {
      {"a\n  \"bc", 2, 3, "this string is not closed"},
      {"a # b", 1, 3, "unexpected character \"#\""},
      {"é", 1, 1, "unexpected character \"é\""},
      {"é\n𝔘 'x'", 1, 1, "unexpected character"},
  };
  for (const auto& c : cases) {
    std::vector<Diagnostic> diagnostics;
    Tokens(c.text, &diagnostics);
    ASSERT_FALSE(diagnostics.empty()) << c.text;
    EXPECT_EQ(diagnostics[0].position.line, c.line) << c.text;
    EXPECT_EQ(diagnostics[0].position.column, c.column) << c.text;
    EXPECT_THAT(diagnostics[0].message, HasSubstr(c.message));
  }
}

TEST(LexerTest, StopsAfterManyErrors) {
  std::vector<Diagnostic> diagnostics;
  Tokens(std::string(10 * kDiagnosticsMax, '#'), &diagnostics);
  EXPECT_THAT(diagnostics, SizeIs(kDiagnosticsMax));
}

TEST(TokenReaderTest, RefusesTextThatIsNotUtf8) {
  for (const char* text : {"a\n\xFF", "a\n\xC0\x80", "a\n\xED\xA0\x80", "a\n\xF4\x90\x80\x80", "a\n\xE2\x82"}) {
    SourceText source{"f", text};
    std::vector<Diagnostic> diagnostics;
    TokenReader reader(source, &diagnostics);
    EXPECT_TRUE(reader.AtEnd());
    ASSERT_THAT(diagnostics, SizeIs(1)) << text;
    EXPECT_EQ(diagnostics[0].ToString(), "f:2:1: error: the text is not valid UTF-8 here");
  }
}

TEST(TokenReaderTest, ExpectsAndRecovers) {
  SourceText source{"", "a ; b"};
  std::vector<Diagnostic> diagnostics;
  TokenReader reader(source, &diagnostics);
  EXPECT_FALSE(reader.Expect("b", "after nothing"));
  EXPECT_EQ(diagnostics.at(0).message, "expected \"b\" after nothing, found \"a\"");
  reader.SkipPast(";");
  EXPECT_TRUE(reader.Take("b"));
  EXPECT_FALSE(reader.Expect("c"));
  EXPECT_EQ(diagnostics.at(1).message, "expected \"c\", found the end of the text");
  reader.SkipPast(";");
  EXPECT_TRUE(reader.AtEnd());
}

}  // namespace
}  // namespace cedar
