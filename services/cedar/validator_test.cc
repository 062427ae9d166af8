#include "cedar/validator.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "cedar/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kSchema[] = R"(
  entity G;
  entity H;
  entity A in [G] = {
    l: Long, s?: String, b?: Bool, e?: A, d?: decimal, S: Set<Long>, SE: Set<A>,
    r: { x: Long, y?: A, z?: { q?: Long } }, ee: G
  } tags Long;
  entity C enum ["r", "g"];
  entity R in [C] = { q: Long, l?: Long };
  action bare;
  action top;
  action x, x2 in [top] appliesTo {
    principal: A, resource: [A, R, C],
    context: { e?: A, n?: Long, b: Bool, s: Set<String>, rs: Set<{ x: Long }> }
  };
  namespace N { action y appliesTo { principal: A, resource: A }; })";

const Schema& TheSchema() {
  static const Schema* const schema = new Schema(Schema::Parse(kSchema).value());
  return *schema;
}

// What the language's authors' validator says.
enum Outcome { kValid, kImpossible, kInvalid };

Outcome OutcomeOf(absl::string_view text) {
  const std::vector<Diagnostic> diagnostics = ValidatePolicies(TheSchema(), PolicySet::Parse(text).value());
  if (!ToStatus(diagnostics).ok()) return kInvalid;
  return diagnostics.empty() ? kValid : kImpossible;
}

TEST(ValidatorTest, Conditions) {
  const struct {
    const char* condition;
    Outcome outcome;
  } cases[] = {
      {"1==2 && 1+\"a\"==3", kImpossible},
      {"1==2", kImpossible},
      {"1==\"a\"", kImpossible},
      {"\"a\"==\"b\" && 1+true==2", kImpossible},
      {"true==false && 1", kImpossible},
      {"(true || false && true) != \"a\" || 1", kValid},
      {"(true && false) == false || 1", kValid},
      {"action == \"x\" && 1", kImpossible},
      {"1 != action || 1", kValid},
      {"(true && context.b) == 1", kInvalid},
      {"principal==G::\"x\" && 1+true==2", kImpossible},
      {"principal==resource && 1", kInvalid},
      {"principal==A::\"x\"", kValid},
      {"A::\"x\"==A::\"x\" || 1", kValid},
      {"A::\"x\"==A::\"y\" && 1", kImpossible},
      {"A::\"x\"==G::\"y\" && 1", kImpossible},
      {"action==Action::\"x\" || 1", kValid},
      {"action==Action::\"x2\" && 1", kImpossible},
      {"action == N::Action::\"y\" && 1", kImpossible},
      {"action in Action::\"top\" || 1", kValid},
      {"action in Action::\"x2\" && 1", kImpossible},
      {"action in A::\"x\" && 1", kImpossible},
      {"action in [Action::\"top\",Action::\"x2\"] || 1", kValid},
      {"action in [Action::\"top\",N::Action::\"y\"]", kInvalid},
      {"principal in [A::\"a\",G::\"b\"]", kInvalid},
      {"principal in []", kInvalid},
      {"[]==[]", kInvalid},
      {"[1,\"a\"]==[1]", kInvalid},
      {"[true,false].contains(true)", kValid},
      {"[1].contains(\"a\")", kInvalid},
      {"[A::\"x\"].contains(G::\"y\")", kInvalid},
      {"[A::\"x\"].containsAny([G::\"y\"])", kInvalid},
      {"context has n && context.n==1", kValid},
      {"context.n==1", kInvalid},
      {"principal has s && principal.s==\"x\"", kValid},
      {"principal.s==\"x\"", kInvalid},
      {"principal has l || 1", kInvalid},
      {"(principal has l && principal has l) || 1", kInvalid},
      {"principal has zz && 1", kImpossible},
      {"principal.zz==1", kInvalid},
      {"context has zz && 1", kImpossible},
      {"context has b || 1", kValid},
      {"principal has r.y && principal.r.y==principal", kValid},
      {"principal has r.z.q && principal.r.z.q==1", kValid},
      {"principal has r.y.l && principal.r.y.l==1", kValid},
      {"principal has l.x", kInvalid},
      {"principal has e.e.e && principal.e.e.e==principal", kValid},
      {"(if context has n then true else false) && context.n==1", kInvalid},
      {"(context has n || false) && context.n==1", kValid},
      {"(false || context has n) && context.n==1", kValid},
      {"(context has n || context has n) && context.n==1", kValid},
      {"(context has n || context has e) && context.n==1", kInvalid},
      {"!(context has n) || context.n==1", kInvalid},
      {"(!(!(context has n))) && context.n==1", kInvalid},
      {"if context has n then context.n==1 else true", kValid},
      {"if !(context has n) then true else context.n==1", kInvalid},
      {"(context has n) == true && context.n==1", kInvalid},
      {"principal.hasTag(\"t\") && principal.getTag(\"t\")==1", kValid},
      {"principal.getTag(\"t\")==1", kInvalid},
      {"principal.hasTag(\"t\") && principal.getTag(\"u\")==1", kInvalid},
      {"principal.hasTag(principal.r.y) ", kInvalid},
      {"resource.hasTag(\"t\") && 1", kInvalid},
      {"resource.getTag(\"t\")==1", kInvalid},
      {"principal.hasTag(if context.b then \"a\" else \"b\") && principal.getTag(if context.b then \"a\" else "
       "\"b\")==1",
       kValid},
      {"ip(\"1.1.1.1\").isIpv4()", kValid},
      {"ip(\"x\").isIpv4()", kInvalid},
      {"ip(if context.b then \"::1\" else \"::2\").isIpv4()", kInvalid},
      {"decimal(\"1.0\")<decimal(\"2.0\")", kInvalid},
      {"datetime(\"2020-01-01\")<datetime(\"2020-01-02\")", kValid},
      {"datetime(\"2020-01-01\")<duration(\"1h\")", kInvalid},
      {"ip()", kInvalid},
      {"ip(\"::1\",\"\")", kInvalid},
      {"ip(\"::1\").isIpv4(1)", kInvalid},
      {"\"a\".isIpv4()", kInvalid},
      {"if context.b then 1 else \"a\"", kInvalid},
      {"(if true then 1 else \"a\")==1", kValid},
      {"(if context.b then A::\"x\" else G::\"y\") == principal", kInvalid},
      {"(if context.b then A::\"x\" else A::\"y\").l==1", kValid},
      {"principal is A || 1", kValid},
      {"principal is G && 1", kImpossible},
      {"principal is Zed", kInvalid},
      {"principal is A in G::\"x\"", kValid},
      {"principal is A in [G::\"x\"]", kValid},
      {"principal is G in 1", kImpossible},
      {"principal is A in 1", kInvalid},
      {"action is Action || 1", kValid},
      {"action is Zed::Action && 1", kImpossible},
      {"Zed::\"x\"==principal", kInvalid},
      {"Action::\"zz\"==action", kInvalid},
      {"false && Zed::\"x\"==principal", kInvalid},
      {"C::\"z\"==resource", kInvalid},
      {"C::\"r\"==resource", kValid},
      {"resource in C::\"z\"", kInvalid},
      {"C::\"r\" has x && 1", kImpossible},
      {"false && (1+true==2)", kImpossible},
      {"true || (1+true==2)", kValid},
      {"1+true==2", kInvalid},
      {"-true==1", kInvalid},
      {"principal in principal", kValid},
      {"principal in H::\"x\" && 1", kImpossible},
      {"principal in resource && 1", kInvalid},
      {"principal in principal.ee", kValid},
      {"principal in principal.SE", kValid},
      {"A::\"x\" in G::\"y\"", kValid},
      {"A::\"x\" in H::\"y\" && 1", kImpossible},
      {"G::\"x\" in G::\"x\" || 1", kInvalid},
      {"context.s.contains(\"a\")", kValid},
      {"context.rs.contains({x:1})", kValid},
      {"context.rs.contains({x:1,y:2})", kInvalid},
      {"context.rs.contains({x:true})", kInvalid},
      {"{x:1}=={x:1}", kValid},
      {"{x:1}=={y:1}", kInvalid},
      {"{x:1}.y==1", kInvalid},
      {"{x:1} has y && 1", kImpossible},
      {"{x:1} has x || 1", kValid},
      {"{x:1} has x.y", kInvalid},
      {"context==context", kValid},
      {"principal.r=={x:1}", kInvalid},
      {"principal.r==principal.r", kValid},
      {"\"a\" like \"b\"", kValid},
      {"1 like \"b\"", kInvalid},
      {"principal like \"a\"", kInvalid},
      {"1", kInvalid},
      {"principal", kInvalid},
      {"context.b", kValid},
      {"true", kValid},
      {"false", kImpossible},
      {"context.s", kInvalid},
      {"if context.b then principal else resource", kInvalid},
      {"action has foo && 1", kImpossible},
      {"action.foo==1", kInvalid},
      {"action", kInvalid},
      {"1 < true", kInvalid},
      {"1 in principal", kInvalid},
      {"principal in 1", kInvalid},
      {"principal in [1]", kInvalid},
      {"[1]==[true]", kInvalid},
      {"[[1]]==[[\"a\"]]", kInvalid},
      {"[1].isEmpty()", kValid},
      {"1.isEmpty()", kInvalid},
      {"context.s.containsAll([\"a\"])", kValid},
      {"context.s.containsAll([1])", kInvalid},
      {"context.s.containsAll(\"a\")", kInvalid},
      {"resource has l && resource.l==1", kValid},
      {"resource.l==1", kInvalid},
      {"resource has q && resource.q==1", kValid},
      {"resource is R && resource.q==1", kValid},
      {"resource is A && resource.l == 1", kValid},
      {"(resource is A || resource is R) && resource has l && resource.l == 1", kValid},
      {"principal.hasTag(\"a\") || 1", kInvalid},
      {"principal.S == []", kInvalid},
      {"principal.S.containsAny([])", kInvalid},
      {"{a:[]}=={a:[]}", kInvalid},
      {"principal has \"s\" && principal[\"s\"]==\"x\"", kValid},
      {"context.n + 1 == 2", kInvalid},
      {"context has n && (context has e || context.n == 1)", kValid},
      {"(context has n && context has e) && (context.n==1 && context.e==principal)", kValid},
      {"context has n && (if context.n==1 then context.n == 2 else context.n==3)", kValid},
      {"if (context has n && context.b) then context.n==1 else false", kValid},
      {"if true then context has n else false", kValid},
      {"(if true then context has n else false) && context.n==1", kValid},
      {"(if context.b then context has n else context has n) && context.n==1", kValid},
      {"(true && context has n) && context.n==1", kValid},
      {"(context has n && true) && context.n==1", kValid},
      {"(if context has n then context.b else false) && context.n == 1", kInvalid},
      {"principal.e.l == 1", kInvalid},
      {"principal has e && principal.e.l == 1", kValid},
      {"principal has e && A::\"x\".e.l == 1", kInvalid},
      {"A::\"x\" has e && A::\"x\".e.l == 1", kValid},
      {"principal has e && principal.e has s && principal.e.s == \"a\"", kValid},
      {"principal == action && 1", kImpossible},
      {"action == principal", kImpossible},
      {"Action::\"x\" in Action::\"top\" || 1", kValid},
      {"Action::\"top\" in Action::\"x\" && 1", kImpossible},
      {"N::Action::\"y\" == Action::\"x\" && 1", kImpossible},
      {"Action::\"x\".foo", kInvalid},
  };
  for (const auto& c : cases) {
    const std::string text =
        absl::StrCat("permit(principal, action == Action::\"x\", resource) when { ", c.condition, " };");
    EXPECT_EQ(OutcomeOf(text), c.outcome) << c.condition;
  }
}

TEST(ValidatorTest, Scopes) {
  const struct {
    const char* policy;
    Outcome outcome;
  } cases[] = {
      {"permit(principal,action in [],resource);", kInvalid},
      {"permit(principal,action,resource);", kValid},
      {"permit(principal == G::\"x\",action,resource);", kInvalid},
      {"permit(principal in G::\"x\",action,resource);", kValid},
      {"permit(principal in H::\"x\",action,resource);", kInvalid},
      {"permit(principal is G,action,resource);", kInvalid},
      {"permit(principal is A in G::\"x\",action,resource);", kValid},
      {"permit(principal is A in H::\"x\",action,resource);", kInvalid},
      {"permit(principal is Zed,action,resource);", kInvalid},
      {"permit(principal == Zed::\"q\",action,resource);", kInvalid},
      {"permit(principal,action == Action::\"zz\",resource);", kInvalid},
      {"permit(principal,action == Action::\"bare\",resource);", kInvalid},
      {"permit(principal,action in Action::\"top\",resource);", kValid},
      {"permit(principal,action == Action::\"top\",resource);", kInvalid},
      {"permit(principal,action in [Action::\"top\",N::Action::\"y\"],resource);", kInvalid},
      {"permit(principal,action,resource == C::\"z\");", kInvalid},
      {"permit(principal,action,resource == C::\"r\");", kValid},
      {"permit(principal,action,resource in C::\"r\");", kValid},
      {"permit(principal,action,resource is H);", kInvalid},
      {"permit(principal is A,action == N::Action::\"y\",resource is R);", kInvalid},
      {"permit(principal,action,resource) when { principal is G };", kImpossible},
      {"permit(principal,action,resource) when { false };", kImpossible},
      {"permit(principal,action,resource) unless { true };", kImpossible},
      {"permit(principal,action,resource) when { context has n };", kValid},
      {"permit(principal,action,resource) when { context.b };", kInvalid},
      {"permit(principal,action,resource) when { action == Action::\"x\" && context.b };", kValid},
      {"permit(principal,action == Action::\"x\",resource) when { context has n } when { context.n == 1};", kValid},
      {"permit(principal,action == Action::\"x\",resource) unless { context has n } when { context.n == 1};", kInvalid},
      {"permit(principal,action == Action::\"x\",resource) when { 1+true==2 && false };", kInvalid},
      {"permit(principal == A::\"x\",action == Action::\"x\",resource is G) when { 1+true==2 };", kInvalid},
      {"permit(principal,action in [Action::\"bare\", Action::\"x\"],resource);", kValid},
  };
  for (const auto& c : cases) EXPECT_EQ(OutcomeOf(c.policy), c.outcome) << c.policy;
}

TEST(ValidatorTest, Templates) {
  const struct {
    const char* text;
    EntityUid slot;
    bool valid;
  } cases[] = {
      {"permit(principal == ?principal, action, resource);", EntityUid("A", "x"), true},
      {"permit(principal == ?principal, action, resource);", EntityUid("G", "x"), false},
      {"permit(principal in ?principal, action, resource);", EntityUid("G", "x"), true},
      {"permit(principal in ?principal, action, resource);", EntityUid("H", "x"), false},
      {"permit(principal in ?principal, action, resource);", EntityUid("Zed", "x"), false},
      {"permit(principal is A in ?principal, action, resource);", EntityUid("G", "x"), true},
      {"permit(principal is G in ?principal, action, resource);", EntityUid("G", "x"), false},
      {"permit(principal == ?principal, action, resource) when { 1 + true == 2 };", EntityUid("A", "x"), false},
  };
  for (const auto& c : cases) {
    PolicySet set;
    ASSERT_TRUE(set.Add("t", ParsePolicy(c.text).value()).ok());
    ASSERT_TRUE(set.Link("t", "l", {c.slot, std::nullopt}).ok());
    EXPECT_EQ(ToStatus(ValidatePolicies(TheSchema(), set)).ok(), c.valid) << c.text << c.slot.ToString();
  }
}

TEST(ValidatorTest, SaysWhatIsWrongAndWhere) {
  const struct {
    const char* condition;
    const char* error;
  } cases[] = {
      {"principal.sz == 1", "1:57: error: A has no attribute \"sz\" (policy policy0)"},
      {"principal.eee == 1", "help: did you mean ee? (when A asks Action::\"x\" of A)"},
      {"principal.s == \"\"", "the attribute \"s\" of A may not be there"},
      {"principal.s == \"\"", "test it with has s first"},
      {"principal == Gg::\"x\"", "1:70: error: the schema has no entity type Gg"},
      {"action == Action::\"tip\"", "did you mean Action::\"top\"?"},
      {"resource == C::\"red\"", "C::\"red\" is no entity of the enumerated type C"},
      {"context.n > \"a\"", "the attribute \"n\" of the context may not be there"},
      {"1 < \"a\"", "1:61: error: expected Long, found String"},
      {"1 == \"a\" || [1] == [\"a\"]", "compares different types, Set<Long> and Set<String>"},
      {"[1, \"a\"].contains(1)", "1:61: error: the set's elements have different types: Long and String"},
      {"context.s.contains(1)", "looks for Long in Set<String>"},
      {"principal.getTag(\"t\") == 1", "test it with hasTag(…) first"},
      {"resource is R && resource.getTag(\"t\") == 1", "entities of type R have no tags"},
      {"decimal(\"1.0\") < decimal(\"2.0\")", "decimals are compared with lessThan"},
      {"ip(\"x\").isIpv4()", "1:60: error: \"x\" is not an ipaddr"},
      {"(if context.b then 1 else \"a\") == 1", "the branches of if have different types: Long and String"},
  };
  for (const auto& c : cases) {
    const std::string text =
        absl::StrCat("permit(principal, action == Action::\"x\", resource) when{", c.condition, "};");
    const auto diagnostics = ValidatePolicies(TheSchema(), PolicySet::Parse(text).value());
    EXPECT_THAT(std::string(ToStatus(diagnostics).message()), HasSubstr(c.error)) << c.condition;
  }
}

TEST(ValidatorTest, ReportsOneProblemOnce) {
  const auto set = PolicySet::Parse("permit(principal, action, resource) when { principal.zz == 1 };").value();
  EXPECT_THAT(ValidatePolicies(TheSchema(), set), SizeIs(1));
}

TEST(ValidatorTest, WarningsDoNotCrowdOutErrors) {
  std::string text;
  for (size_t i = 0; i < 2 * kDiagnosticsMax; ++i) text += "permit(principal, action, resource) when { false };";
  EXPECT_TRUE(ToStatus(ValidatePolicies(TheSchema(), PolicySet::Parse(text).value())).ok());
  text += "permit(principal, action, resource) when { 1 };";
  EXPECT_FALSE(ToStatus(ValidatePolicies(TheSchema(), PolicySet::Parse(text).value())).ok());
}

TEST(ValidatorTest, LongPoliciesTakeModestTime) {
  std::string condition = "context has n";
  for (int i = 0; i < 5000; ++i) absl::StrAppend(&condition, " && context has n && context.n == ", i);
  EXPECT_EQ(OutcomeOf(absl::StrCat("permit(principal, action in Action::\"top\", resource) when { ", condition, " };")),
            kValid);
}

TEST(RequestValidationTest, HoldsRequestsAgainstTheSchema) {
  const Value context = Value::Record({{"b", Value::Bool(true)},
                                       {"s", Value::Set({Value::String("a")})},
                                       {"rs", Value::Set({Value::Record({{"x", Value::Long(1)}})})}});
  const Request good = {EntityUid("A", "1"), EntityUid("Action", "x"), EntityUid("C", "r"), context};
  EXPECT_TRUE(ValidateRequest(TheSchema(), good).ok());
  auto with = [&](auto change) {
    Request request = good;
    change(&request);
    return request;
  };
  auto with_context = [&](const char* name, Value value) {
    return with([&](Request* r) {
      std::vector<RecordField> fields(context.fields().begin(), context.fields().end());
      fields.push_back({name, std::move(value)});
      r->context = Value::Record(std::move(fields));
    });
  };
  const struct {
    Request request;
    const char* error;
  } cases[] = {
      {with([](Request* r) { r->principal = EntityUid("Zed", "1"); }), "principal: the schema has no entity type Zed"},
      {with([](Request* r) { r->principal = EntityUid("G", "1"); }),
       "principal: the action Action::\"x\" does not apply to a principal of type G"},
      {with([](Request* r) { r->action = EntityUid("Action", "z"); }), "action: the schema has no action"},
      {with([](Request* r) { r->action = EntityUid("Action", "bare"); }), "does not apply to a principal"},
      {with([](Request* r) { r->resource = EntityUid("H", "1"); }), "does not apply to a resource of type H"},
      {with([](Request* r) { r->resource = EntityUid("C", "z"); }), "is no entity of the enumerated type C"},
      {with([](Request* r) { r->context = Value::Record({}); }), "context.b: the schema requires this attribute"},
      {with([](Request* r) { r->context = Value::Long(1); }), "context: expected {"},
      {with_context("zz", Value::Long(1)), "context.zz: the schema has no such attribute"},
      {with_context("n", Value::String("1")), "context.n: expected Long, found a string"},
      {with_context("s", Value::Set({Value::Long(1)})), "context.s[]: expected String, found a long"},
      {with_context("rs", Value::Set({Value::Record({})})), "context.rs[].x: the schema requires this attribute"},
      {with_context("e", Value::Entity(EntityUid("G", "1"))),
       "context.e: expected an entity of type A, found G::\"1\""},
  };
  for (const auto& c : cases) {
    const absl::Status status = ValidateRequest(TheSchema(), c.request);
    EXPECT_THAT(status.message(), HasSubstr(c.error));
  }
}

TEST(ValidatorTest, ThePoliciesBesideItAreValid) {
  auto read = [](const char* name) {
    std::ifstream file(absl::StrCat(SALLYPORT_SOURCE_DIR, "/policies/", name));
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  };
  const std::string schema_text = read("facility.cedarschema");
  if (schema_text.empty()) GTEST_SKIP() << "this library stands alone";
  const Schema schema = Schema::Parse(schema_text).value();
  for (const char* name : {"briefings.cedar", "emergencies.cedar", "floors.cedar", "interviews.cedar",
                           "operators.cedar", "visitors.cedar"}) {
    const auto set = PolicySet::Parse(read(name), {name, true});
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_GT(set->size() + set->Templates().size(), 0u) << name;
    const auto diagnostics = ValidatePolicies(schema, *set);
    EXPECT_THAT(diagnostics, IsEmpty()) << (diagnostics.empty() ? "" : diagnostics[0].ToString());
  }
}

}  // namespace
}  // namespace cedar
