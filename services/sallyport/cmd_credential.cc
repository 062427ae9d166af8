#include "absl/strings/str_cat.h"
#include "sallyport/card.h"
#include "sallyport/command.h"
#include "sallyport/directory/v1/directory.grpc.pb.h"

namespace sallyport::cli {
namespace {

using namespace directory::v1;  // NOLINT: the messages of one service

template <class Response>
void PrintCredentialOf(const Response& answer) {
  const Credential& credential = answer.credential();
  PrintFacts({{"credential", credential.id()},
              {"person", credential.person_id()},
              {"card", CardText(credential.card())},
              {"status", EnumText(CredentialStatus_descriptor(), credential.status())},
              {"valid from", TimeText(credential.valid_from())},
              {"valid until", TimeText(credential.valid_until())},
              {"label", credential.label()}});
}

void PrintCredentials(const ListCredentialsResponse& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Credential& credential : answer.credentials()) {
    rows.push_back({credential.id(), credential.person_id(), CardText(credential.card()),
                    EnumText(CredentialStatus_descriptor(), credential.status()), TimeText(credential.valid_until()),
                    credential.label()});
  }
  PrintTable({"CREDENTIAL", "PERSON", "CARD", "STATUS", "VALID UNTIL", "LABEL"}, rows);
}

void AddIssueVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "issue", "Give a card to a person");
  auto request = std::make_shared<IssueCredentialRequest>();
  Credential* credential = request->mutable_credential();
  Argument(verb, "person", credential->mutable_person_id(), "Whose");
  auto* card = verb->add_option_group("Card", "what is on it, one of:");
  card->require_option(1);
  const auto take = [credential](const char* name, const absl::StatusOr<CardNumber>& number) {
    if (!number.ok()) throw CLI::ValidationError(name, std::string(number.status().message()));
    *credential->mutable_card() = *number;
  };
  card->add_option_function<std::string>(
          "--card", [take](const std::string& text) { take("--card", CardNumberFromNumber(text)); },
          "26-bit H10301: facility code and number")
      ->type_name("FC:NUMBER");
  card->add_option_function<std::string>(
          "--raw", [take](const std::string& text) { take("--raw", CardNumberFromBits(text)); },
          "All bits of the card: 0101..., or COUNT:HEX with the bits left-aligned")
      ->type_name("BITS");
  Option(verb, "--id", credential->mutable_id(), "Id, chosen by the facility; without it the server makes one");
  Option(verb, "--label", credential->mutable_label(), "What is printed on it");
  TimeOption(
      verb, "--valid-from", [credential](auto time) { *credential->mutable_valid_from() = time; }, "Not before");
  TimeOption(
      verb, "--valid-until", [credential](auto time) { *credential->mutable_valid_until() = time; },
      "Not from then on");
  Calls<DirectoryService>(verb, command, &DirectoryService::Stub::IssueCredential, request,
                          PrintCredentialOf<IssueCredentialResponse>);
}

void AddRevokeVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "revoke", "Take a credential out of use; lost and stolen ones alarm when presented");
  auto request = std::make_shared<RevokeCredentialRequest>();
  request->set_status(CREDENTIAL_STATUS_DISABLED);
  Argument(verb, "id", request->mutable_credential_id(), "Which");
  EnumOption(
      verb, "--status", CredentialStatus_descriptor(),
      [request](int value) { request->set_status(static_cast<CredentialStatus>(value)); },
      "Why: disabled (default), lost or stolen");
  Calls<DirectoryService>(verb, command, &DirectoryService::Stub::RevokeCredential, request,
                          PrintCredentialOf<RevokeCredentialResponse>);
}

}  // namespace

void AddCredentialCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "credential", "Cards: issue, revoke, list");
  AddIssueVerb(*noun, command);
  AddRevokeVerb(*noun, command);
  CLI::App* list = AddVerb(*noun, "list", "List credentials in order of id; asking is recorded");
  auto request = std::make_shared<ListCredentialsRequest>();
  Option(list, "--person", request->mutable_person_id(), "Only this person's");
  CallsPaged<DirectoryService>(
      list, command, &DirectoryService::Stub::ListCredentials, request,
      [](const ListCredentialsResponse& answer) { return answer.credentials_size(); }, PrintCredentials);
}

}  // namespace sallyport::cli
