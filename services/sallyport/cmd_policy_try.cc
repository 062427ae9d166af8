#include <cstdio>
#include <filesystem>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "access/policy_tests.h"
#include "base/file.h"
#include "base/status.h"
#include "cedar/printer.h"
#include "sallyport/command.h"
#include "sallyport/limits.h"
#include "sallyport/policy/v1/policy.grpc.pb.h"
#include "sallyport/policy_check.h"

// What an author does with policies before anything changes: format them, test them, replay the past under them.
namespace sallyport::cli {
namespace {

using namespace policy::v1;  // NOLINT: the messages of one service
using access::v1::Decision;

std::string Plural(size_t count, const char* one) { return absl::StrCat(count, " ", one, count == 1 ? "" : "s"); }

// ---- test

struct TestOptions {
  std::string folder = "policies";
  bool remote = false;
  bool each_matters = false;
};

void PrintResults(const TestPolicySetResponse& answer) {
  size_t failed = 0;
  for (const PolicyTestResult& result : answer.results()) {
    if (result.passed()) continue;
    ++failed;
    std::printf("%s:%u: %s: %s\n", result.file().c_str(), result.line(), result.name().c_str(),
                result.detail().c_str());
  }
  std::printf("%s passed, %zu failed\n", Plural(static_cast<size_t>(answer.results_size()) - failed, "case").c_str(),
              failed);
}

bool Passed(const TestPolicySetResponse& answer) {
  return std::all_of(answer.results().begin(), answer.results().end(),
                     [](const auto& result) { return result.passed(); });
}

int TestRemotely(const Command& command, const access::PolicyFiles& policies,
                 const std::map<std::string, std::string>& tests) {
  TestPolicySetRequest request;
  for (const auto& [name, text] : policies.files) (*request.mutable_policy_set()->mutable_files())[name] = text;
  for (const auto& [name, text] : tests) (*request.mutable_test_files())[name] = text;
  int exit_code = kDone;
  const auto client = Connect(command, &exit_code);
  if (client == nullptr) return exit_code;
  TestPolicySetResponse answer;
  const grpc::Status status =
      Call<PolicyService>(*client, command.timeout, &PolicyService::Stub::TestPolicySet, request, &answer);
  if (!status.ok()) return PrintError(status);
  command.format == Format::kTable ? PrintResults(answer) : PrintMessage(answer, command.format);
  return Passed(answer) ? kDone : kFailed;
}

int TestHere(const Command& command, const access::PolicyFiles& policies,
             const std::map<std::string, std::string>& files, bool each_matters) {
  const auto checked = access::CheckedPolicies::Check(policies);
  if (!checked.ok()) return PrintError(checked.status());
  const auto tests = access::PolicyTests::Read(files, (*checked)->schema());
  if (!tests.ok()) return PrintError(tests.status());
  TestPolicySetResponse answer;
  for (const access::PolicyTestResult& result : tests->Run((*checked)->set())) {
    PolicyTestResult* out = answer.add_results();
    out->set_file(result.file);
    out->set_line(static_cast<uint32_t>(result.line));
    out->set_name(result.name);
    out->set_passed(result.difference.empty());
    out->set_detail(result.difference);
  }
  command.format == Format::kTable ? PrintResults(answer) : PrintMessage(answer, command.format);
  if (!Passed(answer)) return kFailed;
  if (!each_matters) return kDone;
  const std::vector<std::string> unnoticed = tests->Unnoticed((*checked)->set());
  for (const std::string& id : unnoticed) std::fprintf(stderr, "no case fails without the policy %s\n", id.c_str());
  std::fprintf(stderr, "policies without a case: %zu\n", unnoticed.size());
  return unnoticed.empty() ? kDone : kFailed;
}

void AddTestVerb(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "test",
              "Run the test cases of a folder of policies\n\n"
              "Cases are DIR/tests/*.yaml. Runs offline, unless --remote. Exit code 1 when a case comes out\n"
              "otherwise than it says.");
  auto options = std::make_shared<TestOptions>();
  verb->add_option("dir", options->folder, "Folder with policies, their schema and tests/ (default: policies)")
      ->type_name("DIR");
  auto* remote = verb->add_flag("--remote", options->remote, "Have the server run them; nothing changes there");
  verb->add_flag("--each-policy-matters", options->each_matters,
                 "Also take away each policy in turn; a case has to notice")
      ->excludes(remote);
  verb->callback([&command, options] {
    command.run = [&command, options] {
      const auto policies = ReadPolicyFiles({options->folder});
      if (!policies.ok()) return PrintError(policies.status());
      const auto tests = ReadPolicyTests(options->folder + "/tests");
      if (!tests.ok()) return PrintError(tests.status());
      if (options->remote) return TestRemotely(command, *policies, *tests);
      return TestHere(command, *policies, *tests, options->each_matters);
    };
  });
}

// ---- diff

bool IsHash(const std::string& text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isxdigit(c); });
}

std::string Shown(Decision decision, const std::string& reason) {
  return absl::StrCat(EnumText(access::v1::Decision_descriptor(), decision), " ", reason);
}

std::vector<std::string> Row(const ReplayHistoryResponse& change) {
  return {absl::StrCat(change.record_index()),
          TimeText(change.time()),
          change.access_point_id(),
          Shown(change.decision_before(), change.reason_code_before()),
          Shown(change.decision_after(), change.reason_code_after()),
          absl::StrJoin(change.policies_before(), ", "),
          absl::StrJoin(change.policies(), ", ")};
}

void PrintSummary(const ReplayProgress& progress, size_t shown) {
  const auto count = [](uint64_t number) { return number == 0 ? std::string() : absl::StrCat(number); };
  std::printf("\n");
  PrintFacts({{"decisions", absl::StrCat(progress.decisions())},
              {"decided again", absl::StrCat(progress.replayed())},
              {"would change", absl::StrCat(progress.changed())},
              {"not by policies", count(progress.not_by_policies())},
              {"erased", count(progress.erased())},
              {"facts missing", count(progress.facts_missing())}});
  if (progress.changed() > shown) {
    std::fprintf(stderr, "the first %zu changes are shown; --limit 0 shows all\n", shown);
  }
}

int Diff(const Command& command, const ReplayHistoryRequest& request, size_t limit) {
  std::vector<std::vector<std::string>> rows;
  ReplayProgress progress;
  const int exit_code = RunStream<PolicyService>(
      command, &PolicyService::Stub::ReplayHistory, request, [&](const ReplayHistoryResponse& message) {
        if (command.format != Format::kTable) {
          PrintMessageLine(message);
        } else if (!message.has_progress() && (limit == 0 || rows.size() < limit)) {
          rows.push_back(Row(message));
        }
        if (message.has_progress()) progress = message.progress();
        return true;
      });
  if (exit_code != kDone || command.format != Format::kTable) return exit_code;
  PrintTable({"RECORD", "TIME", "ACCESS POINT", "BEFORE", "AFTER", "POLICIES BEFORE", "POLICIES AFTER"}, rows);
  PrintSummary(progress, rows.size());
  return kDone;
}

void AddDiffVerb(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "diff",
              "List the recorded decisions that would come out otherwise under another policy set\n\n"
              "The server decides each of them again with the facts that were recorded with it. Changes\n"
              "nothing; asking is recorded. With -o json every message is a line, the last one the counts.");
  auto request = std::make_shared<ReplayHistoryRequest>();
  auto what = std::make_shared<std::string>();
  auto limit = std::make_shared<size_t>(100);
  Argument(verb, "set", what.get(), "A folder with policies, or the hash of a set that was proposed")
      ->type_name("FOLDER|HASH");
  TimeOption(
      verb, "--from", [request](auto time) { *request->mutable_from() = time; }, "Decisions not before");
  TimeOption(
      verb, "--to", [request](auto time) { *request->mutable_until() = time; }, "Decisions before");
  verb->add_option("--limit", *limit, "Show at most this many changes; 0 for all of them (default 100)")
      ->type_name("N");
  verb->callback([&command, request, what, limit] {
    command.run = [&command, request, what, limit] {
      if (IsHash(*what)) {
        request->set_hash(absl::AsciiStrToLower(*what));
      } else {
        const auto files = ReadPolicyFiles({*what});
        if (!files.ok()) return PrintError(files.status());
        for (const auto& [name, text] : files->files) (*request->mutable_policy_set()->mutable_files())[name] = text;
      }
      return Diff(command, *request, *limit);
    };
  });
}

// ---- format

struct FormatOptions {
  std::vector<std::string> paths;
  bool write = false;
  bool check = false;
};

// Canonical text of one file, written, compared or printed. Sets *same to whether it was canonical already.
absl::Status FormatFile(const std::string& path, const FormatOptions& options, bool* same) {
  SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kPolicyBytesMax));
  cedar::ParseOptions parse;
  parse.file_name = path;
  SP_ASSIGN_OR_RETURN(const std::string formatted, cedar::FormatPolicies(text, parse));
  *same = formatted == text;
  if (options.write) return *same ? absl::OkStatus() : WriteFileAtomically(path, formatted);
  if (!options.check) std::printf("%s", formatted.c_str());
  return absl::OkStatus();
}

int FormatFiles(const FormatOptions& options) {
  const auto paths = FindPolicyTexts(options.paths);
  if (!paths.ok()) return PrintError(paths.status());
  int exit_code = kDone;
  for (const std::string& path : *paths) {
    bool same = true;
    if (const absl::Status status = FormatFile(path, options, &same); !status.ok()) {
      exit_code = PrintError(status);
    } else if (!same && options.check) {
      std::printf("%s is not in canonical form\n", path.c_str());
      exit_code = kFailed;
    } else if (!same && options.write) {
      std::printf("%s\n", path.c_str());
    }
  }
  return exit_code;
}

void AddFormatVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "format",
                           "Print policies in canonical form, with their comments\n\n"
                           "Of a folder its *.cedar files; schemas stay as they are written.");
  auto options = std::make_shared<FormatOptions>();
  verb->add_option("paths", options->paths, "Folders with policies, or single files")->required()->type_name("PATH");
  auto* write = verb->add_flag("--write", options->write, "Write the files instead, and name those that changed");
  verb->add_flag("--check", options->check,
                 "Only say which files are not in canonical form; exit code 1 when one is not")
      ->excludes(write);
  verb->callback([&command, options] { command.run = [options] { return FormatFiles(*options); }; });
}

}  // namespace

void AddPolicyTryVerbs(CLI::App& noun, Command& command) {
  AddTestVerb(noun, command);
  AddDiffVerb(noun, command);
  AddFormatVerb(noun, command);
}

}  // namespace sallyport::cli
