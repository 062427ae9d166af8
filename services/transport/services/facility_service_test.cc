#include "gmock/gmock.h"
#include "sallyport/directory/v1/directory.pb.h"
#include "sallyport/facility/v1/facility.pb.h"
#include "sallyport/operator/v1/operator.pb.h"
#include "sallyport/policy/v1/policy.pb.h"
#include "transport/services/services_test_util.h"

// Facility, directory, operators and policies, as their clients see them.
namespace sallyport::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kDocument[] = R"(
sites:
  hq: {time_zone: Asia/Seoul}
floors:
  f1: {level: 0}
areas:
  outside: {}
  lobby: {floor: f1}
access_points:
  main-in: {from: outside, to: lobby}
  main-out: {from: lobby, to: outside, exit: true}
access_levels:
  lobby:
    entries: [{area: lobby}]
people:
  ada:
    name: Ada Lovelace
    levels: [lobby]
  grace:
    name: Grace Hopper
    levels: [lobby]
    credentials:
      card-grace: {facility_code: 47, number: 900}
)";

class FacilityServiceTest : public Services {
 protected:
  FacilityServiceTest() : Services(engine::TestEngine::On::kMemory) {}

  absl::StatusOr<facility::v1::ApplyFacilityResponse> Apply(const std::string& request_id,
                                                            const std::string& document) {
    facility::v1::ApplyFacilityRequest request;
    request.set_request_id(request_id);
    request.set_document(document);
    request.set_file_name("hq.yaml");
    return Call<facility::v1::ApplyFacilityResponse>("facility.v1.FacilityService/ApplyFacility", request);
  }
  absl::StatusOr<facility::v1::PlanFacilityResponse> Plan(const std::string& document) {
    facility::v1::PlanFacilityRequest request;
    request.set_document(document);
    request.set_file_name("hq.yaml");
    return Call<facility::v1::PlanFacilityResponse>("facility.v1.FacilityService/PlanFacility", request);
  }
  template <class List>
  static std::vector<std::string> Changes(const List& changes) {
    std::vector<std::string> out;
    for (const auto& change : changes)
      out.push_back(absl::StrCat(change.action(), " ", change.kind(), " ", change.id()));
    return out;
  }
};

TEST_F(FacilityServiceTest, ApplyMakesWhatPlanSays) {
  const auto plan = Plan(kDocument);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(Changes(plan->changes()), testing::IsSupersetOf({"remove area lab", "add person grace",
                                                               "add credential card-grace", "update person ada"}));
  EXPECT_TRUE(engine_.state().facility.areas.Contains(AreaId("lab")));  // so far it was only a plan
  EXPECT_THAT(LastRecord().disclosure().query(), StartsWith("document "));

  directory::v1::GrantAccessLevelRequest grant;  // to somebody whom the document does not name
  grant.set_request_id("r1");
  grant.set_person_id("bob");
  grant.mutable_grant()->set_access_level_id("lab");
  ASSERT_TRUE(
      Call<directory::v1::GrantAccessLevelResponse>("directory.v1.DirectoryService/GrantAccessLevel", grant).ok());
  EXPECT_EQ(Apply("r1", kDocument).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(engine_.state().facility.areas.Contains(AreaId("lab")));

  directory::v1::RevokeAccessLevelRequest revoke;
  revoke.set_request_id("r2");
  revoke.set_person_id("bob");
  revoke.set_access_level_id("lab");
  ASSERT_TRUE(
      Call<directory::v1::RevokeAccessLevelResponse>("directory.v1.DirectoryService/RevokeAccessLevel", revoke).ok());
  const auto applied = Apply("r3", kDocument);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_THAT(Changes(applied->changes()), testing::Contains("remove area lab"));
  EXPECT_FALSE(engine_.state().facility.areas.Contains(AreaId("lab")));
  EXPECT_THAT(Changes(Plan(kDocument)->changes()), IsEmpty());
  EXPECT_EQ(Read("r4", "main-in", "card-grace"), "GRANTED");
}

TEST_F(FacilityServiceTest, ABrokenDocumentNamesEveryLine) {
  const auto before = engine::Dump(engine_.state());
  const std::string broken = absl::StrCat(kDocument, "lockers:\n  L1: {area: nowhere, slots: many}\nnonsense: 1\n");
  for (const absl::Status& status : {Apply("r1", broken).status(), Plan(broken).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("hq.yaml:"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("nonsense"));
  }
  EXPECT_EQ(FieldOf(Apply("r2", "").status()), "document");
  EXPECT_THAT(engine::Differences(engine::Dump(engine_.state()), before), IsEmpty());
}

TEST_F(FacilityServiceTest, ApplyingAgainWithTheSameIdIsARepeat) {
  const auto first = Apply("r1", kDocument);
  ASSERT_TRUE(first.ok()) << first.status();
  const uint64_t size = log_size();
  const auto again = Apply("r1", kDocument);
  ASSERT_TRUE(again.ok());
  EXPECT_GT(again->changes_size(), 0);
  EXPECT_EQ(log_size(), size);
  EXPECT_EQ(Apply("r1", absl::StrCat(kDocument, "# changed\n")).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(FacilityServiceTest, GetFacilityHasEverythingButPeople) {
  const auto facility = Call<facility::v1::GetFacilityResponse>("facility.v1.FacilityService/GetFacility",
                                                                facility::v1::GetFacilityRequest());
  ASSERT_TRUE(facility.ok());
  EXPECT_EQ(facility->sites_size(), 1);
  EXPECT_EQ(facility->areas_size(), 4);
  EXPECT_EQ(facility->access_points_size(), 6);
  EXPECT_EQ(facility->areas(0).id(), "interview");  // in order
  EXPECT_EQ(facility->document_hash(), engine::SmallCompany().hash);
  EXPECT_THAT(facility->SerializeAsString(), Not(HasSubstr("Lovelace")));
}

TEST_F(FacilityServiceTest, ModesMustBeSaid) {
  facility::v1::SetDoorModeRequest door;
  door.set_request_id("r");
  door.set_access_point_id("main-in");
  const auto set = [&] {
    return Call<facility::v1::SetDoorModeResponse>("facility.v1.FacilityService/SetDoorMode", door);
  };
  EXPECT_EQ(FieldOf(set().status()), "mode");
  door.set_mode(facility::v1::DOOR_MODE_LOCKED_DOWN);
  EXPECT_EQ(set()->access_point().mode(), facility::v1::DOOR_MODE_LOCKED_DOWN);
  EXPECT_EQ(Read("r1", "main-in", "card-ada"), "DOOR_LOCKED_DOWN");
  facility::v1::SetThreatLevelRequest threat;
  threat.set_request_id("r");
  threat.set_site_id("hq");
  threat.set_threat_level(facility::v1::THREAT_LEVEL_LOCKDOWN);
  EXPECT_EQ(Call<facility::v1::SetThreatLevelResponse>("facility.v1.FacilityService/SetThreatLevel", threat)
                ->site()
                .threat_level(),
            facility::v1::THREAT_LEVEL_LOCKDOWN);
  facility::v1::SetAreaStateRequest area;
  area.set_request_id("r");
  area.set_area_id("interview");
  area.set_visual_security_confirmed(true);
  EXPECT_TRUE(Call<facility::v1::SetAreaStateResponse>("facility.v1.FacilityService/SetAreaState", area)
                  ->area()
                  .visual_security_confirmed());
}

TEST_F(FacilityServiceTest, MusterListsWhoIsInside) {
  const auto put = [](const char* person, const char* area) {
    return [=](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
      transaction.state().access.presence.Put(PersonId(person), {AreaId(area), absl::UnixEpoch(), AccessPointId()});
      transaction.Record(ChangeEvent{"test.moved", "", {}, {}, {}});
      return std::string();
    };
  };
  ASSERT_TRUE(engine::Do(*engine_, put("ada", "lab")).ok());
  ASSERT_TRUE(engine::Do(*engine_, put("bob", "outside")).ok());
  facility::v1::MusterRequest request;
  request.set_site_id("hq");
  const auto muster = Call<facility::v1::MusterResponse>("facility.v1.FacilityService/Muster", request);
  ASSERT_EQ(muster->entries_size(), 1);
  EXPECT_EQ(muster->entries(0).person_name(), "Ada Lovelace");
  EXPECT_EQ(muster->entries(0).area_id(), "lab");
  EXPECT_EQ(LastRecord().disclosure().query(), "hq");
  request.set_site_id("moon");
  EXPECT_EQ(Call<facility::v1::MusterResponse>("facility.v1.FacilityService/Muster", request).status().code(),
            absl::StatusCode::kNotFound);
}

// ---- directory

TEST_F(FacilityServiceTest, PeopleAndCredentialsComeInPages) {
  for (int i = 0; i < 5; ++i) {
    directory::v1::CreatePersonRequest request;
    request.set_request_id(absl::StrCat("p", i));
    request.mutable_person()->set_id(absl::StrCat("p", i));
    request.mutable_person()->set_name("x");
    ASSERT_TRUE(Call<directory::v1::CreatePersonResponse>("directory.v1.DirectoryService/CreatePerson", request).ok());
  }
  std::vector<std::string> ids;
  directory::v1::ListPeopleRequest list;
  list.set_page_size(3);
  do {
    const auto page = Call<directory::v1::ListPeopleResponse>("directory.v1.DirectoryService/ListPeople", list);
    ASSERT_TRUE(page.ok());
    for (const auto& person : page->people()) ids.push_back(person.id());
    list.set_page_token(page->next_page_token());
  } while (!list.page_token().empty());
  EXPECT_THAT(ids, ElementsAre("ada", "bob", "p0", "p1", "p2", "p3", "p4"));
  list.set_page_size(1001);
  EXPECT_EQ(FieldOf(Call<directory::v1::ListPeopleResponse>("directory.v1.DirectoryService/ListPeople", list).status()),
            "page_size");

  directory::v1::ListCredentialsRequest cards;
  cards.set_person_id("bob");
  const auto found =
      Call<directory::v1::ListCredentialsResponse>("directory.v1.DirectoryService/ListCredentials", cards);
  ASSERT_EQ(found->credentials_size(), 1);
  EXPECT_EQ(found->credentials(0).card().number(), 102u);
}

TEST_F(FacilityServiceTest, WhoLeavesStaysOut) {
  EXPECT_EQ(Read("r1", "main-in", "card-bob"), "GRANTED");
  directory::v1::DeactivatePersonRequest request;
  request.set_request_id("r2");
  request.set_person_id("bob");
  const auto gone =
      Call<directory::v1::DeactivatePersonResponse>("directory.v1.DirectoryService/DeactivatePerson", request);
  EXPECT_EQ(gone->person().status(), directory::v1::PERSON_STATUS_LEFT);
  EXPECT_THAT(Read("r3", "main-in", "card-bob"), Not("GRANTED"));
}

TEST_F(FacilityServiceTest, ARevokedCardSaysWhy) {
  directory::v1::RevokeCredentialRequest request;
  request.set_request_id("r1");
  request.set_credential_id("card-bob");
  const auto revoke = [&] {
    return Call<directory::v1::RevokeCredentialResponse>("directory.v1.DirectoryService/RevokeCredential", request);
  };
  EXPECT_EQ(FieldOf(revoke().status()), "status");
  request.set_status(directory::v1::CREDENTIAL_STATUS_STOLEN);
  EXPECT_EQ(revoke()->credential().status(), directory::v1::CREDENTIAL_STATUS_STOLEN);
  EXPECT_EQ(Read("r2", "main-in", "card-bob"), "CREDENTIAL_STOLEN");
}

// ---- operators and their tokens

TEST_F(FacilityServiceTest, ATokenIsShownOnce) {
  operator_::v1::CreateOperatorRequest create;
  create.set_request_id("r1");
  create.mutable_operator_()->set_id("rae");
  create.mutable_operator_()->set_name("Rae");
  create.mutable_operator_()->set_kind("person");
  create.mutable_operator_()->set_active(true);
  create.mutable_operator_()->add_roles("reception");
  const auto created =
      Call<operator_::v1::CreateOperatorResponse>("operator.v1.OperatorService/CreateOperator", create);
  ASSERT_TRUE(created.ok()) << created.status();
  operator_::v1::CreateApiTokenRequest request;
  request.set_request_id("r2");
  request.set_operator_id("rae");
  const auto call = [&] {
    return Call<operator_::v1::CreateApiTokenResponse>("operator.v1.OperatorService/CreateApiToken", request);
  };
  const auto first = call();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(first->token(), StartsWith(absl::StrCat("sp_", first->token_id(), "_")));
  const auto again = call();
  EXPECT_EQ(again->token_id(), first->token_id());
  EXPECT_THAT(again->token(), IsEmpty());
  for (const auto& [key, value] : engine_.disk->rows) EXPECT_THAT(value, Not(HasSubstr(first->token())));
  for (const auto& answer : engine_.disk->answers) EXPECT_THAT(answer.bytes, Not(HasSubstr(first->token())));
  for (const auto& entry : engine_.disk->entries) EXPECT_THAT(entry.leaf, Not(HasSubstr(first->token())));
}

TEST_F(FacilityServiceTest, AnOperatorStaysOfItsKind) {
  operator_::v1::CreateOperatorRequest create;
  create.set_request_id("r1");
  create.mutable_operator_()->set_id("gate");
  create.mutable_operator_()->set_name("Gate");
  create.mutable_operator_()->set_kind("gateway");
  create.mutable_operator_()->set_active(true);
  ASSERT_TRUE(Call<operator_::v1::CreateOperatorResponse>("operator.v1.OperatorService/CreateOperator", create).ok());
  operator_::v1::UpdateOperatorRequest update;
  *update.mutable_operator_() = create.operator_();
  const auto call = [&](const std::string& request_id, const std::string& kind) {
    update.set_request_id(request_id);
    update.mutable_operator_()->set_kind(kind);
    return Call<operator_::v1::UpdateOperatorResponse>("operator.v1.OperatorService/UpdateOperator", update);
  };
  EXPECT_EQ(call("r2", "gateway")->operator_().kind(), "gateway");
  EXPECT_EQ(call("r3", "")->operator_().kind(), "gateway");
  EXPECT_EQ(FieldOf(call("r4", "person").status()), "operator.kind");
  update.mutable_operator_()->set_id("nobody");
  EXPECT_EQ(call("r5", "").status().code(), absl::StatusCode::kNotFound);
}

// ---- policies

TEST_F(FacilityServiceTest, ABrokenPolicySetNamesItsLine) {
  policy::v1::ValidatePolicySetRequest request;
  auto& files = *request.mutable_policy_set()->mutable_files();
  for (const auto& [name, text] : engine::RealPolicies().files) files[name] = text;
  const auto validate = [&] {
    return Call<policy::v1::ValidatePolicySetResponse>("policy.v1.PolicyService/ValidatePolicySet", request);
  };
  EXPECT_EQ(validate()->problems_size(), 0);
  files["broken.cedar"] = "permit (principal,\n  action == ,\n  resource);\n";
  const auto checked = validate();
  ASSERT_EQ(checked->problems_size(), 1);  // a line of the text that is shown with it is no problem of its own
  EXPECT_EQ(checked->problems(0).column(), 13u);
  EXPECT_EQ(checked->problems(0).source_line(), "  action == ,");
  EXPECT_EQ(checked->problems(0).severity(), "error");
  EXPECT_EQ(checked->problems(0).file(), "broken.cedar");
  EXPECT_EQ(checked->problems(0).line(), 2u);
  EXPECT_THAT(checked->problems(0).message(), Not(StartsWith("error")));

  policy::v1::ProposePolicySetRequest propose;
  propose.set_request_id("r1");
  *propose.mutable_policy_set() = request.policy_set();
  const auto refused = Call<policy::v1::ProposePolicySetResponse>("policy.v1.PolicyService/ProposePolicySet", propose);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("broken.cedar:2"));
}

TEST_F(FacilityServiceTest, PoliciesAreActivatedAndRolledBack) {
  policy::v1::ProposePolicySetRequest propose;
  propose.set_request_id("r1");
  auto& files = *propose.mutable_policy_set()->mutable_files();
  for (const auto& [name, text] : engine::RealPolicies().files) files[name] = text;
  files["closed.cedar"] =
      "@id(\"closed\")\n@reason(\"THREAT_LEVEL\")\nforbid (principal is Person, action == Action::\"enter\", "
      "resource is AccessPoint);\n";
  const auto proposed = Call<policy::v1::ProposePolicySetResponse>("policy.v1.PolicyService/ProposePolicySet", propose);
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  EXPECT_EQ(Read("r2", "main-in", "card-ada"), "GRANTED");  // proposed is not in force
  policy::v1::ActivatePolicySetRequest activate;
  activate.set_request_id("r3");
  activate.set_hash(proposed->hash());
  const auto active =
      Call<policy::v1::ActivatePolicySetResponse>("policy.v1.PolicyService/ActivatePolicySet", activate);
  ASSERT_TRUE(active.ok()) << active.status();
  EXPECT_EQ(Read("r4", "main-in", "card-ada"), "THREAT_LEVEL");
  policy::v1::RollBackPolicySetRequest back;
  back.set_request_id("r5");
  EXPECT_EQ(Call<policy::v1::RollBackPolicySetResponse>("policy.v1.PolicyService/RollBackPolicySet", back)->hash(),
            active->previous_hash());
  EXPECT_EQ(Read("r6", "main-in", "card-ada"), "GRANTED");
}

}  // namespace
}  // namespace sallyport::transport
