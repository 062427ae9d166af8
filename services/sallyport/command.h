#pragma once

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/time/time.h"
#include "sallyport/client.h"
#include "sallyport/exit_code.h"
#include "sallyport/output.h"
#include "sallyport/profile.h"

// How a command is made. Every verb fills one request from its options, calls one method and prints the answer; `Calls`
// does all three. Verbs that do more set `Command::run` themselves.
namespace sallyport::cli {

// One run of the program. Lives as long as the parser.
struct Command {
  ProfileFlags flags;
  Format format = Format::kTable;
  absl::Duration timeout = absl::Seconds(30);
  std::function<int()> run;  // what the verb on the command line does; returns the exit code
};

// Shorthands that keep the commands readable.
CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& description);
CLI::App* AddVerb(CLI::App& noun, const std::string& name, const std::string& description);

// A positional argument, required.
CLI::Option* Argument(CLI::App* verb, const std::string& name, std::string* out, const std::string& description);
// An option that may be repeated; `add` gets every value in turn.
CLI::Option* Repeated(CLI::App* verb, const std::string& name, std::function<void(const std::string&)> add,
                      const std::string& description);
// A flag; `set` is called when it is there.
CLI::Option* Flag(CLI::App* verb, const std::string& name, std::function<void()> set, const std::string& description);
// An option with a value.
CLI::Option* Option(CLI::App* verb, const std::string& name, std::string* out, const std::string& description);
CLI::Option* TimeOption(CLI::App* verb, const std::string& name, std::function<void(google::protobuf::Timestamp)> set,
                        const std::string& description);
CLI::Option* EnumOption(CLI::App* verb, const std::string& name, const google::protobuf::EnumDescriptor* type,
                        std::function<void(int)> set, const std::string& description);

// A request_id that nobody used before.
std::string NewRequestId();

// What a server gives in one page at most.
inline constexpr int kPageMax = 1000;

// Connects with the profile in force; prints what is wrong and returns null when it cannot.
std::unique_ptr<Client> Connect(const Command& command, int* exit_code);

template <class Service, class Request, class Response>
using Method = grpc::Status (Service::Stub::*)(grpc::ClientContext*, const Request&, Response*);

// Calls one method. A missing request_id is made up; the caller may set one to repeat a request.
template <class Service, class Request, class Response>
grpc::Status Call(const Client& client, absl::Duration timeout, Method<Service, Request, Response> method,
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  client.Prepare(context, timeout);
  const auto stub = Service::NewStub(client.channel());
  return ((*stub).*method)(&context, request, response);
}

// Makes `verb` call `method` with `request` and print the answer: `table` prints the human form.
// Requests with a request_id get an option for it. `complete`, where given, sees the request once the command line is
// read: it fills in what was left out, or throws CLI::ValidationError.
template <class Service, class Request, class Response, class Table>
void Calls(CLI::App* verb, Command& command, Method<Service, Request, Response> method,
           std::shared_ptr<Request> request, Table table,
           std::type_identity_t<std::function<void(Request&)>> complete = nullptr,
           std::type_identity_t<std::function<int(const Response&)>> verdict = nullptr) {
  if constexpr (requires { request->mutable_request_id(); }) {
    verb->add_option("--request-id", *request->mutable_request_id(),
                     "Idempotency key: the same id again returns the first answer; one is made up when absent");
  }
  verb->callback([&command, method, request, table, complete, verdict] {
    if (complete) complete(*request);
    command.run = [&command, method, request, table, verdict]() -> int {
      if constexpr (requires { request->mutable_request_id(); }) {
        if (request->request_id().empty()) request->set_request_id(NewRequestId());
      }
      int exit_code = kDone;
      const auto client = Connect(command, &exit_code);
      if (client == nullptr) return exit_code;
      Response response;
      const grpc::Status status = Call<Service>(*client, command.timeout, method, *request, &response);
      if (!status.ok()) return PrintError(status);
      if (command.format == Format::kTable)
        table(response);
      else
        PrintMessage(response, command.format);
      return verdict ? verdict(response) : kDone;
    };
  });
}

// What a paged list does: follows the pages until `limit` items (0: all of them). `count` says how many an answer
// holds.
template <class Service, class Request, class Response, class Count, class Table>
int RunPaged(const Command& command, Method<Service, Request, Response> method, Request& request, int limit,
             Count count, Table table) {
  int exit_code = kDone;
  const auto client = Connect(command, &exit_code);
  if (client == nullptr) return exit_code;
  Response all;
  while (true) {
    const int left = limit == 0 ? kPageMax : limit - count(all);
    request.set_page_size(std::min(left, kPageMax));
    Response page;
    const grpc::Status status = Call<Service>(*client, command.timeout, method, request, &page);
    if (!status.ok()) return PrintError(status);
    request.set_page_token(page.next_page_token());
    all.MergeFrom(page);
    all.set_next_page_token(page.next_page_token());
    if (page.next_page_token().empty() || (limit != 0 && count(all) >= limit)) break;
  }
  if (command.format != Format::kTable) {
    PrintMessage(all, command.format);
    return kDone;
  }
  table(all);
  if (!all.next_page_token().empty()) std::fprintf(stderr, "more: --page-token %s\n", all.next_page_token().c_str());
  return kDone;
}

// The same as `Calls` for methods with pages. `complete`, where given, is called once the command line is read, and may
// set another `Command::run`.
template <class Service, class Request, class Response, class Count, class Table>
void CallsPaged(CLI::App* verb, Command& command, Method<Service, Request, Response> method,
                std::shared_ptr<Request> request, Count count, Table table, std::function<void()> complete = nullptr) {
  auto limit = std::make_shared<int>(100);
  verb->add_option("--limit", *limit, "At most this many; 0 for all of them (default 100)")
      ->check(CLI::NonNegativeNumber.description(""))
      ->type_name("N");
  verb->add_option("--page-token", *request->mutable_page_token(), "Go on where an earlier answer stopped");
  verb->callback([&command, method, request, limit, count, table, complete] {
    command.run = [&command, method, request, limit, count, table] {
      return RunPaged<Service>(command, method, *request, *limit, count, table);
    };
    if (complete) complete();
  });
}

template <class Service, class Request, class Response>
using StreamMethod = std::unique_ptr<grpc::ClientReader<Response>> (Service::Stub::*)(grpc::ClientContext*,
                                                                                      const Request&);

// Follows a server's stream until it ends or `take`, which prints one message and may keep what it needs, says false.
// With -o json every message is a line.
template <class Service, class Request, class Response, class Take>
int RunStream(const Command& command, StreamMethod<Service, Request, Response> method, const Request& request,
              Take take) {
  int exit_code = kDone;
  const auto client = Connect(command, &exit_code);
  if (client == nullptr) return exit_code;
  grpc::ClientContext context;
  client->Prepare(context, absl::InfiniteDuration());
  const auto stub = Service::NewStub(client->channel());
  const auto stream = ((*stub).*method)(&context, request);
  Response message;
  while (stream->Read(&message)) {
    if (!take(message)) {
      context.TryCancel();
      stream->Finish();
      return kDone;
    }
  }
  const grpc::Status status = stream->Finish();
  return status.ok() ? kDone : PrintError(status);
}

// One a noun; each stands in its cmd_*.cc.
void AddInitCommand(CLI::App& app, Command& command);
void AddAccessCommands(CLI::App& app, Command& command);
void AddAlarmCommands(CLI::App& app, Command& command);
void AddAuditCommands(CLI::App& app, Command& command);
void AddCertificateCommands(CLI::App& app, Command& command);
void AddCompletionCommand(CLI::App& app, Command& command);
void AddCredentialCommands(CLI::App& app, Command& command);
void AddDoctorCommand(CLI::App& app, Command& command);
void AddEventCommands(CLI::App& app, Command& command);
void AddFacilityCommands(CLI::App& app, Command& command);
void AddOperatorCommands(CLI::App& app, Command& command);
void AddPersonCommands(CLI::App& app, Command& command);
void AddPolicyCommands(CLI::App& app, Command& command);
void AddPolicyTryVerbs(CLI::App& policy, Command& command);  // of the noun policy; cmd_policy_try.cc
void AddReplayCommand(CLI::App& app, Command& command);
void AddVisitCommands(CLI::App& app, Command& command);

}  // namespace sallyport::cli
