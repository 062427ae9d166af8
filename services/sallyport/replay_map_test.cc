#include "sallyport/replay_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/str_cat.h"
#include "sallyport/output.h"

namespace sallyport::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kMap[] = R"(name: office
timestamp:
  template: "{timestamp}"
  time_zone: Asia/Dubai
card:
  template: "{prox_id}"
  format: raw
access_point:
  template: "f{floor}-z{zone}"
  lower_case: true
  replace: {" ": "-"}
  translate: {f9-z9: roof}
)";

constexpr char kHeader[] = "timestamp,type,prox_id,floor,zone\n";

// The request that one line of reads becomes.
absl::StatusOr<access::v1::AuthorizeRequest> Request(const std::string& map_text, const std::string& csv_text) {
  auto map = ReplayMap::Parse(map_text, "map.yaml");
  if (!map.ok()) return map.status();
  std::istringstream in(csv_text);
  auto csv = CsvReader::Open(in);
  if (!csv.ok()) return csv.status();
  if (const absl::Status bound = map->Bind(*csv); !bound.ok()) return bound;
  auto record = csv->Next();
  if (!record.ok()) return record.status();
  if (!record->has_value()) return absl::NotFoundError("no record");
  return map->Request(**record);
}

absl::StatusOr<access::v1::AuthorizeRequest> Line(const std::string& line) {
  return Request(kMap, kHeader + line + "\n");
}

TEST(ReplayMap, MakesTheRequestThatAGatewayWouldSend) {
  const auto request = Line("2016-05-31 00:05:00,fixed-prox,vawelon001,3,Server Room");
  ASSERT_TRUE(request.ok()) << request.status().message();
  EXPECT_EQ(request->request_id(), "office-2");
  EXPECT_EQ(request->access_point_id(), "f3-zserver-room");
  EXPECT_EQ(request->card().bits(), "vawelon001");
  EXPECT_EQ(request->card().bit_count(), 80u);
  // Dubai is four hours ahead of UTC, all year.
  EXPECT_EQ(FromTimestamp(request->read_time()),
            absl::FromCivil(absl::CivilSecond(2016, 5, 30, 20, 5, 0), absl::UTCTimeZone()));
}

TEST(ReplayMap, TranslatesAfterEverythingElse) {
  const auto request = Line("2016-05-31 00:05:00,x,a,9,9");
  ASSERT_TRUE(request.ok()) << request.status().message();
  EXPECT_EQ(request->access_point_id(), "roof");
}

TEST(ReplayMap, CardsByNumberAndByCredential) {
  const std::string head =
      "name: m\ntimestamp: {template: '{t}', time_zone: UTC, format: '%s'}\naccess_point: {template: door}\n";
  auto request = Request(head + "card: {template: '{fc}:{n}', format: H10301}\n", "t,fc,n\n1464652800,159,1234\n");
  ASSERT_TRUE(request.ok()) << request.status().message();
  EXPECT_EQ(request->card().bit_count(), 26u);
  EXPECT_EQ(request->read_time().seconds(), 1464652800);

  request = Request(head + "card: {template: 'badge-{n}', format: credential}\nrequest_id: 'r{n}'\n", "t,n\n1,7\n");
  ASSERT_TRUE(request.ok()) << request.status().message();
  EXPECT_EQ(request->credential_id(), "badge-7");
  EXPECT_EQ(request->request_id(), "r7");
}

TEST(ReplayMap, WrongLinesAreNamed) {
  const std::string long_card(65, 'x');
  const struct {
    std::string line;
    const char* message;
  } cases[] = {
      {"31.05.2016,x,a,1,1", "line 2: timestamp: \"31.05.2016\" does not read as"},
      {"2016-05-31 00:05:00,x,,1,1", "line 2: card: a card of 0 bytes"},
      {"2016-05-31 00:05:00,x," + long_card + ",1,1", "line 2: card: a card of 65 bytes"},
      {"2016-05-31 00:05:00,x,a,1,käfig", "line 2: access_point"},
  };
  for (const auto& c : cases) {
    const auto request = Line(c.line);
    EXPECT_EQ(request.status().code(), absl::StatusCode::kInvalidArgument) << c.line;
    EXPECT_THAT(std::string(request.status().message()), HasSubstr(c.message)) << c.line;
  }
}

TEST(ReplayMap, NamesAMissingColumn) {
  const auto request = Request(kMap, "timestamp,prox_id,floor\nx,y,z\n");
  EXPECT_THAT(std::string(request.status().message()),
              HasSubstr("no column \"zone\"; the file has timestamp, prox_id, floor"));
}

TEST(ReplayMap, WrongMapsAreNamedWithTheirLine) {
  const std::string rest = "card: {template: a, format: raw}\naccess_point: {template: b}\n";
  const std::string time = "timestamp: {template: '{t}', time_zone: UTC}\n";
  const struct {
    std::string text;
    const char* message;
  } cases[] = {
      {"- a\n", "map.yaml:1: expected a mapping"},
      {"name: [\n", "map.yaml:2:"},
      {"name: m\n" + time + rest + "colour: red\n", "map.yaml:5: unknown key \"colour\""},
      {"name: m\nname: n\n" + time + rest, "map.yaml:2: \"name\" stands twice"},
      {"name: m\n" + rest, "\"timestamp\" is missing"},
      {"name: 'a b'\n" + time + rest, "map.yaml:1: "},
      {"name: m\ntimestamp: {template: x, time_zone: Mars/Base}\n" + rest,
       "map.yaml:2: \"Mars/Base\" is not a time zone"},
      {"name: m\ntimestamp: {template: x}\n" + rest, "map.yaml:2: timestamp: \"time_zone\" is missing"},
      {"name: m\n" + time + "card: {template: a, format: w26}\naccess_point: {template: b}\n",
       "map.yaml:3: \"w26\": expected raw, H10301 or credential"},
      {"name: m\n" + time + "card: {template: '{a', format: raw}\naccess_point: {template: b}\n",
       "map.yaml:3: \"{a\": \"{\" without"},
      {"name: m\n" + time + "card: {template: 'a}', format: raw}\naccess_point: {template: b}\n",
       "\"}\" without \"{\""},
      {"name: m\n" + time + "card: {template: '{@row}', format: raw}\naccess_point: {template: b}\n",
       "{@row}: expected {@line}, {@name} or {column}"},
      {"name: m\n" + time + "card: {template: a, format: raw}\naccess_point: {template: b, lower_case: maybe}\n",
       "map.yaml:4: expected true or false"},
  };
  for (const auto& c : cases) {
    const auto map = ReplayMap::Parse(c.text, "map.yaml");
    EXPECT_EQ(map.status().code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_THAT(std::string(map.status().message()), HasSubstr(c.message)) << c.text;
  }
}

TEST(Template, DoubledBracesAreBraces) {
  std::istringstream in("a\nx\n");
  const auto csv = CsvReader::Open(in);
  auto braces = Template::Parse("{{{a}}}-{@name}");
  ASSERT_TRUE(csv.ok() && braces.ok());
  ASSERT_TRUE(braces->Bind(*csv).ok());
  EXPECT_EQ(braces->Fill({7, {"x"}}, "m"), "{x}-m");
}

}  // namespace
}  // namespace sallyport::cli
