#include "sallyport/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "audit/key_file.h"
#include "base/file.h"
#include "operators/tokens.h"
#include "sallyport/embedded.h"
#include "sallyport/pki.h"
#include "sallyport/policy_check.h"
#include "sallyport/profile.h"
#include "sallyport/test_folder.h"
#include "sallyportd/config.h"

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

class InitTest : public ::testing::Test {
 protected:
  absl::StatusOr<InitResult> Run() { return Initialise(options_, now_, random_); }
  std::string Path(const std::string& name) const { return options_.folder + "/" + name; }
  std::string Content(const std::string& name) const {
    const auto content = ReadFile(Path(name), 1 << 20);
    EXPECT_TRUE(content.ok()) << name << ": " << content.status().message();
    return content.value_or("");
  }
  unsigned Mode(const std::string& name) const {
    struct stat facts {};
    EXPECT_EQ(::stat(Path(name).c_str(), &facts), 0) << name;
    return facts.st_mode & 0777;
  }

  TestFolder parent_;
  InitOptions options_{.folder = parent_.path() + "/made/here"};
  absl::Time now_ = absl::Now();
  SystemRandom random_;
};

TEST_F(InitTest, WritesWhatADaemonNeeds) {
  options_.origin = "example.org/hq";
  const auto made = Run();
  ASSERT_TRUE(made.ok()) << made.status().message();
  const auto config = LoadConfig(Path("sallyportd.yaml"));
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->origin, "example.org/hq");
  for (const std::string& path : {config->tls.ca, config->tls.certificate, config->tls.key, config->log_key,
                                  config->data_key, config->policies, config->data_dir}) {
    EXPECT_TRUE(fs::exists(path)) << path;
  }
  EXPECT_EQ(config->clock, ClockMode::kSystem);
  EXPECT_EQ(config->facility, "");
  ASSERT_EQ(config->operators.size(), 2u);
  EXPECT_EQ(config->operators[1].id, "gateway-1");

  const auto profile = LoadProfile({.profile = Path("client.yaml")});
  ASSERT_TRUE(profile.ok()) << profile.status().message();
  EXPECT_EQ(profile->token.reveal(), made->admin_token.reveal());
  EXPECT_TRUE(CheckPolicies(*ReadPolicyFiles({config->policies})).ok());
}

TEST_F(InitTest, SecretsAreTheOwnersAlone) {
  ASSERT_TRUE(Run().ok());
  for (const char* name : {"admin.token", "ca.key", "server.key", "gateway.key", "log.key", "data.key"}) {
    EXPECT_EQ(Mode(name), 0600u) << name;
  }
  EXPECT_EQ(Mode(""), 0700u);
  EXPECT_EQ(Mode("data"), 0700u);
}

TEST_F(InitTest, TheTokenIsKnownByWhatTheConfigurationKeeps) {
  const auto made = Run();
  ASSERT_TRUE(made.ok());
  const auto config = LoadConfig(Path("sallyportd.yaml"));
  const BootstrapOperator& admin = config->operators[0];
  operators::State state;
  state.operators.Put(OperatorId(admin.id), {.id = OperatorId(admin.id)});
  operators::ApiToken token;
  token.id = operators::TokenId(admin.token_id);
  token.operator_id = OperatorId(admin.id);
  token.digest = absl::HexStringToBytes(admin.token_sha256);
  token.expires = now_ + absl::Hours(1);
  state.tokens.Put(token.id, token);
  const auto caller = operators::FindByToken(state, made->admin_token.reveal(), now_);
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->value(), "admin");
  EXPECT_EQ(Content("sallyportd.yaml").find(std::string(made->admin_token.reveal())), std::string::npos);
}

TEST_F(InitTest, KeysBelongToTheLog) {
  options_.origin = "example.org/hq";
  ASSERT_TRUE(Run().ok());
  const auto keys = audit::ParseSigningKeyFile(Content("log.key"));
  ASSERT_TRUE(keys.ok()) << keys.status().message();
  EXPECT_EQ(keys->front().name(), "example.org/hq");
  EXPECT_EQ(keys->front().verifier().ToString() + "\n", Content("log.vkey"));
  EXPECT_TRUE(audit::ParseKeyEncryptionKeyFile(Content("data.key")).ok());
}

TEST_F(InitTest, CertificatesVerify) {
  options_.hosts = {"door.example.org", "10.1.2.3"};
  options_.grpc_listen = "[2001:db8::7]:7443";
  ASSERT_TRUE(Run().ok());
  const std::string ca = Content("ca.crt");
  EXPECT_TRUE(VerifyCertificate(Content("server.crt"), ca, CertificateUse::kServer, now_).ok());
  EXPECT_TRUE(VerifyCertificate(Content("gateway.crt"), ca, CertificateUse::kClient, now_).ok());
  EXPECT_TRUE(CheckKeyFits(Content("server.crt"), Secret(Content("server.key"))).ok());
  EXPECT_FALSE(CheckKeyFits(Content("server.crt"), Secret(Content("gateway.key"))).ok());
  // One is not the other, and neither outlives its time.
  EXPECT_FALSE(VerifyCertificate(Content("server.crt"), ca, CertificateUse::kClient, now_).ok());
  EXPECT_FALSE(VerifyCertificate(Content("gateway.crt"), ca, CertificateUse::kServer, now_).ok());
  EXPECT_FALSE(VerifyCertificate(Content("server.crt"), ca, CertificateUse::kServer, now_ + kCertificateLife).ok());
  const auto server = ReadCertificate(Content("server.crt"));
  ASSERT_TRUE(server.ok());
  EXPECT_THAT(server->hosts,
              IsSupersetOf({"localhost", "127.0.0.1", "::1", "door.example.org", "10.1.2.3", "2001:db8::7"}));
  EXPECT_EQ(ReadCertificate(Content("gateway.crt"))->common_name, "gateway-1");
}

TEST_F(InitTest, RefusesToOverwriteAndWritesNothing) {
  const struct {
    const char* in_the_way;
    const char* named;
  } cases[] = {{"admin.token", "admin.token"},
               {"sallyportd.yaml", "sallyportd.yaml"},
               {"policies/mine.cedar", "policies (not empty)"},
               {"data/sallyport.db", "data (not empty)"}};
  for (const auto& c : cases) {
    options_.folder = absl::StrCat(parent_.path(), "/", fs::path(c.in_the_way).filename().string());
    fs::create_directories(fs::path(Path(c.in_the_way)).parent_path());
    ASSERT_TRUE(WriteNewFile(Path(c.in_the_way), "mine", 0644).ok());
    const auto made = Run();
    EXPECT_EQ(made.status().code(), absl::StatusCode::kAlreadyExists) << c.in_the_way;
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(c.named));
    EXPECT_EQ(Content(c.in_the_way), "mine");
    size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(options_.folder))
      files += entry.is_regular_file() ? 1 : 0;
    EXPECT_EQ(files, 1u) << c.in_the_way;
  }
}

TEST_F(InitTest, ASecondRunRefuses) {
  ASSERT_TRUE(Run().ok());
  const std::string token = Content("admin.token");
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Content("admin.token"), token);
}

TEST_F(InitTest, WhatFailsHalfwayIsRemoved) {
  // No file may grow beyond 100 bytes: the token still fits, the first certificate does not.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {100, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto made = Run();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(made.ok());
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("ca.crt"));
  EXPECT_FALSE(fs::exists(parent_.path() + "/made"));
}

TEST_F(InitTest, AFolderThatCannotBeMadeLeavesNothing) {
  options_.data_dir = "/proc/nowhere";
  EXPECT_FALSE(Run().ok());
  EXPECT_FALSE(fs::exists(parent_.path() + "/made"));
}

TEST_F(InitTest, WrongOptionsWriteNothing) {
  const auto refuses = [this](const InitOptions& options, const char* message) {
    const auto made = Initialise(options, now_, random_);
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(message));
    EXPECT_FALSE(fs::exists(options.folder));
  };
  InitOptions options = options_;
  options.origin = "two words";
  refuses(options, "origin");
  options = options_;
  options.clock_from_requests = true;
  options.origin = "example.org/hq";
  refuses(options, "must end in /simulation");
  options = options_;
  options.grpc_listen = "7443";
  refuses(options, "grpc.listen");
  options = options_;
  options.hosts = {"not a host"};
  refuses(options, "\"not a host\" is neither a DNS name nor an IP address");
}

TEST_F(InitTest, ASimulationSaysSo) {
  options_.clock_from_requests = true;
  options_.seed = 7;
  const auto made = Run();
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_TRUE(absl::EndsWith(made->origin, "/simulation"));
  const auto config = LoadConfig(Path("sallyportd.yaml"));
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->clock, ClockMode::kFromRequests);
  EXPECT_EQ(config->seed, 7u);
}

TEST_F(InitTest, TheDemoHasItsFacilityAndRoles) {
  options_.demo = true;
  const auto made = Run();
  ASSERT_TRUE(made.ok()) << made.status().message();
  const auto config = LoadConfig(Path("sallyportd.yaml"));
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_TRUE(fs::exists(config->facility));
  EXPECT_THAT(made->files, IsSupersetOf({"reception.token", "security-officer.token", "auditor.token"}));
  std::vector<std::string> ids;
  for (const BootstrapOperator& op : config->operators) ids.push_back(op.id);
  EXPECT_THAT(ids, IsSupersetOf({"admin", "reception", "security-officer", "auditor", "gateway-1"}));
  EXPECT_EQ(Mode("auditor.token"), 0600u);
  EXPECT_NE(Content("auditor.token"), Content("reception.token"));
}

TEST(ClientAddress, WildcardsBecomeLoopback) {
  EXPECT_EQ(ClientAddress("0.0.0.0:1"), "127.0.0.1:1");
  EXPECT_EQ(ClientAddress("[::]:1"), "[::1]:1");
  EXPECT_EQ(ClientAddress("10.0.0.1:1"), "10.0.0.1:1");
}

TEST(Authority, LoadsWhatItWrote) {
  const absl::Time now = absl::Now();
  const auto authority = Authority::Create("test", now);
  ASSERT_TRUE(authority.ok());
  const auto pem = authority->Pem();
  ASSERT_TRUE(pem.ok());
  const auto loaded = Authority::Load(pem->certificate, pem->key);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  const auto client = loaded->IssueClient("gateway-2", now);
  ASSERT_TRUE(client.ok());
  EXPECT_TRUE(VerifyCertificate(client->certificate, pem->certificate, CertificateUse::kClient, now).ok());

  const auto other = Authority::Create("test", now)->Pem();
  EXPECT_EQ(Authority::Load(pem->certificate, other->key).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(VerifyCertificate(client->certificate, other->certificate, CertificateUse::kClient, now).ok());
  EXPECT_FALSE(Authority::Load("nonsense", pem->key).ok());
}

}  // namespace
}  // namespace sallyport::cli
