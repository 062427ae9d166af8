#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "base/clock.h"
#include "base/random.h"
#include "sallyport/command.h"
#include "sallyport/init.h"

namespace sallyport::cli {
namespace {

constexpr char kDescription[] =
    "Make everything that a daemon needs to start, in one folder\n\n"
    "Writes the configuration (sallyportd.yaml), a private certificate authority, the server's and a first gateway's\n"
    "certificate, the keys of the log and of personal data, the policies, an administrator's token and profiles for\n"
    "this command line (client.yaml, gateway.yaml). The authority is valid for ten years, certificates for two; keys\n"
    "and tokens get mode 0600. Overwrites nothing: what is in the way is named, and nothing is written.\n\n"
    "With --demo also a facility to play with (facility.yaml), and tokens for the reception desk, a security officer\n"
    "and an auditor, who may each do their own work only.\n\n"
    "With --clock from-requests the log is a simulation: times come from the requests, the same input gives the same\n"
    "log, and the log's name ends in /simulation.";

void PrintHuman(const InitResult& made) {
  std::printf("%s\n", made.folder.c_str());
  PrintFacts({{"  log", made.origin},
              {"  files", std::to_string(made.files.size())},
              {"  start", "sallyportd --config " + made.folder + "/sallyportd.yaml"},
              {"  then", "sallyport --profile " + made.folder + "/client.yaml doctor"},
              {"  back up", "log.key and data.key, apart from the database; keep ca.key off this machine"}});
  std::printf("\nThe administrator's token, printed this once (it is also in admin.token, mode 0600):\n%s\n",
              std::string(made.admin_token.reveal()).c_str());
}

void PrintForPrograms(const InitResult& made, Format format) {
  const nlohmann::ordered_json json = {{"folder", made.folder},
                                       {"origin", made.origin},
                                       {"adminToken", std::string(made.admin_token.reveal())},
                                       {"files", made.files}};
  PrintJson(json.dump(), format);
}

}  // namespace

void AddInitCommand(CLI::App& app, Command& command) {
  CLI::App* verb = AddVerb(app, "init", kDescription);
  auto options = std::make_shared<InitOptions>();
  auto clock = std::make_shared<std::string>("system");
  Argument(verb, "dir", &options->folder, "Folder to write; it is made when it does not exist")->type_name("DIR");
  verb->add_flag("--demo", options->demo, "With a demo facility, and tokens of further roles");
  Option(verb, "--origin", &options->origin,
         "Name of the log, for ever: a URL without scheme under a name that you own, example.org/hq");
  verb->add_option("--clock", *clock, "system (default), or from-requests for a simulation")
      ->check(CLI::IsMember({"system", "from-requests"}).description(""))
      ->type_name("CLOCK");
  CLI::Option* seed = verb->add_option("--seed", options->seed, "Where a simulation's ids come from (default 1)");
  Option(verb, "--data-dir", &options->data_dir, "Folder of the database, relative to DIR (default data)");
  Option(verb, "--grpc-listen", &options->grpc_listen, "gRPC listener (default 127.0.0.1:7443)")
      ->type_name("ADDR:PORT");
  Option(verb, "--https-listen", &options->https_listen, "HTTPS listener (default 127.0.0.1:8443)")
      ->type_name("ADDR:PORT");
  Repeated(
      verb, "--host", [options](const std::string& host) { options->hosts.push_back(host); },
      "Further name or address in the server's certificate")
      ->type_name("HOST");
  verb->callback([&command, options, clock, seed] {
    options->clock_from_requests = *clock == "from-requests";
    if (seed->count() > 0 && !options->clock_from_requests) {
      throw CLI::ValidationError("--seed", "only a simulation (--clock from-requests) has one");
    }
    command.run = [&command, options] {
      SystemRandom random;
      const auto made = Initialise(*options, SystemClock().Now(), random);
      if (!made.ok()) return PrintError(made.status());
      if (command.format == Format::kTable)
        PrintHuman(*made);
      else
        PrintForPrograms(*made, command.format);
      return kDone;
    };
  });
}

}  // namespace sallyport::cli
