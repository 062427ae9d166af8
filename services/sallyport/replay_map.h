#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sallyport/access/v1/access.pb.h"
#include "sallyport/csv.h"

// What the columns of recorded badge reads mean. docs/replay.md is the reference of the file.
namespace sallyport::cli {

// Text with {column} in it. "{@line}" is the line of the record and "{@name}" the name of the map; "{{" and "}}" are
// braces.
class Template {
 public:
  // INVALID_ARGUMENT: a brace without its partner, or {@…} that is neither of the two.
  static absl::StatusOr<Template> Parse(absl::string_view text);
  // Finds the columns. INVALID_ARGUMENT names one that the file does not have.
  absl::Status Bind(const CsvReader& csv);
  std::string Fill(const CsvRecord& record, absl::string_view map_name) const;

 private:
  enum class Kind { kText, kColumn, kLine, kName };
  struct Part {
    Kind kind;
    std::string text;  // the text, or the column's name
    size_t column = 0;
  };
  std::vector<Part> parts_;
};

class ReplayMap {
 public:
  // INVALID_ARGUMENT, "path:line: …". `path` is for messages.
  static absl::StatusOr<ReplayMap> Parse(const std::string& text, const std::string& path);

  const std::string& name() const { return name_; }

  // Finds the columns in a file. INVALID_ARGUMENT names one that it does not have.
  absl::Status Bind(const CsvReader& csv);
  // The request that a gateway would have sent. INVALID_ARGUMENT, "line N: …".
  absl::StatusOr<access::v1::AuthorizeRequest> Request(const CsvRecord& record) const;

 private:
  friend class ReplayMapParser;
  enum class CardKind { kRaw, kNumber, kCredential };
  absl::Status Fill(const CsvRecord& record, access::v1::AuthorizeRequest& request) const;

  std::string name_;
  Template time_;
  std::string time_format_ = "%Y-%m-%d %H:%M:%E*S";
  absl::TimeZone time_zone_ = absl::UTCTimeZone();
  Template card_;
  CardKind card_kind_ = CardKind::kRaw;
  Template access_point_;
  bool lower_case_ = false;
  std::vector<std::pair<std::string, std::string>> replacements_;
  std::map<std::string, std::string> translations_;
  Template request_id_;
};

}  // namespace sallyport::cli
