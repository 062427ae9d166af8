#include "sallyport/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/random.h"
#include "sallyport/init.h"
#include "sallyport/pki.h"
#include "sallyport/test_folder.h"

namespace sallyport::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DoctorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SystemRandom random;
    ASSERT_TRUE(Initialise({.folder = folder_, .origin = "example.org/hq"}, now_, random).ok());
  }

  // "check: detail" of every finding that is not well, the free space of this machine aside.
  std::vector<std::string> Problems(absl::Time now) {
    std::vector<Finding> findings = CheckFolder(folder_, now);
    const auto profile = ReadProfile(folder_ + "/client.yaml");
    EXPECT_TRUE(profile.ok());
    Profile known = *profile;
    known.token = Secret("sp_x");
    for (Finding& finding : CheckProfile(known, now)) findings.push_back(finding);
    std::vector<std::string> problems;
    for (const Finding& finding : findings) {
      if (finding.health == Health::kOk || finding.check == "disk") continue;
      problems.push_back(
          absl::StrCat(finding.health == Health::kWarn ? "warn " : "fail ", finding.check, ": ", finding.detail));
    }
    return problems;
  }

  TestFolder parent_;
  std::string folder_ = parent_.path() + "/sallyport";
  absl::Time now_ = absl::Now();
};

TEST_F(DoctorTest, AFreshFolderIsWell) { EXPECT_THAT(Problems(now_), IsEmpty()); }

TEST_F(DoctorTest, FindsSecretsThatOthersCanRead) {
  for (const char* name : {"admin.token", "server.key", "log.key", "data.key", "ca.key"}) {
    const std::string path = folder_ + "/" + name;
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    const auto problems = Problems(now_);
    ASSERT_EQ(problems.size(), 1u) << name;
    EXPECT_THAT(problems[0], HasSubstr(absl::StrCat("chmod 600 ", path)));
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  }
}

TEST_F(DoctorTest, WarnsBeforeACertificateExpiresAndFailsAfter) {
  const auto soon = Problems(now_ + kCertificateLife - absl::Hours(24));
  ASSERT_EQ(soon.size(), 1u);
  EXPECT_THAT(soon[0], HasSubstr("warn server certificate"));
  const auto late = Problems(now_ + kCertificateLife + absl::Hours(1));
  ASSERT_GE(late.size(), 1u);
  EXPECT_THAT(late[0], HasSubstr("fail server certificate"));
  EXPECT_THAT(late[0], HasSubstr("expired on"));
}

TEST_F(DoctorTest, FindsACertificateOfAnotherAuthority) {
  const auto other = Authority::Create("other", now_);
  const auto pair = other->IssueServer({"localhost"}, now_);
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/server.crt", pair->certificate).ok());
  auto problems = Problems(now_);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0], HasSubstr("the private key is not the certificate's"));
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/server.key", pair->key.reveal(), 0600).ok());
  problems = Problems(now_);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0], HasSubstr("fail server certificate"));
}

TEST_F(DoctorTest, FindsAForeignLogKeyAndBrokenFiles) {
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/log.vkey", "example.org/hq+00000000+AAAA\n").ok());
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/policies/floors.cedar", "permit (").ok());
  const auto problems = Problems(now_);
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_THAT(problems[0], HasSubstr("is not the verifier key of"));
  EXPECT_THAT(problems[1], HasSubstr("sallyport policy check"));
}

TEST_F(DoctorTest, ABrokenConfigurationIsNamedWithItsLine) {
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/sallyportd.yaml", "colour: red\n").ok());
  const auto problems = Problems(now_);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0], HasSubstr("sallyportd.yaml:1: colour: unknown key"));
}

TEST_F(DoctorTest, AProfileWithoutAnIdentityFails) {
  Profile profile;
  profile.ca = folder_ + "/ca.crt";
  const auto findings = CheckProfile(profile, now_);
  EXPECT_EQ(findings.back().health, Health::kFail);
  EXPECT_THAT(findings.back().detail, HasSubstr("neither a token nor a client certificate"));
}

TEST_F(DoctorTest, AForeignFolderIsNotLookedAt) { EXPECT_THAT(CheckFolder(parent_.path(), now_), IsEmpty()); }

}  // namespace
}  // namespace sallyport::cli
