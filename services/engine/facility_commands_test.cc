#include "engine/facility_commands.h"

#include "engine/door_commands.h"
#include "engine/facility_test_util.h"
#include "gmock/gmock.h"
#include "quarantine/workflow.h"

namespace sallyport::engine {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class FacilityCommands : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
    ASSERT_TRUE(Do(*engine_, ActivatePolicies(RealPolicies())).ok());
    ASSERT_EQ(ApplyNow(SmallCompany()), absl::OkStatus());
  }
  absl::Status ApplyNow(const facility::Document& document) { return Do(*engine_, ApplyDocument(document)).status(); }

  // Runs `change` on the engine; it must succeed.
  template <class F>
  void Change(F change) {
    const auto done = Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
      change(transaction.state());
      transaction.Record(ChangeEvent{"test.changed", "", {}, {}, {}});
      return std::string();
    });
    ASSERT_TRUE(done.ok()) << done.status();
  }
  std::string Read(const std::string& point, const std::string& card) {
    access::Presented presented;
    presented.access_point = AccessPointId(point);
    presented.credential = CredentialId(card);
    const auto answer = Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_ASSIGN_OR_RETURN(const Authorized authorized, Authorize(transaction, presented));
      return authorized.decision.event.reason;
    });
    return answer.ok() ? *answer : answer.status().ToString();
  }
  std::vector<record::v1::Record> RecordsFrom(uint64_t first) {
    std::vector<record::v1::Record> out;
    for (uint64_t i = first; i < size(); ++i) out.push_back(RecordAt(engine_.store(), i));
    return out;
  }
  uint64_t size() { return engine_->snapshot()->log_size; }
  facility::State facility() { return engine_.state().facility; }

  TestEngine engine_;
};

template <class Things, class IdText>
void Remove(Things& things, const IdText& id) {
  std::erase_if(things, [&](const auto& thing) { return thing.id.value() == id; });
}

facility::Document Without(const std::string& area) {
  facility::Document out = SmallCompany();
  Remove(out.areas, area);
  std::erase_if(out.access_points,
                [&](const auto& point) { return point.from.value() == area || point.to.value() == area; });
  std::erase_if(out.levels, [&](const auto& level) { return level.entries[0].area.value() == area; });
  for (facility::Person& person : out.people) {
    std::erase_if(person.levels, [&](const auto& grant) { return grant.level.value() == area; });
  }
  return out;
}

std::map<std::string, std::string> Facts(const google::protobuf::RepeatedPtrField<record::v1::Fact>& facts) {
  std::map<std::string, std::string> out;
  for (const auto& fact : facts) out[fact.name()] = fact.value();
  return out;
}

TEST_F(FacilityCommands, ApplyingIsRecordedWithCountsAndEachPerson) {
  const auto records = RecordsFrom(3);  // genesis, policy.proposed, policy.activated
  std::vector<std::string> actions;
  for (const auto& record : records) actions.push_back(record.change().action());
  EXPECT_THAT(actions, ElementsAre("facility.applied", "person.created", "person.created", "credential.issued",
                                   "credential.issued"));
  EXPECT_EQ(records[0].change().object(), SmallCompany().hash);
  const auto counts = Facts(records[0].change().facts());
  EXPECT_THAT(counts, Contains(Pair("area_add", "4")));
  EXPECT_THAT(counts, Contains(Pair("access_point_add", "6")));
  EXPECT_THAT(counts, Contains(Pair("person_add", "2")));
  EXPECT_THAT(counts, Contains(Pair("credential_add", "2")));
  for (size_t i = 1; i < records.size(); ++i) {
    EXPECT_FALSE(records[i].subject_ref().empty());
    EXPECT_EQ(records[i].commitment().size(), 32u);
    EXPECT_EQ(Facts(records[i].change().facts())["document"], SmallCompany().hash);
  }
}

TEST_F(FacilityCommands, ApplyingTheSameAgainChangesNothing) {
  const auto before = Dump(engine_.state());
  const uint64_t size_before = size();
  ASSERT_EQ(ApplyNow(SmallCompany()), absl::OkStatus());
  EXPECT_THAT(Differences(Dump(engine_.state()), before), IsEmpty());
  ASSERT_EQ(size(), size_before + 1);
  EXPECT_THAT(Facts(RecordAt(engine_.store(), size_before).change().facts()), IsEmpty());
}

TEST_F(FacilityCommands, OnlyWhoChangedIsRecorded) {
  facility::Document document = SmallCompany();
  document.people[1].department = "Mathematics";
  const uint64_t first = size();
  const std::string pseudonym = facility().people.Find(PersonId("bob"))->subject_ref;
  ASSERT_EQ(ApplyNow(document), absl::OkStatus());
  const auto records = RecordsFrom(first);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].change().action(), "person.updated");
  EXPECT_EQ(records[1].subject_ref(), pseudonym);
  EXPECT_EQ(facility().people.Find(PersonId("bob"))->subject_ref, pseudonym);
  EXPECT_EQ(facility().people.Find(PersonId("bob"))->department, "Mathematics");
}

TEST_F(FacilityCommands, NewLevelsOpenDoorsAtOnce) {
  EXPECT_EQ(Read("lab-in", "card-bob"), "NO_ACCESS_LEVEL");
  facility::Document document = SmallCompany();
  document.people[1].levels.push_back({AccessLevelId("lab")});
  ASSERT_EQ(ApplyNow(document), absl::OkStatus());
  EXPECT_EQ(Read("lab-in", "card-bob"), "GRANTED");

  document.levels[1].entries = {{AreaId("lobby"), {}, {}, {}}};  // the level no longer opens the lab
  ASSERT_EQ(ApplyNow(document), absl::OkStatus());
  EXPECT_EQ(Read("lab-in", "card-bob"), "NO_ACCESS_LEVEL");
}

// ---- what stands in the way

TEST_F(FacilityCommands, AnAreaWithPeopleStays) {
  Change([](State& state) {
    state.access.presence.Put(PersonId("ada"), {AreaId("lab"), absl::UnixEpoch(), AccessPointId("lab-in")});
  });
  const auto before = Dump(engine_.state());
  const absl::Status refused = ApplyNow(Without("lab"));
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "AREA_OCCUPIED");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("\"lab\""));
  EXPECT_THAT(Differences(Dump(engine_.state()), before), IsEmpty());

  Change([](State& state) { state.access.presence.Erase(PersonId("ada")); });
  EXPECT_EQ(ApplyNow(Without("lab")), absl::OkStatus());
  EXPECT_FALSE(facility().areas.Contains(AreaId("lab")));
}

TEST_F(FacilityCommands, AnAreaWithinAnotherIsNotOutside) {
  facility::Document document = SmallCompany();
  facility::Area desk;  // on the floor of the area around it
  desk.id = AreaId("desk");
  desk.parent = AreaId("lobby");
  document.areas.push_back(desk);
  ASSERT_EQ(ApplyNow(document), absl::OkStatus());
  Change([](State& state) { state.access.presence.Put(PersonId("ada"), {AreaId("desk"), absl::UnixEpoch(), {}}); });
  EXPECT_EQ(ReasonOf(ApplyNow(SmallCompany())), "AREA_OCCUPIED");
  EXPECT_FALSE(IsOutside(facility(), AreaId("desk")));
  EXPECT_TRUE(IsOutside(facility(), AreaId("outside")));
}

TEST_F(FacilityCommands, WhoIsOutsideStandsInNobodysWay) {
  Change([](State& state) {
    state.access.presence.Put(PersonId("ada"), {AreaId("outside"), absl::UnixEpoch(), AccessPointId("main-out")});
    state.access.recent.Put(AccessPointId("main-in"), {{{PersonId("ada"), absl::UnixEpoch(), false}}});
    state.access.pairs.Put(AccessPointId("main-in"), {PersonId("ada"), absl::UnixEpoch()});
  });
  EXPECT_EQ(ApplyNow(Without("outside")), absl::OkStatus());
  const State state = engine_.state();
  EXPECT_TRUE(state.access.presence.empty());
  EXPECT_TRUE(state.access.recent.empty());
  EXPECT_TRUE(state.access.pairs.empty());
}

TEST_F(FacilityCommands, ASlotWithADeviceStays) {
  Change([](State& state) {
    quarantine::Slot slot;
    slot.locker = LockerId("L1");
    slot.number = 3;
    slot.device = DeviceId("phone");
    state.quarantine.slots.Put(quarantine::SlotKey(slot.locker, slot.number), slot);
  });
  facility::Document smaller = SmallCompany();
  smaller.lockers[0].slots = 2;
  facility::Document none = SmallCompany();
  none.lockers.clear();
  for (const facility::Document& document : {smaller, none}) {
    const absl::Status refused = ApplyNow(document);
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(refused), "DEVICE_IN_CUSTODY");
    EXPECT_THAT(std::string(refused.message()), HasSubstr("L1/3"));
  }
  smaller.lockers[0].slots = 3;
  EXPECT_EQ(ApplyNow(smaller), absl::OkStatus());
}

TEST_F(FacilityCommands, AnAreaWithAVisitStaysAnInterviewArea) {
  Change([](State& state) {
    quarantine::Visit visit;
    visit.id = VisitId("v1");
    visit.area = AreaId("interview");
    state.quarantine.visits.Put(visit.id, visit);
  });
  facility::Document no_interviews = SmallCompany();
  for (facility::Area& area : no_interviews.areas) area.interview = false;
  for (const facility::Document& document : {no_interviews, Without("interview")}) {
    const absl::Status refused = ApplyNow(document);
    EXPECT_EQ(ReasonOf(refused), "VISIT_PLANNED");
    EXPECT_THAT(std::string(refused.message()), HasSubstr("\"v1\""));
  }
  Change([](State& state) {
    quarantine::Visit visit = *state.quarantine.visits.Find(VisitId("v1"));
    visit.state = quarantine::VisitState::kClosed;
    state.quarantine.visits.Put(visit.id, visit);
  });
  EXPECT_EQ(ApplyNow(Without("interview")), absl::OkStatus());
}

// ---- modes

TEST_F(FacilityCommands, DoorModes) {
  const auto set = [&](const char* point, facility::DoorMode mode) {
    return Do(*engine_,
              [&](Transaction& transaction) -> absl::StatusOr<std::string> {
                SP_RETURN_IF_ERROR(SetDoorMode(transaction, AccessPointId(point), mode).status());
                return std::string();
              })
        .status();
  };
  EXPECT_EQ(set("nowhere", facility::DoorMode::kUnlocked).code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(set("main-in", facility::DoorMode::kLockedDown), absl::OkStatus());
  const auto record = RecordAt(engine_.store(), size() - 1).change();
  EXPECT_EQ(record.action(), "door_mode.set");
  EXPECT_EQ(record.object(), "main-in");
  EXPECT_EQ(Facts(record.facts()),
            (std::map<std::string, std::string>{{"before", "normal"}, {"after", "locked_down"}}));
  EXPECT_EQ(Read("main-in", "card-ada"), "DOOR_LOCKED_DOWN");
  ASSERT_EQ(ApplyNow(SmallCompany()), absl::OkStatus());  // a mode is not the document's
  EXPECT_EQ(Read("main-in", "card-ada"), "DOOR_LOCKED_DOWN");
  ASSERT_EQ(set("main-in", facility::DoorMode::kNormal), absl::OkStatus());
  EXPECT_EQ(Read("main-in", "card-ada"), "GRANTED");
}

TEST_F(FacilityCommands, ThreatLevels) {
  Change([](State& state) { state.access.pairs.Put(AccessPointId("lab-in"), {PersonId("ada"), absl::UnixEpoch()}); });
  const auto set = [&](const char* site, facility::ThreatLevel level) {
    return Do(*engine_,
              [&](Transaction& transaction) -> absl::StatusOr<std::string> {
                SP_RETURN_IF_ERROR(SetThreatLevel(transaction, SiteId(site), level).status());
                return std::string();
              })
        .status();
  };
  EXPECT_EQ(set("moon", facility::ThreatLevel::kLockdown).code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(set("hq", facility::ThreatLevel::kLockdown), absl::OkStatus());
  EXPECT_TRUE(engine_.state().access.pairs.empty());
  EXPECT_EQ(Read("main-in", "card-ada"), "THREAT_LEVEL");
  EXPECT_EQ(Read("main-out", "card-ada"), "GRANTED");  // leaving is free
  EXPECT_EQ(RecordAt(engine_.store(), size() - 3).change().action(), "threat_level.set");
}

TEST_F(FacilityCommands, VisualSecurity) {
  const auto set = [&](const char* area, bool confirmed) {
    return Do(*engine_,
              [&](Transaction& transaction) -> absl::StatusOr<std::string> {
                SP_RETURN_IF_ERROR(SetVisualSecurity(transaction, AreaId(area), confirmed).status());
                return std::string();
              })
        .status();
  };
  EXPECT_EQ(set("moon", true).code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(set("interview", true), absl::OkStatus());
  EXPECT_TRUE(facility().areas.Find(AreaId("interview"))->visual_security_confirmed);
  EXPECT_EQ(facility().areas.Find(AreaId("interview"))->visual_security_at, engine_.clock.Now());
  ASSERT_EQ(set("interview", false), absl::OkStatus());
  EXPECT_FALSE(facility().areas.Find(AreaId("interview"))->visual_security_confirmed);
}

}  // namespace
}  // namespace sallyport::engine
