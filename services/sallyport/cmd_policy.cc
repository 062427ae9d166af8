#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "cedar/printer.h"
#include "sallyport/command.h"
#include "sallyport/limits.h"
#include "sallyport/policy/v1/policy.grpc.pb.h"
#include "sallyport/policy_check.h"

namespace sallyport::cli {
namespace {

using namespace policy::v1;  // NOLINT: the messages of one service

void PrintReport(const access::PolicyFiles& files, const PolicyReport& report) {
  for (const cedar::Diagnostic& problem : report.problems) std::printf("%s\n", problem.ToString().c_str());
  PrintFacts({{"files", absl::StrCat(files.files.size())},
              {"policies", absl::StrCat(report.policies)},
              {"templates", absl::StrCat(report.templates)},
              {"hash", report.hash},
              {"result", report.ok() ? "ok" : "NOT VALID"}});
}

void PrintReportForPrograms(const PolicyReport& report, Format format) {
  nlohmann::ordered_json problems = nlohmann::ordered_json::array();
  for (const cedar::Diagnostic& problem : report.problems) {
    const bool error = problem.severity == cedar::Diagnostic::Severity::kError;
    problems.push_back({{"file", problem.file},
                        {"line", problem.position.line},
                        {"column", problem.position.column},
                        {"severity", error ? "error" : "warning"},
                        {"policy", problem.policy_id},
                        {"message", problem.message},
                        {"help", problem.help}});
  }
  const nlohmann::ordered_json json = {{"valid", report.ok()},
                                       {"policies", report.policies},
                                       {"templates", report.templates},
                                       {"hash", report.hash},
                                       {"problems", problems}};
  PrintJson(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), format);
}

void AddCheckVerb(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "check",
              "Check policies offline, without a server\n\n"
              "Parses every file and reports everything that is wrong with its place; with a schema among\n"
              "the files they are also compiled together, as the server does it. Exit code 1 when an error\n"
              "was found.");
  auto paths = std::make_shared<std::vector<std::string>>();
  verb->add_option("paths", *paths, "Folders with policies, or single files")->required()->type_name("PATH");
  verb->callback([&command, paths] {
    command.run = [&command, paths] {
      const auto files = ReadPolicyFiles(*paths);
      if (!files.ok()) return PrintError(files.status());
      const PolicyReport report = CheckPolicies(*files);
      if (command.format == Format::kTable)
        PrintReport(*files, report);
      else
        PrintReportForPrograms(report, command.format);
      return report.ok() ? kDone : kFailed;
    };
  });
}

// Prints the canonical text of each file, or puts it in place of what is there, or only names the files that differ.
int FormatFiles(const std::vector<std::string>& paths, bool write, bool only_check) {
  int exit_code = kDone;
  for (const std::string& path : paths) {
    const auto text = ReadFile(path, kPolicyBytesMax);
    if (!text.ok()) return PrintError(text.status());
    const auto canonical = cedar::FormatPolicies(*text, {path});
    if (!canonical.ok()) return PrintError(canonical.status());
    if (!write && !only_check) std::printf("%s", canonical->c_str());
    if (*canonical == *text) continue;
    if (only_check) std::printf("%s\n", path.c_str()), exit_code = kFailed;
    if (!write) continue;
    if (const absl::Status written = WriteFileAtomically(path, *canonical); !written.ok()) return PrintError(written);
  }
  return exit_code;
}

void AddFormatVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "format", "Print policies in the one canonical layout, comments included; offline");
  auto paths = std::make_shared<std::vector<std::string>>();
  auto write = std::make_shared<bool>(), only_check = std::make_shared<bool>();
  verb->add_option("files", *paths, "Files of policies (*.cedar)")->required()->type_name("FILE");
  CLI::Option* write_flag = verb->add_flag("--write", *write, "Rewrite the files instead of printing them");
  verb->add_flag("--check", *only_check, "Name the files that are not in this layout; exit code 1 when there are any")
      ->excludes(write_flag);
  verb->callback([&command, paths, write, only_check] {
    command.run = [paths, write, only_check] { return FormatFiles(*paths, *write, *only_check); };
  });
}

void PrintProblems(const ValidatePolicySetResponse& answer) {
  bool valid = true;
  for (const PolicyProblem& problem : answer.problems()) {
    valid = valid && problem.severity() != "error";
    std::printf("%s:%u:%u: %s: %s\n", problem.file().c_str(), problem.line(), problem.column(),
                problem.severity().c_str(), problem.message().c_str());
  }
  PrintFacts({{"hash", answer.hash()}, {"result", valid ? "ok" : "NOT VALID"}});
}

void AddValidateVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "validate",
                           "Have the server check policies against its facility; changes nothing\n\n"
                           "Exit code 1 when an error was found.");
  auto paths = std::make_shared<std::vector<std::string>>();
  verb->add_option("paths", *paths, "Folders with policies, or single files; the whole set, schema included")
      ->required()
      ->type_name("PATH");
  Calls<PolicyService>(
      verb, command, &PolicyService::Stub::ValidatePolicySet, std::make_shared<ValidatePolicySetRequest>(),
      PrintProblems,
      [paths](ValidatePolicySetRequest& complete) {
        const auto files = ReadPolicyFiles(*paths);
        if (!files.ok()) throw CLI::ValidationError("paths", std::string(files.status().message()));
        for (const auto& [name, text] : files->files) (*complete.mutable_policy_set()->mutable_files())[name] = text;
      },
      [](const ValidatePolicySetResponse& answer) {
        for (const PolicyProblem& problem : answer.problems()) {
          if (problem.severity() == "error") return kFailed;
        }
        return kDone;
      });
}

// Writes the files of a set into a folder that has none of them. The names come from the server: no paths.
int SaveSet(const PolicySet& set, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const auto& [name, text] : set.files()) {
    if (name.empty() || name[0] == '.' || absl::StrContains(name, "/")) {
      return PrintError(absl::InvalidArgumentError(absl::StrCat("the server names a file \"", name, "\"")));
    }
    const absl::Status written = WriteNewFile(folder + "/" + name, text, 0644);
    if (!written.ok()) return PrintError(written);
  }
  std::printf("%d files in %s\n", static_cast<int>(set.files_size()), folder.c_str());
  return kDone;
}

int Show(const Command& command, const GetPolicySetRequest& request, const std::string& folder) {
  int exit_code = kDone;
  const auto client = Connect(command, &exit_code);
  if (client == nullptr) return exit_code;
  GetPolicySetResponse answer;
  const grpc::Status status =
      Call<PolicyService>(*client, command.timeout, &PolicyService::Stub::GetPolicySet, request, &answer);
  if (!status.ok()) return PrintError(status);
  const PolicySet& set = answer.policy_set();
  if (!folder.empty()) return SaveSet(set, folder);
  if (command.format != Format::kTable) {
    PrintMessage(answer, command.format);
    return kDone;
  }
  const bool active = set.has_activated_at();
  PrintFacts({{"hash", set.hash()}, {"active since", active ? TimeText(set.activated_at()) : "a proposal"}});
  std::printf("\n");
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, text] : set.files()) {
    rows.push_back({name, absl::StrCat(std::count(text.begin(), text.end(), '\n'))});
  }
  std::sort(rows.begin(), rows.end());
  PrintTable({"FILE", "LINES"}, rows);
  return kDone;
}

void AddShowVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "show", "Show the policy set in force, or another by its hash");
  auto request = std::make_shared<GetPolicySetRequest>();
  auto folder = std::make_shared<std::string>();
  Option(verb, "hash", request->mutable_hash(), "Which (default: the one in force)");
  Option(verb, "--save", folder.get(), "Write its files into this folder; overwrites nothing")->type_name("DIR");
  verb->callback([&command, request, folder] {
    command.run = [&command, request, folder] { return Show(command, *request, *folder); };
  });
}

int Propose(const Command& command, const std::vector<std::string>& paths, ProposePolicySetRequest request) {
  const auto files = ReadPolicyFiles(paths);
  if (!files.ok()) return PrintError(files.status());
  for (const auto& [name, text] : files->files) (*request.mutable_policy_set()->mutable_files())[name] = text;
  if (request.request_id().empty()) request.set_request_id(NewRequestId());
  int exit_code = kDone;
  const auto client = Connect(command, &exit_code);
  if (client == nullptr) return exit_code;
  ProposePolicySetResponse answer;
  const grpc::Status status =
      Call<PolicyService>(*client, command.timeout, &PolicyService::Stub::ProposePolicySet, request, &answer);
  if (!status.ok()) return PrintError(status);
  if (command.format != Format::kTable)
    PrintMessage(answer, command.format);
  else
    PrintFacts({{"proposed", answer.hash()}, {"put it into force", "sallyport policy activate " + answer.hash()}});
  return kDone;
}

void AddProposeVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "propose", "Store a valid policy set as a proposal; nothing changes at the doors yet");
  auto paths = std::make_shared<std::vector<std::string>>();
  auto request = std::make_shared<ProposePolicySetRequest>();
  verb->add_option("paths", *paths, "Folders with policies, or single files; the whole set, schema included")
      ->required()
      ->type_name("PATH");
  Option(verb, "--request-id", request->mutable_request_id(),
         "Idempotency key: the same id again returns the first answer; one is made up when absent");
  verb->callback([&command, paths, request] {
    command.run = [&command, paths, request] { return Propose(command, *paths, *request); };
  });
}

void AddForceVerbs(CLI::App& noun, Command& command) {
  CLI::App* activate = AddVerb(noun, "activate", "Put a proposed policy set into force, at once for every door");
  auto activated = std::make_shared<ActivatePolicySetRequest>();
  Argument(activate, "hash", activated->mutable_hash(), "Which, by its hash");
  Calls<PolicyService>(activate, command, &PolicyService::Stub::ActivatePolicySet, activated,
                       [activated](const ActivatePolicySetResponse& answer) {
                         PrintFacts({{"in force", activated->hash()}, {"before", answer.previous_hash()}});
                       });

  CLI::App* rollback = AddVerb(noun, "rollback", "Put the policy set that was in force before into force again");
  Calls<PolicyService>(rollback, command, &PolicyService::Stub::RollBackPolicySet,
                       std::make_shared<RollBackPolicySetRequest>(), [](const RollBackPolicySetResponse& answer) {
                         PrintFacts({{"in force", answer.hash()}});
                       });
}

}  // namespace

void AddPolicyCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "policy", "The Cedar policies: check, format, propose, put into force, take back");
  AddCheckVerb(*noun, command);
  AddFormatVerb(*noun, command);
  AddValidateVerb(*noun, command);
  AddShowVerb(*noun, command);
  AddProposeVerb(*noun, command);
  AddForceVerbs(*noun, command);
}

}  // namespace sallyport::cli
