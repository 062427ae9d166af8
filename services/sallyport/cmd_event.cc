#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "sallyport/badge/v1/badge.grpc.pb.h"
#include "sallyport/command.h"

namespace sallyport::cli {
namespace {

using namespace badge::v1;  // NOLINT: the messages of one service
using access::v1::Decision;
using access::v1::Decision_descriptor;

const std::vector<std::string> kTitles = {"INDEX", "TIME", "KIND", "WHERE", "WHO", "DECISION", "REASON", "DETAIL"};

std::vector<std::string> Row(const BadgeEvent& event) {
  const std::string who = !event.person_name().empty() ? event.person_name()
                          : !event.person_id().empty() ? event.person_id()
                                                       : event.credential_id();
  return {absl::StrCat(event.index()),
          TimeText(event.time()),
          event.kind(),
          event.access_point_id(),
          who,
          absl::AsciiStrToUpper(EnumText(Decision_descriptor(), event.decision())),
          event.reason_code(),
          event.detail()};
}

void PrintEvents(const ListEventsResponse& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const BadgeEvent& event : answer.events()) rows.push_back(Row(event));
  PrintTable(kTitles, rows);
}

// A stream has no last row to measure columns by.
void PrintLine(const std::vector<std::string>& row) {
  std::printf("%s\n", absl::StrFormat("%-8s  %-19s  %-12s  %-20s  %-20s  %-5s  %s %s", row[0], row[1], row[2], row[3],
                                      row[4], row[5], row[6], row[7])
                          .c_str());
  std::fflush(stdout);
}

void FilterOptions(CLI::App* verb, EventFilter* filter) {
  Option(verb, "--person", filter->mutable_person_id(), "Only this person's");
  Repeated(
      verb, "--access-point", [filter](const std::string& id) { filter->add_access_point_ids(id); },
      "Only at this access point");
  Repeated(
      verb, "--area", [filter](const std::string& id) { filter->add_area_ids(id); },
      "Only at access points that lead into this area");
  Repeated(
      verb, "--kind", [filter](const std::string& kind) { filter->add_kinds(kind); },
      "Only this kind: decision, opened, forced, alarm, step, change, ...");
  Repeated(
      verb, "--reason", [filter](const std::string& code) { filter->add_reason_codes(code); },
      "Only with this reason code");
  EnumOption(
      verb, "--decision", Decision_descriptor(),
      [filter](int value) { filter->set_decision(static_cast<Decision>(value)); }, "Only grants, or only denials");
  TimeOption(
      verb, "--from", [filter](auto time) { *filter->mutable_from() = time; }, "Not before");
  TimeOption(
      verb, "--until", [filter](auto time) { *filter->mutable_until() = time; }, "Before");
}

// Prints events as they come. The cursor goes to standard error at the end, so that a later run can go on there.
int Watch(const Command& command, const WatchEventsRequest& request, size_t count) {
  size_t seen = 0;
  std::string cursor;
  const int exit_code = RunStream<BadgeEventService>(command, &BadgeEventService::Stub::WatchEvents, request,
                                                     [&](const WatchEventsResponse& message) {
                                                       cursor = message.cursor();
                                                       seen += static_cast<size_t>(message.events_size());
                                                       if (command.format != Format::kTable)
                                                         PrintMessageLine(message);
                                                       else
                                                         for (const BadgeEvent& event : message.events())
                                                           PrintLine(Row(event));
                                                       return count == 0 || seen < count;
                                                     });
  if (!cursor.empty()) std::fprintf(stderr, "go on with --cursor %s\n", cursor.c_str());
  return exit_code;
}

void AddListVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "list",
                           "List what happened at doors, newest first; every filter that is given must hold\n\n"
                           "Asking is recorded.");
  auto request = std::make_shared<ListEventsRequest>();
  FilterOptions(verb, request->mutable_filter());
  Flag(
      verb, "--oldest-first", [request] { request->set_oldest_first(true); }, "In the order in which it happened");
  auto watch = std::make_shared<bool>(false);
  verb->add_flag("--watch", *watch, "Instead, print events as they happen, as `event watch` does");
  CallsPaged<BadgeEventService>(
      verb, command, &BadgeEventService::Stub::ListEvents, request,
      [](const ListEventsResponse& answer) { return answer.events_size(); }, PrintEvents,
      [&command, request, watch] {
        if (!*watch) return;
        WatchEventsRequest from_now;
        *from_now.mutable_filter() = request->filter();
        command.run = [&command, from_now] { return Watch(command, from_now, 0); };
      });
}

void AddWatchVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "watch",
                           "Print events as they happen, from now on or from a cursor\n\n"
                           "With -o json every message is one line with its events and the cursor to go on from. The\n"
                           "last cursor is said on standard error when the stream ends.");
  auto request = std::make_shared<WatchEventsRequest>();
  auto count = std::make_shared<size_t>(0);
  FilterOptions(verb, request->mutable_filter());
  Option(verb, "--cursor", request->mutable_cursor(), "Go on from here; 0 is the beginning of the log");
  verb->add_option("--count", *count,
                   "Stop once so many events have come, with the message that brings the last (default: never)")
      ->type_name("N");
  verb->callback([&command, request, count] {
    command.run = [&command, request, count] { return Watch(command, *request, *count); };
  });
}

void AddRecordVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "record", "Report what a door, reader, locker or sensor did, as a gateway does");
  auto request = std::make_shared<RecordEventsRequest>();
  DeviceEvent* event = request->add_events();
  Argument(verb, "kind", event->mutable_kind(),
           "At an access point: opened, closed, forced, held_open, request_to_exit, tamper, reader_offline, "
           "reader_online. At what --detail names: slot_opened, slot_closed, self_test, self_test_failed, "
           "locker_power_lost, locker_tamper, rf_at_locker, rf_in_area, blinds_down, blinds_up");
  Option(verb, "--access-point", event->mutable_access_point_id(), "The reader's side of the door");
  Option(verb, "--detail", event->mutable_detail(), "A locker, a slot (L1/4) or an area; or further detail");
  TimeOption(
      verb, "--device-time", [event](auto time) { *event->mutable_device_time() = time; },
      "The device's clock (default now)");
  Calls<BadgeEventService>(
      verb, command, &BadgeEventService::Stub::RecordEvents, request,
      [](const RecordEventsResponse& answer) {
        for (const auto& receipt : answer.receipts()) {
          PrintFacts({{"record", absl::StrCat(receipt.log_origin(), " #", receipt.index())},
                      {"leaf hash", Hex(receipt.leaf_hash())}});
        }
      },
      [](RecordEventsRequest& complete) {
        DeviceEvent* only = complete.mutable_events(0);
        if (!only->has_device_time()) *only->mutable_device_time() = ToTimestamp(SystemClock().Now());
      });
}

}  // namespace

void AddEventCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "event", "What happened at doors: list it, watch it, report it");
  AddListVerb(*noun, command);
  AddWatchVerb(*noun, command);
  AddRecordVerb(*noun, command);
}

}  // namespace sallyport::cli
