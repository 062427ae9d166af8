#include "facility/check.h"

#include <gtest/gtest.h>

#include <string>

#include "base/status.h"
#include "facility/ids.h"

namespace sallyport::facility {
namespace {

std::string Field(const absl::Status& status) {
  const auto violations = FieldViolations(status);
  return violations.empty() ? "" : violations.front().field;
}

TEST(Ids, Form) {
  for (const std::string& good : {std::string("a"), std::string("f3-lab-in"), std::string("0_x.y-Z"),
                                  std::string("01ARZ3NDEKTSV4RRFFQ69G5FAV"), std::string(64, 'x')}) {
    EXPECT_TRUE(CheckId("id", good).ok()) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("-a"), std::string(".a"), std::string("_a"), std::string("a b"), std::string("a/b"),
        std::string("a@b"), std::string("a\n"), std::string("a\0b", 3), std::string("caf\xc3\xa9"), std::string("a\""),
        std::string(65, 'x')}) {
    const absl::Status status = CheckId("person.id", bad);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_EQ(Field(status), "person.id") << bad;
  }
}

TEST(Text, IsPrintableUtf8OfLimitedLength) {
  EXPECT_TRUE(CheckText("name", "", 4).ok());
  EXPECT_TRUE(CheckText("name", "\xed\x95\x9c", 4).ok());
  for (const std::string& bad :
       {std::string("12345"), std::string("\xff"), std::string("a\nb"), std::string("\x7f"), std::string("a\0b", 3)}) {
    EXPECT_EQ(Field(CheckText("name", bad, 4)), "name") << bad;
  }
}

TEST(Period, EndsAfterItBegins) {
  const absl::Time noon = absl::FromUnixSeconds(1'800'000'000);
  EXPECT_TRUE(CheckPeriod("until", absl::InfinitePast(), absl::InfiniteFuture()).ok());
  EXPECT_TRUE(CheckPeriod("until", noon, noon + absl::Nanoseconds(1)).ok());
  EXPECT_FALSE(CheckPeriod("until", noon, noon).ok());
  EXPECT_FALSE(CheckPeriod("until", noon, noon - absl::Seconds(1)).ok());
  EXPECT_FALSE(CheckPeriod("until", absl::FromUnixSeconds(-3'000'000'000), noon).ok());
  EXPECT_FALSE(CheckPeriod("until", noon, absl::FromUnixSeconds(253'402'300'800)).ok());
}

TEST(Card, Numbers) {
  const struct {
    CardNumber card;
    const char* field;  // "": good
  } cases[] = {
      {{"H10301", 0, 0, ""}, ""},
      {{"H10301", 255, 65535, ""}, ""},
      {{"H10301", 256, 0, ""}, "card.facility_code"},
      {{"H10301", 0, 65536, ""}, "card.number"},
      {{"H10301", 0, 0, "8:FF"}, "card.raw"},
      {{"raw", 0, 0, "26:BD88EB80"}, ""},
      {{"raw", 0, 0, "1:80"}, ""},
      {{"raw", 0, 0, "8:FF"}, ""},
      {{"raw", 0, 0, "512:" + std::string(128, 'A')}, ""},
      {{"raw", 1, 0, "8:FF"}, "card.facility_code"},
      {{"raw", 0, 1, "8:FF"}, "card.number"},
      {{"raw", 0, 0, ""}, "card.raw"},
      {{"raw", 0, 0, ":FF"}, "card.raw"},
      {{"raw", 0, 0, "8"}, "card.raw"},
      {{"raw", 0, 0, "08:FF"}, "card.raw"},
      {{"raw", 0, 0, "+8:FF"}, "card.raw"},
      {{"raw", 0, 0, "8:ff"}, "card.raw"},
      {{"raw", 0, 0, "8:FFFF"}, "card.raw"},
      {{"raw", 0, 0, "7:FF"}, "card.raw"},
      {{"raw", 0, 0, "9:FFC0"}, "card.raw"},
      {{"raw", 0, 0, "513:" + std::string(130, 'A')}, "card.raw"},
      {{"raw", 0, 0, "4294967304:FF"}, "card.raw"},
      {{"", 0, 0, ""}, "card.format"},
      {{"h10301", 0, 0, ""}, "card.format"},
  };
  for (const auto& c : cases) {
    const absl::Status status = CheckCard("card", c.card);
    EXPECT_EQ(Field(status), c.field) << c.card.format << " " << c.card.raw << " " << status;
  }
}

TEST(Card, KeysTellCardsApart) {
  EXPECT_EQ((CardNumber{"H10301", 42, 69, ""}).Key(), "H10301:42:69");
  EXPECT_EQ((CardNumber{"raw", 0, 0, "26:BD88EB80"}).Key(), "raw:26:BD88EB80");
}

}  // namespace
}  // namespace sallyport::facility
