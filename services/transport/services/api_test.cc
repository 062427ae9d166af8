#include "transport/services/api.h"

#include <google/protobuf/descriptor.h>

#include <set>

#include "gmock/gmock.h"
#include "sallyport/directory/v1/directory.pb.h"
#include "transport/services/services_test_util.h"

// What holds for every method.
namespace sallyport::transport {
namespace {

using ::testing::UnorderedElementsAre;

class ApiTest : public Services {
 protected:
  ApiTest() : Services(engine::TestEngine::On::kMemory) {}

  absl::Status StatusOf(const Method& method, const google::protobuf::Message& request) {
    return CallBytes(method, request).status();
  }
};

TEST_F(ApiTest, HasEveryMethodOfEveryService) {
  std::set<std::string> declared;
  for (const std::string& service : ServiceNames()) {
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    ASSERT_NE(descriptor, nullptr) << service;
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const auto* method = descriptor->method(i);
      declared.insert(absl::StrCat(service, "/", method->name()));
      const Method* found = router_->Find(absl::StrCat(service, "/", method->name()));
      ASSERT_NE(found, nullptr) << method->full_name();
      EXPECT_EQ(found->request->GetDescriptor(), method->input_type());
      EXPECT_EQ(found->response->GetDescriptor(), method->output_type());
      EXPECT_EQ(found->kind == Method::Kind::kBidi, method->client_streaming());
      EXPECT_EQ(found->kind == Method::Kind::kUnary, !method->server_streaming());
    }
  }
  for (const Method* method : router_->methods()) EXPECT_TRUE(declared.contains(method->name)) << method->name;
}

TEST_F(ApiTest, SaysWhatIsNotThereYet) {
  std::vector<std::string> missing;
  for (const Method* method : router_->methods()) {
    if (method->kind != Method::Kind::kUnary) continue;
    if (absl::IsUnimplemented(StatusOf(*method, *method->request))) missing.push_back(method->name.substr(10));
  }
  EXPECT_THAT(missing,
              UnorderedElementsAre(
                  "audit.v1.AuditService/RotateKey",
                  "operator.v1.OperatorService/ListApprovals", "operator.v1.OperatorService/Approve",
                  "operator.v1.OperatorService/Reject", "quarantine.v1.QuarantineService/ReportIncident", "quarantine.v1.QuarantineService/ResolveIncident",
                  "quarantine.v1.QuarantineService/RequestOverride", "quarantine.v1.QuarantineService/Reconcile"));
}

TEST_F(ApiTest, EveryChangeNeedsARequestId) {
  int checked = 0;
  for (const Method* method : router_->methods()) {
    const auto* field = method->request->GetDescriptor()->FindFieldByName("request_id");
    if (method->kind != Method::Kind::kUnary || field == nullptr) continue;
    const auto request = Copy(*method->request);
    for (const std::string& id : {std::string(), std::string(129, 'x')}) {
      request->GetReflection()->SetString(request.get(), field, id);
      const absl::Status status = StatusOf(*method, *request);
      if (absl::IsUnimplemented(status)) break;
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << method->name;
      EXPECT_EQ(FieldOf(status), "request_id") << method->name;
      ++checked;
    }
  }
  EXPECT_GT(checked, 50);
}

// A default request with only an id: whatever it is refused for, nothing may break or change.
TEST_F(ApiTest, EmptyRequestsAreHarmless) {
  const auto before = engine::Dump(engine_.state());
  for (const Method* method : router_->methods()) {
    if (method->kind != Method::Kind::kUnary) continue;
    const auto request = Copy(*method->request);
    const auto* field = request->GetDescriptor()->FindFieldByName("request_id");
    if (field != nullptr) request->GetReflection()->SetString(request.get(), field, "r");
    const absl::Status status = StatusOf(*method, *request);
    EXPECT_NE(status.code(), absl::StatusCode::kInternal) << method->name << ": " << status;
    EXPECT_NE(status.code(), absl::StatusCode::kUnknown) << method->name << ": " << status;
    if (field != nullptr) {
      EXPECT_FALSE(status.ok()) << method->name;
    }
  }
  EXPECT_TRUE(engine::Differences(engine::Dump(engine_.state()), before).empty());
  EXPECT_TRUE(engine_->healthy());
}

// ---- what Methods does for a command and for a query of personal data

directory::v1::CreatePersonRequest NewPerson(const std::string& request_id, const std::string& id) {
  directory::v1::CreatePersonRequest request;
  request.set_request_id(request_id);
  request.mutable_person()->set_id(id);
  request.mutable_person()->set_name("Grace Hopper");
  request.set_pin("4711");
  return request;
}
constexpr char kCreatePerson[] = "directory.v1.DirectoryService/CreatePerson";
constexpr char kGetPerson[] = "directory.v1.DirectoryService/GetPerson";

TEST_F(ApiTest, ARepeatedCommandGetsTheFirstAnswer) {
  const auto first = Call<directory::v1::CreatePersonResponse>(kCreatePerson, NewPerson("r1", "grace"));
  ASSERT_TRUE(first.ok()) << first.status();
  const uint64_t size = log_size();
  const auto again = Call<directory::v1::CreatePersonResponse>(kCreatePerson, NewPerson("r1", "grace"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Call<directory::v1::CreatePersonResponse>(kCreatePerson, NewPerson("r1", "other")).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(log_size(), size);
  caller_.id = "somebody else";
  EXPECT_EQ(Call<directory::v1::CreatePersonResponse>(kCreatePerson, NewPerson("r1", "other")).status(),
            absl::OkStatus());
}

TEST_F(ApiTest, APinIsNoPartOfWhatIsCompared) {
  directory::v1::CreatePersonRequest request = NewPerson("r1", "grace");
  ASSERT_TRUE(Call<directory::v1::CreatePersonResponse>(kCreatePerson, request).ok());
  request.set_pin("9999");  // a digest of it would give it away
  EXPECT_TRUE(Call<directory::v1::CreatePersonResponse>(kCreatePerson, request).ok());
  for (const storage::Answer& answer : engine_.disk->answers) EXPECT_EQ(answer.bytes.find("4711"), std::string::npos);
}

TEST_F(ApiTest, AQueryForPersonalDataIsRecordedFirst) {
  directory::v1::GetPersonRequest request;
  request.set_person_id("ada");
  const uint64_t size = log_size();
  const auto answer = Call<directory::v1::GetPersonResponse>(kGetPerson, request);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->person().name(), "Ada Lovelace");
  ASSERT_EQ(log_size(), size + 1);
  const auto record = LastRecord();
  EXPECT_EQ(record.actor(), "officer");
  EXPECT_EQ(record.disclosure().method(), absl::StrCat("sallyport.", kGetPerson));
  EXPECT_EQ(record.subject_ref(), answer->person().subject_ref());
  EXPECT_EQ(record.SerializeAsString().find("ada"), std::string::npos);
}

TEST_F(ApiTest, WhatCannotBeRecordedIsNotDisclosed) {
  engine_.memory().FailCommits();
  directory::v1::GetPersonRequest request;
  request.set_person_id("ada");
  EXPECT_EQ(Call<directory::v1::GetPersonResponse>(kGetPerson, request).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sallyport::transport
