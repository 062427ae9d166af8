#include "transport/services/convert.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "engine/row_fields.h"
#include "gtest/gtest.h"
#include "quarantine/names.h"

namespace sallyport::transport {
namespace {

std::string FieldOf(const absl::Status& status) {
  const auto violations = FieldViolations(status);
  return violations.empty() ? "" : violations.front().field;
}

TEST(Timestamps, KeepEveryTime) {
  for (const absl::Time time :
       {absl::UnixEpoch(), absl::FromUnixNanos(-1), absl::FromUnixNanos(1'790'000'000'123'456'789),
        absl::FromCivil(absl::CivilSecond(1, 1, 1), absl::UTCTimeZone()),
        absl::FromCivil(absl::CivilSecond(9999, 12, 31, 23, 59, 59), absl::UTCTimeZone()) + absl::Nanoseconds(999)}) {
    directory::v1::Person person;
    SetTime(time, &person, &directory::v1::Person::mutable_valid_from);
    const auto back = FromTimestamp("t", true, person.valid_from(), absl::InfinitePast());
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, time);
  }
}

TEST(Timestamps, LeaveInfinityOut) {
  directory::v1::Person person;
  SetTime(absl::InfiniteFuture(), &person, &directory::v1::Person::mutable_valid_until);
  SetTime(absl::InfinitePast(), &person, &directory::v1::Person::mutable_valid_from);
  EXPECT_FALSE(person.has_valid_until());
  EXPECT_FALSE(person.has_valid_from());
  EXPECT_EQ(*FromTimestamp("t", false, {}, absl::InfiniteFuture()), absl::InfiniteFuture());
}

TEST(Timestamps, RefuseWhatNoCalendarHas) {
  const std::pair<int64_t, int32_t> bad[] = {
      {253'402'300'800, 0}, {-62'135'596'801, 0}, {INT64_MAX, 0}, {INT64_MIN, 0}, {0, -1}, {0, 1'000'000'000}};
  for (const auto& [seconds, nanos] : bad) {
    google::protobuf::Timestamp time;
    time.set_seconds(seconds);
    time.set_nanos(nanos);
    EXPECT_EQ(FieldOf(FromTimestamp("a.b", true, time, absl::InfinitePast()).status()), "a.b");
  }
}

TEST(People, ComeBack) {
  facility::Person person;
  person.id = PersonId("ada");
  person.name = "Ada Lovelace";
  person.email = "ada@example.com";
  person.kind = facility::PersonKind::kCandidate;
  person.department = "Engines";
  person.status = facility::PersonStatus::kSuspended;
  person.valid_from = absl::FromUnixSeconds(100);
  person.valid_until = absl::FromUnixSeconds(200);
  person.clearance = 3;
  person.projects = {"atlas", "borealis"};
  person.briefings = {{"security", absl::FromUnixSeconds(50)}};
  person.nda_until = absl::FromUnixSeconds(300);
  person.levels = {{AccessLevelId("lab"), absl::FromUnixSeconds(1), absl::InfiniteFuture()}};
  person.escort = PersonId("bob");
  directory::v1::Person message;
  ToProto(person, &message);
  const auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {  // none is forgotten
    const auto* field = descriptor->field(i);
    if (field->name() == "subject_ref") continue;
    const auto* reflection = message.GetReflection();
    EXPECT_TRUE(field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field))
        << field->name();
  }
  const auto back = FromProto("person", message);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(engine::Encode(*back), engine::Encode(person));
}

TEST(People, DoNotBringPseudonymsAlong) {
  directory::v1::Person message;
  message.set_subject_ref("somebody else's");
  EXPECT_TRUE(FromProto("person", message)->subject_ref.empty());
}

TEST(People, ErrorsNameTheField) {
  directory::v1::Person message;
  message.set_kind(static_cast<directory::v1::PersonKind>(17));
  EXPECT_EQ(FieldOf(FromProto("person", message).status()), "person.kind");
  message.Clear();
  message.add_levels()->mutable_until()->set_nanos(-1);
  EXPECT_EQ(FieldOf(FromProto("person", message).status()), "person.levels[0].until");
  message.Clear();
  message.add_briefings()->set_name("a");
  message.add_briefings()->mutable_given_at()->set_nanos(-1);
  EXPECT_EQ(FieldOf(FromProto("person", message).status()), "person.briefings[1].given_at");
}

TEST(Credentials, ComeBack) {
  facility::Credential credential;
  credential.id = CredentialId("c1");
  credential.person = PersonId("ada");
  credential.card = {"H10301", 47, 101, ""};
  credential.status = facility::CredentialStatus::kStolen;
  credential.valid_from = absl::FromUnixSeconds(100);
  credential.valid_until = absl::FromUnixSeconds(200);
  credential.label = "blue";
  directory::v1::Credential message;
  ToProto(credential, &message);
  const auto back = FromProto("credential", message);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(engine::Encode(*back), engine::Encode(credential));
}

TEST(Choices, AreTheDomainsAfterUnspecified) {
  EXPECT_EQ(*FromProto("m", facility::v1::DOOR_MODE_NORMAL), facility::DoorMode::kNormal);
  EXPECT_EQ(*FromProto("m", facility::v1::DOOR_MODE_LOCKED_DOWN), facility::DoorMode::kLockedDown);
  EXPECT_EQ(*FromProto("m", facility::v1::THREAT_LEVEL_LOCKDOWN), facility::ThreatLevel::kLockdown);
  EXPECT_EQ(*FromProto("m", directory::v1::CREDENTIAL_STATUS_LOST), facility::CredentialStatus::kLost);
  EXPECT_EQ(FieldOf(FromProto("m", facility::v1::DOOR_MODE_UNSPECIFIED).status()), "m");
  EXPECT_EQ(FieldOf(FromProto("m", static_cast<facility::v1::DoorMode>(4)).status()), "m");
}

TEST(Alarms, CountPrioritiesFromTheTop) {
  for (const auto& [priority, number] :
       {std::pair(alarms::Priority::kCritical, 1), std::pair(alarms::Priority::kLow, 4)}) {
    alarms::Alarm alarm;
    alarm.priority = priority;
    alarm::v1::Alarm message;
    ToProto(alarm, &message);
    EXPECT_EQ(message.priority(), number);
  }
}

// Visits: each name of the API must be that of the domain's enumerator in its place.
template <class Descriptor>
void ExpectNames(const Descriptor* descriptor, const std::vector<std::string>& names) {
  ASSERT_EQ(descriptor->value_count(), static_cast<int>(names.size()) + 1) << descriptor->name();
  for (size_t i = 0; i < names.size(); ++i) {
    const auto* value = descriptor->FindValueByNumber(static_cast<int>(i) + 1);
    ASSERT_NE(value, nullptr);
    EXPECT_TRUE(value->name().size() > names[i].size() &&
                value->name().compare(value->name().size() - names[i].size(), names[i].size(), names[i]) == 0)
        << value->name() << " is not " << names[i];
  }
}
template <class Enum>
std::vector<std::string> NamesUpTo(Enum last) {
  std::vector<std::string> out;
  for (int i = 0; i <= static_cast<int>(last); ++i) out.emplace_back(quarantine::Name(static_cast<Enum>(i)));
  return out;
}

TEST(Visits, HaveTheDomainsStates) {
  ExpectNames(quarantine::v1::VisitState_descriptor(), NamesUpTo(quarantine::VisitState::kClosedWithIncident));
  ExpectNames(quarantine::v1::ParticipantState_descriptor(), NamesUpTo(quarantine::ParticipantState::kRemoved));
  ExpectNames(quarantine::v1::DeviceState_descriptor(), NamesUpTo(quarantine::DeviceState::kUnclaimed));
  ExpectNames(quarantine::v1::ParticipantRole_descriptor(), NamesUpTo(quarantine::Role::kInterviewer));
}

}  // namespace
}  // namespace sallyport::transport
