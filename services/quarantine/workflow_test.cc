#include "quarantine/workflow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "absl/strings/match.h"
#include "quarantine/limits.h"
#include "quarantine/test_world.h"

namespace sallyport::quarantine {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using testing::Fingerprint;
using testing::kEnd;
using testing::kStart;
using testing::Passport;

// ---- every transition with every guard: reach a point, spoil one thing, take the step. It is refused with that code
// ---- and reason, says what was wrong, and changes nothing.

class Desk : public testing::World {
 public:
  void TestBody() override {}
  using World::ChangeArea, World::ChangeLocker, World::ChangePerson, World::context, World::visit, World::Of;
  using World::Clear, World::Start, World::End, World::Release, World::Close, World::Enter, World::Leave, World::Reach;
  using World::Create, World::CheckIn, World::Declare, World::DeclareNone, World::Screen, World::Seal, World::Probe;
  using World::facility_, World::state_, World::events_, World::now_, World::actor_person_, World::visit_;
  using World::kCleared, World::kStarted, World::kInside, World::kEndedInside, World::kEnded;
  using World::kCreated, World::kCheckedIn, World::kDeclared, World::kScreened, World::kSealed, World::kVerified;
  using World::Point;
};

using Step = std::function<absl::Status(Desk&)>;

struct Refusal {
  const char* name;
  Desk::Point point;
  std::function<void(Desk&)> spoil;
  Step step;
  absl::StatusCode code;
  const char* reason;  // or, for INVALID_ARGUMENT, the field
  const char* says = "";

  friend std::ostream& operator<<(std::ostream& out, const Refusal& refusal) { return out << refusal.name; }
};

class RefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, ChangesNothing) {
  Desk desk;
  desk.Reach(GetParam().point);
  if (GetParam().spoil) GetParam().spoil(desk);
  desk.events_.clear();
  const std::string before = Fingerprint(desk.state_);
  const absl::Status status = GetParam().step(desk);
  EXPECT_EQ(status.code(), GetParam().code) << status;
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
    EXPECT_EQ(FieldViolations(status)[0].field, GetParam().reason) << status;
  } else {
    EXPECT_EQ(ReasonOf(status), GetParam().reason) << status;
  }
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().says));
  EXPECT_EQ(Fingerprint(desk.state_), before);
  EXPECT_TRUE(desk.events_.empty());
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kMissing = absl::StatusCode::kNotFound;
constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

CreateVisitRequest Visit2() {
  return {VisitId("v-2"), AreaId("interview"), PersonId("han"), kStart, kEnd, {{PersonId("cho"), Role::kCandidate}}};
}
Step Creates(std::function<void(CreateVisitRequest&)> change) {
  return [change](Desk& d) {
    CreateVisitRequest request = Visit2();
    change(request);
    return CreateVisit(d.context(), d.state_, request).status();
  };
}

using D = Desk;

INSTANTIATE_TEST_SUITE_P(
    Create, RefusalTest,
    ::testing::Values(
        Refusal{"NoSuchArea", D::kCreated, {}, Creates([](auto& r) { r.area = AreaId("x"); }), kMissing, kAreaNotFound},
        Refusal{"NoInterviewArea",
                D::kCreated,
                {},
                Creates([](auto& r) { r.area = AreaId("lobby"); }),
                kInvalid,
                "interview_area_id"},
        Refusal{"EndBeforeStart", D::kCreated, {}, Creates([](auto& r) { r.end = r.start; }), kInvalid, "end"},
        Refusal{"InThePast", D::kCreated, [](D& d) { d.now_ = kEnd; }, Creates([](auto&) {}), kInvalid, "end", "past"},
        Refusal{"TooLong",
                D::kCreated,
                {},
                Creates([](auto& r) { r.end = r.start + kWindowMax + absl::Seconds(1); }),
                kInvalid,
                "end"},
        Refusal{"TooFarAhead",
                D::kCreated,
                {},
                Creates([](auto& r) {
                  r.start += absl::Hours(24 * 400);
                  r.end += absl::Hours(24 * 400);
                }),
                kInvalid,
                "start"},
        Refusal{"NoSuchHost",
                D::kCreated,
                {},
                Creates([](auto& r) { r.host = PersonId("nobody"); }),
                kMissing,
                kPersonNotFound,
                "host_id"},
        Refusal{"HostHasLeft", D::kCreated,
                [](D& d) { d.ChangePerson("han", [](auto& p) { p.status = facility::PersonStatus::kLeft; }); },
                Creates([](auto&) {}), kRefused, kPersonInactive},
        Refusal{"NoSuchParticipant",
                D::kCreated,
                {},
                Creates([](auto& r) { r.participants.push_back({PersonId("nobody")}); }),
                kMissing,
                kPersonNotFound,
                "participants[1].person_id"},
        Refusal{"TwiceTheSame",
                D::kCreated,
                {},
                Creates([](auto& r) { r.participants.push_back(r.participants[0]); }),
                kInvalid,
                "participants[1].person_id"},
        Refusal{"NoCandidate",
                D::kCreated,
                {},
                Creates([](auto& r) { r.participants[0].role = Role::kInterviewer; }),
                kInvalid,
                "participants"},
        Refusal{"Nobody", D::kCreated, {}, Creates([](auto& r) { r.participants.clear(); }), kInvalid, "participants"},
        Refusal{"TooMany",
                D::kCreated,
                {},
                Creates([](auto& r) { r.participants.resize(kParticipantsMax); }),
                kInvalid,
                "participants"},
        Refusal{"CandidateHostsThemselves",
                D::kCreated,
                {},
                Creates([](auto& r) { r.host = PersonId("cho"); }),
                kInvalid,
                "participants[0].person_id"},
        Refusal{"MalformedId",
                D::kCreated,
                {},
                Creates([](auto& r) { r.id = VisitId("no spaces"); }),
                kInvalid,
                "visit.id"},
        Refusal{"IdUsedBefore", D::kCreated, {}, Creates([](auto& r) { r.id = VisitId("v-1"); }), kExists, "", "v-1"}),
    [](const auto& test) { return test.param.name; });

absl::Status Cancels(Desk& d) { return CancelVisit(d.context(), d.state_, d.visit_, "turned remote"); }

INSTANTIATE_TEST_SUITE_P(
    Cancel, RefusalTest,
    ::testing::Values(
        Refusal{"NoSuchVisit", D::kCreated, [](D& d) { d.visit_ = VisitId("x"); }, Cancels, kMissing, kVisitNotFound},
        Refusal{"DeviceInCustody", D::kSealed, {}, Cancels, kRefused, kDeviceInCustody, "L1/1"},
        Refusal{"InInterview", D::kStarted, {}, Cancels, kRefused, kVisitState, "IN_INTERVIEW"},
        Refusal{"Ended", D::kEnded, {}, Cancels, kRefused, kVisitState},
        Refusal{"CandidateInsideUncleared", D::kCheckedIn, [](D& d) { d.Enter(); }, Cancels, kRefused,
                kParticipantInside},
        Refusal{"LongReason",
                D::kCreated,
                {},
                [](D& d) { return CancelVisit(d.context(), d.state_, d.visit_, std::string(kTextBytesMax + 1, 'x')); },
                kInvalid,
                "reason"}),
    [](const auto& test) { return test.param.name; });

absl::Status ChecksIn(Desk& d) { return d.CheckIn(); }
Step ChecksInWith(Identity identity, const char* badge = "") {
  return [identity, badge](Desk& d) { return d.CheckIn("cho", badge, identity); };
}

INSTANTIATE_TEST_SUITE_P(
    CheckIn, RefusalTest,
    ::testing::Values(
        Refusal{"NoSuchVisit", D::kCreated, [](D& d) { d.visit_ = VisitId("x"); }, ChecksIn, kMissing, kVisitNotFound},
        Refusal{"NotInvited", D::kCreated, {}, [](D& d) { return d.CheckIn("dae"); }, kMissing, kParticipantNotFound},
        Refusal{"TooEarly", D::kCreated, [](D& d) { d.now_ = kStart - kCheckInEarlyMax - absl::Seconds(1); }, ChecksIn,
                kRefused, kOutsideWindow},
        Refusal{"TooLate", D::kCreated, [](D& d) { d.now_ = kEnd; }, ChecksIn, kRefused, kOutsideWindow},
        Refusal{"Cancelled", D::kCreated, [](D& d) { ASSERT_TRUE(Cancels(d).ok()); }, ChecksIn, kRefused, kVisitState,
                "CANCELLED"},
        Refusal{"Ended", D::kEnded, {}, [](D& d) { return d.CheckIn("ito"); }, kRefused, kVisitState},
        Refusal{"Twice", D::kCheckedIn, {}, ChecksIn, kRefused, kParticipantState},
        Refusal{"NoIdentity", D::kCreated, {}, ChecksInWith({}), kInvalid, "document_kind"},
        Refusal{"NoDigits", D::kCreated, {}, ChecksInWith(Passport("")), kInvalid, "document_last4"},
        Refusal{"WholeNumber", D::kCreated, {}, ChecksInWith(Passport("M12345678")), kInvalid, "document_last4"},
        Refusal{"Punctuation", D::kCreated, {}, ChecksInWith(Passport("K 12")), kInvalid, "document_last4"},
        Refusal{"BadgeOfSomebodyElse",
                D::kCreated,
                {},
                ChecksInWith({DocumentKind::kBadge, "", CredentialId("badge-han")}),
                kRefused,
                kIdentityMismatch},
        Refusal{"BadgeOfNobody",
                D::kCreated,
                {},
                ChecksInWith({DocumentKind::kBadge, "", CredentialId("x")}),
                kMissing,
                kBadgeNotFound},
        Refusal{"VisitorBadgeOfSomebodyElse",
                D::kCreated,
                {},
                ChecksInWith(Passport(), "badge-ito"),
                kRefused,
                kIdentityMismatch},
        Refusal{"NoSuchVisitorBadge", D::kCreated, {}, ChecksInWith(Passport(), "x"), kMissing, kBadgeNotFound}),
    [](const auto& test) { return test.param.name; });

Step DeclaresWith(std::function<void(DeclareRequest&)> change) {
  return [change](Desk& d) {
    DeclareRequest request{d.visit_, PersonId("cho"), {{DeviceId("watch")}}, false, Confirmation::kBadge};
    change(request);
    return DeclareDevices(d.context(), d.state_, request).status();
  };
}

INSTANTIATE_TEST_SUITE_P(
    Declare, RefusalTest,
    ::testing::Values(
        Refusal{"NotCheckedIn", D::kCreated, [](D& d) { ASSERT_TRUE(d.CheckIn("ito").ok()); },
                DeclaresWith([](auto&) {}), kRefused, kParticipantState},
        Refusal{"VisitNotOpen", D::kCreated, {}, DeclaresWith([](auto&) {}), kRefused, kVisitState},
        Refusal{
            "AlreadyScreened", D::kScreened, {}, DeclaresWith([](auto&) {}), kRefused, kParticipantState, "SCREENED"},
        Refusal{"Unconfirmed",
                D::kCheckedIn,
                {},
                DeclaresWith([](auto& r) { r.confirmed = Confirmation::kNone; }),
                kInvalid,
                "confirmed_by"},
        Refusal{
            "NeitherNorNone", D::kCheckedIn, {}, DeclaresWith([](auto& r) { r.devices.clear(); }), kInvalid, "none"},
        Refusal{"NoneBesideDevices", D::kCheckedIn, {}, DeclaresWith([](auto& r) { r.none = true; }), kInvalid, "none"},
        Refusal{"NoneAfterDevices",
                D::kDeclared,
                {},
                DeclaresWith([](auto& r) {
                  r.devices.clear();
                  r.none = true;
                }),
                kInvalid,
                "none"},
        Refusal{"TooMany",
                D::kDeclared,
                {},
                DeclaresWith([](auto& r) { r.devices.resize(kDevicesPerParticipantMax); }),
                kInvalid,
                "devices"},
        Refusal{"SameIdTwice",
                D::kCheckedIn,
                {},
                DeclaresWith([](auto& r) { r.devices.push_back(r.devices[0]); }),
                kInvalid,
                "devices[1].id"},
        Refusal{"MalformedId",
                D::kCheckedIn,
                {},
                DeclaresWith([](auto& r) { r.devices[0].id = DeviceId("a b"); }),
                kInvalid,
                "devices[0].id"},
        Refusal{"IdUsedBefore",
                D::kDeclared,
                {},
                DeclaresWith([](auto& r) { r.devices[0].id = DeviceId("phone"); }),
                kExists,
                "",
                "v-1"},
        Refusal{"LongDescription",
                D::kCheckedIn,
                {},
                DeclaresWith([](auto& r) { r.devices[0].description = std::string(kTextBytesMax + 1, 'x'); }),
                kInvalid,
                "devices[0].description"}),
    [](const auto& test) { return test.param.name; });

absl::Status Screens(Desk& d) { return d.Screen().status(); }

INSTANTIATE_TEST_SUITE_P(
    Screen, RefusalTest,
    ::testing::Values(Refusal{"NotDeclared", D::kCheckedIn, {}, Screens, kRefused, kParticipantState, "DECLARED"},
                      Refusal{"AlreadyScreened", D::kScreened, {}, Screens, kRefused, kParticipantState},
                      Refusal{"Ended", D::kEnded, {}, Screens, kRefused, kVisitState},
                      Refusal{"NoResult",
                              D::kDeclared,
                              {},
                              [](D& d) { return d.Screen(ScreeningResult::kNone).status(); },
                              kInvalid,
                              "result"},
                      Refusal{"OfOneself", D::kDeclared, [](D& d) { d.actor_person_ = PersonId("cho"); }, Screens,
                              kDenied, kOwnDevice}),
    [](const auto& test) { return test.param.name; });

absl::Status Seals(Desk& d) { return d.Seal(); }
Step SealsWith(std::function<void(SealRequest&)> change) {
  return [change](Desk& d) {
    SealRequest request{d.visit_, DeviceId("phone"), LockerId("L1"), 1, "1001", "", {}, true};
    change(request);
    return SealDevice(d.context(), d.state_, request);
  };
}
// Another device of the same person, in custody in slot 1 under seal 1001.
void SealAnother(Desk& d) {
  ASSERT_TRUE(d.Declare("watch").ok());
  ASSERT_TRUE(d.Seal("1001", 1, "watch").ok());
}

INSTANTIATE_TEST_SUITE_P(
    Seal, RefusalTest,
    ::testing::Values(
        Refusal{"NotDeclared", D::kCheckedIn, {}, Seals, kMissing, kDeviceNotFound},
        Refusal{"InCustodyAlready",
                D::kSealed,
                {},
                SealsWith([](auto& r) {
                  r.seal = "1002";
                  r.slot = 2;
                }),
                kRefused,
                kDeviceState,
                "L1/1"},
        Refusal{"Verified",
                D::kVerified,
                {},
                SealsWith([](auto& r) {
                  r.seal = "1002";
                  r.slot = 2;
                }),
                kRefused,
                kDeviceState},
        Refusal{"SealUsedBefore", D::kDeclared, SealAnother, SealsWith([](auto& r) { r.slot = 2; }), kExists, kSealUsed,
                "watch"},
        Refusal{"NoSeal", D::kDeclared, {}, SealsWith([](auto& r) { r.seal = ""; }), kInvalid, "seal"},
        Refusal{"OddSeal", D::kDeclared, {}, SealsWith([](auto& r) { r.seal = "10 01"; }), kInvalid, "seal"},
        Refusal{"LongSeal",
                D::kDeclared,
                {},
                SealsWith([](auto& r) { r.seal = std::string(kSealCharactersMax + 1, '1'); }),
                kInvalid,
                "seal"},
        Refusal{"SlotTaken", D::kDeclared, SealAnother, SealsWith([](auto& r) { r.seal = "1002"; }), kRefused,
                kSlotOccupied, "watch"},
        Refusal{"SlotTakenBySensor", D::kDeclared,
                [](D& d) {
                  Slot slot;
                  slot.locker = LockerId("L1");
                  slot.number = 1;
                  slot.load = SlotLoad::kOccupied;
                  d.state_.slots.Put(SlotKey(slot.locker, slot.number), slot);
                },
                Seals, kRefused, kSlotOccupied, "sensor"},
        Refusal{"NoSuchSlot", D::kDeclared, {}, SealsWith([](auto& r) { r.slot = 5; }), kInvalid, "slot"},
        Refusal{"SlotZero", D::kDeclared, {}, SealsWith([](auto& r) { r.slot = 0; }), kInvalid, "slot"},
        Refusal{"NoSuchLocker",
                D::kDeclared,
                {},
                SealsWith([](auto& r) { r.locker = LockerId("L9"); }),
                kMissing,
                kLockerNotFound},
        Refusal{"LockerOutOfService", D::kDeclared,
                [](D& d) { d.ChangeLocker("L1", [](auto& l) { l.in_service = false; }); }, Seals, kRefused,
                kLockerOutOfService},
        Refusal{"SelfTestMissing", D::kDeclared,
                [](D& d) { d.ChangeLocker("L1", [](auto& l) { l.self_test_at = absl::InfinitePast(); }); }, Seals,
                kRefused, kSelfTestMissing, "none"},
        Refusal{"SelfTestTooOld", D::kDeclared,
                [](D& d) {
                  d.ChangeLocker("L1", [](auto& l) { l.self_test_at = kStart - kSelfTestAgeMax - absl::Seconds(1); });
                },
                Seals, kRefused, kSelfTestMissing},
        Refusal{"SelfTestFailedSince", D::kDeclared,
                [](D& d) { ASSERT_TRUE(RecordSelfTest(d.context(), d.state_, LockerId("L1"), false).ok()); }, Seals,
                kRefused, kSelfTestMissing, "failed"},
        Refusal{"Unacknowledged",
                D::kDeclared,
                {},
                SealsWith([](auto& r) { r.participant_acknowledged = false; }),
                kInvalid,
                "participant_acknowledged"},
        Refusal{"OddPhotoDigest",
                D::kDeclared,
                {},
                SealsWith([](auto& r) { r.photo_digests = {"abc"}; }),
                kInvalid,
                "photo_digests"},
        Refusal{"TooManyPhotos",
                D::kDeclared,
                {},
                SealsWith([](auto& r) { r.photo_digests.assign(kPhotosMax + 1, std::string(64, 'a')); }),
                kInvalid,
                "photo_digests"},
        Refusal{"OfOneself", D::kDeclared, [](D& d) { d.actor_person_ = PersonId("cho"); }, Seals, kDenied, kOwnDevice},
        Refusal{"VisitCancelled", D::kDeclared, [](D& d) { ASSERT_TRUE(Cancels(d).ok()); }, Seals, kRefused,
                kVisitState},
        Refusal{"TurnedAway", D::kDeclared, [](D& d) { ASSERT_TRUE(d.Screen(ScreeningResult::kRefused).ok()); }, Seals,
                kRefused, kParticipantState}),
    [](const auto& test) { return test.param.name; });

absl::Status Probes(Desk& d) { return d.Probe().status(); }
Step ProbesWith(std::function<void(ProbeRequest&)> change) {
  return [change](Desk& d) {
    ProbeRequest request{d.visit_, DeviceId("phone"), {{"2.4 GHz", 78}}, std::nullopt, "meter-7"};
    change(request);
    return RecordProbe(d.context(), d.state_, request).status();
  };
}

INSTANTIATE_TEST_SUITE_P(
    Probe, RefusalTest,
    ::testing::Values(
        Refusal{"NotSealed", D::kDeclared, {}, Probes, kRefused, kDeviceState, "DECLARED"},
        Refusal{
            "DoorOpen", D::kSealed,
            [](D& d) { ASSERT_TRUE(RecordSlotDoor(d.context(), d.state_, LockerId("L1"), 1, SlotDoor::kOpen).ok()); },
            Probes, kRefused, kSlotOpen},
        Refusal{"SlotOutOfService", D::kSealed,
                [](D& d) {
                  ASSERT_TRUE(d.Probe(10).ok());
                  ASSERT_TRUE(d.Probe(10).ok());
                },
                Probes, kRefused, kSlotOutOfService},
        Refusal{
            "NoInstrument", D::kSealed, {}, ProbesWith([](auto& r) { r.instrument = ""; }), kInvalid, "instrument_id"},
        Refusal{"NoReading", D::kSealed, {}, ProbesWith([](auto& r) { r.readings.clear(); }), kInvalid, "readings"},
        Refusal{"TooManyBands",
                D::kSealed,
                {},
                ProbesWith([](auto& r) { r.readings.resize(kBandsPerProbeMax + 1); }),
                kInvalid,
                "readings"},
        Refusal{"BandWithoutName",
                D::kSealed,
                {},
                ProbesWith([](auto& r) { r.readings[0].band = ""; }),
                kInvalid,
                "readings[0].band"},
        Refusal{"BandTwice",
                D::kSealed,
                {},
                ProbesWith([](auto& r) { r.readings.push_back(r.readings[0]); }),
                kInvalid,
                "readings[1].band"},
        Refusal{"NotANumber",
                D::kSealed,
                {},
                ProbesWith([](auto& r) { r.readings[0].attenuation_db = std::nan(""); }),
                kInvalid,
                "readings[0].attenuation_db"},
        Refusal{"Negative",
                D::kSealed,
                {},
                ProbesWith([](auto& r) { r.readings[0].attenuation_db = -1; }),
                kInvalid,
                "readings[0].attenuation_db"},
        Refusal{"TooGood",
                D::kSealed,
                {},
                ProbesWith([](auto& r) { r.readings[0].attenuation_db = kAttenuationDbMax + 1; }),
                kInvalid,
                "readings[0].attenuation_db"},
        Refusal{"OfOneself", D::kSealed, [](D& d) { d.actor_person_ = PersonId("cho"); }, Probes, kDenied, kOwnDevice},
        Refusal{"AfterTheEnd", D::kEnded, {}, Probes, kRefused, kVisitState}),
    [](const auto& test) { return test.param.name; });

absl::Status Clears(Desk& d) { return d.Clear(); }

INSTANTIATE_TEST_SUITE_P(
    Clear, RefusalTest,
    ::testing::Values(
        Refusal{"NotScreened", D::kDeclared, {}, Clears, kRefused, kParticipantState, "SCREENED"},
        Refusal{"DeviceNotSealed", D::kScreened, {}, Clears, kRefused, kDeviceNotQuarantined, "phone"},
        Refusal{"DeviceNotProbed", D::kSealed, {}, Clears, kRefused, kDeviceNotQuarantined, "SEALED"},
        Refusal{"ProbeTooLow", D::kSealed, [](D& d) { ASSERT_TRUE(d.Probe(41).ok()); }, Clears, kRefused,
                kAttenuationTooLow, "device phone (PHONE): 41 dB at 2.4 GHz in slot L1/1, 60 dB required"},
        Refusal{"ProbeReachable", D::kSealed,
                [](D& d) {
                  ASSERT_TRUE(RecordProbe(d.context(), d.state_, {d.visit_, DeviceId("phone"), {}, true, "call"}).ok());
                },
                Clears, kRefused, kAttenuationTooLow, "could be reached"},
        Refusal{"OneOfTwoDevices", D::kDeclared,
                [](D& d) {
                  ASSERT_TRUE(d.Declare("watch").ok());
                  ASSERT_TRUE(d.Screen().ok());
                  ASSERT_TRUE(d.Seal().ok());
                  ASSERT_TRUE(d.Probe().ok());
                },
                Clears, kRefused, kDeviceNotQuarantined, "watch"},
        Refusal{"NoNda", D::kVerified,
                [](D& d) { d.ChangePerson("cho", [](auto& p) { p.nda_until = absl::InfinitePast(); }); }, Clears,
                kRefused, kNdaMissing},
        Refusal{"NdaEnded", D::kVerified, [](D& d) { d.ChangePerson("cho", [&](auto& p) { p.nda_until = d.now_; }); },
                Clears, kRefused, kNdaMissing, "ended"},
        Refusal{"OpenIncident", D::kVerified, [](D& d) { ASSERT_FALSE(d.Release("9999")->released); }, Clears, kRefused,
                kQuarantineIncident, "SEAL_MISMATCH"},
        Refusal{"OfOneself", D::kVerified, [](D& d) { d.actor_person_ = PersonId("cho"); }, Clears, kDenied,
                kOwnDevice},
        Refusal{"Twice", D::kCleared, {}, Clears, kRefused, kParticipantState}),
    [](const auto& test) { return test.param.name; });

absl::Status Starts(Desk& d) { return d.Start(); }

INSTANTIATE_TEST_SUITE_P(
    Start, RefusalTest,
    ::testing::Values(
        Refusal{"NotOpen", D::kCreated, {}, Starts, kRefused, kVisitState},
        Refusal{"Twice", D::kStarted, {}, Starts, kRefused, kVisitState},
        Refusal{"CandidateNotCleared", D::kVerified, {}, Starts, kRefused, kQuarantineIncomplete, "cho is SCREENED"},
        Refusal{"BlindsUp", D::kCleared,
                [](D& d) { d.ChangeArea("interview", [](auto& a) { a.visual_security_confirmed = false; }); }, Starts,
                kRefused, kVisualSecurityOpen},
        Refusal{
            "BlindsSensorSilent", D::kCleared,
            [](D& d) { d.ChangeArea("interview", [](auto& a) { a.visual_security_at = kStart - absl::Hours(48); }); },
            Starts, kRefused, kVisualSecurityOpen},
        Refusal{"BadgeOfSomebodyElse",
                D::kCleared,
                {},
                [](D& d) { return d.Start("badge-ito"); },
                kRefused,
                kIdentityMismatch},
        Refusal{"NobodyIsThere", D::kDeclared, [](D& d) { ASSERT_TRUE(d.Screen(ScreeningResult::kRefused).ok()); },
                Starts, kRefused, kQuarantineIncomplete, "no candidate"}),
    [](const auto& test) { return test.param.name; });

absl::Status Releases(Desk& d) { return d.Release().status(); }
Step ReleasesWith(std::function<void(ReleaseRequest&)> change) {
  return [change](Desk& d) {
    ReleaseRequest request{d.visit_, DeviceId("phone"), PersonId("cho"), {}, "1001", true, LockerId(), 0, "", true};
    change(request);
    return ReleaseDevice(d.context(), d.state_, request).status();
  };
}

INSTANTIATE_TEST_SUITE_P(
    Release, RefusalTest,
    ::testing::Values(Refusal{"Inside", D::kInside, {}, Releases, kRefused, kParticipantInside},
                      Refusal{"StillInsideAfterTheEnd", D::kEndedInside, {}, Releases, kRefused, kParticipantInside},
                      Refusal{"NotInCustody", D::kDeclared, {}, Releases, kRefused, kDeviceState, "DECLARED"},
                      Refusal{"Twice", D::kEnded, [](D& d) { ASSERT_TRUE(d.Release()->released); }, Releases, kRefused,
                              kDeviceState, "RETURNED"},
                      Refusal{"NoSuchDevice",
                              D::kEnded,
                              {},
                              ReleasesWith([](auto& r) { r.device = DeviceId("x"); }),
                              kMissing,
                              kDeviceNotFound},
                      Refusal{"AnotherSlot",
                              D::kEnded,
                              {},
                              ReleasesWith([](auto& r) {
                                r.locker = LockerId("L1");
                                r.slot = 2;
                              }),
                              kRefused,
                              kSlotMismatch,
                              "L1/2"},
                      Refusal{"Unacknowledged",
                              D::kEnded,
                              {},
                              ReleasesWith([](auto& r) { r.participant_acknowledged = false; }),
                              kInvalid,
                              "participant_acknowledged"},
                      Refusal{"NoSuchBadge",
                              D::kEnded,
                              {},
                              ReleasesWith([](auto& r) { r.presented.badge = CredentialId("x"); }),
                              kMissing,
                              kBadgeNotFound},
                      Refusal{"OfOneself", D::kEnded, [](D& d) { d.actor_person_ = PersonId("cho"); }, Releases,
                              kDenied, kOwnDevice},
                      Refusal{"OpenIncident", D::kEnded, [](D& d) { ASSERT_FALSE(d.Release("1001", "dae")->released); },
                              Releases, kRefused, kQuarantineIncident, "WRONG_PERSON_AT_RELEASE"}),
    [](const auto& test) { return test.param.name; });

absl::Status Closes(Desk& d) { return d.Close(true).status(); }

INSTANTIATE_TEST_SUITE_P(
    Close, RefusalTest,
    ::testing::Values(Refusal{"NotEnded", D::kStarted, {}, Closes, kRefused, kVisitState},
                      Refusal{"DeviceInCustody", D::kEnded, {}, Closes, kRefused, kDeviceInCustody, "phone"},
                      Refusal{"BadgeOut", D::kEnded, [](D& d) { ASSERT_TRUE(d.Release()->released); },
                              [](D& d) { return d.Close().status(); }, kRefused, kBadgeNotReturned, "V-1"},
                      Refusal{"Twice", D::kEnded,
                              [](D& d) {
                                ASSERT_TRUE(d.Release()->released);
                                ASSERT_TRUE(d.Close(true).ok());
                              },
                              Closes, kRefused, kVisitState},
                      Refusal{"SomebodyStillInside", D::kCreated,
                              [](D& d) {
                                ASSERT_TRUE(d.CheckIn().ok());
                                ASSERT_TRUE(d.DeclareNone().ok());
                                ASSERT_TRUE(d.Screen().ok());
                                ASSERT_TRUE(d.Clear().ok());
                                ASSERT_TRUE(d.Start().ok());
                                d.Enter();
                                ASSERT_TRUE(d.End().ok());
                              },
                              Closes, kRefused, kParticipantState, "INSIDE"}),
    [](const auto& test) { return test.param.name; });

// ---- what each step does, and writes

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

TEST_F(WorkflowTest, ABrokenSealHoldsTheDevice) {
  Reach(kEnded);
  ReleaseRequest request{visit_, DeviceId("phone"), PersonId("cho"), {}, "1001", false, LockerId(), 0, "", true};
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
  const auto refused = CreateVisit(context(), state_, Visit2());
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status())) << refused.status();
  ASSERT_TRUE(CancelVisit(context(), state_, VisitId("w-7"), "").ok());
  EXPECT_TRUE(CreateVisit(context(), state_, Visit2()).ok());
  EXPECT_EQ(state_.visits_of.Find(PersonId("cho"))->visits.size(), kVisitsPerPersonMax);
  EXPECT_THAT(state_.visits_of.Find(PersonId("cho"))->visits, Not(Contains(VisitId("w-7"))));
}

}  // namespace
}  // namespace sallyport::quarantine
