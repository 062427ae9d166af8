// sallyport: the command line. Only wiring: every noun has its own file.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "sallyport/command.h"

namespace {

using sallyport::cli::Command;
using sallyport::cli::Format;

// Lists commands by the first line of their descriptions; the whole text stands in each one's own help.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_subcommand(const CLI::App* sub) const override {
    const std::string description = sub->get_description();
    std::stringstream out;
    CLI::detail::format_help(out, sub->get_display_name(), description.substr(0, description.find('\n')),
                             get_column_width());
    return out.str();
  }
};

void AddGlobalOptions(CLI::App& app, Command& command) {
  static const std::map<std::string, Format> formats = {
      {"table", Format::kTable}, {"json", Format::kJson}, {"yaml", Format::kYaml}};
  app.add_option("-o,--output", command.format, "Form of the answer: table (default), json or yaml")
      ->transform(CLI::CheckedTransformer(formats).description(""))
      ->type_name("FORMAT");
  app.add_option("--profile", command.flags.profile, "Profile file (default ~/.config/sallyport/config.yaml)");
  app.add_option("--server", command.flags.server, "gRPC address, HOST:PORT");
  app.add_option("--https", command.flags.https, "HTTPS address, https://HOST:PORT");
  app.add_option("--ca", command.flags.ca, "PEM file of the authority that signed the server's certificate");
  app.add_option("--token-file", command.flags.token_file, "File with the bearer token");
  app.add_option("--token", command.flags.token, "The bearer token (other users of this machine can see it)");
  app.add_option("--certificate", command.flags.certificate, "PEM file of a client certificate");
  app.add_option("--key", command.flags.key, "PEM file of its private key");
  app.add_option_function<std::string>(
         "--timeout",
         [&command](const std::string& text) {
           if (!absl::ParseDuration(text, &command.timeout))
             throw CLI::ValidationError("--timeout", "expected 30s or 2m");
         },
         "How long to wait for an answer (default 30s)")
      ->type_name("DURATION");
  for (CLI::Option* option : app.get_options()) option->group("Connection and output");
}

}  // namespace

int main(int argc, char** argv) {
  if (sodium_init() < 0) return sallyport::cli::kFailed;
  CLI::App app("Sallyport: who may pass which door, and proof of it afterwards.", "sallyport");
  Command command;
  app.formatter(std::make_shared<HelpFormatter>());
  app.require_subcommand(1);
  app.set_version_flag("--version", SALLYPORT_VERSION);
  AddGlobalOptions(app, command);
  sallyport::cli::AddInitCommand(app, command);
  sallyport::cli::AddFacilityCommands(app, command);
  sallyport::cli::AddPersonCommands(app, command);
  sallyport::cli::AddCredentialCommands(app, command);
  sallyport::cli::AddAccessCommands(app, command);
  sallyport::cli::AddEventCommands(app, command);
  sallyport::cli::AddVisitCommands(app, command);
  sallyport::cli::AddAlarmCommands(app, command);
  sallyport::cli::AddPolicyCommands(app, command);
  sallyport::cli::AddAuditCommands(app, command);
  sallyport::cli::AddOperatorCommands(app, command);
  sallyport::cli::AddCertificateCommands(app, command);
  sallyport::cli::AddReplayCommand(app, command);
  sallyport::cli::AddDoctorCommand(app, command);
  sallyport::cli::AddCompletionCommand(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? sallyport::cli::kDone : sallyport::cli::kWrongUsage;
  }
  const int exit_code = command.run();
  if (std::fflush(stdout) != 0) return sallyport::cli::kFailed;
  return exit_code;
}
