#include "audit/policy.h"

#include "audit/cosignature.h"
#include "audit/kat_test_util.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

constexpr char kLog[] = "audit.example.org/site-0001+90890818+AV/HLQkTh9jO4VecqYGQgEmuAbPY6RGkXYYtAqSpWOMx";
constexpr char kW1[] = "witness.example.org/w1+b7f3619b+BMQQAVwRUeeca45bHyBdzUZuUqAX6ep4sCIBjJwLCrtl";
constexpr char kW2[] = "Wit2+112f0455+BCy8NYvyk7N1dkxNxgrI3YAJzQDc0FIfs0q7q8U/cwOF";
constexpr char kW3[] = "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN";

std::string Signed(bool cosigned) {
  const SigningKey key = testing::LogKey();
  const SigningKey* const keys[] = {&key};
  const std::string text = SignCheckpoint({key.name(), 1, LeafHash(""), {}}, keys).value();
  if (!cosigned) return text;
  Note note = ParseNote(text).value();
  AddSignature(Cosigner::Make(testing::WitnessKey())->Cosign(note.text, absl::FromUnixSeconds(1767225600)).value(), note);
  return FormatNote(note).value();
}

TEST(PolicyTest, Quorums) {
  const std::string names = absl::StrCat("log ", kLog, "\nwitness w1 ", kW1, " https://w1.example.org/\nwitness w2 ", kW2,
                                         "\n\twitness  w3\t", kW3, "\n# a comment\n\n");
  const struct {
    const char* rest;
    bool bare, cosigned;
  } cases[] = {
      {"quorum none\n", true, true},
      {"quorum w1", false, true},
      {"quorum w2\n", false, false},
      {"group g any w1 w2\nquorum g\n", false, true},
      {"group g all w1 w2\nquorum g\n", false, false},
      {"group g 2 w1 w2 w3\nquorum g\n", false, false},
      {"group g 1 w1 w2 w3\nquorum g\n", false, true},
      {"group a all w1\ngroup b any w2 w3\ngroup c any a b\nquorum c\n", false, true},
      {"group a all w1\ngroup b any w2 w3\ngroup c all a b\nquorum c\n", false, false},
  };
  for (const auto& c : cases) {
    const auto policy = Policy::Parse(absl::StrCat(names, c.rest));
    ASSERT_TRUE(policy.ok()) << c.rest << policy.status();
    EXPECT_EQ(policy->witnesses().size(), 3u);
    EXPECT_EQ(policy->witnesses()[0].url, "https://w1.example.org/");
    EXPECT_EQ(policy->Open(Signed(false)).ok(), c.bare) << c.rest;
    EXPECT_EQ(policy->Open(Signed(true)).ok(), c.cosigned) << c.rest;
  }
  const auto missing = Policy::Parse(names + "quorum w2\n")->Open(Signed(true)).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kFailedPrecondition);
  const std::string other_log = absl::StrCat("log ", testing::RotatedLogKey().verifier().ToString(), "\nquorum none\n");
  EXPECT_EQ(Policy::Parse(other_log)->Open(Signed(true)).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Policy::Parse("quorum none")->Open(Signed(true)).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST(PolicyTest, Refusals) {
  const std::string log = absl::StrCat("log ", kLog, "\n"), w1 = absl::StrCat("witness w1 ", kW1, "\n"),
                    w2 = absl::StrCat("witness w2 ", kW2, "\n");
  const std::string cases[] = {
      "",
      log,
      log + "quorum none\nquorum none\n",
      log + "quorum\n",
      log + "quorum w1\n",
      log + "quorum w1\n" + w1,
      log + log + "quorum none\n",
      w1 + w1 + "quorum none\n",
      absl::StrCat(w1, "witness w2 ", kW1, "\nquorum none\n"),
      absl::StrCat("witness none ", kW1, "\nquorum none\n"),
      absl::StrCat("witness w1 ", kLog, "\nquorum none\n"),
      absl::StrCat("log ", kW1, "\nquorum none\n"),
      w1 + "group w1 any w1\nquorum none\n",
      w1 + "group g any\nquorum none\n",
      w1 + "group g 0 w1\nquorum none\n",
      w1 + "group g 2 w1\nquorum none\n",
      w1 + "group g 01 w1\nquorum none\n",
      w1 + "group g some w1\nquorum none\n",
      w1 + "group g any w1 w1\nquorum none\n",
      w1 + w2 + "group g any w1\ngroup h any w1\nquorum none\n",
      "group g any g\nquorum none\n",
      w1 + "quorum none # trailing\n",
      "allow everything\nquorum none\n",
      "quorum none\r\n",
      std::string("quorum none\n\0", 13),
  };
  for (const std::string& text : cases) {
    EXPECT_EQ(Policy::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(PolicyTest, KnownAnswerFile) {
  const auto kat = testing::LoadKnownAnswers();
  if (!kat) GTEST_SKIP() << "kat.json is not there";
  const auto policy = Policy::Parse((*kat)["policy"].get<std::string>());
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(policy->Open((*kat)["cosignature_v1"]["cosigned_checkpoint"].get<std::string>()).ok());
  EXPECT_FALSE(policy->Open((*kat)["checkpoints"]["600"].get<std::string>()).ok());
}

}  // namespace
}  // namespace sallyport::audit
