// Random desks: whatever steps are taken in whatever order, some things never happen.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "quarantine/test_world.h"

namespace sallyport::quarantine {
namespace {

using testing::Fingerprint;
using testing::kEnd;
using testing::kStart;
using testing::Passport;

class RandomDesk : public testing::World {
 protected:
  uint64_t Pick(uint64_t count) { return random_() % count; }
  template <class T>
  T Pick(std::initializer_list<T> choices) {
    return *(choices.begin() + Pick(choices.size()));
  }
  bool Often() { return Pick(8) != 0; }

  PersonId AnyPerson() { return PersonId(Pick({"cho", "cho", "cho", "dae", "ito", "han"})); }
  DeviceId AnyDevice() {
    return state_.devices.empty() ? DeviceId("none") : DeviceId(absl::StrCat("d-", Pick(devices_ + 1)));
  }
  VisitId AnyVisit() { return VisitId(Pick({"v-1", "v-1", "v-1", "v-2", "v-3"})); }
  std::string AnySeal() { return absl::StrCat("seal-", Pick(40)); }
  // The seal of a device, mostly.
  std::string SealOf(const DeviceId& id) {
    const Device* device = state_.devices.Find(id);
    return device != nullptr && device->custody && Often() ? device->custody->seal : AnySeal();
  }
  // The visit and owner that a device belongs to, mostly.
  VisitId VisitOf(const DeviceId& id) {
    const Device* device = state_.devices.Find(id);
    return device != nullptr && Often() ? device->visit : AnyVisit();
  }
  PersonId OwnerOf(const DeviceId& id) {
    const Device* device = state_.devices.Find(id);
    return device != nullptr && Often() ? device->participant : AnyPerson();
  }

  absl::Status CreateAny() {
    CreateVisitRequest request{AnyVisit(),
                               AreaId(Pick({"interview", "interview", "secret"})),
                               PersonId("han"),
                               kStart,
                               kEnd,
                               {{PersonId("cho"), Role::kCandidate}}};
    if (Pick(4) == 0) request.participants.push_back({PersonId("dae"), Role::kCandidate});
    if (Pick(2) == 0) request.participants.push_back({PersonId("ito"), Role::kInterviewer});
    return CreateVisit(context(), state_, request).status();
  }
  absl::Status DeclareAny() {
    DeclareRequest request{AnyVisit(), AnyPerson(), {}, Pick(3) == 0, Confirmation::kBadge};
    if (!request.none) request.devices.push_back({DeviceId(absl::StrCat("d-", devices_ + 1))});
    const absl::Status status = DeclareDevices(context(), state_, request).status();
    if (status.ok() && !request.none) ++devices_;
    return status;
  }
  absl::Status ReleaseAny() {
    const DeviceId id = AnyDevice();
    ReleaseRequest request{VisitOf(id), id, OwnerOf(id), Passport(), SealOf(id), Often(),
                           LockerId(),  0,  "",          true,       Pick(2) == 0};
    return ReleaseDevice(context(), state_, request).status();
  }

  // One step of somebody, with arguments that are often right.
  absl::Status Step(std::string* name) {
    const auto is = [&](const char* step) { *name = step; };
    switch (Pick(17)) {
      case 0:
        is("create");
        return CreateAny();
      case 1:
        if (Often()) return absl::OkStatus();
        is("cancel");
        return CancelVisit(context(), state_, AnyVisit(), "");
      case 2:
        is("check in");
        return CheckInParticipant(context(), state_, {AnyVisit(), AnyPerson(), Passport(), {}});
      case 3:
        is("declare");
        return DeclareAny();
      case 4: {
        is("screen");
        const auto result =
            Often() ? ScreeningResult::kPassed : Pick({ScreeningResult::kFound, ScreeningResult::kRefused});
        return RecordScreening(context(), state_, {AnyVisit(), AnyPerson(), ScreeningMethod::kWand, result, ""})
            .status();
      }
      case 5:
      case 6: {
        is("seal");
        const DeviceId id = AnyDevice();
        return SealDevice(
            context(), state_,
            {VisitOf(id), id, LockerId(Pick({"L1", "L2"})), static_cast<int32_t>(Pick(5)), AnySeal(), "", {}, true});
      }
      case 7:
      case 8: {
        is("probe");
        const DeviceId id = AnyDevice();
        return RecordProbe(context(), state_,
                           {VisitOf(id), id, {{"2.4 GHz", Often() ? 80.0 : 20.0}}, std::nullopt, "meter"})
            .status();
      }
      case 9:
        is("clear");
        return ClearParticipant(context(), state_, {AnyVisit(), AnyPerson(), Often()});
      case 10:
        is("start");
        return StartInterview(context(), state_, {AnyVisit(), CredentialId()});
      case 11:
        is("end");
        return EndInterview(context(), state_, {AnyVisit(), false});
      case 12:
        is("release");
        return ReleaseAny();
      case 13:
        is("close");
        return CloseVisit(context(), state_, {AnyVisit(), Often()}).status();
      case 14:
        is("enter");
        OnEntered(context(), state_, AnyPerson(), AreaId(Pick({"interview", "secret", "lobby"})));
        break;
      case 15:
        is("leave");
        LeaveAny();
        break;
      case 16:
        is("door");
        return RecordSlotDoor(context(), state_, LockerId("L1"), static_cast<int32_t>(Pick(5)),
                              Pick({SlotDoor::kOpen, SlotDoor::kClosed, SlotDoor::kClosed}));
    }
    return absl::OkStatus();
  }

  // Leaving always counts, whatever else is the case.
  void LeaveAny() {
    const PersonId person = AnyPerson();
    OnLeft(context(), state_, person, AreaId("lobby"), true);
    state_.visits.ForEach([&](const VisitId&, const Visit& visit) {
      const Participant* participant = FindParticipant(visit, person);
      if (participant == nullptr || visit.closed_at != absl::InfinitePast()) return;
      EXPECT_FALSE(participant->in_area);
      EXPECT_NE(participant->state, ParticipantState::kInside);
    });
  }

  bool Happens(absl::string_view action) const {
    const std::vector<std::string> all = Happened();
    return std::find(all.begin(), all.end(), action) != all.end();
  }

  void CheckInvariants() {
    std::map<std::string, DeviceId> in_slot;
    state_.devices.ForEach([&](const DeviceId& id, const Device& device) {
      if (!device.in_custody()) return;
      const std::string key = SlotKey(device.custody->locker, device.custody->slot);
      EXPECT_TRUE(in_slot.emplace(key, id).second) << key << " holds two devices";
      const Slot* slot = state_.slots.Find(key);
      ASSERT_NE(slot, nullptr);
      EXPECT_EQ(slot->device, id);
      const SealUse* use = state_.seals.Find(device.custody->seal);
      ASSERT_NE(use, nullptr);
      EXPECT_EQ(use->device, id);
    });
    state_.slots.ForEach([&](const std::string& key, const Slot& slot) {
      if (slot.device.empty()) return;
      const auto held = in_slot.find(key);
      ASSERT_NE(held, in_slot.end()) << key << " is said to hold " << slot.device;
      EXPECT_EQ(held->second, slot.device);
    });
    state_.visits.ForEach([&](const VisitId&, const Visit& visit) { CheckVisit(visit); });
  }

  void CheckVisit(const Visit& visit) {
    const bool over = visit.closed_at != absl::InfinitePast();
    for (const Participant& participant : visit.participants) {
      const DoorFacts facts = FactsFor(state_, participant.person, visit.area, now_);
      for (const DeviceId& id : participant.devices) {
        const Device& device = *state_.devices.Find(id);
        EXPECT_EQ(device.participant, participant.person);
        if (over) {
          EXPECT_FALSE(device.in_custody()) << "a finished visit left " << id << " behind";
        }
        const bool secured = device.state == DeviceState::kVerified || device.state == DeviceState::kReleaseReady ||
                             device.state == DeviceState::kExempt;
        if (participant.state == ParticipantState::kCleared && visit.state != VisitState::kEnded && !over) {
          const bool held = device.state == DeviceState::kIncident && device.in_custody();
          EXPECT_TRUE(secured || held) << participant.person << " is CLEARED with " << id << " " << Name(device.state);
        }
        if (device.state == DeviceState::kVerified || device.state == DeviceState::kReleaseReady) {
          EXPECT_TRUE(device.in_custody());
          EXPECT_TRUE(device.custody->probes.back().passed);
        }
        if (facts.active && facts.visit == visit.id.value() && !secured) {
          EXPECT_FALSE(facts.devices_in_custody) << "the door would open to a device that is " << Name(device.state);
        }
      }
      if (participant.state == ParticipantState::kInside) {
        EXPECT_TRUE(participant.in_area);
      }
    }
  }

  std::mt19937_64 random_;
  uint64_t devices_ = 0;
};

TEST_F(RandomDesk, NeverDoesWhatMustNotHappen) {
  std::set<std::string> succeeded;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    random_.seed(seed);
    state_ = State();
    devices_ = 0;
    now_ = kStart - absl::Minutes(60);
    std::map<std::string, DeviceId> seal_of;
    std::map<DeviceId, int> returned;
    for (int step = 0; step < 1200; ++step) {
      now_ += absl::Seconds(Pick(12));
      if (Pick(20) == 0) ResolveIncidents();
      events_.clear();
      const std::string before = Fingerprint(state_);
      std::string name;
      const absl::Status status = Step(&name);
      if (status.ok()) {
        succeeded.insert(name);
        if (name == "release" && !Happens("device.returned")) succeeded.insert("hold");
      } else {
        ASSERT_EQ(Fingerprint(state_), before) << "seed " << seed << " step " << step << " " << name << " " << status;
        ASSERT_TRUE(events_.empty()) << name;
        ASSERT_NE(status.code(), absl::StatusCode::kInternal) << status;
      }
      for (const Event& event : events_) {
        const auto* made = std::get_if<StepEvent>(&event);
        if (made != nullptr && made->action == "device.returned") ++returned[DeviceId(made->facts[0].second)];
      }
      CheckInvariants();
      // A seal belongs to one device for ever, and a device goes back once.
      for (const auto& [seal, device] : seal_of) ASSERT_EQ(state_.seals.Find(seal)->device, device);
      state_.seals.ForEach([&](const std::string& seal, const SealUse& use) { seal_of.emplace(seal, use.device); });
      for (const auto& [device, times] : returned) ASSERT_EQ(times, 1) << device;
      // A restart changes nothing.
      if (step % 100 == 99) {
        State again = state_;
        RebuildIndex(again);
        state_.visits_of.ForEach([&](const PersonId& person, const PersonVisits& visits) {
          ASSERT_EQ(*again.visits_of.Find(person), visits) << person;
        });
      }
      ASSERT_FALSE(HasFailure()) << "seed " << seed << " step " << step << " " << name;
    }
  }
  // The walk is worth something only where it gets somewhere.
  for (const char* step : {"create", "check in", "declare", "screen", "seal", "probe", "clear", "start", "end",
                           "release", "hold", "close", "cancel"}) {
    EXPECT_TRUE(succeeded.count(step)) << step << " never succeeded";
  }
}

}  // namespace
}  // namespace sallyport::quarantine
