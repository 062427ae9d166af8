#include "sallyportd/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

using ::testing::HasSubstr;

constexpr char kSmall[] =
    "origin: example.org/hq\n"
    "data_dir: data\n"
    "tls: {ca: ca.crt, certificate: server.crt, key: server.key}\n"
    "log_key: log.key\n"
    "data_key: data.key\n"
    "policies: policies\n"
    "bootstrap: {operators: [{id: admin, kind: person, roles: [administrator]}]}\n";

TEST(Config, TheReferenceLoads) {
  const auto config = LoadConfig(SALLYPORT_SOURCE_DIR "/deploy/sallyportd.example.yaml");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->origin, "sallyport.example.org/hq");
  EXPECT_EQ(config->metrics_listen, "");
  EXPECT_EQ(config->operators.size(), 2u);
}

TEST(Config, TheReferenceStatesTheDefaults) {
  const auto reference = LoadConfig(SALLYPORT_SOURCE_DIR "/deploy/sallyportd.example.yaml");
  const auto small = ParseConfig(kSmall, "/etc/sallyport/sallyportd.yaml");
  ASSERT_TRUE(reference.ok() && small.ok()) << small.status().message();
  EXPECT_EQ(reference->grpc_listen, small->grpc_listen);
  EXPECT_EQ(reference->https_listen, small->https_listen);
  EXPECT_EQ(reference->metrics_listen, small->metrics_listen);
  EXPECT_EQ(reference->log_public, small->log_public);
  EXPECT_EQ(reference->clock, small->clock);
  EXPECT_EQ(reference->log_level, small->log_level);
  EXPECT_EQ(reference->limits.queue_commands, small->limits.queue_commands);
  EXPECT_EQ(reference->limits.batch_commands, small->limits.batch_commands);
  EXPECT_EQ(reference->limits.request_bytes, small->limits.request_bytes);
  EXPECT_EQ(reference->limits.document_bytes, small->limits.document_bytes);
  EXPECT_EQ(reference->limits.streams, small->limits.streams);
  EXPECT_EQ(reference->limits.read_age, small->limits.read_age);
  EXPECT_EQ(reference->limits.answers_kept, small->limits.answers_kept);
  EXPECT_EQ(reference->limits.drain, small->limits.drain);
}

TEST(Config, PathsAreRelativeToTheFile) {
  const auto config = ParseConfig(kSmall, "/etc/sallyport/sallyportd.yaml");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->tls.ca, "/etc/sallyport/ca.crt");
  EXPECT_EQ(config->data_dir, "/etc/sallyport/data");
  EXPECT_EQ(config->facility, "");
  EXPECT_EQ(config->subject_keys, "/etc/sallyport/data/subject-keys.db");
}

TEST(Config, ProblemsNameTheLineAndTheKey) {
  const struct {
    std::string more;
    const char* problem;
  } cases[] = {
      {"colour: red\n", "c.yaml:8: colour: unknown key"},
      {"grpc: {listen: nowhere}\n", "c.yaml:8: grpc.listen: \"nowhere\" is not ADDRESS:PORT"},
      {"https: {listen: 127.0.0.1:70000}\n", "c.yaml:8: https.listen"},
      {"limits:\n  queue_commands: 0\n", "c.yaml:9: limits.queue_commands: expected a whole number from 1"},
      {"limits: {read_age: 1h}\n", "c.yaml:8: limits.read_age: expected a duration from 1s to 5m"},
      {"limits: {answers_kept: 1h}\n", "limits.answers_kept"},
      {"log_public: perhaps\n", "log_public: expected true or false"},
      {"origin: other\n", "c.yaml:8: origin: stands twice"},
      {"seed: 7\n", "seed: only a simulation"},
      {"clock: from-requests\n", "must end in /simulation"},
      {"clock: sundial\n", "clock: expected system or from-requests"},
      {"grpc: [1]\n", "grpc: expected a mapping"},
  };
  for (const auto& c : cases) {
    const auto config = ParseConfig(kSmall + c.more, "c.yaml");
    ASSERT_FALSE(config.ok()) << c.more;
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(c.problem)) << c.more;
  }
}

TEST(Config, OperatorsAreChecked) {
  const std::string head = std::string(kSmall).substr(0, std::string(kSmall).find("bootstrap"));
  const struct {
    std::string operators;
    const char* problem;
  } cases[] = {
      {"[{kind: person, roles: []}]", "bootstrap.operators[0].id: is missing"},
      {"[{id: a, kind: robot, roles: []}]", "kind: expected person or service or gateway"},
      {"[{id: a, kind: person, roles: []}, {id: a, kind: person, roles: []}]", "\"a\" stands twice"},
      {"[{id: a, kind: person, roles: [], token_id: t}]", "stand together"},
      {"[{id: a, kind: person, roles: [], token_id: t, token_sha256: abc}]", "expected 64 lower-case"},
      {"{}", "bootstrap.operators: expected a list"},
  };
  for (const auto& c : cases) {
    const auto config = ParseConfig(head + "bootstrap: {operators: " + c.operators + "}\n", "c.yaml");
    ASSERT_FALSE(config.ok()) << c.operators;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(c.problem)) << c.operators;
  }
}

TEST(Config, BrokenYamlNamesTheLine) {
  const auto config = ParseConfig("origin: [\n", "c.yaml");
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("c.yaml:2:"));
}

TEST(Config, EveryMissingKeyIsListedAtOnce) {
  const auto config = ParseConfig("clock: system\n", "c.yaml");
  ASSERT_FALSE(config.ok());
  for (const char* key : {"origin", "data_dir", "tls", "log_key", "data_key", "policies", "bootstrap"}) {
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(std::string(key) + ": is missing"));
  }
}

}  // namespace
}  // namespace sallyport
