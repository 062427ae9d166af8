#include "operators/authorize.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cedar/policy.h"
#include "cedar/schema.h"

// Who may call what under the policies that ship: a table of roles and methods.
namespace sallyport::operators {
namespace {

std::string ReadPolicy(const std::string& name) {
  std::ifstream file(absl::StrCat(SALLYPORT_SOURCE_DIR, "/policies/", name));
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

cedar::PolicySet Parse(const std::string& text) {
  cedar::ParseOptions options;
  options.id_annotation = true;
  auto set = cedar::PolicySet::Parse(text, options);
  EXPECT_TRUE(set.ok()) << set.status();
  return *std::move(set);
}

// The initial of each role that may call a method, beside the administrator, who may call all.
const std::map<char, std::string> kRoles = {{'G', "gateway"},          {'R', "reception"},
                                            {'S', "security-officer"}, {'V', "supervisor"},
                                            {'A', "auditor"},          {'D', "directory-manager"},
                                            {'F', "facility-manager"}, {'P', "policy-author"},
                                            {'O', "policy-approver"},  {'B', "sensor"}};

// Every method of the API.
const std::map<std::string, std::string> kMayCall = {
    {"access.v1.AccessService/Authorize", "G"},
    {"access.v1.AccessService/AuthorizeStream", "G"},
    {"access.v1.AccessService/Explain", "RSVAF"},
    {"access.v1.AccessService/ListPresence", "RSVAF"},
    {"badge.v1.BadgeEventService/RecordEvents", "GB"},
    {"badge.v1.BadgeEventService/ListEvents", "RSVAF"},
    {"badge.v1.BadgeEventService/WatchEvents", "RSVAF"},
    {"facility.v1.FacilityService/PlanFacility", "F"},
    {"facility.v1.FacilityService/ApplyFacility", "F"},
    {"facility.v1.FacilityService/GetFacility", "RSVAF"},
    {"facility.v1.FacilityService/SetDoorMode", "S"},
    {"facility.v1.FacilityService/SetThreatLevel", "S"},
    {"facility.v1.FacilityService/SetAreaState", "RSB"},
    {"facility.v1.FacilityService/Muster", "RS"},
    {"directory.v1.DirectoryService/CreatePerson", "D"},
    {"directory.v1.DirectoryService/GetPerson", "RSD"},
    {"directory.v1.DirectoryService/UpdatePerson", "D"},
    {"directory.v1.DirectoryService/ListPeople", "RSD"},
    {"directory.v1.DirectoryService/DeactivatePerson", "D"},
    {"directory.v1.DirectoryService/IssueCredential", "D"},
    {"directory.v1.DirectoryService/RevokeCredential", "SD"},
    {"directory.v1.DirectoryService/ListCredentials", "RSD"},
    {"directory.v1.DirectoryService/GrantAccessLevel", "D"},
    {"directory.v1.DirectoryService/RevokeAccessLevel", "D"},
    {"directory.v1.DirectoryService/RecordBriefing", "D"},
    {"directory.v1.DirectoryService/EraseSubject", "D"},
    {"policy.v1.PolicyService/GetPolicySet", "AOP"},
    {"policy.v1.PolicyService/ValidatePolicySet", "OP"},
    {"policy.v1.PolicyService/TestPolicySet", "OP"},
    {"policy.v1.PolicyService/ProposePolicySet", "P"},
    {"policy.v1.PolicyService/ActivatePolicySet", "O"},
    {"policy.v1.PolicyService/RollBackPolicySet", "O"},
    {"policy.v1.PolicyService/ReplayHistory", "AOP"},
    {"quarantine.v1.QuarantineService/CreateVisit", "R"},
    {"quarantine.v1.QuarantineService/GetVisit", "RSA"},
    {"quarantine.v1.QuarantineService/ListVisits", "RSA"},
    {"quarantine.v1.QuarantineService/WatchVisits", "RSA"},
    {"quarantine.v1.QuarantineService/CheckInParticipant", "R"},
    {"quarantine.v1.QuarantineService/DeclareDevices", "R"},
    {"quarantine.v1.QuarantineService/RecordScreening", "R"},
    {"quarantine.v1.QuarantineService/SealDevice", "R"},
    {"quarantine.v1.QuarantineService/RecordProbe", "R"},
    {"quarantine.v1.QuarantineService/ClearParticipant", "R"},
    {"quarantine.v1.QuarantineService/StartInterview", "R"},
    {"quarantine.v1.QuarantineService/EndInterview", "R"},
    {"quarantine.v1.QuarantineService/ReleaseDevice", "R"},
    {"quarantine.v1.QuarantineService/CloseVisit", "R"},
    {"quarantine.v1.QuarantineService/ReportIncident", "RS"},
    {"quarantine.v1.QuarantineService/ResolveIncident", "S"},
    {"quarantine.v1.QuarantineService/RequestOverride", "RS"},
    {"quarantine.v1.QuarantineService/Reconcile", "RSA"},
    {"alarm.v1.AlarmService/ListAlarms", "RS"},
    {"alarm.v1.AlarmService/WatchAlarms", "RS"},
    {"alarm.v1.AlarmService/AcknowledgeAlarm", "S"},
    {"alarm.v1.AlarmService/ResolveAlarm", "S"},
    {"audit.v1.AuditService/GetCheckpoint", "A"},
    {"audit.v1.AuditService/GetRecord", "A"},
    {"audit.v1.AuditService/ListRecords", "A"},
    {"audit.v1.AuditService/GetReceipt", "A"},
    {"audit.v1.AuditService/GetInclusionProof", "A"},
    {"audit.v1.AuditService/GetConsistencyProof", "A"},
    {"audit.v1.AuditService/ExportRecords", "A"},
    {"audit.v1.AuditService/ListKeys", "A"},
    {"audit.v1.AuditService/RotateKey", ""},
    {"operator.v1.OperatorService/ListOperators", ""},
    {"operator.v1.OperatorService/CreateOperator", ""},
    {"operator.v1.OperatorService/UpdateOperator", ""},
    {"operator.v1.OperatorService/CreateApiToken", ""},
    {"operator.v1.OperatorService/RevokeApiToken", ""},
    {"operator.v1.OperatorService/ListApprovals", "SV"},
    {"operator.v1.OperatorService/Approve", "SV"},
    {"operator.v1.OperatorService/Reject", "SV"},
};

class AuthorizeTest : public ::testing::Test {
 protected:
  AuthorizeTest() {
    auto schema = cedar::Schema::Parse(ReadPolicy("facility.cedarschema"));
    EXPECT_TRUE(schema.ok()) << schema.status();
    schema_ = std::make_unique<const cedar::Schema>(*std::move(schema));
    policies_ = Parse(ReadPolicy("operators.cedar"));
  }
  void Put(const std::string& id, std::set<std::string> roles, OperatorKind kind = OperatorKind::kPerson,
           OperatorStatus status = OperatorStatus::kActive) {
    state_.operators.Put(OperatorId(id), {OperatorId(id), id, kind, std::move(roles), status});
  }
  absl::Status May(const std::string& who, const std::string& method) const {
    return Authorize(policies_, schema_->actions(), state_, OperatorId(who), method);
  }

  std::unique_ptr<const cedar::Schema> schema_;
  cedar::PolicySet policies_;
  State state_;
};

TEST_F(AuthorizeTest, TheTableOfRolesAndMethods) {
  for (const auto& [initial, role] : kRoles) {
    Put(role, {role}, role == "gateway" ? OperatorKind::kGateway : OperatorKind::kPerson);
  }
  Put("administrator", {"administrator"});
  Put("nothing", {});
  for (const auto& [method, may] : kMayCall) {
    const std::string full = absl::StrCat("sallyport.", method);
    for (const auto& [initial, role] : kRoles) {
      EXPECT_EQ(May(role, full).ok(), may.find(initial) != std::string::npos) << role << " " << method;
    }
    EXPECT_TRUE(May("administrator", full).ok()) << method;
    EXPECT_TRUE(absl::IsPermissionDenied(May("nothing", full))) << method;
  }
}

TEST_F(AuthorizeTest, TheTableHasEveryMethodOfTheApi) {
  for (const char* service :
       {"access", "badge", "facility", "directory", "policy", "quarantine", "alarm", "audit", "operator"}) {
    std::ifstream proto(absl::StrCat(SALLYPORT_SOURCE_DIR, "/proto/sallyport/", service, "/v1/", service, ".proto"));
    ASSERT_TRUE(proto.good()) << service;
    std::string name;
    for (std::string line; std::getline(proto, line);) {
      const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(" ({"), absl::SkipEmpty());
      if (words.size() > 1 && words[0] == "service") name = words[1];
      if (words.size() < 2 || words[0] != "rpc" || words[1] == "WhoAmI") continue;
      EXPECT_TRUE(kMayCall.count(absl::StrCat(service, ".v1.", name, "/", words[1]))) << name << "/" << words[1];
    }
  }
}

TEST_F(AuthorizeTest, EverybodyMayAskWhoTheyAre) {
  const std::string who_am_i = "sallyport.operator.v1.OperatorService/WhoAmI";
  Put("nothing", {});
  Put("reader", {"gateway"}, OperatorKind::kGateway);
  EXPECT_TRUE(May("nothing", who_am_i).ok());
  EXPECT_TRUE(May("reader", who_am_i).ok());
  EXPECT_FALSE(May("nobody", who_am_i).ok());
}

TEST_F(AuthorizeTest, AGatewayDoesNothingElseWhateverItsRoles) {
  Put("reader", {"gateway", "administrator"}, OperatorKind::kGateway);
  for (const auto& [method, may] : kMayCall) {
    EXPECT_EQ(May("reader", absl::StrCat("sallyport.", method)).ok(), may.find('G') != std::string::npos) << method;
  }
}

TEST_F(AuthorizeTest, RolesAddUp) {
  Put("kim", {"reception", "auditor"});
  EXPECT_TRUE(May("kim", "sallyport.quarantine.v1.QuarantineService/SealDevice").ok());
  EXPECT_TRUE(May("kim", "sallyport.audit.v1.AuditService/ExportRecords").ok());
  EXPECT_FALSE(May("kim", "sallyport.facility.v1.FacilityService/ApplyFacility").ok());
}

TEST_F(AuthorizeTest, AllRefusalsLookTheSame) {
  const std::string method = "sallyport.access.v1.AccessService/Authorize";
  Put("suspended", {"administrator"}, OperatorKind::kPerson, OperatorStatus::kSuspended);
  Put("kim", {"reception"});
  Put("admin", {"administrator"});
  const absl::Status refused = absl::PermissionDeniedError("permission denied");
  EXPECT_EQ(May("suspended", method), refused);
  EXPECT_EQ(May("nobody", method), refused);
  EXPECT_EQ(May("", method), refused);
  EXPECT_EQ(May("kim", method), refused);
  // What the schema does not know as a method cannot be called, not even by the administrator.
  for (const char* other :
       {"", "api", "decide", "enter", "sallyport.access.v1.AccessService/authorize",
        "/sallyport.access.v1.AccessService/Authorize", "sallyport.access.v1.AccessService/Nothing"}) {
    EXPECT_EQ(May("kim", other), refused) << other;
  }
  EXPECT_EQ(May("admin", "sallyport.access.v1.AccessService/Nothing"), refused);
  EXPECT_TRUE(May("admin", method).ok());
}

TEST_F(AuthorizeTest, AnErrorInAForbidRefuses) {
  Put("admin", {"administrator"});
  const std::string method = "sallyport.audit.v1.AuditService/GetCheckpoint";
  policies_ = Parse(R"(permit (principal, action, resource);
                       forbid (principal, action, resource) when { principal.noSuchAttribute == "x" };)");
  EXPECT_FALSE(May("admin", method).ok());
  policies_ = Parse(R"(permit (principal, action, resource);
                       permit (principal, action, resource) when { principal.noSuchAttribute == "x" };)");
  EXPECT_TRUE(May("admin", method).ok());
  policies_ = cedar::PolicySet();
  EXPECT_FALSE(May("admin", method).ok());
}

}  // namespace
}  // namespace sallyport::operators
