#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "facility/event.h"
#include "facility/model.h"
#include "quarantine/facts.h"
#include "quarantine/model.h"
#include "quarantine/names.h"
#include "quarantine/workflow.h"

// For tests: the facility that the scenarios share, and a desk that works a visit step by step. The visit is today from
// 14:00 to 16:00 (05:00 to 07:00 UTC) in `interview`; Cho is the candidate with badge V-1, Han hosts, Ito interviews,
// Kim works at reception. Locker L1 has four slots, L2 two.
namespace sallyport::quarantine::testing {

inline const absl::Time kStart = absl::FromUnixSeconds(1'772'427'600);  // 2026-03-02 14:00 in Asia/Seoul
inline const absl::Time kEnd = kStart + absl::Hours(2);

inline facility::State MakeFacility() {
  facility::State out;
  const auto area = [&](const char* id, const char* parent) {
    facility::Area made;
    made.id = AreaId(id);
    if (*parent != '\0') made.parent = AreaId(parent);
    return made;
  };
  out.areas.Put(AreaId("lobby"), area("lobby", ""));
  facility::Area interview = area("interview", "");
  interview.interview = interview.visual_security = interview.escort_visitors = true;
  interview.visual_security_confirmed = true;
  interview.visual_security_at = kStart;
  interview.visual_security_seconds_max = 24 * 3600;
  out.areas.Put(interview.id, interview);
  out.areas.Put(AreaId("interview-inner"), area("interview-inner", "interview"));
  facility::Area secret = interview;
  secret.id = AreaId("secret");
  secret.staff_custody = true;
  out.areas.Put(secret.id, secret);
  for (const char* id : {"cho", "dae", "han", "ito", "jung"}) {
    facility::Person person;
    person.id = PersonId(id);
    person.nda_until = kEnd + absl::Hours(24);
    out.people.Put(person.id, person);
    facility::Credential badge;
    badge.id = CredentialId(absl::StrCat("badge-", id));
    badge.person = person.id;
    out.credentials.Put(badge.id, badge);
  }
  facility::Credential visitor;
  visitor.id = CredentialId("V-1");
  visitor.person = PersonId("cho");
  out.credentials.Put(visitor.id, visitor);
  for (const auto& [id, slots] : {std::pair("L1", 4), std::pair("L2", 2)}) {
    facility::Locker locker;
    locker.id = LockerId(id);
    locker.slots = slots;
    locker.self_test_at = kStart - absl::Hours(3);
    out.lockers.Put(locker.id, locker);
  }
  return out;
}

inline Identity Passport(const char* last4 = "K123") { return {DocumentKind::kPassport, last4, CredentialId()}; }

// The state of one visit's world, compared where a step must not have changed anything.
inline std::string Fingerprint(const State& state) {
  std::string out;
  const auto add = [&out](const auto&... parts) { absl::StrAppend(&out, parts..., ";"); };
  state.visits.ForEach([&](const VisitId& id, const Visit& visit) {
    add("visit ", id.value(), " ", Name(visit.state), " ", visit.incidents.size());
    for (const Participant& each : visit.participants) {
      add(each.person.value(), " ", Name(each.state), " ", each.in_area, each.declared, each.nda, each.devices.size(),
          each.visitor_badge_returned, " ", absl::FormatTime(each.step_at), " ",
          absl::FormatTime(each.left_building_at));
    }
  });
  state.devices.ForEach([&](const DeviceId& id, const Device& device) {
    add("device ", id.value(), " ", Name(device.state), " ", device.in_custody());
    if (device.custody)
      add(device.custody->seal, " ", SlotKey(device.custody->locker, device.custody->slot), " ",
          device.custody->probes.size());
  });
  state.slots.ForEach([&](const std::string& key, const Slot& slot) {
    add("slot ", key, " ", slot.device.value(), " ", slot.probe_failures, slot.out_of_service, " ", Name(slot.door));
  });
  state.seals.ForEach(
      [&](const std::string& seal, const SealUse& use) { add("seal ", seal, " ", use.device.value()); });
  state.incidents.ForEach([&](const IncidentId& id, const Incident& incident) {
    add("incident ", id.value(), " ", Name(incident.kind), " ", incident.open());
  });
  state.locker_tests.ForEach(
      [&](const LockerId& id, const LockerTest& test) { add("test ", id.value(), test.passed); });
  state.visits_of.ForEach(
      [&](const PersonId& id, const PersonVisits& visits) { add("of ", id.value(), " ", visits.visits.size()); });
  return out;
}

class World : public ::testing::Test {
 protected:
  World() { facility_ = MakeFacility(); }

  Context context() {
    return {now_, facility_, OperatorId("kim"), [this] { return absl::StrCat("id-", ++ids_); }, events_, actor_person_};
  }

  // ---- the straight path, a step each

  void Create(const char* area = "interview", const char* id = "v-1") {
    const CreateVisitRequest request{
        VisitId(id), AreaId(area), PersonId("han"),
        kStart,      kEnd,         {{PersonId("cho"), Role::kCandidate}, {PersonId("ito"), Role::kInterviewer}}};
    const auto made = CreateVisit(context(), state_, request);
    ASSERT_TRUE(made.ok()) << made.status();
  }
  absl::Status CheckIn(const char* person = "cho", const char* visitor_badge = "", Identity identity = Passport()) {
    return CheckInParticipant(context(), state_, {visit_, PersonId(person), identity, CredentialId(visitor_badge)});
  }
  absl::Status DeclareNone(const char* person = "cho") {
    return DeclareDevices(context(), state_, {visit_, PersonId(person), {}, true, Confirmation::kSignature}).status();
  }
  absl::Status Declare(const char* device = "phone", const char* person = "cho", DeviceKind kind = DeviceKind::kPhone) {
    const DeclareRequest request{
        visit_, PersonId(person), {{DeviceId(device), kind, "black", "scratched"}}, false, Confirmation::kBadge};
    return DeclareDevices(context(), state_, request).status();
  }
  absl::StatusOr<ScreeningOutcome> Screen(ScreeningResult result = ScreeningResult::kPassed,
                                          const char* person = "cho") {
    return RecordScreening(context(), state_, {visit_, PersonId(person), ScreeningMethod::kWand, result, "a watch"});
  }
  absl::Status Seal(const char* seal = "1001", int32_t slot = 1, const char* device = "phone",
                    const char* locker = "L1") {
    return SealDevice(context(), state_,
                      {visit_, DeviceId(device), LockerId(locker), slot, seal, "scratched", {}, true});
  }
  absl::StatusOr<ProbeOutcome> Probe(double db = 78, const char* device = "phone") {
    return RecordProbe(context(), state_,
                       {visit_, DeviceId(device), {{"900 MHz", 80}, {"2.4 GHz", db}}, std::nullopt, "meter-7"});
  }
  absl::Status Clear(const char* person = "cho", bool nda = false) {
    return ClearParticipant(context(), state_, {visit_, PersonId(person), nda});
  }
  absl::Status Start(const char* badge = "badge-han") {
    return StartInterview(context(), state_, {visit_, CredentialId(badge)});
  }
  absl::Status End() { return EndInterview(context(), state_, {visit_, false}); }
  absl::StatusOr<ReleaseOutcome> Release(const char* seal = "1001", const char* person = "cho",
                                         const char* device = "phone") {
    ReleaseRequest request{
        visit_, DeviceId(device), PersonId(person), Passport(), seal, true, LockerId(), 0, "as before", true};
    return ReleaseDevice(context(), state_, request);
  }
  absl::StatusOr<VisitState> Close(bool badges = false) { return CloseVisit(context(), state_, {visit_, badges}); }
  void Enter(const char* person = "cho", const char* area = "interview") {
    OnEntered(context(), state_, PersonId(person), AreaId(area));
  }
  void Leave(const char* person = "cho", const char* area = "interview", bool building = false) {
    OnLeft(context(), state_, PersonId(person), AreaId(area), building);
  }

  // Takes the visit to a point of the straight path. The steps of the desk are in their order.
  enum Point {
    kCreated,
    kCheckedIn,
    kDeclared,
    kScreened,
    kSealed,
    kVerified,
    kCleared,
    kStarted,
    kInside,
    kEndedInside,
    kEnded
  };
  void Reach(Point point, const char* area = "interview") {
    Create(area);
    const auto ok = [](const auto& status) { ASSERT_TRUE(status.ok()) << absl::Status(Of(status)); };
    if (point >= kCheckedIn) ok(CheckIn("cho", "V-1"));
    if (point >= kDeclared) ok(Declare());
    if (point >= kScreened) ok(Screen());
    if (point >= kSealed) ok(Seal());
    if (point >= kVerified) ok(Probe());
    if (point >= kCleared) ok(Clear());
    now_ = std::max(now_, point >= kStarted ? kStart + absl::Minutes(5) : now_);
    if (point >= kStarted) ok(Start());
    if (point >= kInside) Enter();
    if (point >= kEndedInside) ok(End());
    if (point >= kEnded) Leave();
    events_.clear();
  }
  static absl::Status Of(const absl::Status& status) { return status; }
  template <class T>
  static absl::Status Of(const absl::StatusOr<T>& result) {
    return result.status();
  }

  // ---- looking

  const Visit& visit() const { return *state_.visits.Find(visit_); }
  const Participant& participant(const char* person = "cho") const {
    return *FindParticipant(visit(), PersonId(person));
  }
  const Device& device(const char* id = "phone") const { return *state_.devices.Find(DeviceId(id)); }
  DoorFacts Facts(const char* person = "cho", const char* area = "interview") const {
    return FactsFor(state_, PersonId(person), AreaId(area), now_);
  }
  // Steps and alarms since Reach: "device.sealed", "!SEAL_MISMATCH".
  std::vector<std::string> Happened() const {
    std::vector<std::string> out;
    for (const Event& event : events_) {
      if (const auto* step = std::get_if<StepEvent>(&event)) out.push_back(step->action);
      if (const auto* alarm = std::get_if<AlarmEvent>(&event)) out.push_back("!" + alarm->kind);
    }
    return out;
  }
  template <class Change>
  void ChangeArea(const char* id, Change change) {
    facility::Area area = *facility_.areas.Find(AreaId(id));
    change(area);
    facility_.areas.Put(area.id, area);
  }
  template <class Change>
  void ChangeLocker(const char* id, Change change) {
    facility::Locker locker = *facility_.lockers.Find(LockerId(id));
    change(locker);
    facility_.lockers.Put(locker.id, locker);
  }
  template <class Change>
  void ChangePerson(const char* id, Change change) {
    facility::Person person = *facility_.people.Find(PersonId(id));
    change(person);
    facility_.people.Put(person.id, person);
  }
  // As a security officer will once there are commands for it.
  void ResolveIncidents() {
    State next = state_;
    state_.incidents.ForEach([&](const IncidentId& id, const Incident& incident) {
      Incident closed = incident;
      closed.closed_at = now_;
      next.incidents.Put(id, closed);
    });
    state_ = next;
  }

  facility::State facility_;
  State state_;
  std::vector<Event> events_;
  absl::Time now_ = kStart - absl::Minutes(30);
  PersonId actor_person_;
  VisitId visit_ = VisitId("v-1");
  int ids_ = 0;
};

}  // namespace sallyport::quarantine::testing
