#include "cedar/printer.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "cedar/entity_store.h"
#include "cedar/limits.h"
#include "cedar/policy_json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::HasSubstr;

std::string Permit(absl::string_view condition) {
  return absl::StrCat("permit (principal, action, resource) when { ", condition, " };");
}

bool SameSide(const ScopeConstraint& a, const ScopeConstraint& b) {
  return a.op == b.op && a.slot == b.slot && a.entity == b.entity && a.type == b.type;
}

bool SamePolicy(const PolicyBody& a, const PolicyBody& b) {
  if (a.effect != b.effect || !SameSide(a.principal, b.principal) || !SameSide(a.resource, b.resource)) return false;
  if (a.action.op != b.action.op || a.action.entities != b.action.entities) return false;
  if (a.conditions.size() != b.conditions.size() || a.annotations.size() != b.annotations.size()) return false;
  for (size_t i = 0; i < a.annotations.size(); ++i) {
    const Annotation &x = a.annotations[i], &y = b.annotations[i];
    if (x.name != y.name || x.value != y.value || x.has_value != y.has_value) return false;
  }
  for (size_t i = 0; i < a.conditions.size(); ++i) {
    const Condition &x = a.conditions[i], &y = b.conditions[i];
    if (x.unless != y.unless || !SameExpr(a.exprs, x.expr, b.exprs, y.expr)) return false;
  }
  return true;
}

void ExpectRoundTrips(const std::string& text) {
  const auto body = ParsePolicy(text);
  ASSERT_TRUE(body.ok()) << text << body.status();
  const std::string printed = PolicyToText(**body);
  const auto again = ParsePolicy(printed);
  ASSERT_TRUE(again.ok()) << printed << again.status();
  EXPECT_TRUE(SamePolicy(**body, **again)) << text << "\n" << printed;
  EXPECT_EQ(PolicyToText(**again), printed);
  EXPECT_EQ(FormatPolicies(printed).value(), printed);

  const auto json = PolicyToJson(**body);
  ASSERT_TRUE(json.ok()) << text << json.status();
  const auto from_json = ParsePolicyJson(json->ToString());
  ASSERT_TRUE(from_json.ok()) << json->ToString() << from_json.status();
  EXPECT_TRUE(SamePolicy(**body, **from_json)) << text << "\n" << json->ToString();
}

TEST(PrinterTest, PrintsExpressionsWithFewParentheses) {
  const struct {
    const char* text;
    const char* printed;  // null: as it was
  } cases[] = {
      {"((true))", "true"},
      {"(a::b::\"x\" == principal)", "a::b::\"x\" == principal"},
      {"(true && false) && true", "true && false && true"},
      {"true && (false && true)", nullptr},
      {"(true || false) && true", nullptr},
      {"(true && false) || true", "true && false || true"},
      {"!(true && false)", nullptr},
      {"!principal.a", nullptr},
      {"!!true", "!(!true)"},
      {"-(3) == -3", nullptr},
      {"-(-3) == 0", nullptr},
      {"-principal.a == 1", nullptr},
      {"(-3).a == 1", nullptr},
      {"-9223372036854775808 == 1", nullptr},
      {"1 - (2 - 3) == 4", nullptr},
      {"(1 - 2) - 3 == 4", "1 - 2 - 3 == 4"},
      {"1 + 2 * 3 == (1 + 2) * 3", nullptr},
      {"1 - -2 == 3", nullptr},
      {"2 * (3 * 4) == 24", nullptr},
      {"(1 == 2) == true", nullptr},
      {"(if true then 1 else 2) == 1", nullptr},
      {"if true then if false then 1 else 2 else 3", nullptr},
      {"(principal has a) == true", nullptr},
      {"principal has a.b.c", nullptr},
      {"principal has \"a b\"", nullptr},
      {"principal has \"if\"", nullptr},
      {"principal[\"a\"][\"b c\"]", "principal.a[\"b c\"]"},
      {"principal like \"a*\\**\"", nullptr},
      {"principal is A in [B::\"x\"]", nullptr},
      {"(1 + 2).a", nullptr},
      {"(principal in resource).a", nullptr},
      {"{\"a\": 1, \"b c\": [], \"in\": {}}.a", "{a: 1, \"b c\": [], \"in\": {}}.a"},
      {"[1, if true then 2 else 3, 4 || 5].contains(1 == 2)", nullptr},
      {"ip(\"::1\").isInRange(ip(\"::/0\"))", nullptr},
      {"principal.getTag(\"a\").isEmpty()", nullptr},
      {"\"a\\n\\u{1F511}\\0\" == \"\"", "\"a\\n\xF0\x9F\x94\x91\\0\" == \"\""},
  };
  for (const auto& c : cases) {
    const auto body = ParsePolicy(Permit(c.text));
    ASSERT_TRUE(body.ok()) << c.text << body.status();
    EXPECT_EQ(ExprToText((*body)->exprs, (*body)->conditions[0].expr), c.printed ? c.printed : c.text);
    ExpectRoundTrips(Permit(c.text));
  }
}

TEST(PrinterTest, ScopesAndAnnotationsRoundTrip) {
  for (const char* text : {
           "permit(principal, action, resource);",
           "@a @b(\"x\\\"\") @if(\"\") forbid(principal == A::\"\\n\", action == Action::\"x\", resource == B::\"y\");",
           "permit(principal in A::\"x\", action in N::Action::\"x\", resource in B::C::\"y\");",
           "permit(principal is A, action in [], resource is B::C);",
           "permit(principal is A in A::\"x\", action in [Action::\"x\", Action::\"y\"], resource is B in B::\"x\");",
           "permit(principal == ?principal, action, resource in ?resource) when { true } unless { false };",
           "permit(principal is A in ?principal, action, resource is B in ?resource) unless { true };",
       }) {
    ExpectRoundTrips(text);
  }
}

// Any expression of the language, well typed or not.
class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  std::string Expr(int depth) {
    if (depth == 0) return Leaf();
    auto e = [&] { return "(" + Expr(depth - 1) + ")"; };
    switch (Below(20)) {
      case 0:
        return absl::StrCat("if ", Expr(depth - 1), " then ", Expr(depth - 1), " else ", Expr(depth - 1));
      case 1:
        return absl::StrCat(e(), " && ", e(), Below(2) ? absl::StrCat(" && ", e()) : "");
      case 2:
        return absl::StrCat(e(), " || ", e(), Below(2) ? absl::StrCat(" || ", e()) : "");
      case 3:
        return "!" + e();
      case 4:
        return "-" + e();
      case 5:
        return absl::StrCat(e(), Pick({" == ", " != ", " < ", " <= ", " > ", " >= ", " in "}), e());
      case 6:
        return absl::StrCat(e(), Pick({" + ", " - ", " * "}), e());
      case 7:
        return absl::StrCat(e(), Pick({".contains(", ".containsAll(", ".getTag(", ".isInRange("}), e(), ")");
      case 8:
        return absl::StrCat(e(), Pick({".isEmpty()", ".isIpv4()", ".toTime()", ".a", "[\"b c\"]", "[\"then\"]"}));
      case 9:
        return absl::StrCat(e(), Pick({" has a", " has a.b", " has \"b c\"", " like \"a*\\*\"", " is A::B"}));
      case 10:
        return absl::StrCat(e(), " is A in ", e());
      case 11:
        return absl::StrCat("[", Expr(depth - 1), ", ", Expr(depth - 1), "]");
      case 12:
        return absl::StrCat("{a: ", Expr(depth - 1), ", \"b c\": ", Expr(depth - 1), "}");
      case 13:
        return absl::StrCat("ip(", Expr(depth - 1), ")");
      default:
        return Expr(depth - 1);
    }
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  std::string Pick(std::vector<const char*> choices) { return choices[random_() % choices.size()]; }
  std::string Leaf() {
    return Pick({"true", "false", "0", "-5", "7", "\"text\"", "\"\\u{202e}\\\"\"", "principal", "action", "resource",
                 "context", "A::B::\"x\\n\"", "[]", "{}", "-9223372036854775808"});
  }
  std::mt19937 random_;
};

TEST(PrinterTest, RandomPoliciesRoundTrip) {
  for (uint32_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(seed);
    Generator generator(seed);
    ExpectRoundTrips(Permit(generator.Expr(static_cast<int>(seed % 7))));
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(FormatterTest, KeepsEveryComment) {
  constexpr char kText[] = R"(
// header

// of the first
@id("x") @reason("r") // behind annotations
// above the effect
permit(principal in A::"x", // who
action in [Action::"a",Action::"b"], // what
resource // where
) when { // opening
principal.a == 1 && (principal.b || // inside
principal.c) && -(1) == - 1 } unless { [1, // one
2].contains(1) };   // end
permit(principal,action,resource);
// last)";
  constexpr char kFormatted[] = R"(// header

// of the first
@id("x")
@reason("r") // behind annotations
// above the effect
permit (
  principal in A::"x", // who
  action in [Action::"a", Action::"b"], // what
  resource
) // where
when { // opening
  principal.a == 1 &&
  (principal.b || // inside
   principal.c) &&
  -(1) == -1
}
unless {
  [
    1, // one
    2
  ].contains(1)
}; // end

permit (principal, action, resource);

// last
)";
  EXPECT_EQ(FormatPolicies(kText).value(), kFormatted);
  EXPECT_EQ(FormatPolicies(kFormatted).value(), kFormatted);
}

TEST(FormatterTest, BreaksLongLines) {
  const std::string name(45, 'x');
  const std::string text =
      Permit(absl::StrCat("context.", name, " == context.", name, " && if context.", name, " then [context.", name,
                          ", 1].contains(context.", name, ") else {a: context.", name, ", b: context.", name, "}.a"));
  const std::string x = absl::StrCat("context.", name);
  // The branches of an `if` behind && need parentheses.
  EXPECT_FALSE(FormatPolicies(text).ok());
  const std::string good = Permit(absl::StrCat(x, " == ", x, " && (if ", x, " then [", x, ", 1].contains(", x,
                                               ") else {a: ", x, ", b: ", x, "}.a)"));
  EXPECT_EQ(
      FormatPolicies(good).value(),
      absl::StrCat("permit (principal, action, resource)\nwhen {\n  ", x, " == ", x, " &&\n  (if ", x, "\n   then [", x,
                   ", 1].contains(\n     ", x, "\n   )\n   else {\n     a: ", x, ",\n     b: ", x, "\n   }.a)\n};\n"));
}

TEST(FormatterTest, SaysWhatDoesNotParse) {
  EXPECT_THAT(FormatPolicies("permit(principal);", {"f.cedar"}).status().message(), HasSubstr("f.cedar:1:17"));
  EXPECT_EQ(FormatPolicies("").value(), "");
  EXPECT_EQ(FormatPolicies("// only a comment").value(), "// only a comment\n");
}

TEST(PolicyJsonTest, ReadsTheAuthorsForm) {
  const struct {
    const char* body;
    const char* text;  // null: refused
  } cases[] = {
      {R"({"Value": [1, {"a": "x"}]})", "[1, {a: \"x\"}]"},
      {R"({"Value": {"__extn": {"fn": "ip", "arg": "::1"}}})", "ip(\"::1\")"},
      {R"({"Value": {"__entity": {"type": "A", "id": "x"}}})", "A::\"x\""},
      {R"({"Value": null})", nullptr},
      {R"({"Value": 1.5})", nullptr},
      {R"({"Value": {"__entity": {"type": "A", "id": "x", "more": 1.5}}})", nullptr},
      {R"({"Value": true, "x": 1})", nullptr},
      {"{}", nullptr},
      {"[]", nullptr},
      {R"({"&&": {"left": {"Value": true}, "right": {"Value": 1}}})", "true && 1"},
      {R"({"&&": {"left": {"&&": {"left": {"Value": true}, "right": {"Value": 1}}}, "right": {"Value": 2}}})",
       "true && 1 && 2"},
      {R"({"&&": {"left": {"Value": true}}})", nullptr},
      {R"({"!": {"arg": {"Value": 1}, "x": 1}})", nullptr},
      {R"({"neg": {"arg": {"Value": 3}}})", "-(3)"},
      {R"({"Slot": "?principal"})", nullptr},
      {R"({"foo": [{"Value": 1}]})", nullptr},
      {R"({"ip": [{"Value": 1}, {"Value": 2}]})", "ip(1, 2)"},
      {R"({"isIpv4": [{"ip": [{"Value": "::1"}]}]})", "ip(\"::1\").isIpv4()"},
      {R"({"like": {"left": {"Value": "a"}, "pattern": "a*"}})", nullptr},
      {R"({"like": {"left": {"Value": "a"}, "pattern": ["Wildcard", {"Literal": "a"}, {"Literal": "*"}]}})",
       "\"a\" like \"*a\\*\""},
      {R"({"has": {"left": {"Var": "principal"}, "attr": "a b"}})", "principal has \"a b\""},
      {R"({"has": {"left": {"Var": "principal"}, "attr": ["a", "b"]}})", "principal has a.b"},
      {R"({"has": {"left": {"Var": "principal"}, "attr": ["a b", "c"]}})",
       "principal has \"a b\" && principal[\"a b\"] has c"},
      {R"({"has": {"left": {"Var": "principal"}, "attr": []}})", nullptr},
      {R"({"has": {"left": {"Var": "principal"}, "attr": "a", "more": 1}})", "principal has a"},
      {R"({"like": {"left": {"Value": "a"}, "pattern": [{"Literal": "a", "more": 1}]}})", nullptr},
      {R"({"is": {"left": {"Var": "principal"}, "entity_type": "A", "in": null}})", "principal is A"},
      {R"({"Value": {"__entity": {"type": "A", "id": "x"}, "more": 1}})",
       "{__entity: {type: \"A\", id: \"x\"}, more: 1}"},
      {R"({"Var": "foo"})", nullptr},
      {R"({"is": {"left": {"Var": "principal"}, "entity_type": "A B"}})", nullptr},
      {R"({"is": {"left": {"Var": "principal"}, "entity_type": "A", "in": {"Value": 1}}})", "principal is A in 1"},
      {R"({".": {"left": {"Var": "principal"}, "attr": "if"}})", "principal[\"if\"]"},
      {R"({"if-then-else": {"if": {"Value": true}, "then": {"Value": 1}, "else": {"Value": 2}}})",
       "if true then 1 else 2"},
      {R"({"Record": {"a": {"Value": 1}}})", "{a: 1}"},
      {R"({"Set": [{"Value": 1}]})", "[1]"},
  };
  for (const auto& c : cases) {
    const auto body = ParsePolicyJson(
        absl::StrCat(R"({"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"}, )",
                     R"("resource": {"op": "All"}, "conditions": [{"kind": "when", "body": )", c.body, "}]}"));
    ASSERT_EQ(body.ok(), c.text != nullptr) << c.body << body.status();
    if (!body.ok()) {
      EXPECT_THAT(std::string(body.status().message()), HasSubstr("conditions[0].body")) << c.body;
      continue;
    }
    EXPECT_EQ(ExprToText((*body)->exprs, (*body)->conditions[0].expr), c.text);
  }
}

TEST(PolicyJsonTest, RefusesWhatIsNoPolicy) {
  const struct {
    const char* change;  // replaces "resource"
    const char* error;
  } cases[] = {
      {R"("resource": {"op": "All"}, "zz": 1)", "policy: there is no member \"zz\" here"},
      {R"("resource": {"op": "in", "slot": "?principal"})", "expected the slot ?resource, found ?principal"},
      {R"("resource": {"op": "in"})", "expected \"entity\" or \"slot\""},
      {R"("resource": {"op": "has"})", "there is no operator \"has\""},
      {R"("resource": {"op": "is", "entity_type": "a b"})", "expected \"entity_type\""},
      {R"("resource": {"op": "All"}, "annotations": {"a b": "x"})", "\"a b\" is no name"},
      {R"("resource": {"op": "All"}, "annotations": {"a": 1})", "expected a string or null"},
      {R"("resource": {"op": "is", "entity_type": "A", "iin": {"slot": "?resource"}})",
       "resource: there is no member \"iin\" here"},
      {R"("other": 1)", "policy: there is no member \"other\" here"},
  };
  for (const auto& c : cases) {
    const auto body = ParsePolicyJson(
        absl::StrCat(R"({"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"}, "conditions": [], )",
                     c.change, "}"));
    EXPECT_THAT(std::string(body.status().message()), HasSubstr(c.error)) << c.change;
  }
}

TEST(PolicyJsonTest, DeepJsonIsRefusedAndLongChainsPass) {
  std::string chain = "true";
  for (int i = 1; i < 900; ++i) chain += " && true";
  ExpectRoundTrips(Permit(chain));
  for (int i = 0; i < 5000; ++i) chain += " && true";
  EXPECT_THAT(PolicyToJson(*ParsePolicy(Permit(chain)).value()).status().message(), HasSubstr("too deep for JSON"));

  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += R"({"!":{"arg":)";
  EXPECT_THAT(ParsePolicyJson(deep).status().message(), HasSubstr("may nest"));
}

TEST(PolicyJsonTest, PolicySetsRoundTrip) {
  PolicySet set =
      PolicySet::Parse("@a(\"1\") permit(principal, action, resource); forbid(principal, action, resource);").value();
  ASSERT_TRUE(
      set.Add("t", ParsePolicy("permit(principal in ?principal, action, resource == ?resource);").value()).ok());
  ASSERT_TRUE(set.Link("t", "l", {EntityUid("A", "x"), EntityUid("B", "y")}).ok());
  const std::string text = PolicySetToJson(set)->ToString(true);
  const auto again = ParsePolicySetJson(text);
  ASSERT_TRUE(again.ok()) << again.status() << text;
  EXPECT_EQ(PolicySetToJson(*again)->ToString(true), text);
  EXPECT_EQ(again->size(), 3u);
  EXPECT_EQ(again->Find("l")->resource_entity(), EntityUid("B", "y"));
  EXPECT_THAT(PolicySetToText(*again), HasSubstr("principal in ?principal"));

  for (const char* bad : {"[]", R"({"more": 1})", R"({"staticPolicies": []})", R"({"templateLinks": {}})",
                          R"({"templateLinks": [{"templateId": "t", "newId": "l", "values": {}}]})",
                          R"({"staticPolicies": {"a": {}}})"}) {
    EXPECT_FALSE(ParsePolicySetJson(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace cedar
