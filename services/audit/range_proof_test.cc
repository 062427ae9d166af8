#include "audit/range_proof.h"

#include "audit/kat_test_util.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

using testing::KnownLog;
using testing::MemoryLog;

TEST(CoverRangeTest, IsTheFewestPerfectSubtrees) {
  EXPECT_TRUE(CoverRange(5, 5).empty());
  EXPECT_EQ(CoverRange(0, 7), (std::vector<Subtree>{{2, 0}, {1, 2}, {0, 6}}));
  EXPECT_EQ(CoverRange(3, 9), (std::vector<Subtree>{{0, 3}, {2, 1}, {0, 8}}));
  EXPECT_EQ(CoverRange(1, (uint64_t{1} << 63) - 1).size(), 62u + 62u);
}

TEST(CoverRangeTest, CoversWithoutGapsOrOverlaps) {
  for (uint64_t begin = 0; begin < 40; ++begin) {
    for (uint64_t end = begin; end < 80; ++end) {
      uint64_t at = begin;
      for (const Subtree& subtree : CoverRange(begin, end)) {
        ASSERT_EQ(subtree.index << subtree.height, at);
        at += uint64_t{1} << subtree.height;
      }
      ASSERT_EQ(at, end);
    }
  }
}

TEST(RangeProofTest, EveryRangeOfSmallTreesLeadsToTheRoot) {
  for (uint64_t size = 0; size <= 34; ++size) {
    MemoryLog log = KnownLog(size);
    for (uint64_t from = 0; from <= size; ++from) {
      for (uint64_t to = from; to <= size; ++to) {
        const auto proof = MakeRangeProof(from, to, size, log);
        ASSERT_TRUE(proof.ok()) << proof.status();
        auto folder = RangeFolder::Make(from, to, size, *proof);
        ASSERT_TRUE(folder.ok()) << folder.status();
        for (uint64_t i = from; i < to; ++i) folder->Add(log.leaves()[i]);
        ASSERT_EQ(folder->Root().value(), log.range().Root()) << from << " to " << to << " of " << size;
      }
    }
  }
}

TEST(RangeProofTest, RangesOfTreesWithSeveralLevelsOfTiles) {
  const uint64_t size = 66'313;
  MemoryLog log = KnownLog(size);
  const uint64_t bounds[] = {0, 1, 255, 256, 257, 511, 4096, 65'535, 65'536, 65'537, 66'048, 66'312, 66'313};
  for (const uint64_t from : bounds) {
    for (const uint64_t to : bounds) {
      if (to < from) continue;
      const auto proof = MakeRangeProof(from, to, size, log);
      ASSERT_TRUE(proof.ok()) << proof.status();
      auto folder = RangeFolder::Make(from, to, size, *proof);
      ASSERT_TRUE(folder.ok()) << folder.status();
      for (uint64_t i = from; i < to; ++i) folder->Add(log.leaves()[i]);
      ASSERT_EQ(folder->Root().value(), log.range().Root()) << from << " to " << to;
    }
  }
}

TEST(RangeProofTest, AnotherRangeOrAnotherHashLeadsElsewhere) {
  MemoryLog log = KnownLog(21);
  const RangeProof proof = MakeRangeProof(6, 13, 21, log).value();
  const auto root = [&](const RangeProof& used, uint64_t from, uint64_t first_leaf) {
    auto folder = RangeFolder::Make(from, from + 7, 21, used);
    if (!folder.ok()) return EmptyRoot();
    for (uint64_t i = 0; i < 7; ++i) folder->Add(log.leaves()[first_leaf + i]);
    return folder->Root().value();
  };
  ASSERT_EQ(root(proof, 6, 6), log.range().Root());
  EXPECT_NE(root(proof, 6, 5), log.range().Root());
  for (size_t i = 0; i < proof.left.size() + proof.right.size(); ++i) {
    RangeProof changed = proof;
    Hash& hash = i < proof.left.size() ? changed.left[i] : changed.right[i - proof.left.size()];
    hash[31] ^= 1;
    EXPECT_NE(root(changed, 6, 6), log.range().Root()) << i;
  }
}

TEST(RangeProofTest, RefusesWhatCannotBe) {
  MemoryLog log = KnownLog(21);
  EXPECT_TRUE(absl::IsInvalidArgument(MakeRangeProof(6, 5, 21, log).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(MakeRangeProof(6, 22, 21, log).status()));
  RangeProof proof = MakeRangeProof(6, 13, 21, log).value();
  EXPECT_TRUE(absl::IsInvalidArgument(RangeFolder::Make(7, 13, 21, proof).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(RangeFolder::Make(6, 13, uint64_t{1} << 63, proof).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(RangeFolder::Make(6, 13, 21, proof)->Root().status()));
  proof.right.push_back({});
  EXPECT_TRUE(absl::IsInvalidArgument(RangeFolder::Make(6, 13, 21, proof).status()));
  proof.right.resize(proof.right.size() - 2);
  EXPECT_TRUE(absl::IsInvalidArgument(RangeFolder::Make(6, 13, 21, proof).status()));
}

}  // namespace
}  // namespace sallyport::audit
