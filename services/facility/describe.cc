#include "facility/describe.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "facility/names.h"

namespace sallyport::facility {
namespace {

std::string Text(bool value) { return value ? "true" : "false"; }

std::string Text(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string Clock(int32_t minute) { return absl::StrFormat("%02d:%02d", minute / 60, minute % 60); }

// "[a, b]"; empty for no items.
template <class Items, class Format>
std::string List(const Items& items, Format format) {
  if (items.empty()) return "";
  return absl::StrCat("[", absl::StrJoin(items, ", ", format), "]");
}
template <class Items>
std::string List(const Items& items) {
  return List(items, absl::AlphaNumFormatter());
}

// "{a: 1, b: 2}" without those that are empty.
std::string Map(const Pairs& pairs) {
  std::string out = "{";
  for (const auto& [key, value] : pairs) {
    if (!value.empty()) absl::StrAppend(&out, out.size() > 1 ? ", " : "", key, ": ", value);
  }
  return out + "}";
}

std::string Text(const Schedule::Interval& interval) {
  constexpr absl::string_view kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const std::string days = List(interval.days, [&](std::string* out, absl::Weekday day) {
    absl::StrAppend(out, kDays[static_cast<size_t>(day)]);
  });
  return Map({{"days", days},
              {"from", Clock(interval.start_minute)},
              {"to", Clock(interval.end_minute)},
              {"holidays", interval.on_holidays ? "true" : ""}});
}

std::string Text(const AccessLevel::Entry& entry) {
  return Map({{"area", entry.area.value()},
              {"access_point", entry.access_point.value()},
              {"floor", entry.floor.value()},
              {"schedule", entry.schedule.value()}});
}

std::string Text(const LevelGrant& grant) {
  const std::string from = Text(grant.from);
  const std::string until = Text(grant.until);
  if (from.empty() && until.empty()) return grant.level.value();
  return Map({{"level", grant.level.value()}, {"from", from}, {"until", until}});
}

template <class Item>
void AppendText(std::string* out, const Item& item) {
  absl::StrAppend(out, Text(item));
}

}  // namespace

Pairs Describe(const Site& site) {
  return {
      {"name", site.name},
      {"time_zone", site.time_zone},
      {"language", site.language},
      {"holidays", List(site.holidays, [](std::string* out,
                                          absl::CivilDay day) { absl::StrAppend(out, absl::FormatCivilTime(day)); })},
      {"card_formats", List(site.card_formats)}};
}

Pairs Describe(const Floor& floor) {
  return {{"name", floor.name}, {"site", floor.site.value()}, {"level", absl::StrCat(floor.level)}};
}

Pairs Describe(const Area& area) {
  return {{"name", area.name},
          {"floor", area.floor.value()},
          {"parent", area.parent ? area.parent->value() : ""},
          {"restricted", Text(area.restricted)},
          {"interview", Text(area.interview)},
          {"staff_custody", Text(area.staff_custody)},
          {"visual_security", Text(area.visual_security)},
          {"visual_security_seconds_max", absl::StrCat(area.visual_security_seconds_max)},
          {"escort_visitors", Text(area.escort_visitors)},
          {"clearance_min", absl::StrCat(area.clearance_min)},
          {"briefing", area.briefing},
          {"briefing_days_max", absl::StrCat(area.briefing_days_max)},
          {"project", area.project},
          {"nda", Text(area.nda)},
          {"two_person", Text(area.two_person)},
          {"two_person_seconds", absl::StrCat(area.two_person_seconds)},
          {"occupancy_max", absl::StrCat(area.occupancy_max)},
          {"occupancy_min", absl::StrCat(area.occupancy_min)},
          {"anti_passback", std::string(NameOf(area.anti_passback))}};
}

Pairs Describe(const AccessPoint& point) {
  return {{"name", point.name},
          {"from", point.from.value()},
          {"to", point.to.value()},
          {"door", point.door},
          {"reader", point.reader},
          {"unlock_seconds", absl::StrCat(point.unlock_seconds)},
          {"exit", Text(point.exit)},
          {"presence_on_grant", Text(point.presence_on_grant)},
          {"pin_required", Text(point.pin_required)},
          {"card_formats", List(point.formats)},
          {"lift_floors", List(point.lift_floors)}};
}

Pairs Describe(const Schedule& schedule) {
  return {{"name", schedule.name}, {"intervals", List(schedule.intervals, AppendText<Schedule::Interval>)}};
}

Pairs Describe(const AccessLevel& level) {
  return {{"name", level.name}, {"entries", List(level.entries, AppendText<AccessLevel::Entry>)}};
}

Pairs Describe(const Locker& locker) {
  return {{"name", locker.name},
          {"area", locker.area.value()},
          {"slots", absl::StrCat(locker.slots)},
          {"attenuation_db_min", absl::StrCat(locker.attenuation_db_min)},
          {"in_service", Text(locker.in_service)}};
}

Pairs Describe(const Person& person) {
  Pairs briefings;
  for (const auto& [name, given] : person.briefings) briefings.emplace_back(name, Text(given));
  return {{"name", person.name},
          {"email", person.email},
          {"kind", std::string(NameOf(person.kind))},
          {"department", person.department},
          {"clearance", absl::StrCat(person.clearance)},
          {"projects", List(person.projects)},
          {"briefings", briefings.empty() ? "" : Map(briefings)},
          {"nda_until", Text(person.nda_until)},
          {"levels", List(person.levels, AppendText<LevelGrant>)},
          {"escort", person.escort.value()},
          {"valid_from", Text(person.valid_from)},
          {"valid_until", Text(person.valid_until)}};
}

Pairs Describe(const Credential& credential) {
  const CardNumber& card = credential.card;
  const bool raw = card.format == "raw";
  return {{"person", credential.person.value()},
          {"format", card.format},
          {"facility_code", raw ? "" : absl::StrCat(card.facility_code)},
          {"number", raw ? "" : absl::StrCat(card.number)},
          {"raw", card.raw},
          {"label", credential.label},
          {"valid_from", Text(credential.valid_from)},
          {"valid_until", Text(credential.valid_until)}};
}

}  // namespace sallyport::facility
