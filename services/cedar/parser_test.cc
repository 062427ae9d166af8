#include "cedar/parser.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cedar/limits.h"
#include "cedar/policy.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string Permit(absl::string_view condition) {
  return absl::StrCat("permit (principal, action, resource) when { ", condition, " };");
}

TEST(ParserTest, AcceptsPolicies) {
  for (const char* text : {
           "",
           "// nothing but a comment",
           "permit(principal,action,resource);",
           "forbid ( principal , action , resource , ) ;",
           "permit(principal == A::\"x\", action == Action::\"y\", resource == B::C::\"z\");",
           "permit(principal in A::\"x\", action in Action::\"y\", resource in (B::C::\"z\"));",
           "permit(principal is A, action in [Action::\"y\", N::Action::\"z\"], resource is B::C in D::\"d\");",
           "permit(principal, action in [], resource);",
           "permit(principal == ?principal, action, resource in ?resource);",
           "permit(principal is A in ?principal, action, resource is B in ?resource);",
           "@a @b(\"text\") @if(\"reserved words may name annotations\") permit(principal, action, resource);",
           "permit(principal, action, resource) when { true } unless { false } when { 1 == 1 };",
       }) {
    const auto policies = PolicySet::Parse(text);
    EXPECT_TRUE(policies.ok()) << text << "\n" << policies.status();
  }
}

TEST(ParserTest, AcceptsExpressions) {
  for (const char* text : {
           "!!!!true",
           "----1 == 1",
           "-9223372036854775808 == 0",
           "--9223372036854775808 == 0",
           "-1.foo",
           "1.foo",
           "principal[\"in\"]",
           "principal has \"in\"",
           "{\"in\": 1} == {}",
           "[1,] == []",
           "{a: 1,} == {}",
           "principal has a.b.c",
           "if true then true else false",
           "(if true then true else false) && true",
           "ip(\"1\")",
           "ip(\"1\", \"2\")",
           "ip()",
           "\"a\".contains(1)",
           "\"a\".isIpv4(1)",
           "principal is A in B::\"x\"",
           "principal is A::B in [B::\"x\"]",
           "principal like \"a*\\*\\u{2a}\"",
           "A :: \"x\" == A::\"x\"",
           "A::B::\"x\"[\"a\"]",
           "00012 == 12",
           "true.foo",
           "((((true))))",
           "principal::\"x\" == principal",
           "principal.principal",
           "1 in 2",
           "- 1 == -1",
           "{permit: 1} == {}",
           "{\"a\": 1}.a == 1",
           "\"\\'\" == \"'\"",
           "1 + 2 * 3 - 4 == 3",
           "\"\\u{1_}\" == \"\\u{1}\"",
       }) {
    const auto policies = PolicySet::Parse(Permit(text));
    EXPECT_TRUE(policies.ok()) << text << "\n" << policies.status();
  }
}

TEST(ParserTest, RefusesExpressions) {
  const struct {
    const char* text;
    int column;  // within the expression
    const char* error;
  } cases[] = {
      {"", 2, "expected an expression in when { … }"},
      {"!!!!!true", 1, "at most 4 \"!\""},
      {"-----1 == 1", 1, "at most 4 \"-\""},
      {"!-1 == 1", 2, "expected an expression, found \"-\""},
      {"-(9223372036854775808) == 0", 3, "does not fit a long"},
      {"9223372036854775808 == 0", 1, "does not fit a long"},
      {"-9223372036854775809 == 0", 2, "does not fit a long"},
      {"principal.in", 11, "\"in\" is a reserved word"},
      {"principal has if", 15, "\"if\" is a reserved word"},
      {"{in: 1} == {}", 2, "\"in\" is a reserved word"},
      {"{a: 1, a: 2} == {}", 8, "the field \"a\" stands here twice"},
      {"[,]", 2, "expected an expression"},
      {"[1 2]", 4, "expected \",\" or \"]\""},
      {"principal has a.\"b\"", 17, "expected an attribute's name after has"},
      {"principal has \"a\".b", 18, "expected an operator"},
      {"true && if true then true else false", 9, "must stand between parentheses"},
      {"if true then true", 19, "expected \"else\""},
      {"1 < 2 < 3", 7, "comparisons do not chain"},
      {"1 == 2 == 3", 8, "comparisons do not chain"},
      {"principal is A == true", 16, "expected an operator"},
      {"principal is \"A\"", 14, "expected a name"},
      {"foo(\"1\")", 1, "there is no function \"foo\""},
      {"dezimal(\"1\")", 1, "did you mean decimal?"},
      {"a::ip(\"1\")", 1, "there is no function \"a::ip\""},
      {"[1].contains()", 1, "contains takes 1 arguments, got 0"},
      {"[1].isEmpty(1)", 1, "isEmpty takes 0 arguments, got 1"},
      {"contains(1, 2)", 1, "contains is a method"},
      {"isIpv4(\"a\")", 1, "isIpv4 is a method"},
      {"principal.ip(\"a\")", 11, "ip is a function, not a method"},
      {"principal.isIpV4()", 11, "did you mean isIpv4?"},
      {"principal()", 1, "there is no function"},
      {"\"a\"()", 4, "nothing that can be called"},
      {"[](1)", 3, "nothing that can be called"},
      {"__cedar::A::\"x\" == principal", 1, "\"__cedar\" is a reserved word"},
      {"A::{x: 1}", 4, "entities are written"},
      {"\"\\*\" == \"\"", 2, "\\* is an escape only"},
      {"principal like b", 16, "expected a pattern between quotes"},
      {"1 / 2 == 1", 3, "Cedar has no operator \"/\""},
      {"1 % 2 == 1", 3, "Cedar has no operator \"%\""},
      {"1 = 1", 3, "\"=\" is no operator"},
      {"principal == ?principal", 14, "may stand only in the scope"},
      {"prinzipal == resource", 1, "did you mean principal?"},
      {"Alice == resource", 1, "an entity is written Alice::\"id\""},
      {"a::b::c", 1, "there is no variable \"a::b::c\""},
      {"[1][0]", 5, "expected an attribute's name between quotes"},
      {"[1][\"a\"", 9, "expected \"]\""},
      {"true ||", 9, "expected an expression"},
      {"(true", 7, "expected \")\""},
      {"\"\\x80\" == \"\"", 2, "\\x goes up to \\x7F"},
      {"true false", 6, "expected an operator"},
  };
  const int before = static_cast<int>(Permit("").find(" }"));
  for (const auto& c : cases) {
    std::vector<Diagnostic> diagnostics;
    EXPECT_FALSE(PolicySet::Parse(Permit(c.text), {}, &diagnostics).ok()) << c.text;
    ASSERT_FALSE(diagnostics.empty()) << c.text;
    EXPECT_THAT(diagnostics[0].ToString(), HasSubstr(c.error)) << c.text;
    EXPECT_EQ(diagnostics[0].position.column - before, c.column) << diagnostics[0].ToString();
  }
}

TEST(ParserTest, RefusesPolicies) {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {
      {"permit", "1:7: error: expected \"(\" after the effect, found the end of the text"},
      {"allow(principal, action, resource);", "1:1: error: expected \"permit\" or \"forbid\", found \"allow\""},
      {"permit();", "expected \"principal\", found \")\""},
      {"permit(action, principal, resource);", "a scope names principal, action and resource, in this order"},
      {"permit(principal, action);", "expected \",\" between action and resource"},
      {"permit(principal, action, resource)", "expected \"when\", \"unless\" or the \";\""},
      {"permit(principal, action, resource) if { true };", "expected \"when\", \"unless\" or the \";\""},
      {"permit(principal, action, resource) when true;", "expected \"{\" after when"},
      {"permit(principal != A::\"x\", action, resource);", "expected \"==\", \"in\", \"is\" or the end"},
      {"permit(principal = A::\"x\", action, resource);", "write == to compare"},
      {"permit(principal == A, action, resource);", "expected an entity such as A::\"id\""},
      {"permit(principal == \"x\", action, resource);", "expected an entity such as Type::\"id\""},
      {"permit(principal in [A::\"x\"], action, resource);", "expected an entity such as Type::\"id\""},
      {"permit(principal == ?resource, action, resource);", "expected ?principal or an entity, found ?resource"},
      {"permit(principal, action == ?action, resource);", "the action cannot be a slot"},
      {"permit(principal, action is Action, resource);", "expected \"==\", \"in\" or the end of the action's part"},
      {"permit(principal, action == Act::\"x\", resource);", "an action's type must be Action, found Act"},
      {"permit(principal, action in [Action::\"x\" Action::\"y\"], resource);", "expected \",\" or \"]\""},
      {"@a(\"x\") @a(\"y\") permit(principal, action, resource);", "the annotation @a stands here twice"},
      {"@a(x) permit(principal, action, resource);", "expected the annotation's value, a string, found \"x\""},
      {"@(\"x\") permit(principal, action, resource);", "expected the annotation's name"},
  };
  for (const auto& c : cases) {
    const auto policies = PolicySet::Parse(c.text);
    ASSERT_FALSE(policies.ok()) << c.text;
    EXPECT_THAT(policies.status().message(), HasSubstr(c.error)) << c.text;
  }
}

TEST(ParserTest, GoesOnBehindTheNextSemicolon) {
  std::vector<Diagnostic> diagnostics;
  const char* text =
      "permit(principal, action, resource) when { 1 };\n"
      "permit(principal, acton, resource);\n"
      "permit(principal, action, resource);\n"
      "forbid(principal, action, resource) when { x };\n";
  EXPECT_FALSE(PolicySet::Parse(text, {"f.cedar"}, &diagnostics).ok());
  ASSERT_THAT(diagnostics, SizeIs(2));
  EXPECT_EQ(diagnostics[0].position.line, 2);
  EXPECT_EQ(diagnostics[1].position.line, 4);
  EXPECT_EQ(diagnostics[1].file, "f.cedar");
}

TEST(ParserTest, BindsAsDocumented) {
  const struct {
    const char* text;
    const char* same;
  } cases[] = {
      {"true || false && false", "true || (false && false)"},
      {"(true && false) && true", "true && false && true"},
      {"!true == false", "(!true) == false"},
      {"1 + 2 * 3 == 7", "(1 + (2 * 3)) == 7"},
      {"1 - 2 - 3 == 4", "((1 - 2) - 3) == 4"},
      {"-principal.a == 1", "(-(principal.a)) == 1"},
      {"principal has a && true", "(principal has a) && true"},
      {"if true then false else true || true", "if true then false else (true || true)"},
      {"principal is A in A::\"x\" || true", "(principal is A in A::\"x\") || true"},
      {"principal.a", "principal[\"a\"]"},
      {"principal has a", "principal has \"a\""},
  };
  for (const auto& c : cases) {
    const auto a = ParsePolicy(Permit(c.text)), b = ParsePolicy(Permit(c.same));
    ASSERT_TRUE(a.ok() && b.ok()) << c.text;
    EXPECT_TRUE(SameExpr((*a)->exprs, (*a)->conditions[0].expr, (*b)->exprs, (*b)->conditions[0].expr)) << c.text;
  }
  const auto a = ParsePolicy(Permit("true && (false && true)")), b = ParsePolicy(Permit("true && false && true"));
  EXPECT_FALSE(SameExpr((*a)->exprs, (*a)->conditions[0].expr, (*b)->exprs, (*b)->conditions[0].expr));
}

TEST(ParserTest, KeepsWhatWasWritten) {
  const auto body = ParsePolicy(
      "@id(\"one\") @flag\npermit (principal is A::B in C::\"c\", action in [Action::\"x\", Action::\"y\"],"
      " resource == ?resource) when { true } unless { false };");
  ASSERT_TRUE(body.ok()) << body.status();
  const PolicyBody& p = **body;
  EXPECT_EQ(*p.FindAnnotation("id"), "one");
  EXPECT_EQ(*p.FindAnnotation("flag"), "");
  EXPECT_FALSE(p.annotations[1].has_value);
  EXPECT_EQ(p.FindAnnotation("Id"), nullptr);
  EXPECT_EQ(p.principal.op, ScopeConstraint::Op::kIsIn);
  EXPECT_EQ(p.principal.type, "A::B");
  EXPECT_EQ(p.principal.entity, EntityUid("C", "c"));
  EXPECT_EQ(p.action.op, ActionConstraint::Op::kInList);
  EXPECT_THAT(p.action.entities, SizeIs(2));
  EXPECT_TRUE(p.resource.slot);
  EXPECT_TRUE(p.is_template());
  EXPECT_FALSE(p.conditions[0].unless);
  EXPECT_TRUE(p.conditions[1].unless);
  EXPECT_EQ(p.position().line, 1);
}

TEST(ParserTest, BoundsNestingAndLength) {
  const struct {
    const char* what;
    std::string text;
    const char* error;
  } cases[] = {
      {"parentheses", Permit(std::string(100000, '(')), "expressions nest at most"},
      {"sets", Permit(std::string(100000, '[')), "expressions nest at most"},
      {"records", Permit([] {
         std::string s;
         for (int i = 0; i < 50000; ++i) s += "{a:";
         return s;
       }()),
       "expressions nest at most"},
      {"branches", Permit([] {
         std::string s;
         for (int i = 0; i < 50000; ++i) s += "if ";
         return s;
       }()),
       "expressions nest at most"},
      {"sums", Permit([] {
         std::string s = "1";
         for (int i = 0; i < 50000; ++i) s += "+1";
         return s;
       }()),
       "nested more than"},
      {"members", Permit([] {
         std::string s = "principal";
         for (int i = 0; i < 50000; ++i) s += ".a";
         return s;
       }()),
       "nested more than"},
      {"names", Permit([] {
         std::string s = "A";
         for (int i = 0; i < 50000; ++i) s += "::A";
         return s + "::\"x\" == principal";
       }()),
       "a name has at most"},
      {"paths", Permit([] {
         std::string s = "principal has a";
         for (int i = 0; i < 50000; ++i) s += ".a";
         return s;
       }()),
       "this path is too long"},
  };
  for (const auto& c : cases) {
    const auto policies = PolicySet::Parse(c.text);
    ASSERT_FALSE(policies.ok()) << c.what;
    EXPECT_THAT(policies.status().message(), HasSubstr(c.error)) << c.what;
    EXPECT_LT(policies.status().message().size(), 100000u) << c.what;
  }
  std::string wide = "[";
  for (int i = 0; i < 10000; ++i) absl::StrAppend(&wide, i, ",");
  EXPECT_TRUE(PolicySet::Parse(Permit(absl::StrCat(wide, "].contains(1)"))).ok());
  std::string chain = "true";
  for (int i = 0; i < 10000; ++i) chain += " && true";
  EXPECT_TRUE(PolicySet::Parse(Permit(chain)).ok());
}

}  // namespace
}  // namespace cedar
