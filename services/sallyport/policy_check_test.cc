#include "sallyport/policy_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "sallyport/test_folder.h"

namespace sallyport::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kSchema[] = "entity Person; entity Door; action enter appliesTo { principal: Person, resource: Door };";

TEST(PolicyCheck, TheProjectsOwnPoliciesAreValidWithoutAWarning) {
  const auto files = ReadPolicyFiles({SALLYPORT_SOURCE_DIR "/policies"});
  ASSERT_TRUE(files.ok()) << files.status().message();
  const PolicyReport report = CheckPolicies(*files);
  for (const auto& problem : report.problems) ADD_FAILURE() << problem.ToString();
  EXPECT_GT(report.policies, 20u);
  EXPECT_EQ(report.templates, 1u);
  EXPECT_EQ(report.hash, files->Hash());
}

TEST(PolicyCheck, EveryFilesErrorIsReportedWithItsPlace) {
  access::PolicyFiles files;
  files.files["a.cedar"] = "@id(\"a\")\npermit (principal, action, resource) when { ;\n";
  files.files["b.cedar"] = "@id(\"b\") permit (principal, action, resource)";
  const PolicyReport report = CheckPolicies(files);
  EXPECT_FALSE(report.ok());
  ASSERT_GE(report.problems.size(), 2u);
  EXPECT_EQ(report.problems[0].file, "a.cedar");
  EXPECT_EQ(report.problems[0].position.line, 2);
  EXPECT_EQ(report.problems.back().file, "b.cedar");
}

TEST(PolicyCheck, APolicyWithoutAnIdIsAWarning) {
  access::PolicyFiles files;
  files.files["a.cedar"] = "\npermit (principal, action, resource);";
  const PolicyReport report = CheckPolicies(files);
  EXPECT_TRUE(report.ok());
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0].ToString(), HasSubstr("a.cedar:2:1: warning: no @id"));
}

TEST(PolicyCheck, WithASchemaTheFilesAreTakenTogether) {
  access::PolicyFiles files;
  files.files["s.cedarschema"] = kSchema;
  files.files["a.cedar"] = "@id(\"same\") permit (principal, action, resource);";
  EXPECT_TRUE(CheckPolicies(files).ok());
  files.files["b.cedar"] = "@id(\"same\") forbid (principal, action, resource);";
  const PolicyReport report = CheckPolicies(files);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.problems.back().message, HasSubstr("same"));
}

TEST(PolicyCheck, FilesAreNamedWhenTheyCannotBeRead) {
  TestFolder folder;
  const auto error = [](const std::vector<std::string>& paths) {
    return std::string(ReadPolicyFiles(paths).status().message());
  };
  EXPECT_THAT(error({folder.path() + "/none.cedar"}), HasSubstr("none.cedar"));
  EXPECT_THAT(error({folder.path()}), HasSubstr("no *.cedar files"));
  EXPECT_THAT(error({"/etc/passwd"}), HasSubstr("expected a name that ends in .cedar"));
  ASSERT_TRUE(WriteNewFile(folder.path() + "/a.cedar", "", 0644).ok());
  EXPECT_THAT(error({folder.path(), folder.path() + "/a.cedar"}), HasSubstr("a second file of that name"));
  ASSERT_TRUE(WriteNewFile(folder.path() + "/README.md", "not a policy", 0644).ok());
  EXPECT_EQ(ReadPolicyFiles({folder.path()})->files.size(), 1u);
}

TEST(PolicyCheck, TestsAndTextsAreFoundByTheirNames) {
  TestFolder folder;
  for (const char* name : {"b.cedar", "a.cedar", "s.cedarschema", "t.yaml", "w.world.yaml", "README.md"}) {
    ASSERT_TRUE(WriteNewFile(folder.path() + "/" + name, name, 0644).ok());
  }
  EXPECT_THAT(*FindPolicyTexts({folder.path()}),
              testing::ElementsAre(folder.path() + "/a.cedar", folder.path() + "/b.cedar"));
  EXPECT_THAT(std::string(FindPolicyTexts({folder.path() + "/s.cedarschema"}).status().message()),
              HasSubstr("expected a name that ends in .cedar"));
  EXPECT_THAT(*ReadPolicyTests(folder.path()),
              testing::ElementsAre(testing::Pair("t.yaml", "t.yaml"), testing::Pair("w.world.yaml", "w.world.yaml")));
  EXPECT_THAT(std::string(ReadPolicyTests(folder.path() + "/tests").status().message()), HasSubstr("/tests"));
}

}  // namespace
}  // namespace sallyport::cli
