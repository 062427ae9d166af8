#include "sallyport/verify_export.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "audit/export_line.h"
#include "audit/export_verifier.h"
#include "audit/limits.h"

namespace sallyport::cli {
namespace {

constexpr size_t kBatchBytes = 8u << 20;  // enough lines to keep the cores busy
constexpr size_t kBufferBytes = 1u << 20;
constexpr uint64_t kMegabyte = 1'000'000;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Splits a file into lines with their newlines. A longer line than an export can have is cut: whatever is left of it is
// then no line of an export either.
class LineReader {
 public:
  explicit LineReader(std::FILE* file) : file_(file), buffer_(kBufferBytes, '\0') {}

  // False at the end of the file.
  bool Next(std::string& line) {
    line.clear();
    while (line.size() <= audit::kExportLineBytesMax) {
      if (at_ == end_ && !Fill()) break;
      const size_t newline = std::min(buffer_.find('\n', at_), end_ - 1);
      const size_t count = std::min(newline + 1 - at_, audit::kExportLineBytesMax + 1 - line.size());
      line.append(buffer_, at_, count);
      at_ += count;
      if (line.back() == '\n') break;
    }
    bytes_ += line.size();
    return !line.empty();
  }
  uint64_t bytes() const { return bytes_; }
  bool failed() const { return std::ferror(file_) != 0; }

 private:
  bool Fill() {
    at_ = 0;
    end_ = std::fread(buffer_.data(), 1, buffer_.size(), file_);
    return end_ != 0;
  }

  std::FILE* file_;
  std::string buffer_;
  size_t at_ = 0;
  size_t end_ = 0;
  uint64_t bytes_ = 0;
};

absl::Status ReadError(int error, const std::string& path) {
  return absl::ErrnoToStatus(error, absl::StrCat("read ", path));
}

}  // namespace

absl::StatusOr<VerifyReport> VerifyExport(const std::string& path, const std::vector<audit::VerifierKey>& keys) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) return ReadError(errno, path);
  std::error_code unknown;
  const uint64_t size = std::filesystem::file_size(path, unknown);
  Progress progress("MB", unknown ? 0 : size / kMegabyte);
  LineReader reader(file.get());
  audit::ExportVerifier verifier(keys);
  bool more = true;
  while (more) {
    std::vector<std::string> texts(1);
    const uint64_t until = reader.bytes() + kBatchBytes;
    while (reader.bytes() < until && (more = reader.Next(texts.back()))) texts.emplace_back();
    texts.pop_back();
    std::vector<audit::ExportLine> lines(texts.size());
    InParallel(texts.size(), [&](size_t i) { lines[i] = audit::ReadExportLine(std::move(texts[i])); });
    for (audit::ExportLine& line : lines) more = verifier.Add(std::move(line)) && more;
    progress.Show(reader.bytes() / kMegabyte);
  }
  if (reader.failed()) return ReadError(EIO, path);
  audit::ExportReport checked = verifier.Finish();
  VerifyReport report;
  report.what = absl::StrCat("export ", path);
  report.checkpoint = std::move(checked.checkpoint);
  report.from = checked.from;
  report.to = checked.to;
  report.personal = checked.personal;
  report.findings = std::move(checked.findings);
  report.findings_total = checked.findings_total;
  report.certain = checked.certain || report.checkpoint.size == 0;
  return report;
}

}  // namespace sallyport::cli
