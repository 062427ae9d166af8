#include "sallyport/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "sallyport/test_folder.h"

namespace sallyport::cli {
namespace {

using ::testing::HasSubstr;

class ProfileTest : public ::testing::Test {
 protected:
  ProfileTest() {
    for (const char* name : {"PROFILE", "SERVER", "HTTPS", "CA", "TOKEN", "TOKEN_FILE", "CERTIFICATE", "KEY"}) {
      ::unsetenv((std::string("SALLYPORT_") + name).c_str());
    }
    ::setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1);
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    EXPECT_TRUE(WriteNewFile(path, text, 0600).ok());
    return path;
  }

  TestFolder folder_;
};

TEST_F(ProfileTest, PathsAreRelativeToTheFile) {
  Write("admin.token", "sp_admin_x\n");
  const std::string path = Write("client.yaml", "server: hq:7443\nca: ca.crt\ntoken_file: admin.token\n");
  const auto profile = LoadProfile({.profile = path});
  ASSERT_TRUE(profile.ok()) << profile.status().message();
  EXPECT_EQ(profile->server, "hq:7443");
  EXPECT_EQ(profile->ca, folder_.path() + "/ca.crt");
  EXPECT_EQ(profile->token.reveal(), "sp_admin_x");
}

TEST_F(ProfileTest, VariablesWinOverTheFileAndFlagsOverBoth) {
  const std::string path = Write("client.yaml", "server: file:1\nca: ca.crt\ntoken: t\n");
  ::setenv("SALLYPORT_PROFILE", path.c_str(), 1);
  ::setenv("SALLYPORT_SERVER", "variable:2", 1);
  EXPECT_EQ(LoadProfile({})->server, "variable:2");
  EXPECT_EQ(LoadProfile({.server = "flag:3"})->server, "flag:3");
  EXPECT_EQ(LoadProfile({})->source, path);
}

TEST_F(ProfileTest, ALaterTokenFileReplacesAnEarlierToken) {
  const std::string path = Write("client.yaml", "token: first\n");
  const std::string token = Write("other.token", "  second\n");
  EXPECT_EQ(LoadProfile({.profile = path, .token_file = token})->token.reveal(), "second");
}

TEST_F(ProfileTest, OneIdentityCalls) {
  const std::string token = Write("client.yaml", "token: t\n");
  const auto gateway = LoadProfile({.profile = token, .certificate = "g.crt", .key = "g.key"});
  ASSERT_TRUE(gateway.ok());
  EXPECT_TRUE(gateway->token.empty());
  EXPECT_EQ(gateway->certificate, "g.crt");

  const std::string certificate = Write("gateway.yaml", "certificate: g.crt\nkey: g.key\n");
  const auto person = LoadProfile({.profile = certificate, .token = "t"});
  ASSERT_TRUE(person.ok());
  EXPECT_EQ(person->certificate, "");
  EXPECT_EQ(person->key, "");
}

TEST_F(ProfileTest, ErrorsNameFileAndLine) {
  const std::string unknown = Write("a.yaml", "server: x:1\ncolour: red\n");
  EXPECT_THAT(std::string(LoadProfile({.profile = unknown}).status().message()),
              HasSubstr("a.yaml:2: unknown key \"colour\""));
  const std::string broken = Write("b.yaml", "server: [\n");
  EXPECT_THAT(std::string(LoadProfile({.profile = broken}).status().message()), HasSubstr("b.yaml:2: "));
  const std::string list = Write("c.yaml", "- server\n");
  EXPECT_THAT(std::string(LoadProfile({.profile = list}).status().message()), HasSubstr("expected a mapping"));
  EXPECT_EQ(LoadProfile({.profile = folder_.path() + "/none"}).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sallyport::cli
