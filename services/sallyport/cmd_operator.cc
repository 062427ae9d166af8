#include <cstdio>

#include "absl/strings/str_join.h"
#include "sallyport/command.h"
#include "sallyport/operator/v1/operator.grpc.pb.h"

namespace sallyport::cli {
namespace {

using namespace operator_::v1;  // NOLINT: the messages of one service

std::string StatusText(const Operator& op) { return op.active() ? "active" : "suspended"; }

void PrintOperator(const Operator& op, const std::string& authenticated_by = "") {
  PrintFacts({{"operator", op.id()},
              {"name", op.name()},
              {"kind", op.kind()},
              {"roles", absl::StrJoin(op.roles(), ", ")},
              {"status", StatusText(op)},
              {"known by", authenticated_by}});
}

template <class Response>
void PrintOperatorOf(const Response& answer) {
  PrintOperator(answer.operator_());
}

void PrintOperators(const ListOperatorsResponse& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Operator& op : answer.operators()) {
    rows.push_back({op.id(), op.name(), op.kind(), absl::StrJoin(op.roles(), ", "), StatusText(op)});
  }
  PrintTable({"OPERATOR", "NAME", "KIND", "ROLES", "STATUS"}, rows);
}

void OperatorOptions(CLI::App* verb, Operator* op) {
  Option(verb, "--name", op->mutable_name(), "Name, or what a program is for")->required();
  Repeated(
      verb, "--role", [op](const std::string& role) { op->add_roles(role); }, "A role, as the policies name it");
}

void AddReadVerbs(CLI::App& noun, Command& command) {
  CLI::App* whoami = AddVerb(noun, "whoami", "Say who this profile is to the server");
  Calls<OperatorService>(
      whoami, command, &OperatorService::Stub::WhoAmI, std::make_shared<WhoAmIRequest>(),
      [](const WhoAmIResponse& answer) { PrintOperator(answer.operator_(), answer.authenticated_by()); });
  CLI::App* list = AddVerb(noun, "list", "List operators in order of id");
  CallsPaged<OperatorService>(
      list, command, &OperatorService::Stub::ListOperators, std::make_shared<ListOperatorsRequest>(),
      [](const ListOperatorsResponse& answer) { return answer.operators_size(); }, PrintOperators);
}

void AddChangeVerbs(CLI::App& noun, Command& command) {
  CLI::App* create = AddVerb(noun, "create",
                             "Add an operator: a person, a program, or a gateway\n\n"
                             "A gateway's id is the common name of its certificate (`sallyport certificate client`);\n"
                             "the others get a token (`sallyport operator token create`).");
  auto created = std::make_shared<CreateOperatorRequest>();
  created->mutable_operator_()->set_active(true);
  Argument(create, "id", created->mutable_operator_()->mutable_id(), "Id");
  Option(create, "--kind", created->mutable_operator_()->mutable_kind(), "What it is")
      ->required()
      ->check(CLI::IsMember({"person", "service", "gateway"}).description(""))
      ->type_name("person|service|gateway");
  OperatorOptions(create, created->mutable_operator_());
  Calls<OperatorService>(create, command, &OperatorService::Stub::CreateOperator, created,
                         PrintOperatorOf<CreateOperatorResponse>);

  CLI::App* update = AddVerb(noun, "update", "Replace an operator's name, roles and status; what is left out is gone");
  auto updated = std::make_shared<UpdateOperatorRequest>();
  updated->mutable_operator_()->set_active(true);
  Argument(update, "id", updated->mutable_operator_()->mutable_id(), "Which");
  OperatorOptions(update, updated->mutable_operator_());
  Flag(
      update, "--suspended", [updated] { updated->mutable_operator_()->set_active(false); },
      "May call nothing from now on");
  Calls<OperatorService>(update, command, &OperatorService::Stub::UpdateOperator, updated,
                         PrintOperatorOf<UpdateOperatorResponse>);
}

void PrintToken(const CreateApiTokenResponse& answer) {
  PrintFacts({{"token id", answer.token_id()}});
  if (answer.token().empty())
    std::printf("the token was shown when this request was first made, and never again\n");
  else
    std::printf("the token, shown this once:\n%s\n", answer.token().c_str());
}

void AddTokenVerbs(CLI::App& noun, Command& command) {
  CLI::App* token = AddNoun(noun, "token", "Bearer tokens: make one, end one");
  CLI::App* create = AddVerb(*token, "create", "Make a bearer token; it is shown once");
  auto created = std::make_shared<CreateApiTokenRequest>();
  Argument(create, "operator", created->mutable_operator_id(), "For whom");
  TimeOption(
      create, "--expires", [created](auto time) { *created->mutable_expires() = time; },
      "Until when (default: 90 days from now)");
  Calls<OperatorService>(create, command, &OperatorService::Stub::CreateApiToken, created, PrintToken);

  CLI::App* revoke = AddVerb(*token, "revoke", "End a token");
  auto revoked = std::make_shared<RevokeApiTokenRequest>();
  Argument(revoke, "token-id", revoked->mutable_token_id(), "Which, by its id");
  Calls<OperatorService>(revoke, command, &OperatorService::Stub::RevokeApiToken, revoked,
                         [](const RevokeApiTokenResponse&) { std::printf("revoked\n"); });
}

}  // namespace

void AddOperatorCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "operator", "Who may call the API: people, programs, gateways, and their tokens");
  AddReadVerbs(*noun, command);
  AddChangeVerbs(*noun, command);
  AddTokenVerbs(*noun, command);
}

}  // namespace sallyport::cli
