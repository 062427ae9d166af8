#include "access/policy_tests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_test_util.h"

namespace sallyport::access {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kSchema[] = R"(
    entity Team;
    entity User in [Team] = { age: Long, friend?: User, since: datetime } tags String;
    entity Door = { open: Bool };
    action enter appliesTo { principal: User, resource: Door, context: { hour: Long, from?: User } };)";

constexpr char kPolicies[] = R"(
    @id("adults") permit (principal is User, action == Action::"enter", resource) when { principal.age >= 18 };
    @id("night") @reason("NIGHT") @priority("5") forbid (principal, action, resource) when { context.hour < 6 };
    @id("shut") @reason("SHUT") forbid (principal, action, resource) unless { resource.open };
    @id("team") permit (principal in ?principal, action, resource == ?resource);)";

constexpr char kWorld[] = R"(
entities:
  User::"ann": { age: 30, since: 2026-01-01 }
  Door::"d": { open: true }
context: { hour: 12 }
)";

std::string Case(const std::string& rest) {
  return absl::StrCat("  - name: a case\n    principal: User::\"ann\"\n    action: enter\n    resource: Door::\"d\"\n",
                      rest);
}

std::shared_ptr<const CheckedPolicies> Checked() {
  auto checked = CheckedPolicies::Check(PolicyFiles{{{"a.cedarschema", kSchema}, {"a.cedar", kPolicies}}});
  EXPECT_TRUE(checked.ok()) << checked.status();
  return *checked;
}

// What differs, case by case; an error as its message.
std::vector<std::string> RunFiles(const std::map<std::string, std::string>& files) {
  const auto checked = Checked();
  const auto tests = PolicyTests::Read(files, checked->schema());
  if (!tests.ok()) return {std::string(tests.status().message())};
  std::vector<std::string> out;
  for (const PolicyTestResult& result : tests->Run(checked->set())) out.push_back(result.difference);
  return out;
}

std::vector<std::string> RunCase(const std::string& rest) {
  return RunFiles({{"t.yaml", absl::StrCat(kWorld, "cases:\n", Case(rest))}});
}

TEST(PolicyTestsTest, ACaseSaysWhatDiffers) {
  EXPECT_THAT(RunCase("    expect: { decision: allow, reason: GRANTED, policies: [adults] }\n"), ElementsAre(""));
  EXPECT_THAT(RunCase("    expect: { decision: deny }\n"), ElementsAre("expected deny, got allow"));
  EXPECT_THAT(RunCase("    expect: { decision: allow, policies: [team] }\n"),
              ElementsAre("expected the policies [team], got [adults]"));
  EXPECT_THAT(RunCase("    given: { 'Door::\"d\"': { open: false } }\n    context: { hour: 3 }\n"
                      "    expect: { decision: deny, reason: NIGHT, policies: [shut, night] }\n"),
              ElementsAre(""));
  EXPECT_THAT(RunCase("    given: { 'User::\"ann\"': { age: 7 } }\n    expect: { decision: deny, reason: NIGHT }\n"),
              ElementsAre("expected the reason NIGHT, got NO_ACCESS_LEVEL"));
  EXPECT_THAT(RunCase("    resource: x\n    expect: { decision: allow }\n"), ElementsAre(HasSubstr("stands twice")));
  EXPECT_THAT(RunCase("    expect: { decision: maybe }\n"), ElementsAre(HasSubstr("expected allow or deny")));
}

TEST(PolicyTestsTest, AFailingPolicyIsADifference) {
  EXPECT_THAT(RunCase("    resource2: x\n    expect: { decision: allow }\n"), ElementsAre(HasSubstr("unknown key")));
  const auto checked = CheckedPolicies::Check(PolicyFiles{
      {{"a.cedarschema", kSchema},
       {"a.cedar",
        "@id(\"o\") permit (principal is User, action, resource) when { principal.age + 9223372036854775807 > 0 };"}}});
  ASSERT_TRUE(checked.ok()) << checked.status();
  const auto tests = PolicyTests::Read(
      {{"t.yaml", absl::StrCat(kWorld, "cases:\n", Case("    expect: { decision: deny }\n"))}}, (*checked)->schema());
  ASSERT_TRUE(tests.ok()) << tests.status();
  EXPECT_THAT(tests->Run((*checked)->set())[0].difference, HasSubstr("policy o failed: "));
}

TEST(PolicyTestsTest, LinksAreOfTheCasesAndLeaveNothingBehind) {
  const std::string text = absl::StrCat(
      kWorld, "  \nlinks:\n  - { template: team, principal: 'Team::\"t\"', resource: 'Door::\"d\"' }\ncases:\n",
      Case("    given: { 'User::\"ann\"': { age: 7, in: ['Team::\"t\"'] } }\n"
           "    expect: { decision: allow, policies: [team] }\n"),
      Case("    given: { 'User::\"ann\"': { age: 7 } }\n    expect: { decision: deny, policies: [] }\n"));
  EXPECT_THAT(RunFiles({{"t.yaml", text}, {"u.yaml", text}}), ElementsAre("", "", "", ""));
}

TEST(PolicyTestsTest, WorldsAreShared) {
  const std::string cases = absl::StrCat("world: w.world.yaml\nentities: { 'User::\"ann\"': { age: 3 } }\ncases:\n",
                                         Case("    expect: { decision: deny }\n"));
  EXPECT_THAT(RunFiles({{"w.world.yaml", kWorld}, {"t.yaml", cases}}), ElementsAre(""));
  EXPECT_THAT(RunFiles({{"t.yaml", cases}}), ElementsAre("t.yaml:1: world: there is no file w.world.yaml"));
  // The order of the keys does not matter.
  EXPECT_THAT(RunFiles({{"t.yaml", absl::StrCat("cases:\n", Case("    expect: { decision: allow }\n"), kWorld)}}),
              ElementsAre(""));
}

TEST(PolicyTestsTest, WhatTheSchemaDoesNotAllowIsRefusedWithItsLine) {
  const struct {
    const char* rest;
    const char* problem;
  } cases[] = {
      {"    given: { 'User::\"ann\"': { height: 3 } }\n    expect: { decision: deny }\n", "height"},
      {"    given: { 'User::\"ann\"': { age: old } }\n    expect: { decision: deny }\n", "age"},
      {"    given: { 'User::\"ann\"': { age: null } }\n    expect: { decision: deny }\n", "age"},
      {"    given: { 'User::\"ann\"': { friend: bob } }\n    expect: { decision: deny }\n", "bob is no entity"},
      {"    given: { 'Robot::\"r\"': {} }\n    expect: { decision: deny }\n", "no entity type Robot"},
      {"    given: { ann: {} }\n    expect: { decision: deny }\n", "ann is no entity"},
      {"    context: { hour: noon }\n    expect: { decision: deny }\n", "hour"},
      {"    context: [1]\n    expect: { decision: deny }\n", "context must be an object"},
  };
  for (const auto& c : cases) {
    const std::vector<std::string> out = RunCase(c.rest);
    ASSERT_EQ(out.size(), 1u);
    EXPECT_THAT(out[0], HasSubstr("t.yaml:7: cases[0]: ")) << c.rest;
    EXPECT_THAT(out[0], HasSubstr(c.problem)) << c.rest;
  }
  EXPECT_THAT(RunFiles({{"t.yaml", "cases: []"}}), ElementsAre("t.yaml:1: cases: there are none"));
  EXPECT_THAT(RunFiles({{"t.yaml", "world: {}"}}), ElementsAre(HasSubstr("t.yaml:1")));
  EXPECT_THAT(RunFiles({{"t.yaml", "a: &a [*a]"}}), ElementsAre(HasSubstr("t.yaml:1")));
}

TEST(PolicyTestsTest, APolicyWithoutACaseIsFound) {
  const auto checked = Checked();
  const auto tests =
      PolicyTests::Read({{"t.yaml", absl::StrCat(kWorld, "cases:\n", Case("    expect: { decision: allow }\n"),
                                                 Case("    context: { hour: 5 }\n    expect: { decision: deny }\n"))}},
                        checked->schema());
  ASSERT_TRUE(tests.ok()) << tests.status();
  EXPECT_THAT(tests->Unnoticed(checked->set()), ElementsAre("team", "shut"));
}

}  // namespace
}  // namespace sallyport::access
