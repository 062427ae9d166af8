#include "cedar/evaluator.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cedar/authorizer.h"
#include "cedar/entity_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::HasSubstr;

class EvaluatorTest : public ::testing::Test {
 protected:
  EvaluatorTest() {
    std::vector<Entity> entities(4);
    entities[0].uid = EntityUid("User", "ann");
    entities[0].attributes = {{"age", Value::Long(7)},
                              {"boss", Value::Entity(EntityUid("User", "bob"))},
                              {"info", Value::Record({{"deep", Value::Record({{"x", Value::Long(1)}})}})},
                              {"ghost", Value::Entity(EntityUid("User", "nobody"))}};
    entities[0].tags = {{"t", Value::String("tag")}};
    entities[0].parents = {EntityUid("Team", "red")};
    entities[1].uid = EntityUid("User", "bob");
    entities[1].attributes = {{"age", Value::Long(9)}};
    entities[2].uid = EntityUid("Team", "red");
    entities[2].parents = {EntityUid("Team", "all")};
    entities[3].uid = EntityUid("Team", "all");
    store_ = EntityStore::Create(std::move(entities)).value();
    request_.principal = EntityUid("User", "ann");
    request_.action = EntityUid("Action", "read");
    request_.resource = EntityUid("User", "bob");
    request_.context = Value::Record({{"n", Value::Long(5)}, {"set", Value::Set({Value::Long(1), Value::Long(2)})}});
  }

  // The value's text, or "error: …".
  std::string Eval(absl::string_view text) {
    const auto value = EvaluateExpr(text, request_, store_);
    if (value.ok()) return value->ToString();
    return absl::StrCat("error: ", value.status().message());
  }

  EntityStore store_;
  Request request_;
};

TEST_F(EvaluatorTest, Values) {
  const struct {
    const char* text;
    const char* value;
  } cases[] = {
      // literals and variables
      {"true", "true"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"\"a\\n\"", "\"a\\n\""},
      {"principal", "User::\"ann\""},
      {"action", "Action::\"read\""},
      {"resource", "User::\"bob\""},
      {"context", "{n: 5, set: [1, 2]}"},
      {"[2, 1, 1 + 1]", "[1, 2]"},
      {"{b: 1, a: [principal]}", "{a: [User::\"ann\"], b: 1}"},
      // logic, short-circuit
      {"true && false", "false"},
      {"false || true", "true"},
      {"!false", "true"},
      {"false && 1", "false"},
      {"true || 1", "true"},
      {"false && principal.nothing", "false"},
      {"true && true && false && 1", "false"},
      {"if true then 1 else principal.nothing", "1"},
      {"if 1 == 2 then 1 else \"x\"", "\"x\""},
      // equality never fails
      {"1 == 1", "true"},
      {"1 == \"1\"", "false"},
      {"1 != true", "true"},
      {"[1, 2] == [2, 1, 2]", "true"},
      {"{a: 1} == {a: 1, b: 2}", "false"},
      {"User::\"x\" == User::\"x\"", "true"},
      {"User::\"x\" == Team::\"x\"", "false"},
      {"decimal(\"1.0\") == decimal(\"1.0000\")", "true"},
      {"ip(\"1.1.1.1\") == ip(\"1.1.1.1/32\")", "true"},
      {"datetime(\"1970-01-01\") == duration(\"0ms\")", "false"},
      // order
      {"1 < 2", "true"},
      {"2 <= 2", "true"},
      {"1 > 2", "false"},
      {"-1 >= 0", "false"},
      {"datetime(\"2024-01-01\") < datetime(\"2024-01-02\")", "true"},
      {"duration(\"1h\") >= duration(\"60m\")", "true"},
      // arithmetic
      {"1 + 2 * 3 - 4", "3"},
      {"9223372036854775807 + 0", "9223372036854775807"},
      {"-9223372036854775807 - 1", "-9223372036854775808"},
      {"4611686018427387904 * -2", "-9223372036854775808"},
      {"--5", "5"},
      // in
      {"principal in Team::\"all\"", "true"},
      {"principal in principal", "true"},
      {"resource in Team::\"all\"", "false"},
      {"principal in [Team::\"none\", Team::\"red\"]", "true"},
      {"principal in []", "false"},
      {"User::\"nobody\" in Team::\"all\"", "false"},
      {"User::\"nobody\" in User::\"nobody\"", "true"},
      // is
      {"principal is User", "true"},
      {"principal is N::User", "false"},
      {"principal is User in Team::\"all\"", "true"},
      {"principal is Team in 1", "false"},
      {"principal is User in [Team::\"x\", Team::\"red\"]", "true"},
      // attributes
      {"principal.age", "7"},
      {"principal.boss.age", "9"},
      {"principal.info.deep.x", "1"},
      {"context[\"n\"]", "5"},
      {"{a: {b: 2}}.a.b", "2"},
      {"principal has age", "true"},
      {"principal has nothing", "false"},
      {"principal has info.deep.x", "true"},
      {"principal has info.deep.y", "false"},
      {"principal has info.nope.x", "false"},
      {"principal has boss.age", "true"},
      {"principal has ghost.age", "false"},
      {"User::\"nobody\" has age", "false"},
      {"context has \"n\"", "true"},
      {"{} has a", "false"},
      // tags
      {"principal.hasTag(\"t\")", "true"},
      {"principal.hasTag(\"age\")", "false"},
      {"principal.getTag(\"t\")", "\"tag\""},
      {"User::\"nobody\".hasTag(\"t\")", "false"},
      {"principal.hasTag(if 1 < 2 then \"t\" else \"u\")", "true"},
      // sets
      {"context.set.contains(1)", "true"},
      {"[1, \"a\"].contains(true)", "false"},
      {"[1, 2].containsAll([2])", "true"},
      {"[1, 2].containsAll([2, 3])", "false"},
      {"[1, 2].containsAll([])", "true"},
      {"[1, 2].containsAny([2, 3])", "true"},
      {"[1, 2].containsAny([3])", "false"},
      {"[].containsAny([])", "false"},
      {"[].isEmpty()", "true"},
      {"[[]].isEmpty()", "false"},
      {"[[1]].contains([1, 1])", "true"},
      // like
      {"\"abc\" like \"abc\"", "true"},
      {"\"abc\" like \"a*\"", "true"},
      {"\"abc\" like \"*b*\"", "true"},
      {"\"abc\" like \"*b\"", "false"},
      {"\"ab\" like \"a*b\"", "true"},
      {"\"abab\" like \"*ab\"", "true"},
      {"\"aba\" like \"ab*ba\"", "false"},
      {"\"a*c\" like \"a\\*c\"", "true"},
      {"\"abc\" like \"a\\*c\"", "false"},
      {"\"\" like \"*\"", "true"},
      {"\"\" like \"\"", "true"},
      {"\"x\" like \"\"", "false"},
      {"\"a\xC3\xBC\" like \"a\xC3\xBC**\"", "true"},
      // extensions
      {"decimal(\"1.1\").lessThan(decimal(\"1.2\"))", "true"},
      {"decimal(\"1.1\").lessThanOrEqual(decimal(\"1.1\"))", "true"},
      {"decimal(\"1.1\").greaterThan(decimal(\"1.2\"))", "false"},
      {"decimal(\"-1.1\").greaterThanOrEqual(decimal(\"-1.2\"))", "true"},
      {"ip(\"10.0.0.1\").isInRange(ip(\"10.0.0.0/8\"))", "true"},
      {"ip(\"::1\").isLoopback()", "true"},
      {"ip(\"::1\").isIpv4()", "false"},
      {"ip(\"::1\").isIpv6()", "true"},
      {"ip(\"224.1.1.1\").isMulticast()", "true"},
      {"datetime(\"2024-01-02T03:04:05Z\").toDate() == datetime(\"2024-01-02\")", "true"},
      {"datetime(\"2024-01-02T03:04:05Z\").toTime() == duration(\"3h4m5s\")", "true"},
      {"datetime(\"1969-12-31T23:00:00Z\").toTime() == duration(\"23h\")", "true"},
      {"datetime(\"1969-12-31T23:00:00Z\").toDate() == datetime(\"1969-12-31\")", "true"},
      {"datetime(\"2024-01-01\").offset(duration(\"-1d\")) == datetime(\"2023-12-31\")", "true"},
      {"datetime(\"2024-01-02\").durationSince(datetime(\"2024-01-01\")) == duration(\"1d\")", "true"},
      {"duration(\"1d2h3m4s5ms\").toMilliseconds()", "93784005"},
      {"duration(\"1d2h3m4s5ms\").toSeconds()", "93784"},
      {"duration(\"1d2h3m4s5ms\").toMinutes()", "1563"},
      {"duration(\"-1d2h\").toHours()", "-26"},
      {"duration(\"-1d2h\").toDays()", "-1"},
  };
  for (const auto& c : cases) EXPECT_EQ(Eval(c.text), c.value) << c.text;
}

TEST_F(EvaluatorTest, Errors) {
  const struct {
    const char* text;
    int column;
    const char* error;
  } cases[] = {
      {"1 && true", 1, "type error: expected a bool, got a long"},
      {"true && 1", 9, "type error: expected a bool, got a long"},
      {"true && (1 || true)", 10, "type error: expected a bool, got a long"},
      {"false || \"x\"", 10, "type error: expected a bool, got a string"},
      {"!1", 2, "type error: expected a bool, got a long"},
      {"if 1 then 2 else 3", 4, "type error: expected a bool, got a long"},
      {"if principal.nothing then 2 else 3", 4, "has no attribute \"nothing\""},
      {"1 < \"x\"", 1, "type error: expected a long on both sides, got a string"},
      {"true < false", 1, "type error: expected a long, datetime or duration to compare, got a bool"},
      {"datetime(\"1970-01-01\") < duration(\"1s\")", 1, "expected a datetime on both sides, got a duration"},
      {"decimal(\"1.0\") < decimal(\"2.0\")", 1, "expected a long, datetime or duration to compare, got a decimal"},
      {"9223372036854775807 + 1", 1, "overflow: 9223372036854775807 + 1"},
      {"-9223372036854775808 - 1", 1, "overflow"},
      {"4611686018427387904 * 2", 1, "overflow"},
      {"-(-9223372036854775808)", 1, "overflow"},
      {"1 + true", 1, "type error: expected a long, got a bool"},
      {"-\"x\"", 1, "type error: expected a long, got a string"},
      {"1 in principal", 1, "expected an entity before in, got a long"},
      {"principal in 1", 1, "expected an entity or a set of entities after in, got a long"},
      {"principal in [principal, 1]", 1, "expected a set of entities only after in, got a long"},
      {"1 is User", 1, "expected an entity before is, got a long"},
      {"principal is User in 1", 1, "expected an entity or a set of entities after in, got a long"},
      {"principal.nothing", 1, "User::\"ann\" has no attribute \"nothing\""},
      {"context.x.y", 1, "the record has no attribute \"x\""},
      {"User::\"nobody\".age", 1, "entity User::\"nobody\" does not exist"},
      {"principal.age.x", 1, "expected a record or an entity, got a long"},
      {"1 has x", 1, "expected a record or an entity before has, got a long"},
      {"principal has age.x", 1, "expected a record or an entity before has, got a long"},
      {"principal.getTag(\"u\")", 1, "User::\"ann\" has no tag \"u\""},
      {"User::\"nobody\".getTag(\"t\")", 1, "does not exist"},
      {"principal.getTag(1)", 1, "expected a string as the tag's name, got a long"},
      {"context.hasTag(\"t\")", 1, "expected an entity, got a record"},
      {"1 like \"x\"", 1, "expected a string before like, got a long"},
      {"1.contains(1)", 1, "type error: expected a set, got a long"},
      {"[1].containsAll(1)", 1, "expected a set as the argument, got a long"},
      {"[1].containsAny(1)", 1, "expected a set as the argument, got a long"},
      {"1.isEmpty()", 1, "type error: expected a set, got a long"},
      {"ip(\"x\")", 1, "\"x\" is not an ipaddr"},
      {"ip(1)", 1, "ip expects a string, got a long"},
      {"ip()", 1, "ip takes 1 arguments, got 0"},
      {"decimal(\"1.23456\")", 1, "is not a decimal"},
      {"datetime(\"2023-02-30\")", 1, "a day that exists"},
      {"duration(\"1x\")", 1, "is not a duration"},
      {"\"1.2.3.4\".isIpv4()", 1, "did you forget to write ip(…)?"},
      {"ip(\"::1\").isIpv4(1)", 1, "isIpv4 takes 0 arguments, got 1"},
      {"ip(\"::1\").isInRange(\"::\")", 1, "isInRange expects a ipaddr, got a string"},
      {"decimal(\"1.0\").lessThan(1)", 1, "lessThan expects a decimal, got a long"},
      {"datetime(\"9999-12-31\").offset(duration(\"9223372036854775807ms\"))", 1, "offset overflows"},
      {"[1, 1 + true]", 5, "expected a long, got a bool"},
      {"{a: 1 + true}", 5, "expected a long, got a bool"},
  };
  for (const auto& c : cases) {
    const std::string got = Eval(c.text);
    EXPECT_THAT(got, HasSubstr(c.error)) << c.text;
    EXPECT_THAT(got, HasSubstr(absl::StrCat("error: 1:", c.column, ":"))) << c.text;
  }
}

TEST_F(EvaluatorTest, DeepValuesAndChainsDoNotOverflow) {
  std::string sets;
  for (int i = 0; i < 200; ++i) sets += "[";
  sets += std::string(200, ']');
  EXPECT_EQ(Eval(absl::StrCat(sets, " == ", sets)), "true");
  std::string sum = "0";
  for (int i = 0; i < 900; ++i) sum += " + 1";
  EXPECT_EQ(Eval(sum), "900");
}

// An evaluation must not keep what an entity source lends, nor free it.
TEST_F(EvaluatorTest, ResultsOutliveTheSource) {
  Value kept;
  {
    std::vector<Entity> entities(1);
    entities[0].uid = EntityUid("User", "ann");
    entities[0].attributes = {{"name", Value::String("a longer text than fits anywhere inside")}};
    const EntityStore store = EntityStore::Create(std::move(entities)).value();
    kept = EvaluateExpr("{n: [principal.name], p: principal}", request_, store).value();
  }
  EXPECT_EQ(kept.ToString(), "{n: [\"a longer text than fits anywhere inside\"], p: User::\"ann\"}");
}

}  // namespace
}  // namespace cedar
