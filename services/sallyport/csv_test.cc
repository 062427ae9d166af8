#include "sallyport/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/str_join.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// All records of a text, fields joined by '|'; or the error.
struct Outcome {
  std::vector<std::string> records;
  std::vector<size_t> lines;
  absl::Status status;
};

Outcome ReadAll(const std::string& text) {
  std::istringstream in(text);
  Outcome out;
  auto csv = CsvReader::Open(in);
  if (!csv.ok()) return {{}, {}, csv.status()};
  while (true) {
    auto record = csv->Next();
    if (!record.ok()) {
      out.status = record.status();
      return out;
    }
    if (!record->has_value()) return out;
    out.records.push_back(absl::StrJoin((*record)->fields, "|"));
    out.lines.push_back((*record)->line);
  }
}

TEST(Csv, ReadsWhatRfc4180Describes) {
  const struct {
    const char* name;
    const char* text;
    std::vector<std::string> records;
  } cases[] = {
      {"plain", "a,b\n1,2\n3,4\n", {"1|2", "3|4"}},
      {"no line end at the end", "a,b\n1,2", {"1|2"}},
      {"CRLF", "a,b\r\n1,2\r\n", {"1|2"}},
      {"CR alone", "a,b\r1,2\r", {"1|2"}},
      {"quotes", "a,b\n\"1,5\",\"say \"\"hi\"\"\"\n", {"1,5|say \"hi\""}},
      {"line break in quotes", "a,b\n\"x\ny\",2\n", {"x\ny|2"}},
      {"empty quoted field", "a,b\n\"\",2\n", {"|2"}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a,b\n1,2\n",
       {"1|2"}},
      {"empty lines", "\na,b\n\n1,2\n\r\n\n3,4\n", {"1|2", "3|4"}},
      {"only a header", "a,b\n", {}},
      {"UTF-8", "이름,b\n홍길동,2\n", {"홍길동|2"}},
  };
  for (const auto& c : cases) {
    const Outcome out = ReadAll(c.text);
    EXPECT_TRUE(out.status.ok()) << c.name << ": " << out.status.message();
    EXPECT_EQ(out.records, c.records) << c.name;
  }
}

TEST(Csv, LinesCountBreaksInQuotes) {
  EXPECT_THAT(ReadAll("a,b\n\"x\ny\",2\n3,4\n\n5,6\n").lines, ElementsAre(2, 4, 6));
}

TEST(Csv, ErrorsNameTheLine) {
  const std::string long_field(kCsvFieldBytesMax + 1, 'x');
  const std::string many_columns = std::string(kCsvColumnsMax, ',');
  const struct {
    const char* name;
    std::string text;
    const char* message;
  } cases[] = {
      {"empty", "", "line 1: no header"},
      {"column twice", "a,b,a\n", "line 1: column \"a\" stands twice"},
      {"column without a name", "a,,b\n", "line 1: a column without a name"},
      {"too few fields", "a,b\n1,2\n3\n", "line 3: 1 fields; the header has 2"},
      {"too many fields", "a,b\n1,2,3\n", "line 2: 3 fields; the header has 2"},
      {"open quote", "a,b\n1,2\n3,\"4\n5,6\n", "line 3: a quote that is not closed"},
      {"quote inside", "a,b\n1,x\"y\"\n", "line 2: a quote inside an unquoted field"},
      {"text after quote", "a,b\n\"1\"x,2\n", "line 2: text after a closing quote"},
      {"zero byte", std::string("a,b\n1,\0\n", 8), "line 2: a zero byte"},
      {"long field", "a\n" + long_field + "\n", "line 2: a field of more than"},
      {"long quoted field", "a\n\"" + long_field + "\"\n", "line 2: a field of more than"},
      {"many columns", many_columns + "x\n", "line 1: more than"},
  };
  for (const auto& c : cases) {
    const Outcome out = ReadAll(c.text);
    EXPECT_EQ(out.status.code(), absl::StatusCode::kInvalidArgument) << c.name;
    EXPECT_THAT(std::string(out.status.message()), HasSubstr(c.message)) << c.name;
  }
}

TEST(Csv, FindsColumns) {
  std::istringstream in("timestamp,zone\n");
  const auto csv = CsvReader::Open(in);
  ASSERT_TRUE(csv.ok());
  EXPECT_EQ(csv->Find("zone"), 1u);
  EXPECT_EQ(csv->Find("Zone"), std::nullopt);
}

}  // namespace
}  // namespace sallyport::cli
