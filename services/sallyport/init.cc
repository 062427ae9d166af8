#include "sallyport/init.h"

#include <sodium.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <functional>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"
#include "audit/hash.h"
#include "audit/key_file.h"
#include "audit/note_key.h"
#include "audit/sealer.h"
#include "base/file.h"
#include "base/status.h"
#include "operators/limits.h"
#include "sallyport/embedded.h"
#include "sallyport/pki.h"
#include "sallyportd/config.h"

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kGatewayId[] = "gateway-1";
constexpr char kDemoFacility[] = "deploy/demo/facility.yaml";

struct PlannedFile {
  std::string name;  // relative to the folder
  Secret content;
  unsigned mode = 0644;
};

// A bearer token and what the configuration keeps of it.
struct Token {
  std::string id;
  std::string digest;  // SHA-256 of the secret's 32 bytes, hex
  Secret text;
};

struct Person {
  std::string id;
  std::string name;
  std::string role;
};

std::vector<Person> People(bool demo) {
  std::vector<Person> people = {{"admin", "Administrator", "administrator"}};
  if (demo) {
    people.push_back({"reception", "Reception desk", "reception"});
    people.push_back({"security-officer", "Security officer", "security-officer"});
    people.push_back({"auditor", "Auditor", "auditor"});
  }
  return people;
}

Token MakeToken(const std::string& id, RandomSource& random) {
  std::string secret(operators::kTokenSecretBytes, '\0');
  random.Fill(absl::MakeSpan(reinterpret_cast<uint8_t*>(secret.data()), secret.size()));
  Token token;
  token.id = id;
  token.digest = audit::HashToHex(audit::Sha256(secret));
  token.text = Secret(absl::StrCat("sp_", id, "_", absl::WebSafeBase64Escape(secret)));
  sodium_memzero(secret.data(), secret.size());
  return token;
}

std::string HostName() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

std::string DefaultOrigin(const InitOptions& options) {
  // A simulation has to come out the same on every machine, so its name does not depend on one.
  if (options.clock_from_requests) return "sallyport.example/simulation";
  if (options.demo) return "sallyport.example/demo";
  return HostName() + "/sallyport";
}

std::string Quoted(const std::string& text) {
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return out.c_str();
}

// The address without its port and brackets: "[::1]:7443" → "::1".
std::string HostOf(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) host = host.substr(1, host.size() - 2);
  return host;
}

bool IsWildcard(const std::string& host) { return host == "0.0.0.0" || host == "::" || host == "*"; }

std::vector<std::string> ServerHosts(const InitOptions& options) {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
  std::vector<std::string> more = options.hosts;
  more.push_back(HostName());
  for (const std::string& listen : {options.grpc_listen, options.https_listen}) {
    if (!IsWildcard(HostOf(listen))) more.push_back(HostOf(listen));
  }
  for (const std::string& host : more) {
    if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
  }
  return hosts;
}

constexpr char kConfigHead[] =
    R"(# Configuration of sallyportd, written by `sallyport init`. Every key, with its default, stands in
# deploy/sallyportd.example.yaml. Paths are relative to this file.

# Names the signed log, for ever.
origin: $0

data_dir: $1

grpc:
  listen: $2
https:
  listen: $3

tls:
  ca: ca.crt
  certificate: server.crt
  key: server.key

# Back both up apart from the database: the first signs the log, without the second no personal data can be read again.
log_key: log.key
data_key: data.key

# The first start puts these into force; later changes go through `sallyport policy` and `sallyport facility apply`.
policies: policies
)";

constexpr char kConfigOperators[] = R"(
# Operators that exist from the first start on. Tokens are kept as the SHA-256 of their secret part.
bootstrap:
  operators:
)";

std::string ConfigText(const InitOptions& options, const std::string& origin, const std::vector<Token>& tokens) {
  std::string text = absl::Substitute(kConfigHead, Quoted(origin), Quoted(options.data_dir),
                                      Quoted(options.grpc_listen), Quoted(options.https_listen));
  if (options.demo) text += "facility: facility.yaml\n";
  if (options.clock_from_requests) {
    absl::StrAppend(&text, "\n# A simulation: times come from the requests, ids from the seed.\nclock: from-requests\n",
                    "seed: ", options.seed, "\n");
  }
  text += kConfigOperators;
  const std::vector<Person> people = People(options.demo);
  for (size_t i = 0; i < people.size(); ++i) {
    absl::StrAppend(&text, "    - id: ", people[i].id, "\n      name: ", people[i].name,
                    "\n      kind: person\n      roles: [", people[i].role, "]\n      token_id: ", tokens[i].id,
                    "\n      token_sha256: \"", tokens[i].digest, "\"\n");
  }
  absl::StrAppend(&text, "    - id: ", kGatewayId, "  # the common name of gateway.crt\n",
                  "      name: First badge gateway\n      kind: gateway\n      roles: [gateway]\n");
  return text;
}

std::string ProfileText(const InitOptions& options, const std::string& who, const std::string& credentials) {
  return absl::StrCat("# A profile for the command line: ", who, ".\n", "#   sallyport --profile FILE ...\n",
                      "server: ", Quoted(ClientAddress(options.grpc_listen)), "\n",
                      "https: ", Quoted("https://" + ClientAddress(options.https_listen)), "\n", "ca: ca.crt\n",
                      credentials);
}

absl::Status PlanCertificates(const InitOptions& options, absl::Time now, std::vector<PlannedFile>& files) {
  SP_ASSIGN_OR_RETURN(const Authority authority, Authority::Create("Sallyport private authority", now));
  SP_ASSIGN_OR_RETURN(CertificateAndKey ca, authority.Pem());
  SP_ASSIGN_OR_RETURN(CertificateAndKey server, authority.IssueServer(ServerHosts(options), now));
  SP_ASSIGN_OR_RETURN(CertificateAndKey gateway, authority.IssueClient(kGatewayId, now));
  const auto add = [&files](const std::string& stem, CertificateAndKey pair) {
    files.push_back({stem + ".crt", Secret(std::move(pair.certificate)), 0644});
    files.push_back({stem + ".key", std::move(pair.key), 0600});
  };
  add("ca", std::move(ca));
  add("server", std::move(server));
  add("gateway", std::move(gateway));
  return absl::OkStatus();
}

absl::Status PlanKeys(const std::string& origin, RandomSource& random, std::vector<PlannedFile>& files) {
  auto made = audit::SigningKey::Generate(origin, random);
  if (!made.ok()) return Annotate(made.status(), "origin");
  std::vector<audit::SigningKey> keys;
  keys.push_back(*std::move(made));
  files.push_back({"log.key", audit::FormatSigningKeyFile(keys), 0600});
  files.push_back({"log.vkey", Secret(keys.front().verifier().ToString() + "\n"), 0644});
  files.push_back({"data.key", audit::FormatKeyEncryptionKeyFile(audit::KeyEncryptionKey::Generate(random)), 0600});
  return absl::OkStatus();
}

absl::Status PlanEmbedded(bool demo, std::vector<PlannedFile>& files) {
  bool have_demo = false;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (file.path == kDemoFacility) {
      have_demo = true;
      if (demo) files.push_back({"facility.yaml", Secret(std::string(file.text)), 0644});
    } else {
      files.push_back({std::string(file.path), Secret(std::string(file.text)), 0644});
    }
  }
  if (demo && !have_demo) return absl::InternalError("this program was built without the demo facility");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PlannedFile>> Plan(const InitOptions& options, const std::string& origin, absl::Time now,
                                              RandomSource& random, Secret& admin_token) {
  std::vector<PlannedFile> files;
  std::vector<Token> tokens;
  for (const Person& person : People(options.demo)) {
    tokens.push_back(MakeToken(person.id, random));
    files.push_back({person.id + ".token", Secret(absl::StrCat(tokens.back().text.reveal(), "\n")), 0600});
  }
  admin_token = tokens.front().text;
  SP_RETURN_IF_ERROR(PlanCertificates(options, now, files));
  SP_RETURN_IF_ERROR(PlanKeys(origin, random, files));
  SP_RETURN_IF_ERROR(PlanEmbedded(options.demo, files));
  files.push_back(
      {"client.yaml", Secret(ProfileText(options, "the administrator", "token_file: admin.token\n")), 0644});
  files.push_back(
      {"gateway.yaml",
       Secret(ProfileText(options, "the first badge gateway", "certificate: gateway.crt\nkey: gateway.key\n")), 0644});
  const std::string config = ConfigText(options, origin, tokens);
  SP_RETURN_IF_ERROR(ParseConfig(config, (fs::path(options.folder) / "sallyportd.yaml").string()).status());
  files.push_back({"sallyportd.yaml", Secret(config), 0644});
  return files;
}

// A stray policy would become part of the set, and an old database belongs to another log: both count as in the way.
absl::Status CheckNothingInTheWay(const fs::path& folder, const fs::path& data_dir,
                                  const std::vector<PlannedFile>& files) {
  std::vector<std::string> found;
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_directory(folder, error)) found.push_back(folder.string());
  for (const fs::path& path : {folder / "policies", data_dir}) {
    if (fs::exists(path, error) && !fs::is_empty(path, error)) found.push_back(path.string() + " (not empty)");
  }
  for (const PlannedFile& file : files) {
    const fs::path path = folder / file.name;
    if (fs::exists(fs::symlink_status(path, error)) && !absl::StartsWith(file.name, "policies/")) {
      found.push_back(path.string());
    }
  }
  if (found.empty()) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat("nothing was written, because this is in the way: ", absl::StrJoin(found, ", ")));
}

// Remembers what it made, and removes that again unless it is told to keep it.
class Writer {
 public:
  ~Writer() {
    std::error_code ignored;
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) fs::remove(*path, ignored);
  }

  // Makes the folder and what is missing above it.
  absl::Status MakeFolder(const fs::path& path, fs::perms mode) {
    std::error_code error;
    if (path.empty() || fs::is_directory(path, error)) return absl::OkStatus();
    SP_RETURN_IF_ERROR(MakeFolder(path.parent_path(), mode));
    if (!fs::create_directory(path, error)) {
      return absl::ErrnoToStatus(error.value(), absl::StrCat("create ", path.string()));
    }
    made_.push_back(path);
    fs::permissions(path, mode, error);
    if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("set the mode of ", path.string()));
    return absl::OkStatus();
  }

  absl::Status Write(const fs::path& path, const PlannedFile& file) {
    SP_RETURN_IF_ERROR(WriteNewFile(path.string(), file.content.reveal(), file.mode));
    made_.push_back(path);
    return absl::OkStatus();
  }

  void Keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

}  // namespace

std::string ClientAddress(const std::string& listen) {
  const std::string host = HostOf(listen);
  const std::string port = listen.substr(listen.rfind(':') + 1);
  if (host == "::") return "[::1]:" + port;
  if (IsWildcard(host)) return "127.0.0.1:" + port;
  return listen;
}

absl::StatusOr<InitResult> Initialise(const InitOptions& options, absl::Time now, RandomSource& random) {
  InitResult result;
  const fs::path folder = fs::absolute(options.folder).lexically_normal();
  const fs::path data_dir = (folder / options.data_dir).lexically_normal();
  result.folder = folder.string();
  result.origin = options.origin.empty() ? DefaultOrigin(options) : options.origin;
  if (options.clock_from_requests && !absl::EndsWith(result.origin, "/simulation")) {
    return FieldError("origin",
                      absl::StrCat("\"", result.origin, "\" must end in /simulation, as every simulation's does"));
  }
  SP_ASSIGN_OR_RETURN(const std::vector<PlannedFile> files,
                      Plan(options, result.origin, now, random, result.admin_token));
  SP_RETURN_IF_ERROR(CheckNothingInTheWay(folder, data_dir, files));

  Writer writer;
  SP_RETURN_IF_ERROR(writer.MakeFolder(folder, fs::perms::owner_all));
  SP_RETURN_IF_ERROR(writer.MakeFolder(folder / "policies", fs::perms::owner_all));
  SP_RETURN_IF_ERROR(writer.MakeFolder(data_dir, fs::perms::owner_all));
  for (const PlannedFile& file : files) {
    SP_RETURN_IF_ERROR(writer.Write(folder / file.name, file));
    result.files.push_back(file.name);
  }
  writer.Keep();
  return result;
}

}  // namespace sallyport::cli
