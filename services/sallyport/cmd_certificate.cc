#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/status.h"
#include "facility/ids.h"
#include "sallyport/command.h"
#include "sallyport/limits.h"
#include "sallyport/pki.h"

namespace sallyport::cli {
namespace {

struct Arguments {
  std::string folder;  // with ca.crt and ca.key
  std::string out;     // path without its ending
  std::string id;      // of a client
  std::vector<std::string> hosts;
};

absl::StatusOr<Authority> LoadAuthority(const std::string& folder) {
  SP_ASSIGN_OR_RETURN(const std::string certificate, ReadFile(folder + "/ca.crt", kKeyFileBytesMax));
  SP_ASSIGN_OR_RETURN(std::string key, ReadFile(folder + "/ca.key", kKeyFileBytesMax));
  auto authority = Authority::Load(certificate, Secret(std::move(key)));
  if (!authority.ok()) return Annotate(authority.status(), folder + "/ca.crt, ca.key");
  return authority;
}

// Both or none.
absl::Status WritePair(const std::string& stem, const CertificateAndKey& pair) {
  SP_RETURN_IF_ERROR(WriteNewFile(stem + ".key", pair.key.reveal(), 0600));
  const absl::Status written = WriteNewFile(stem + ".crt", pair.certificate, 0644);
  if (!written.ok()) std::filesystem::remove(stem + ".key");
  return written;
}

absl::Status Issue(const Arguments& arguments) {
  SP_ASSIGN_OR_RETURN(const Authority authority, LoadAuthority(arguments.folder));
  const absl::Time now = SystemClock().Now();
  if (arguments.id.empty()) {
    SP_ASSIGN_OR_RETURN(const CertificateAndKey pair, authority.IssueServer(arguments.hosts, now));
    return WritePair(arguments.out, pair);
  }
  SP_RETURN_IF_ERROR(CheckId("id", arguments.id));
  SP_ASSIGN_OR_RETURN(const CertificateAndKey pair, authority.IssueClient(arguments.id, now));
  return WritePair(arguments.out, pair);
}

void Finish(CLI::App* verb, Command& command, std::shared_ptr<Arguments> arguments) {
  Option(verb, "--ca-dir", &arguments->folder, "Folder with ca.crt and ca.key (default .)")->type_name("DIR");
  Option(verb, "--out", &arguments->out, "Write PATH.crt and PATH.key (mode 0600); both must not exist yet")
      ->required()
      ->type_name("PATH");
  verb->callback([&command, arguments] {
    command.run = [arguments] {
      const absl::Status issued = Issue(*arguments);
      if (!issued.ok()) return PrintError(issued);
      std::printf("%s.crt\n%s.key\n", arguments->out.c_str(), arguments->out.c_str());
      return kDone;
    };
  });
}

}  // namespace

void AddCertificateCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "certificate", "Certificates from the private authority that `init` made; offline");
  CLI::App* client =
      AddVerb(*noun, "client",
              "Issue a client certificate for a gateway, valid for two years\n\n"
              "The operator of the same id has to exist: `sallyport operator create ID --kind gateway`.");
  auto gateway = std::make_shared<Arguments>();
  gateway->folder = ".";
  Argument(client, "id", &gateway->id, "The operator's id; becomes the certificate's common name");
  Finish(client, command, gateway);

  CLI::App* server = AddVerb(*noun, "server",
                             "Issue a certificate for the daemon, valid for two years\n\n"
                             "Put it in place of the old one and send the daemon SIGHUP.");
  auto daemon = std::make_shared<Arguments>();
  daemon->folder = ".";
  Repeated(
      server, "--host", [daemon](const std::string& host) { daemon->hosts.push_back(host); },
      "A DNS name or an IP address of the daemon")
      ->required()
      ->type_name("HOST");
  Finish(server, command, daemon);
}

}  // namespace sallyport::cli
