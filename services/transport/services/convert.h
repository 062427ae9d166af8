#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "access/decision.h"
#include "alarms/model.h"
#include "engine/state.h"
#include "engine/transaction.h"
#include "facility/model.h"
#include "operators/model.h"
#include "quarantine/model.h"
#include "sallyport/access/v1/access.pb.h"
#include "sallyport/alarm/v1/alarm.pb.h"
#include "sallyport/directory/v1/directory.pb.h"
#include "sallyport/facility/v1/facility.pb.h"
#include "sallyport/operator/v1/operator.pb.h"
#include "sallyport/quarantine/v1/quarantine.pb.h"

// Between the API's messages and the domain's structs. From* functions check what they read: an error is
// INVALID_ARGUMENT with the field's path.
namespace sallyport::transport {

// Times. InfinitePast and InfiniteFuture have no Timestamp: the field stays absent.
template <class Message>
void SetTime(absl::Time time, Message* message, google::protobuf::Timestamp* (Message::*mutable_field)()) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return;
  const int64_t seconds = absl::ToUnixSeconds(time);
  google::protobuf::Timestamp* out = (message->*mutable_field)();
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}
// `absent` where the message has none.
absl::StatusOr<absl::Time> FromTimestamp(absl::string_view field, bool present, const google::protobuf::Timestamp& time,
                                         absl::Time absent);

void ToProto(const engine::Receipt& receipt, const std::string& origin, access::v1::Receipt* out);

void ToProto(const facility::Person& person, directory::v1::Person* out);
absl::StatusOr<facility::Person> FromProto(absl::string_view field, const directory::v1::Person& in);
void ToProto(const facility::Credential& credential, directory::v1::Credential* out);
absl::StatusOr<facility::Credential> FromProto(absl::string_view field, const directory::v1::Credential& in);
absl::StatusOr<facility::LevelGrant> FromProto(absl::string_view field, const directory::v1::LevelGrant& in);

// Of a request that must say one: UNSPECIFIED is refused.
absl::StatusOr<facility::CredentialStatus> FromProto(absl::string_view field, directory::v1::CredentialStatus in);
absl::StatusOr<facility::DoorMode> FromProto(absl::string_view field, facility::v1::DoorMode in);
absl::StatusOr<facility::ThreatLevel> FromProto(absl::string_view field, facility::v1::ThreatLevel in);

void ToProto(const facility::Site& site, facility::v1::Site* out);
void ToProto(const facility::Area& area, facility::v1::Area* out);
void ToProto(const facility::AccessPoint& access_point, facility::v1::AccessPoint* out);
void ToProto(const facility::State& facility, facility::v1::GetFacilityResponse* out);

void ToProto(const quarantine::State& state, const quarantine::Visit& visit, quarantine::v1::Visit* out);
void ToProto(const alarms::Alarm& alarm, alarm::v1::Alarm* out);
void ToProto(const operators::Operator& in, ::sallyport::operator_::v1::Operator* out);

}  // namespace sallyport::transport
