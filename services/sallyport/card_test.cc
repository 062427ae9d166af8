#include "sallyport/card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reader/card_format.h"

namespace sallyport::cli {
namespace {

using ::testing::HasSubstr;

TEST(Card, ANumberIsSentWithItsParity) {
  const auto card = CardFromNumber("159:1234");
  ASSERT_TRUE(card.ok()) << card.status().message();
  EXPECT_EQ(card->bit_count(), 26u);
  const auto decoded = reader::Decode(card->bits(), card->bit_count(), std::vector<std::string>{"H10301"});
  ASSERT_TRUE(decoded.ok()) << decoded.status().message();
  EXPECT_EQ(decoded->facility_code, 159u);
  EXPECT_EQ(decoded->number, 1234u);
}

TEST(Card, RawBitsInEitherSpelling) {
  const auto digits = CardFromBits("10111101100010001110101110");
  const auto hex = CardFromBits("26:BD88EB80");
  ASSERT_TRUE(digits.ok() && hex.ok()) << digits.status() << hex.status();
  EXPECT_EQ(digits->bit_count(), 26u);
  EXPECT_EQ(digits->bits(), std::string("\xBD\x88\xEB\x80", 4));
  EXPECT_EQ(hex->bits(), digits->bits());
  EXPECT_EQ(hex->bit_count(), digits->bit_count());
  EXPECT_EQ(CardFromBits("1")->bits(), "\x80");
}

TEST(Card, BytesAreEightBitsEach) {
  const auto card = CardFromBytes("vawelon001");
  ASSERT_TRUE(card.ok());
  EXPECT_EQ(card->bits(), "vawelon001");
  EXPECT_EQ(card->bit_count(), 80u);
}

TEST(Card, WhatIsNoCardIsNamed) {
  for (const char* text : {"", "159", "159:", ":1", "256:1", "1:65536", "-1:1", "1:2:3", "a:b"}) {
    const auto card = CardFromNumber(text);
    EXPECT_EQ(card.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(card.status().message()), HasSubstr(text)) << text;
    EXPECT_FALSE(CardNumberFromNumber(text).ok()) << text;
  }
  for (const std::string& text : {std::string(), std::string("012"), std::string("26:BD"), std::string(513, '1'),
                                  std::string("0:"), std::string("26:XX88EB80")}) {
    EXPECT_EQ(CardFromBits(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(CardFromBytes("").ok());
  EXPECT_FALSE(CardFromBytes(std::string(65, 'x')).ok());
}

TEST(Card, IssuedCardsAreWhatReadersSee) {
  const auto number = CardNumberFromNumber("12:3456");
  ASSERT_TRUE(number.ok());
  EXPECT_EQ(CardText(*number), "H10301 12:3456");
  const auto raw = CardNumberFromBits("10111101100010001110101110");
  ASSERT_TRUE(raw.ok());
  EXPECT_EQ(raw->raw(), "26:BD88EB80");
  EXPECT_EQ(CardText(*raw), "raw 26:BD88EB80");
}

}  // namespace
}  // namespace sallyport::cli
