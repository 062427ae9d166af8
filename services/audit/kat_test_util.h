#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "audit/compact_range.h"
#include "audit/hash.h"
#include "audit/note_key.h"
#include "audit/proof.h"
#include "nlohmann/json.hpp"

// What several tests of this room share: a log in memory, keys, and the file of known answers where there is one.
namespace sallyport::audit::testing {

// The known-answer file: $SALLYPORT_SHARED/data/tlog/kat.json, or beside the source tree. Nothing when absent.
inline std::optional<nlohmann::json> LoadKnownAnswers() {
  const char* shared = std::getenv("SALLYPORT_SHARED");
  const std::string folder = shared != nullptr ? shared : std::string(SALLYPORT_SOURCE_DIR) + "/../shared";
  std::ifstream file(folder + "/data/tlog/kat.json");
  if (!file) return std::nullopt;
  return nlohmann::json::parse(file);
}

inline Hash HashFromHex(absl::string_view hex) { return HashFromBytes(absl::HexStringToBytes(hex)).value(); }

inline std::vector<Hash> HashesFromHex(const nlohmann::json& list) {
  std::vector<Hash> hashes;
  for (const auto& hex : list) hashes.push_back(HashFromHex(hex.get<std::string>()));
  return hashes;
}

// Entry i of the known-answer log.
inline std::string KnownEntry(uint64_t i) {
  if (i == 0) return "";
  if (i % 7 == 0) return absl::StrCat("entry-", i, " ", std::string(i % 300, 'x'));
  return absl::StrCat("entry-", i);
}

// A log in memory that stores what a real store does: leaf hashes and the roots of full tiles.
class MemoryLog final : public NodeReader {
 public:
  void Append(absl::string_view leaf) { AppendHash(LeafHash(leaf)); }
  void AppendHash(const Hash& leaf_hash) {
    std::vector<TileRoot> completed;
    range_.Append(leaf_hash, &completed);
    Level(0).push_back(leaf_hash);
    for (const TileRoot& root : completed) {
      if (root.index != Level(root.level).size()) std::abort();
      Level(root.level).push_back(root.hash);
    }
  }
  const CompactRange& range() const { return range_; }
  const std::vector<Hash>& leaves() { return Level(0); }
  uint64_t reads() const { return reads_; }

  absl::StatusOr<std::vector<Hash>> ReadHashes(uint32_t level, uint64_t first, uint32_t count) override {
    ++reads_;
    if (level >= levels_.size() || first + count > levels_[level].size()) return absl::OutOfRangeError("not yet");
    const auto begin = levels_[level].begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<Hash>(begin, begin + count);
  }

 private:
  std::vector<Hash>& Level(uint32_t level) {
    if (levels_.size() <= level) levels_.resize(level + 1);
    return levels_[level];
  }
  CompactRange range_;
  std::vector<std::vector<Hash>> levels_;
  uint64_t reads_ = 0;
};

inline MemoryLog KnownLog(uint64_t size) {
  MemoryLog log;
  for (uint64_t i = 0; i < size; ++i) log.Append(KnownEntry(i));
  return log;
}

// RFC 6962 section 2.1 as it is written.
inline Hash NaiveRoot(absl::Span<const Hash> leaves) {
  if (leaves.empty()) return EmptyRoot();
  if (leaves.size() == 1) return leaves[0];
  size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return NodeHash(NaiveRoot(leaves.subspan(0, k)), NaiveRoot(leaves.subspan(k)));
}

inline SigningKey LogKey() {
  return SigningKey::FromSeed(
             "audit.example.org/site-0001",
             HashFromHex("78a1a2f671b62dc7b106cd83b9f4f60d8a7eca3dd9e6b122477353b6b692f3d9"))
      .value();
}
inline SigningKey RotatedLogKey() {
  return SigningKey::FromSeed(
             "audit.example.org/site-0001",
             HashFromHex("4e0f4eadaecd489f1321056719500691fcce302fd45f8d689fe053de42fe1bb5"))
      .value();
}
inline SigningKey WitnessKey() {
  return SigningKey::FromSeed("witness.example.org/w1",
                              HashFromHex("c62a2464d470a302d5dc64a2fe725b7a35877e72c066e863f025edc3277c06bd"))
      .value();
}

}  // namespace sallyport::audit::testing
