#include <cmath>

#include "quarantine/limits.h"
#include "quarantine/refusal_test_util.h"

// Every guard of the steps that take a device into custody and give it back.
namespace sallyport::quarantine {
namespace {

using namespace testing;  // NOLINT: the words of the tables

class CustodyRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(CustodyRefusalTest, ChangesNothing) { ExpectRefusal(GetParam()); }

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
    Seal, CustodyRefusalTest,
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
        Refusal{"VisitCancelled", D::kDeclared,
                [](D& d) { ASSERT_TRUE(CancelVisit(d.context(), d.state_, d.visit_, "").ok()); }, Seals, kRefused,
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
    Probe, CustodyRefusalTest,
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

absl::Status Releases(Desk& d) { return d.Release().status(); }
Step ReleasesWith(std::function<void(ReleaseRequest&)> change) {
  return [change](Desk& d) {
    ReleaseRequest request{
        d.visit_, DeviceId("phone"), PersonId("cho"), Passport(), "1001", true, LockerId(), 0, "", true};
    change(request);
    return ReleaseDevice(d.context(), d.state_, request).status();
  };
}

INSTANTIATE_TEST_SUITE_P(
    Release, CustodyRefusalTest,
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

}  // namespace
}  // namespace sallyport::quarantine
