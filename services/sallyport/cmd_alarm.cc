#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sallyport/alarm/v1/alarm.grpc.pb.h"
#include "sallyport/command.h"

namespace sallyport::cli {
namespace {

using namespace alarm::v1;  // NOLINT: the messages of one service

std::vector<std::string> Row(const Alarm& alarm) {
  return {alarm.id(),
          absl::StrCat(alarm.priority()),
          alarm.kind(),
          alarm.object(),
          alarm.person_id(),
          EnumText(AlarmState_descriptor(), alarm.state()),
          TimeText(alarm.raised_at()),
          absl::StrCat(alarm.count())};
}

void PrintAlarms(const ListAlarmsResponse& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Alarm& alarm : answer.alarms()) rows.push_back(Row(alarm));
  PrintTable({"ALARM", "PRIORITY", "KIND", "OBJECT", "PERSON", "STATE", "RAISED", "COUNT"}, rows);
}

template <class Response>
void PrintAlarmOf(const Response& answer) {
  const Alarm& alarm = answer.alarm();
  PrintFacts({{"alarm", alarm.id()},
              {"priority", absl::StrCat(alarm.priority())},
              {"kind", alarm.kind()},
              {"object", alarm.object()},
              {"person", alarm.person_id()},
              {"state", EnumText(AlarmState_descriptor(), alarm.state())},
              {"raised", TimeText(alarm.raised_at())},
              {"count", absl::StrCat(alarm.count())},
              {"notes", absl::StrJoin(alarm.notes(), "; ")}});
}

int Watch(const Command& command) {
  return RunStream<AlarmService>(command, &AlarmService::Stub::WatchAlarms, WatchAlarmsRequest(),
                                 [&command](const WatchAlarmsResponse& message) {
                                   if (command.format != Format::kTable)
                                     PrintMessageLine(message);
                                   else
                                     std::printf("%s\n", absl::StrJoin(Row(message.alarm()), "  ").c_str());
                                   std::fflush(stdout);
                                   return true;
                                 });
}

void AddReadVerbs(CLI::App& noun, Command& command) {
  CLI::App* list = AddVerb(noun, "list", "List alarms: open ones, by priority and age");
  auto request = std::make_shared<ListAlarmsRequest>();
  Flag(
      list, "--resolved", [request] { request->set_include_resolved(true); }, "Resolved ones too");
  auto watch_instead = std::make_shared<bool>(false);
  list->add_flag("--watch", *watch_instead, "Instead, print every alarm whenever it changes, as `alarm watch` does");
  CallsPaged<AlarmService>(
      list, command, &AlarmService::Stub::ListAlarms, request,
      [](const ListAlarmsResponse& answer) { return answer.alarms_size(); }, PrintAlarms,
      [&command, watch_instead] {
        if (*watch_instead) command.run = [&command] { return Watch(command); };
      });
  CLI::App* watch = AddVerb(noun, "watch", "Print alarms as they change");
  watch->callback([&command] { command.run = [&command] { return Watch(command); }; });
}

}  // namespace

void AddAlarmCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "alarm", "What a guard must look at");
  AddReadVerbs(*noun, command);

  CLI::App* acknowledge = AddVerb(*noun, "acknowledge", "Somebody is looking at it");
  auto acknowledged = std::make_shared<AcknowledgeAlarmRequest>();
  Argument(acknowledge, "id", acknowledged->mutable_alarm_id(), "Which");
  Option(acknowledge, "--note", acknowledged->mutable_note(), "What to say");
  Calls<AlarmService>(acknowledge, command, &AlarmService::Stub::AcknowledgeAlarm, acknowledged,
                      PrintAlarmOf<AcknowledgeAlarmResponse>);

  CLI::App* resolve = AddVerb(*noun, "resolve", "It was dealt with");
  auto resolved = std::make_shared<ResolveAlarmRequest>();
  Argument(resolve, "id", resolved->mutable_alarm_id(), "Which");
  Option(resolve, "--note", resolved->mutable_note(), "The finding")->required();
  Calls<AlarmService>(resolve, command, &AlarmService::Stub::ResolveAlarm, resolved,
                      PrintAlarmOf<ResolveAlarmResponse>);
}

}  // namespace sallyport::cli
