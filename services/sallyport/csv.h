#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Reads comma-separated values, RFC 4180: fields may be quoted, quoted fields may hold commas, line breaks and doubled
// quotes; lines end in LF or CRLF. A UTF-8 byte order mark and empty lines are skipped. The first record names the
// columns.
namespace sallyport::cli {

struct CsvRecord {
  size_t line = 0;  // where it begins, from 1
  std::vector<std::string> fields;
};

// Reads `in`, which must outlive it. Errors are INVALID_ARGUMENT, "line N: …"; after one the reader is at no useful
// place.
class CsvReader {
 public:
  // Reads the header. Errors: no header, an empty or repeated column name.
  static absl::StatusOr<CsvReader> Open(std::istream& in);

  const std::vector<std::string>& columns() const { return columns_; }
  // The index of a column; nothing when there is none.
  std::optional<size_t> Find(absl::string_view column) const;

  // The next record, with as many fields as there are columns; nothing at the end.
  absl::StatusOr<std::optional<CsvRecord>> Next();

 private:
  explicit CsvReader(std::istream& in) : in_(&in) {}
  absl::StatusOr<std::optional<CsvRecord>> Read();
  absl::Status ReadRecord(CsvRecord& record);
  absl::Status ReadQuoted(CsvRecord& record, std::string& field);
  int Get();
  void SkipLineEnd(int c);

  std::istream* in_;
  size_t line_ = 1;
  std::vector<std::string> columns_;
};

}  // namespace sallyport::cli
