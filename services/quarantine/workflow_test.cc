#include "quarantine/workflow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "quarantine/limits.h"
#include "quarantine/test_world.h"

namespace sallyport::quarantine {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

using testing::kEnd;
using testing::kStart;
using testing::Passport;

// What each step does, and writes.
class WorkflowTest : public testing::World {};

TEST_F(WorkflowTest, TheStraightPathAndItsRecords) {
  Create();
  EXPECT_THAT(Happened(), ElementsAre("visit.created", "visit.invited", "visit.invited"));
  EXPECT_EQ(visit().state, VisitState::kScheduled);
  events_.clear();
  ASSERT_TRUE(CheckIn("cho", "V-1").ok());
  EXPECT_EQ(visit().state, VisitState::kOpen);
  EXPECT_EQ(participant().state, ParticipantState::kCheckedIn);
  ASSERT_TRUE(Declare().ok());
  EXPECT_EQ(participant().state, ParticipantState::kDeclared);
  ASSERT_TRUE(Screen().ok());
  EXPECT_EQ(participant().state, ParticipantState::kScreened);
  ASSERT_TRUE(Seal().ok());
  EXPECT_EQ(device().state, DeviceState::kSealed);
  ASSERT_TRUE(Probe()->passed);
  EXPECT_EQ(device().state, DeviceState::kVerified);
  ASSERT_TRUE(Clear().ok());
  EXPECT_EQ(participant().state, ParticipantState::kCleared);
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(visit().state, VisitState::kInInterview);
  Enter();
  EXPECT_EQ(participant().state, ParticipantState::kInside);
  ASSERT_TRUE(End().ok());
  EXPECT_EQ(visit().state, VisitState::kEnded);
  EXPECT_EQ(device().state, DeviceState::kVerified);  // not while its owner is inside
  Leave();
  EXPECT_EQ(participant().state, ParticipantState::kOutside);
  EXPECT_EQ(device().state, DeviceState::kReleaseReady);
  ASSERT_TRUE(Release()->released);
  EXPECT_EQ(device().state, DeviceState::kReturned);
  EXPECT_FALSE(device().in_custody());
  EXPECT_EQ(participant().state, ParticipantState::kReturned);
  EXPECT_EQ(*Close(true), VisitState::kClosed);
  EXPECT_THAT(Happened(), ElementsAre("visit.opened", "visit.checked_in", "device.declared", "visit.declared",
                                      "visit.screened", "device.sealed", "device.verified", "visit.cleared",
                                      "visit.started", "visit.entered", "visit.ended", "visit.left",
                                      "device.release_ready", "device.returned", "visit.returned", "visit.closed"));
}

TEST_F(WorkflowTest, NothingPersonalStandsInTheFacts) {
  Reach(kCreated);
  ASSERT_TRUE(CheckIn("cho", "V-1").ok());
  ASSERT_TRUE(Declare().ok());
  ASSERT_TRUE(Screen().ok());
  ASSERT_TRUE(Seal().ok());
  for (const Event& event : events_) {
    const StepEvent& step = std::get<StepEvent>(event);
    for (const auto& [name, value] : step.facts) {
      for (const char* word : {"cho", "K123", "PASSPORT", "black", "scratched", "watch", "V-1"}) {
        EXPECT_FALSE(absl::StrContains(value, word)) << step.action << " " << name << " " << value;
      }
    }
  }
}

TEST_F(WorkflowTest, TheHostTakesPartWhereStaffCustodyIs) {
  Create("secret");
  ASSERT_NE(FindParticipant(visit(), PersonId("han")), nullptr);
  Create("interview", "v-2");
  EXPECT_EQ(FindParticipant(*state_.visits.Find(VisitId("v-2")), PersonId("han")), nullptr);
}

TEST_F(WorkflowTest, StaffCustodyMeansEverybodyIsCleared) {
  Reach(kCleared, "secret");
  EXPECT_EQ(ReasonOf(Start()), kQuarantineIncomplete);
  for (const char* person : {"ito", "han"}) {
    ASSERT_TRUE(CheckIn(person, "", {DocumentKind::kBadge, "", CredentialId(absl::StrCat("badge-", person))}).ok());
    ASSERT_TRUE(DeclareNone(person).ok());
    ASSERT_TRUE(Screen(ScreeningResult::kPassed, person).ok());
    ASSERT_TRUE(Clear(person).ok());
  }
  EXPECT_TRUE(Start().ok());
}

TEST_F(WorkflowTest, AProbeThatFailsSuggestsAnotherSlotAndTheSecondTakesThisOneOutOfService) {
  Reach(kSealed);
  auto outcome = Probe(41);
  ASSERT_TRUE(outcome.ok());
  EXPECT_FALSE(outcome->passed);
  ASSERT_EQ(outcome->failures.size(), 1u);
  EXPECT_EQ(outcome->failures[0].band, "2.4 GHz");
  EXPECT_EQ(outcome->failures[0].attenuation_db, 41);
  EXPECT_EQ(outcome->failures[0].required_db, 60);
  EXPECT_EQ(outcome->suggested_slot, "L1/2");
  EXPECT_FALSE(outcome->slot_out_of_service);
  EXPECT_EQ(device().state, DeviceState::kSealed);
  outcome = Probe(59.9);
  EXPECT_TRUE(outcome->slot_out_of_service);
  EXPECT_THAT(Happened(), Contains("!SLOT_OUT_OF_SERVICE"));
  // Moved under its own seal, it is probed there; the old slot stays out of service.
  ASSERT_TRUE(Seal("1001", 2).ok());
  EXPECT_THAT(Happened(), Contains("device.moved"));
  EXPECT_TRUE(Probe(60)->passed);
  EXPECT_EQ(device().custody->slot, 2);
  ASSERT_TRUE(state_.slots.Find("L1/1")->device.empty());
  EXPECT_TRUE(state_.slots.Find("L1/1")->out_of_service);
}

TEST_F(WorkflowTest, ASealThatWasReplacedIsUsedUpAsWell) {
  Reach(kSealed);
  ASSERT_TRUE(Probe(10).ok());
  ASSERT_TRUE(Seal("1002", 2).ok());
  ASSERT_TRUE(Probe(10).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Seal("1001", 3)));
  EXPECT_TRUE(Seal("1002", 3).ok());
}

TEST_F(WorkflowTest, AProbeCountsFailuresInARow) {
  Reach(kSealed);
  EXPECT_FALSE(Probe(10)->slot_out_of_service);
  EXPECT_TRUE(Probe(78)->passed);
  EXPECT_FALSE(Probe(10)->slot_out_of_service);
}

TEST_F(WorkflowTest, AFailedProbeTakesTheClearanceAway) {
  Reach(kCleared);
  ASSERT_FALSE(Probe(10)->passed);
  EXPECT_EQ(device().state, DeviceState::kSealed);
  EXPECT_EQ(participant().state, ParticipantState::kScreened);
  EXPECT_FALSE(Facts().cleared);
  EXPECT_FALSE(Facts().devices_in_custody);
  EXPECT_THAT(Happened(), Contains("visit.clearance_lost"));
  ASSERT_TRUE(Probe(78)->passed);
  EXPECT_TRUE(Clear().ok());
}

TEST_F(WorkflowTest, AFailedProbeLetsWhoIsInsideOnlyLeave) {
  Reach(kInside);
  ASSERT_FALSE(Probe(10)->passed);
  EXPECT_EQ(participant().state, ParticipantState::kInside);
  EXPECT_FALSE(Facts().devices_in_custody);
  Leave();
  EXPECT_EQ(participant().state, ParticipantState::kOutside);
  Enter();  // by tailgating: the door would refuse
  EXPECT_NE(participant().state, ParticipantState::kInside);
  EXPECT_THAT(Happened(), Contains("!ENTERED_NOT_CLEARED"));
}

TEST_F(WorkflowTest, AReachabilityTestAloneIsEnough) {
  Reach(kSealed);
  const auto outcome = RecordProbe(context(), state_, {visit_, DeviceId("phone"), {}, false, "call"});
  EXPECT_TRUE(outcome->passed);
  const auto failed = RecordProbe(context(), state_, {visit_, DeviceId("phone"), {{"900 MHz", 90}}, true, "call"});
  EXPECT_FALSE(failed->passed);
  EXPECT_EQ(failed->failures[0].band, "reachability");
}

TEST_F(WorkflowTest, AFindUndoesTheDeclaration) {
  Reach(kCreated);
  ASSERT_TRUE(CheckIn().ok());
  ASSERT_TRUE(DeclareNone().ok());
  ASSERT_TRUE(Facts().devices_declared);
  const auto outcome = Screen(ScreeningResult::kFound);
  EXPECT_EQ(outcome->state, ParticipantState::kCheckedIn);
  EXPECT_FALSE(Facts().devices_declared);
  EXPECT_THAT(Happened(), Contains("!UNDECLARED_DEVICE"));
}

TEST_F(WorkflowTest, ReleasingOneOfTwoDevicesTakesTheClearanceAway) {
  Reach(kDeclared);
  ASSERT_TRUE(Declare("watch").ok());
  ASSERT_TRUE(Screen().ok());
  ASSERT_TRUE(Seal().ok());
  ASSERT_TRUE(Seal("1002", 2, "watch").ok());
  ASSERT_TRUE(Probe().ok());
  ASSERT_TRUE(Probe(78, "watch").ok());
  ASSERT_TRUE(Clear().ok());
  ASSERT_TRUE(Release()->released);
  EXPECT_EQ(participant().state, ParticipantState::kScreened);
  EXPECT_EQ(ReasonOf(Clear()), kDeviceNotQuarantined);  // the phone is in their pocket
  ASSERT_TRUE(Release("1002", "cho", "watch")->released);
  EXPECT_EQ(participant().state, ParticipantState::kReturned);
}

TEST_F(WorkflowTest, TheDocumentAtReleaseIsHeldAgainstTheOneAtCheckIn) {
  Reach(kEnded);
  ReleaseRequest request{
      visit_, DeviceId("phone"), PersonId("cho"), Passport("K124"), "1001", true, LockerId("L1"), 1, "", true};
  EXPECT_EQ(ReleaseDevice(context(), state_, request)->reason, "WRONG_PERSON_AT_RELEASE");
  ResolveIncidents();
  request.presented = {DocumentKind::kIdCard, "K123", CredentialId()};
  EXPECT_EQ(ReleaseDevice(context(), state_, request)->reason, "WRONG_PERSON_AT_RELEASE");
  ResolveIncidents();
  request.presented = {DocumentKind::kBadge, "", CredentialId("badge-han")};
  EXPECT_EQ(ReleaseDevice(context(), state_, request)->reason, "WRONG_PERSON_AT_RELEASE");
  ResolveIncidents();
  request.presented = {DocumentKind::kBadge, "", CredentialId("V-1")};
  EXPECT_TRUE(ReleaseDevice(context(), state_, request)->released);
}

TEST_F(WorkflowTest, NobodyTakesADeviceWithoutShowingWhoTheyAre) {
  Reach(kEnded);
  const ReleaseRequest request{visit_, DeviceId("phone"), PersonId("cho"), {}, "1001", true, LockerId(), 0, "", true};
  EXPECT_EQ(ReleaseDevice(context(), state_, request).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(device().in_custody());
}

TEST_F(WorkflowTest, ABrokenSealHoldsTheDevice) {
  Reach(kEnded);
  ReleaseRequest request{
      visit_, DeviceId("phone"), PersonId("cho"), Passport(), "1001", false, LockerId(), 0, "", true};
  const auto outcome = ReleaseDevice(context(), state_, request);
  EXPECT_EQ(outcome->reason, "SEAL_BROKEN");
  EXPECT_EQ(device().state, DeviceState::kIncident);
  EXPECT_TRUE(device().in_custody());
  EXPECT_THAT(Happened(), ElementsAre("incident.opened", "!SEAL_BROKEN"));
}

TEST_F(WorkflowTest, AVisitWithAnIncidentClosesAsSuch) {
  Reach(kEnded);
  ASSERT_FALSE(Release("1001", "dae")->released);
  ResolveIncidents();
  ASSERT_TRUE(Release()->released);
  EXPECT_EQ(*Close(true), VisitState::kClosedWithIncident);
}

TEST_F(WorkflowTest, InnerAreasBelongToTheInterviewArea) {
  Reach(kStarted);
  Enter("cho", "interview-inner");
  EXPECT_EQ(participant().state, ParticipantState::kInside);
  Leave("cho", "interview-inner");  // into the outer part
  EXPECT_EQ(participant().state, ParticipantState::kInside);
  Enter("cho", "lobby");  // somebody forgot to badge out
  EXPECT_EQ(participant().state, ParticipantState::kOutside);
}

TEST_F(WorkflowTest, TheIndexSurvivesARestart) {
  for (const char* id : {"v-3", "v-1", "v-2"}) Create("interview", id);  // at one moment
  const PersonVisits before = *state_.visits_of.Find(PersonId("cho"));
  RebuildIndex(state_);
  EXPECT_EQ(*state_.visits_of.Find(PersonId("cho")), before);
  EXPECT_THAT(before.visits, ElementsAre(VisitId("v-1"), VisitId("v-2"), VisitId("v-3")));
}

TEST_F(WorkflowTest, NobodyTakesPartInTooManyUnfinishedVisits) {
  for (size_t i = 0; i < kVisitsPerPersonMax; ++i) Create("interview", absl::StrCat("w-", i).c_str());
  const CreateVisitRequest request{
      VisitId("v-2"), AreaId("interview"), PersonId("han"), kStart, kEnd, {{PersonId("cho"), Role::kCandidate}}};
  const auto refused = CreateVisit(context(), state_, request);
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status())) << refused.status();
  ASSERT_TRUE(CancelVisit(context(), state_, VisitId("w-7"), "").ok());
  EXPECT_TRUE(CreateVisit(context(), state_, request).ok());
  EXPECT_EQ(state_.visits_of.Find(PersonId("cho"))->visits.size(), kVisitsPerPersonMax);
  EXPECT_THAT(state_.visits_of.Find(PersonId("cho"))->visits, Not(Contains(VisitId("w-7"))));
}

}  // namespace
}  // namespace sallyport::quarantine
