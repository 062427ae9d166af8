#include "access/entities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_test_util.h"
#include "cedar/entity_store.h"

namespace sallyport::access {
namespace {

using cedar::EntityUid;
using cedar::Value;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using Lookup = cedar::EntitySource::Lookup;

class EntitiesTest : public testing::Test {
 protected:
  FacilityEntities For(const std::string& person, const std::string& door,
                       FacilityEntities::Schedules schedules = FacilityEntities::Schedules::kAsTheyAre) {
    place_ = PlaceOf(house_.facility, *house_.facility.access_points.Find(AccessPointId(door)));
    return FacilityEntities(house_.facility, names_, actions_, place_, *house_.facility.people.Find(PersonId(person)),
                            house_.now, schedules);
  }
  static std::string Get(const FacilityEntities& entities, const EntityUid& entity, absl::string_view name) {
    Value value;
    switch (entities.Attribute(entity, name, &value)) {
      case Lookup::kFound:
        return value.ToString();
      case Lookup::kNotFound:
        return "not found";
      case Lookup::kNoEntity:
        return "no entity";
    }
    return "";
  }
  static std::vector<std::string> Ancestors(const FacilityEntities& entities, const EntityUid& entity) {
    std::vector<std::string> out;
    entities.ForEachAncestor(entity, [&](const EntityUid& each) {
      out.push_back(each.ToString());
      EXPECT_TRUE(entities.IsDescendant(entity, each));
    });
    return out;
  }
  House house_;
  EntityNames names_{house_.facility};
  const cedar::EntityStore actions_;
  Place place_;
};

TEST_F(EntitiesTest, APersonsAttributes) {
  house_.Person("park", [](facility::Person& person) { person.department = "physics"; });
  const FacilityEntities entities = For("park", "research-in");
  const EntityUid& park = entities.principal();
  EXPECT_EQ(park.ToString(), R"(Person::"park")");
  EXPECT_EQ(Get(entities, park, "kind"), R"("employee")");
  EXPECT_EQ(Get(entities, park, "staff"), "true");
  EXPECT_EQ(Get(entities, park, "department"), R"("physics")");
  EXPECT_EQ(Get(entities, park, "clearance"), "2");
  EXPECT_EQ(Get(entities, park, "projects"), R"(["atlas"])");
  EXPECT_EQ(Get(entities, park, "ndaUntil"), "not found");
  EXPECT_EQ(Get(entities, park, "name"), "not found");
  Value given;
  EXPECT_EQ(entities.Tag(park, "lab", &given), Lookup::kFound);
  EXPECT_EQ(given, Datetime(Seoul("2026-01-05 10:00:00")));
  EXPECT_EQ(entities.Tag(park, "fire", &given), Lookup::kNotFound);
  EXPECT_EQ(entities.Tag(EntityUid("Person", "nobody"), "lab", &given), Lookup::kNoEntity);
  EXPECT_EQ(Get(entities, EntityUid("Person", "cho"), "staff"), "false");
}

TEST_F(EntitiesTest, AnAreaHasWhatHoldsThere) {
  const FacilityEntities entities = For("park", "compute-in");
  const EntityUid compute("Area", "compute");
  EXPECT_EQ(Get(entities, entities.resource(), "area"), compute.ToString());
  EXPECT_EQ(Get(entities, entities.resource(), "from"), R"(Area::"research")");
  EXPECT_EQ(Get(entities, compute, "clearanceMin"), "2");
  EXPECT_EQ(Get(entities, compute, "briefing"), R"("lab")");
  EXPECT_EQ(Get(entities, compute, "twoPerson"), "true");
  EXPECT_EQ(Get(entities, EntityUid("Area", "research"), "twoPerson"), "false");
  EXPECT_EQ(Get(entities, EntityUid("Area", "lobby"), "project"), "not found");
  EXPECT_EQ(Get(entities, EntityUid("Area", "nowhere"), "restricted"), "no entity");
}

TEST_F(EntitiesTest, WhatAnAccessPointLiesIn) {
  const FacilityEntities entities = For("park", "compute-in");
  EXPECT_THAT(Ancestors(entities, entities.resource()),
              ElementsAre(R"(Area::"compute")", R"(Area::"research")", R"(Floor::"f3")", R"(Site::"hq")"));
  EXPECT_THAT(Ancestors(entities, EntityUid("Area", "compute")),
              ElementsAre(R"(Area::"research")", R"(Floor::"f3")", R"(Site::"hq")"));
  EXPECT_THAT(Ancestors(entities, EntityUid("AccessPoint", "main-in")),
              ElementsAre(R"(Area::"lobby")", R"(Floor::"f1")", R"(Site::"hq")"));
  EXPECT_THAT(Ancestors(entities, EntityUid("Floor", "f3")), ElementsAre(R"(Site::"hq")"));
  EXPECT_FALSE(entities.IsDescendant(entities.resource(), EntityUid("Area", "lobby")));
}

TEST_F(EntitiesTest, LevelsAndTheirSchedules) {
  EXPECT_THAT(
      Ancestors(For("park", "main-in"), EntityUid("Person", "park")),
      UnorderedElementsAre(R"(AccessLevel::"staff")", R"(AccessLevel::"staff@office")", R"(AccessLevel::"research")"));
  EXPECT_FALSE(For("park", "main-in").off_schedule());
  EXPECT_THAT(Ancestors(For("cho", "main-in"), EntityUid("Person", "han")),
              UnorderedElementsAre(R"(AccessLevel::"staff")", R"(AccessLevel::"staff@office")"));

  house_.now = Seoul("2026-03-01 12:00:00");  // a Sunday
  EXPECT_THAT(Ancestors(For("han", "main-in"), EntityUid("Person", "han")), ElementsAre(R"(AccessLevel::"staff")"));
  EXPECT_TRUE(For("han", "main-in").off_schedule());
  EXPECT_THAT(Ancestors(For("han", "main-in", FacilityEntities::Schedules::kAssumeActive), EntityUid("Person", "han")),
              UnorderedElementsAre(R"(AccessLevel::"staff")", R"(AccessLevel::"staff@office")"));
  EXPECT_EQ(Get(For("han", "main-in"), EntityUid("Schedule", "office"), "active"), "false");
  EXPECT_EQ(Get(For("han", "main-in"), EntityUid("Schedule", "never"), "active"), "no entity");
}

TEST_F(EntitiesTest, SchedulesKeepTheSitesHolidays) {
  facility::Site site = *house_.facility.sites.Find(SiteId("hq"));
  site.holidays.insert(absl::CivilDay(2026, 3, 2));
  house_.facility.sites.Put(site.id, site);
  EXPECT_TRUE(For("han", "main-in").off_schedule());
}

TEST_F(EntitiesTest, NamesOlderThanTheFacilityAreHarmless) {
  names_ = EntityNames(facility::State());
  EXPECT_THAT(
      Ancestors(For("park", "compute-in"), EntityUid("Person", "park")),
      UnorderedElementsAre(R"(AccessLevel::"staff")", R"(AccessLevel::"staff@office")", R"(AccessLevel::"research")"));
  names_ = EntityNames(house_.facility);
  house_.facility.levels.Erase(AccessLevelId("research"));
  EXPECT_THAT(Ancestors(For("park", "compute-in"), EntityUid("Person", "park")),
              UnorderedElementsAre(R"(AccessLevel::"staff")", R"(AccessLevel::"staff@office")"));
}

TEST_F(EntitiesTest, WhatExists) {
  const FacilityEntities entities = For("park", "compute-in");
  for (const char* uid :
       {R"(Person::"park")", R"(Person::"cho")", R"(Area::"lobby")", R"(AccessPoint::"main-in")", R"(Floor::"f1")",
        R"(Site::"hq")", R"(Schedule::"office")", R"(AccessLevel::"staff")", R"(AccessLevel::"staff@office")"}) {
    EXPECT_TRUE(entities.Exists(*EntityUid::Parse(uid))) << uid;
  }
  for (const char* uid : {R"(Person::"lobby")", R"(Area::"park")", R"(Role::"administrator")", R"(AccessLevel::"no")",
                          R"(System::"sallyport")"}) {
    EXPECT_FALSE(entities.Exists(*EntityUid::Parse(uid))) << uid;
    EXPECT_TRUE(Ancestors(entities, *EntityUid::Parse(uid)).empty()) << uid;
  }
}

TEST(DatetimeTest, InfiniteTimesAreTheFirstAndTheLast) {
  EXPECT_EQ(Datetime(absl::FromUnixMillis(1234)), Value::Datetime(1234));
  EXPECT_EQ(Datetime(absl::InfinitePast()), Datetime(absl::FromCivil(absl::CivilYear(0), absl::UTCTimeZone())));
  EXPECT_EQ(Datetime(absl::InfiniteFuture()),
            Datetime(absl::FromCivil(absl::CivilYear(10000), absl::UTCTimeZone()) - absl::Milliseconds(1)));
}

}  // namespace
}  // namespace sallyport::access
