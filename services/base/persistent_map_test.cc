#include "base/persistent_map.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace sallyport {
namespace {

struct SameHash {
  uint64_t operator()(int) const { return 0x123456789abcdef0; }
};
struct FewHashes {  // collides wholly in threes, and in long prefixes
  uint64_t operator()(int key) const { return static_cast<uint64_t>(key / 3 % 8) << 58; }
};
struct LowBitsEqual {
  uint64_t operator()(int key) const { return static_cast<uint64_t>(key) << 40; }
};

template <class Map>
std::map<int, int> Content(const Map& map) {
  std::map<int, int> content;
  map.ForEach([&](int key, int value) { EXPECT_TRUE(content.emplace(key, value).second) << key; });
  return content;
}

template <class Map>
std::map<int, const int*> Objects(const Map& map) {
  std::map<int, const int*> objects;
  map.ForEach([&](const int& key, const int& value) { objects[key] = &value; });
  return objects;
}

template <class Map>
void ExpectDiff(const Map& before, const Map& after) {
  std::map<int, std::pair<const int*, const int*>> expected;
  for (const auto& [key, object] : Objects(before)) expected[key].first = object;
  for (const auto& [key, object] : Objects(after)) expected[key].second = object;
  std::erase_if(expected, [](const auto& item) { return item.second.first == item.second.second; });
  std::map<int, std::pair<const int*, const int*>> actual;
  Map::Diff(before, after, [&](int key, const int* old_value, const int* new_value) {
    EXPECT_TRUE(actual.emplace(key, std::make_pair(old_value, new_value)).second) << key;
  });
  EXPECT_EQ(actual, expected);
}

template <class Hash>
class PersistentMapProperty : public testing::Test {};
using Hashes = testing::Types<StableHash, SameHash, FewHashes, LowBitsEqual>;
TYPED_TEST_SUITE(PersistentMapProperty, Hashes);

TYPED_TEST(PersistentMapProperty, AgreesWithStdMapAndNeverChangesACopy) {
  using Map = PersistentMap<int, int, TypeParam>;
  constexpr bool kSlow = std::is_same_v<TypeParam, SameHash>;
  for (uint32_t seed = 0; seed < 8; ++seed) {
    std::mt19937 random(seed);
    const int keys = kSlow ? 60 : 1 << (4 + 2 * (seed % 4));
    Map map;
    std::map<int, int> model;
    std::vector<std::pair<Map, std::map<int, int>>> snapshots;
    for (int step = 0; step < 6000; ++step) {
      const int key = static_cast<int>(random() % static_cast<uint32_t>(keys));
      // Phases of growth and of shrinking, so that nodes are split and taken in again.
      const bool put = random() % 100 < ((step / 1500) % 2 == 0 ? 70u : 25u);
      if (put) {
        map.Put(key, step);
        model[key] = step;
      } else {
        ASSERT_EQ(map.Erase(key), model.erase(key) == 1);
      }
      ASSERT_EQ(map.size(), model.size());
      const int probe = static_cast<int>(random() % static_cast<uint32_t>(keys));
      const int* found = map.Find(probe);
      ASSERT_EQ(found != nullptr, model.contains(probe));
      if (found != nullptr) { ASSERT_EQ(*found, model[probe]); }
      if (step % 97 == 0) {
        snapshots.emplace_back(map, model);
        if (snapshots.size() > 12) snapshots.erase(snapshots.begin() + random() % 12);
      }
      if (step % 499 == 0) {
        for (const auto& [copy, content] : snapshots) {
          ASSERT_EQ(Content(copy), content);
          ExpectDiff(copy, map);
          ExpectDiff(map, copy);
        }
      }
    }
    for (const auto& [copy, content] : snapshots) ASSERT_EQ(Content(copy), content);
  }
}

TYPED_TEST(PersistentMapProperty, FormFollowsFromContent) {
  using Map = PersistentMap<int, int, TypeParam>;
  Map detour;
  for (int key = 0; key < 150; ++key) detour.Put(key, key);
  for (int key = 149; key >= 50; --key) EXPECT_TRUE(detour.Erase(key));
  Map direct;
  for (int key = 0; key < 50; ++key) direct.Put(key, key);
  std::vector<int> detour_order, direct_order;
  detour.ForEach([&](int key, int) { detour_order.push_back(key); });
  direct.ForEach([&](int key, int) { direct_order.push_back(key); });
  EXPECT_EQ(detour_order, direct_order);
}

TYPED_TEST(PersistentMapProperty, DiffOfUnrelatedMaps) {
  using Map = PersistentMap<int, int, TypeParam>;
  Map a, b;
  for (int key = 0; key < 40; ++key) a.Put(key, key);
  for (int key = 20; key < 70; key += 2) b.Put(key, key);
  ExpectDiff(a, b);
  ExpectDiff(b, a);
  ExpectDiff(a, Map());
  ExpectDiff(Map(), a);
  ExpectDiff(Map(), Map());
}

TEST(PersistentMapTest, EveryEntryIsDestroyedOnce) {
  auto counted = std::make_shared<int>(0);
  {
    PersistentMap<int, std::shared_ptr<int>, FewHashes> map;
    std::vector<PersistentMap<int, std::shared_ptr<int>, FewHashes>> copies;
    for (int i = 0; i < 300; ++i) {
      map.Put(i % 50, counted);
      if (i % 7 == 0) copies.push_back(map);
      if (i % 3 == 0) map.Erase((i * 31) % 50);
      if (copies.size() > 5) copies.erase(copies.begin());
    }
    copies.clear();
    EXPECT_EQ(counted.use_count(), static_cast<long>(map.size()) + 1);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(PersistentMapTest, AValueStaysWhereItIs) {
  PersistentMap<std::string, std::string> map;
  map.Put("person", "Ada");
  const std::string* value = map.Find("person");
  for (int i = 0; i < 1000; ++i) map.Put(std::to_string(i), "");
  EXPECT_EQ(map.Find("person"), value);
  const auto copy = map;
  map.Put("person", "Grace");
  EXPECT_EQ(copy.Find("person"), value);
  EXPECT_EQ(*value, "Ada");
  EXPECT_EQ(*map.Find("person"), "Grace");
}

TEST(PersistentMapTest, MovingLeavesAnEmptyMap) {
  PersistentMap<int, int> map;
  map.Put(1, 2);
  PersistentMap<int, int> other = std::move(map);
  EXPECT_EQ(map.size(), 0u);  // NOLINT(bugprone-use-after-move): promised
  EXPECT_FALSE(map.Contains(1));
  map.Put(3, 4);
  EXPECT_TRUE(other.Contains(1));
  EXPECT_FALSE(other.Contains(3));
  const auto& self = other;
  other = self;
  EXPECT_EQ(other.size(), 1u);
}

TEST(PersistentMapTest, ErasingTheLastEntryLeavesAnEmptyMap) {
  PersistentMap<int, int> map;
  map.Put(1, 2);
  EXPECT_FALSE(map.Erase(2));
  EXPECT_TRUE(map.Erase(1));
  EXPECT_TRUE(map.empty());
  map.ForEach([](int, int) { FAIL(); });
}

TEST(PersistentMapTest, DiffSkipsWhatIsShared) {
  PersistentMap<int, int> before;
  for (int key = 0; key < 100'000; ++key) before.Put(key, key);
  auto after = before;
  after.Put(7, 8);
  after.Erase(9);
  after.Put(100'001, 1);
  std::vector<std::tuple<int, std::optional<int>, std::optional<int>>> changes;
  PersistentMap<int, int>::Diff(before, after, [&](int key, const int* a, const int* b) {
    changes.emplace_back(key, a ? std::optional(*a) : std::nullopt, b ? std::optional(*b) : std::nullopt);
  });
  std::sort(changes.begin(), changes.end());
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0], std::make_tuple(7, std::optional(7), std::optional(8)));
  EXPECT_EQ(changes[1], std::make_tuple(9, std::optional(9), std::optional<int>()));
  EXPECT_EQ(changes[2], std::make_tuple(100'001, std::optional<int>(), std::optional(1)));
}

TEST(PersistentMapTest, ReadersOfCopiesAndAWriterDoNotMeet) {
  PersistentMap<int, int> map;
  for (int key = 0; key < 2000; ++key) map.Put(key, 0);
  std::atomic<bool> stop = false;
  std::atomic<const PersistentMap<int, int>*> published = nullptr;
  std::vector<std::unique_ptr<PersistentMap<int, int>>> versions;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto* version = published.load();
        if (version == nullptr) continue;
        const PersistentMap<int, int> copy = *version;
        const int expected = *copy.Find(0);
        copy.ForEach([&](int, int value) { ASSERT_EQ(value, expected); });
      }
    });
  }
  for (int round = 1; round < 40; ++round) {
    for (int key = 0; key < 2000; ++key) map.Put(key, round);
    versions.push_back(std::make_unique<PersistentMap<int, int>>(map));
    published = versions.back().get();
  }
  stop = true;
  for (auto& reader : readers) reader.join();
}

TEST(StableHashTest, IsTheSameEverywhere) {
  using PersonId = Id<struct PersonTag>;
  EXPECT_EQ(StableHash{}(PersonId("ada")), StableHash{}(std::string("ada")));
  EXPECT_EQ(StableHash{}(std::string("ada")), 9435594553117107903u);
  EXPECT_EQ(StableHash{}(uint64_t{1}), 3600717976816744284u);
  EXPECT_EQ(StableHash{}(std::make_pair(uint64_t{1}, std::string("ada"))), 12672762010321726066u);
}

TEST(StableHashTest, SpreadsOverEveryBit) {
  for (const bool text : {false, true}) {
    std::vector<int> ones(64, 0);
    constexpr int kKeys = 20'000;
    for (int i = 0; i < kKeys; ++i) {
      const uint64_t hash = text ? StableHash{}("card-" + std::to_string(i)) : StableHash{}(i);
      for (size_t bit = 0; bit < 64; ++bit) ones[bit] += static_cast<int>(hash >> bit & 1);
    }
    for (size_t bit = 0; bit < 64; ++bit) EXPECT_NEAR(ones[bit], kKeys / 2, kKeys / 40) << bit;
  }
}

TEST(StableHashTest, TellsTrailingZerosAndOrderApart) {
  EXPECT_NE(StableHash{}(std::string("a")), StableHash{}(std::string("a\0", 2)));
  EXPECT_NE(StableHash{}(std::string()), StableHash{}(std::string("\0", 1)));
  EXPECT_NE(StableHashCombine(1, 2), StableHashCombine(2, 1));
}

}  // namespace
}  // namespace sallyport
