#include "cedar/extension.h"

#include <limits>

#include "cedar/ip_address.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();

TEST(DecimalTest, ParsesAndPrints) {
  const struct {
    const char* text;
    int64_t value;
    const char* printed;
  } good[] = {{"0.0", 0, "0.0"},
              {"-0.0", 0, "0.0"},
              {"1.25", 12500, "1.25"},
              {"01.5000", 15000, "1.5"},
              {"-0.0001", -1, "-0.0001"},
              {"-12.3", -123000, "-12.3"},
              {"922337203685477.5807", kMax, "922337203685477.5807"},
              {"-922337203685477.5808", kMin, "-922337203685477.5808"}};
  for (const auto& c : good) {
    const auto value = ParseDecimal(c.text);
    ASSERT_TRUE(value.ok()) << c.text;
    EXPECT_EQ(*value, c.value) << c.text;
    EXPECT_EQ(FormatDecimal(*value), c.printed);
  }
  for (const char* bad : {"",
                          ".",
                          "1",
                          "1.",
                          ".1",
                          "1.12345",
                          "+1.0",
                          "1.0 ",
                          " 1.0",
                          "--1.0",
                          "1.-0",
                          "1e1.0",
                          "922337203685477.5808",
                          "-922337203685477.5809",
                          "99999999999999999999.0",
                          "1.0.0",
                          "1,0",
                          "-",
                          "-.1",
                          "\xD9\xA1.0"}) {
    EXPECT_FALSE(ParseDecimal(bad).ok()) << bad;
  }
}

TEST(DatetimeTest, Parses) {
  const struct {
    const char* text;
    int64_t value;
  } good[] = {{"1970-01-01", 0},
              {"1969-12-31", -86400000},
              {"2024-02-29", 1709164800000},
              {"0000-01-01", -62167219200000},
              {"9999-12-31T23:59:59.999Z", 253402300799999},
              {"1970-01-01T00:00:01Z", 1000},
              {"1970-01-01T00:00:00.007Z", 7},
              {"1970-01-01T00:00:00+0130", -5400000},
              {"1970-01-01T00:00:00-2359", 86340000},
              {"1970-01-01T01:00:00.500+0100", 500}};
  for (const auto& c : good) {
    const auto value = ParseDatetime(c.text);
    ASSERT_TRUE(value.ok()) << c.text << value.status();
    EXPECT_EQ(*value, c.value) << c.text;
  }
  for (const char* bad : {"",
                          "1970",
                          "1970-1-1",
                          "1970-13-01",
                          "1970-00-01",
                          "1970-01-00",
                          "2023-02-29",
                          "1970-01-01T",
                          "1970-01-01Z",
                          "1970-01-01T00:00Z",
                          "1970-01-01T00:00:00",
                          "1970-01-01T24:00:00Z",
                          "1970-01-01T00:60:00Z",
                          "1970-01-01T00:00:60Z",
                          "1970-01-01T00:00:00.1Z",
                          "1970-01-01T00:00:00.1234Z",
                          "1970-01-01T00:00:00.Z",
                          "1970-01-01T00:00:00+01:00",
                          "1970-01-01T00:00:00+2400",
                          "1970-01-01T00:00:00+0060",
                          "1970-01-01T00:00:00+01",
                          "1970-01-01T00:00:00z",
                          "1970-01-01t00:00:00Z",
                          "1970-01-01 ",
                          "+1970-01-01",
                          "-0001-01-01",
                          "12345-01-01",
                          "1970-01-01T00:00:00ZZ",
                          "1970/01/01",
                          "1970-01-01T00:00:00Z+0000"}) {
    EXPECT_FALSE(ParseDatetime(bad).ok()) << bad;
  }
}

TEST(DurationTest, Parses) {
  const struct {
    const char* text;
    int64_t value;
  } good[] = {{"0ms", 0},
              {"1d2h3m4s5ms", 93784005},
              {"-1s", -1000},
              {"1d1ms", 86400001},
              {"90m", 5400000},
              {"007h", 25200000},
              {"9223372036854775807ms", kMax},
              {"-9223372036854775808ms", kMin},
              {"-0d", 0},
              {"1m1ms", 60001}};
  for (const auto& c : good) {
    const auto value = ParseDuration(c.text);
    ASSERT_TRUE(value.ok()) << c.text << value.status();
    EXPECT_EQ(*value, c.value) << c.text;
  }
  for (const char* bad : {"",
                          "-",
                          "1",
                          "d",
                          "1h1d",
                          "1d1d",
                          "1.5d",
                          "+1d",
                          "1 d",
                          "1d ",
                          "--1d",
                          "1w",
                          "1D",
                          "1d-1h",
                          "9223372036854775808ms",
                          "-9223372036854775809ms",
                          "106751991168d",
                          "1ms1s",
                          "99999999999999999999999d",
                          "106751991167d7h12m55s808ms"}) {
    EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
  }
}

TEST(IpAddressTest, ParsesAndPrints) {
  const struct {
    const char* text;
    const char* printed;
  } good[] = {{"0.0.0.0", "0.0.0.0"},
              {"255.255.255.255/32", "255.255.255.255"},
              {"10.0.0.1/0", "10.0.0.1/0"},
              {"::", "::"},
              {"::1", "::1"},
              {"1::", "1::"},
              {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
              {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
              {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
              {"fe80::1/64", "fe80::1/64"},
              {"0001:0:0:0:0:0:0:0/128", "1::"}};
  for (const auto& c : good) {
    const auto ip = IpAddress::Parse(c.text);
    ASSERT_TRUE(ip.ok()) << c.text;
    EXPECT_EQ(ip->ToString(), c.printed);
    EXPECT_EQ(IpAddress::Parse(ip->ToString()).value(), *ip);
  }
  for (const char* bad : {"",
                          "1",
                          "1.2.3",
                          "1.2.3.4.5",
                          "01.2.3.4",
                          "256.1.1.1",
                          "1.2.3.4/",
                          "1.2.3.4/33",
                          "1.2.3.4/-1",
                          "1.2.3.4/08",
                          "1.2.3.4/032",
                          " 1.2.3.4",
                          "1.2.3.4 ",
                          "1.2.3.-4",
                          ":",
                          ":::",
                          "1:::2",
                          "::1::",
                          "1:2:3:4:5:6:7",
                          "1:2:3:4:5:6:7:8:9",
                          "1:2:3:4::5:6:7:8",
                          "12345::",
                          "::ffff:1.2.3.4",
                          "::1%eth0",
                          "::/129",
                          "::/0128",
                          "g::",
                          "1.2.3.4/1/2",
                          "[::1]",
                          "1:2:3:4:5:6:7:",
                          ":1:2:3:4:5:6:7"}) {
    EXPECT_FALSE(IpAddress::Parse(bad).ok()) << bad;
  }
}

TEST(IpAddressTest, KnowsRanges) {
  const struct {
    const char* ip;
    const char* range;
    bool in;
  } cases[] = {{"10.1.2.3", "10.0.0.0/8", true},
               {"11.1.2.3", "10.0.0.0/8", false},
               {"10.0.0.0/7", "10.0.0.0/8", false},
               {"10.0.0.0/8", "10.0.0.0/8", true},
               {"1.2.3.4", "0.0.0.0/0", true},
               {"::1", "0.0.0.0/0", false},
               {"1.2.3.4", "::/0", false},
               {"2001:db8::5", "2001:db8::/33", true},
               {"2001:db8:8000::", "2001:db8::/33", false},
               {"1.2.3.4", "1.2.3.5/31", true}};
  for (const auto& c : cases) {
    EXPECT_EQ(IpAddress::Parse(c.ip)->IsInRange(IpAddress::Parse(c.range).value()), c.in) << c.ip << " " << c.range;
  }
  const struct {
    const char* ip;
    bool loopback, multicast;
  } kinds[] = {{"127.0.0.1", true, false},  {"127.255.0.1/8", true, false}, {"127.0.0.0/7", false, false},
               {"128.0.0.1", false, false}, {"::1", true, false},           {"::1/127", false, false},
               {"224.0.0.1", false, true},  {"239.1.1.1/4", false, true},   {"224.0.0.0/3", false, false},
               {"240.0.0.0", false, false}, {"ff02::1", false, true},       {"ff00::/8", false, true},
               {"ff00::/7", false, false}};
  for (const auto& c : kinds) {
    EXPECT_EQ(IpAddress::Parse(c.ip)->IsLoopback(), c.loopback) << c.ip;
    EXPECT_EQ(IpAddress::Parse(c.ip)->IsMulticast(), c.multicast) << c.ip;
  }
}

TEST(ExtensionTest, TableIsInTheOrderOfTheEnum) {
  for (int i = 0; i <= static_cast<int>(ExtensionFunction::kToDays); ++i) {
    const auto function = static_cast<ExtensionFunction>(i);
    EXPECT_EQ(InfoOf(function).function, function);
    EXPECT_EQ(FindExtensionFunction(InfoOf(function).name), &InfoOf(function));
  }
  EXPECT_EQ(FindExtensionFunction("Ip"), nullptr);
}

}  // namespace
}  // namespace cedar
