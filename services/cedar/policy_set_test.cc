#include "absl/strings/str_cat.h"
#include "cedar/authorizer.h"
#include "cedar/entity_store.h"
#include "cedar/policy.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTemplate[] = "permit(principal in ?principal, action, resource == ?resource);";

std::vector<std::string> Ids(const PolicySet& set) {
  std::vector<std::string> ids;
  for (const Policy* policy : set.Policies()) ids.emplace_back(policy->id());
  return ids;
}

PolicySet WithTemplate() {
  PolicySet set;
  EXPECT_TRUE(set.Add("t", ParsePolicy(kTemplate).value()).ok());
  return set;
}

Slots Both(const char* principal, const char* resource) {
  return {EntityUid("User", principal), EntityUid("Door", resource)};
}

TEST(PolicySetTest, NumbersPoliciesOrTakesTheirId) {
  const char* text = "permit(principal, action, resource);\n@id(\"x\") forbid(principal, action, resource);";
  EXPECT_THAT(Ids(PolicySet::Parse(text).value()), ElementsAre("policy0", "policy1"));
  ParseOptions options;
  options.id_annotation = true;
  options.id_prefix = "p";
  EXPECT_THAT(Ids(PolicySet::Parse(text, options).value()), ElementsAre("p0", "x"));

  std::vector<Diagnostic> diagnostics;
  const std::string twice = absl::StrCat(text, "\n@id(\"x\") forbid(principal, action, resource);");
  EXPECT_FALSE(PolicySet::Parse(twice, options, &diagnostics).ok());
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].position.line, 3);
  EXPECT_THAT(diagnostics[0].message, HasSubstr("already a policy or template with the id \"x\""));
}

TEST(PolicySetTest, LinksTemplates) {
  PolicySet set = WithTemplate();
  EXPECT_THAT(Ids(set), IsEmpty());
  ASSERT_TRUE(set.Link("t", "a", Both("ann", "front")).ok());
  const Policy* link = set.Find("a");
  ASSERT_NE(link, nullptr);
  EXPECT_EQ(link->template_id(), "t");
  EXPECT_EQ(link->principal_entity().id(), "ann");
  EXPECT_EQ(link->resource_entity().id(), "front");

  EXPECT_EQ(set.Link("u", "b", Both("ann", "front")).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(set.Link("t", "a", Both("ann", "front")).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(set.Link("t", "t", Both("ann", "front")).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(set.Link("t", "b", {EntityUid("User", "ann"), std::nullopt}).message(),
              HasSubstr("needs a value for ?resource"));
  ASSERT_TRUE(set.Add("half", ParsePolicy("permit(principal == ?principal, action, resource);").value()).ok());
  EXPECT_THAT(set.Link("half", "b", Both("ann", "front")).message(), HasSubstr("has no slot ?resource"));
  EXPECT_EQ(set.size(), 1u);
}

TEST(PolicySetTest, RemovesPoliciesAndUnlinkedTemplates) {
  PolicySet set = WithTemplate();
  ASSERT_TRUE(set.Link("t", "a", Both("ann", "front")).ok());
  ASSERT_TRUE(set.Link("t", "b", Both("bob", "front")).ok());
  EXPECT_THAT(set.Remove("t").message(), HasSubstr("still has 2 links"));
  EXPECT_TRUE(set.Remove("a").ok());
  EXPECT_EQ(set.Remove("a").code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Ids(set), ElementsAre("b"));
  EXPECT_TRUE(set.Remove("b").ok());
  EXPECT_TRUE(set.Remove("t").ok());
  EXPECT_EQ(set.FindTemplate("t"), nullptr);
  EXPECT_TRUE(set.Add("a", ParsePolicy("permit(principal, action, resource);").value()).ok());
}

TEST(PolicySetTest, CopiesAreIndependent) {
  PolicySet set = WithTemplate();
  ASSERT_TRUE(set.Link("t", "a", Both("ann", "front")).ok());
  PolicySet copy = set;
  ASSERT_TRUE(copy.Link("t", "b", Both("bob", "front")).ok());
  ASSERT_TRUE(copy.Remove("a").ok());
  EXPECT_THAT(Ids(set), ElementsAre("a"));
  EXPECT_THAT(Ids(copy), ElementsAre("b"));
  set = copy;
  EXPECT_THAT(Ids(set), ElementsAre("b"));
  const Policy* b = set.Find("b");
  const PolicySet moved = std::move(set);
  EXPECT_EQ(moved.Find("b"), b);
}

TEST(PolicySetTest, MergesAllOrNothing) {
  PolicySet set = PolicySet::Parse("permit(principal, action, resource);").value();
  PolicySet other = WithTemplate();
  ASSERT_TRUE(other.Link("t", "a", Both("ann", "front")).ok());
  ASSERT_TRUE(set.Merge(other).ok());
  EXPECT_THAT(Ids(set), ElementsAre("policy0", "a"));
  EXPECT_EQ(set.Merge(other).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.Link("t", "b", Both("bob", "front")).ok());
}

TEST(PolicySetTest, ParsesExactlyOnePolicy) {
  EXPECT_TRUE(ParsePolicy(kTemplate).ok());
  EXPECT_THAT(ParsePolicy("").status().message(), HasSubstr("expected one policy, found 0"));
  EXPECT_THAT(ParsePolicy(absl::StrCat(kTemplate, kTemplate)).status().message(), HasSubstr("found 2"));
}

TEST(PolicySetTest, AnnotationsAreReadThroughThePolicy) {
  const PolicySet set = PolicySet::Parse("@reason(\"r\") permit(principal, action, resource);").value();
  EXPECT_EQ(set.Find("policy0")->annotation("reason"), "r");
  EXPECT_EQ(set.Find("policy0")->annotation("none"), "");
}

}  // namespace
}  // namespace cedar
