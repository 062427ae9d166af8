#include "sallyportd/config.h"

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "audit/note_key.h"
#include "base/file.h"
#include "base/status.h"
#include "base/yaml.h"
#include "facility/ids.h"

namespace sallyport {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;  // a configuration is a page or two
constexpr yaml::Limits kFile = {.bytes_max = kFileBytesMax, .nodes_max = 100'000, .depth_max = 16};
constexpr size_t kOperatorsMax = 1000;  // bootstrap only; the API adds more

using yaml::Node;
using yaml::Reader;

// Paths in the file are relative to `folder`.
Reader::Field Path(Reader& reader, const std::filesystem::path& folder, std::string& out, bool required = false) {
  return {[&reader, &folder, &out](const Node& node, const std::string& key) {
            if (!node.is_scalar() || node.text.empty()) return reader.Problem(node, key, "expected a path");
            out = (folder / node.text).lexically_normal().string();
          },
          required};
}

Reader::Field Address(Reader& reader, std::string& out, bool may_be_off = false) {
  return {[&reader, &out, may_be_off](const Node& node, const std::string& key) {
    if (may_be_off && node.text == "off") {
      out.clear();
      return;
    }
    const size_t colon = node.text.rfind(':');
    uint32_t port = 0;
    if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(node.text.substr(colon + 1), &port) ||
        port > 65535) {
      return reader.Problem(node, key,
                            absl::StrCat("\"", node.text, "\" is not ADDRESS:PORT, like 127.0.0.1:7443 or [::]:7443"));
    }
    out = node.text;
  }};
}

void ReadOperator(Reader& reader, const Node& node, const std::string& key, Config& config) {
  BootstrapOperator op;
  const auto roles = [&reader, &op](const Node& list, const std::string& list_key) {
    reader.Sequence(list, list_key, 16, [&](const Node& role, const std::string& role_key) {
      if (!role.is_scalar() || role.text.empty()) return reader.Problem(role, role_key, "expected a role's name");
      op.roles.push_back(role.text);
    });
  };
  reader.Mapping(node, key,
                 {{"id", reader.Text(op.id, true)},
                  {"name", reader.Text(op.name)},
                  {"kind", reader.OneOf(op.kind, {"person", "service", "gateway"}, true)},
                  {"roles", {roles, true}},
                  {"token_id", reader.Text(op.token_id)},
                  {"token_sha256", reader.Text(op.token_sha256)}});
  if (!op.id.empty()) {
    if (const absl::Status id = CheckId("id", op.id); !id.ok()) reader.Problem(node, key, std::string(id.message()));
  }
  if (op.token_id.empty() != op.token_sha256.empty()) {
    reader.Problem(node, key, "token_id and token_sha256 stand together or not at all");
  }
  if (!op.token_id.empty()) {
    const absl::Status id = CheckId("token_id", op.token_id);
    if (!id.ok()) reader.Problem(node, key, std::string(id.message()));
    if (op.token_id.find('_') != std::string::npos) reader.Problem(node, key, "token_id: must not contain '_'");
  }
  if (!op.token_sha256.empty() &&
      (op.token_sha256.size() != 64 || op.token_sha256.find_first_not_of("0123456789abcdef") != std::string::npos)) {
    reader.Problem(node, key + ".token_sha256", "expected 64 lower-case hexadecimal digits");
  }
  for (const BootstrapOperator& other : config.operators) {
    if (other.id == op.id) reader.Problem(node, key + ".id", absl::StrCat("\"", op.id, "\" stands twice"));
  }
  if (op.name.empty()) op.name = op.id;
  config.operators.push_back(std::move(op));
}

Reader::Fields LimitFields(Reader& reader, Limits& limits) {
  return {{"queue_commands", reader.Whole(limits.queue_commands, 1, 1'000'000)},
          {"batch_commands", reader.Whole(limits.batch_commands, 1, 65'536)},
          {"request_bytes", reader.Whole(limits.request_bytes, 4096, 64u << 20)},
          {"document_bytes", reader.Whole(limits.document_bytes, 4096, 256u << 20)},
          {"streams", reader.Whole(limits.streams, 1, 1'000'000)},
          {"read_age", reader.Duration(limits.read_age, absl::Seconds(1), absl::Minutes(5))},
          {"answers_kept", reader.Duration(limits.answers_kept, absl::Hours(24), absl::Hours(24 * 30))},
          {"drain", reader.Duration(limits.drain, absl::ZeroDuration(), absl::Minutes(5))}};
}

void ReadDocument(Reader& reader, const Node& root, Config& config) {
  const std::filesystem::path folder = std::filesystem::absolute(config.path).parent_path();
  std::string clock = "system";
  const auto operators = [&](const Node& node, const std::string& key) {
    reader.Sequence(node, key, kOperatorsMax, [&](const Node& item, const std::string& item_key) {
      ReadOperator(reader, item, item_key, config);
    });
  };
  reader.Mapping(root, "",
                 {{"origin", reader.Text(config.origin, true)},
                  {"data_dir", Path(reader, folder, config.data_dir, true)},
                  {"grpc", reader.Map({{"listen", Address(reader, config.grpc_listen)}})},
                  {"https", reader.Map({{"listen", Address(reader, config.https_listen)}})},
                  {"metrics", reader.Map({{"listen", Address(reader, config.metrics_listen, true)}})},
                  {"tls", reader.Map({{"ca", Path(reader, folder, config.tls.ca, true)},
                                      {"certificate", Path(reader, folder, config.tls.certificate, true)},
                                      {"key", Path(reader, folder, config.tls.key, true)}},
                                     true)},
                  {"subject_keys", Path(reader, folder, config.subject_keys)},
                  {"log_key", Path(reader, folder, config.log_key, true)},
                  {"data_key", Path(reader, folder, config.data_key, true)},
                  {"log_public", reader.Flag(config.log_public)},
                  {"policies", Path(reader, folder, config.policies, true)},
                  {"facility", Path(reader, folder, config.facility)},
                  {"clock", reader.OneOf(clock, {"system", "from-requests"})},
                  {"seed", reader.Whole(config.seed, 0, UINT64_MAX)},
                  {"log_level", reader.OneOf(config.log_level, {"debug", "info", "warning", "error"})},
                  {"bootstrap", reader.Map({{"operators", {operators, true}}}, true)},
                  {"limits", reader.Map(LimitFields(reader, config.limits))}});
  if (config.subject_keys.empty()) {
    config.subject_keys = (std::filesystem::path(config.data_dir) / "subject-keys.db").string();
  }
  if (clock == "from-requests") config.clock = ClockMode::kFromRequests;
  if (!config.origin.empty()) {
    const absl::Status name = audit::CheckKeyName(config.origin);
    if (!name.ok()) reader.Problem(*yaml::Find(root, "origin"), "origin", std::string(name.message()));
    if (config.clock == ClockMode::kFromRequests && !absl::EndsWith(config.origin, "/simulation")) {
      reader.Problem(*yaml::Find(root, "origin"), "origin",
                     "a log whose clock comes from requests must end in /simulation");
    }
  }
  if (config.seed != 0 && config.clock == ClockMode::kSystem) {
    reader.Problem(*yaml::Find(root, "seed"), "seed", "only a simulation (clock: from-requests) has one");
  }
}

}  // namespace

absl::StatusOr<Config> ParseConfig(const std::string& text, const std::string& path) {
  SP_ASSIGN_OR_RETURN(const yaml::Document document, yaml::Load(text, path, kFile));
  Config config;
  config.path = path;
  Reader reader(path);
  ReadDocument(reader, document.root(), config);
  SP_RETURN_IF_ERROR(reader.status());
  return config;
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kFileBytesMax));
  return ParseConfig(text, path);
}

}  // namespace sallyport
