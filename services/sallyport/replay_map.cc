#include "sallyport/replay_map.h"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/status.h"
#include "facility/ids.h"
#include "sallyport/card.h"
#include "sallyport/output.h"

namespace sallyport::cli {
namespace {

constexpr char kRequestIdDefault[] = "{@name}-{@line}";
constexpr size_t kRequestIdCharactersMax = 128;  // as the API takes one

}  // namespace

absl::StatusOr<Template> Template::Parse(absl::string_view text) {
  Template out;
  std::string plain;
  const auto flush = [&] {
    if (!plain.empty()) out.parts_.push_back({Kind::kText, plain});
    plain.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
    if ((text[i] == '{' || text[i] == '}') && doubled) {
      plain.push_back(text[i++]);
    } else if (text[i] == '}') {
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": \"}\" without \"{\""));
    } else if (text[i] == '{') {
      const size_t end = text.find('}', i);
      if (end == absl::string_view::npos || end == i + 1) {
        return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": \"{\" without a column and \"}\""));
      }
      const std::string column(text.substr(i + 1, end - i - 1));
      flush();
      if (column[0] != '@')
        out.parts_.push_back({Kind::kColumn, column});
      else if (column == "@line")
        out.parts_.push_back({Kind::kLine, ""});
      else if (column == "@name")
        out.parts_.push_back({Kind::kName, ""});
      else
        return absl::InvalidArgumentError(absl::StrCat("{", column, "}: expected {@line}, {@name} or {column}"));
      i = end;
    } else {
      plain.push_back(text[i]);
    }
  }
  flush();
  return out;
}

absl::Status Template::Bind(const CsvReader& csv) {
  for (Part& part : parts_) {
    if (part.kind != Kind::kColumn) continue;
    const auto column = csv.Find(part.text);
    if (!column.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("no column \"", part.text, "\"; the file has ", absl::StrJoin(csv.columns(), ", ")));
    }
    part.column = *column;
  }
  return absl::OkStatus();
}

std::string Template::Fill(const CsvRecord& record, absl::string_view map_name) const {
  std::string out;
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Kind::kText:
        out += part.text;
        break;
      case Kind::kColumn:
        out += record.fields[part.column];
        break;
      case Kind::kLine:
        absl::StrAppend(&out, record.line);
        break;
      case Kind::kName:
        absl::StrAppend(&out, map_name);
        break;
    }
  }
  return out;
}

// Walks the YAML document. The first problem ends it: a map is a dozen lines.
class ReplayMapParser {
 public:
  explicit ReplayMapParser(const std::string& path) : path_(path) {}

  absl::StatusOr<ReplayMap> Run(const YAML::Node& root) {
    map_.request_id_ = *Template::Parse(kRequestIdDefault);
    Walk(root, "", {"name", "timestamp", "card", "access_point"},
         {{"name", [this](const auto& node) { Name(node); }},
          {"timestamp", [this](const auto& node) { Timestamp(node); }},
          {"card", [this](const auto& node) { Card(node); }},
          {"access_point", [this](const auto& node) { AccessPoint(node); }},
          {"request_id", [this](const auto& node) { Fill(node, map_.request_id_); }}});
    SP_RETURN_IF_ERROR(status_);
    return std::move(map_);
  }

 private:
  using Fields = std::map<std::string, std::function<void(const YAML::Node&)>>;

  void Problem(const YAML::Node& at, absl::string_view text) {
    const YAML::Mark mark = at.Mark();
    const int line = mark.is_null() ? 1 : mark.line + 1;
    status_.Update(absl::InvalidArgumentError(absl::StrCat(path_, ":", line, ": ", text)));
  }

  void Walk(const YAML::Node& node, const std::string& what, const std::set<std::string>& required,
            const Fields& fields) {
    if (!node.IsMap()) return Problem(node, what.empty() ? "expected a mapping" : what + ": expected a mapping");
    std::set<std::string> seen;
    for (const auto& pair : node) {
      const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
      const auto field = fields.find(key);
      if (field == fields.end()) {
        return Problem(
            pair.first,
            absl::StrCat("unknown key \"", key, "\"; expected ",
                         absl::StrJoin(fields, ", ", [](std::string* out, const auto& f) { out->append(f.first); })));
      }
      if (!seen.insert(key).second) return Problem(pair.first, absl::StrCat("\"", key, "\" stands twice"));
      field->second(pair.second);
    }
    for (const std::string& key : required) {
      if (seen.count(key) == 0)
        Problem(node, absl::StrCat(what.empty() ? "" : what + ": ", "\"", key, "\" is missing"));
    }
  }

  std::string Text(const YAML::Node& node) {
    if (node.IsScalar()) return node.Scalar();
    Problem(node, "expected text");
    return "";
  }

  void Fill(const YAML::Node& node, Template& out) {
    auto parsed = Template::Parse(Text(node));
    if (!parsed.ok()) return Problem(node, parsed.status().message());
    out = *std::move(parsed);
  }

  void Name(const YAML::Node& node) {
    map_.name_ = Text(node);
    if (const absl::Status id = CheckId("name", map_.name_); !id.ok()) Problem(node, id.message());
  }

  void Timestamp(const YAML::Node& node) {
    Walk(node, "timestamp", {"template", "time_zone"},
         {{"template", [this](const auto& value) { Fill(value, map_.time_); }},
          {"format", [this](const auto& value) { map_.time_format_ = Text(value); }},
          {"time_zone", [this](const auto& value) {
             if (!absl::LoadTimeZone(Text(value), &map_.time_zone_)) {
               Problem(value, absl::StrCat("\"", Text(value), "\" is not a time zone, like UTC or Asia/Seoul"));
             }
           }}});
  }

  void Card(const YAML::Node& node) {
    static const std::map<std::string, ReplayMap::CardKind> kinds = {{"raw", ReplayMap::CardKind::kRaw},
                                                                     {"H10301", ReplayMap::CardKind::kNumber},
                                                                     {"credential", ReplayMap::CardKind::kCredential}};
    Walk(node, "card", {"template", "format"},
         {{"template", [this](const auto& value) { Fill(value, map_.card_); }},
          {"format", [this](const auto& value) {
             const auto kind = kinds.find(Text(value));
             if (kind == kinds.end()) {
               return Problem(value, absl::StrCat("\"", Text(value), "\": expected raw, H10301 or credential"));
             }
             map_.card_kind_ = kind->second;
           }}});
  }

  void AccessPoint(const YAML::Node& node) {
    Walk(node, "access_point", {"template"},
         {{"template", [this](const auto& value) { Fill(value, map_.access_point_); }},
          {"lower_case",
           [this](const auto& value) {
             const std::string text = Text(value);
             if (text != "true" && text != "false") Problem(value, "expected true or false");
             map_.lower_case_ = text == "true";
           }},
          {"replace",
           [this](const auto& value) {
             Pairs(value, [this](const std::string& from, const std::string& to) {
               map_.replacements_.emplace_back(from, to);
             });
           }},
          {"translate", [this](const auto& value) {
             Pairs(value, [this](const std::string& from, const std::string& to) { map_.translations_[from] = to; });
           }}});
  }

  void Pairs(const YAML::Node& node, const std::function<void(const std::string&, const std::string&)>& add) {
    if (!node.IsMap()) return Problem(node, "expected a mapping from text to text");
    for (const auto& pair : node) {
      const std::string from = Text(pair.first);
      if (from.empty()) return Problem(pair.first, "expected text to replace");
      add(from, Text(pair.second));
    }
  }

  const std::string& path_;
  ReplayMap map_;
  absl::Status status_;
};

absl::StatusOr<ReplayMap> ReplayMap::Parse(const std::string& text, const std::string& path) {
  try {
    return ReplayMapParser(path).Run(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ":", error.mark.line + 1, ": ", error.msg));
  }
}

absl::Status ReplayMap::Bind(const CsvReader& csv) {
  SP_RETURN_IF_ERROR(time_.Bind(csv));
  SP_RETURN_IF_ERROR(card_.Bind(csv));
  SP_RETURN_IF_ERROR(access_point_.Bind(csv));
  return request_id_.Bind(csv);
}

absl::StatusOr<access::v1::AuthorizeRequest> ReplayMap::Request(const CsvRecord& record) const {
  access::v1::AuthorizeRequest request;
  const absl::Status filled = Fill(record, request);
  if (!filled.ok()) return Annotate(filled, absl::StrCat("line ", record.line));
  return request;
}

absl::Status ReplayMap::Fill(const CsvRecord& record, access::v1::AuthorizeRequest& request) const {
  const std::string time_text = time_.Fill(record, name_);
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(time_format_, time_text, time_zone_, &time, &error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("timestamp: \"", time_text, "\" does not read as \"", time_format_, "\": ", error));
  }
  *request.mutable_read_time() = ToTimestamp(time);

  const std::string card = card_.Fill(record, name_);
  if (card_kind_ == CardKind::kCredential) {
    SP_RETURN_IF_ERROR(CheckId("card", card));
    request.set_credential_id(card);
  } else {
    const auto bits = card_kind_ == CardKind::kRaw ? CardFromBytes(card) : CardFromNumber(card);
    if (!bits.ok()) return Annotate(bits.status(), "card");
    *request.mutable_card() = *bits;
  }

  std::string access_point = access_point_.Fill(record, name_);
  if (lower_case_) absl::AsciiStrToLower(&access_point);
  for (const auto& [from, to] : replacements_) access_point = absl::StrReplaceAll(access_point, {{from, to}});
  if (const auto found = translations_.find(access_point); found != translations_.end()) access_point = found->second;
  SP_RETURN_IF_ERROR(CheckId("access_point", access_point));
  request.set_access_point_id(access_point);

  const std::string request_id = request_id_.Fill(record, name_);
  if (request_id.empty() || request_id.size() > kRequestIdCharactersMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("request_id: \"", request_id, "\": expected 1 to ", kRequestIdCharactersMax, " characters"));
  }
  request.set_request_id(request_id);
  return absl::OkStatus();
}

}  // namespace sallyport::cli
