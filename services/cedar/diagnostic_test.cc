#include "cedar/diagnostic.h"

#include "gtest/gtest.h"

namespace cedar {
namespace {

TEST(SourceTextTest, FindsLinesAndColumns) {
  const SourceText source{"f", "ab\nüx\n\nlast"};
  const struct {
    uint32_t offset;
    int line, column;
  } cases[] = {{0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {5, 2, 2}, {6, 2, 3}, {7, 3, 1}, {8, 4, 1}, {12, 4, 5}, {99, 4, 5}};
  for (const auto& c : cases) {
    const SourcePosition p = source.PositionOf(c.offset);
    EXPECT_EQ(p.line, c.line) << c.offset;
    EXPECT_EQ(p.column, c.column) << c.offset;
  }
}

TEST(DiagnosticTest, ShowsThePlace) {
  const SourceText source{"door.cedar", "permit (\n\tprincipal en Röle::\"x\");\r\n"};
  const Diagnostic d = MakeDiagnostic(source, {20, 22}, "expected \"in\"", "write in");
  EXPECT_EQ(d.ToString(),
            "door.cedar:2:12: error: expected \"in\"\n"
            "  2 |  principal en Röle::\"x\");\n"
            "    |            ^^\n"
            "  help: write in");
}

TEST(DiagnosticTest, MarksAtMostTheLine) {
  const SourceText source{"", "abc\ndef"};
  EXPECT_EQ(MakeDiagnostic(source, {1, 7}, "m").ToString(), "1:2: error: m\n  1 | abc\n    |  ^^");
  EXPECT_EQ(MakeDiagnostic(source, {7, 7}, "m").ToString(), "2:4: error: m\n  2 | def\n    |    ^");
}

TEST(DiagnosticTest, CutsLongLinesBetweenCharacters) {
  std::string text;
  while (text.size() < 3000) text += "ü";
  const Diagnostic d = MakeDiagnostic({"", text}, {2000, 2002}, "m");
  EXPECT_LE(d.source_line.size(), 400u);
  EXPECT_EQ(d.source_line.size() % 2, 0u);
  EXPECT_EQ(d.position.column, 1001);
}

TEST(DiagnosticTest, NamesThePolicyAndTheSeverity) {
  Diagnostic d;
  d.severity = Diagnostic::Severity::kWarning;
  d.message = "never applies";
  d.policy_id = "p1";
  EXPECT_EQ(d.ToString(), "warning: never applies (policy p1)");
  EXPECT_TRUE(ToStatus({d}).ok());
  Diagnostic e;
  e.message = "wrong";
  EXPECT_EQ(ToStatus({d, e}).message(), "warning: never applies (policy p1)\nerror: wrong");
}

TEST(DidYouMeanTest, SuggestsWhatIsNear) {
  const std::vector<std::string> known = {"principal", "resource", "context", "a"};
  EXPECT_EQ(DidYouMean("prinzipal", known), "did you mean principal?");
  EXPECT_EQ(DidYouMean("Resource", known), "did you mean resource?");
  EXPECT_EQ(DidYouMean("context", known), "");
  EXPECT_EQ(DidYouMean("something", known), "");
  EXPECT_EQ(DidYouMean("b", known), "did you mean a?");
  EXPECT_EQ(DidYouMean("", known), "did you mean a?");
  EXPECT_EQ(DidYouMean(std::string(100000, 'x'), {std::string(100000, 'y')}), "");
}

}  // namespace
}  // namespace cedar
