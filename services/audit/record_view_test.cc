#include "audit/record_view.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

#include "audit/encoding.h"
#include "audit/export_test_util.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

namespace pb = ::sallyport::record::v1;

// One of each kind of event, with every kind of field.
std::vector<pb::Record> Records() {
  std::vector<pb::Record> records(8);
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].set_version(1);
    records[i].set_actor("op-\"anna\"\\ \t\x01 \xC3\xA9\x7F");
    records[i].mutable_time()->set_seconds(1'772'438'400);
    const int32_t nanos[] = {0, 1, 1'000, 1'000'000, 999'999'999, 120'000'000, 5'600, 10};
    records[i].mutable_time()->set_nanos(nanos[i]);
    records[i].set_commitment(std::string("\x00\xFF\x10", 3));
  }
  auto* decision = records[0].mutable_decision();
  decision->set_outcome(pb::OUTCOME_DENY);
  decision->add_also("NO_ACCESS_LEVEL");
  decision->add_also("");
  decision->set_exit(true);
  decision->mutable_read_time()->set_seconds(-1);
  records[1].mutable_device_report()->set_kind("forced");
  auto* fact = records[2].mutable_step()->add_facts();
  fact->set_name("seal");
  fact->set_value("S-0001\n");
  records[2].mutable_step()->add_facts();
  records[3].mutable_change()->set_action("person.created");
  records[4].mutable_alarm()->set_kind("FORCED");
  records[5].mutable_disclosure()->set_method("/m");
  records[6].mutable_system()->set_action("genesis");
  records[7].mutable_decision()->set_outcome(static_cast<pb::Outcome>(17));
  return records;
}

TEST(RecordViewTest, SaysWhatProtobufSays) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  for (const pb::Record& record : Records()) {
    std::string expected;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(record, &expected, options).ok());
    const std::string view = RecordView(record.SerializeAsString());
    EXPECT_EQ(nlohmann::json::parse(view), nlohmann::json::parse(expected)) << view;
    EXPECT_EQ(view.find('\n'), std::string::npos);
  }
}

TEST(RecordViewTest, LeadsBackToTheBytes) {
  for (const pb::Record& record : Records()) {
    const std::string leaf = record.SerializeAsString();
    EXPECT_EQ(RecordFromView(RecordView(leaf)).value(), leaf);
  }
  EXPECT_TRUE(absl::IsInvalidArgument(RecordFromView("{\"colour\":1}").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(RecordFromView("").status()));
}

TEST(RecordViewTest, Golden) {
  EXPECT_EQ(RecordView(testing::MakeRecord(1).leaf),
            R"({"version":1,"time":"2026-03-02T08:00:01.250Z","actor":"gateway-1","request_id":"read-1",)"
            R"("decision":{"outcome":"OUTCOME_DENY","reason_code":"NO_ACCESS_LEVEL","access_point_id":"lobby-in"}})");
  EXPECT_EQ(RecordView(""), "{}");
  EXPECT_EQ(RecordView("\xFF"), "null");
  pb::Record record;
  record.set_actor("ok");
  std::string leaf = record.SerializeAsString();
  leaf.back() = '\xFF';  // not UTF-8
  EXPECT_EQ(RecordView(leaf), "null");
}

TEST(JsonStringTest, EscapesAsRfc8259Demands) {
  std::string out;
  AppendJsonString(absl::string_view("\0\b\t\n\f\r\x1F\"\\/\x7F\xE2\x82\xAC", 14), out);
  EXPECT_EQ(out, "\"\\u0000\\b\\t\\n\\f\\r\\u001f\\\"\\\\/\x7F\xE2\x82\xAC\"");
  for (int c = 0; c < 0x80; ++c) {
    const std::string text(1, static_cast<char>(c));
    std::string json;
    AppendJsonString(text, json);
    EXPECT_EQ(json, nlohmann::json(text).dump()) << c;
  }
}

TEST(CheckPersonalTest, HoldsThemAgainstTheCommitment) {
  const testing::LoggedRecord record = testing::MakeRecord(3);
  EXPECT_TRUE(CheckPersonal(record.leaf, record.personal).ok());
  for (size_t i = 0; i < record.personal.size(); ++i) {
    std::string changed = record.personal;
    changed[i] ^= 1;
    EXPECT_TRUE(absl::IsUnauthenticated(CheckPersonal(record.leaf, changed))) << i;
  }
  EXPECT_TRUE(absl::IsUnauthenticated(CheckPersonal(testing::MakeRecord(1).leaf, record.personal)));
  EXPECT_TRUE(absl::IsInvalidArgument(CheckPersonal(record.leaf, "short")));
  EXPECT_TRUE(absl::IsInvalidArgument(CheckPersonal("\xFF", record.personal)));
}

}  // namespace
}  // namespace sallyport::audit
