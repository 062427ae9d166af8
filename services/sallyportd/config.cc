#include "sallyportd/config.h"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "audit/note_key.h"
#include "base/file.h"
#include "base/status.h"
#include "facility/ids.h"

namespace sallyport {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;  // a configuration is a page or two
constexpr size_t kOperatorsMax = 1000;     // bootstrap only; the API adds more

// Walks a document and collects every problem with its line.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)), folder_(std::filesystem::absolute(path_).parent_path()) {}

  void Problem(const YAML::Node& at, const std::string& key, const std::string& text) {
    const YAML::Mark mark = at.Mark();
    problems_.push_back(absl::StrCat(path_, ":", mark.is_null() ? 1 : mark.line + 1, ": ", key, ": ", text));
  }

  // One field of a mapping: its name and what to do with its value.
  struct Field {
    std::function<void(const YAML::Node&, const std::string& key)> read;
    bool required = false;
  };
  using Fields = std::map<std::string, Field>;

  void Mapping(const YAML::Node& node, const std::string& prefix, const Fields& fields) {
    if (!node.IsMap()) return Problem(node, prefix.empty() ? "document" : prefix, "expected a mapping");
    std::set<std::string> seen;
    for (const auto& pair : node) {
      const std::string name = pair.first.IsScalar() ? pair.first.Scalar() : "";
      const std::string key = prefix.empty() ? name : absl::StrCat(prefix, ".", name);
      const auto field = fields.find(name);
      if (field == fields.end()) {
        Problem(pair.first, key, absl::StrCat("unknown key; expected one of ", Names(fields)));
      } else if (!seen.insert(name).second) {
        Problem(pair.first, key, "stands twice");
      } else {
        field->second.read(pair.second, key);
      }
    }
    for (const auto& [name, field] : fields) {
      if (field.required && seen.count(name) == 0) {
        Problem(node, prefix.empty() ? name : absl::StrCat(prefix, ".", name), "is missing");
      }
    }
  }

  void Sequence(const YAML::Node& node, const std::string& key, size_t items_max,
                const std::function<void(const YAML::Node&, const std::string& key)>& read) {
    if (!node.IsSequence()) return Problem(node, key, "expected a list");
    if (node.size() > items_max) return Problem(node, key, absl::StrCat("more than ", items_max, " entries"));
    size_t i = 0;
    for (const auto& item : node) read(item, absl::StrCat(key, "[", i++, "]"));
  }

  Field Text(std::string& out, bool required = false) {
    return {[this, &out](const YAML::Node& node, const std::string& key) {
              if (!node.IsScalar() || node.Scalar().empty()) return Problem(node, key, "expected text");
              out = node.Scalar();
            },
            required};
  }

  Field OneOf(std::string& out, std::vector<std::string> choices, bool required = false) {
    return {[this, &out, choices = std::move(choices)](const YAML::Node& node, const std::string& key) {
              for (const std::string& choice : choices) {
                if (node.IsScalar() && node.Scalar() == choice) {
                  out = choice;
                  return;
                }
              }
              Problem(node, key, absl::StrCat("expected ", absl::StrJoin(choices, " or ")));
            },
            required};
  }

  Field Path(std::string& out, bool required = false) {
    return {[this, &out](const YAML::Node& node, const std::string& key) {
              if (!node.IsScalar() || node.Scalar().empty()) return Problem(node, key, "expected a path");
              out = (folder_ / node.Scalar()).lexically_normal().string();
            },
            required};
  }

  Field Address(std::string& out, bool may_be_off = false) {
    return {[this, &out, may_be_off](const YAML::Node& node, const std::string& key) {
      if (may_be_off && node.IsScalar() && node.Scalar() == "off") {
        out.clear();
        return;
      }
      const std::string text = node.IsScalar() ? node.Scalar() : "";
      const size_t colon = text.rfind(':');
      uint32_t port = 0;
      if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(text.substr(colon + 1), &port) ||
          port > 65535) {
        return Problem(node, key, absl::StrCat("\"", text, "\" is not ADDRESS:PORT, like 127.0.0.1:7443 or [::]:7443"));
      }
      out = text;
    }};
  }

  Field Flag(bool& out) {
    return {[this, &out](const YAML::Node& node, const std::string& key) {
      if (node.IsScalar() && node.Scalar() == "true") {
        out = true;
      } else if (node.IsScalar() && node.Scalar() == "false") {
        out = false;
      } else {
        Problem(node, key, "expected true or false");
      }
    }};
  }

  template <class Number>
  Field Whole(Number& out, uint64_t min, uint64_t max) {
    return {[this, &out, min, max](const YAML::Node& node, const std::string& key) {
      uint64_t value = 0;
      if (!node.IsScalar() || !absl::SimpleAtoi(node.Scalar(), &value) || value < min || value > max) {
        return Problem(node, key, absl::StrCat("expected a whole number from ", min, " to ", max));
      }
      out = static_cast<Number>(value);
    }};
  }

  Field Duration(absl::Duration& out, absl::Duration min, absl::Duration max) {
    return {[this, &out, min, max](const YAML::Node& node, const std::string& key) {
      absl::Duration value;
      if (!node.IsScalar() || !absl::ParseDuration(node.Scalar(), &value) || value < min || value > max) {
        return Problem(node, key,
                       absl::StrCat("expected a duration from ", absl::FormatDuration(min), " to ",
                                    absl::FormatDuration(max), ", like 5s or 24h"));
      }
      out = value;
    }};
  }

  Field Map(Fields fields, bool required = false) {
    return {[this, fields = std::move(fields)](const YAML::Node& node, const std::string& key) {
              Mapping(node, key, fields);
            },
            required};
  }

  absl::Status status() const {
    if (problems_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(problems_, "\n"));
  }

 private:
  static std::string Names(const Fields& fields) {
    return absl::StrJoin(fields, ", ", [](std::string* out, const auto& field) { out->append(field.first); });
  }

  std::string path_;
  std::filesystem::path folder_;
  std::vector<std::string> problems_;
};

void ReadOperator(Reader& reader, const YAML::Node& node, const std::string& key, Config& config) {
  BootstrapOperator op;
  const auto roles = [&reader, &op](const YAML::Node& list, const std::string& list_key) {
    reader.Sequence(list, list_key, 16, [&](const YAML::Node& role, const std::string& role_key) {
      if (!role.IsScalar() || role.Scalar().empty()) return reader.Problem(role, role_key, "expected a role's name");
      op.roles.push_back(role.Scalar());
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

void ReadDocument(Reader& reader, const YAML::Node& root, Config& config) {
  std::string clock = "system";
  const auto operators = [&](const YAML::Node& node, const std::string& key) {
    reader.Sequence(node, key, kOperatorsMax, [&](const YAML::Node& item, const std::string& item_key) {
      ReadOperator(reader, item, item_key, config);
    });
  };
  reader.Mapping(root, "",
                 {{"origin", reader.Text(config.origin, true)},
                  {"data_dir", reader.Path(config.data_dir, true)},
                  {"grpc", reader.Map({{"listen", reader.Address(config.grpc_listen)}})},
                  {"https", reader.Map({{"listen", reader.Address(config.https_listen)}})},
                  {"metrics", reader.Map({{"listen", reader.Address(config.metrics_listen, true)}})},
                  {"tls", reader.Map({{"ca", reader.Path(config.tls.ca, true)},
                                      {"certificate", reader.Path(config.tls.certificate, true)},
                                      {"key", reader.Path(config.tls.key, true)}},
                                     true)},
                  {"log_key", reader.Path(config.log_key, true)},
                  {"data_key", reader.Path(config.data_key, true)},
                  {"log_public", reader.Flag(config.log_public)},
                  {"policies", reader.Path(config.policies, true)},
                  {"facility", reader.Path(config.facility)},
                  {"clock", reader.OneOf(clock, {"system", "from-requests"})},
                  {"seed", reader.Whole(config.seed, 0, UINT64_MAX)},
                  {"log_level", reader.OneOf(config.log_level, {"debug", "info", "warning", "error"})},
                  {"bootstrap", reader.Map({{"operators", {operators, true}}}, true)},
                  {"limits", reader.Map(LimitFields(reader, config.limits))}});
  if (clock == "from-requests") config.clock = ClockMode::kFromRequests;
  if (!config.origin.empty()) {
    const absl::Status name = audit::CheckKeyName(config.origin);
    if (!name.ok()) reader.Problem(root["origin"], "origin", std::string(name.message()));
    if (config.clock == ClockMode::kFromRequests && !absl::EndsWith(config.origin, "/simulation")) {
      reader.Problem(root["origin"], "origin", "a log whose clock comes from requests must end in /simulation");
    }
  }
  if (config.seed != 0 && config.clock == ClockMode::kSystem) {
    reader.Problem(root["seed"], "seed", "only a simulation (clock: from-requests) has one");
  }
}

}  // namespace

absl::StatusOr<Config> ParseConfig(const std::string& text, const std::string& path) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::ParserException& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ":", error.mark.line + 1, ": ", error.msg));
  }
  Config config;
  config.path = path;
  Reader reader(path);
  ReadDocument(reader, root, config);
  SP_RETURN_IF_ERROR(reader.status());
  return config;
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kFileBytesMax));
  return ParseConfig(text, path);
}

}  // namespace sallyport
