#include <cstdio>
#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "google/protobuf/util/json_util.h"
#include "sallyport/access/v1/access.grpc.pb.h"
#include "sallyport/card.h"
#include "sallyport/command.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

using namespace access::v1;  // NOLINT: the messages of one service

template <class Repeated>
std::string Joined(const Repeated& items) {
  return absl::StrJoin(items, ", ");
}

std::string DecisionText(Decision decision) { return absl::AsciiStrToUpper(EnumText(Decision_descriptor(), decision)); }

void PrintDecision(const AuthorizeResponse& answer) {
  PrintFacts({{"decision", DecisionText(answer.decision())},
              {"reason", answer.reason_code()},
              {"message", answer.message()},
              {"unlock", answer.unlock_seconds() == 0 ? "" : absl::StrCat(answer.unlock_seconds(), " s")},
              {"floors", Joined(answer.floors())},
              {"valid until", TimeText(answer.valid_until())},
              {"obligations", Joined(answer.obligations())},
              {"policies", Joined(answer.determining_policies())},
              {"record", absl::StrCat(answer.receipt().log_origin(), " #", answer.receipt().index())},
              {"leaf hash", Hex(answer.receipt().leaf_hash())}});
}

// Policies that hold or failed; the others only with `every`.
void PrintExplanation(const ExplainResponse& answer, bool every) {
  PrintFacts({{"decision", DecisionText(answer.decision())},
              {"reason", answer.reason_code()},
              {"also", Joined(answer.also())},
              {"decided by", Joined(answer.determining_policies())},
              {"policy set", answer.policy_set_hash().substr(0, 16)}});
  for (const std::string& hint : answer.hints()) std::printf("-> %s\n", hint.c_str());
  std::vector<std::vector<std::string>> rows;
  for (const PolicyVerdict& policy : answer.policies()) {
    if (!every && policy.verdict() == "not satisfied") continue;
    rows.push_back({policy.policy_id(), policy.effect(), policy.verdict(), policy.reason_code(), policy.advice()});
  }
  const int left_out = answer.policies_size() - static_cast<int>(rows.size());
  std::printf("\n");
  if (!rows.empty()) PrintTable({"POLICY", "EFFECT", "VERDICT", "REASON", "ADVICE"}, rows);
  if (left_out > 0) std::printf("%d further policies do not apply (--every lists them)\n", left_out);
}

void PrintPresence(const ListPresenceResponse& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Presence& presence : answer.presence()) {
    rows.push_back({presence.person_id(), presence.person_name(), presence.area_id(), TimeText(presence.since()),
                    presence.access_point_id()});
  }
  PrintTable({"PERSON", "NAME", "AREA", "SINCE", "THROUGH"}, rows);
}

// A card on the command line, in either of its spellings. The parsers name what is wrong.
template <class Set>
void CardOptions(CLI::Option_group* group, Set set) {
  const auto take = [set](const char* name, const absl::StatusOr<Card>& card) {
    if (!card.ok()) throw CLI::ValidationError(name, std::string(card.status().message()));
    set(*card);
  };
  group
      ->add_option_function<std::string>(
          "--card", [take](const std::string& text) { take("--card", CardFromNumber(text)); },
          "A 26-bit H10301 card: facility code and number, sent with its parity as a reader would")
      ->type_name("FC:NUMBER");
  group
      ->add_option_function<std::string>(
          "--raw", [take](const std::string& text) { take("--raw", CardFromBits(text)); },
          "A card's bits as they are: 0101..., or COUNT:HEX with the bits left-aligned")
      ->type_name("BITS");
}

void AddAuthorizeVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "authorize",
                           "Present a credential at an access point, as a reader does\n\n"
                           "Decides, records and answers. A refusal is an answer: the exit code is 0.");
  auto request = std::make_shared<AuthorizeRequest>();
  Option(verb, "--access-point", request->mutable_access_point_id(), "The reader's side of a door")->required();
  auto* presented = verb->add_option_group("Presented", "what is presented, one of:");
  presented->require_option(1);
  CardOptions(presented, [request](const Card& card) { *request->mutable_card() = card; });
  presented->add_option_function<std::string>(
      "--credential", [request](const std::string& id) { request->set_credential_id(id); }, "A credential's id");
  verb->add_flag_callback(
      "--pin-stdin",
      [request] {
        std::string pin;
        std::getline(std::cin, pin);
        absl::StripAsciiWhitespace(&pin);
        if (pin.empty() || pin.size() > kPinCharactersMax) {
          throw CLI::ValidationError("--pin-stdin", "no PIN on the first line of standard input");
        }
        request->set_pin(pin);
      },
      "Read the PIN from the first line of standard input");
  TimeOption(
      verb, "--read-time", [request](auto time) { *request->mutable_read_time() = time; },
      "The reader's clock (default now)");
  Calls<AccessService>(verb, command, &AccessService::Stub::Authorize, request, PrintDecision,
                       [](AuthorizeRequest& complete) {
                         if (!complete.has_read_time()) {
                           *complete.mutable_read_time() = ToTimestamp(SystemClock().Now());
                         }
                       });
}

void SubjectOptions(CLI::App* verb, std::shared_ptr<ExplainRequest> request) {
  auto* subject = verb->add_option_group("Subject", "who presents, one of:");
  subject->require_option(0, 1);
  subject->add_option_function<std::string>(
      "--person", [request](const std::string& id) { request->set_person_id(id); },
      "A person, with any valid credential of theirs");
  subject->add_option_function<std::string>(
      "--credential", [request](const std::string& id) { request->set_credential_id(id); }, "A credential's id");
  CardOptions(subject, [request](const Card& card) { *request->mutable_card() = card; });
}

void CheckExplain(ExplainRequest& request) {
  const bool who = request.subject_case() != ExplainRequest::SUBJECT_NOT_SET;
  const bool where = !request.access_point_id().empty();
  if (request.has_record_index() ? !who && !where : who && where) return;
  throw CLI::ValidationError(
      "explain", "give --record alone, or --access-point with one of --person, --credential, --card, --raw");
}

void AddExplainVerb(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "explain",
              "Say what would be decided, and why; or why a recorded decision came out as it did\n\n"
              "Changes nothing; asking is recorded. With --context, members of a JSON object replace facts:\n"
              "  --context '{\"threatLevel\": \"lockdown\"}'");
  auto request = std::make_shared<ExplainRequest>();
  Option(verb, "--access-point", request->mutable_access_point_id(), "The reader's side of a door");
  SubjectOptions(verb, request);
  TimeOption(
      verb, "--at", [request](auto time) { *request->mutable_at() = time; }, "At another time than now");
  verb->add_option_function<uint64_t>(
          "--record", [request](uint64_t index) { request->set_record_index(index); },
          "A decision of the past by its record's index, instead of all the above")
      ->type_name("INDEX");
  verb->add_option_function<std::string>(
          "--context",
          [request](const std::string& json) {
            const auto parsed = google::protobuf::util::JsonStringToMessage(json, request->mutable_context());
            if (!parsed.ok()) throw CLI::ValidationError("--context", std::string(parsed.message()));
          },
          "Facts to change, a JSON object")
      ->type_name("JSON");
  auto every = std::make_shared<bool>(false);
  verb->add_flag("--every", *every, "List the policies that do not apply, too");
  Calls<AccessService>(
      verb, command, &AccessService::Stub::Explain, request,
      [every](const ExplainResponse& answer) { PrintExplanation(answer, *every); }, CheckExplain);
}

void AddPresenceVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "presence", "List who is where, by what the doors recorded; asking is recorded");
  auto request = std::make_shared<ListPresenceRequest>();
  Option(verb, "--area", request->mutable_area_id(), "Only this area and those within it");
  CallsPaged<AccessService>(
      verb, command, &AccessService::Stub::ListPresence, request,
      [](const ListPresenceResponse& answer) { return answer.presence_size(); }, PrintPresence);
}

}  // namespace

void AddAccessCommands(CLI::App& app, Command& command) {
  CLI::App* noun =
      AddNoun(app, "access", "Decisions at doors: present a credential, explain an answer, see who is where");
  AddAuthorizeVerb(*noun, command);
  AddExplainVerb(*noun, command);
  AddPresenceVerb(*noun, command);
}

}  // namespace sallyport::cli
