#include "audit/proof.h"

#include <bit>

#include "audit/kat_test_util.h"
#include "audit/limits.h"
#include "base/random.h"
#include "gtest/gtest.h"

namespace sallyport::audit {
namespace {

using testing::HashesFromHex;
using testing::HashFromHex;
using testing::KnownLog;
using testing::MemoryLog;

uint64_t Split(uint64_t n) { return std::bit_floor(n - 1); }

// RFC 6962 section 2.1.1 read backwards: an independent verifier. False when the proof has the wrong length.
bool RecursiveRoot(uint64_t index, uint64_t size, const Hash& leaf, absl::Span<const Hash> proof, Hash& root) {
  if (size == 1) {
    root = leaf;
    return proof.empty();
  }
  if (proof.empty()) return false;
  const uint64_t k = Split(size);
  const Hash& sibling = proof.back();
  const absl::Span<const Hash> rest = proof.subspan(0, proof.size() - 1);
  Hash below;
  if (index < k) {
    if (!RecursiveRoot(index, k, leaf, rest, below)) return false;
    root = NodeHash(below, sibling);
  } else {
    if (!RecursiveRoot(index - k, size - k, leaf, rest, below)) return false;
    root = NodeHash(sibling, below);
  }
  return true;
}

bool RecursiveInclusion(uint64_t index, uint64_t size, const Hash& leaf, absl::Span<const Hash> proof, const Hash& root) {
  Hash computed;
  return index < size && size <= kTreeSizeMax && RecursiveRoot(index, size, leaf, proof, computed) && computed == root;
}

// RFC 6962 section 2.1.2 read backwards.
bool RecursiveRoots(uint64_t m, uint64_t n, bool whole, const Hash& old_root, absl::Span<const Hash> proof, Hash& from_old,
                    Hash& from_new) {
  if (m == n) {
    if (proof.size() != (whole ? 0u : 1u)) return false;
    from_old = from_new = whole ? old_root : proof[0];
    return true;
  }
  if (proof.empty()) return false;
  const uint64_t k = Split(n);
  const Hash& last = proof.back();
  const absl::Span<const Hash> rest = proof.subspan(0, proof.size() - 1);
  if (m <= k) {
    if (!RecursiveRoots(m, k, whole, old_root, rest, from_old, from_new)) return false;
    from_new = NodeHash(from_new, last);
  } else {
    if (!RecursiveRoots(m - k, n - k, false, old_root, rest, from_old, from_new)) return false;
    from_old = NodeHash(last, from_old);
    from_new = NodeHash(last, from_new);
  }
  return true;
}

bool RecursiveConsistency(uint64_t m, const Hash& old_root, uint64_t n, const Hash& new_root, absl::Span<const Hash> proof) {
  Hash from_old, from_new;
  return m > 0 && m <= n && n <= kTreeSizeMax && RecursiveRoots(m, n, true, old_root, proof, from_old, from_new) &&
         from_old == old_root && from_new == new_root;
}

TEST(ProofTest, EveryLeafOfEverySmallTree) {
  MemoryLog log;
  for (uint64_t size = 1; size <= 70; ++size) {
    log.Append(testing::KnownEntry(size));
    const Hash root = log.range().Root();
    for (uint64_t index = 0; index < size; ++index) {
      const auto proof = InclusionProof(index, size, log).value();
      EXPECT_TRUE(VerifyInclusion(index, size, log.leaves()[index], proof, root).ok()) << index << " of " << size;
      EXPECT_TRUE(RecursiveInclusion(index, size, log.leaves()[index], proof, root));
    }
  }
}

TEST(ProofTest, EveryPairOfSmallTrees) {
  MemoryLog log;
  std::vector<Hash> roots = {EmptyRoot()};
  for (uint64_t size = 1; size <= 70; ++size) {
    log.Append(testing::KnownEntry(size));
    roots.push_back(log.range().Root());
    for (uint64_t old_size = 1; old_size <= size; ++old_size) {
      const auto proof = ConsistencyProof(old_size, size, log).value();
      EXPECT_TRUE(VerifyConsistency(old_size, roots[old_size], size, roots[size], proof).ok()) << old_size << " " << size;
      EXPECT_TRUE(RecursiveConsistency(old_size, roots[old_size], size, roots[size], proof));
      EXPECT_EQ(VerifyConsistency(old_size, roots[old_size - 1], size, roots[size], proof).ok(), false);
      EXPECT_EQ(VerifyConsistency(old_size, roots[old_size], size, roots[size - 1], proof).ok(), false);
    }
    EXPECT_TRUE(ConsistencyProof(0, size, log)->empty());
    EXPECT_EQ(VerifyConsistency(0, EmptyRoot(), size, roots[size], {}).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(ProofTest, LargeTreeReadsFewTiles) {
  MemoryLog log;
  const uint64_t size = 70'000;
  for (uint64_t i = 0; i < size; ++i) log.Append(absl::StrCat(i));
  const Hash root = log.range().Root();
  for (uint64_t index : {0u, 1u, 255u, 256u, 65'535u, 65'536u, 69'887u, 69'888u, 69'999u}) {
    const uint64_t reads = log.reads();
    const auto proof = InclusionProof(index, size, log).value();
    EXPECT_LE(log.reads() - reads, 5u);
    EXPECT_TRUE(VerifyInclusion(index, size, log.leaves()[index], proof, root).ok()) << index;
  }
  for (uint64_t old_size : {1u, 255u, 256u, 257u, 65'535u, 65'536u, 65'537u, 69'999u}) {
    const auto proof = ConsistencyProof(old_size, size, log).value();
    EXPECT_TRUE(VerifyConsistency(old_size, RootOf(old_size, log).value(), size, root, proof).ok()) << old_size;
  }
  EXPECT_EQ(RootOf(size, log).value(), root);
  EXPECT_EQ(LoadCompactRange(size, log).value().Serialise(), log.range().Serialise());
  EXPECT_EQ(LoadCompactRange(0, log).value().Root(), EmptyRoot());
}

TEST(ProofTest, Refusals) {
  MemoryLog log = KnownLog(10);
  EXPECT_EQ(InclusionProof(10, 10, log).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(InclusionProof(0, 11, log).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(InclusionProof(0, uint64_t{1} << 63, log).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ConsistencyProof(10, 9, log).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RootOf(300, log).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(VerifyInclusion(5, 5, Hash{}, {}, Hash{}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(VerifyInclusion(0, 0, Hash{}, {}, Hash{}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(VerifyConsistency(3, Hash{}, 2, Hash{}, {}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(VerifyConsistency(3, Hash{}, 3, Hash{}, {}).ok());
}

// The negative families of the well-known test vectors, and random damage: both verifiers must agree on all of it.
TEST(ProofTest, DamagedProofsFailInBothVerifiers) {
  SeededRandom random(7);
  const auto below = [&](uint64_t bound) {
    uint64_t value = 0;
    random.Fill(absl::MakeSpan(reinterpret_cast<uint8_t*>(&value), sizeof(value)));
    return value % bound;
  };
  MemoryLog log = KnownLog(600);
  for (int round = 0; round < 20'000; ++round) {
    const uint64_t size = 1 + below(600), index = below(size), old_size = 1 + below(size);
    const Hash root = RootOf(size, log).value(), old_root = RootOf(old_size, log).value();
    Hash leaf = log.leaves()[index], other_root = root, other_old = old_root;
    uint64_t other_index = index, other_size = size, other_old_size = old_size;
    auto path = InclusionProof(index, size, log).value();
    auto growth = ConsistencyProof(old_size, size, log).value();
    const auto damage = [&](std::vector<Hash>& proof) {
      const size_t at = proof.empty() ? 0 : below(proof.size());
      switch (below(8)) {
        case 0: if (!proof.empty()) proof[at][below(32)] ^= static_cast<uint8_t>(1 << below(8)); break;
        case 1: if (!proof.empty()) proof.erase(proof.begin()); break;
        case 2: if (!proof.empty()) proof.pop_back(); break;
        case 3: proof.insert(proof.begin(), leaf); break;
        case 4: proof.push_back(root); break;
        case 5: proof.insert(proof.begin(), root); break;
        case 6: proof.clear(); break;
        default: if (proof.size() > 1) std::swap(proof[at], proof[(at + 1) % proof.size()]); break;
      }
    };
    switch (below(7)) {
      case 0: damage(path); damage(growth); break;
      case 1: other_index = below(2) ? index + 1 : index ^ 2; break;
      case 2: other_size = below(2) ? size * 2 : size / 2; break;
      case 3: other_size = size + 1; other_old_size = old_size - 1; break;
      case 4: std::swap(other_root, other_old); break;
      case 5: leaf[0] ^= 1; other_root[31] ^= 0x80; break;
      default: break;
    }
    EXPECT_EQ(VerifyInclusion(other_index, other_size, leaf, path, other_root).ok(),
              RecursiveInclusion(other_index, other_size, leaf, path, other_root));
    EXPECT_EQ(VerifyConsistency(other_old_size, other_old, other_size, other_root, growth).ok(),
              RecursiveConsistency(other_old_size, other_old, other_size, other_root, growth));
  }
}

TEST(ProofTest, KnownAnswerFile) {
  const auto kat = testing::LoadKnownAnswers();
  if (!kat) GTEST_SKIP() << "kat.json is not there";
  MemoryLog log = KnownLog(600);
  for (const auto& c : (*kat)["inclusion"]) {
    const auto proof = HashesFromHex(c["proof"]);
    const Hash leaf = HashFromHex(c["leaf"].get<std::string>()), root = HashFromHex(c["root"].get<std::string>());
    EXPECT_EQ(InclusionProof(c["index"], c["size"], log).value(), proof) << c;
    EXPECT_TRUE(VerifyInclusion(c["index"], c["size"], leaf, proof, root).ok()) << c;
  }
  for (const auto& c : (*kat)["consistency"]) {
    const auto proof = HashesFromHex(c["proof"]);
    const Hash old_root = HashFromHex(c["root1"].get<std::string>()), root = HashFromHex(c["root2"].get<std::string>());
    EXPECT_EQ(ConsistencyProof(c["size1"], c["size2"], log).value(), proof) << c;
    EXPECT_TRUE(VerifyConsistency(c["size1"], old_root, c["size2"], root, proof).ok()) << c;
  }
  const auto& reject = (*kat)["must_reject"];
  for (const char* name : {"inclusion_extra_node", "inclusion_wrong_index"}) {
    const auto& c = reject[name];
    EXPECT_FALSE(VerifyInclusion(c["index"], c["size"], HashFromHex(c["leaf"].get<std::string>()), HashesFromHex(c["proof"]),
                                 HashFromHex(c["root"].get<std::string>())).ok()) << name;
  }
  const auto& empty = reject["consistency_empty_when_growing"];
  EXPECT_FALSE(VerifyConsistency(1, HashFromHex(empty["root1"].get<std::string>()), 2,
                                 HashFromHex(empty["root2"].get<std::string>()), {}).ok());
  EXPECT_FALSE(VerifyConsistency(0, EmptyRoot(), 2, RootOf(2, log).value(),
                                 HashesFromHex(reject["consistency_from_zero_nonempty"]["proof"])).ok());
  const auto& second = reject["second_preimage"];
  EXPECT_EQ(HashToHex(LeafHash(absl::StrCat(HashBytes(log.leaves()[0]), HashBytes(log.leaves()[1])))), second["leaf_of_concat"]);
  EXPECT_EQ(HashToHex(RootOf(2, log).value()), second["node"]);
}

}  // namespace
}  // namespace sallyport::audit
