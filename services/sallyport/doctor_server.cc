#include <google/protobuf/empty.pb.h>
#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>  // how the generic stub serialises messages

#include <future>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "audit/checkpoint.h"
#include "sallyport/audit/v1/audit.pb.h"
#include "sallyport/doctor.h"
#include "sallyport/exit_code.h"
#include "sallyport/operator/v1/operator.pb.h"
#include "sallyport/output.h"
#include "sallyport/record/v1/record.pb.h"

namespace sallyport::cli {
namespace {

constexpr int kServing = 1;  // grpc.health.v1.HealthCheckResponse.ServingStatus

// One call by its name: the checks need four methods of three services, and none of their stubs.
template <class Response>
grpc::Status CallByName(const Client& client, const char* method, const google::protobuf::Message& request,
                        absl::Duration timeout, Response* response) {
  grpc::ClientContext context;
  client.Prepare(context, timeout);
  grpc::TemplatedGenericStub<google::protobuf::MessageLite, google::protobuf::MessageLite> stub(client.channel());
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &request, response,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  return done.get_future().get();
}

std::string Text(const grpc::Status& status) {
  return absl::StrCat(absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code())), ": ",
                      status.error_message());
}

// The health service's messages have one field each: number 1, a string that may be empty, and an enumerator.
Finding CheckHealth(const Client& client, const Profile& profile, absl::Duration timeout) {
  google::protobuf::Int32Value state;
  const grpc::Status status =
      CallByName(client, "/grpc.health.v1.Health/Check", google::protobuf::Empty(), timeout, &state);
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return {Health::kFail, "server", absl::StrCat(profile.server, ": ", status.error_message()), kUnreachable};
  }
  if (!status.ok()) return {Health::kFail, "server", absl::StrCat(profile.server, ": ", Text(status))};
  if (state.value() != kServing) {
    return {Health::kFail, "server", absl::StrCat(profile.server, ": answers, but is not serving; it grants nothing")};
  }
  return {Health::kOk, "server", absl::StrCat(profile.server, ": serving, over TLS")};
}

Finding CheckIdentity(const Client& client, absl::Duration timeout) {
  operator_::v1::WhoAmIResponse me;
  const grpc::Status status =
      CallByName(client, "/sallyport.operator.v1.OperatorService/WhoAmI", operator_::v1::WhoAmIRequest(), timeout, &me);
  if (!status.ok()) return {Health::kFail, "identity", Text(status)};
  return {Health::kOk, "identity",
          absl::StrCat(me.operator_().id(), " (", absl::StrJoin(me.operator_().roles(), ", "), ") by ",
                       me.authenticated_by())};
}

// Checks the signature with the key that is kept here, not with one that the server names.
Finding CheckCheckpoint(const std::string& note, absl::string_view vkey) {
  const auto unverified = audit::ReadCheckpointUnverified(note);
  if (!unverified.ok())
    return {Health::kFail, "checkpoint", std::string(unverified.status().message()), kVerificationFailed};
  const std::string what = absl::StrCat(unverified->origin, ", ", unverified->size, " records");
  if (vkey.empty())
    return {Health::kWarn, "checkpoint", what + "; not verified: no log.vkey beside the profile, no --vkey"};
  const auto key = audit::VerifierKey::Parse(absl::StripSuffix(vkey, "\n"));
  if (!key.ok()) return {Health::kFail, "checkpoint", absl::StrCat("log.vkey: ", key.status().message())};
  const auto verified = audit::OpenCheckpoint(note, {*key});
  if (!verified.ok())
    return {Health::kFail, "checkpoint", std::string(verified.status().message()), kVerificationFailed};
  return {Health::kOk, "checkpoint", what + ", signature verified"};
}

// The last record tells the server's time, as far as it goes: the server's clock cannot be behind it.
Finding CheckClock(const Client& client, const audit::Checkpoint& checkpoint, absl::Duration timeout, absl::Time now) {
  if (absl::EndsWith(checkpoint.origin, "/simulation")) {
    return {Health::kOk, "clock", "a simulation; its time comes from the requests"};
  }
  audit::v1::GetRecordRequest request;
  request.set_index(checkpoint.size - 1);
  audit::v1::GetRecordResponse answer;
  const grpc::Status status =
      CallByName(client, "/sallyport.audit.v1.AuditService/GetRecord", request, timeout, &answer);
  record::v1::Record record;
  if (!status.ok()) return {Health::kWarn, "clock", "not compared: " + Text(status)};
  if (!record.ParseFromString(answer.record().leaf()))
    return {Health::kFail, "clock", "the last record cannot be read"};
  const absl::Time last = FromTimestamp(record.time());
  if (last - now > kClockSkewMax) {
    return {
        Health::kFail, "clock",
        absl::StrCat("the server's clock is at least ", absl::FormatDuration(last - now), " ahead of this machine's")};
  }
  return {Health::kOk, "clock",
          absl::StrCat("the last record is from ", TimeText(last), ", not ahead of this machine")};
}

}  // namespace

std::vector<Finding> CheckServer(const Client& client, const Profile& profile, absl::string_view vkey,
                                 absl::Duration timeout, absl::Time now) {
  std::vector<Finding> findings = {CheckHealth(client, profile, timeout)};
  if (findings.back().exit_code == kUnreachable) return findings;
  findings.push_back(CheckIdentity(client, timeout));
  if (findings.back().health == Health::kFail) return findings;
  audit::v1::GetCheckpointResponse answer;
  const grpc::Status status = CallByName(client, "/sallyport.audit.v1.AuditService/GetCheckpoint",
                                         audit::v1::GetCheckpointRequest(), timeout, &answer);
  if (status.error_code() == grpc::StatusCode::PERMISSION_DENIED) {
    findings.push_back({Health::kWarn, "checkpoint", "not verified: this identity may not read the log"});
    return findings;
  }
  if (!status.ok()) {
    findings.push_back({Health::kFail, "checkpoint", Text(status)});
    return findings;
  }
  findings.push_back(CheckCheckpoint(answer.checkpoint(), vkey));
  const auto checkpoint = audit::ReadCheckpointUnverified(answer.checkpoint());
  if (checkpoint.ok() && checkpoint->size > 0) findings.push_back(CheckClock(client, *checkpoint, timeout, now));
  return findings;
}

}  // namespace sallyport::cli
