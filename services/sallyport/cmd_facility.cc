#include <cstdio>
#include <iostream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "sallyport/command.h"
#include "sallyport/facility/v1/facility.grpc.pb.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

using namespace facility::v1;  // NOLINT: the messages of one service

std::string YesNo(bool value) { return value ? "yes" : ""; }

std::string IfSet(int value, const std::string& unit = "") { return value == 0 ? "" : absl::StrCat(value, unit); }

// "create area f3-lab", and the fields of an update below it.
template <class Changes>
void PrintChanges(const Changes& changes, const char* nothing) {
  if (changes.empty()) std::printf("%s\n", nothing);
  size_t created = 0;
  size_t updated = 0;
  size_t deleted = 0;
  for (const FacilityChange& change : changes) {
    const bool create = change.action() == "create" || change.action() == "add";
    const bool remove = change.action() == "delete" || change.action() == "remove";
    ++(create ? created : remove ? deleted : updated);
    std::printf("%s %s %s\n", create ? "+" : remove ? "-" : "~", change.kind().c_str(), change.id().c_str());
    for (const auto& field : change.fields()) {
      std::printf("    %s: %s -> %s\n", field.field().c_str(), field.before().c_str(), field.after().c_str());
    }
  }
  if (!changes.empty()) {
    std::printf("%zu to create, %zu to update, %zu to delete\n", created, updated, deleted);
  }
}

template <class Item>
std::string Title(const Item& item) {
  return item.name() == item.id() ? "" : item.name();
}

void PrintSpaces(const GetFacilityResponse& facility) {
  std::vector<std::vector<std::string>> rows;
  for (const Site& site : facility.sites()) {
    rows.push_back({site.id(), Title(site), site.time_zone(), EnumText(ThreatLevel_descriptor(), site.threat_level())});
  }
  PrintTable({"SITE", "NAME", "TIME ZONE", "THREAT LEVEL"}, rows);
  rows.clear();
  for (const Area& area : facility.areas()) {
    std::vector<std::string> rules;
    if (area.restricted()) rules.push_back("restricted");
    if (area.interview()) rules.push_back("interview");
    if (area.staff_custody()) rules.push_back("staff custody");
    if (area.visual_security())
      rules.push_back(area.visual_security_confirmed() ? "blinds down" : "blinds not confirmed");
    if (area.escort_visitors()) rules.push_back("escort");
    if (area.clearance_min() > 0) rules.push_back(absl::StrCat("clearance ", area.clearance_min()));
    if (!area.briefing().empty()) rules.push_back(absl::StrCat("briefing ", area.briefing()));
    if (!area.project().empty()) rules.push_back(absl::StrCat("project ", area.project()));
    if (area.nda()) rules.push_back("NDA");
    if (area.two_person()) rules.push_back("two people");
    if (area.occupancy_max() > 0) rules.push_back(absl::StrCat("at most ", area.occupancy_max()));
    rows.push_back({area.id(), Title(area), area.floor_id(), area.parent_id(), absl::StrJoin(rules, ", ")});
  }
  std::printf("\n");
  PrintTable({"AREA", "NAME", "FLOOR", "WITHIN", "ENTERING NEEDS"}, rows);
}

void PrintDoors(const GetFacilityResponse& facility) {
  std::vector<std::vector<std::string>> rows;
  for (const AccessPoint& point : facility.access_points()) {
    rows.push_back({point.id(), Title(point), point.from_area_id(), point.to_area_id(), YesNo(point.exit()),
                    YesNo(point.pin_required()), IfSet(static_cast<int>(point.unlock_seconds()), " s"),
                    EnumText(DoorMode_descriptor(), point.mode())});
  }
  std::printf("\n");
  PrintTable({"ACCESS POINT", "NAME", "FROM", "TO", "EXIT", "PIN", "UNLOCK", "MODE"}, rows);
}

std::string EntryText(const AccessLevel::Entry& entry) {
  std::string where = !entry.area_id().empty()           ? "area " + entry.area_id()
                      : !entry.access_point_id().empty() ? "door " + entry.access_point_id()
                                                         : "floor " + entry.floor_id();
  if (!entry.schedule_id().empty()) where += " (" + entry.schedule_id() + ")";
  return where;
}

void PrintLevels(const GetFacilityResponse& facility) {
  std::vector<std::vector<std::string>> rows;
  for (const AccessLevel& level : facility.access_levels()) {
    std::vector<std::string> entries;
    for (const auto& entry : level.entries()) entries.push_back(EntryText(entry));
    rows.push_back({level.id(), Title(level), absl::StrJoin(entries, ", ")});
  }
  std::printf("\n");
  PrintTable({"ACCESS LEVEL", "NAME", "OPENS"}, rows);
  if (facility.lockers().empty()) return;
  rows.clear();
  for (const Locker& locker : facility.lockers()) {
    rows.push_back({locker.id(), locker.area_id(), absl::StrCat(locker.slots()),
                    absl::StrCat(locker.attenuation_db_min(), " dB"), locker.in_service() ? "yes" : "no",
                    TimeText(locker.self_test_at())});
  }
  std::printf("\n");
  PrintTable({"LOCKER", "AREA", "SLOTS", "ATTENUATION", "IN SERVICE", "SELF-TEST"}, rows);
}

void PrintFacility(const GetFacilityResponse& facility) {
  PrintSpaces(facility);
  PrintDoors(facility);
  PrintLevels(facility);
}

// "-" is standard input.
absl::StatusOr<std::string> ReadDocument(const std::string& path) {
  if (path != "-") return ReadFile(path, kDocumentBytesMax);
  std::string text;
  for (char c; text.size() <= kDocumentBytesMax && std::cin.get(c);) text.push_back(c);
  if (text.size() > kDocumentBytesMax) {
    return absl::ResourceExhaustedError(absl::StrCat("standard input: larger than ", kDocumentBytesMax, " bytes"));
  }
  return text;
}

template <class Request>
void DocumentOption(CLI::App* verb, std::shared_ptr<Request> request) {
  verb->add_option_function<std::string>(
          "-f,--file",
          [request](const std::string& path) {
            auto text = ReadDocument(path);
            if (!text.ok()) throw CLI::ValidationError("--file", std::string(text.status().message()));
            request->set_document(*std::move(text));
            request->set_file_name(path == "-" ? "stdin" : path);
          },
          "The facility file, YAML; - reads standard input")
      ->required()
      ->type_name("FILE");
}

void AddDocumentVerbs(CLI::App& noun, Command& command) {
  CLI::App* plan =
      AddVerb(noun, "plan",
              "Show what applying a facility file would change\n\n"
              "Changes nothing. The file is checked as `apply` does: every problem is named with its line.");
  auto planned = std::make_shared<PlanFacilityRequest>();
  DocumentOption(plan, planned);
  Calls<FacilityService>(plan, command, &FacilityService::Stub::PlanFacility, planned,
                         [](const PlanFacilityResponse& answer) {
                           PrintChanges(answer.changes(), "no changes: the facility is as the file says");
                         });

  CLI::App* apply = AddVerb(noun, "apply", "Make the facility what a file says, whole or not at all");
  auto applied = std::make_shared<ApplyFacilityRequest>();
  DocumentOption(apply, applied);
  Calls<FacilityService>(apply, command, &FacilityService::Stub::ApplyFacility, applied,
                         [](const ApplyFacilityResponse& answer) {
                           PrintChanges(answer.changes(), "no changes: the facility was as the file says");
                         });

  CLI::App* get = AddVerb(noun, "get", "Show the facility as it is: areas, doors, levels, lockers");
  Calls<FacilityService>(get, command, &FacilityService::Stub::GetFacility, std::make_shared<GetFacilityRequest>(),
                         PrintFacility);
}

void AddStateVerbs(CLI::App& noun, Command& command) {
  CLI::App* door = AddVerb(noun, "door-mode", "Set how a door behaves: by decision, unlocked, or locked down");
  auto mode = std::make_shared<SetDoorModeRequest>();
  Argument(door, "access-point", mode->mutable_access_point_id(), "The door's access point");
  EnumOption(
      door, "mode", DoorMode_descriptor(), [mode](int value) { mode->set_mode(static_cast<DoorMode>(value)); },
      "The mode; unlocked opens for everybody, locked-down lets nobody in (leaving stays free)")
      ->required();
  Calls<FacilityService>(door, command, &FacilityService::Stub::SetDoorMode, mode,
                         [](const SetDoorModeResponse& answer) {
                           PrintFacts({{"access point", answer.access_point().id()},
                                       {"mode", EnumText(DoorMode_descriptor(), answer.access_point().mode())}});
                         });

  CLI::App* threat = AddVerb(noun, "threat-level", "Raise or lower a site's threat level");
  auto level = std::make_shared<SetThreatLevelRequest>();
  Argument(threat, "site", level->mutable_site_id(), "The site");
  EnumOption(
      threat, "level", ThreatLevel_descriptor(),
      [level](int value) { level->set_threat_level(static_cast<ThreatLevel>(value)); },
      "The level; in lockdown nobody enters but those whom policy names, everybody may leave")
      ->required();
  Calls<FacilityService>(
      threat, command, &FacilityService::Stub::SetThreatLevel, level, [](const SetThreatLevelResponse& answer) {
        PrintFacts({{"site", answer.site().id()},
                    {"threat level", EnumText(ThreatLevel_descriptor(), answer.site().threat_level())}});
      });

  CLI::App* area = AddVerb(noun, "area-state", "Confirm that an area's blinds are down, or that they are not");
  auto state = std::make_shared<SetAreaStateRequest>();
  Argument(area, "area", state->mutable_area_id(), "The area");
  area->add_option_function<std::string>(
          "--blinds", [state](const std::string& text) { state->set_visual_security_confirmed(text == "down"); },
          "down confirms visual security, open withdraws the confirmation")
      ->required()
      ->check(CLI::IsMember({"down", "open"}).description(""))
      ->type_name("down|open");
  Calls<FacilityService>(area, command, &FacilityService::Stub::SetAreaState, state,
                         [](const SetAreaStateResponse& answer) {
                           PrintFacts({{"area", answer.area().id()},
                                       {"blinds", answer.area().visual_security_confirmed() ? "down" : "not confirmed"},
                                       {"since", TimeText(answer.area().visual_security_at())}});
                         });
}

void AddMusterVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "muster",
                           "List everybody who is in a site, for an evacuation\n\n"
                           "By area, then by person, from what the doors recorded. Asking is recorded.");
  auto request = std::make_shared<MusterRequest>();
  Argument(verb, "site", request->mutable_site_id(), "The site");
  Calls<FacilityService>(verb, command, &FacilityService::Stub::Muster, request, [](const MusterResponse& answer) {
    std::vector<std::vector<std::string>> rows;
    for (const MusterEntry& entry : answer.entries()) {
      rows.push_back({entry.area_id(), entry.person_id(), entry.person_name(), TimeText(entry.since())});
    }
    PrintTable({"AREA", "PERSON", "NAME", "SINCE"}, rows);
    std::printf("%d to account for\n", answer.entries_size());
  });
}

}  // namespace

void AddFacilityCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "facility", "Areas, doors, schedules, levels and lockers, and their modes");
  AddDocumentVerbs(*noun, command);
  AddStateVerbs(*noun, command);
  AddMusterVerb(*noun, command);
}

}  // namespace sallyport::cli
