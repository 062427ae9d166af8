#include "cedar_worlds.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace sallyport::bench {
namespace {

using cedar::Entity;
using cedar::EntityUid;
using cedar::Value;

constexpr int kOtherPolicies = 11;
// Far from each other in the order of making, and different for all numbers below it.
constexpr int kStride = 7919;

cedar::PolicySet Parse(absl::string_view text) {
  absl::StatusOr<cedar::PolicySet> set = cedar::PolicySet::Parse(text);
  SP_CHECK(set.ok());
  return *std::move(set);
}

cedar::EntityStore Store(std::vector<Entity> entities) {
  absl::StatusOr<cedar::EntityStore> store = cedar::EntityStore::Create(std::move(entities));
  SP_CHECK(store.ok());
  return *std::move(store);
}

Entity Of(EntityUid uid, std::vector<EntityUid> parents = {}) {
  Entity entity;
  entity.uid = std::move(uid);
  entity.parents = std::move(parents);
  return entity;
}

EntityUid Numbered(absl::string_view type, int number) { return EntityUid(type, absl::StrCat(number)); }

const EntityUid& Enter() {
  static const auto& action = *new EntityUid("Action", "enter");
  return action;
}

// Policies for groups that nobody is in.
std::string OtherPolicies() {
  std::string text;
  for (int i = 0; i < kOtherPolicies; ++i) {
    absl::StrAppend(&text, "permit(principal in Group::\"other-", i,
                    "\", action == Action::\"enter\", resource in Zone::\"", i, "\");\n");
  }
  return text;
}

// The first, in a chain of `levels` entities of the type: "0" in "1" in "2" …
void AddChain(Entity first, absl::string_view type, int levels, std::vector<Entity>* out) {
  first.parents.push_back(Numbered(type, 0));
  out->push_back(std::move(first));
  for (int i = 0; i < levels; ++i) {
    out->push_back(
        Of(Numbered(type, i), i + 1 < levels ? std::vector{Numbered(type, i + 1)} : std::vector<EntityUid>()));
  }
}

}  // namespace

World RoleLookup() {
  World world;
  world.name = "a permit with one role lookup";
  world.policies = Parse("permit(principal in Role::\"staff\", action == Action::\"enter\", resource);");
  const EntityUid staff("Role", "staff"), person("Person", "ann"), door("Door", "main");
  world.entities = Store({Of(staff), Of(person, {staff}), Of(door)});
  world.requests = {{person, Enter(), door}};
  return world;
}

cedar::PolicySet Links(int links) {
  cedar::PolicySet set = Parse("permit(principal in ?principal, action == Action::\"enter\", resource in ?resource);");
  set.Reserve(static_cast<size_t>(links));
  for (int i = 0; i < links; ++i) {
    SP_CHECK(set.Link("policy0", absl::StrCat("link", i), {Numbered("Team", i), Numbered("Zone", i)}).ok());
  }
  return set;
}

World TemplateLinks(int links, int requests) {
  World world;
  world.policies = Links(links);
  std::vector<Entity> entities;
  const EntityUid company("Team", "company"), site("Zone", "site");
  for (int i = 0; i < links; ++i) {
    entities.push_back(Of(Numbered("Team", i), {company}));
    entities.push_back(Of(Numbered("Zone", i), {site}));
  }
  for (int i = 0; i < requests; ++i) {
    const auto team = static_cast<int>(int64_t{i} * kStride % links);
    entities.push_back(Of(Numbered("Person", i), {Numbered("Team", team)}));
    entities.push_back(Of(Numbered("Door", i), {Numbered("Zone", team)}));
    // Names of its own, as in a request that came from outside.
    world.requests.push_back({Numbered("Person", i), EntityUid("Action", "enter"), Numbered("Door", i)});
  }
  world.entities = Store(std::move(entities));
  return world;
}

World Chain(int levels) {
  World world;
  world.name = absl::StrCat("person and door below ", levels, " groups");
  world.policies = Parse(absl::StrCat(OtherPolicies(), "permit(principal in Group::\"", levels - 1,
                                      "\", action == Action::\"enter\", resource in Zone::\"", levels - 1, "\");"));
  const EntityUid person("Person", "ann"), door("Door", "main");
  std::vector<Entity> entities;
  AddChain(Of(person), "Group", levels, &entities);
  AddChain(Of(door), "Zone", levels, &entities);
  world.entities = Store(std::move(entities));
  world.requests = {{person, Enter(), door}};
  return world;
}

World FanOut(int groups) {
  World world;
  world.name = absl::StrCat("person in ", groups, " groups");
  world.policies = Parse(absl::StrCat(OtherPolicies(), "permit(principal in Group::\"", groups / 2,
                                      "\", action == Action::\"enter\", resource);"));
  const EntityUid door("Door", "main");
  Entity person = Of(EntityUid("Person", "ann"));
  std::vector<Entity> entities = {Of(door)};
  for (int i = 0; i < groups; ++i) {
    entities.push_back(Of(Numbered("Group", i)));
    person.parents.push_back(entities.back().uid);
  }
  world.requests = {{person.uid, Enter(), door}};
  entities.push_back(std::move(person));
  world.entities = Store(std::move(entities));
  return world;
}

std::string PolicyTexts(int policies) {
  std::string text;
  for (int i = 0; i < policies; ++i) {
    absl::StrAppend(&text, "permit(principal in Role::\"role-", i % 1000,
                    "\", action == Action::\"enter\", resource in Area::\"", i,
                    "\")\nwhen { principal.clearance >= ", i % 4, " && resource.open };\n");
  }
  return text;
}

cedar::EntityStore Slice(const cedar::EntityStore& entities, const cedar::Request& request) {
  absl::flat_hash_set<EntityUid> seen;
  std::vector<EntityUid> open = {request.principal, request.action, request.resource};
  std::vector<Entity> slice;
  while (!open.empty()) {
    const EntityUid uid = std::move(open.back());
    open.pop_back();
    const Entity* entity = entities.Find(uid);
    if (entity == nullptr || !seen.insert(uid).second) continue;
    slice.push_back(*entity);
    open.insert(open.end(), entity->parents.begin(), entity->parents.end());
    for (const cedar::RecordField& attribute : entity->attributes) {
      if (attribute.value.is_entity()) open.push_back(attribute.value.entity_value());
    }
  }
  return Store(std::move(slice));
}

}  // namespace sallyport::bench
