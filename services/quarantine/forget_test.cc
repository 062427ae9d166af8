#include "quarantine/forget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "quarantine/test_world.h"

namespace sallyport::quarantine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using testing::Passport;

const PersonId kAlias("erased-1234");

class ForgetTest : public testing::World {
 protected:
  static bool MentionsNobody(absl::string_view) { return false; }
  std::string WhyNot(const char* person) { return ReasonOf(CheckMayForget(state_, PersonId(person))); }
  void Finish() {
    Reach(kEnded);
    const auto released = Release();
    ASSERT_TRUE(released.ok() && released->released) << released.status();
    ASSERT_TRUE(Close(true).ok());
  }
};

TEST_F(ForgetTest, WhatIsNotOverStandsAgainstIt) {
  EXPECT_EQ(WhyNot("cho"), "");
  Reach(kVerified);
  EXPECT_EQ(WhyNot("cho"), "DEVICE_IN_CUSTODY");
  EXPECT_EQ(WhyNot("han"), "VISIT_STATE");  // hosts it
  EXPECT_EQ(WhyNot("ito"), "VISIT_STATE");
  EXPECT_EQ(WhyNot("dae"), "");
  const absl::Status refused = CheckMayForget(state_, PersonId("cho"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("device phone of theirs is VERIFIED in L1/1"));
}

TEST_F(ForgetTest, AnOpenIncidentStandsAgainstIt) {
  Reach(kEnded);
  ASSERT_FALSE(Release("2002")->released);  // another seal than the recorded one
  EXPECT_EQ(WhyNot("cho"), "DEVICE_IN_CUSTODY");
  Device free = device();
  free.custody->ended_at = now_;
  state_.devices.Put(free.id, free);
  Visit over = visit();
  over.state = VisitState::kClosedWithIncident;
  state_.visits.Put(over.id, over);
  EXPECT_EQ(WhyNot("cho"), "QUARANTINE_INCIDENT");
  ResolveIncidents();
  EXPECT_EQ(WhyNot("cho"), "");
}

TEST_F(ForgetTest, WhatIsOverKeepsAPseudonym) {
  Finish();
  ASSERT_EQ(WhyNot("cho"), "");
  Forget(PersonId("cho"), kAlias, MentionsNobody, state_);
  const Participant* left = FindParticipant(visit(), kAlias);
  ASSERT_NE(left, nullptr);
  EXPECT_EQ(FindParticipant(visit(), PersonId("cho")), nullptr);
  EXPECT_EQ(left->identity, Identity());
  EXPECT_TRUE(left->visitor_badge.empty());
  EXPECT_EQ(left->state, ParticipantState::kReturned);
  EXPECT_THAT(left->devices, ElementsAre(DeviceId("phone")));
  EXPECT_EQ(device().participant, kAlias);
  EXPECT_EQ(
      device().description + device().condition + device().custody->condition + device().custody->return_condition, "");
  EXPECT_EQ(device().custody->seal, "1001");  // evidence stays
  EXPECT_EQ(state_.visits_of.Find(PersonId("cho")), nullptr);
  // The others are as they were.
  EXPECT_EQ(visit().host, PersonId("han"));
  EXPECT_EQ(participant("ito").state, ParticipantState::kExpected);
}

TEST_F(ForgetTest, HostsAreForgottenToo) {
  Finish();
  Forget(PersonId("han"), kAlias, MentionsNobody, state_);
  EXPECT_EQ(visit().host, kAlias);
  EXPECT_EQ(participant("cho").identity, Passport());
}

TEST_F(ForgetTest, FindingsAboutThemOrThatMentionThemGo) {
  Finish();
  const auto add = [&](const char* id, const char* person, const char* device) {
    Incident incident;
    incident.id = IncidentId(id);
    incident.person = PersonId(person);
    incident.device = DeviceId(device);
    incident.closed_at = now_;
    incident.finding = std::string(id) == "i-4" ? "Cho saw it" : "a misunderstanding";
    state_.incidents.Put(incident.id, incident);
  };
  add("i-1", "cho", "");
  add("i-2", "", "phone");
  add("i-3", "ito", "");
  add("i-4", "ito", "");
  Forget(
      PersonId("cho"), kAlias, [](absl::string_view text) { return text.find("Cho") != text.npos; }, state_);
  EXPECT_EQ(state_.incidents.Find(IncidentId("i-1"))->person, kAlias);
  for (const char* id : {"i-1", "i-2", "i-4"})
    EXPECT_THAT(state_.incidents.Find(IncidentId(id))->finding, IsEmpty()) << id;
  EXPECT_EQ(state_.incidents.Find(IncidentId("i-3"))->finding, "a misunderstanding");
  EXPECT_EQ(state_.incidents.Find(IncidentId("i-4"))->person, PersonId("ito"));
}

TEST_F(ForgetTest, ARestartFindsTheSameIndex) {
  Finish();
  Forget(PersonId("cho"), kAlias, MentionsNobody, state_);
  const std::string before = testing::Fingerprint(state_);
  RebuildIndex(state_);
  EXPECT_EQ(testing::Fingerprint(state_), before);
}

}  // namespace
}  // namespace sallyport::quarantine
