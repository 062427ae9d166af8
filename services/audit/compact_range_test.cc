#include "audit/compact_range.h"

#include "audit/encoding.h"
#include "audit/kat_test_util.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

using testing::HashFromHex;

TEST(CompactRangeTest, ClassicEightLeaves) {
  const char* leaves[] = {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
  const char* roots[] = {
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  CompactRange range;
  EXPECT_EQ(range.Root(), EmptyRoot());
  for (int i = 0; i < 8; ++i) {
    range.Append(LeafHash(absl::HexStringToBytes(leaves[i])));
    EXPECT_EQ(HashToHex(range.Root()), roots[i]) << i + 1;
  }
}

TEST(CompactRangeTest, LargeTrees) {
  const std::pair<uint64_t, const char*> roots[] = {
      {256, "15e2dd4973ae44de8c8cf3048fd98d17adaaea6287f4e0606a55a643617408c0"},
      {257, "d418c0873259bce7d0561ab004486112416c1c4490865415342bfe06e673146c"},
      {1000, "c89faf3395d034a77c12c76d636db96358d6d2839c3c68f6329a07231e82fce2"},
      {65536, "bc9bca909516d5bf148c2bf2dea0a0d9f717ce4987d2fe7504d6694363b41598"},
      {65537, "a901bb447a4b4c361cdf559658f27f24a8a3ebbc49257c472efe950932d4853a"},
      {70000, "0759167a0f98e35e802d46ff7c7d29d2c3f03a63a256deb6abbff357a91b63b1"}};
  CompactRange range;
  std::vector<TileRoot> completed;
  for (const auto& [size, root] : roots) {
    while (range.size() < size) {
      std::string leaf;
      AppendBigEndian64(range.size(), leaf);
      range.Append(LeafHash(leaf), &completed);
    }
    EXPECT_EQ(HashToHex(range.Root()), root) << size;
  }
  ASSERT_EQ(completed.size(), 273u + 1u);
  EXPECT_EQ(completed[0].level, 1u);
  EXPECT_EQ(HashToHex(completed[0].hash), roots[0].second);
  EXPECT_EQ(completed[256].level, 2u);
  EXPECT_EQ(completed[256].index, 0u);
  EXPECT_EQ(HashToHex(completed[256].hash), roots[3].second);
}

TEST(CompactRangeTest, AgreesWithTheDefinitionAndSurvivesRestore) {
  CompactRange range;
  std::vector<Hash> leaves;
  for (int i = 0; i < 600; ++i) {
    const std::string saved = range.Serialise();
    ASSERT_EQ(range.Root(), testing::NaiveRoot(leaves)) << i;
    CompactRange restored = CompactRange::Restore(saved).value();
    EXPECT_EQ(restored.size(), range.size());
    EXPECT_EQ(restored.Root(), range.Root());
    leaves.push_back(LeafHash(testing::KnownEntry(i)));
    range.Append(leaves.back());
    restored.Append(leaves.back());
    EXPECT_EQ(restored.Serialise(), range.Serialise());
  }
}

TEST(CompactRangeTest, RestoreRefusesWrongLengths) {
  CompactRange range;
  for (int i = 0; i < 5; ++i) range.Append(LeafHash("x"));
  const std::string saved = range.Serialise();
  for (const std::string& bad : {std::string(), saved.substr(1), saved + "x", saved + std::string(32, 'x'),
                                 saved.substr(0, saved.size() - 32), std::string(8, '\xFF'),
                                 "\xFF" + std::string(7, '\0') + std::string(8 * 32, 'x')}) {
    EXPECT_EQ(CompactRange::Restore(bad).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(CompactRangeTest, KnownAnswerFile) {
  const auto kat = testing::LoadKnownAnswers();
  if (!kat) GTEST_SKIP() << "kat.json is not there";
  const auto& hash = (*kat)["hash"];
  EXPECT_EQ(HashToHex(LeafHash("L123456")), hash["leaf_L123456"]);
  for (const auto& entry : (*kat)["entries_prefix"]) {
    const std::string bytes = absl::HexStringToBytes(entry["hex"].get<std::string>());
    EXPECT_EQ(bytes, testing::KnownEntry(entry["i"]));
    EXPECT_EQ(HashToHex(LeafHash(bytes)), entry["leaf"]);
  }
  for (const auto& [size, root] : (*kat)["roots"].items()) {
    EXPECT_EQ(HashToHex(testing::KnownLog(std::stoull(size)).range().Root()), root) << size;
  }
}

}  // namespace
}  // namespace sallyport::audit
