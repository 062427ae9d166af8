#include "quarantine/limits.h"
#include "quarantine/refusal_test_util.h"

// Every guard of the steps that make, start, end and close a visit, and bring people through the desk.
namespace sallyport::quarantine {
namespace {

using namespace testing;  // NOLINT: the words of the tables

class VisitRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(VisitRefusalTest, ChangesNothing) { ExpectRefusal(GetParam()); }

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

INSTANTIATE_TEST_SUITE_P(
    Create, VisitRefusalTest,
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
    Cancel, VisitRefusalTest,
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
    CheckIn, VisitRefusalTest,
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
    Declare, VisitRefusalTest,
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
    Screen, VisitRefusalTest,
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

absl::Status Clears(Desk& d) { return d.Clear(); }

INSTANTIATE_TEST_SUITE_P(
    Clear, VisitRefusalTest,
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
    Start, VisitRefusalTest,
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

absl::Status Closes(Desk& d) { return d.Close(true).status(); }

INSTANTIATE_TEST_SUITE_P(
    Close, VisitRefusalTest,
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

}  // namespace
}  // namespace sallyport::quarantine
