#include "audit/export.h"

#include <nlohmann/json.hpp>

#include "audit/encoding.h"
#include "audit/export_test_util.h"
#include "audit/limits.h"
#include "audit/record_view.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

using testing::Describe;
using testing::Lines;
using testing::LogKey;
using testing::TestLog;
using testing::Verify;

TEST(ExportTest, VerifiesWithThePublicKeyAlone) {
  TestLog log(600);
  const ExportReport report = Verify(log.Export());
  EXPECT_TRUE(report.verified()) << Describe(report);
  EXPECT_TRUE(report.certain);
  EXPECT_EQ(report.records, 600u);
  EXPECT_EQ(report.personal, 200u);
  EXPECT_EQ(report.checkpoint.size, 600u);
  EXPECT_EQ(report.checkpoint.root, log.log().range().Root());
  EXPECT_EQ(report.first(), nullptr);
}

TEST(ExportTest, GivesTheSameBytesEachTime) { EXPECT_EQ(TestLog(300).Export(), TestLog(300).Export()); }

TEST(ExportTest, Golden) {
  TestLog log(2);
  const std::vector<std::string> lines = Lines(log.Export(0, 1, true));
  ASSERT_EQ(lines.size(), 4u);
  const std::string root = HashToBase64(log.log().range().Root());
  const std::string leaf = Base64Encode(log.records()[0].leaf);
  const std::string salt(43, 'A');
  std::string note;
  AppendJsonString(log.checkpoint(), note);
  EXPECT_EQ(lines[0],
            "{\"type\":\"sallyport.export.v1\",\"origin\":\"audit.example.org/site-0001\",\"from\":0,\"to\":1,"
            "\"tree_size\":2,\"root\":\"" +
                root + "\",\"complete\":true,\"personal\":true,\"checkpoint\":" + note + ",\"left\":[],\"right\":[\"" +
                HashToBase64(log.log().leaves()[1]) + "\"]}\n");
  EXPECT_EQ(lines[1], "{\"index\":0,\"leaf\":\"" + leaf + "\",\"leaf_hash\":\"" + HashToHex(log.log().leaves()[0]) +
                          "\",\"record\":" + RecordView(log.records()[0].leaf) + ",\"personal\":{\"salt\":\"" + salt +
                          "=\",\"bytes\":\"" + Base64Encode(log.records()[0].personal.substr(32)) +
                          "\",\"fields\":{\"person_id\":\"person-0\",\"credential_id\":\"badge-\\\"0042\\\"\"}}}\n");
  EXPECT_EQ(lines[2], "{\"tile\":0,\"hashes\":\"" + HashToBase64(log.log().leaves()[0]) + "\"}\n");
  EXPECT_EQ(lines[3], "{\"type\":\"sallyport.export.end.v1\",\"records\":1,\"sha256\":\"" +
                          HashToHex(Sha256(lines[0] + lines[1] + lines[2])) + "\"}\n");
}

TEST(ExportTest, EveryRangeOfSmallLogs) {
  for (const uint64_t size : {1, 2, 3, 7, 8, 13}) {
    TestLog log(size);
    for (uint64_t from = 0; from < size; ++from) {
      for (uint64_t to = from + 1; to <= size; ++to) {
        const ExportReport report = Verify(log.Export(from, to, from % 2 == 0));
        ASSERT_TRUE(report.verified()) << from << " to " << to << " of " << size << "\n" << Describe(report);
        ASSERT_EQ(report.records, to - from);
      }
    }
  }
}

TEST(ExportTest, RangesAroundTheEdgesOfTiles) {
  TestLog log(1030);
  const uint64_t bounds[] = {0, 1, 255, 256, 257, 511, 512, 700, 1023, 1024, 1025, 1030};
  for (const uint64_t from : bounds) {
    for (const uint64_t to : bounds) {
      if (to <= from) continue;
      const ExportReport report = Verify(log.Export(from, to, false));
      ASSERT_TRUE(report.verified()) << from << " to " << to << "\n" << Describe(report);
    }
  }
}

TEST(ExportTest, HasALineATileOfTheLog) {
  TestLog log(700);
  std::vector<uint64_t> tiles;
  for (const std::string& line : Lines(log.Export(250, 700, false))) {
    const auto json = nlohmann::json::parse(line);
    if (json.contains("tile")) tiles.push_back(json["tile"]);
  }
  EXPECT_EQ(tiles, (std::vector<uint64_t>{0, 1, 2}));
}

TEST(ExportTest, RecordsMayBeAnyBytesOfAnyLength) {
  // Not records at all: what a damaged store would give. The export carries them, and the hashes still verify.
  testing::MemoryLog log;
  std::vector<std::string> leaves = {"", "\xFF\xFE", std::string(kEntryBytesMax, '\x01'), std::string(1000, '\0')};
  for (const std::string& leaf : leaves) log.Append(leaf);
  const SigningKey key = LogKey();
  const SigningKey* keys[] = {&key};
  const std::string checkpoint = SignCheckpoint({key.name(), 4, log.range().Root(), {}}, keys).value();
  std::string out;
  auto writer = ExportWriter::Begin({0, 4, false}, checkpoint, log, &out).value();
  for (size_t i = 0; i < 4; ++i) ASSERT_TRUE(writer.Add({leaves[i], log.leaves()[i], ""}, &out).ok());
  ASSERT_TRUE(writer.Finish(&out).ok());
  const ExportReport report = Verify(out);
  EXPECT_TRUE(report.verified()) << Describe(report);
}

TEST(ExportTest, TheLongestRecordFitsALine) {
  // Control characters take six bytes each in a view.
  record::v1::Record record;
  record.set_actor(std::string(kEntryBytesMax - 4, '\x01'));
  record::v1::Personal personal;
  personal.set_facts_json(std::string(kPersonalBytesMax - 4, '\x01'));
  const std::string leaf = record.SerializeAsString(), fields = personal.SerializeAsString();
  ASSERT_EQ(leaf.size(), kEntryBytesMax);
  ASSERT_EQ(fields.size(), kPersonalBytesMax);
  const std::string line = FormatRecordLine(kTreeSizeMax, leaf, LeafHash(leaf), std::string(32, 'x') + fields);
  EXPECT_LT(line.size(), kExportLineBytesMax);
}

TEST(ExportWriterTest, RefusesWhatCannotBe) {
  TestLog log(10);
  std::string out;
  for (const auto& [from, to] : std::vector<std::pair<uint64_t, uint64_t>>{{0, 11}, {5, 5}, {6, 5}, {11, 12}}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(ExportWriter::Begin({from, to, false}, log.checkpoint(), log.log(), &out).status()))
        << from << " to " << to;
  }
  EXPECT_FALSE(ExportWriter::Begin({0, 10, false}, "no note", log.log(), &out).ok());
  EXPECT_EQ(out, "");
  auto writer = ExportWriter::Begin({2, 4, false}, log.checkpoint(), log.log(), &out).value();
  EXPECT_EQ(writer.next(), 2u);
  EXPECT_TRUE(absl::IsFailedPrecondition(writer.Finish(&out)));
  const std::string too_long(kEntryBytesMax + 1, 'x');
  EXPECT_TRUE(absl::IsInvalidArgument(writer.Add({too_long, Hash{}, ""}, &out)));
  EXPECT_TRUE(absl::IsInvalidArgument(writer.Add({log.records()[3].leaf, Hash{}, log.records()[3].personal}, &out)));
  EXPECT_EQ(writer.next(), 2u);
  for (int i = 2; i < 4; ++i) ASSERT_TRUE(writer.Add({log.records()[i].leaf, log.log().leaves()[i], ""}, &out).ok());
  EXPECT_TRUE(absl::IsOutOfRange(writer.Add({"", Hash{}, ""}, &out)));
  EXPECT_TRUE(writer.Finish(&out).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(writer.Finish(&out)));
  EXPECT_TRUE(Verify(out).verified());
}

}  // namespace
}  // namespace sallyport::audit
