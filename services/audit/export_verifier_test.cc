#include "audit/export_verifier.h"

#include <functional>

#include "absl/strings/str_replace.h"
#include "audit/export_test_util.h"
#include "audit/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

using testing::Describe;
using testing::Lines;
using testing::LogKey;
using testing::RewriteEnd;
using testing::TestLog;
using testing::Verify;

// The line of record `index` in an export from 0 of records and tile lines.
size_t LineOf(uint64_t index) { return 1 + index + index / 256; }

// The same record with other bytes, spelled as an exporter would spell it.
std::string ForgedLine(uint64_t index) {
  record::v1::Record record;
  EXPECT_TRUE(record.ParseFromString(testing::MakeRecord(index).leaf));
  record.mutable_decision()->set_reason_code("FORGED");
  const std::string leaf = record.SerializeAsString();
  return FormatRecordLine(index, leaf, LeafHash(leaf), "");
}

std::string Replace(const std::string& text, absl::string_view from, absl::string_view to) {
  std::string out = absl::StrReplaceAll(text, {{from, to}});
  EXPECT_NE(out, text);
  return out;
}

// ---- what was done to one record is named, even by a forger who writes the end line anew

struct Case {
  const char* name;
  std::function<void(std::vector<std::string>&)> damage;
  Damage expected;
  uint64_t index;
  size_t findings = 1;

  friend std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name << " " << test.index; }
};

class DamageTest : public ::testing::TestWithParam<Case> {};

TEST_P(DamageTest, IsNamedExactly) {
  static const std::string intact = TestLog(700).Export();
  for (const bool rewrite_end : {false, true}) {
    std::vector<std::string> lines = Lines(intact);
    GetParam().damage(lines);
    if (rewrite_end) RewriteEnd(lines);
    const ExportReport report = Verify(lines);
    ASSERT_FALSE(report.verified());
    EXPECT_TRUE(report.certain) << Describe(report);
    // Without a new end line, its count may be wrong as well.
    std::vector<Finding> records;
    for (const Finding& finding : report.findings) {
      if (finding.damage != Damage::kEnd)
        records.push_back(finding);
      else
        EXPECT_FALSE(rewrite_end && report.records == 700) << Describe(report);
    }
    ASSERT_EQ(records.size(), GetParam().findings) << Describe(report);
    EXPECT_EQ(DamageName(records[0].damage), DamageName(GetParam().expected)) << Describe(report);
    EXPECT_EQ(records[0].index, GetParam().index) << Describe(report);
    ASSERT_NE(report.first(), nullptr);
    EXPECT_EQ(report.first()->index, GetParam().index);
    EXPECT_THAT(report.first()->text, ::testing::HasSubstr(absl::StrCat(GetParam().index)));
  }
}

std::vector<Case> Cases() {
  using L = std::vector<std::string>;
  std::vector<Case> cases;
  for (const uint64_t i : {uint64_t{0}, uint64_t{41}, uint64_t{255}, uint64_t{256}, uint64_t{511}, uint64_t{699}}) {
    const auto at = [i](L& lines) { return lines.begin() + static_cast<std::ptrdiff_t>(LineOf(i)); };
    cases.push_back({"ForgedRecord", [=](L& lines) { *at(lines) = ForgedLine(i); }, Damage::kChanged, i});
    cases.push_back({"ChangedLeafOnly",
                     [=](L& lines) { *at(lines) = Replace(*at(lines), "\"leaf\":\"CA", "\"leaf\":\"DA"); },
                     Damage::kChanged, i});
    cases.push_back({"ChangedHashOnly",
                     [=](L& lines) {
                       const size_t digit = at(lines)->find("\"leaf_hash\":\"") + 13;
                       (*at(lines))[digit] = (*at(lines))[digit] == '0' ? '1' : '0';
                     },
                     Damage::kChanged, i});
    cases.push_back({"ChangedView", [=](L& lines) { *at(lines) = Replace(*at(lines), "lobby-in", "lobby-out"); },
                     Damage::kChanged, i});
    cases.push_back({"Unreadable", [=](L& lines) { *at(lines) = "{\"index\":\n"; }, Damage::kChanged, i});
    cases.push_back({"Spelling",
                     [=](L& lines) { *at(lines) = Replace(*at(lines), ",\"leaf_hash\"", ", \"leaf_hash\""); },
                     Damage::kChanged, i});
    cases.push_back(
        {"FurtherMember", [=](L& lines) { at(lines)->insert(1, "\"note\":\"harmless\","); }, Damage::kChanged, i});
    cases.push_back({"Removed", [=](L& lines) { lines.erase(at(lines)); }, Damage::kRemoved, i});
    cases.push_back(
        {"Renumbered",
         [=](L& lines) { *at(lines) = Replace(*at(lines), absl::StrCat("{\"index\":", i, ","), "{\"index\":9999,"); },
         Damage::kRenumbered, i});
    cases.push_back(
        {"InsertedForgery", [=](L& lines) { lines.insert(at(lines), ForgedLine(i)); }, Damage::kInserted, i});
    cases.push_back(
        {"InsertedCopy", [=](L& lines) { lines.insert(at(lines), std::string(*at(lines))); }, Damage::kInserted, i});
  }
  cases.push_back(
      {"SwappedNeighbours", [](L& lines) { std::swap(lines[LineOf(40)], lines[LineOf(41)]); }, Damage::kReordered, 40});
  cases.push_back({"SwappedInOneTile", [](L& lines) { std::swap(lines[LineOf(10)], lines[LineOf(200)]); },
                   Damage::kReordered, 200, 2});
  cases.push_back({"SwappedAcrossTiles", [](L& lines) { std::swap(lines[LineOf(10)], lines[LineOf(300)]); },
                   Damage::kReordered, 300, 2});
  cases.push_back({"MovedForward",
                   [](L& lines) {
                     const std::string line = lines[LineOf(50)];
                     lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(LineOf(50)));
                     lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(LineOf(100)), line);
                   },
                   Damage::kReordered, 50});
  cases.push_back({"MovedAcrossTiles",
                   [](L& lines) {
                     const std::string line = lines[LineOf(600)];
                     lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(LineOf(600)));
                     lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(LineOf(100)), line);
                   },
                   Damage::kReordered, 600});
  cases.push_back({"RemovedThree",
                   [](L& lines) {
                     const auto at = lines.begin() + static_cast<std::ptrdiff_t>(LineOf(77));
                     lines.erase(at, at + 3);
                   },
                   Damage::kRemoved, 77, 3});
  cases.push_back({"RemovedAndRenumbered",
                   [](L& lines) {  // what a careful forger would do
                     lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(LineOf(250)));
                     for (uint64_t i = 251; i < 256; ++i) {
                       std::string& line = lines[LineOf(i - 1)];
                       line = Replace(line, absl::StrCat("{\"index\":", i), absl::StrCat("{\"index\":", i - 1));
                     }
                   },
                   Damage::kRemoved, 250, 6});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Each, DamageTest, ::testing::ValuesIn(Cases()), [](const auto& test) {
  return absl::StrCat(test.param.name, "_", test.param.index, "_", test.index);
});

// ---- the rest of the file

TEST(ExportVerifierTest, EveryFlippedBitIsFound) {
  TestLog log(3);
  const std::string intact = log.Export(1, 3, true);
  ASSERT_TRUE(Verify(intact).verified());
  for (size_t at = 0; at < intact.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = intact;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      ASSERT_FALSE(Verify(damaged).verified()) << "byte " << at << " bit " << bit;
    }
  }
}

TEST(ExportVerifierTest, EveryOtherByteInItsPlaceIsFoundWithANewEndLine) {
  // The forger writes the SHA-256 anew, so that only what is signed, or follows from it, is left.
  TestLog log(3);
  const std::vector<std::string> intact = Lines(log.Export(1, 3, true));
  for (size_t line = 0; line + 1 < intact.size(); ++line) {
    for (size_t at = 0; at < intact[line].size(); ++at) {
      for (const char byte : {'0', 'A', '"', ' ', '}', '\n', '\\', '\x80'}) {
        if (intact[line][at] == byte) continue;
        std::vector<std::string> lines = intact;
        lines[line][at] = byte;
        lines = Lines(absl::StrJoin(lines, ""));
        RewriteEnd(lines);
        const ExportReport report = Verify(lines);
        ASSERT_FALSE(report.verified()) << "line " << line << " byte " << at << " is '" << byte << "'";
      }
    }
  }
}

TEST(ExportVerifierTest, EveryTruncationIsFound) {
  const std::string intact = TestLog(3).Export();
  for (size_t size = 0; size < intact.size(); ++size) {
    const ExportReport report = Verify(intact.substr(0, size));
    ASSERT_FALSE(report.verified()) << size;
  }
  // Cut between lines of a longer export, it is named.
  const std::vector<std::string> lines = Lines(TestLog(700).Export());
  for (const size_t count : {size_t{1}, size_t{100}, size_t{256}, size_t{257}, size_t{258}, lines.size() - 1}) {
    const ExportReport report =
        Verify(std::vector<std::string>(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(count)));
    ASSERT_EQ(report.findings.size(), 1u) << Describe(report);
    EXPECT_EQ(report.findings[0].damage, Damage::kTruncated) << Describe(report);
  }
}

struct FileCase {
  const char* name;
  std::function<void(std::vector<std::string>&)> damage;
  Damage expected;
  bool certain = true;

  friend std::ostream& operator<<(std::ostream& out, const FileCase& test) { return out << test.name; }
};

class FileDamageTest : public ::testing::TestWithParam<FileCase> {};

TEST_P(FileDamageTest, IsNamed) {
  static const std::string intact = TestLog(700).Export(100, 650, true);
  std::vector<std::string> lines = Lines(intact);
  GetParam().damage(lines);
  const ExportReport report = Verify(lines);
  ASSERT_FALSE(report.verified());
  EXPECT_EQ(DamageName(report.findings[0].damage), DamageName(GetParam().expected)) << Describe(report);
  EXPECT_EQ(report.certain, GetParam().certain) << Describe(report);
}

std::string TileWith(uint64_t tile, uint64_t first, uint64_t count, uint64_t changed) {
  std::string hashes;
  for (uint64_t i = first; i < first + count; ++i) {
    Hash hash = LeafHash(testing::MakeRecord(i).leaf);
    if (i == changed) hash[0] ^= 1;
    absl::StrAppend(&hashes, HashBytes(hash));
  }
  return FormatTileLine(tile, hashes);
}

// In this export: line 0 the manifest, 1 to 156 records, 157 tile 0, 158 to 413 records, 414 tile 1, …
INSTANTIATE_TEST_SUITE_P(
    Each, FileDamageTest,
    ::testing::ValuesIn(std::vector<FileCase>{
        {"Empty", [](auto& l) { l.clear(); }, Damage::kManifest, false},
        {"NotAnExport", [](auto& l) { l = {"hello\n"}; }, Damage::kManifest, false},
        {"NoManifest", [](auto& l) { l.erase(l.begin()); }, Damage::kManifest, false},
        {"AnotherRoot", [](auto& l) { l[0] = Replace(l[0], "\"root\":\"", "\"root\":\"A"); }, Damage::kManifest, false},
        {"AnotherRange", [](auto& l) { l[0] = Replace(l[0], "\"to\":650", "\"to\":649"); }, Damage::kManifest, false},
        {"ClaimsToBeWhole", [](auto& l) { l[0] = Replace(l[0], "\"from\":100", "\"from\":0"); }, Damage::kManifest,
         false},
        {"TwoManifests",
         [](auto& l) {
           l.insert(l.begin(), std::string(l[0]));
           RewriteEnd(l);
         },
         Damage::kManifest},
        {"ChangedTile",
         [](auto& l) {
           l[157] = TileWith(0, 100, 156, 120);
           RewriteEnd(l);
         },
         Damage::kTile},
        {"ShortTile",
         [](auto& l) {
           l[157] = TileWith(0, 100, 155, 0);
           RewriteEnd(l);
         },
         Damage::kTile},
        {"TileOfAnotherNumber",
         [](auto& l) {
           l[157] = TileWith(7, 100, 156, 0);
           RewriteEnd(l);
         },
         Damage::kTile},
        {"UnreadableTile",
         [](auto& l) {
           l[157] = "{\"tile\":0}\n";
           RewriteEnd(l);
         },
         Damage::kTile},
        {"RemovedTile",
         [](auto& l) {
           l.erase(l.begin() + 157);
           RewriteEnd(l);
         },
         Damage::kTile},
        {"DoubledTile",
         [](auto& l) {
           l.insert(l.begin() + 157, std::string(l[157]));
           RewriteEnd(l);
         },
         Damage::kTile},
        {"RemovedEnd", [](auto& l) { l.pop_back(); }, Damage::kTruncated},
        {"MiscountedEnd", [](auto& l) { l.back() = Replace(l.back(), ":550,", ":551,"); }, Damage::kEnd},
        {"UnreadableEnd", [](auto& l) { l.back() = "{\"type\":\"?\"}\n"; }, Damage::kEnd},
        {"TrailingRecord", [](auto& l) { l.push_back(l[1]); }, Damage::kTrailing},
        {"TrailingGarbage", [](auto& l) { l.push_back("x"); }, Damage::kTrailing},
        {"TrailingEmptyLine", [](auto& l) { l.push_back("\n"); }, Damage::kTrailing},
        {"RecordAfterTheLastTile",
         [](auto& l) {
           l.insert(l.end() - 1, std::string(l[1]));
           RewriteEnd(l);
         },
         Damage::kInserted},
        {"PersonalFieldsTakenAway",
         [](auto& l) {  // nothing signed says that they were there, but the end line does
           const size_t at = l[3].find(",\"personal\"");
           ASSERT_NE(at, std::string::npos);
           l[3] = l[3].substr(0, at) + "}\n";
         },
         Damage::kEnd},
        {"RecordAndTileChangedTogether",
         [](auto& l) {
           const std::string forged = ForgedLine(120);
           l[21] = forged;
           std::string hashes;
           for (size_t i = 1; i <= 156; ++i) {
             absl::StrAppend(&hashes, HashBytes(std::get<RecordLine>(ReadExportLine(l[i]).content).leaf_hash));
           }
           l[157] = FormatTileLine(0, hashes);
           RewriteEnd(l);
         },
         Damage::kRoot, false},
    }),
    [](const auto& test) { return test.param.name; });

TEST(ExportVerifierTest, ErasedPeopleAreSaidToBe) {
  TestLog log(6);
  log.records()[3].personal = std::string(kErasedPersonal);
  const ExportReport report = Verify(log.Export());
  EXPECT_TRUE(report.findings.empty()) << Describe(report);
  const ExportReport all = Verify(TestLog(6).Export());
  EXPECT_EQ(report.personal + 1, all.personal);
  // Nobody was erased who was not there, and "erased" has one spelling.
  std::vector<std::string> lines = Lines(log.Export());
  lines[2].insert(lines[2].size() - 2, ",\"personal\":\"erased\"");
  RewriteEnd(lines);
  ASSERT_EQ(Verify(lines).findings.size(), 1u);
  EXPECT_EQ(Verify(lines).findings[0].index, 1u);
  lines = Lines(log.Export());
  lines[4].replace(lines[4].find("\"erased\""), 8, "\"gone\"");
  RewriteEnd(lines);
  ASSERT_EQ(Verify(lines).findings.size(), 1u);
  EXPECT_EQ(Verify(lines).findings[0].damage, Damage::kChanged);
}

TEST(ExportVerifierTest, PersonalFieldsMustMatchTheirCommitment) {
  TestLog log(6);
  log.records()[3].personal.back() ^= 1;
  const ExportReport report = Verify(log.Export());
  ASSERT_EQ(report.findings.size(), 1u) << Describe(report);
  EXPECT_EQ(report.findings[0].damage, Damage::kChanged);
  EXPECT_EQ(report.findings[0].index, 3u);
  EXPECT_EQ(report.personal, 1u);
}

TEST(ExportVerifierTest, ALeafThatChangedInTheStoreIsNamed) {
  TestLog log(600);
  log.records()[301].leaf = testing::MakeRecord(7).leaf;
  const ExportReport report = Verify(log.Export(0, 600, false));
  ASSERT_EQ(report.findings.size(), 1u) << Describe(report);
  EXPECT_TRUE(report.certain);
  EXPECT_EQ(report.findings[0].index, 301u);
}

TEST(ExportVerifierTest, SeveralRecordsAndATileLine) {
  // The tile lines still lead to the root, so each of the three is certain.
  std::vector<std::string> lines = Lines(TestLog(700).Export());
  lines[LineOf(5)] = ForgedLine(5);
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(LineOf(300)));
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(LineOf(600)), ForgedLine(599));
  RewriteEnd(lines);
  const ExportReport report = Verify(lines);
  ASSERT_EQ(report.findings.size(), 3u) << Describe(report);
  EXPECT_TRUE(report.certain);
  EXPECT_EQ(report.findings[0].damage, Damage::kChanged);
  EXPECT_EQ(report.findings[0].index, 5u);
  EXPECT_EQ(report.findings[1].damage, Damage::kRemoved);
  EXPECT_EQ(report.findings[1].index, 300u);
  EXPECT_EQ(report.findings[2].damage, Damage::kInserted);
}

TEST(ExportVerifierTest, ARemovedRecordWhoseTileLineIsGoneToo) {
  std::vector<std::string> lines = Lines(TestLog(700).Export());
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(LineOf(256) - 1));
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(LineOf(17)));
  RewriteEnd(lines);
  const ExportReport report = Verify(lines);
  EXPECT_FALSE(report.certain);
  ASSERT_NE(report.first(), nullptr) << Describe(report);
  EXPECT_EQ(report.first()->damage, Damage::kRemoved) << Describe(report);
  EXPECT_EQ(report.first()->index, 17u);
}

TEST(ExportVerifierTest, AmongRecordsOfEqualBytesTheIndexSaysWhichIsGone) {
  testing::MemoryLog log;
  const std::string leaf = testing::MakeRecord(1).leaf;
  for (int i = 0; i < 20; ++i) log.Append(i < 3 || i > 15 ? testing::MakeRecord(static_cast<uint64_t>(i)).leaf : leaf);
  const SigningKey key = LogKey();
  const SigningKey* keys[] = {&key};
  const std::string checkpoint = SignCheckpoint({key.name(), 20, log.range().Root(), {}}, keys).value();
  std::string out;
  auto writer = ExportWriter::Begin({0, 20, false}, checkpoint, log, &out).value();
  for (uint64_t i = 0; i < 20; ++i) {
    const std::string& own = i < 3 || i > 15 ? testing::MakeRecord(i).leaf : leaf;
    ASSERT_TRUE(writer.Add({own, log.leaves()[i], ""}, &out).ok());
  }
  ASSERT_TRUE(writer.Finish(&out).ok());
  ASSERT_TRUE(Verify(out).verified());
  for (const size_t gone : {3, 9, 15}) {
    std::vector<std::string> lines = Lines(out);
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(1 + gone));
    RewriteEnd(lines);
    const ExportReport report = Verify(lines);
    EXPECT_EQ(report.findings[0].damage, Damage::kRemoved) << Describe(report);
    EXPECT_EQ(report.findings[0].index, gone) << Describe(report);
  }
  std::vector<std::string> lines = Lines(out);
  std::swap(lines[6], lines[9]);  // records 5 and 8: the same bytes, and yet not the same lines
  EXPECT_FALSE(Verify(lines).verified());
}

TEST(ExportVerifierTest, BelievesOnlyTheLogsKey) {
  const std::vector<std::string> lines = Lines(TestLog(5).Export());
  const auto expect_signature = [&](std::vector<VerifierKey> keys) {
    const ExportReport report = Verify(lines, std::move(keys));
    ASSERT_EQ(report.findings.size(), 1u) << Describe(report);
    EXPECT_EQ(report.findings[0].damage, Damage::kSignature);
    EXPECT_EQ(report.checkpoint.size, 0u);
  };
  expect_signature({});
  expect_signature({testing::RotatedLogKey().verifier()});
  expect_signature({testing::WitnessKey().verifier()});
  EXPECT_TRUE(Verify(lines, {testing::WitnessKey().verifier(), LogKey().verifier()}).verified());
  // The signature of another log's checkpoint.
  std::vector<std::string> other = lines;
  other[0] = Replace(other[0], "\\n5\\n", "\\n6\\n");
  EXPECT_FALSE(Verify(other).verified());
}

TEST(ExportVerifierTest, HostileFilesEndEarly) {
  const std::vector<std::string> intact = Lines(TestLog(700).Export());
  // More records than anyone could have meant.
  ExportVerifier verifier({LogKey().verifier()});
  ASSERT_TRUE(verifier.Add(ReadExportLine(intact[0])));
  size_t taken = 0;
  while (taken < 10 * kExportTileRecordsMax && verifier.Add(ReadExportLine(intact[1]))) ++taken;
  EXPECT_EQ(taken, kExportTileRecordsMax);
  EXPECT_FALSE(verifier.Finish().verified());
  // Deep and long lines.
  for (const std::string& line : {std::string(100'000, '[') + "\n", "{\"index\":" + std::string(200'000, '[') + "\n",
                                  "{\"leaf\":\"" + std::string(2 << 20, 'A') + "\"}\n", std::string("\xFF\n"),
                                  std::string("{\"tile\":18446744073709551615,\"hashes\":\"\"}\n"),
                                  std::string("{\"tile\":1e99,\"hashes\":\"\"}\n")}) {
    std::vector<std::string> lines = intact;
    lines[3] = line;
    const ExportReport report = Verify(lines);
    EXPECT_FALSE(report.verified()) << line.substr(0, 40);
    EXPECT_LE(report.findings.size(), kFindingsMax);
  }
}

TEST(ExportVerifierTest, ManyFindingsAreCounted) {
  std::vector<std::string> lines = Lines(TestLog(700).Export());
  for (uint64_t i = 0; i < 700; ++i) lines[LineOf(i)] = ForgedLine(i);
  const ExportReport report = Verify(lines);
  EXPECT_TRUE(report.certain);
  EXPECT_EQ(report.findings.size(), kFindingsMax);
  EXPECT_EQ(report.findings_total, 700u);
  EXPECT_EQ(report.first()->index, 0u);
}

}  // namespace
}  // namespace sallyport::audit
