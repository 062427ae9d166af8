#include "access/place.h"

#include <gtest/gtest.h>

#include "access/access_test_util.h"
#include "access/limits.h"

namespace sallyport::access {
namespace {

class PlaceTest : public testing::Test {
 protected:
  Place At(const std::string& door) const {
    return PlaceOf(house_.facility, *house_.facility.access_points.Find(AccessPointId(door)));
  }
  House house_;
};

TEST_F(PlaceTest, AnInnerAreaHasWhatTheOuterOnesAskFor) {
  house_.Area("compute", [](facility::Area& area) {
    area.clearance_min = 1;
    area.project = "cluster";
    area.visual_security = true;
  });
  const Place place = At("compute-in");
  EXPECT_EQ(place.area().id, AreaId("compute"));
  EXPECT_TRUE(place.requirements.restricted);
  EXPECT_TRUE(place.requirements.visual_security);
  EXPECT_EQ(place.requirements.clearance_min, 2);     // the higher
  EXPECT_EQ(*place.requirements.project, "cluster");  // the inner
  EXPECT_EQ(*place.requirements.briefing, "lab");
  EXPECT_TRUE(place.requirements.two_person);
  EXPECT_FALSE(RequirementsOf(ChainOf(house_.facility, AreaId("research"))).visual_security);
}

TEST_F(PlaceTest, ARoomInAHallForPairsIsEnteredAsItSaysItself) {
  house_.Area("interview", [](facility::Area& area) { area.parent = AreaId("compute"); });
  EXPECT_FALSE(At("interview-in").requirements.two_person);
  EXPECT_EQ(At("interview-in").requirements.clearance_min, 2);
}

TEST_F(PlaceTest, TheInterviewAreaIsTheInnermost) {
  EXPECT_EQ(At("research-in").interview, nullptr);
  EXPECT_EQ(At("interview-in").interview->id, AreaId("interview"));
  house_.Area("compute", [](facility::Area& area) { area.parent = AreaId("interview"); });
  EXPECT_EQ(At("compute-in").interview->id, AreaId("interview"));
}

TEST_F(PlaceTest, Nesting) {
  const facility::State& facility = house_.facility;
  EXPECT_TRUE(IsWithin(facility, AreaId("compute"), AreaId("research")));
  EXPECT_TRUE(IsWithin(facility, AreaId("compute"), AreaId("compute")));
  EXPECT_FALSE(IsWithin(facility, AreaId("research"), AreaId("compute")));
  EXPECT_FALSE(IsWithin(facility, AreaId("nowhere"), AreaId("compute")));
}

TEST_F(PlaceTest, ACircleOfAreasEnds) {
  house_.Area("research", [](facility::Area& area) { area.parent = AreaId("compute"); });
  EXPECT_EQ(ChainOf(house_.facility, AreaId("compute")).size(), static_cast<size_t>(kAreaDepthMax));
}

TEST_F(PlaceTest, TheOutsideBelongsToTheSiteBehindTheDoor) {
  facility::Site other;
  other.id = SiteId("annex");
  other.time_zone = "Europe/Paris";
  other.threat_level = facility::ThreatLevel::kElevated;
  house_.facility.sites.Put(other.id, other);
  const Place out = At("main-out");
  EXPECT_EQ(out.floor, nullptr);
  ASSERT_NE(out.site, nullptr);
  EXPECT_EQ(out.site->id, SiteId("hq"));
  EXPECT_EQ(out.zone.name(), "Asia/Seoul");
  EXPECT_EQ(out.threat_level, facility::ThreatLevel::kNormal);

  house_.Door("main-out", [](facility::AccessPoint& door) { door.from = AreaId("outside"); });
  EXPECT_EQ(At("main-out").site, nullptr);
  EXPECT_EQ(At("main-out").threat_level, facility::ThreatLevel::kElevated);
  EXPECT_EQ(At("main-out").zone, absl::UTCTimeZone());
}

TEST_F(PlaceTest, BlindsCountOnlyWhileTheirConfirmationIsFresh) {
  const absl::Time confirmed = Seoul("2026-03-02 14:25:00");
  const AreaChain chain = ChainOf(house_.facility, AreaId("interview"));
  EXPECT_TRUE(BlindsDown(chain, confirmed));
  EXPECT_TRUE(BlindsDown(chain, confirmed + absl::Seconds(900)));
  EXPECT_FALSE(BlindsDown(chain, confirmed + absl::Seconds(901)));
  EXPECT_TRUE(BlindsDown(ChainOf(house_.facility, AreaId("lobby")), confirmed));
  house_.Area("interview", [](facility::Area& area) { area.visual_security_confirmed = false; });
  EXPECT_FALSE(BlindsDown(ChainOf(house_.facility, AreaId("interview")), confirmed));
}

}  // namespace
}  // namespace sallyport::access
