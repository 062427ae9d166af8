#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

TEST(Utf8, FindsTheFirstInvalidByte) {
  constexpr size_t kNone = absl::string_view::npos;
  const struct {
    std::string text;
    size_t at;
  } cases[] = {
      {"", kNone},
      {std::string("a\0b", 3), kNone},
      {"\x7f", kNone},
      {"\xc2\x80", kNone},                  // U+0080
      {"\xed\x95\x9c\xea\xb8\x80", kNone},  // Hangul
      {"\xed\x9f\xbf", kNone},              // U+D7FF
      {"\xee\x80\x80", kNone},              // U+E000
      {"\xf4\x8f\xbf\xbf", kNone},          // U+10FFFF
      {"\x80", 0},
      {"a\xc0\x80", 1},  // NUL in two bytes
      {"\xc1\xbf", 0},
      {"ab\xe0\x9f\xbf", 2},    // U+07FF in three bytes
      {"\xf0\x8f\xbf\xbf", 0},  // U+FFFF in four bytes
      {"\xed\xa0\x80", 0},      // a surrogate
      {"\xf4\x90\x80\x80", 0},  // U+110000
      {"\xf5\x80\x80\x80", 0},
      {"\xc2", 0},
      {"\xe2\x82", 0},
      {"\xe2\x28\xa1", 0},
      {"abc\xff", 3},
  };
  for (const auto& c : cases) EXPECT_EQ(FindInvalidUtf8(c.text), c.at) << c.text;
}

}  // namespace
}  // namespace sallyport
