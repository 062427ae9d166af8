#include "audit/tlog_proof.h"

#include "absl/strings/str_replace.h"
#include "audit/cosignature.h"
#include "audit/kat_test_util.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

constexpr char kTestdataReceipt[] =
    "c2sp.org/tlog-proof@v1\n"
    "index 4\n"
    "yiM+eia4w1wsk/Ukx7kF56IQVkDW3MWUaUz/VtJu+yU=\n"
    "nk9gCR+floFqznAPtqjjcnnV64dge2jQB95D5t164Hg=\n"
    "zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=\n"
    "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=\n"
    "\n"
    "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n"
    "— example.com/log/testdata "
    "M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n";

VerifierKey TestdataKey() {
  return VerifierKey::Parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx").value();
}

TEST(ReceiptTest, VerifiesAForeignReceipt) {
  const auto verified = VerifyReceiptForRecord(kTestdataReceipt, "five", {TestdataKey()});
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->checkpoint.size, 15u);
  EXPECT_EQ(VerifyReceiptForRecord(kTestdataReceipt, "six", {TestdataKey()}).status().code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(VerifyReceiptForRecord(kTestdataReceipt, "five", {testing::LogKey().verifier()}).status().code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(FormatReceipt(ParseReceipt(kTestdataReceipt).value()).value(), kTestdataReceipt);
}

TEST(ReceiptTest, EveryBitCounts) {
  const std::string receipt = kTestdataReceipt;
  for (size_t at = 0; at < receipt.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = receipt;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      EXPECT_FALSE(VerifyReceiptForRecord(changed, "five", {TestdataKey()}).ok()) << "bit " << bit << " of byte " << at;
    }
  }
}

TEST(ReceiptTest, MakesWhatItVerifies) {
  testing::MemoryLog log = testing::KnownLog(300);
  const SigningKey key = testing::LogKey();
  const SigningKey* const keys[] = {&key};
  const std::string note = SignCheckpoint({key.name(), 300, log.range().Root(), {}}, keys).value();
  for (uint64_t index : {0u, 1u, 255u, 256u, 299u}) {
    Receipt receipt = MakeReceipt(index, note, log).value();
    receipt.extra = std::string("\0any bytes\xFF", 11);
    const std::string text = FormatReceipt(receipt).value();
    EXPECT_EQ(ParseReceipt(text)->extra, receipt.extra);
    EXPECT_TRUE(VerifyReceiptForRecord(text, testing::KnownEntry(index), {key.verifier()}).ok()) << index;
    ++receipt.index;
    EXPECT_FALSE(VerifyReceipt(receipt, LeafHash(testing::KnownEntry(index)), {key.verifier()}).ok());
  }
  EXPECT_EQ(MakeReceipt(300, note, log).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeReceipt(0, "not a note", log).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ReceiptTest, Refusals) {
  const std::string good = kTestdataReceipt;
  const auto replaced = [&](const char* from, const char* to) { return absl::StrReplaceAll(good, {{from, to}}); };
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"wrong header", replaced("@v1", "@v2")},
      {"extra not base64", replaced("index", "extra !\nindex")},
      {"two extras", replaced("index", "extra AA==\nextra AA==\nindex")},
      {"no index", replaced("index 4\n", "")},
      {"negative index", replaced("index 4", "index -4")},
      {"leading zero", replaced("index 4", "index 04")},
      {"index not a number", replaced("index 4", "index four")},
      {"index too large", replaced("index 4", "index 9223372036854775808")},
      {"hash not base64", replaced("yiM+", "yiM*")},
      {"hash of 3 bytes", replaced("yiM+eia4w1wsk/Ukx7kF56IQVkDW3MWUaUz/VtJu+yU=", "AAAA")},
      {"no empty line", replaced("\n\nexample", "\nexample")},
      {"no checkpoint", good.substr(0, good.find("\n\n") + 2)},
      {"header only", "c2sp.org/tlog-proof@v1\n"},
  };
  for (const auto& [what, text] : cases) {
    EXPECT_EQ(ParseReceipt(text).status().code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

TEST(ReceiptTest, KnownAnswerFile) {
  const auto kat = testing::LoadKnownAnswers();
  if (!kat) GTEST_SKIP() << "kat.json is not there";
  const VerifierKey log_key = testing::LogKey().verifier();
  const VerifierKey witness = Cosigner::Make(testing::WitnessKey())->verifier();
  testing::MemoryLog log = testing::KnownLog(600);
  const std::string text = (*kat)["tlog_proof"]["text"];
  EXPECT_EQ(VerifyReceiptForRecord(text, testing::KnownEntry(300), {log_key, witness})->note.verified.size(), 2u);
  EXPECT_EQ(FormatReceipt(MakeReceipt(300, (*kat)["cosignature_v1"]["cosigned_checkpoint"].get<std::string>(), log).value())
                .value(),
            text);
  const std::string extra = (*kat)["tlog_proof_with_extra"]["text"];
  EXPECT_EQ(ParseReceipt(extra)->extra, "receipt-v1");
  EXPECT_TRUE(VerifyReceiptForRecord(extra, testing::KnownEntry(0), {log_key}).ok());
  EXPECT_EQ(FormatReceipt(ParseReceipt(extra).value()).value(), extra);
}

}  // namespace
}  // namespace sallyport::audit
