#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/file.h"
#include "sallyport/command.h"
#include "sallyport/doctor.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

constexpr char kDescription[] =
    "Look whether everything is in order, and say what to do where it is not\n\n"
    "Checks the profile's files and, when the daemon's folder is on this machine, its configuration, keys, "
    "certificates,\n"
    "policies and disk; then the server: reachable, serving, who this profile is to it, its clock, and the signature "
    "of\n"
    "its log by the key in log.vkey. One line a check. Changes nothing.\n\n"
    "Exit code 0 when nothing failed (warnings count as well), 1 when something did, 3 when there is no server, 4 "
    "when\n"
    "the log's signature does not verify.";

const char* HealthText(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarn:
      return "warn";
    case Health::kFail:
      return "FAIL";
  }
  return "";
}

void Print(const std::vector<Finding>& findings, Format format) {
  if (format == Format::kTable) {
    std::vector<std::vector<std::string>> rows;
    for (const Finding& finding : findings) rows.push_back({HealthText(finding.health), finding.check, finding.detail});
    PrintTable({"", "CHECK", "FOUND"}, rows);
    return;
  }
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    const char* result = finding.health == Health::kFail ? "fail" : HealthText(finding.health);
    json.push_back({{"check", finding.check}, {"result", result}, {"detail", finding.detail}});
  }
  PrintJson(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), format);
}

void Append(std::vector<Finding> more, std::vector<Finding>& findings) {
  findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// The worst of them: a broken signature says more than a missing server, and that more than a wrong file mode.
int ExitCode(const std::vector<Finding>& findings) {
  int exit_code = kDone;
  for (const Finding& finding : findings) {
    if (finding.health == Health::kFail) exit_code = std::max(exit_code, finding.exit_code);
  }
  return exit_code;
}

int RunDoctor(const Command& command, const std::string& vkey_path) {
  const absl::Time now = SystemClock().Now();
  const auto profile = LoadProfile(command.flags);
  if (!profile.ok()) return PrintError(profile.status());
  const std::filesystem::path folder = std::filesystem::path(profile->source).parent_path();
  std::vector<Finding> findings = CheckProfile(*profile, now);
  if (!profile->source.empty()) Append(CheckFolder(folder.string(), now), findings);

  std::string vkey;
  const std::string path = vkey_path.empty() ? (folder / "log.vkey").string() : vkey_path;
  if (const auto text = ReadFile(path, kKeyFileBytesMax); text.ok())
    vkey = *text;
  else if (!vkey_path.empty())
    return PrintError(text.status());

  const auto client = Client::Open(*profile);
  if (client.ok()) Append(CheckServer(*client, *profile, vkey, command.timeout, now), findings);
  Print(findings, command.format);
  return ExitCode(findings);
}

}  // namespace

void AddDoctorCommand(CLI::App& app, Command& command) {
  CLI::App* verb = AddVerb(app, "doctor", kDescription);
  auto vkey = std::make_shared<std::string>();
  Option(verb, "--vkey", vkey.get(), "File with the log's verifier key (default: log.vkey beside the profile)")
      ->type_name("FILE");
  verb->callback([&command, vkey] { command.run = [&command, vkey] { return RunDoctor(command, *vkey); }; });
}

}  // namespace sallyport::cli
