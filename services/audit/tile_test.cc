#include "audit/tile.h"

#include "audit/kat_test_util.h"
#include "audit/limits.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

TEST(TileTest, Paths) {
  const struct {
    TilePath path;
    const char* text;
  } cases[] = {
      {{false, 0, 0, 256}, "tile/0/000"},
      {{false, 0, 0, 15}, "tile/0/000.p/15"},
      {{false, 63, 999, 255}, "tile/63/999.p/255"},
      {{false, 1, 1000, 256}, "tile/1/x001/000"},
      {{true, 0, 1234067, 256}, "tile/entries/x001/x234/067"},
      {{true, 0, 123456789, 1}, "tile/entries/x123/x456/789.p/1"},
      {{false, 0, 999'999'999'999'999'999, 256}, "tile/0/x999/x999/x999/x999/x999/999"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(FormatTilePath(c.path), c.text);
    const auto parsed = ParseTilePath(c.text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, c.path) << c.text;
  }
}

TEST(TileTest, PathRefusals) {
  for (const char* bad :
       {"", "tile", "tile/0", "tile/0/", "/tile/0/000", "tile/64/000", "tile/-1/000", "tile/abc/000", "tile/00/000",
        "tile/01/000", "tile/0/x001", "tile/0/x001/", "tile/0/x001/x234", "tile/0/001/002", "tile/0/x001/0002",
        "tile/0/x001/-002", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/abc",
        "tile/0/000.p/01", "tile/0/x000/001", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/00", "tile/0/0000",
        "tile/entries", "tile/entries/", "tile/Entries/000", "tile/0/000/", "tile/0/000.p/1/", "tile/0/ 00",
        "tile/entries/000.p/300", "tile/0/000.p/5.p/5"}) {
    EXPECT_EQ(ParseTilePath(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(TileTest, Existence) {
  const struct {
    uint64_t size;
    const char* path;
    bool exists;
  } cases[] = {
      {0, "tile/0/000.p/1", false},  {1, "tile/0/000.p/1", true},      {1, "tile/0/000", false},
      {255, "tile/0/000", false},    {255, "tile/entries/000", false}, {256, "tile/0/000", true},
      {256, "tile/1/000", false},    {256, "tile/1/000.p/1", true},    {256, "tile/1/000.p/2", false},
      {257, "tile/0/001.p/1", true}, {257, "tile/0/000.p/9", true},    {70000, "tile/2/000.p/1", true},
      {70000, "tile/2/000.p/2", false}, {70000, "tile/63/000.p/1", false}, {70000, "tile/0/273.p/112", true},
      {70000, "tile/0/273.p/113", false}, {70000, "tile/0/x999/x999/x999/x999/x999/999", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(CheckTileExists(ParseTilePath(c.path).value(), c.size).ok(), c.exists) << c.path << " of " << c.size;
  }
}

TEST(TileTest, Plan) {
  EXPECT_TRUE(TilePlan(0).empty());
  EXPECT_EQ(TilePlan(256), (std::vector<TileLevel>{{0, 1, 0}, {1, 0, 1}}));
  EXPECT_EQ(TilePlan(70000), (std::vector<TileLevel>{{0, 273, 112}, {1, 1, 17}, {2, 0, 1}}));
  EXPECT_EQ(TilePlan(kTreeSizeMax).size(), 8u);
}

TEST(TileTest, Bundles) {
  const absl::string_view entries[] = {"one", "", "three"};
  const std::string bytes = EncodeEntryBundle(entries).value();
  EXPECT_EQ(bytes, std::string("\0\3one\0\0\0\5three", 14));
  const auto parsed = ParseEntryBundle(bytes, 3).value();
  EXPECT_TRUE(std::equal(parsed.begin(), parsed.end(), std::begin(entries), std::end(entries)));
  for (uint32_t width : {0u, 1u, 2u, 4u, 256u, 257u, 4'000'000'000u}) EXPECT_FALSE(ParseEntryBundle(bytes, width).ok());
  for (size_t length = 0; length < bytes.size(); ++length) EXPECT_FALSE(ParseEntryBundle(bytes.substr(0, length), 3).ok());
  const std::string largest(kEntryBytesMax, 'x'), too_large(kEntryBytesMax + 1, 'x');
  EXPECT_EQ(ParseEntryBundle(EncodeEntryBundle({largest}).value(), 1).value()[0], largest);
  EXPECT_FALSE(EncodeEntryBundle({too_large}).ok());
  EXPECT_FALSE(EncodeEntryBundle({}).ok());
  EXPECT_FALSE(EncodeEntryBundle(std::vector<absl::string_view>(257)).ok());
}

TEST(TileTest, HashTilesAndTheirRoots) {
  testing::MemoryLog log;
  for (size_t count = 1; count <= 256; ++count) {
    log.Append(absl::StrCat(count));
    EXPECT_EQ(TileRootHash(log.leaves()), log.range().Root()) << count;
  }
  const std::string bytes = EncodeHashTile(log.leaves()).value();
  EXPECT_EQ(bytes.size(), 8192u);
  EXPECT_EQ(ParseHashTile(bytes, 256).value(), log.leaves());
  EXPECT_FALSE(ParseHashTile(bytes, 255).ok());
  EXPECT_FALSE(ParseHashTile("", 0).ok());
  EXPECT_FALSE(EncodeHashTile({}).ok());
}

TEST(TileTest, KnownAnswerFile) {
  const auto kat = testing::LoadKnownAnswers();
  if (!kat) GTEST_SKIP() << "kat.json is not there";
  for (const auto& [index, text] : (*kat)["paths"].items()) {
    EXPECT_EQ(FormatTilePath({false, 0, std::stoull(index), 256}), absl::StrCat("tile/0/", text.get<std::string>()));
  }
  for (const auto& [size, levels] : (*kat)["tile_plan"].items()) {
    std::vector<TileLevel> expected;
    for (const auto& level : levels) expected.push_back({level["level"], level["full"], level["partial"]});
    EXPECT_EQ(TilePlan(std::stoull(size)), expected) << size;
  }
  testing::MemoryLog log = testing::KnownLog(600);
  for (const auto& [size, files] : (*kat)["tiles"].items()) {
    for (const auto& [text, file] : files.items()) {
      const TilePath path = ParseTilePath(text).value();
      EXPECT_TRUE(CheckTileExists(path, std::stoull(size)).ok()) << text;
      std::string bytes;
      if (path.entries) {
        std::vector<std::string> entries;
        for (uint32_t i = 0; i < path.width; ++i) entries.push_back(testing::KnownEntry(path.index * 256 + i));
        bytes = EncodeEntryBundle(std::vector<absl::string_view>(entries.begin(), entries.end())).value();
      } else {
        bytes = EncodeHashTile(log.ReadHashes(path.level, path.index * 256, path.width).value()).value();
      }
      EXPECT_EQ(bytes.size(), file["len"]) << text;
      EXPECT_EQ(HashToHex(Sha256(bytes)), file["sha256"]) << text;
    }
  }
}

}  // namespace
}  // namespace sallyport::audit
