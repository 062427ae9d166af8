#include "audit/note.h"

#include "audit/encoding.h"
#include "audit/kat_test_util.h"
#include "audit/limits.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

constexpr char kPeter[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr char kPeterSecret[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr char kEnoch[] = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
constexpr char kText[] =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
constexpr char kPeterLine[] =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
constexpr char kEnochLine[] =
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

std::vector<VerifierKey> Keys(std::initializer_list<const char*> vkeys) {
  std::vector<VerifierKey> keys;
  for (const char* vkey : vkeys) keys.push_back(VerifierKey::Parse(vkey).value());
  return keys;
}

TEST(NoteTest, SignsTheKnownNote) {
  const SigningKey key = SigningKey::Parse(kPeterSecret).value();
  EXPECT_EQ(key.verifier().ToString(), kPeter);
  EXPECT_EQ(key.ToSkey().reveal(), kPeterSecret);
  const SigningKey* const keys[] = {&key};
  EXPECT_EQ(SignNote(kText, keys).value(), absl::StrCat(kText, "\n", kPeterLine));
}

TEST(NoteTest, OpensKnownNotes) {
  const std::string both = absl::StrCat(kText, "\n", kPeterLine, kEnochLine);
  const struct {
    const char* what;
    std::string note;
    std::vector<VerifierKey> keys;
    size_t verified, unverified;
  } cases[] = {
      {"both", both, Keys({kPeter, kEnoch}), 2, 0},
      {"first", both, Keys({kPeter}), 1, 1},
      {"second", both, Keys({kEnoch}), 1, 1},
      {"repeated by a known key", absl::StrCat(both, kPeterLine), Keys({kPeter, kEnoch}), 2, 0},
      {"repeated by an unknown key", absl::StrCat(both, kEnochLine), Keys({kPeter}), 1, 1},
      {"the specification's example",
       "This is an example message.\n\n— example.com/foo "
       "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
       Keys({"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"}), 1, 0},
  };
  for (const auto& c : cases) {
    const auto opened = OpenNote(c.note, c.keys);
    ASSERT_TRUE(opened.ok()) << c.what << ": " << opened.status();
    EXPECT_EQ(opened->verified.size(), c.verified) << c.what;
    EXPECT_EQ(opened->unverified.size(), c.unverified) << c.what;
  }
}

TEST(NoteTest, TextMayContainEmptyLines) {
  const SigningKey key = testing::LogKey();
  const SigningKey* const keys[] = {&key};
  const std::string text = "a\n\nb\n\n\nc\n";
  const std::string note = SignNote(text, keys).value();
  EXPECT_EQ(OpenNote(note, {key.verifier()}).value().text, text);
  const std::string looks_signed = absl::StrCat("a\n\n", kPeterLine);
  EXPECT_EQ(OpenNote(SignNote(looks_signed, keys).value(), {key.verifier()}).value().text, looks_signed);
}

TEST(NoteTest, RefusesMalformedNotes) {
  const std::string good = absl::StrCat(kText, "\n", kPeterLine);
  const std::string line = kPeterLine;
  std::string hundred_and_one = absl::StrCat(kText, "\n"), hundred = hundred_and_one;
  for (size_t i = 0; i <= kNoteSignaturesMax; ++i) {
    if (i < kNoteSignaturesMax) hundred += kPeterLine;
    hundred_and_one += kPeterLine;
  }
  EXPECT_TRUE(OpenNote(hundred, Keys({kPeter})).ok());
  const std::pair<const char*, std::string> cases[] = {
      {"empty", ""},
      {"text only", kText},
      {"text and empty line", absl::StrCat(kText, "\n")},
      {"no final newline", good.substr(0, good.size() - 1)},
      {"control character", "\x01" + good},
      {"carriage return", "a\r\n\n" + line},
      {"not UTF-8", "\xFF" + good},
      {"overlong UTF-8", "\xC0\x80" + good},
      {"space in the name", absl::StrCat(kText, "\n— Peter Neumann ", line.substr(17))},
      {"no-break space in the name", absl::StrCat(kText, "\n— Peter\xC2\xA0Neumann ", line.substr(17))},
      {"plus in the name", absl::StrCat(kText, "\n— Peter+Neumann ", line.substr(17))},
      {"a line that is no signature", absl::StrCat(good, "hello\n")},
      {"hyphen", absl::StrCat(kText, "\n-", line.substr(3))},
      {"no empty line", absl::StrCat(kText, line)},
      {"one signature too many", hundred_and_one},
      {"trailing empty line", good + "\n"},
      {"signature of 4 bytes", absl::StrCat(kText, "\n— PeterNeumann x08gow==\n")},
      {"too long", absl::StrCat(std::string(kNoteBytesMax, 'a'), "\n\n", line)},
      {"not canonical base64", absl::StrCat(kText, "\n", line.substr(0, line.size() - 3), "N=\n")},
      {"no padding", absl::StrCat(kText, "\n", line.substr(0, line.size() - 2), "\n")},
  };
  for (const auto& [what, note] : cases) {
    EXPECT_EQ(OpenNote(note, Keys({kPeter})).status().code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

TEST(NoteTest, AKnownKeysBadSignatureRefusesTheNote) {
  std::string note = absl::StrCat(kText, "\n", kPeterLine, kEnochLine);
  note[note.find("UG/Sff")] = 'V';
  EXPECT_EQ(OpenNote(note, Keys({kPeter, kEnoch})).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(OpenNote(note, Keys({kEnoch})).ok()) << "an unknown key's signature is not looked at";
  EXPECT_EQ(OpenNote(absl::StrCat(kText, "\n", kPeterLine), Keys({kEnoch})).status().code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(OpenNote(absl::StrCat(kText, "\n", kPeterLine), {}).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(OpenNote(note, Keys({kEnoch, kEnoch})).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(NoteTest, EveryBitCounts) {
  const std::string note = absl::StrCat(kText, "\n", kPeterLine);
  const auto keys = Keys({kPeter});
  for (size_t at = 0; at < note.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = note;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      EXPECT_FALSE(OpenNote(changed, keys).ok()) << "bit " << bit << " of byte " << at;
    }
  }
}

TEST(NoteTest, DoesNotSignWhatItWouldNotOpen) {
  const SigningKey key = testing::LogKey();
  for (const char* text : {"", "no newline", "tab\there\n", "\xFF\n"}) {
    EXPECT_EQ(key.Sign(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(NoteTest, SigningAgainReplacesTheLine) {
  const SigningKey key = testing::LogKey(), rotated = testing::RotatedLogKey();
  Note note{"text\n", {}};
  AddSignature(key.Sign(note.text).value(), note);
  AddSignature(rotated.Sign(note.text).value(), note);
  AddSignature(key.Sign(note.text).value(), note);
  EXPECT_EQ(note.signatures.size(), 2u);
  EXPECT_EQ(OpenNote(FormatNote(note).value(), {key.verifier(), rotated.verifier()}).value().verified.size(), 2u);
}

TEST(NoteTest, KeyTexts) {
  const std::string vkey = kPeter;
  for (size_t begin = 0; begin < vkey.size(); ++begin) {
    for (size_t length = 0; begin + length <= vkey.size(); ++length) {
      if (length == vkey.size()) continue;
      EXPECT_FALSE(VerifierKey::Parse(vkey.substr(begin, length)).ok());
    }
    std::string changed = vkey;
    ++changed[begin];
    EXPECT_FALSE(VerifierKey::Parse(changed).ok()) << changed;
  }
  for (const char* bad : {"PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
                          "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                          "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                          "audit.example.org/site-0001+00000000+AV/HLQkTh9jO4VecqYGQgEmuAbPY6RGkXYYtAqSpWOMx"}) {
    EXPECT_EQ(VerifierKey::Parse(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(VerifierKey::Parse("Wit2+112f0455+BCy8NYvyk7N1dkxNxgrI3YAJzQDc0FIfs0q7q8U/cwOF")->type(),
            KeyType::kCosignature);
  const std::string skey = kPeterSecret;
  for (size_t at = 0; at < skey.size(); ++at) {
    std::string changed = skey;
    ++changed[at];
    const auto parsed = SigningKey::Parse(changed);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.status().message().find("EKFALVFGyNh"), absl::string_view::npos) << "the error quotes the secret";
  }
  EXPECT_FALSE(SigningKey::FromSeed("a", std::vector<uint8_t>(31)).ok());
  EXPECT_FALSE(SigningKey::FromSeed("a b", std::vector<uint8_t>(32)).ok());
}

TEST(NoteTest, KnownAnswerFile) {
  const auto kat = testing::LoadKnownAnswers();
  if (!kat) GTEST_SKIP() << "kat.json is not there";
  const auto& keys = (*kat)["keys"];
  const SigningKey log = SigningKey::Parse(keys["log"]["go_skey"].get<std::string>()).value();
  EXPECT_EQ(log.verifier().ToString(), keys["log"]["vkey"]);
  EXPECT_EQ(testing::LogKey().verifier().ToString(), keys["log"]["vkey"]);
  EXPECT_EQ(testing::RotatedLogKey().verifier().ToString(), keys["log_rotated"]["vkey"]);
  EXPECT_FALSE(VerifierKey::Parse((*kat)["must_reject"]["vkey_bad_id"].get<std::string>()).ok());
}

}  // namespace
}  // namespace sallyport::audit
