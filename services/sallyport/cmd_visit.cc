#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "audit/hash.h"
#include "base/file.h"
#include "sallyport/command.h"
#include "sallyport/limits.h"
#include "sallyport/quarantine/v1/quarantine.grpc.pb.h"

namespace sallyport::cli {
namespace {

using namespace quarantine::v1;  // NOLINT: the messages of one service

std::string Custody(const Device& device) {
  if (device.locker_id().empty()) return "";
  return absl::StrCat(device.locker_id(), "/", device.slot(), device.seal().empty() ? "" : " seal " + device.seal());
}

std::string ProbeText(const Device& device) {
  std::vector<std::string> bands;
  for (const BandReading& reading : device.probe()) {
    bands.push_back(absl::StrCat(reading.band(), " ", reading.attenuation_db(), " dB"));
  }
  return absl::StrJoin(bands, ", ");
}

void PrintVisit(const Visit& visit) {
  PrintFacts({{"visit", visit.id()},
              {"state", EnumText(VisitState_descriptor(), visit.state())},
              {"area", visit.interview_area_id()},
              {"host", visit.host_id()},
              {"start", TimeText(visit.start())},
              {"end", TimeText(visit.end())}});
  std::vector<std::vector<std::string>> people;
  std::vector<std::vector<std::string>> devices;
  for (const Participant& participant : visit.participants()) {
    people.push_back({participant.person_id(), EnumText(ParticipantRole_descriptor(), participant.role()),
                      EnumText(ParticipantState_descriptor(), participant.state()), participant.visitor_badge_id()});
    for (const Device& device : participant.devices()) {
      devices.push_back({device.id(), participant.person_id(), device.kind(),
                         EnumText(DeviceState_descriptor(), device.state()), Custody(device), ProbeText(device)});
    }
  }
  std::printf("\n");
  PrintTable({"PARTICIPANT", "ROLE", "STATE", "VISITOR BADGE"}, people);
  if (!devices.empty()) {
    std::printf("\n");
    PrintTable({"DEVICE", "OF", "KIND", "STATE", "CUSTODY", "PROBE"}, devices);
  }
  for (const Incident& incident : visit.incidents()) {
    std::printf("%sincident %s: %s\n", incident.open() ? "open " : "", incident.id().c_str(), incident.kind().c_str());
  }
}

// Every answer that holds the visit after a step.
template <class Response>
void PrintVisitOf(const Response& answer) {
  PrintVisit(answer.visit());
}

std::vector<std::string> Row(const Visit& visit) {
  std::vector<std::string> people;
  for (const Participant& participant : visit.participants()) {
    people.push_back(
        absl::StrCat(participant.person_id(), " ", EnumText(ParticipantState_descriptor(), participant.state())));
  }
  return {visit.id(),
          EnumText(VisitState_descriptor(), visit.state()),
          visit.interview_area_id(),
          visit.host_id(),
          TimeText(visit.start()),
          absl::StrJoin(people, ", ")};
}

void PrintVisits(const ListVisitsResponse& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Visit& visit : answer.visits()) rows.push_back(Row(visit));
  PrintTable({"VISIT", "STATE", "AREA", "HOST", "START", "PARTICIPANTS"}, rows);
}

int Watch(const Command& command, const WatchVisitsRequest& request) {
  return RunStream<QuarantineService>(command, &QuarantineService::Stub::WatchVisits, request,
                                      [&command](const WatchVisitsResponse& message) {
                                        if (command.format != Format::kTable)
                                          PrintMessageLine(message);
                                        else
                                          std::printf("%s\n", absl::StrJoin(Row(message.visit()), "  ").c_str());
                                        std::fflush(stdout);
                                        return true;
                                      });
}

// "KIND:LAST4": identity as the desk notes it, never the whole number.
template <class Request>
void IdentityOptions(CLI::App* verb, std::shared_ptr<Request> request) {
  verb->add_option_function<std::string>(
          "--document",
          [request](const std::string& text) {
            const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
            if (parts.size() != 2 || parts[1].empty() || parts[1].size() > 4) {
              throw CLI::ValidationError("--document", "expected KIND:LAST4, like passport:4711");
            }
            request->set_document_kind(parts[0]);
            request->set_document_last4(parts[1]);
          },
          "The document shown (passport, id_card, driving_licence) and its last characters, 4 at most")
      ->type_name("KIND:LAST4");
  Option(verb, "--badge", request->mutable_badge_id(), "A badge of theirs that the desk read, instead of a document");
}

// What --cancel, --slot and the like have in common: an int32 with a name.
CLI::Option* Number(CLI::App* verb, const std::string& name, std::function<void(int)> set,
                    const std::string& description) {
  return verb->add_option_function<int>(name, std::move(set), description)->type_name("N");
}

void AddCreateVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "create", "Plan a visit for an interview in person");
  auto request = std::make_shared<CreateVisitRequest>();
  Visit* visit = request->mutable_visit();
  Option(verb, "id", visit->mutable_id(), "Id, chosen by the facility; without it the server makes one");
  Option(verb, "--area", visit->mutable_interview_area_id(), "Where the interview is")->required();
  Option(verb, "--host", visit->mutable_host_id(), "Who answers for the visit: a person's id")->required();
  TimeOption(
      verb, "--start", [visit](auto time) { *visit->mutable_start() = time; }, "When the visit begins")
      ->required();
  TimeOption(
      verb, "--end", [visit](auto time) { *visit->mutable_end() = time; }, "When it is over at the latest")
      ->required();
  const auto participant = [visit](ParticipantRole role) {
    return [visit, role](const std::string& id) {
      Participant* added = visit->add_participants();
      added->set_person_id(id);
      added->set_role(role);
    };
  };
  Repeated(verb, "--candidate", participant(PARTICIPANT_ROLE_CANDIDATE), "Who is interviewed: a person's id");
  Repeated(verb, "--interviewer", participant(PARTICIPANT_ROLE_INTERVIEWER), "Who interviews: a person's id");
  Calls<QuarantineService>(verb, command, &QuarantineService::Stub::CreateVisit, request,
                           PrintVisitOf<CreateVisitResponse>);
}

void AddReadVerbs(CLI::App& noun, Command& command) {
  CLI::App* get = AddVerb(noun, "get", "Show a visit with its participants, devices and custody; asking is recorded");
  auto one = std::make_shared<GetVisitRequest>();
  Argument(get, "visit", one->mutable_visit_id(), "Which");
  Calls<QuarantineService>(get, command, &QuarantineService::Stub::GetVisit, one, PrintVisitOf<GetVisitResponse>);

  CLI::App* list = AddVerb(noun, "list", "List visits");
  auto request = std::make_shared<ListVisitsRequest>();
  EnumOption(
      list, "--state", VisitState_descriptor(),
      [request](int value) { request->set_state(static_cast<VisitState>(value)); }, "Only those in this state");
  auto watch_instead = std::make_shared<bool>(false);
  list->add_flag("--watch", *watch_instead, "Instead, print every visit whenever it changes, as `visit watch` does");
  CallsPaged<QuarantineService>(
      list, command, &QuarantineService::Stub::ListVisits, request,
      [](const ListVisitsResponse& answer) { return answer.visits_size(); }, PrintVisits,
      [&command, watch_instead] {
        if (*watch_instead) command.run = [&command] { return Watch(command, WatchVisitsRequest()); };
      });

  CLI::App* watch = AddVerb(noun, "watch", "Print a visit, or all of them, whenever one changes");
  auto which = std::make_shared<WatchVisitsRequest>();
  Option(watch, "visit", which->mutable_visit_id(), "Only this one");
  watch->callback([&command, which] { command.run = [&command, which] { return Watch(command, *which); }; });
}

void AddCheckInVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "check-in", "A participant arrived and was identified");
  auto request = std::make_shared<CheckInParticipantRequest>();
  Argument(verb, "visit", request->mutable_visit_id(), "Which visit");
  Argument(verb, "person", request->mutable_person_id(), "Which participant");
  IdentityOptions(verb, request);
  Option(verb, "--visitor-badge", request->mutable_visitor_badge_id(), "Visitor badge handed out: a credential's id");
  Calls<QuarantineService>(verb, command, &QuarantineService::Stub::CheckInParticipant, request,
                           PrintVisitOf<CheckInParticipantResponse>);
}

// "KIND[:DESCRIPTION[:CONDITION]]"
void ParseDevice(const std::string& text, Device* device) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 2));
  device->set_kind(parts[0]);
  if (parts.size() > 1) device->set_description(parts[1]);
  if (parts.size() > 2) device->set_condition(parts[2]);
}

void AddDeclareVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "declare", "What a participant brought, or that they brought nothing");
  auto request = std::make_shared<DeclareDevicesRequest>();
  Argument(verb, "visit", request->mutable_visit_id(), "Which visit");
  Argument(verb, "person", request->mutable_person_id(), "Which participant");
  auto* what = verb->add_option_group("What", "one of:");
  what->require_option(1, 0);
  CLI::Option* device = Repeated(
      what, "--device", [request](const std::string& text) { ParseDevice(text, request->add_devices()); },
      "A device: phone, watch, laptop, earbuds, glasses, medical or other");
  device->type_name("KIND[:DESCRIPTION[:CONDITION]]");
  Flag(
      what, "--none", [request] { request->set_none(true); }, "They brought nothing, and said so")
      ->excludes(device);
  Option(verb, "--confirmed-by", request->mutable_confirmed_by(), "How they confirmed: badge or signature")->required();
  Calls<QuarantineService>(verb, command, &QuarantineService::Stub::DeclareDevices, request,
                           PrintVisitOf<DeclareDevicesResponse>);
}

void AddScreenVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "screen", "The result of the search for devices");
  auto request = std::make_shared<RecordScreeningRequest>();
  Argument(verb, "visit", request->mutable_visit_id(), "Which visit");
  Argument(verb, "person", request->mutable_person_id(), "Which participant");
  Option(verb, "--method", request->mutable_method(), "wand, portal or visual")->required();
  auto* result = verb->add_option_group("Result", "one of:");
  result->require_option(1);
  Flag(
      result, "--passed", [request] { request->set_passed(true); }, "Nothing undeclared was found");
  Option(result, "--finding", request->mutable_finding(), "What was found");
  Flag(
      result, "--refused", [request] { request->set_refused(true); }, "They would not be screened");
  Calls<QuarantineService>(verb, command, &QuarantineService::Stub::RecordScreening, request,
                           PrintVisitOf<RecordScreeningResponse>);
}

void AddSealVerb(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "seal", "A device goes into a locker slot, in a bag with a seal that is used once, ever");
  auto request = std::make_shared<SealDeviceRequest>();
  Argument(verb, "visit", request->mutable_visit_id(), "Which visit");
  Argument(verb, "device", request->mutable_device_id(), "Which device");
  Option(verb, "--locker", request->mutable_locker_id(), "Which locker")->required();
  Number(
      verb, "--slot", [request](int slot) { request->set_slot(slot); }, "Which slot, from 1")
      ->required();
  Option(verb, "--seal", request->mutable_seal(), "Number on the tamper-evident bag")->required();
  Option(verb, "--condition", request->mutable_condition(), "Condition of the device");
  const auto photo = [request](const std::string& path) {
    const auto content = ReadFile(path, kPhotoBytesMax);
    if (!content.ok()) throw CLI::ValidationError("--photo", std::string(content.status().message()));
    request->add_photo_digests(audit::HashToHex(audit::Sha256(*content)));
  };
  Repeated(verb, "--photo", photo, "Photograph of the device; its SHA-256 is recorded, the file stays here")
      ->type_name("FILE");
  Flag(
      verb, "--acknowledged", [request] { request->set_participant_acknowledged(true); },
      "The participant acknowledged");
  Calls<QuarantineService>(verb, command, &QuarantineService::Stub::SealDevice, request,
                           PrintVisitOf<SealDeviceResponse>);
}

void PrintProbe(const RecordProbeResponse& answer) {
  std::printf("probe %s%s%s\n\n", answer.passed() ? "passed" : "FAILED", answer.detail().empty() ? "" : ": ",
              answer.detail().c_str());
  PrintVisit(answer.visit());
}

void AddProbeVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "probe",
                           "The attenuation measured with the slot's door closed\n\n"
                           "A probe that fails is recorded too; then the exit code is 1.");
  auto request = std::make_shared<RecordProbeRequest>();
  Argument(verb, "visit", request->mutable_visit_id(), "Which visit");
  Argument(verb, "device", request->mutable_device_id(), "Which device");
  const auto reading = [request](const std::string& text) {
    const size_t equals = text.find('=');
    double decibels = 0;
    if (equals == std::string::npos || equals == 0 || !absl::SimpleAtod(text.substr(equals + 1), &decibels)) {
      throw CLI::ValidationError("--reading", "expected BAND=DB, like 2.4GHz=78.5");
    }
    BandReading* added = request->add_readings();
    added->set_band(text.substr(0, equals));
    added->set_attenuation_db(decibels);
  };
  Repeated(verb, "--reading", reading, "Attenuation in a band")->type_name("BAND=DB")->required();
  Option(verb, "--instrument", request->mutable_instrument_id(), "The instrument")->required();
  verb->add_option_function<std::string>(
          "--reachable", [request](const std::string& text) { request->set_reachable(text == "yes"); },
          "Whether the device could be reached inside, when that was tried")
      ->check(CLI::IsMember({"yes", "no"}).description(""))
      ->type_name("yes|no");
  Calls<QuarantineService>(verb, command, &QuarantineService::Stub::RecordProbe, request, PrintProbe, nullptr,
                           [](const RecordProbeResponse& answer) { return answer.passed() ? kDone : kFailed; });
}

void AddClearVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "clear", "A participant may go to the interview");
  auto request = std::make_shared<ClearParticipantRequest>();
  Argument(verb, "visit", request->mutable_visit_id(), "Which visit");
  Argument(verb, "person", request->mutable_person_id(), "Which participant");
  Flag(
      verb, "--nda-signed", [request] { request->set_nda_signed(true); },
      "They signed a non-disclosure agreement at the desk, now");
  Calls<QuarantineService>(verb, command, &QuarantineService::Stub::ClearParticipant, request,
                           PrintVisitOf<ClearParticipantResponse>);
}

void AddInterviewVerbs(CLI::App& noun, Command& command) {
  CLI::App* start = AddVerb(noun, "start", "The interview begins");
  auto started = std::make_shared<StartInterviewRequest>();
  Argument(start, "visit", started->mutable_visit_id(), "Which visit");
  Option(start, "--host-badge", started->mutable_host_badge_id(), "The host's badge, where it was read");
  Calls<QuarantineService>(start, command, &QuarantineService::Stub::StartInterview, started,
                           PrintVisitOf<StartInterviewResponse>);

  CLI::App* end = AddVerb(noun, "end", "The interview is over: its doors are closed to the participants from now on");
  auto ended = std::make_shared<EndInterviewRequest>();
  Argument(end, "visit", ended->mutable_visit_id(), "Which visit");
  Calls<QuarantineService>(end, command, &QuarantineService::Stub::EndInterview, ended,
                           PrintVisitOf<EndInterviewResponse>);
}

void PrintRelease(const ReleaseDeviceResponse& answer) {
  if (answer.released())
    std::printf("released\n\n");
  else
    std::printf("NOT released: %s (incident %s)\n\n", answer.detail().c_str(), answer.incident_id().c_str());
  PrintVisit(answer.visit());
}

void AddReleaseVerb(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "release",
              "A device goes back to the person who handed it in\n\n"
              "What does not match opens an incident instead, and the device stays; then the exit code is 1.");
  auto request = std::make_shared<ReleaseDeviceRequest>();
  Argument(verb, "visit", request->mutable_visit_id(), "Which visit");
  Argument(verb, "device", request->mutable_device_id(), "Which device");
  Option(verb, "--person", request->mutable_person_id(), "Who takes it")->required();
  Option(verb, "--seal", request->mutable_seal(), "Number read off the seal")->required();
  auto* state = verb->add_option_group("Seal", "as it is found, one of:");
  state->require_option(1);
  Flag(
      state, "--seal-intact", [request] { request->set_seal_intact(true); }, "The seal is unbroken");
  Flag(
      state, "--seal-broken", [request] { request->set_seal_intact(false); }, "It is not");
  Option(verb, "--condition", request->mutable_condition(), "Condition of the device");
  Option(verb, "--locker", request->mutable_locker_id(), "The locker that it was taken from");
  Number(
      verb, "--slot", [request](int slot) { request->set_slot(slot); }, "The slot that it was taken from");
  IdentityOptions(verb, request);
  Flag(
      verb, "--acknowledged", [request] { request->set_participant_acknowledged(true); },
      "The participant acknowledged");
  Flag(
      verb, "--visitor-badge-returned", [request] { request->set_visitor_badge_returned(true); },
      "The visitor badge came back");
  Calls<QuarantineService>(verb, command, &QuarantineService::Stub::ReleaseDevice, request, PrintRelease, nullptr,
                           [](const ReleaseDeviceResponse& answer) { return answer.released() ? kDone : kFailed; });
}

void AddCloseVerb(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "close", "Everybody left and every device went back; or the visit will not take place");
  auto request = std::make_shared<CloseVisitRequest>();
  Argument(verb, "visit", request->mutable_visit_id(), "Which visit");
  Flag(
      verb, "--badges-returned", [request] { request->set_badges_returned(true); }, "The visitor badges are back");
  Option(verb, "--cancel", request->mutable_cancel_reason(), "Cancel a visit that has not begun, for this reason")
      ->type_name("REASON");
  Calls<QuarantineService>(verb, command, &QuarantineService::Stub::CloseVisit, request,
                           PrintVisitOf<CloseVisitResponse>);
}

}  // namespace

void AddVisitCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "visit", "Interviews in person and the custody of devices, step by step");
  AddCreateVerb(*noun, command);
  AddReadVerbs(*noun, command);
  AddCheckInVerb(*noun, command);
  AddDeclareVerb(*noun, command);
  AddScreenVerb(*noun, command);
  AddSealVerb(*noun, command);
  AddProbeVerb(*noun, command);
  AddClearVerb(*noun, command);
  AddInterviewVerbs(*noun, command);
  AddReleaseVerb(*noun, command);
  AddCloseVerb(*noun, command);
}

}  // namespace sallyport::cli
