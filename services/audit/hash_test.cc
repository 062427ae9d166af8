#include "audit/hash.h"

#include "audit/encoding.h"
#include "audit/kat_test_util.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

TEST(HashTest, KnownAnswers) {
  const struct {
    const char* what;
    Hash hash;
    const char* hex;
  } cases[] = {
      {"empty tree", EmptyRoot(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"empty leaf", LeafHash(""), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"leaf", LeafHash("L123456"), "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"},
      {"abc", Sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"long", Sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& c : cases) EXPECT_EQ(HashToHex(c.hash), c.hex) << c.what;
}

TEST(HashTest, LeafThatLooksLikeANodeHashesDifferently) {
  const Hash a = LeafHash("a"), b = LeafHash("b");
  EXPECT_NE(LeafHash(absl::StrCat(HashBytes(a), HashBytes(b))), NodeHash(a, b));
  EXPECT_NE(NodeHash(a, b), NodeHash(b, a));
}

TEST(HashTest, Base64RoundTripAndRefusals) {
  const Hash hash = LeafHash("x");
  const std::string text = HashToBase64(hash);
  EXPECT_EQ(HashFromBase64(text).value(), hash);
  for (const std::string& bad : {std::string(), text + "\n", text.substr(1), text.substr(0, 43), std::string(44, 'A'),
                                 std::string(43, 'A') + "*", Base64Encode(std::string(31, 'x'))}) {
    EXPECT_EQ(HashFromBase64(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  std::string trailing_bits = text;
  trailing_bits[42] = 'B';  // 43 digits carry 258 bits: the last two must be zero
  EXPECT_FALSE(HashFromBase64(trailing_bits).ok());
}

TEST(EncodingTest, Base64DecodesOnlyWhatIsEncoded) {
  std::string out;
  for (size_t length = 0; length < 70; ++length) {
    std::string bytes;
    for (size_t i = 0; i < length; ++i) bytes.push_back(static_cast<char>(i * 37 + length));
    const std::string text = Base64Encode(bytes);
    ASSERT_TRUE(Base64Decode(text, out));
    EXPECT_EQ(out, bytes);
    for (size_t at = 0; at < text.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
        if (Base64Decode(changed, out)) {
          EXPECT_NE(out, bytes);
          EXPECT_EQ(Base64Encode(out), changed);
        }
      }
    }
  }
  for (const char* bad : {"A", "AA", "AAA", "A===", "====", "AA=A", "AAA=AAAA", "AB==", "AAB=", "AA==\n", " AA=", "AA-_"}) {
    EXPECT_FALSE(Base64Decode(bad, out)) << bad;
  }
}

TEST(EncodingTest, Decimal) {
  uint64_t value = 0;
  EXPECT_TRUE(ParseDecimal("0", value));
  EXPECT_TRUE(ParseDecimal("18446744073709551615", value));
  EXPECT_EQ(value, UINT64_MAX);
  for (const char* bad : {"", "00", "01", "-1", "+1", " 1", "1 ", "1a", "18446744073709551616", "99999999999999999999"}) {
    EXPECT_FALSE(ParseDecimal(bad, value)) << bad;
  }
}

TEST(EncodingTest, Utf8) {
  for (const char* good : {"", "a", "\xC3\xA9", "\xE2\x80\x94", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
  for (const char* bad : {"\xFF", "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF8\x88\x80\x80\x80", "\xE2\x80", "\xC3"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << absl::CHexEscape(bad);
  }
  for (const char* space : {" ", "a\tb", "\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\x83", "\xE3\x80\x80"}) {
    EXPECT_TRUE(HasUnicodeSpace(space)) << absl::CHexEscape(space);
  }
  EXPECT_FALSE(HasUnicodeSpace("example.com/log\xE2\x80\x94x"));
}

}  // namespace
}  // namespace sallyport::audit
