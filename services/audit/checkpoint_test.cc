#include "audit/checkpoint.h"

#include "audit/kat_test_util.h"
#include "audit/limits.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

constexpr char kTestdataSeed[] = "eca663f499017d2365c27c7a7679158d43cfec1330bdb259290afbd0d21777a0";
constexpr char kTestdataVkey[] = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
constexpr const char* kEntries[] = {"one",  "two",    "three",  "four",     "five",    "six",    "seven", "eit",
                                    "nain", "ten", "ileven", "twelf", "threeten", "fourten", "fivten"};

TEST(CheckpointTest, ReproducesTheTestdataLogByteForByte) {
  const SigningKey key = SigningKey::FromSeed("example.com/log/testdata", testing::HashFromHex(kTestdataSeed)).value();
  EXPECT_EQ(key.verifier().ToString(), kTestdataVkey);
  const SigningKey* const keys[] = {&key};
  const std::pair<uint64_t, const char*> roots[] = {
      {1, "0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek="}, {2, "T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4="},
      {3, "Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk="}, {4, "zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co="},
      {5, "gy5gl3aksFyiCO95a/1vLXz88A3dRq+0l9Sxte8ZqZQ="}, {6, "a6sWvsc2eEzmj72vah7mZ5dwFltivehh2b11qwlp5Jg="},
      {7, "IrSXADBqJ7EQoUODSDKROySgNveeL6CFhik2w/+fS7U="}, {8, "bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY="}};
  testing::MemoryLog log;
  EXPECT_EQ(SignCheckpoint({key.name(), 0, log.range().Root(), {}}, keys).value(),
            "example.com/log/testdata\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
            "— example.com/log/testdata "
            "M9e0lhxJACzE1KoUdqKuPa+9p6R7dSW8BlEvrg/noo8FkGg6PbJoRNOcdjqjOq89wVvTA60eubCc4oufo5BvIVEgtQc=\n");
  for (const char* entry : kEntries) {
    log.Append(entry);
    for (const auto& [size, root] : roots) {
      if (size == log.range().size()) {
        EXPECT_EQ(HashToBase64(log.range().Root()), root);
      }
    }
  }
  EXPECT_EQ(SignCheckpoint({key.name(), 15, log.range().Root(), {}}, keys).value(),
            "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n"
            "— example.com/log/testdata "
            "M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n");
}

TEST(CheckpointTest, ParseRefusals) {
  const std::string root = HashToBase64(EmptyRoot());
  const std::string good = absl::StrCat("example.com/log\n7\n", root, "\n");
  EXPECT_EQ(FormatCheckpoint(ParseCheckpoint(good).value()).value(), good);
  EXPECT_EQ(ParseCheckpoint(good + "extension\n")->extensions.size(), 1u);
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"two lines", "example.com/log\n7\n"},
      {"empty origin", absl::StrCat("\n7\n", root, "\n")},
      {"no newline after the root", absl::StrCat("example.com/log\n7\n", root)},
      {"not a number", absl::StrCat("example.com/log\nseven\n", root, "\n")},
      {"negative", absl::StrCat("example.com/log\n-7\n", root, "\n")},
      {"leading zero", absl::StrCat("example.com/log\n07\n", root, "\n")},
      {"2^63", absl::StrCat("example.com/log\n9223372036854775808\n", root, "\n")},
      {"above u64", absl::StrCat("example.com/log\n18446744073709551616\n", root, "\n")},
      {"short root", "example.com/log\n7\nAAAA\n"},
      {"root not base64", absl::StrCat("example.com/log\n7\n", std::string(44, '*'), "\n")},
      {"empty line at the end", good + "\n"},
      {"empty extension", good + "\nx\n"},
  };
  for (const auto& [what, text] : cases) {
    EXPECT_EQ(ParseCheckpoint(text).status().code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

TEST(CheckpointTest, OnlyTheLogsOwnKeysCount) {
  const SigningKey key = testing::LogKey(), rotated = testing::RotatedLogKey(), witness = testing::WitnessKey();
  const SigningKey* const both[] = {&key, &rotated};
  const Checkpoint checkpoint{key.name(), 1, LeafHash("x"), {}};
  const std::string note = SignCheckpoint(checkpoint, both).value();
  EXPECT_EQ(OpenCheckpoint(note, {key.verifier()})->checkpoint, checkpoint);
  EXPECT_EQ(OpenCheckpoint(note, {rotated.verifier()})->checkpoint, checkpoint);
  EXPECT_EQ(OpenCheckpoint(note, {key.verifier(), rotated.verifier(), witness.verifier()})->note.verified.size(), 2u);
  EXPECT_EQ(OpenCheckpoint(note, {witness.verifier()}).status().code(), absl::StatusCode::kUnauthenticated);

  const SigningKey* const foreign[] = {&witness};
  EXPECT_EQ(SignCheckpoint(checkpoint, foreign).status().code(), absl::StatusCode::kInvalidArgument);
  const std::string forged = SignNote(FormatCheckpoint(checkpoint).value(), foreign).value();
  EXPECT_EQ(OpenCheckpoint(forged, {witness.verifier()}).status().code(), absl::StatusCode::kUnauthenticated)
      << "a key of another name signed";
}

TEST(CheckpointTest, KnownAnswerFile) {
  const auto kat = testing::LoadKnownAnswers();
  if (!kat) GTEST_SKIP() << "kat.json is not there";
  const SigningKey key = testing::LogKey(), rotated = testing::RotatedLogKey();
  const SigningKey* const one[] = {&key};
  const SigningKey* const both[] = {&key, &rotated};
  testing::MemoryLog log = testing::KnownLog(600);
  for (const auto& [text, note] : (*kat)["checkpoints"].items()) {
    const uint64_t size = std::stoull(text);
    const Checkpoint checkpoint{key.name(), size, RootOf(size, log).value(), {}};
    EXPECT_EQ(SignCheckpoint(checkpoint, one).value(), note) << size;
    EXPECT_EQ(OpenCheckpoint(note.get<std::string>(), {key.verifier()})->checkpoint, checkpoint);
  }
  EXPECT_EQ(SignCheckpoint({key.name(), 600, log.range().Root(), {}}, both).value(), (*kat)["dual_signed_checkpoint_600"]);
  for (const char* name : {"checkpoint_leading_zero_size", "checkpoint_root_flipped", "checkpoint_no_trailing_newline"}) {
    EXPECT_FALSE(OpenCheckpoint((*kat)["must_reject"][name].get<std::string>(), {key.verifier()}).ok()) << name;
  }
}

}  // namespace
}  // namespace sallyport::audit
