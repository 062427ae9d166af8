#include "cedar/entity_store.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

Entity Make(const char* id, std::vector<const char*> parents, std::vector<RecordField> attributes = {}) {
  Entity entity;
  entity.uid = EntityUid("E", id);
  entity.attributes = std::move(attributes);
  for (const char* parent : parents) entity.parents.emplace_back("E", parent);
  return entity;
}

TEST(EntityStoreTest, ClosesTheHierarchy) {
  const auto store =
      EntityStore::Create({Make("a", {"b", "c"}), Make("b", {"d"}), Make("c", {"d", "missing"}), Make("d", {})});
  ASSERT_TRUE(store.ok()) << store.status();
  std::vector<std::string> ancestors;
  store->ForEachAncestor(EntityUid("E", "a"), [&](const EntityUid& uid) { ancestors.emplace_back(uid.id()); });
  EXPECT_THAT(ancestors, UnorderedElementsAre("b", "c", "d", "missing"));
  EXPECT_TRUE(store->IsDescendant(EntityUid("E", "a"), EntityUid("E", "d")));
  EXPECT_FALSE(store->IsDescendant(EntityUid("E", "a"), EntityUid("E", "a")));
  EXPECT_FALSE(store->IsDescendant(EntityUid("E", "d"), EntityUid("E", "a")));
  EXPECT_FALSE(store->IsDescendant(EntityUid("E", "missing"), EntityUid("E", "a")));
}

TEST(EntityStoreTest, AnswersLookups) {
  std::vector<Entity> entities = {Make("a", {}, {{"z", Value::Long(1)}, {"b", Value::Long(2)}})};
  entities[0].tags = {{"t", Value::Bool(true)}};
  const EntityStore store = EntityStore::Create(std::move(entities)).value();
  Value value;
  using Lookup = EntitySource::Lookup;
  EXPECT_EQ(store.Attribute(EntityUid("E", "a"), "z", &value), Lookup::kFound);
  EXPECT_EQ(value, Value::Long(1));
  EXPECT_EQ(store.Attribute(EntityUid("E", "a"), "t", &value), Lookup::kNotFound);
  EXPECT_EQ(store.Attribute(EntityUid("E", "x"), "z", &value), Lookup::kNoEntity);
  EXPECT_EQ(store.Tag(EntityUid("E", "a"), "t", &value), Lookup::kFound);
  EXPECT_EQ(store.Tag(EntityUid("E", "a"), "z", &value), Lookup::kNotFound);
  EXPECT_EQ(store.Tag(EntityUid("E", "x"), "t", &value), Lookup::kNoEntity);
}

TEST(EntityStoreTest, CollapsesEqualEntitiesAndRefusesDifferentOnes) {
  EXPECT_EQ(EntityStore::Create({Make("a", {"b", "c"}), Make("a", {"c", "b", "c"})})->size(), 1u);
  EXPECT_THAT(EntityStore::Create({Make("a", {}), Make("a", {"b"})}).status().message(),
              HasSubstr("entity E::\"a\" stands here twice"));
  EXPECT_FALSE(EntityStore::Create({Make("a", {}, {{"x", Value::Long(1)}}), Make("a", {})}).ok());
}

TEST(EntityStoreTest, RefusesCycles) {
  EXPECT_THAT(EntityStore::Create({Make("a", {"a"})}).status().message(), HasSubstr("E::\"a\" is its own ancestor"));
  EXPECT_FALSE(EntityStore::Create({Make("a", {"b"}), Make("b", {"c"}), Make("c", {"a"})}).ok());
}

TEST(EntityStoreTest, DeepHierarchiesDoNotRecurse) {
  std::vector<Entity> chain;
  for (int i = 0; i < 2000; ++i) {
    chain.emplace_back().uid = EntityUid("E", absl::StrCat(i));
    if (i > 0) chain.back().parents = {EntityUid("E", absl::StrCat(i - 1))};
  }
  const EntityStore store = EntityStore::Create(std::move(chain)).value();
  EXPECT_TRUE(store.IsDescendant(EntityUid("E", "1999"), EntityUid("E", "0")));
}

}  // namespace
}  // namespace cedar
