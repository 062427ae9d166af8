#include "access/policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "access/access_test_util.h"
#include "base/status.h"
#include "cedar/entity_source.h"
#include "cedar/policy.h"

namespace sallyport::access {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Status CompileStatus(const PolicyFiles& files) { return Policies::Compile(files, House().facility).status(); }

std::vector<std::string> Links(const Policies& policies) {
  std::vector<std::string> out;
  for (const cedar::Policy* policy : policies.set().Policies()) {
    if (!policy->template_id().empty()) out.emplace_back(policy->id());
  }
  return out;
}

TEST(PoliciesTest, TheRealOnesCompileAndEachHasAnId) {
  const auto policies = Policies::Compile(RealPolicies(), House().facility);
  ASSERT_TRUE(policies.ok()) << policies.status();
  for (const cedar::Policy* policy : (*policies)->set().Policies()) {
    EXPECT_FALSE(absl::StrContains(policy->id(), "#")) << policy->id() << " has no @id";
    if (policy->effect() == cedar::Effect::kForbid) {
      EXPECT_FALSE(policy->annotation("reason").empty()) << policy->id() << " has no @reason";
    }
  }
  EXPECT_TRUE((*policies)->actions().IsDescendant(
      cedar::EntityUid("Action", "sallyport.access.v1.AccessService/Authorize"), cedar::EntityUid("Action", "decide")));
}

TEST(PoliciesTest, EveryEntryOfEveryLevelIsAPolicyInTheOrderOfTheirIds) {
  House house;
  facility::AccessLevel lifts;
  lifts.id = AccessLevelId("lifts");
  lifts.entries.push_back({AreaId(), AccessPointId(), FloorId("f3"), ScheduleId()});
  lifts.entries.push_back({AreaId(), AccessPointId("main-in"), FloorId(), ScheduleId("office")});
  lifts.entries.push_back({AreaId(), AccessPointId("main-in"), FloorId(), ScheduleId("office")});
  house.facility.levels.Put(lifts.id, lifts);
  const auto policies = Policies::Compile(RealPolicies(), house.facility);
  ASSERT_TRUE(policies.ok()) << policies.status();
  EXPECT_THAT(
      Links(**policies),
      ElementsAre("access-level:lifts:floor:f3", "access-level:lifts:access-point:main-in@office",
                  "access-level:research:research", "access-level:security:lobby", "access-level:security:interview",
                  "access-level:security:research", "access-level:staff:lobby", "access-level:staff:interview@office"));
  const cedar::Policy& link = *(*policies)->set().Find("access-level:staff:interview@office");
  EXPECT_EQ(link.principal_entity().ToString(), R"(AccessLevel::"staff@office")");
  EXPECT_EQ(link.resource_entity().ToString(), R"(Area::"interview")");
}

TEST(PoliciesTest, ThePermitsAreTheSetWithoutItsForbids) {
  const auto policies = Policies::Compile(RealPolicies(), House().facility);
  ASSERT_TRUE(policies.ok()) << policies.status();
  size_t permits = 0;
  for (const cedar::Policy* policy : (*policies)->set().Policies()) {
    const bool permit = policy->effect() == cedar::Effect::kPermit;
    permits += permit ? 1 : 0;
    EXPECT_EQ((*policies)->permits().Find(policy->id()) != nullptr, permit) << policy->id();
  }
  EXPECT_EQ((*policies)->permits().size(), permits);
}

TEST(PoliciesTest, WhatIsRefusedAndWhereItStands) {
  const std::string schema = RealPolicies().files.at("facility.cedarschema");
  const struct {
    const char* what;
    std::map<std::string, std::string> files;
    const char* message;
  } cases[] = {
      {"no schema", {{"a.cedar", "permit (principal, action, resource);"}}, ".cedarschema"},
      {"two schemas",
       {{"a.cedarschema", schema}, {"b.cedarschema", schema}},
       "b.cedarschema: error: is a second schema"},
      {"a stray file", {{"a.cedarschema", schema}, {"notes.txt", ""}}, "notes.txt: error: "},
      {"a syntax error",
       {{"a.cedarschema", schema}, {"doors.cedar", "permit (\n  principal,\n  acton, resource);"}},
       "doors.cedar:3:3"},
      {"a schema error", {{"a.cedarschema", "entity Person in [Nothing];"}}, "a.cedarschema:1:"},
      {"an id twice",
       {{"a.cedarschema", schema},
        {"a.cedar", "@id(\"x\") permit (principal, action, resource);"},
        {"b.cedar", "@id(\"x\") permit (principal, action, resource);"}},
       "b.cedar:1:1: error: the id \"x\" stands twice"},
      {"an id that a level needs",
       {{"a.cedarschema", schema},
        {"a.cedar",
         "@id(\"access-level\") permit (principal in ?principal, action, resource in ?resource);\n"
         "@id(\"access-level:staff:lobby\") permit (principal, action, resource);"}},
       "access-level:staff:lobby"},
      {"a template with one slot",
       {{"a.cedarschema", schema},
        {"a.cedar", "@id(\"access-level\") permit (principal in ?principal, action, resource);"}},
       "access-level"},
      {"an attribute that the schema does not have",
       {{"a.cedarschema", schema},
        {"a.cedar", "@id(\"x\") forbid (principal is Person, action, resource)\nwhen { principal.shoeSize > 40 };"}},
       "a.cedar:2:"},
      {"an optional attribute that nobody asked for",
       {{"a.cedarschema", schema},
        {"a.cedar",
         "@id(\"x\") forbid (principal is Person, action == Action::\"enter\", resource)\n"
         "when { context.visit.incident };"}},
       "a.cedar:2:"},
      {"a priority in words",
       {{"a.cedarschema", schema}, {"a.cedar", "\n@priority(\"high\") forbid (principal, action, resource);"}},
       "a.cedar:2:1: error: @priority(\"high\")"},
      {"a reason in words",
       {{"a.cedarschema", schema}, {"a.cedar", "@reason(\"No way\") forbid (principal, action, resource);"}},
       "@reason(\"No way\")"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CompileStatus(PolicyFiles{c.files});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message)) << c.what;
  }
}

TEST(PoliciesTest, EveryProblemIsOneWithItsPlace) {
  PolicyFiles files = RealPolicies();
  files.files["a.cedar"] =
      "@id(\"a\")\npermit (principal, acton, resource);\npermit (principal, action, resource) when {";
  files.files["b.cedar"] = "@id(\"b\")\n@reason(\"no\")\n@priority(\"no\")\npermit (principal, action, resource);";
  std::vector<cedar::Diagnostic> problems;
  const auto checked = CheckedPolicies::Check(files, &problems);
  EXPECT_EQ(checked.status().code(), absl::StatusCode::kInvalidArgument);
  std::vector<std::string> places;
  for (const auto& problem : problems) {
    places.push_back(absl::StrCat(problem.file, ":", problem.position.line, ":", problem.position.column));
    EXPECT_EQ(problem.severity, cedar::Diagnostic::Severity::kError) << problem.ToString();
    EXPECT_FALSE(problem.source_line.empty()) << problem.ToString();
    EXPECT_THAT(std::string(checked.status().message()), HasSubstr(problem.ToString()));
  }
  EXPECT_THAT(places, ElementsAre("a.cedar:2:20", "a.cedar:3:44", "b.cedar:2:1", "b.cedar:3:1"));
}

TEST(PoliciesTest, WarningsComeWithAValidSet) {
  PolicyFiles files = OnlyPolicies(
      "permit (principal is Person, action == Action::\"enter\", resource is AccessPoint)\n"
      "when { false };");
  std::vector<cedar::Diagnostic> problems;
  ASSERT_TRUE(CheckedPolicies::Check(files, &problems).ok());
  std::vector<std::string> found;
  for (const auto& problem : problems) found.push_back(problem.ToString());
  EXPECT_THAT(found,
              testing::UnorderedElementsAre(HasSubstr("warning: no template has @id(\"access-level\")"),
                                            HasSubstr("test.cedar:1:1: warning: no @id"), HasSubstr("never applies")));
  problems.clear();
  ASSERT_TRUE(CheckedPolicies::Check(RealPolicies(), &problems).ok());
  EXPECT_TRUE(problems.empty()) << problems.front().ToString();
}

TEST(PoliciesTest, TheMessageOfManyErrorsEndsWithTheirNumber) {
  std::string text;
  for (int i = 0; i < 30; ++i)
    absl::StrAppend(&text, "@id(\"p", i, "\") @reason(\"no\") permit (principal, action, resource);\n");
  const std::string message(CompileStatus(OnlyPolicies(text)).message());
  EXPECT_THAT(message, testing::EndsWith("\nand 10 more errors"));
}

TEST(PoliciesTest, LinkingFollowsTheLevelsAndNothingElse) {
  House house;
  const auto policies = *Policies::Compile(RealPolicies(), house.facility);
  EXPECT_TRUE(policies->LinkedWith(house.facility));
  house.Threat(facility::ThreatLevel::kLockdown);
  EXPECT_TRUE(policies->LinkedWith(house.facility));
  facility::AccessLevel level = *house.facility.levels.Find(AccessLevelId("research"));
  level.entries.push_back({AreaId("interview"), AccessPointId(), FloorId(), ScheduleId()});
  house.facility.levels.Put(level.id, level);
  EXPECT_FALSE(policies->LinkedWith(house.facility));
  const auto linked = Policies::Link(policies->checked(), house.facility);
  EXPECT_TRUE(linked->LinkedWith(house.facility));
  EXPECT_NE(linked->set().Find("access-level:research:interview"), nullptr);
  EXPECT_EQ(linked->hash(), policies->hash());
}

TEST(PoliciesTest, TheHashIsOfNamesAndTexts) {
  const std::string hash = PolicyFiles{{{"a", "b"}}}.Hash();
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(hash, (PolicyFiles{{{"a", "b"}}}.Hash()));
  for (const PolicyFiles& other : {PolicyFiles{{{"a", "c"}}}, PolicyFiles{{{"b", "b"}}}, PolicyFiles{{{"ab", ""}}},
                                   PolicyFiles{{{"", "ab"}}}, PolicyFiles{{{"a", "b"}, {"c", ""}}}, PolicyFiles{}}) {
    EXPECT_NE(other.Hash(), hash);
  }
  const auto policies = Policies::Compile(RealPolicies(), House().facility);
  ASSERT_TRUE(policies.ok());
  EXPECT_EQ((*policies)->hash(), RealPolicies().Hash());
}

}  // namespace
}  // namespace sallyport::access
