#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "audit/checkpoint.h"
#include "audit/hash.h"
#include "audit/limits.h"
#include "audit/proof.h"
#include "audit/record_view.h"
#include "base/file.h"
#include "sallyport/audit/v1/audit.grpc.pb.h"
#include "sallyport/command.h"
#include "sallyport/limits.h"
#include "sallyport/verify_database.h"
#include "sallyport/verify_export.h"
#include "sallyport/verify_receipt.h"
#include "sallyport/verify_report.h"

namespace sallyport::cli {
namespace {

namespace v1 = ::sallyport::audit::v1;
using v1::AuditService;
using Json = nlohmann::ordered_json;

constexpr size_t kSaltBytes = 32;

// ---- reading from a server

// A record as JSON: what it says, its hash, and its personal fields where they were asked for.
Json RecordJson(const v1::LogRecord& record) {
  Json out = {{"index", record.index()}, {"leafHash", Hex(record.leaf_hash())}};
  out["record"] = Json::parse(audit::RecordView(record.leaf()), nullptr, false);
  if (record.personal().size() >= kSaltBytes) {
    out["personal"] = Json::parse(audit::PersonalView(record.personal().substr(kSaltBytes)), nullptr, false);
  }
  return out;
}

// "decision GRANTED lobby-in": what happened, in as few words as a table has room for.
std::string Summary(const Json& record) {
  for (const char* kind : {"decision", "device_report", "step", "change", "alarm", "disclosure", "system"}) {
    if (!record.is_object() || !record.contains(kind)) continue;
    std::vector<std::string> words = {kind};
    for (const char* name :
         {"reason_code", "kind", "action", "method", "access_point_id", "visit_id", "object", "query"}) {
      const auto at = record[kind].find(name);
      if (at != record[kind].end() && at->is_string()) words.push_back(at->get<std::string>());
    }
    return absl::StrJoin(words, " ");
  }
  return "";
}

std::string Text(const Json& object, const char* name) {
  return object.is_object() && object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : "";
}

void PrintRecords(const std::vector<v1::LogRecord>& records) {
  std::vector<std::vector<std::string>> rows;
  for (const v1::LogRecord& record : records) {
    const Json json = RecordJson(record);
    const Json& view = json["record"];
    const std::string person =
        json.contains("personal") ? Text(json["personal"], "person_id") : Text(view, "subject_ref");
    rows.push_back({absl::StrCat(record.index()), Text(view, "time"), Text(view, "actor"), person, Summary(view)});
  }
  PrintTable({"INDEX", "TIME", "BY", "PERSON", "WHAT"}, rows);
}

void AddCheckpoint(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "checkpoint",
              "Print the last signed checkpoint\n\n"
              "A C2SP signed note: keep it, and `audit consistency --checkpoint FILE` proves later that the "
              "log was only ever appended to.");
  Calls<AuditService>(verb, command, &AuditService::Stub::GetCheckpoint, std::make_shared<v1::GetCheckpointRequest>(),
                      [](const v1::GetCheckpointResponse& answer) { std::printf("%s", answer.checkpoint().c_str()); });
}

void AddRecord(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "record", "Show one record of the log");
  auto request = std::make_shared<v1::GetRecordRequest>();
  verb->add_option_function<uint64_t>(
          "index", [request](uint64_t index) { request->set_index(index); }, "Its index, from 0")
      ->required();
  verb->add_flag_function(
      "--personal", [request](int64_t) { request->set_include_personal(true); },
      "With its personal fields; that you asked is recorded");
  Calls<AuditService>(verb, command, &AuditService::Stub::GetRecord, request, [](const v1::GetRecordResponse& answer) {
    std::printf("%s\n", RecordJson(answer.record()).dump(2).c_str());
  });
}

struct ListOptions {
  uint64_t from = 0;
  uint64_t limit = 100;
  bool personal = false;
};

int ListRecords(const Command& command, const ListOptions& options) {
  int exit_code = kDone;
  const auto client = Connect(command, &exit_code);
  if (client == nullptr) return exit_code;
  std::vector<v1::LogRecord> records;
  v1::ListRecordsRequest request;
  request.set_include_personal(options.personal);
  // Up to where the log reached when the first page was asked for: asking is recorded, so the log grows by it.
  uint64_t end = options.limit == 0 ? UINT64_MAX : options.from + options.limit;
  while (options.from + records.size() < end) {
    request.set_start_index(options.from + records.size());
    request.set_page_size(static_cast<int32_t>(std::min<uint64_t>(end - request.start_index(), kPageMax)));
    v1::ListRecordsResponse page;
    const grpc::Status status =
        Call<AuditService>(*client, command.timeout, &AuditService::Stub::ListRecords, request, &page);
    if (!status.ok()) return PrintError(status);
    if (page.records().empty()) break;
    if (records.empty()) end = std::min(end, page.size());
    records.insert(records.end(), page.records().begin(), page.records().end());
  }
  if (command.format == Format::kTable) {
    PrintRecords(records);
    return kDone;
  }
  Json out = Json::array();
  for (const v1::LogRecord& record : records) out.push_back(RecordJson(record));
  PrintJson(Json{{"records", std::move(out)}}.dump(), command.format);
  return kDone;
}

void AddList(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "list", "List records of the log in order\n\nAsking is recorded itself.");
  auto options = std::make_shared<ListOptions>();
  verb->add_option("--from", options->from, "From this index on");
  verb->add_option("--limit", options->limit, "At most this many; 0 for all of them");
  verb->add_flag("--personal", options->personal, "With their personal fields");
  verb->callback([&command, options] { command.run = [&command, options] { return ListRecords(command, *options); }; });
}

// The form of the answer is chosen before the noun: here -o is a file.
CLI::Option* OutputFile(CLI::App* verb, std::string* out, const std::string& description) {
  return verb->add_option("-o,--output", *out, description)->type_name("FILE")->check([](const std::string& path) {
    const bool is_form = path == "table" || path == "json" || path == "yaml";
    return is_form ? absl::StrCat("is a file here; write `sallyport -o ", path, " audit …`, or ./", path)
                   : std::string();
  });
}

void AddReceipt(CLI::App& noun, Command& command) {
  struct Options {
    v1::GetReceiptRequest request;
    std::string output;
    std::string leaf;
  };
  CLI::App* verb =
      AddVerb(noun, "receipt",
              "Fetch the proof that a record is in the log\n\n"
              "A C2SP tlog-proof. With the record's bytes (--leaf) and the log's public key, anyone verifies "
              "it offline: sallyport audit verify --receipt FILE --vkey FILE");
  auto options = std::make_shared<Options>();
  verb->add_option_function<uint64_t>(
          "index", [options](uint64_t index) { options->request.set_index(index); }, "The record's index, from 0")
      ->required();
  OutputFile(verb, &options->output, "Write the receipt to this file instead of standard output");
  Option(verb, "--leaf", &options->leaf, "Write the record's bytes to this file")->type_name("FILE");
  verb->callback([&command, options] {
    command.run = [&command, options]() -> int {
      int exit_code = kDone;
      const auto client = Connect(command, &exit_code);
      if (client == nullptr) return exit_code;
      v1::GetReceiptResponse answer;
      const grpc::Status status =
          Call<AuditService>(*client, command.timeout, &AuditService::Stub::GetReceipt, options->request, &answer);
      if (!status.ok()) return PrintError(status);
      for (const auto& [path, content] :
           {std::pair(options->output, answer.receipt()), {options->leaf, answer.leaf()}}) {
        if (path.empty()) continue;
        if (const auto written = WriteFileAtomically(path, content); !written.ok()) return PrintError(written);
      }
      if (!options->output.empty()) return kDone;
      if (command.format == Format::kTable)
        std::printf("%s", answer.receipt().c_str());
      else
        PrintMessage(answer, command.format);
      return kDone;
    };
  });
}

void AddKeys(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "keys", "List the public keys that the server says sign its log");
  Calls<AuditService>(verb, command, &AuditService::Stub::ListKeys, std::make_shared<v1::ListKeysRequest>(),
                      [](const v1::ListKeysResponse& answer) {
                        std::vector<std::vector<std::string>> rows;
                        for (const v1::LogKey& key : answer.keys()) {
                          rows.push_back({key.vkey(), key.active() ? "yes" : "", TimeText(key.since())});
                        }
                        PrintTable({"KEY", "SIGNS NOW", "SINCE"}, rows);
                      });
}

// ---- keys: what is given, or what `sallyport init` laid beside the profile or the data

absl::StatusOr<std::vector<audit::VerifierKey>> KeysFor(const Command& command, const std::string& vkey,
                                                        const std::string& target) {
  if (!vkey.empty()) return ReadVerifierKeys(vkey);
  std::vector<std::filesystem::path> folders;
  if (const auto profile = LoadProfile(command.flags); profile.ok() && !profile->source.empty()) {
    folders.push_back(std::filesystem::path(profile->source).parent_path());
  }
  if (!target.empty()) {
    const std::filesystem::path folder = std::filesystem::absolute(target).lexically_normal().parent_path();
    folders.insert(folders.end(), {folder, folder.parent_path()});
  }
  for (const std::filesystem::path& folder : folders) {
    const std::string path = (folder / "log.vkey").string();
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    std::fprintf(stderr, "using the public key %s\n", path.c_str());
    return ReadVerifierKeys(path);
  }
  return absl::InvalidArgumentError(
      "the log's public key is not given: --vkey FILE (DIR/log.vkey of `sallyport init DIR`)");
}

// ---- consistency

struct ConsistencyOptions {
  uint64_t first = 0;
  uint64_t second = 0;
  std::string checkpoint;
  std::string vkey;
};

int NotConsistent(const std::string& why) {
  std::printf("NOT VERIFIED: %s\n", why.c_str());
  return kVerificationFailed;
}

// Holds the server's log against an older checkpoint whose signature verifies, under a newer one that is signed as
// well.
int CheckAgainst(const Client& client, const Command& command, const ConsistencyOptions& options) {
  const auto keys = KeysFor(command, options.vkey, options.checkpoint);
  if (!keys.ok()) return PrintError(keys.status());
  const auto note = ReadFile(options.checkpoint, audit::kNoteBytesMax);
  if (!note.ok()) return PrintError(note.status());
  const auto older = audit::OpenCheckpoint(*note, *keys);
  if (!older.ok()) return NotConsistent(absl::StrCat(options.checkpoint, ": ", older.status().message()));
  v1::GetCheckpointResponse now;
  grpc::Status status = Call<AuditService>(client, command.timeout, &AuditService::Stub::GetCheckpoint, {}, &now);
  if (!status.ok()) return PrintError(status);
  const auto newer = audit::OpenCheckpoint(now.checkpoint(), *keys);
  if (!newer.ok()) return NotConsistent(absl::StrCat("the server's checkpoint: ", newer.status().message()));
  const audit::Checkpoint &first = older->checkpoint, &second = newer->checkpoint;
  if (first.origin != second.origin) {
    return NotConsistent(absl::StrCat("these are two logs, ", first.origin, " and ", second.origin));
  }
  if (second.size < first.size) {
    return NotConsistent(absl::StrCat("the log had ", first.size, " records and has ", second.size, " now"));
  }
  v1::GetConsistencyProofRequest request;
  v1::GetConsistencyProofResponse proof;
  request.set_first_size(first.size);
  request.set_second_size(second.size);
  status = Call<AuditService>(client, command.timeout, &AuditService::Stub::GetConsistencyProof, request, &proof);
  if (!status.ok()) return PrintError(status);
  std::vector<audit::Hash> hashes;
  for (const std::string& bytes : proof.hashes()) {
    const auto hash = audit::HashFromBytes(bytes);
    if (!hash.ok()) return NotConsistent(std::string(hash.status().message()));
    hashes.push_back(*hash);
  }
  const absl::Status verified = audit::VerifyConsistency(first.size, first.root, second.size, second.root, hashes);
  if (!verified.ok()) return NotConsistent(std::string(verified.message()));
  std::printf("verified: the first %llu records of %llu are those of %s\n", static_cast<unsigned long long>(first.size),
              static_cast<unsigned long long>(second.size), options.checkpoint.c_str());
  return kDone;
}

void AddConsistency(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "consistency",
              "Prove that the log was only appended to since an earlier checkpoint\n\n"
              "With --checkpoint, a file that `audit checkpoint` wrote once, everything is verified here. With "
              "sizes, the proof is only fetched.");
  auto options = std::make_shared<ConsistencyOptions>();
  CLI::Option* first = verb->add_option("first", options->first, "Size of the smaller tree");
  verb->add_option("second", options->second, "Size of the larger tree; that of the last checkpoint when absent");
  Option(verb, "--checkpoint", &options->checkpoint, "An earlier checkpoint")->type_name("FILE")->excludes(first);
  Option(verb, "--vkey", &options->vkey, "The log's public key")->type_name("FILE");
  verb->callback([&command, options, first] {
    if (options->checkpoint.empty() && first->empty()) {
      throw CLI::ValidationError("consistency", "give --checkpoint FILE, or the size of the smaller tree");
    }
    command.run = [&command, options]() -> int {
      int exit_code = kDone;
      const auto client = Connect(command, &exit_code);
      if (client == nullptr) return exit_code;
      if (!options->checkpoint.empty()) return CheckAgainst(*client, command, *options);
      v1::GetConsistencyProofRequest request;
      request.set_first_size(options->first);
      request.set_second_size(options->second);
      v1::GetConsistencyProofResponse answer;
      const grpc::Status status =
          Call<AuditService>(*client, command.timeout, &AuditService::Stub::GetConsistencyProof, request, &answer);
      if (!status.ok()) return PrintError(status);
      if (command.format != Format::kTable) {
        PrintMessage(answer, command.format);
        return kDone;
      }
      PrintFacts({{"first root", Hex(answer.first_root())},
                  {"second size", absl::StrCat(answer.second_size())},
                  {"second root", Hex(answer.second_root())}});
      for (const std::string& hash : answer.hashes()) std::printf("%s\n", Hex(hash).c_str());
      return kDone;
    };
  });
}

// ---- export

struct ExportOptions {
  v1::ExportRecordsRequest request;
  std::string output;
};

// Streams into a file beside the one that was asked for, so that a broken export leaves none.
int Export(const Command& command, const ExportOptions& options) {
  int exit_code = kDone;
  const auto client = Connect(command, &exit_code);
  if (client == nullptr) return exit_code;
  const std::string part = options.output + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  std::error_code ignored;
  std::filesystem::permissions(part, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  if (!file) return PrintError(absl::UnavailableError(absl::StrCat("cannot write ", part)));
  grpc::ClientContext context;
  client->Prepare(context, absl::InfiniteDuration());
  const auto stub = AuditService::NewStub(client->channel());
  const auto stream = stub->ExportRecords(&context, options.request);
  v1::ExportRecordsResponse answer;
  Progress progress("records", 0);
  uint64_t records = 0;
  while (stream->Read(&answer)) {
    file << answer.lines();
    records = answer.records_done();
    progress.Show(records);
    if (!file) context.TryCancel();
  }
  const grpc::Status status = stream->Finish();
  file.close();
  if (!file || !status.ok()) {
    std::filesystem::remove(part, ignored);
    if (!file) return PrintError(absl::UnavailableError(absl::StrCat("writing ", part, " failed")));
    return PrintError(status);
  }
  std::error_code renamed;
  std::filesystem::rename(part, options.output, renamed);
  if (renamed) return PrintError(absl::UnavailableError(absl::StrCat(options.output, ": ", renamed.message())));
  std::printf("exported %llu records to %s\n", static_cast<unsigned long long>(records), options.output.c_str());
  return kDone;
}

void AddExport(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "export",
              "Write a range of the log to a file that verifies offline\n\n"
              "JSON Lines, one record a line, with the proof that these are exactly the records of that range. "
              "That you export is recorded. Check it with: sallyport audit verify FILE --vkey FILE");
  auto options = std::make_shared<ExportOptions>();
  OutputFile(verb, &options->output, "The file to write")->required();
  verb->add_option_function<uint64_t>(
      "--from", [options](uint64_t from) { options->request.set_start_index(from); },
      "The first record's index (default 0)");
  verb->add_option_function<uint64_t>(
      "--to", [options](uint64_t to) { options->request.set_end_index(to); },
      "One past the last record's index (default: to the end)");
  verb->add_flag_function(
      "--personal", [options](int64_t) { options->request.set_include_personal(true); },
      "With personal fields, where they were not erased");
  verb->callback([&command, options] { command.run = [&command, options] { return Export(command, *options); }; });
}

// ---- verify

struct VerifyOptions {
  std::string target;
  std::string vkey;
  std::string receipt;
  std::string leaf;
};

bool IsDatabase(const std::string& path) {
  char magic[16] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::filesystem::path(path).extension() == ".db" || absl::string_view(magic, 15) == "SQLite format 3";
}

absl::StatusOr<VerifyReport> VerifyTarget(const std::string& target, const std::vector<audit::VerifierKey>& keys) {
  std::error_code ignored;
  if (std::filesystem::is_directory(target, ignored)) {
    return VerifyDatabase((std::filesystem::path(target) / "sallyport.db").string(), keys);
  }
  return IsDatabase(target) ? VerifyDatabase(target, keys) : VerifyExport(target, keys);
}

absl::StatusOr<VerifyReport> VerifyReceiptOf(const VerifyOptions& options,
                                             const std::vector<audit::VerifierKey>& keys) {
  const auto receipt = ReadFile(options.receipt, audit::kReceiptBytesMax * 2);
  if (!receipt.ok()) return receipt.status();
  absl::StatusOr<std::string> leaf = std::string();
  if (!options.leaf.empty()) leaf = ReadFile(options.leaf, audit::kExportLineBytesMax);
  if (!leaf.ok()) return leaf.status();
  auto report = VerifyReceiptFiles(*receipt, *leaf, keys);
  if (report.ok()) report->what = absl::StrCat("receipt ", options.receipt);
  return report;
}

int Verify(const Command& command, const VerifyOptions& options) {
  const bool is_receipt = !options.receipt.empty();
  const auto keys = KeysFor(command, options.vkey, is_receipt ? options.receipt : options.target);
  if (!keys.ok()) return PrintError(keys.status());
  const auto report = is_receipt ? VerifyReceiptOf(options, *keys) : VerifyTarget(options.target, *keys);
  if (report.ok()) return PrintReport(*report, command.format);
  PrintError(report.status());
  // What is there but cannot be read as what it should be does not verify.
  const bool damaged = absl::IsDataLoss(report.status()) || (is_receipt && absl::IsInvalidArgument(report.status()));
  return damaged ? kVerificationFailed : kFailed;
}

void AddVerify(CLI::App& noun, Command& command) {
  CLI::App* verb =
      AddVerb(noun, "verify",
              "Verify an export, a database or a receipt offline, with the log's public key alone\n\n"
              "FILE is an export, a database file, or the data directory of a daemon, running or not. Says which "
              "record was changed, removed, inserted or reordered. Exit code 4 when anything is wrong.");
  auto options = std::make_shared<VerifyOptions>();
  CLI::Option* file = Option(verb, "file", &options->target, "What to verify")->type_name("FILE");
  Option(verb, "--vkey", &options->vkey, "The log's public key, a file or the key itself")->type_name("FILE");
  CLI::Option* receipt =
      Option(verb, "--receipt", &options->receipt, "A receipt, from `audit receipt`")->type_name("FILE");
  receipt->excludes(file);
  Option(verb, "--leaf", &options->leaf,
         "The receipt's record, its bytes or its JSON, where the receipt does not bring it")
      ->type_name("FILE")
      ->needs(receipt);
  verb->callback([&command, options, file, receipt] {
    if (file->empty() && receipt->empty()) throw CLI::ValidationError("verify", "give a file or --receipt");
    command.run = [&command, options] { return Verify(command, *options); };
  });
}

}  // namespace

void AddAuditCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "audit", "The signed log: read it, prove it, verify it offline");
  AddVerify(*noun, command);
  AddExport(*noun, command);
  AddCheckpoint(*noun, command);
  AddReceipt(*noun, command);
  AddConsistency(*noun, command);
  AddRecord(*noun, command);
  AddList(*noun, command);
  AddKeys(*noun, command);
}

}  // namespace sallyport::cli
