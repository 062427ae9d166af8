#include "transport/services/convert.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "facility/ids.h"
#include "quarantine/names.h"

namespace sallyport::transport {
namespace {

// Enumerators of the API are those of the domain, in order, after UNSPECIFIED.
template <class Proto, class Domain>
Proto Enum(Domain value) {
  return static_cast<Proto>(static_cast<int>(value) + 1);
}
template <class Domain, class Proto>
Domain FromEnum(Proto value, Domain unspecified) {
  return value == 0 ? unspecified : static_cast<Domain>(static_cast<int>(value) - 1);
}

absl::Status CheckEnum(absl::string_view field, int value, bool valid) {
  if (valid) return absl::OkStatus();
  return FieldError(field, absl::StrCat(value, " is not a value of this field"));
}

std::string Path(absl::string_view field, absl::string_view member) {
  return field.empty() ? std::string(member) : absl::StrCat(field, ".", member);
}

// Calls visit(value) in the order of ids.
template <class Map, class Visit>
void InOrder(const Map& map, Visit visit) {
  using Value = std::remove_reference_t<decltype(*map.Find({}))>;
  std::vector<Value*> values;
  values.reserve(map.size());
  map.ForEach([&](const auto&, const auto& value) { values.push_back(&value); });
  std::sort(values.begin(), values.end(), [](const Value* a, const Value* b) { return a->id < b->id; });
  for (Value* value : values) visit(*value);
}

constexpr std::array<absl::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

}  // namespace

absl::StatusOr<absl::Time> FromTimestamp(absl::string_view field, bool present, const google::protobuf::Timestamp& time,
                                         absl::Time absent) {
  if (!present) return absent;
  constexpr int64_t kFirst = -62135596800;  // 0001-01-01, as google.protobuf.Timestamp says
  constexpr int64_t kLast = 253402300799;   // 9999-12-31
  if (time.seconds() < kFirst || time.seconds() > kLast || time.nanos() < 0 || time.nanos() > 999'999'999) {
    return FieldError(field, "is not a time between the years 1 and 9999");
  }
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

void ToProto(const engine::Receipt& receipt, const std::string& origin, access::v1::Receipt* out) {
  out->set_log_origin(origin);
  out->set_index(receipt.index);
  out->set_leaf_hash(receipt.leaf_hash.data(), receipt.leaf_hash.size());
}

// ---- directory

void ToProto(const facility::Person& person, directory::v1::Person* out) {
  using Message = directory::v1::Person;
  out->set_id(person.id.value());
  out->set_name(person.name);
  out->set_email(person.email);
  out->set_kind(Enum<directory::v1::PersonKind>(person.kind));
  out->set_department(person.department);
  out->set_status(Enum<directory::v1::PersonStatus>(person.status));
  SetTime(person.valid_from, out, &Message::mutable_valid_from);
  SetTime(person.valid_until, out, &Message::mutable_valid_until);
  out->set_clearance(person.clearance);
  for (const std::string& project : person.projects) out->add_projects(project);
  for (const auto& [name, given] : person.briefings) {
    directory::v1::Briefing* briefing = out->add_briefings();
    briefing->set_name(name);
    SetTime(given, briefing, &directory::v1::Briefing::mutable_given_at);
  }
  SetTime(person.nda_until, out, &Message::mutable_nda_until);
  for (const facility::LevelGrant& grant : person.levels) {
    directory::v1::LevelGrant* level = out->add_levels();
    level->set_access_level_id(grant.level.value());
    SetTime(grant.from, level, &directory::v1::LevelGrant::mutable_from);
    SetTime(grant.until, level, &directory::v1::LevelGrant::mutable_until);
  }
  out->set_escort_id(person.escort.value());
  out->set_subject_ref(person.subject_ref);
}

absl::StatusOr<facility::Person> FromProto(absl::string_view field, const directory::v1::Person& in) {
  SP_RETURN_IF_ERROR(CheckEnum(Path(field, "kind"), in.kind(), directory::v1::PersonKind_IsValid(in.kind())));
  SP_RETURN_IF_ERROR(CheckEnum(Path(field, "status"), in.status(), directory::v1::PersonStatus_IsValid(in.status())));
  facility::Person out;
  out.id = PersonId(in.id());
  out.name = in.name();
  out.email = in.email();
  out.kind = FromEnum(in.kind(), facility::PersonKind::kEmployee);
  out.department = in.department();
  out.status = FromEnum(in.status(), facility::PersonStatus::kActive);
  SP_ASSIGN_OR_RETURN(out.valid_from, FromTimestamp(Path(field, "valid_from"), in.has_valid_from(), in.valid_from(),
                                                    absl::InfinitePast()));
  SP_ASSIGN_OR_RETURN(out.valid_until, FromTimestamp(Path(field, "valid_until"), in.has_valid_until(), in.valid_until(),
                                                     absl::InfiniteFuture()));
  out.clearance = in.clearance();
  out.projects.insert(in.projects().begin(), in.projects().end());
  for (int i = 0; i < in.briefings_size(); ++i) {
    const auto& briefing = in.briefings(i);
    SP_ASSIGN_OR_RETURN(out.briefings[briefing.name()],
                        FromTimestamp(Path(field, absl::StrCat("briefings[", i, "].given_at")), briefing.has_given_at(),
                                      briefing.given_at(), absl::InfinitePast()));
  }
  SP_ASSIGN_OR_RETURN(
      out.nda_until, FromTimestamp(Path(field, "nda_until"), in.has_nda_until(), in.nda_until(), absl::InfinitePast()));
  for (int i = 0; i < in.levels_size(); ++i) {
    SP_ASSIGN_OR_RETURN(facility::LevelGrant grant,
                        FromProto(Path(field, absl::StrCat("levels[", i, "]")), in.levels(i)));
    out.levels.push_back(std::move(grant));
  }
  out.escort = PersonId(in.escort_id());
  return out;
}

absl::StatusOr<facility::LevelGrant> FromProto(absl::string_view field, const directory::v1::LevelGrant& in) {
  facility::LevelGrant out;
  out.level = AccessLevelId(in.access_level_id());
  SP_ASSIGN_OR_RETURN(out.from, FromTimestamp(Path(field, "from"), in.has_from(), in.from(), absl::InfinitePast()));
  SP_ASSIGN_OR_RETURN(out.until,
                      FromTimestamp(Path(field, "until"), in.has_until(), in.until(), absl::InfiniteFuture()));
  return out;
}

void ToProto(const facility::Credential& credential, directory::v1::Credential* out) {
  out->set_id(credential.id.value());
  out->set_person_id(credential.person.value());
  out->mutable_card()->set_format(credential.card.format);
  out->mutable_card()->set_facility_code(credential.card.facility_code);
  out->mutable_card()->set_number(credential.card.number);
  out->mutable_card()->set_raw(credential.card.raw);
  out->set_status(Enum<directory::v1::CredentialStatus>(credential.status));
  SetTime(credential.valid_from, out, &directory::v1::Credential::mutable_valid_from);
  SetTime(credential.valid_until, out, &directory::v1::Credential::mutable_valid_until);
  out->set_label(credential.label);
}

absl::StatusOr<facility::Credential> FromProto(absl::string_view field, const directory::v1::Credential& in) {
  SP_RETURN_IF_ERROR(
      CheckEnum(Path(field, "status"), in.status(), directory::v1::CredentialStatus_IsValid(in.status())));
  facility::Credential out;
  out.id = CredentialId(in.id());
  out.person = PersonId(in.person_id());
  out.card = {in.card().format(), in.card().facility_code(), in.card().number(), in.card().raw()};
  out.status = FromEnum(in.status(), facility::CredentialStatus::kActive);
  SP_ASSIGN_OR_RETURN(out.valid_from, FromTimestamp(Path(field, "valid_from"), in.has_valid_from(), in.valid_from(),
                                                    absl::InfinitePast()));
  SP_ASSIGN_OR_RETURN(out.valid_until, FromTimestamp(Path(field, "valid_until"), in.has_valid_until(), in.valid_until(),
                                                     absl::InfiniteFuture()));
  out.label = in.label();
  return out;
}

// ---- facility

namespace {

template <class Domain, class Proto>
absl::StatusOr<Domain> Required(absl::string_view field, Proto value, bool valid) {
  if (value == 0 || !valid)
    return FieldError(field, absl::StrCat(static_cast<int>(value), " is not a value of this field"));
  return static_cast<Domain>(static_cast<int>(value) - 1);
}

}  // namespace

absl::StatusOr<facility::CredentialStatus> FromProto(absl::string_view field, directory::v1::CredentialStatus in) {
  return Required<facility::CredentialStatus>(field, in, directory::v1::CredentialStatus_IsValid(in));
}
absl::StatusOr<facility::DoorMode> FromProto(absl::string_view field, facility::v1::DoorMode in) {
  return Required<facility::DoorMode>(field, in, facility::v1::DoorMode_IsValid(in));
}
absl::StatusOr<facility::ThreatLevel> FromProto(absl::string_view field, facility::v1::ThreatLevel in) {
  return Required<facility::ThreatLevel>(field, in, facility::v1::ThreatLevel_IsValid(in));
}

void ToProto(const facility::Site& site, facility::v1::Site* out) {
  out->set_id(site.id.value());
  out->set_name(site.name);
  out->set_time_zone(site.time_zone);
  out->set_language(site.language);
  for (const absl::CivilDay& day : site.holidays) out->add_holidays(absl::FormatCivilTime(day));
  out->set_threat_level(Enum<facility::v1::ThreatLevel>(site.threat_level));
}

void ToProto(const facility::Area& area, facility::v1::Area* out) {
  out->set_id(area.id.value());
  out->set_name(area.name);
  out->set_floor_id(area.floor.value());
  if (area.parent) out->set_parent_id(area.parent->value());
  out->set_restricted(area.restricted);
  out->set_interview(area.interview);
  out->set_staff_custody(area.staff_custody);
  out->set_visual_security(area.visual_security);
  out->set_escort_visitors(area.escort_visitors);
  out->set_clearance_min(area.clearance_min);
  out->set_briefing(area.briefing);
  out->set_briefing_days_max(area.briefing_days_max);
  out->set_project(area.project);
  out->set_nda(area.nda);
  out->set_two_person(area.two_person);
  out->set_two_person_seconds(area.two_person_seconds);
  out->set_occupancy_max(area.occupancy_max);
  out->set_occupancy_min(area.occupancy_min);
  out->set_anti_passback(Enum<facility::v1::AntiPassback>(area.anti_passback));
  out->set_visual_security_confirmed(area.visual_security_confirmed);
  SetTime(area.visual_security_at, out, &facility::v1::Area::mutable_visual_security_at);
  out->set_visual_security_seconds_max(area.visual_security_seconds_max);
}

void ToProto(const facility::AccessPoint& access_point, facility::v1::AccessPoint* out) {
  out->set_id(access_point.id.value());
  out->set_name(access_point.name);
  out->set_from_area_id(access_point.from.value());
  out->set_to_area_id(access_point.to.value());
  out->set_reader(access_point.reader);
  out->set_door(access_point.door);
  out->set_unlock_seconds(access_point.unlock_seconds);
  out->set_exit(access_point.exit);
  out->set_presence_on_grant(access_point.presence_on_grant);
  out->set_pin_required(access_point.pin_required);
  for (const std::string& format : access_point.formats) out->add_formats(format);
  for (const int32_t floor : access_point.lift_floors) out->add_lift_floors(floor);
  out->set_mode(Enum<facility::v1::DoorMode>(access_point.mode));
}

void ToProto(const facility::State& facility, facility::v1::GetFacilityResponse* out) {
  InOrder(facility.sites, [&](const facility::Site& site) { ToProto(site, out->add_sites()); });
  InOrder(facility.floors, [&](const facility::Floor& floor) {
    facility::v1::Floor* to = out->add_floors();
    to->set_id(floor.id.value());
    to->set_site_id(floor.site.value());
    to->set_name(floor.name);
    to->set_level(floor.level);
  });
  InOrder(facility.areas, [&](const facility::Area& area) { ToProto(area, out->add_areas()); });
  InOrder(facility.access_points,
          [&](const facility::AccessPoint& point) { ToProto(point, out->add_access_points()); });
  InOrder(facility.schedules, [&](const facility::Schedule& schedule) {
    facility::v1::Schedule* to = out->add_schedules();
    to->set_id(schedule.id.value());
    to->set_name(schedule.name);
    for (const facility::Schedule::Interval& interval : schedule.intervals) {
      facility::v1::Schedule::Interval* part = to->add_intervals();
      for (const absl::Weekday day : interval.days) part->add_days(std::string(kDays[static_cast<size_t>(day)]));
      part->set_start_minute(interval.start_minute);
      part->set_end_minute(interval.end_minute);
      part->set_on_holidays(interval.on_holidays);
    }
  });
  InOrder(facility.levels, [&](const facility::AccessLevel& level) {
    facility::v1::AccessLevel* to = out->add_access_levels();
    to->set_id(level.id.value());
    to->set_name(level.name);
    for (const facility::AccessLevel::Entry& entry : level.entries) {
      facility::v1::AccessLevel::Entry* part = to->add_entries();
      part->set_area_id(entry.area.value());
      part->set_access_point_id(entry.access_point.value());
      part->set_floor_id(entry.floor.value());
      part->set_schedule_id(entry.schedule.value());
    }
  });
  InOrder(facility.lockers, [&](const facility::Locker& locker) {
    facility::v1::Locker* to = out->add_lockers();
    to->set_id(locker.id.value());
    to->set_name(locker.name);
    to->set_area_id(locker.area.value());
    to->set_slots(locker.slots);
    to->set_attenuation_db_min(locker.attenuation_db_min);
    to->set_in_service(locker.in_service);
    SetTime(locker.self_test_at, to, &facility::v1::Locker::mutable_self_test_at);
  });
  out->set_document_hash(facility.document_hash);
}

// ---- quarantine

namespace {

void ToProto(const quarantine::Device& device, quarantine::v1::Device* out) {
  out->set_id(device.id.value());
  out->set_kind(absl::AsciiStrToLower(quarantine::Name(device.kind)));
  out->set_description(device.description);
  out->set_condition(device.condition);
  out->set_state(Enum<quarantine::v1::DeviceState>(device.state));
  if (!device.custody) return;
  out->set_locker_id(device.custody->locker.value());
  out->set_slot(device.custody->slot);
  out->set_seal(device.custody->seal);
  if (device.custody->probes.empty()) return;
  for (const quarantine::BandReading& reading : device.custody->probes.back().readings) {
    quarantine::v1::BandReading* band = out->add_probe();
    band->set_band(reading.band);
    band->set_attenuation_db(reading.attenuation_db);
  }
}

}  // namespace

void ToProto(const quarantine::State& state, const quarantine::Visit& visit, quarantine::v1::Visit* out) {
  out->set_id(visit.id.value());
  out->set_interview_area_id(visit.area.value());
  out->set_host_id(visit.host.value());
  SetTime(visit.start, out, &quarantine::v1::Visit::mutable_start);
  SetTime(visit.end, out, &quarantine::v1::Visit::mutable_end);
  out->set_state(Enum<quarantine::v1::VisitState>(visit.state));
  for (const quarantine::Participant& participant : visit.participants) {
    quarantine::v1::Participant* to = out->add_participants();
    to->set_person_id(participant.person.value());
    to->set_role(Enum<quarantine::v1::ParticipantRole>(participant.role));
    to->set_state(Enum<quarantine::v1::ParticipantState>(participant.state));
    to->set_visitor_badge_id(participant.visitor_badge.value());
    to->set_visitor_badge_returned(participant.visitor_badge_returned);
    for (const DeviceId& id : participant.devices) {
      if (const quarantine::Device* device = state.devices.Find(id)) ToProto(*device, to->add_devices());
    }
  }
  for (const quarantine::IncidentId& id : visit.incidents) {
    const quarantine::Incident* incident = state.incidents.Find(id);
    if (incident == nullptr) continue;
    quarantine::v1::Incident* to = out->add_incidents();
    to->set_id(id.value());
    to->set_kind(std::string(quarantine::Name(incident->kind)));
    to->set_person_id(incident->person.value());
    to->set_device_id(incident->device.value());
    to->set_object(incident->object);
    SetTime(incident->opened_at, to, &quarantine::v1::Incident::mutable_opened_at);
    to->set_open(incident->open());
  }
}

// ---- alarms, operators

void ToProto(const alarms::Alarm& alarm, alarm::v1::Alarm* out) {
  out->set_id(alarm.id.value());
  out->set_kind(alarm.kind);
  out->set_priority(4 - static_cast<int32_t>(alarm.priority));  // 1 is the most urgent
  out->set_object(alarm.object);
  out->set_person_id(alarm.person.value());
  SetTime(alarm.raised_at, out, &alarm::v1::Alarm::mutable_raised_at);
  out->set_state(Enum<alarm::v1::AlarmState>(alarm.state));
  out->set_count(static_cast<int32_t>(std::min<int64_t>(alarm.count, INT32_MAX)));
  for (const alarms::Note& note : alarm.notes) {
    out->add_notes(absl::StrCat(absl::FormatTime(absl::RFC3339_sec, note.at, absl::UTCTimeZone()), " ",
                                note.author.value(), ": ", note.text));
  }
}

void ToProto(const operators::Operator& in, ::sallyport::operator_::v1::Operator* out) {
  out->set_id(in.id.value());
  out->set_name(in.name);
  out->set_kind(std::string(operators::Name(in.kind)));
  for (const std::string& role : in.roles) out->add_roles(role);
  out->set_active(in.status == operators::OperatorStatus::kActive);
}

}  // namespace sallyport::transport
