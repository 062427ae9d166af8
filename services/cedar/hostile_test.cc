// What nobody means: great depth, size and number, in every format. Each input ends in a result or in an error with a
// place, in bounded time and stack; so does whatever can be done with a result. Run under the sanitizers too.

#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cedar/authorizer.h"
#include "cedar/entity_json.h"
#include "cedar/limits.h"
#include "cedar/policy_json.h"
#include "cedar/printer.h"
#include "cedar/schema.h"
#include "cedar/validator.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::HasSubstr;

// Far above what the cases of a test take together, sanitizers or not; far below what one without bounds would.
constexpr int kSecondsMax = 60;
constexpr size_t kAllMessagesBytesMax = 1 << 20;

class HostileTest : public ::testing::Test {
 protected:
  // Of the processor, so that a busy machine does not count.
  void TearDown() override { EXPECT_LT(std::clock() - begin_, kSecondsMax * CLOCKS_PER_SEC); }

 private:
  std::clock_t begin_ = std::clock();
};

std::string Times(size_t n, absl::string_view piece) {
  std::string out;
  out.reserve(n * piece.size());
  for (size_t i = 0; i < n; ++i) out.append(piece.data(), piece.size());
  return out;
}

// "first0 second0first1 second1…": numbered pieces.
std::string Numbered(size_t n, absl::string_view before, absl::string_view behind) {
  std::string out;
  for (size_t i = 0; i < n; ++i) absl::StrAppend(&out, before, i, behind);
  return out;
}

std::string Permit(absl::string_view condition) {
  return absl::StrCat("permit(principal, action, resource) when { ", condition, " };");
}

const Schema& TheSchema() {
  static const Schema* const schema = new Schema(Schema::Parse(R"(
    entity G in [G];
    entity A in [A, G] = { l: Long, s: String, e?: A, r: { x?: Long } } tags String;
    action act appliesTo { principal: A, resource: [A, G], context: { s: Set<Long>, t: String } };)")
                                                     .value());
  return *schema;
}

// Everything that can be done with policies: none of it may take long, overflow the stack or disagree with itself.
void Exercise(const PolicySet& given, absl::string_view what) {
  const PolicySet set = given;
  const std::string printed = PolicySetToText(set);
  const auto again = PolicySet::Parse(printed);
  ASSERT_TRUE(again.ok()) << what << again.status().message().substr(0, 1000);
  EXPECT_EQ(PolicySetToText(*again), printed) << what;
  EXPECT_TRUE(FormatPolicies(printed).ok()) << what;
  if (const auto json = PolicySetToJson(set); json.ok()) {
    const auto from_json = ParsePolicySetJson(json->ToString());
    ASSERT_TRUE(from_json.ok()) << what << from_json.status().message().substr(0, 1000);
    EXPECT_EQ(PolicySetToText(*from_json), printed) << what;
  } else {
    EXPECT_THAT(std::string(json.status().message()), HasSubstr("too deep for JSON")) << what;
  }
  EXPECT_LT(ToStatus(ValidatePolicies(TheSchema(), set)).message().size(), kAllMessagesBytesMax) << what;
  Request request;
  request.principal = request.resource = EntityUid("A", "x");
  request.action = EntityUid("Action", "act");
  request.context = Value::Record({{"s", Value::Set({})}, {"t", Value::String("t")}});
  const EntityStore none;
  const Response response = Authorize(set, request, none);
  EXPECT_EQ(response.decision, Authorize(set, request, none, {.use_index = false}).decision) << what;
  EXPECT_EQ(Explain(set, request, none).size(), set.size()) << what;
}

struct TextCase {
  const char* what;
  std::string text;
  const char* error;  // null: accepted
};

void CheckPolicies(const std::vector<TextCase>& cases) {
  for (const TextCase& c : cases) {
    std::vector<Diagnostic> diagnostics;
    const auto policies = PolicySet::Parse(c.text, {}, &diagnostics);
    ASSERT_EQ(policies.ok(), c.error == nullptr) << c.what << policies.status().message().substr(0, 1000);
    EXPECT_EQ(FormatPolicies(c.text).ok(), policies.ok()) << c.what;
    if (policies.ok()) {
      Exercise(*policies, c.what);
      continue;
    }
    EXPECT_THAT(std::string(policies.status().message().substr(0, 1000)), HasSubstr(c.error)) << c.what;
    EXPECT_LT(policies.status().message().size(), kAllMessagesBytesMax) << c.what;
    ASSERT_FALSE(diagnostics.empty()) << c.what;
    EXPECT_GT(diagnostics[0].position.line, 0) << c.what;
  }
}

constexpr size_t kDeep = 200000;
// A little less than is allowed: what is accepted has to survive everything else.
constexpr size_t kNested = kNestingMax - 10;
constexpr size_t kHigh = kExprHeightMax - 10;

TEST_F(HostileTest, PoliciesThatNestTooDeep) {
  CheckPolicies({
      {"parentheses", Permit(Times(kDeep, "(")), "expressions nest at most"},
      {"closed parentheses", Permit(Times(kDeep, "(") + "true" + Times(kDeep, ")")), "expressions nest at most"},
      {"not", Permit(Times(kDeep, "!") + "true"), "may follow each other"},
      {"negate", Permit(Times(kDeep, "-") + "1 == 1"), "may follow each other"},
      {"not in parentheses", Permit(Times(kDeep, "!(") + "true" + Times(kDeep, ")")), "expressions nest at most"},
      {"conditions of if", Permit(Times(kDeep, "if ")), "expressions nest at most"},
      {"else branches", Permit(Times(kDeep, "if true then true else ") + "true"), "expressions nest at most"},
      {"sets", Permit(Times(kDeep, "[")), "expressions nest at most"},
      {"records", Permit(Times(kDeep, "{a:")), "expressions nest at most"},
      {"arguments", Permit(Times(kDeep, "ip(")), "expressions nest at most"},
      {"method arguments", Permit(Times(kDeep, "principal.contains(")), "expressions nest at most"},
      {"sums", Permit("1" + Times(kDeep, "+1") + "==1"), "nested more than"},
      {"products", Permit("1" + Times(kDeep, "*1") + "==1"), "nested more than"},
      {"members", Permit("principal" + Times(kDeep, ".a")), "nested more than"},
      {"indexes", Permit("principal" + Times(kDeep, "[\"a\"]")), "nested more than"},
      {"calls", Permit("principal" + Times(kDeep, ".isEmpty()")), "nested more than"},
      {"or in and", Permit(Times(kDeep, "true && (false || ")), "expressions nest at most"},
      {"paths of has", Permit("principal has a" + Times(kDeep, ".a")), "too long"},
      {"names", Permit("A" + Times(kDeep, "::A") + "::\"x\" == principal"), "a name has at most"},
      {"types", Permit("principal is A" + Times(kDeep, "::A")), "a name has at most"},
      {"scopes", "permit(principal is A" + Times(kDeep, "::A") + ", action, resource);", "a name has at most"},
      {"relations", Permit("1" + Times(kDeep, " == 1")), "error"},
      {"nothing closed", Times(kDeep, "permit(principal, action, resource) when {"), "error"},
  });
}

TEST_F(HostileTest, PoliciesAsDeepAsAllowed) {
  CheckPolicies({
      {"parentheses", Permit(Times(kNested, "(") + "true" + Times(kNested, ")")), nullptr},
      {"not", Permit(Times(kNested, "!(") + "true" + Times(kNested, ")")), nullptr},
      {"conditions of if", Permit(Times(kNested, "if ") + "true" + Times(kNested, " then true else true")), nullptr},
      {"else branches", Permit(Times(kNested, "if false then true else ") + "true"), nullptr},
      {"sets", Permit(Times(kNested, "[") + Times(kNested, "]") + ".isEmpty()"), nullptr},
      {"records", Permit(Times(kNested, "{a:") + "1" + Times(kNested, "}") + " == context"), nullptr},
      {"or in and", Permit(Times(kNested, "true && (false || ") + "true" + Times(kNested, ")")), nullptr},
      {"sums", Permit("1" + Times(kHigh, "+1") + "==1"), nullptr},
      {"members", Permit("principal" + Times(kHigh, ".e") + " == principal"), nullptr},
      {"calls", Permit("principal" + Times(kHigh, ".isEmpty()")), nullptr},
      {"paths of has", Permit("principal has e" + Times(kNested, ".e")), nullptr},
      {"deep members in deep parentheses",
       Permit(Times(kNested, "(true && ") + "principal" + Times(kHigh - kNested, ".e") + Times(kNested, ")")), nullptr},
      {"sets of sums",
       Permit(Times(kNested, "[") + "1" + Times(kHigh - kNested, "-1") + Times(kNested, "]") + ".isEmpty()"), nullptr},
  });
}

TEST_F(HostileTest, PoliciesOfGreatSize) {
  const std::string megabyte(1 << 20, 'x');
  CheckPolicies({
      {"string", Permit(absl::StrCat("principal == A::\"", megabyte, "\"")), nullptr},
      {"attribute", Permit(absl::StrCat("principal[\"", megabyte, "\"] == 1")), nullptr},
      {"identifier", Permit(absl::StrCat("principal.", megabyte, " == 1")), nullptr},
      {"unknown word", megabyte, "expected"},
      {"comment", absl::StrCat("//", megabyte, "\n", Permit("true")), nullptr},
      {"comments", Times(100000, "// x\n") + Permit("true"), nullptr},
      {"comments inside", Permit(Times(100000, "// x\n") + "true"), nullptr},
      {"annotation", absl::StrCat("@a(\"", megabyte, "\")", Permit("true")), nullptr},
      {"and", Permit("principal.l == 1" + Times(40000, " && principal.l == 1")), nullptr},
      {"or", Permit("principal.l == 1" + Times(40000, " || principal.l == 1")), nullptr},
      {"guards", Permit("principal has e" + Times(20000, " && principal has e && principal.e has e")), nullptr},
      {"set", Permit("[" + Numbered(10000, "", ", ") + "0].contains(principal.l)"), nullptr},
      {"set of sets", Permit("[" + Numbered(10000, "[", "], ") + "[0]].contains([principal.l])"), nullptr},
      {"record", Permit("{" + Numbered(10000, "a", ": 1, ") + "a: 1} == {a: 1}"), nullptr},
      {"set at the greatest depth",
       Permit(Times(kNested, "[") + Numbered(10000, "", ", ") + "0" + Times(kNested, "]") + ".isEmpty()"), nullptr},
      {"uids", Permit("principal in [" + Numbered(10000, "G::\"", "\", ") + "G::\"x\"]"), nullptr},
      {"actions",
       "permit(principal, action in [" + Numbered(10000, "Action::\"", "\", ") + "Action::\"act\"], resource);",
       nullptr},
      {"pattern", Permit("context.t like \"" + Times(200000, "*a") + "\""), nullptr},
      {"stars", Permit("context.t like \"" + Times(1 << 20, "*") + "\""), nullptr},
      {"conditions", "permit(principal, action, resource)" + Times(50000, " when { true }") + ";", nullptr},
      {"policies", Times(20000, "permit(principal, action, resource);"), nullptr},
      {"wrong policies", Times(20000, "permit(principal, action);"), "expected"},
      {"no policies", Times(1 << 20, ";"), "expected"},
      {"stray characters", Times(1 << 20, "$"), "unexpected character"},
      {"annotations", Numbered(50000, "@a", " ") + Permit("true"), "annotations"},
      {"unknown names", Permit("principal is B0" + Numbered(20000, " || principal is B", "")), nullptr},
  });
}

TEST_F(HostileTest, PoliciesOfHostileCharacters) {
  const std::string nul(1, '\0');
  CheckPolicies({
      {"nothing", "", nullptr},
      {"invalid UTF-8", Permit("\"\xff\" == \"\""), "not valid UTF-8"},
      {"overlong UTF-8", Permit("\"\xc0\x80\" == \"\""), "not valid UTF-8"},
      {"surrogates", Permit("\"\xed\xa0\x80\" == \"\""), "not valid UTF-8"},
      {"cut UTF-8", Permit("true") + "\xf0\x9f", "not valid UTF-8"},
      {"invalid UTF-8 in a comment", "// \xff\n" + Permit("true"), "not valid UTF-8"},
      {"NUL", nul + Permit("true"), "unexpected character"},
      {"NUL in a string", Permit("\"" + nul + "\" == \"\\0\""), nullptr},
      {"NUL in a comment", "//" + nul + "\n" + Permit("true"), nullptr},
      {"byte order mark", "\xef\xbb\xbf" + Permit("true"), "unexpected character"},
      {"right to left", Permit("\"\u202e\" == principal.\u202e"), "unexpected character"},
      {"string without end", Permit("\"" + Times(1 << 20, "a")), "not closed"},
      {"escapes", Permit("\"" + Times(100000, "\\u{10ffff}") + "\" == \"\""), nullptr},
      {"wrong escapes", Permit("\"" + Times(100000, "\\u{110000}") + "\" == \"\""), "error"},
      {"long escape", Permit("\"\\u{" + Times(100000, "0") + "}\" == \"\""), "error"},
      {"least integer", Permit("-9223372036854775808 == 1"), nullptr},
      {"below the least", Permit("-9223372036854775809 == 1"), "error"},
      {"minus the least", Permit("--9223372036854775808 == 1"), nullptr},
      {"above the greatest", Permit("9223372036854775808 == 1"), "error"},
      {"long integer", Permit(Times(1 << 20, "9") + " == 1"), "error"},
      {"long integer of zeros", Permit(Times(1 << 20, "0") + " == 1"), nullptr},
      {"overflows", Permit("9223372036854775807 + 1 == 1 || 9223372036854775807 * 9223372036854775807 == 1"), nullptr},
      {"extension arguments", Permit("decimal(\"" + Times(1 << 20, "9") + "\") == ip(\"" + Times(1 << 20, ":") + "\")"),
       nullptr},
      {"durations", Permit("duration(\"" + Times(100000, "9d") + "\") == datetime(\"" + Times(100000, "-1") + "\")"),
       nullptr},
  });
}

TEST_F(HostileTest, TemplateSlotsStandInTheScopeOnly) {
  CheckPolicies({
      {"the other's slot", "permit(principal == ?resource, action, resource);", "expected ?principal"},
      {"no such slot", "permit(principal == ?x, action, resource);", "expected ?principal"},
      {"action", "permit(principal, action == ?action, resource);", "slot"},
      {"list", "permit(principal, action in [?principal], resource);", "error"},
      {"is", "permit(principal is ?principal, action, resource);", "error"},
      {"condition", Permit("principal == ?principal"), "only in the scope"},
      {"deep in a condition", Permit(Times(100, "(") + "?resource" + Times(100, ")") + " == principal"),
       "only in the scope"},
      {"bare", Permit("?"), "expected an expression"},
      {"long", Permit("?" + Times(1 << 20, "x")), "error"},
  });
  PolicySet set;
  ASSERT_TRUE(
      set.Add("t", ParsePolicy("permit(principal in ?principal, action, resource == ?resource);").value()).ok());
  const EntityUid uid("A", std::string(1 << 20, 'x'));
  EXPECT_FALSE(set.Link("t", "l", {uid, std::nullopt}).ok());
  EXPECT_FALSE(set.Link("t", "l", {std::nullopt, std::nullopt}).ok());
  EXPECT_FALSE(set.Link("t", "t", {uid, uid}).ok());
  EXPECT_FALSE(set.Link("l", "l", {uid, uid}).ok());
  for (int i = 0; i < 20000; ++i) ASSERT_TRUE(set.Link("t", absl::StrCat(i), {uid, uid}).ok());
  EXPECT_FALSE(set.Remove("t").ok());
  EXPECT_LT(ToStatus(ValidatePolicies(TheSchema(), set)).message().size(), kAllMessagesBytesMax);
}

// Greedy for the earliest place, never backtracking.
TEST_F(HostileTest, PatternsTakeLinearTime) {
  const EntityStore none;
  const std::string many(1 << 19, 'a');
  const struct {
    std::string pattern;
    bool matches;
  } cases[] = {
      {Times(200000, "*a") + "b", false},
      {Times(200000, "*a") + "*", true},
      {Times(1 << 19, "*"), true},
      {"*" + std::string(1 << 18, 'a') + "b*", false},
      {"*" + std::string(1 << 18, 'a') + "*" + std::string(1 << 18, 'a') + "*", true},
      {"*a" + std::string(1 << 18, 'b') + "*a", false},
  };
  for (const auto& c : cases) {
    Request request;
    request.context = Value::Record({{"t", Value::String(many)}});
    const auto value = EvaluateExpr(absl::StrCat("context.t like \"", c.pattern, "\""), request, none);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_EQ(value->bool_value(), c.matches) << c.pattern.substr(0, 10);
  }
}

void CheckPolicyJson(const std::vector<TextCase>& cases) {
  for (const TextCase& c : cases) {
    const auto body = ParsePolicyJson(
        absl::StrCat(R"({"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"}, )",
                     R"("resource": {"op": "All"}, "conditions": [{"kind": "when", "body": )", c.text, "}]}"));
    ASSERT_EQ(body.ok(), c.error == nullptr) << c.what << body.status().message().substr(0, 1000);
    if (!body.ok()) {
      EXPECT_THAT(std::string(body.status().message().substr(0, 1000)), HasSubstr(c.error)) << c.what;
      EXPECT_LT(body.status().message().size(), kAllMessagesBytesMax) << c.what;
      continue;
    }
    PolicySet set;
    ASSERT_TRUE(set.Add("p", *body).ok());
    Exercise(set, c.what);
  }
}

// `levels` times `x has "a b".b`, each in the operand of the next.
std::string HasPaths(size_t levels) {
  return Times(levels, R"({"has": {"left": {"if-then-else": {"if": )") + R"({"Value": true})" +
         Times(levels,
               R"(, "then": {"Var": "principal"}, "else": {"Var": "resource"}}}, "attr": ["a b", "b", "c d", "e"]}})");
}

TEST_F(HostileTest, PoliciesInJson) {
  CheckPolicyJson({
      {"deep", Times(kDeep, R"({"!":{"arg":)"), "may nest"},
      {"chain", Times(kDeep, R"({"&&":{"left":)"), "may nest"},
      {"arrays", Times(kDeep, R"({"Set":[)"), "may nest"},
      {"values", R"({"Value":)" + Times(kDeep, "["), "may nest"},
      {"marks", R"({"Value":)" + Times(kDeep, R"({"__extn":{"fn":"ip","arg":)"), "may nest"},
      {"not", Times(kHigh, R"({"!":{"arg":)") + R"({"Value":true})" + Times(kHigh, "}}"), "expressions nest at most"},
      {"as deep as allowed", Times(kNested, R"({"!":{"arg":)") + R"({"Value":true})" + Times(kNested, "}}"), nullptr},
      {"has", HasPaths(3), nullptr},
      {"nested has", HasPaths(30), "too many"},
      {"twice", R"({"Value": 1, "Value": 2})", "stands twice"},
      {"twice in a record", R"({"Record": {"a": {"Value": 1}, "a": {"Value": 1}}})", "stands twice"},
      {"set", R"({"isEmpty": {"arg": {"Set": [)" + Numbered(10000, R"({"Value": )", "}, ") + R"({"Value": 0}]}}})",
       nullptr},
      {"string",
       absl::StrCat(R"({"==": {"left": {"Value": ")", std::string(1 << 20, 'x'), R"("}, "right": {"Value": 1}}})"),
       nullptr},
      {"integer", R"({"Value": 9223372036854775808})", "is no long"},
      {"number", absl::StrCat(R"({"Value": )", std::string(100000, '9'), "}"), "out of range"},
      {"exponent", R"({"Value": 1e999999999})", "out of range"},
      {"invalid UTF-8", "{\"Value\": \"\xff\"}", "UTF-8"},
      {"NUL", std::string("{\"Value\": \0}", 12), "unexpected zero byte"},
      {"half a surrogate", R"({"Value": "\ud800"})", "line 1"},
      {"unknown function", R"({")" + std::string(1 << 20, 'x') + R"(": []})", "no such operator"},
      {"pattern",
       R"({"like": {"left": {"Value": "a"}, "pattern": [)" + Times(100000, R"("Wildcard", {"Literal": "a"}, )") +
           R"("Wildcard"]}})",
       nullptr},
  });
}

TEST_F(HostileTest, EntitiesInJson) {
  auto with = [](absl::string_view attribute) {
    return absl::StrCat(R"([{"uid": {"type": "A", "id": "x"}, "parents": [], "attrs": {"a": )", attribute, "}}]");
  };
  std::string chain = "[", cycle = "[";
  for (int i = 0; i < 20000; ++i) {
    const std::string next = absl::StrCat(R"({"uid": {"type": "A", "id": ")", i, R"("}, "attrs": {}, "parents": )");
    absl::StrAppend(&chain, next, R"([{"type": "A", "id": ")", i + 1, R"("}]}, )");
    absl::StrAppend(&cycle, next, R"([{"type": "A", "id": ")", (i + 1) % 20000, R"("}]}, )");
  }
  const std::string last = R"({"uid": {"type": "A", "id": "last"}, "attrs": {}, "parents": []}])";
  const std::vector<TextCase> cases = {
      {"arrays", with(Times(kDeep, "[")), "may nest"},
      {"objects", with(Times(kDeep, R"({"a":)")), "may nest"},
      {"entities", with(Times(kDeep, R"({"__entity":)")), "may nest"},
      {"calls", with(Times(kDeep, R"({"__extn":{"fn":"ip","arg":)")), "may nest"},
      {"deep enough", with(Times(100, "[") + Times(100, "]")), nullptr},
      {"deep calls", with(Times(60, R"({"__extn":{"fn":"ip","arg":)") + "\"::1\"" + Times(60, "}}")), "x"},
      {"elements", with("[" + Numbered(10000, "", ", ") + "0]"), nullptr},
      {"equal elements", with("[" + Times(200000, "[], ") + "0]"), nullptr},
      {"attributes", with("{" + Numbered(100000, "\"a", "\": 1, ") + "\"a\": 1}"), nullptr},
      {"twice", with(R"({"a": 1, "a": 1})"), "stands twice"},
      {"too many values", with("[" + Times(5 << 20, "0,") + "0]"), "values"},
      {"string", with(absl::StrCat("\"", std::string(8 << 20, 'x'), "\"")), nullptr},
      {"invalid UTF-8", with("\"\xff\""), "UTF-8"},
      {"deep hierarchy", chain + last, "ancestors"},
      {"cycle", cycle + last, "ancestor"},
      {"wide hierarchy",
       R"([{"uid": {"type": "A", "id": "x"}, "attrs": {}, "parents": [)" +
           Numbered(100000, R"({"type": "G", "id": ")", R"("}, )") + R"({"type": "G", "id": "x"}]}])",
       nullptr},
      {"not closed", "[" + Times(100000, "{}, "), "line 1"},
      {"text behind", "[] []", "line 1"},
      {"text behind a zero byte", std::string("[]\0[]", 5), "unexpected zero byte"},
  };
  for (const TextCase& c : cases) {
    const auto entities = ParseEntitiesJson(c.text);
    ASSERT_EQ(entities.ok(), c.error == nullptr) << c.what << entities.status().message().substr(0, 1000);
    const auto typed = ParseEntitiesJson(c.text, &TheSchema());
    EXPECT_LT(typed.status().message().size(), kAllMessagesBytesMax) << c.what;
    if (!entities.ok()) {
      EXPECT_THAT(std::string(entities.status().message().substr(0, 1000)), HasSubstr(c.error)) << c.what;
      EXPECT_LT(entities.status().message().size(), kAllMessagesBytesMax) << c.what;
      continue;
    }
    const std::string written = EntitiesToJson(*entities).ToString();
    EXPECT_EQ(EntitiesToJson(ParseEntitiesJson(written).value()).ToString(), written) << c.what;
  }
}

TEST_F(HostileTest, DeepValuesLiveAndDie) {
  Value deep = Value::Set({});
  for (int i = 0; i < kExprHeightMax + kJsonDepthMax; ++i) deep = Value::Set({deep, Value::Long(i)});
  const Value copy = deep.DeepCopy();
  EXPECT_EQ(copy, deep);
  EXPECT_EQ(Value::Compare(copy, deep), 0);
  EXPECT_FALSE(copy.ToString().empty());
  Request request;
  request.context = Value::Record({{"deep", deep}});
  const EntityStore none;
  const auto value = EvaluateExpr(Times(kNested, "[") + "context.deep" + Times(kNested, "]"), request, none);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, *value);
}

TEST_F(HostileTest, SchemasAsText) {
  const std::string block = "{" + Numbered(20000, "a", ": Long, ") + "}";
  const std::vector<TextCase> cases = {
      {"sets", "type T = " + Times(kDeep, "Set<"), "types may nest"},
      {"records", "type T = " + Times(kDeep, "{a:"), "types may nest"},
      {"namespaces", Times(kDeep, "namespace A {"), "namespace"},
      {"many namespaces", Numbered(50000, "namespace A", " {}"), nullptr},
      {"names", "entity " + Numbered(50000, "A", ", ") + "B;", nullptr},
      {"large types of many names", "entity " + Numbered(20000, "A", ", ") + "B " + block + ";", "written out"},
      {"large contexts of many names",
       "entity E; action " + Numbered(20000, "A", ", ") + "B appliesTo { principal: E, resource: E, context: " + block +
           " };",
       "written out"},
      {"a type's name", "entity A" + Times(1 << 20, "x") + ";", nullptr},
      {"an unknown type's name", "entity A { a: A" + Times(1 << 20, "x") + " };", "there is no type"},
      {"unknown types", "entity A { " + Numbered(20000, "a", ": B, ") + "};" + Numbered(20000, "entity C", ";"),
       "there is no type"},
      {"unknown parents", Numbered(20000, "entity A", " in [B];"), "there is no entity type"},
      {"unknown groups", Numbered(20000, "action a", " in [b];"), "there is no action"},
      {"annotations", Numbered(50000, "@a", " ") + "entity A;", "annotations"},
      {"annotations of an attribute", "entity A { " + Numbered(50000, "@a", " ") + "a: Long };", "annotations"},
      {"choices", "entity A enum [" + Numbered(50000, "\"", "\", ") + "\"\"];", nullptr},
      {"invalid UTF-8", "entity A\xff;", "not valid UTF-8"},
      {"NUL", std::string("entity A\0;", 10), "unexpected character"},
      {"string without end", "action \"", "not closed"},
      {"common types in a circle", "type A = B; type B = C; type C = A;", "contains itself"},
      {"deep groups", Numbered(20000, "action a", ";"), nullptr},
  };
  for (const TextCase& c : cases) {
    std::vector<Diagnostic> diagnostics;
    const auto schema = Schema::Parse(c.text, {}, &diagnostics);
    ASSERT_EQ(schema.ok(), c.error == nullptr) << c.what << schema.status().message().substr(0, 1000);
    if (!schema.ok()) {
      EXPECT_THAT(std::string(schema.status().message().substr(0, 1000)), HasSubstr(c.error)) << c.what;
      EXPECT_LT(schema.status().message().size(), kAllMessagesBytesMax) << c.what;
      EXPECT_GT(diagnostics[0].position.line, 0) << c.what;
      continue;
    }
    EXPECT_EQ(Schema::ParseJson(schema->ToJson()).value().ToJson(), schema->ToJson()) << c.what;
    EXPECT_TRUE(schema->ToText().ok()) << c.what;
  }
}

TEST_F(HostileTest, SchemasWhoseMeaningIsTooLarge) {
  std::string types = "entity T0;", groups = "action a0;";
  for (int i = 1; i < 20000; ++i) {
    absl::StrAppend(&types, "entity T", i, " in T", i - 1, ";");
    absl::StrAppend(&groups, "action a", i, " in a", i - 1, ";");
  }
  std::string wide = "entity A in [" + Numbered(3000, "A", ", ") + "A];";
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&wide, "entity A", i, " in [A];");
  const std::string all = "[" + Numbered(1000, "A", ", ") + "A0]";
  const std::vector<TextCase> cases = {
      {"types", types, "ancestors"},
      {"groups of actions", groups, "ancestors"},
      {"everything in everything", wide, "ancestors"},
      {"requests",
       absl::StrCat(Numbered(1000, "entity A", ";"), "action x appliesTo { principal: ", all, ", resource: ", all,
                    " };"),
       "combinations"},
  };
  for (const TextCase& c : cases) {
    const auto schema = Schema::Parse(c.text);
    ASSERT_FALSE(schema.ok()) << c.what;
    EXPECT_THAT(std::string(schema.status().message().substr(0, 1000)), HasSubstr(c.error)) << c.what;
  }
}

TEST_F(HostileTest, SchemasInJson) {
  const std::vector<TextCase> cases = {
      {"sets",
       R"({"": {"entityTypes": {}, "actions": {}, "commonTypes": {"T": )" + Times(kDeep, R"({"type":"Set","element":)"),
       "may nest"},
      {"records",
       R"({"": {"entityTypes": {}, "actions": {}, "commonTypes": {"T": )" +
           Times(kDeep, R"({"type":"Record","attributes":{"a":)"),
       "may nest"},
      {"twice", R"({"": {"entityTypes": {"A": {}, "A": {}}, "actions": {}}})", "stands twice"},
      {"invalid UTF-8", "{\"\xff\": {}}", "UTF-8"},
      {"many", R"({"": {"actions": {}, "entityTypes": {)" + Numbered(50000, "\"A", "\": {}, ") + R"("A": {}}}})",
       nullptr},
      {"unknown",
       R"({"": {"actions": {}, "entityTypes": {"A": {"memberOfTypes": [)" + Numbered(50000, "\"A", "\", ") +
           R"("A"]}}}})",
       "there is no entity type"},
  };
  for (const TextCase& c : cases) {
    const auto schema = Schema::ParseJson(c.text);
    ASSERT_EQ(schema.ok(), c.error == nullptr) << c.what << schema.status().message().substr(0, 1000);
    if (schema.ok()) continue;
    EXPECT_THAT(std::string(schema.status().message().substr(0, 1000)), HasSubstr(c.error)) << c.what;
    EXPECT_LT(schema.status().message().size(), kAllMessagesBytesMax) << c.what;
  }
}

}  // namespace
}  // namespace cedar
