#include "sallyport/csv.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

constexpr int kEnd = std::char_traits<char>::eof();

absl::Status LineError(size_t line, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", text));
}

bool EndsRecord(int c) { return c == kEnd || c == '\n' || c == '\r'; }

}  // namespace

absl::StatusOr<CsvReader> CsvReader::Open(std::istream& in) {
  CsvReader reader(in);
  SP_ASSIGN_OR_RETURN(auto header, reader.Read());
  if (!header.has_value()) return absl::InvalidArgumentError("line 1: no header; expected the names of the columns");
  if (absl::StartsWith(header->fields[0], "\xEF\xBB\xBF")) header->fields[0].erase(0, 3);
  for (const std::string& name : header->fields) {
    if (name.empty()) return LineError(header->line, "a column without a name");
    if (reader.Find(name).has_value())
      return LineError(header->line, absl::StrCat("column \"", name, "\" stands twice"));
    reader.columns_.push_back(name);
  }
  return reader;
}

std::optional<size_t> CsvReader::Find(absl::string_view column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<size_t>(found - columns_.begin());
}

absl::StatusOr<std::optional<CsvRecord>> CsvReader::Next() {
  SP_ASSIGN_OR_RETURN(auto record, Read());
  if (record.has_value() && record->fields.size() != columns_.size()) {
    return LineError(record->line, absl::StrCat(record->fields.size(), " fields; the header has ", columns_.size()));
  }
  return record;
}

absl::StatusOr<std::optional<CsvRecord>> CsvReader::Read() {
  int c = in_->peek();
  while (c == '\n' || c == '\r') {
    SkipLineEnd(Get());
    c = in_->peek();
  }
  if (c == kEnd) {
    if (in_->bad()) return absl::UnavailableError(absl::StrCat("line ", line_, ": cannot be read"));
    return std::nullopt;
  }
  CsvRecord record;
  record.line = line_;
  SP_RETURN_IF_ERROR(ReadRecord(record));
  return record;
}

absl::Status CsvReader::ReadRecord(CsvRecord& record) {
  std::string field;
  bool quoted = false;
  while (true) {
    const int c = Get();
    if (c == ',' || EndsRecord(c)) {
      if (record.fields.size() == kCsvColumnsMax) {
        return LineError(record.line, absl::StrCat("more than ", kCsvColumnsMax, " fields"));
      }
      record.fields.push_back(std::move(field));
      field.clear();
      quoted = false;
      if (c == ',') continue;
      SkipLineEnd(c);
      return absl::OkStatus();
    }
    if (quoted) return LineError(line_, "text after a closing quote");
    if (c == '"') {
      if (!field.empty()) return LineError(line_, "a quote inside an unquoted field");
      quoted = true;
      SP_RETURN_IF_ERROR(ReadQuoted(record, field));
      continue;
    }
    if (c == '\0') return LineError(line_, "a zero byte; is this a text file?");
    if (field.size() == kCsvFieldBytesMax) {
      return LineError(record.line, absl::StrCat("a field of more than ", kCsvFieldBytesMax, " bytes"));
    }
    field.push_back(static_cast<char>(c));
  }
}

absl::Status CsvReader::ReadQuoted(CsvRecord& record, std::string& field) {
  const size_t opened = line_;
  while (true) {
    const int c = Get();
    if (c == kEnd) return LineError(opened, "a quote that is not closed");
    if (c == '"') {
      if (in_->peek() != '"') return absl::OkStatus();
      Get();
    }
    if (c == '\n') ++line_;
    if (field.size() == kCsvFieldBytesMax) {
      return LineError(record.line, absl::StrCat("a field of more than ", kCsvFieldBytesMax, " bytes"));
    }
    field.push_back(static_cast<char>(c));
  }
}

int CsvReader::Get() { return in_->get(); }

// `c` was read and begins the end of a line, or of the file.
void CsvReader::SkipLineEnd(int c) {
  if (c == '\r' && in_->peek() == '\n') Get();
  if (c != kEnd) ++line_;
}

}  // namespace sallyport::cli
