#include "reader/card_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/status.h"

namespace sallyport::reader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kDefault = {"H10301", "raw"};

std::string Bytes(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out.push_back(static_cast<char>(byte));
  return out;
}

// "1011…" as left-aligned bytes.
CardBits FromText(absl::string_view text) {
  CardBits card{std::string((text.size() + 7) / 8, '\0'), static_cast<uint32_t>(text.size())};
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '1') card.bits[i / 8] = static_cast<char>(card.bits[i / 8] | 0x80 >> i % 8);
  }
  return card;
}

void Flip(std::string& bits, size_t at) { bits[at / 8] = static_cast<char>(bits[at / 8] ^ 0x80 >> at % 8); }

struct Example {
  uint32_t facility_code;
  uint64_t number;
  const char* bits;
  std::string bytes;
};

const std::vector<Example>& H10301() {
  static const auto* examples = new std::vector<Example>{
      {123, 4567, "10111101100010001110101110", Bytes({0xBD, 0x88, 0xEB, 0x80})},
      {1, 1, "10000000100000000000000010", Bytes({0x80, 0x80, 0x00, 0x80})},
      {255, 65535, "01111111111111111111111111", Bytes({0x7F, 0xFF, 0xFF, 0xC0})},
      {0, 0, "00000000000000000000000001", Bytes({0x00, 0x00, 0x00, 0x40})},
      {42, 69, "10010101000000000010001010", Bytes({0x95, 0x00, 0x22, 0x80})},     // published by accessgrid.com
      {118, 1603, "10111011000000110010000110", Bytes({0xBB, 0x03, 0x21, 0x80})},  // 2EC0C86
  };
  return *examples;
}

TEST(CardFormat, WorkedExamplesBothWays) {
  for (const Example& example : H10301()) {
    SCOPED_TRACE(example.bits);
    const CardBits card = FromText(example.bits);
    EXPECT_EQ(card.bits, example.bytes);
    const CardNumber number{"H10301", example.facility_code, example.number, ""};
    const auto decoded = Decode(card.bits, card.bit_count, kDefault);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, number);
    const auto encoded = Encode(number);
    ASSERT_TRUE(encoded.ok()) << encoded.status();
    EXPECT_EQ(*encoded, card);
  }
}

TEST(CardFormat, EveryNumberComesBackAsItWas) {
  for (uint32_t facility_code = 0; facility_code < 256; facility_code += 5) {
    for (uint32_t number = 0; number < 65536; number += 257) {
      const CardNumber card{"H10301", facility_code, number, ""};
      const auto bits = Encode(card);
      ASSERT_TRUE(bits.ok()) << bits.status();
      const auto back = Decode(bits->bits, bits->bit_count, kDefault);
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(*back, card);
    }
  }
}

TEST(CardFormat, EverySingleBitFlipIsBadParity) {
  for (const Example& example : H10301()) {
    for (size_t at = 0; at < 26; ++at) {
      CardBits card = FromText(example.bits);
      Flip(card.bits, at);
      const auto decoded = Decode(card.bits, card.bit_count, kDefault);
      ASSERT_FALSE(decoded.ok()) << example.bits << " bit " << at;
      EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInvalidArgument);
      EXPECT_THAT(std::string(decoded.status().message()), HasSubstr("parity")) << example.bits << " bit " << at;
    }
  }
}

TEST(CardFormat, UnusedBitsAreMasked) {
  const auto card = Decode(Bytes({0xBD, 0x88, 0xEB, 0xBF}), 26, kDefault);
  ASSERT_TRUE(card.ok()) << card.status();
  EXPECT_EQ(card->number, 4567u);
  const auto raw = Decode(Bytes({0xBD, 0x88, 0xEB, 0xBF}), 26, {std::string("raw")});
  ASSERT_TRUE(raw.ok()) << raw.status();
  EXPECT_EQ(raw->raw, "26:BD88EB80");
}

TEST(CardFormat, RawTakesWhatNoOtherFormatHas) {
  const struct {
    std::string bytes;
    uint32_t bit_count;
    const char* raw;
  } cases[] = {
      {Bytes({0x04, 0xA1, 0xB2, 0xC3}), 32, "32:04A1B2C3"},
      {Bytes({0xFF}), 1, "1:80"},
      {Bytes({0xFF}), 7, "7:FE"},
      {Bytes({0xFF}), 8, "8:FF"},
      {Bytes({0x12, 0xFF}), 9, "9:1280"},
      {Bytes({0x95, 0x00, 0x22, 0x80}), 25, "25:95002280"},
      {Bytes({0x95, 0x00, 0x22, 0x80}), 27, "27:95002280"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.raw);
    const auto card = Decode(c.bytes, c.bit_count, kDefault);
    ASSERT_TRUE(card.ok()) << card.status();
    EXPECT_EQ(card->format, "raw");
    EXPECT_EQ(card->raw, c.raw);
    EXPECT_EQ(card->number, 0u);
    const auto bits = Encode(*card);
    ASSERT_TRUE(bits.ok()) << bits.status();
    EXPECT_EQ(bits->bit_count, c.bit_count);
    EXPECT_EQ(Decode(bits->bits, bits->bit_count, kDefault)->raw, c.raw);
  }
  const auto longest = Decode(std::string(64, '\x5a'), 512, kDefault);
  ASSERT_TRUE(longest.ok()) << longest.status();
  EXPECT_EQ(Encode(*longest)->bits, std::string(64, '\x5a'));
}

TEST(CardFormat, TheFirstFormatOfThatManyBitsDecides) {
  std::string wrong_parity = Bytes({0xBD, 0x88, 0xEB, 0xC0});
  EXPECT_FALSE(Decode(wrong_parity, 26, {"H10301", "raw"}).ok());
  EXPECT_EQ(Decode(wrong_parity, 26, {"raw", "H10301"})->raw, "26:BD88EBC0");
  EXPECT_EQ(Decode(Bytes({0xBD, 0x88, 0xEB, 0x80}), 26, {"unheard-of", "H10301"})->number, 4567u);
}

TEST(CardFormat, DecodeRefuses) {
  const std::string good = Bytes({0xBD, 0x88, 0xEB, 0x80});
  const struct {
    const char* what;
    std::string bytes;
    uint32_t bit_count;
    std::vector<std::string> formats;
    const char* field;
  } cases[] = {
      {"no bits", "", 0, kDefault, "bit_count"},
      {"bytes without bits", good, 0, kDefault, "bit_count"},
      {"too many bits", std::string(65, 'x'), 513, kDefault, "bit_count"},
      {"a count that overflows", good, UINT32_MAX, kDefault, "bit_count"},
      {"a byte too few", good.substr(0, 3), 26, kDefault, "bits"},
      {"a byte too many", good + "x", 26, kDefault, "bits"},
      {"25 bits are no format", good, 25, {"H10301"}, "bit_count"},
      {"27 bits are no format", good, 27, {"H10301"}, "bit_count"},
      {"no formats", good, 26, {}, "bit_count"},
      {"unknown formats", good, 26, {"h10301"}, "bit_count"},
  };
  for (const auto& c : cases) {
    const auto card = Decode(c.bytes, c.bit_count, c.formats);
    ASSERT_FALSE(card.ok()) << c.what;
    EXPECT_EQ(card.status().code(), absl::StatusCode::kInvalidArgument) << c.what;
    ASSERT_EQ(FieldViolations(card.status()).size(), 1u) << c.what;
    EXPECT_EQ(FieldViolations(card.status())[0].field, c.field) << c.what;
  }
}

TEST(CardFormat, EncodeRefuses) {
  const struct {
    CardNumber card;
    const char* field;
  } cases[] = {
      {{"H10301", 256, 1, ""}, "facility_code"},
      {{"H10301", UINT32_MAX, 1, ""}, "facility_code"},
      {{"H10301", 1, 65536, ""}, "number"},
      {{"H10301", 1, UINT64_MAX, ""}, "number"},
      {{"H10301", 1, 1, "26:BD88EB80"}, "raw"},
      {{"", 1, 1, ""}, "format"},
      {{"H10302", 1, 1, ""}, "format"},
      {{"raw", 1, 0, "26:BD88EB80"}, "number"},
      {{"raw", 0, 1, "26:BD88EB80"}, "number"},
      {{"raw", 0, 0, ""}, "raw"},
      {{"raw", 0, 0, ":"}, "raw"},
      {{"raw", 0, 0, "26"}, "raw"},
      {{"raw", 0, 0, "26:"}, "raw"},
      {{"raw", 0, 0, "0:"}, "raw"},
      {{"raw", 0, 0, "-8:FF"}, "raw"},
      {{"raw", 0, 0, "08:FF"}, "raw"},
      {{"raw", 0, 0, " 8:FF"}, "raw"},
      {{"raw", 0, 0, "+8:FF"}, "raw"},
      {{"raw", 0, 0, "8:F"}, "raw"},
      {{"raw", 0, 0, "8:FFFF"}, "raw"},
      {{"raw", 0, 0, "8:GG"}, "raw"},
      {{"raw", 0, 0, "8:ff"}, "raw"},
      {{"raw", 0, 0, "7:FF"}, "raw"},
      {{"raw", 0, 0, "26:BD88EBFF"}, "raw"},
      {{"raw", 0, 0, "513:" + std::string(130, '0')}, "raw"},
      {{"raw", 0, 0, "4294967304:FF"}, "raw"},
  };
  for (const auto& c : cases) {
    const auto bits = Encode(c.card);
    ASSERT_FALSE(bits.ok()) << c.card.format << " " << c.card.raw;
    ASSERT_EQ(FieldViolations(bits.status()).size(), 1u) << bits.status();
    EXPECT_EQ(FieldViolations(bits.status())[0].field, c.field) << bits.status();
  }
}

TEST(CardFormat, Names) {
  EXPECT_THAT(FormatNames(), ElementsAre("H10301", "raw"));
  EXPECT_TRUE(IsFormat("H10301"));
  EXPECT_TRUE(IsFormat("raw"));
  EXPECT_FALSE(IsFormat(""));
  EXPECT_FALSE(IsFormat("RAW"));
}

}  // namespace
}  // namespace sallyport::reader
