#include "audit/cosignature.h"

#include "audit/checkpoint.h"
#include "audit/kat_test_util.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

constexpr char kTestdata15[] = "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n";

TEST(CosignatureTest, VerifiesForeignCosignatures) {
  const struct {
    const char *vkey, *text, *line;
    int64_t time;
  } cases[] = {
      {"witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN",
       "rome2026h1.example.org\n300\nlCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n",
       "— witness.example.org "
       "uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==\n",
       1767139200},
      {"witness2.example.org+2e55b896+BIZ7fpceQWd60IfqQeS9IAnmNOCZjMDne8lZuguz/bi9",
       "milan2026h1.example.org\n300\nlCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n",
       "— witness2.example.org "
       "LlW4lgAAAABpVGeAN/uFWqfjdU94rrKxFycCggM0Sa1L5tOJCJdYBwJ41CQsgKWA6B0+vywok3cPI3JIzuPeR+VotuYe/eNy0+30Dw==\n",
       1767139200},
  };
  for (const auto& c : cases) {
    const VerifierKey key = VerifierKey::Parse(c.vkey).value();
    NoteSignature signature = ParseSignatureLine(c.line).value();
    EXPECT_EQ(VerifyCosignature(key, c.text, signature).value(), absl::FromUnixSeconds(c.time));
    EXPECT_FALSE(VerifyCosignature(key, kTestdata15, signature).ok());
    for (size_t at = 0; at < signature.bytes.size(); ++at) {
      NoteSignature changed = signature;
      changed.bytes[at] = static_cast<char>(changed.bytes[at] ^ 1);
      EXPECT_EQ(VerifyCosignature(key, c.text, changed).status().code(), absl::StatusCode::kUnauthenticated);
    }
    signature.bytes.pop_back();
    EXPECT_FALSE(VerifyCosignature(key, c.text, signature).ok());
  }
}

TEST(CosignatureTest, ReproducesAKnownOne) {
  const Cosigner witness =
      Cosigner::Make(SigningKey::Parse("PRIVATE+KEY+Wit1+55ee4561+AeadRiG7XM4XiieCHzD8lxysXMwcViy5nYsoXURWGrlE").value())
          .value();
  EXPECT_EQ(witness.verifier().ToString(), "Wit1+9b3fb2d5+BFhZSmQj9+SoL+p/nN0Hh76xXmF7QcHfytUrI1XfSClk");
  EXPECT_EQ(FormatSignatureLine(witness.Cosign(kTestdata15, absl::FromUnixSeconds(1679315147)).value()),
            "— Wit1 mz+y1QAAAABkGFDLi4zi/+2kU/5P/4hpCkNoBjvoRHwqkmsDuocW+0ObiIxdYaW7bwTBaMLGHYwvM5lh63uUblihMBNMSJQRd2V3"
            "AQ==\n");
}

TEST(CosignatureTest, Refusals) {
  const Cosigner witness = Cosigner::Make(testing::WitnessKey()).value();
  EXPECT_EQ(witness.Cosign("not a checkpoint\n", absl::FromUnixSeconds(1)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(witness.Cosign(kTestdata15, absl::FromUnixSeconds(-1)).ok());
  EXPECT_FALSE(witness.Cosign(kTestdata15, absl::InfiniteFuture()).ok());
  const NoteSignature signature = witness.Cosign(kTestdata15, absl::FromUnixSeconds(1)).value();
  EXPECT_FALSE(VerifyCosignature(testing::WitnessKey().verifier(), kTestdata15, signature).ok()) << "a 0x01 key";
}

TEST(CosignatureTest, KnownAnswerFile) {
  const auto kat = testing::LoadKnownAnswers();
  if (!kat) GTEST_SKIP() << "kat.json is not there";
  const auto& c = (*kat)["cosignature_v1"];
  const Cosigner witness = Cosigner::Make(testing::WitnessKey()).value();
  EXPECT_EQ(witness.verifier().ToString(), (*kat)["keys"]["witness"]["vkey"]);
  Note note = ParseNote((*kat)["checkpoints"]["600"].get<std::string>()).value();
  EXPECT_EQ(CosignatureMessage(c["timestamp"], note.text), c["signed_message"]);
  const NoteSignature signature = witness.Cosign(note.text, absl::FromUnixSeconds(c["timestamp"])).value();
  EXPECT_EQ(FormatSignatureLine(signature), c["line"]);
  AddSignature(signature, note);
  EXPECT_EQ(FormatNote(note).value(), c["cosigned_checkpoint"]);
  const auto opened = OpenCheckpoint(FormatNote(note).value(), {testing::LogKey().verifier(), witness.verifier()});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->note.verified.size(), 2u);
}

}  // namespace
}  // namespace sallyport::audit
