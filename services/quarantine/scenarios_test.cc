// The written scenarios of the interview floor, as far as this room decides them: what a door asks (facts.h), which the
// policies turn into the reasons named in the comments.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quarantine/limits.h"
#include "quarantine/test_world.h"

namespace sallyport::quarantine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

using testing::Fingerprint;
using testing::kEnd;
using testing::kStart;
using testing::Passport;

class ScenarioTest : public testing::World {
 protected:
  // What the policies permit to a candidate.
  static bool MayEnter(const DoorFacts& facts) {
    return facts.active && facts.cleared && facts.devices_in_custody && !facts.incident;
  }
};

TEST_F(ScenarioTest, S1_BeforeCheckIn) {  // QUARANTINE_INCOMPLETE
  Create();
  now_ = kStart - absl::Minutes(5);
  const DoorFacts facts = Facts();
  EXPECT_TRUE(facts.expected);
  EXPECT_FALSE(facts.active);
  EXPECT_TRUE(facts.scheduled_now);
  EXPECT_FALSE(facts.cleared);
  EXPECT_TRUE(facts.devices_in_custody);
  EXPECT_FALSE(facts.incident);
  EXPECT_EQ(facts.participant_state, "EXPECTED");
}

TEST_F(ScenarioTest, S2_DeclaredButNotSealed) {  // DEVICE_NOT_QUARANTINED
  Reach(kDeclared);
  EXPECT_TRUE(Facts().active);
  EXPECT_TRUE(Facts().devices_declared);
  EXPECT_FALSE(Facts().devices_in_custody);
  ASSERT_TRUE(Screen().ok());
  ASSERT_TRUE(Seal().ok());
  EXPECT_FALSE(Facts().devices_in_custody);  // sealed is not yet proven to be silent
}

TEST_F(ScenarioTest, S3_S4_ClearedNamesTheEscort) {  // GRANT with Han, ESCORT_REQUIRED alone
  Reach(kCleared);
  EXPECT_TRUE(MayEnter(Facts()));
  EXPECT_EQ(Facts().host, PersonId("han"));
  EXPECT_EQ(Facts().visit, "v-1");
  EXPECT_EQ(Facts().participant_state, "CLEARED");
}

TEST_F(ScenarioTest, S5_AttenuationTooLow) {
  Reach(kSealed);
  ASSERT_FALSE(Probe(41)->passed);
  const std::string before = Fingerprint(state_);
  const absl::Status status = Clear();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  for (const char* part : {"phone", "2.4 GHz", "41 dB", "60 dB required"}) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  }
  EXPECT_EQ(Fingerprint(state_), before);
}

TEST_F(ScenarioTest, S6_TwoFailedProbesTakeTheSlotOutOfService) {
  Reach(kScreened);
  ASSERT_TRUE(Seal("1001", 4).ok());
  ASSERT_FALSE(Probe(41)->passed);
  ASSERT_FALSE(Probe(42)->passed);
  EXPECT_THAT(Happened(), Contains("!SLOT_OUT_OF_SERVICE"));
  ASSERT_TRUE(Seal("1001", 3).ok());  // elsewhere it may go
  ASSERT_FALSE(Probe(41)->passed);
  const absl::Status status = Seal("1001", 4);
  EXPECT_EQ(ReasonOf(status), kSlotOutOfService);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ScenarioTest, S7_AWatchThatWasNotDeclared) {  // QUARANTINE_INCIDENT until resolved and in custody
  Create();
  ASSERT_TRUE(CheckIn().ok());
  ASSERT_TRUE(DeclareNone().ok());
  const auto found = Screen(ScreeningResult::kFound);
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->incident.empty());
  EXPECT_EQ(state_.incidents.Find(found->incident)->kind, IncidentKind::kUndeclaredDevice);
  EXPECT_TRUE(Facts().incident);
  ASSERT_TRUE(Declare("watch", "cho", DeviceKind::kWatch).ok());
  ASSERT_TRUE(Screen().ok());
  EXPECT_EQ(ReasonOf(Clear()), kQuarantineIncident);
  ResolveIncidents();
  EXPECT_FALSE(Facts().incident);
  EXPECT_EQ(ReasonOf(Clear()), kDeviceNotQuarantined);
  ASSERT_TRUE(Seal("1001", 1, "watch").ok());
  ASSERT_TRUE(Probe(78, "watch").ok());
  ASSERT_TRUE(Clear().ok());
  EXPECT_TRUE(MayEnter(Facts()));
}

TEST_F(ScenarioTest, S8_ASealOfLastMonth) {
  Reach(kEnded);
  ASSERT_TRUE(Release()->released);
  ASSERT_TRUE(Close(true).ok());
  visit_ = VisitId("v-2");
  const absl::Duration month = absl::Hours(24 * 30);
  now_ += month;
  const CreateVisitRequest request{visit_,         AreaId("interview"), PersonId("han"),
                                   kStart + month, kEnd + month,        {{PersonId("dae"), Role::kCandidate}}};
  ASSERT_TRUE(CreateVisit(context(), state_, request).ok());
  ASSERT_TRUE(CheckIn("dae").ok());
  ASSERT_TRUE(Declare("phone-2", "dae").ok());
  ASSERT_TRUE(RecordSelfTest(context(), state_, LockerId("L1"), true).ok());
  const absl::Status status = Seal("1001", 1, "phone-2");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("device phone of visit v-1 in slot L1/1"));
  EXPECT_TRUE(Seal("1002", 1, "phone-2").ok());
}

TEST_F(ScenarioTest, S9_S10_LeavingIsNeverRefusedAndReEntryIs) {
  Reach(kInside);
  State next = state_;  // as the incidents of slots and lockers are reported, by hand
  Visit visit_now = visit();
  Incident incident;
  incident.id = IncidentId("i-1");
  incident.kind = IncidentKind::kSlotOpenedWhileOccupied;
  incident.visit = visit_;
  incident.person = PersonId("cho");
  incident.device = DeviceId("phone");
  visit_now.incidents.push_back(incident.id);
  next.incidents.Put(incident.id, incident);
  next.visits.Put(visit_, visit_now);
  state_ = next;
  EXPECT_TRUE(Facts().incident);
  Leave();
  EXPECT_EQ(participant().state, ParticipantState::kOutside);
  EXPECT_FALSE(MayEnter(Facts()));
  Enter();  // whatever the door did
  EXPECT_NE(participant().state, ParticipantState::kInside);
}

TEST_F(ScenarioTest, S11_NoReleaseToWhoIsInside) {
  Reach(kEndedInside);
  EXPECT_EQ(ReasonOf(Release().status()), kParticipantInside);
  Leave();
  EXPECT_TRUE(Release()->released);
}

TEST_F(ScenarioTest, S12_S27_CustodyEndsOnce) {
  Reach(kEnded);
  EXPECT_TRUE(Release()->released);
  EXPECT_EQ(device().state, DeviceState::kReturned);
  const absl::Status second = Release().status();  // the other officer
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  const auto happened = Happened();
  EXPECT_EQ(std::count(happened.begin(), happened.end(), "device.returned"), 1);
}

TEST_F(ScenarioTest, S13_SomebodyElseWithTheTicket) {
  Reach(kEnded);
  const auto outcome = Release("1001", "dae");
  ASSERT_TRUE(outcome.ok());
  EXPECT_FALSE(outcome->released);
  EXPECT_EQ(outcome->reason, "WRONG_PERSON_AT_RELEASE");
  EXPECT_THAT(Happened(), Contains("!WRONG_PERSON_AT_RELEASE"));
  EXPECT_TRUE(device().in_custody());
  EXPECT_EQ(outcome->message.find("dae"), std::string::npos);
  ResolveIncidents();
  EXPECT_TRUE(Release()->released);
}

TEST_F(ScenarioTest, S14_AnotherSealThanRecorded) {
  Reach(kScreened);
  ASSERT_TRUE(Seal("1002").ok());
  ASSERT_TRUE(Probe().ok());
  ASSERT_TRUE(Clear().ok());
  const auto outcome = Release("1003");
  ASSERT_TRUE(outcome.ok());
  EXPECT_FALSE(outcome->released);
  EXPECT_EQ(outcome->reason, "SEAL_MISMATCH");
  EXPECT_EQ(device().state, DeviceState::kIncident);
  EXPECT_EQ(ReasonOf(Release("1002").status()), kQuarantineIncident);
  EXPECT_FALSE(MayEnter(Facts()));
}

TEST_F(ScenarioTest, S15_LeavesTheBuildingWithADeviceInCustody) {
  Reach(kInside);
  Leave("cho", "lobby", true);
  EXPECT_EQ(participant().state, ParticipantState::kOutside);
  EXPECT_EQ(participant().left_building_at, now_);
  EXPECT_THAT(Happened(), Contains("!LEFT_WITHOUT_DEVICE"));
  const AlarmEvent alarm = std::get<AlarmEvent>(events_.back());
  EXPECT_EQ(alarm.object, "phone");
  EXPECT_EQ(alarm.person, PersonId("cho"));
}

TEST_F(ScenarioTest, S18_BlindsSensorSilent) {  // VISUAL_SECURITY_OPEN at the door is the access room's
  Reach(kCleared);
  ChangeArea("interview", [](auto& area) { area.visual_security_seconds_max = 900; });
  now_ = kStart + absl::Seconds(900);
  EXPECT_TRUE(Start().ok());
  ChangeArea("interview", [](auto& area) { area.visual_security_at = kStart - absl::Seconds(1); });
  now_ = kStart + absl::Seconds(900);
  Visit open = visit();
  open.state = VisitState::kOpen;
  state_.visits.Put(visit_, open);
  EXPECT_EQ(ReasonOf(Start()), kVisualSecurityOpen);
}

TEST_F(ScenarioTest, S19_CancellingWithAPhoneInCustody) {
  Reach(kSealed);
  EXPECT_EQ(ReasonOf(CancelVisit(context(), state_, visit_, "turned remote")), kDeviceInCustody);
  ASSERT_TRUE(Release()->released);
  EXPECT_TRUE(CancelVisit(context(), state_, visit_, "turned remote").ok());
  EXPECT_FALSE(Facts().active);
}

TEST_F(ScenarioTest, S20_AfterTheEnd) {  // VISIT_NOT_ACTIVE
  Reach(kEnded);
  now_ = kEnd + absl::Minutes(20);
  EXPECT_FALSE(Facts().active);
  EXPECT_FALSE(Facts().scheduled_now);
  EXPECT_EQ(Facts().visit, "v-1");
}

TEST_F(ScenarioTest, TheWindowClosesTheDoorsByItself) {
  Reach(kStarted);
  now_ = kEnd + kGrace - absl::Seconds(1);
  EXPECT_TRUE(MayEnter(Facts()));
  now_ = kEnd + kGrace;
  EXPECT_FALSE(MayEnter(Facts()));
}

TEST_F(ScenarioTest, S29_AnInterviewersOwnPhone) {  // DEVICE_NOT_QUARANTINED; elsewhere the levels hold
  Reach(kCleared, "secret");
  EXPECT_FALSE(Facts("ito", "secret").devices_declared);
  ASSERT_TRUE(CheckIn("ito").ok());
  ASSERT_TRUE(Declare("phone-ito", "ito").ok());
  EXPECT_TRUE(Facts("ito", "secret").devices_declared);
  EXPECT_FALSE(Facts("ito", "secret").devices_in_custody);
  ASSERT_TRUE(Seal("1005", 2, "phone-ito").ok());
  ASSERT_TRUE(Probe(80, "phone-ito").ok());
  EXPECT_TRUE(Facts("ito", "secret").devices_in_custody);
  EXPECT_TRUE(Facts("ito", "research").visit.empty());
}

TEST_F(ScenarioTest, SomebodyWithoutAVisit) {
  Create();
  const DoorFacts facts = Facts("jung");
  EXPECT_FALSE(facts.expected || facts.active || facts.scheduled_now || facts.cleared);
  EXPECT_TRUE(facts.visit.empty());
  EXPECT_TRUE(facts.host.empty());
}

TEST_F(ScenarioTest, AmongSeveralVisitsTheActiveOneCounts) {
  Reach(kCleared);
  Create("interview", "v-9");  // at the same time, not opened
  EXPECT_EQ(Facts().visit, "v-1");
  EXPECT_TRUE(MayEnter(Facts()));
}

}  // namespace
}  // namespace sallyport::quarantine
