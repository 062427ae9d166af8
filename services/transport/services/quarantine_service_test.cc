#include "gmock/gmock.h"
#include "sallyport/badge/v1/badge.pb.h"
#include "sallyport/facility/v1/facility.pb.h"
#include "sallyport/quarantine/v1/quarantine.pb.h"
#include "transport/services/services_test_util.h"

// An interview's visit from plan to end, by the API alone; the interview area's door follows.
namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::quarantine::v1;

class QuarantineServiceTest : public Services {
 protected:
  QuarantineServiceTest() : Services(engine::TestEngine::On::kMemory) {}

  void SetUp() override {
    Services::SetUp();
    facility::Document document = engine::SmallCompany();
    for (facility::Area& area : document.areas) area.visual_security = false;
    facility::Person candidate;
    candidate.id = PersonId("cho");
    candidate.name = "Cho Min-ji";
    candidate.kind = facility::PersonKind::kCandidate;
    document.people.push_back(candidate);
    facility::Credential badge;
    badge.id = CredentialId("visitor-7");
    badge.person = candidate.id;
    badge.card = {"H10301", 47, 700, ""};
    document.credentials.push_back(badge);
    ASSERT_TRUE(engine::Do(*engine_, engine::ApplyDocument(document)).ok());
  }

  template <class Request>
  Request Step(const std::string& person = "cho") {
    Request request;
    request.set_request_id(absl::StrCat("step-", ++steps_));
    request.set_visit_id("v1");
    if constexpr (requires { request.set_person_id(person); }) request.set_person_id(person);
    return request;
  }
  template <class Response, class Request>
  absl::StatusOr<Response> Do(const std::string& method, const Request& request) {
    return Call<Response>(absl::StrCat("quarantine.v1.QuarantineService/", method), request);
  }
  std::string AtTheDoor() { return Read(absl::StrCat("read-", ++steps_), "interview-in", "visitor-7"); }
  void Pass(const std::string& point) {
    ASSERT_EQ(Read(absl::StrCat("read-", ++steps_), point, "visitor-7"), "GRANTED");
    badge::v1::RecordEventsRequest opened;
    opened.set_request_id(absl::StrCat("opened-", ++steps_));
    opened.add_events()->set_kind("opened");
    opened.mutable_events(0)->set_access_point_id(point);
    ASSERT_TRUE(Call<badge::v1::RecordEventsResponse>("badge.v1.BadgeEventService/RecordEvents", opened).ok());
  }
  void Create() {
    v1::CreateVisitRequest request;
    request.set_request_id("create");
    v1::Visit* visit = request.mutable_visit();
    visit->set_id("v1");
    visit->set_interview_area_id("interview");
    visit->set_host_id("ada");
    visit->mutable_start()->set_seconds(absl::ToUnixSeconds(engine_.clock.Now()));
    visit->mutable_end()->set_seconds(absl::ToUnixSeconds(engine_.clock.Now()) + 7200);
    v1::Participant* candidate = visit->add_participants();
    candidate->set_person_id("cho");
    candidate->set_role(v1::PARTICIPANT_ROLE_CANDIDATE);
    const auto created = Do<v1::CreateVisitResponse>("CreateVisit", request);
    ASSERT_TRUE(created.ok()) << created.status();
    EXPECT_EQ(created->visit().state(), v1::VISIT_STATE_SCHEDULED);
  }
  void CheckInAndDeclare() {
    auto check_in = Step<v1::CheckInParticipantRequest>();
    check_in.set_document_kind("passport");
    check_in.set_document_last4("77K2");
    check_in.set_visitor_badge_id("visitor-7");
    const auto checked_in = Do<v1::CheckInParticipantResponse>("CheckInParticipant", check_in);
    ASSERT_TRUE(checked_in.ok()) << checked_in.status();
    EXPECT_EQ(checked_in->visit().state(), v1::VISIT_STATE_OPEN);
    auto declare = Step<v1::DeclareDevicesRequest>();
    v1::Device* phone = declare.add_devices();
    phone->set_id("phone");
    phone->set_kind("phone");
    phone->set_description("a black phone");
    phone->set_condition("scratched");
    declare.set_confirmed_by("signature");
    const auto declared = Do<v1::DeclareDevicesResponse>("DeclareDevices", declare);
    ASSERT_TRUE(declared.ok()) << declared.status();
    EXPECT_EQ(declared->visit().participants(0).devices(0).kind(), "phone");
  }
  void Seal() {
    badge::v1::RecordEventsRequest test;  // the locker says that it works
    test.set_request_id("self-test");
    test.add_events()->set_kind("self_test");
    test.mutable_events(0)->set_detail("L1");
    ASSERT_TRUE(Call<badge::v1::RecordEventsResponse>("badge.v1.BadgeEventService/RecordEvents", test).ok());
    auto seal = Step<v1::SealDeviceRequest>();
    seal.set_device_id("phone");
    seal.set_locker_id("L1");
    seal.set_slot(2);
    seal.set_seal("A-0001");
    seal.set_condition("scratched");
    seal.set_participant_acknowledged(true);
    const auto sealed = Do<v1::SealDeviceResponse>("SealDevice", seal);
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    EXPECT_EQ(sealed->visit().participants(0).devices(0).state(), v1::DEVICE_STATE_SEALED);
  }
  absl::StatusOr<v1::RecordProbeResponse> Probe(double db) {
    auto probe = Step<v1::RecordProbeRequest>();
    probe.set_device_id("phone");
    probe.set_instrument_id("meter-1");
    probe.add_readings()->set_band("2.4 GHz");
    probe.mutable_readings(0)->set_attenuation_db(db);
    return Do<v1::RecordProbeResponse>("RecordProbe", probe);
  }

  int steps_ = 0;
};

TEST_F(QuarantineServiceTest, AnInterviewFromPlanToEnd) {
  Create();
  EXPECT_EQ(AtTheDoor(), "QUARANTINE_INCOMPLETE");
  CheckInAndDeclare();
  EXPECT_EQ(AtTheDoor(), "DEVICE_NOT_QUARANTINED");
  auto screening = Step<v1::RecordScreeningRequest>();
  screening.set_method("wand");
  screening.set_passed(true);
  ASSERT_TRUE(Do<v1::RecordScreeningResponse>("RecordScreening", screening).ok());
  Seal();
  EXPECT_EQ(AtTheDoor(), "DEVICE_NOT_QUARANTINED");  // sealed, and nobody knows yet whether the bag holds
  const auto weak = Probe(41);
  ASSERT_TRUE(weak.ok()) << weak.status();
  EXPECT_FALSE(weak->passed());
  EXPECT_THAT(weak->detail(), testing::HasSubstr("2.4 GHz: 41.0 dB, required 60.0 dB"));
  ASSERT_TRUE(Probe(85)->passed());
  EXPECT_EQ(AtTheDoor(), "QUARANTINE_INCOMPLETE");  // not cleared yet
  auto clear = Step<v1::ClearParticipantRequest>();
  clear.set_nda_signed(true);
  const auto cleared = Do<v1::ClearParticipantResponse>("ClearParticipant", clear);
  ASSERT_TRUE(cleared.ok()) << cleared.status();
  Pass("interview-in");
  v1::GetVisitRequest get;
  get.set_visit_id("v1");
  EXPECT_EQ(Do<v1::GetVisitResponse>("GetVisit", get)->visit().participants(0).state(), v1::PARTICIPANT_STATE_INSIDE);
  EXPECT_EQ(Do<v1::StartInterviewResponse>("StartInterview", Step<v1::StartInterviewRequest>())->visit().state(),
            v1::VISIT_STATE_IN_INTERVIEW);
  EXPECT_EQ(Do<v1::EndInterviewResponse>("EndInterview", Step<v1::EndInterviewRequest>())->visit().state(),
            v1::VISIT_STATE_ENDED);
  Pass("interview-out");
  auto release = Step<v1::ReleaseDeviceRequest>();
  release.set_device_id("phone");
  release.set_seal("A-0001");
  release.set_seal_intact(true);
  release.set_condition("as before");
  release.set_participant_acknowledged(true);
  release.set_document_kind("passport");
  release.set_document_last4("77K2");
  release.set_visitor_badge_returned(true);
  const auto released = Do<v1::ReleaseDeviceResponse>("ReleaseDevice", release);
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_TRUE(released->released()) << released->detail();
  const auto closed = Do<v1::CloseVisitResponse>("CloseVisit", Step<v1::CloseVisitRequest>());
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->visit().state(), v1::VISIT_STATE_CLOSED);
  EXPECT_EQ(AtTheDoor(), "VISIT_NOT_ACTIVE");
  for (const auto& entry : engine_.disk->entries) {
    for (const char* personal : {"Min-ji", "77K2", "black phone", "\"cho\""}) {
      EXPECT_THAT(entry.leaf, testing::Not(testing::HasSubstr(personal)));
    }
  }
}

TEST_F(QuarantineServiceTest, NamesAreTheApis) {
  Create();
  auto check_in = Step<v1::CheckInParticipantRequest>();
  check_in.set_document_kind("library_card");
  EXPECT_EQ(FieldOf(Do<v1::CheckInParticipantResponse>("CheckInParticipant", check_in).status()), "document_kind");
  auto declare = Step<v1::DeclareDevicesRequest>();
  declare.add_devices()->set_kind("toaster");
  EXPECT_EQ(FieldOf(Do<v1::DeclareDevicesResponse>("DeclareDevices", declare).status()), "devices[0].kind");
  auto screening = Step<v1::RecordScreeningRequest>();
  screening.set_method("nose");
  EXPECT_EQ(FieldOf(Do<v1::RecordScreeningResponse>("RecordScreening", screening).status()), "method");
}

TEST_F(QuarantineServiceTest, AVisitIsListedByItsState) {
  Create();
  v1::ListVisitsRequest list;
  list.set_state(v1::VISIT_STATE_SCHEDULED);
  EXPECT_EQ(Do<v1::ListVisitsResponse>("ListVisits", list)->visits_size(), 1);
  list.set_state(v1::VISIT_STATE_CLOSED);
  EXPECT_EQ(Do<v1::ListVisitsResponse>("ListVisits", list)->visits_size(), 0);
  v1::GetVisitRequest unknown;
  unknown.set_visit_id("v9");
  EXPECT_EQ(Do<v1::GetVisitResponse>("GetVisit", unknown).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sallyport::transport
