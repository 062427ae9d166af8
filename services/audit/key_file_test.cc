#include "audit/key_file.h"

#include "audit/kat_test_util.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

TEST(KeyFileTest, SigningKeysRoundTrip) {
  std::vector<SigningKey> keys;
  keys.push_back(testing::LogKey());
  keys.push_back(testing::RotatedLogKey());
  const Secret text = FormatSigningKeyFile(keys);
  const auto parsed = ParseSigningKeyFile(absl::StrCat("# the log's keys\n\n", text.reveal()));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_EQ((*parsed)[0].verifier(), keys[0].verifier());
  EXPECT_EQ((*parsed)[1].verifier(), keys[1].verifier());
}

TEST(KeyFileTest, SigningKeyFileRefusals) {
  const std::string key(testing::LogKey().ToSkey().reveal());
  const std::string witness(testing::WitnessKey().ToSkey().reveal());
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"comment only", "# nothing\n"},
      {"twice the same", key + "\n" + key + "\n"},
      {"another name", key + "\n" + witness + "\n"},
      {"damaged", key.substr(0, key.size() - 2)},
      {"two on a line", key + " " + key},
  };
  for (const auto& [what, text] : cases) {
    EXPECT_EQ(ParseSigningKeyFile(text).status().code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

TEST(KeyFileTest, KeyEncryptionKey) {
  SeededRandom random(1);
  const KeyEncryptionKey key = KeyEncryptionKey::Generate(random);
  const Secret text = FormatKeyEncryptionKeyFile(key);
  EXPECT_EQ(text.reveal().size(), 45u);
  EXPECT_EQ(ParseKeyEncryptionKeyFile(text.reveal()).value().reveal(), key.reveal());
  EXPECT_EQ(ParseKeyEncryptionKeyFile(absl::StrCat("# keep apart from backups\r\n", text.reveal())).value().reveal(),
            key.reveal());
  for (const std::string& bad : {std::string(), std::string(text.reveal().substr(1)), std::string(44, 'A'),
                                 absl::StrCat(text.reveal(), text.reveal()), std::string("x")}) {
    EXPECT_EQ(ParseKeyEncryptionKeyFile(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace sallyport::audit
