#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "facility/draft.h"
#include "facility/limits.h"

// The sections of a facility file that describe places, and when they may be entered.
namespace sallyport::facility {
namespace {

using yaml::Node;
using yaml::Reader;

constexpr std::array<absl::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// Only names of the time zone database: what is loaded by name is a file.
bool IsZoneName(absl::string_view name) {
  return !name.empty() && name.size() <= kTimeZoneCharactersMax && absl::ascii_isalpha(name.front()) &&
         name != "localtime" && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '+' || c == '/';
         });
}

Reader::Field TimeZone(Draft& draft, std::string& out) {
  return {[&draft, &out](const Node& node, const std::string& key) {
            absl::TimeZone zone;
            if (!node.is_scalar() || !IsZoneName(node.text) || !absl::LoadTimeZone(node.text, &zone)) {
              return draft.reader.Problem(node, key, "expected a time zone of the IANA database, like Asia/Seoul");
            }
            out = node.text;
            if (draft.document.sites.empty()) draft.zone = zone;
          },
          true};
}

Reader::Field Holidays(Draft& draft, std::set<absl::CivilDay>& out) {
  return {[&draft, &out](const Node& node, const std::string& key) {
    draft.reader.Sequence(node, key, kHolidaysMax, [&](const Node& item, const std::string& item_key) {
      absl::CivilDay day;
      if (!item.is_scalar() || item.text.size() != 10 || !absl::ParseCivilTime(item.text, &day)) {
        return draft.reader.Problem(item, item_key, "expected a date, like 2026-12-25");
      }
      if (!out.insert(day).second) draft.reader.Problem(item, item_key, "stands twice");
    });
  }};
}

void ReadSite(Draft& draft, const std::string& id, const Node& body, const std::string& key) {
  Site site;
  site.id = SiteId(id);
  site.name = id;
  draft.reader.Mapping(body, key,
                       {{"name", draft.Text(site.name, kNameBytesMax)},
                        {"time_zone", TimeZone(draft, site.time_zone)},
                        {"language", draft.reader.OneOf(site.language, {"en", "ko"})},
                        {"holidays", Holidays(draft, site.holidays)},
                        {"card_formats", draft.CardFormats(site.card_formats)}});
  draft.document.sites.push_back(std::move(site));
}

void ReadFloor(Draft& draft, const std::string& id, const Node& body, const std::string& key) {
  Floor floor;
  floor.id = FloorId(id);
  floor.name = id;
  draft.reader.Mapping(body, key,
                       {{"name", draft.Text(floor.name, kNameBytesMax)},
                        {"site", draft.Reference(floor.site, Section::kSites)},
                        {"level", draft.reader.Whole(floor.level, -kFloorLevelMax, kFloorLevelMax)}});
  if (floor.site.empty() && draft.document.sites.size() == 1) floor.site = draft.document.sites.front().id;
  if (yaml::Find(body, "site") == nullptr && floor.site.empty()) {
    draft.Problem(Section::kFloors, id, "site", "is missing; only a file with one site can leave it out");
  }
  draft.document.floors.push_back(std::move(floor));
}

void ReadArea(Draft& draft, const std::string& id, const Node& body, const std::string& key) {
  Area area;
  area.id = AreaId(id);
  area.name = id;
  AreaId parent;
  Reader& reader = draft.reader;
  reader.Mapping(
      body, key,
      {{"name", draft.Text(area.name, kNameBytesMax)},
       {"floor", draft.Reference(area.floor, Section::kFloors)},
       {"parent", draft.Reference(parent, Section::kAreas)},
       {"restricted", reader.Flag(area.restricted)},
       {"interview", reader.Flag(area.interview)},
       {"staff_custody", reader.Flag(area.staff_custody)},
       {"visual_security", reader.Flag(area.visual_security)},
       {"visual_security_seconds_max", reader.Whole(area.visual_security_seconds_max, 1, kVisualSecuritySecondsMax)},
       {"escort_visitors", reader.Flag(area.escort_visitors)},
       {"clearance_min", reader.Whole(area.clearance_min, 0, kClearanceMax)},
       {"briefing", draft.Word(area.briefing)},
       {"briefing_days_max", reader.Whole(area.briefing_days_max, 1, kBriefingDaysMax)},
       {"project", draft.Word(area.project)},
       {"nda", reader.Flag(area.nda)},
       {"two_person", reader.Flag(area.two_person)},
       {"two_person_seconds", reader.Whole(area.two_person_seconds, 1, kTwoPersonSecondsMax)},
       {"occupancy_max", reader.Whole(area.occupancy_max, 0, kOccupancyMax)},
       {"occupancy_min", reader.Whole(area.occupancy_min, 0, kOccupancyMax)},
       {"anti_passback", draft.Choice(area.anti_passback)}});
  if (!parent.empty()) area.parent = parent;
  draft.document.areas.push_back(std::move(area));
}

void ReadAccessPoint(Draft& draft, const std::string& id, const Node& body, const std::string& key) {
  AccessPoint point;
  point.id = AccessPointId(id);
  point.name = id;
  Reader& reader = draft.reader;
  const auto lift_floors = [&](const Node& node, const std::string& list_key) {
    reader.Sequence(node, list_key, kLiftFloorsMax, [&](const Node& item, const std::string& item_key) {
      int32_t level = 0;
      reader.Whole(level, -kFloorLevelMax, kFloorLevelMax).read(item, item_key);
      point.lift_floors.push_back(level);
    });
  };
  reader.Mapping(body, key,
                 {{"name", draft.Text(point.name, kNameBytesMax)},
                  {"from", draft.Reference(point.from, Section::kAreas, true)},
                  {"to", draft.Reference(point.to, Section::kAreas, true)},
                  {"door", draft.Word(point.door)},
                  {"reader", draft.Word(point.reader)},
                  {"unlock_seconds", reader.Whole(point.unlock_seconds, 1, kUnlockSecondsMax)},
                  {"exit", reader.Flag(point.exit)},
                  {"presence_on_grant", reader.Flag(point.presence_on_grant)},
                  {"pin_required", reader.Flag(point.pin_required)},
                  {"card_formats", draft.CardFormats(point.formats)},
                  {"lift_floors", {lift_floors}}});
  draft.document.access_points.push_back(std::move(point));
}

// "mon", or "mon-fri", or, over the weekend, "fri-mon".
bool AddDays(absl::string_view text, std::set<absl::Weekday>& out) {
  const std::pair<absl::string_view, absl::string_view> ends = absl::StrSplit(text, absl::MaxSplits('-', 1));
  const bool range = absl::StrContains(text, '-');
  const auto first = std::find(kDays.begin(), kDays.end(), ends.first);
  const auto last = range ? std::find(kDays.begin(), kDays.end(), ends.second) : first;
  if (first == kDays.end() || last == kDays.end()) return false;
  for (auto day = first;; day = day + 1 == kDays.end() ? kDays.begin() : day + 1) {
    out.insert(static_cast<absl::Weekday>(day - kDays.begin()));
    if (day == last) return true;
  }
}

Reader::Field Days(Draft& draft, std::set<absl::Weekday>& out) {
  static_assert(static_cast<int>(absl::Weekday::monday) == 0 && static_cast<int>(absl::Weekday::sunday) == 6);
  return {[&draft, &out](const Node& node, const std::string& key) {
            const auto read = [&](const Node& item, const std::string& item_key) {
              if (item.is_scalar() && AddDays(item.text, out)) return;
              draft.reader.Problem(item, item_key,
                                   "expected days: mon, tue, wed, thu, fri, sat, sun, or a range like "
                                   "mon-fri");
            };
            if (node.kind != Node::Kind::kSequence) return read(node, key);
            if (node.items.empty()) return draft.reader.Problem(node, key, "expected at least one day");
            draft.reader.Sequence(node, key, kDays.size(), read);
          },
          true};
}

// "08:00" as minutes of the day; "24:00" is its end.
Reader::Field Clock(Draft& draft, int32_t& out) {
  return {[&draft, &out](const Node& node, const std::string& key) {
    const absl::string_view text = node.text;
    int32_t hour = 0;
    int32_t minute = 0;
    const bool form = node.is_scalar() && text.size() == 5 && text[2] == ':' && absl::ascii_isdigit(text[0]) &&
                      absl::ascii_isdigit(text[3]);
    if (!form || !absl::SimpleAtoi(text.substr(0, 2), &hour) || !absl::SimpleAtoi(text.substr(3), &minute) ||
        minute > 59 || hour * 60 + minute > 1440) {
      return draft.reader.Problem(node, key, "expected a time of day from \"00:00\" to \"24:00\"");
    }
    out = hour * 60 + minute;
  }};
}

void ReadSchedule(Draft& draft, const std::string& id, const Node& body, const std::string& key) {
  Schedule schedule;
  schedule.id = ScheduleId(id);
  schedule.name = id;
  Reader& reader = draft.reader;
  const auto read_interval = [&](const Node& node, const std::string& interval_key) {
    Schedule::Interval interval;
    reader.Mapping(node, interval_key,
                   {{"days", Days(draft, interval.days)},
                    {"from", Clock(draft, interval.start_minute)},
                    {"to", Clock(draft, interval.end_minute)},
                    {"holidays", reader.Flag(interval.on_holidays)}});
    if (interval.start_minute == interval.end_minute) {
      reader.Problem(node, interval_key, "from and to are the same; leave both out for the whole day");
    }
    if (interval.start_minute == 1440) reader.Problem(node, interval_key + ".from", "no day has anything after 24:00");
    schedule.intervals.push_back(std::move(interval));
  };
  const auto intervals = [&](const Node& node, const std::string& list_key) {
    reader.Sequence(node, list_key, kIntervalsMax, read_interval);
  };
  reader.Mapping(body, key, {{"name", draft.Text(schedule.name, kNameBytesMax)}, {"intervals", {intervals, true}}});
  draft.document.schedules.push_back(std::move(schedule));
}

void ReadAccessLevel(Draft& draft, const std::string& id, const Node& body, const std::string& key) {
  AccessLevel level;
  level.id = AccessLevelId(id);
  level.name = id;
  Reader& reader = draft.reader;
  const auto read_entry = [&](const Node& node, const std::string& entry_key) {
    AccessLevel::Entry entry;
    reader.Mapping(node, entry_key,
                   {{"area", draft.Reference(entry.area, Section::kAreas)},
                    {"access_point", draft.Reference(entry.access_point, Section::kAccessPoints)},
                    {"floor", draft.Reference(entry.floor, Section::kFloors)},
                    {"schedule", draft.Reference(entry.schedule, Section::kSchedules)}});
    const int places = (yaml::Find(node, "area") != nullptr) + (yaml::Find(node, "access_point") != nullptr) +
                       (yaml::Find(node, "floor") != nullptr);
    if (node.kind == Node::Kind::kMapping && places != 1) {
      reader.Problem(node, entry_key, "expected one of area, access_point and floor");
    }
    level.entries.push_back(std::move(entry));
  };
  const auto entries = [&](const Node& node, const std::string& list_key) {
    reader.Sequence(node, list_key, kEntriesMax, read_entry);
  };
  reader.Mapping(body, key, {{"name", draft.Text(level.name, kNameBytesMax)}, {"entries", {entries, true}}});
  draft.document.levels.push_back(std::move(level));
}

void ReadLocker(Draft& draft, const std::string& id, const Node& body, const std::string& key) {
  Locker locker;
  locker.id = LockerId(id);
  locker.name = id;
  Reader& reader = draft.reader;
  reader.Mapping(body, key,
                 {{"name", draft.Text(locker.name, kNameBytesMax)},
                  {"area", draft.Reference(locker.area, Section::kAreas, true)},
                  {"slots", reader.Whole(locker.slots, 1, kSlotsMax, true)},
                  {"attenuation_db_min", draft.Real(locker.attenuation_db_min, 0, kAttenuationDbMax)},
                  {"in_service", reader.Flag(locker.in_service)}});
  draft.document.lockers.push_back(std::move(locker));
}

// In this order: a floor may leave out the only site.
constexpr struct {
  absl::string_view key;
  Section section;
  void (*read)(Draft&, const std::string& id, const Node& body, const std::string& key);
} kSections[] = {
    {"sites", Section::kSites, ReadSite},
    {"floors", Section::kFloors, ReadFloor},
    {"areas", Section::kAreas, ReadArea},
    {"access_points", Section::kAccessPoints, ReadAccessPoint},
    {"schedules", Section::kSchedules, ReadSchedule},
    {"access_levels", Section::kAccessLevels, ReadAccessLevel},
    {"lockers", Section::kLockers, ReadLocker},
};

}  // namespace

void ReadPlaces(Draft& draft, const Node& root) {
  for (const auto& section : kSections) {
    const Node* node = yaml::Find(root, section.key);
    if (node == nullptr) continue;
    draft.Things(
        *node, std::string(section.key), section.section, kThingsMax,
        [&](const std::string& id, const Node& body, const std::string& key) { section.read(draft, id, body, key); });
  }
}

}  // namespace sallyport::facility
