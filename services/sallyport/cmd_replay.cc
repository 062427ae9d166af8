#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "sallyport/command.h"
#include "sallyport/csv.h"
#include "sallyport/limits.h"
#include "sallyport/replay.h"
#include "sallyport/replay_map.h"

namespace sallyport::cli {
namespace {

constexpr char kDescription[] =
    "Send recorded badge reads to the server, as a gateway would\n\n"
    "Reads a CSV file and a map that says what its columns mean (docs/replay.md), checks every line, and sends the "
    "reads\n"
    "in order over one stream. Every read has a request_id made from its line, so that a second run records nothing\n"
    "twice and goes on where the first one stopped.\n\n"
    "Reads are judged by the time in the file only where the server is a simulation (`clock: from-requests`); any "
    "other\n"
    "server records them and refuses them as too old.\n\n"
    "Prints the counts. Exit code 1 when a read got an error instead of a decision, 3 when the server went away.";

struct Arguments {
  std::string reads;
  std::string map;
  size_t from_line = 0;
  bool by_reason = false;
  ReplayOptions options;
};

// A file of reads under a map.
class ReadsFile {
 public:
  static absl::StatusOr<std::unique_ptr<ReadsFile>> Open(const Arguments& arguments) {
    SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(arguments.map, kReplayMapBytesMax));
    SP_ASSIGN_OR_RETURN(ReplayMap map, ReplayMap::Parse(text, arguments.map));
    std::unique_ptr<ReadsFile> file(new ReadsFile(std::move(map), arguments));
    if (!file->in_) return absl::NotFoundError(absl::StrCat("cannot open ", arguments.reads));
    auto csv = CsvReader::Open(file->in_);
    if (!csv.ok()) return Annotate(csv.status(), arguments.reads);
    file->csv_.emplace(*std::move(csv));
    if (const absl::Status bound = file->map_.Bind(*file->csv_); !bound.ok()) return Annotate(bound, arguments.map);
    return file;
  }

  absl::StatusOr<std::optional<RecordedRead>> Next() {
    while (true) {
      auto record = csv_->Next();
      if (!record.ok()) return Annotate(record.status(), path_);
      if (!record->has_value()) return std::nullopt;
      if ((*record)->line < from_line_) continue;
      auto request = map_.Request(**record);
      if (!request.ok()) return Annotate(request.status(), path_);
      return RecordedRead{(*record)->line, *std::move(request)};
    }
  }

 private:
  ReadsFile(ReplayMap map, const Arguments& arguments)
      : map_(std::move(map)), path_(arguments.reads), from_line_(arguments.from_line), in_(path_, std::ios::binary) {}

  ReplayMap map_;
  std::string path_;
  size_t from_line_;
  std::ifstream in_;
  std::optional<CsvReader> csv_;
};

// A wrong line is found before the first read is sent.
absl::Status CheckWholeFile(const Arguments& arguments) {
  SP_ASSIGN_OR_RETURN(const auto file, ReadsFile::Open(arguments));
  while (true) {
    SP_ASSIGN_OR_RETURN(const auto read, file->Next());
    if (!read.has_value()) return absl::OkStatus();
  }
}

void PrintOutcome(const ReplayOutcome& outcome, bool by_reason, Format format) {
  if (format != Format::kTable) {
    const nlohmann::ordered_json json = {{"reads", outcome.reads},        {"grant", outcome.grant},
                                         {"deny", outcome.deny},          {"errors", outcome.errors},
                                         {"byReason", outcome.by_reason}, {"reconnects", outcome.reconnects}};
    PrintJson(json.dump(), format);
    return;
  }
  std::printf("reads %zu\ngrant %zu\ndeny %zu\n", outcome.reads, outcome.grant, outcome.deny);
  if (outcome.errors > 0) std::printf("errors %zu\n", outcome.errors);
  if (!by_reason) return;
  for (const auto& [reason, count] : outcome.by_reason) std::printf("reason %s %zu\n", reason.c_str(), count);
}

int RunReplay(const Command& command, const Arguments& arguments) {
  if (const absl::Status checked = CheckWholeFile(arguments); !checked.ok()) return PrintError(checked);
  int exit_code = kDone;
  const auto client = Connect(command, &exit_code);
  if (client == nullptr) return exit_code;
  const auto file = ReadsFile::Open(arguments);
  if (!file.ok()) return PrintError(file.status());
  ReplayOptions options = arguments.options;
  options.answer_timeout = command.timeout;
  const auto outcome = Replay(
      *client, [&] { return (*file)->Next(); }, options);
  if (!outcome.ok()) return PrintError(outcome.status());
  PrintOutcome(*outcome, arguments.by_reason, command.format);
  for (const std::string& error : outcome->first_errors) {
    std::fprintf(stderr, "sallyport: %s: %s\n", arguments.reads.c_str(), error.c_str());
  }
  if (!outcome->status.ok()) return PrintError(outcome->status);
  return outcome->errors == 0 ? kDone : kFailed;
}

}  // namespace

void AddReplayCommand(CLI::App& app, Command& command) {
  CLI::App* verb = AddVerb(app, "replay", kDescription);
  auto arguments = std::make_shared<Arguments>();
  Option(verb, "--reads", &arguments->reads, "CSV file with the reads")->required()->type_name("FILE");
  Option(verb, "--map", &arguments->map, "YAML file that says what the columns mean")->required()->type_name("FILE");
  verb->add_option("--window", arguments->options.window, "Reads under way at once (default 256)")
      ->check(CLI::Range(size_t{1}, kReplayWindowMax).description(""))
      ->type_name("N");
  verb->add_option("--from-line", arguments->from_line, "Leave out what stands before this line of the file")
      ->type_name("N");
  verb->add_option_function<std::string>(
          "--retry",
          [arguments](const std::string& text) {
            if (!absl::ParseDuration(text, &arguments->options.retry) ||
                arguments->options.retry < absl::ZeroDuration()) {
              throw CLI::ValidationError("--retry", "expected a duration like 30s or 2m");
            }
          },
          "When the server goes away, try again for so long and go on where it stopped (default: give up)")
      ->type_name("DURATION");
  Option(verb, "--acknowledged", &arguments->options.acknowledged,
         "Append \"request_id index\" of every decision to this file as it arrives")
      ->type_name("FILE");
  verb->add_flag("--by-reason", arguments->by_reason, "Print the counts by reason code too");
  verb->callback(
      [&command, arguments] { command.run = [&command, arguments] { return RunReplay(command, *arguments); }; });
}

}  // namespace sallyport::cli
