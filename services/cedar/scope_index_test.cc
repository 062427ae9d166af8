#include "cedar/scope_index.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "cedar/authorizer.h"
#include "cedar/entity_store.h"
#include "gtest/gtest.h"

namespace cedar {
namespace {

// A small random world, in which most scopes match sometimes and policies overlap much.
class World {
 public:
  explicit World(uint32_t seed) : random_(seed) {
    std::vector<Entity> entities;
    for (const char* type : {"A", "B", "Action"}) {
      for (int i = 0; i < kIds; ++i) {
        Entity entity;
        entity.uid = EntityUid(type, absl::StrCat(i));
        // Parents have lower numbers, so there are no cycles.
        for (int parent = 0; parent < i; ++parent) {
          if (Chance(4)) entity.parents.emplace_back(Chance(3) && type[1] == 0 ? "A" : type, absl::StrCat(parent));
        }
        if (Chance(8)) continue;
        entities.push_back(std::move(entity));
      }
    }
    auto store = EntityStore::Create(std::move(entities));
    if (store.ok()) store_ = *std::move(store);
  }

  int Below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool Chance(int one_in) { return Below(one_in) == 0; }
  std::string Uid(absl::string_view type) { return absl::StrCat(type, "::\"", Below(kIds), "\""); }
  std::string Side(absl::string_view name, bool slots) {
    const char* type = Chance(2) ? "A" : "B";
    std::string entity = slots && Chance(2) ? absl::StrCat("?", name) : Uid(Chance(2) ? "A" : "B");
    switch (Below(5)) {
      case 0:
        return absl::StrCat(name, " == ", entity);
      case 1:
        return absl::StrCat(name, " in ", entity);
      case 2:
        return absl::StrCat(name, " is ", type);
      case 3:
        return absl::StrCat(name, " is ", type, " in ", entity);
      default:
        return std::string(name);
    }
  }
  std::string Action() {
    switch (Below(4)) {
      case 0:
        return absl::StrCat("action == ", Uid("Action"));
      case 1:
        return absl::StrCat("action in ", Uid("Action"));
      case 2: {
        std::string list;
        for (int i = Below(4); i > 0; --i) absl::StrAppend(&list, list.empty() ? "" : ", ", Uid("Action"));
        return absl::StrCat("action in [", list, "]");
      }
      default:
        return "action";
    }
  }
  std::string PolicyText(bool slots) {
    const char* conditions[] = {"", " when { true }", " when { context.n == 1 }", " when { principal.missing }"};
    return absl::StrCat(Chance(3) ? "forbid(" : "permit(", Side("principal", slots), ", ", Action(), ", ",
                        Side("resource", slots), ")", conditions[Below(4)], ";");
  }
  Request Ask() {
    return {EntityUid::Parse(Uid(Chance(2) ? "A" : "B")).value(), EntityUid::Parse(Uid("Action")).value(),
            EntityUid::Parse(Uid(Chance(2) ? "A" : "B")).value(), Value::Record({{"n", Value::Long(Below(2))}})};
  }
  const EntityStore& store() const { return store_; }

 private:
  static constexpr int kIds = 6;
  std::mt19937 random_;
  EntityStore store_;
};

void ExpectSameAnswers(const PolicySet& set, World* world) {
  for (int i = 0; i < 20; ++i) {
    const Request request = world->Ask();
    const Response with = Authorize(set, request, world->store());
    const Response without = Authorize(set, request, world->store(), {.use_index = false});
    ASSERT_EQ(with.decision, without.decision);
    ASSERT_EQ(with.reasons, without.reasons);
    ASSERT_EQ(with.errors.size(), without.errors.size());
    for (size_t e = 0; e < with.errors.size(); ++e) ASSERT_EQ(with.errors[e].policy, without.errors[e].policy);
  }
}

TEST(ScopeIndexTest, AnswersTheSameAsWithoutIt) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    PolicySet set;
    std::vector<std::string> ids;
    for (int i = 0; i < 40; ++i) {
      const std::string id = absl::StrCat("p", i);
      const auto body = ParsePolicy(world.PolicyText(world.Chance(3))).value();
      ASSERT_TRUE(set.Add(id, body).ok());
      if (!body->is_template()) {
        ids.push_back(id);
        continue;
      }
      for (int link = world.Below(4); link > 0; --link) {
        Slots slots;
        if (body->principal.slot) slots.principal = EntityUid::Parse(world.Uid("A")).value();
        if (body->resource.slot) slots.resource = EntityUid::Parse(world.Uid("B")).value();
        ids.push_back(absl::StrCat(id, "-", link));
        ASSERT_TRUE(set.Link(id, ids.back(), slots).ok());
      }
    }
    ExpectSameAnswers(set, &world);
    // Taking policies out one by one leaves no trace of them in the index.
    while (!ids.empty()) {
      const size_t which = static_cast<size_t>(world.Below(static_cast<int>(ids.size())));
      ASSERT_TRUE(set.Remove(ids[which]).ok());
      ids.erase(ids.begin() + static_cast<ptrdiff_t>(which));
      if (ids.size() % 8 == 0) ExpectSameAnswers(set, &world);
    }
    EXPECT_TRUE(set.index().all().empty());
    const PolicySet copy = set;
    EXPECT_EQ(copy.size(), 0u);
  }
}

// What is equal to an ancestor is not equal to the request's own; what is in it is.
TEST(ScopeIndexTest, TellsEqualFromIn) {
  const EntityUid ann("Person", "ann"), staff("Role", "staff"), read("Action", "read"), any("Action", "any");
  std::vector<Entity> entities(2);
  entities[0].uid = ann;
  entities[0].parents = {staff};
  entities[1].uid = read;
  entities[1].parents = {any};
  const EntityStore store = EntityStore::Create(std::move(entities)).value();
  PolicySet set;
  std::vector<std::string> expected;
  for (const auto& [scope, matches] : std::vector<std::pair<const char*, bool>>{
           {"principal == Role::\"staff\", action, resource", false},
           {"principal in Role::\"staff\", action, resource", true},
           {"principal is Role in Role::\"staff\", action, resource", false},
           {"principal is Person in Role::\"staff\", action, resource", true},
           {"principal == Person::\"ann\", action, resource", true},
           {"principal in Person::\"ann\", action, resource", true},
           {"principal, action == Action::\"any\", resource", false},
           {"principal, action in Action::\"any\", resource", true},
           {"principal, action in [Action::\"any\", Action::\"read\"], resource", true},
           {"principal, action == Action::\"read\", resource", true},
           {"principal, action in Action::\"read\", resource", true},
       }) {
    const auto body = ParsePolicy(absl::StrCat("permit(", scope, ");")).value();
    ASSERT_TRUE(set.Add(scope, body).ok());
    if (matches) expected.push_back(scope);
  }
  const Response response = Authorize(set, {ann, read, EntityUid("Door", "main"), Value::Record({})}, store);
  std::vector<std::string> reasons;
  for (const Policy* policy : response.reasons) reasons.emplace_back(policy->id());
  EXPECT_EQ(reasons, expected);
}

TEST(ScopeIndexTest, FindsFewCandidatesAmongMany) {
  PolicySet set;
  ASSERT_TRUE(
      set.Add("t", ParsePolicy("permit(principal in ?principal, action, resource in ?resource);").value()).ok());
  for (int i = 0; i < 1000; ++i) {
    Slots slots{EntityUid("A", absl::StrCat(i)), EntityUid("B", absl::StrCat(i % 10))};
    ASSERT_TRUE(set.Link("t", absl::StrCat("l", i), slots).ok());
  }
  std::vector<const Policy*> found;
  const Request request = {EntityUid("A", "5"), EntityUid("Action", "x"), EntityUid("B", "5"), Value::Record({})};
  set.index().Find(request, EntityStore(), [&](const Policy* policy) { found.push_back(policy); });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->id(), "l5");
}

}  // namespace
}  // namespace cedar
