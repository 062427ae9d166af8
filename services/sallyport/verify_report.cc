#include "sallyport/verify_report.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "audit/limits.h"
#include "base/file.h"
#include "base/status.h"
#include "sallyport/exit_code.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kProgressEveryMs = 200;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string RecordsText(const VerifyReport& report) {
  return absl::StrCat("records ", report.from, " to ", report.to, " of ", report.checkpoint.size);
}

// Text from a file that somebody else made must not move the cursor or break the JSON.
std::string Clean(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(byte < 0x20 || byte >= 0x7f ? '?' : c);
  }
  return out;
}

const audit::Finding& First(const VerifyReport& report) {
  const auto named = std::find_if(report.findings.begin(), report.findings.end(),
                                  [](const audit::Finding& finding) { return finding.index.has_value(); });
  return named != report.findings.end() ? *named : report.findings.front();
}

void PrintTableReport(const VerifyReport& report) {
  PrintFacts(
      {{"verifying", report.what},
       {"origin", report.checkpoint.origin},
       {"range", report.checkpoint.size == 0 ? "" : RecordsText(report)},
       {"personal", report.personal == 0 ? "" : absl::StrCat(report.personal, " records with matching fields")}});
  if (report.verified()) {
    std::printf("verified %llu record%s\nroot %s\n", static_cast<unsigned long long>(report.to - report.from),
                report.to - report.from == 1 ? "" : "s", audit::HashToHex(report.checkpoint.root).c_str());
    return;
  }
  std::printf("NOT VERIFIED: %s\n", Clean(First(report).text).c_str());
  for (const audit::Finding& finding : report.findings) {
    std::printf("  %s: %s\n", std::string(audit::DamageName(finding.damage)).c_str(), Clean(finding.text).c_str());
  }
  if (report.findings_total > report.findings.size()) {
    std::printf("  and %llu more\n", static_cast<unsigned long long>(report.findings_total - report.findings.size()));
  }
  if (!report.certain)
    std::printf("  nothing here leads to a signed root, so that the records named may not be the only ones\n");
}

Json JsonReport(const VerifyReport& report) {
  Json out = {{"verified", report.verified()}, {"what", Clean(report.what)}};
  if (report.checkpoint.size != 0) {
    out["origin"] = report.checkpoint.origin;
    out["treeSize"] = report.checkpoint.size;
    out["root"] = audit::HashToHex(report.checkpoint.root);
    out["from"] = report.from;
    out["to"] = report.to;
    out["records"] = report.to - report.from;
    out["personal"] = report.personal;
  }
  if (report.verified()) return out;
  out["certain"] = report.certain;
  out["findingsTotal"] = report.findings_total;
  for (const audit::Finding& finding : report.findings) {
    Json item = {{"damage", std::string(audit::DamageName(finding.damage))}};
    if (finding.index) item["index"] = *finding.index;
    if (finding.line != 0) item["line"] = finding.line;
    item["text"] = Clean(finding.text);
    out["findings"].push_back(std::move(item));
  }
  return out;
}

}  // namespace

void VerifyReport::Add(audit::Damage damage, std::string text) {
  ++findings_total;
  if (findings.size() < audit::kFindingsMax) {
    findings.push_back({damage, std::nullopt, 0, std::move(text), std::nullopt, std::nullopt});
  }
}

void VerifyReport::Add(audit::Damage damage, uint64_t index, std::string text) {
  Add(damage, std::move(text));
  if (findings_total <= audit::kFindingsMax) findings.back().index = index;
}

int PrintReport(const VerifyReport& report, Format format) {
  if (format == Format::kTable)
    PrintTableReport(report);
  else
    PrintJson(JsonReport(report).dump(), format);
  return report.verified() ? kDone : kVerificationFailed;
}

absl::StatusOr<std::vector<audit::VerifierKey>> ReadVerifierKeys(const std::string& file_or_key) {
  if (auto key = audit::VerifierKey::Parse(file_or_key); key.ok())
    return std::vector<audit::VerifierKey>{*std::move(key)};
  SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(file_or_key, kKeyFileBytesMax));
  std::vector<audit::VerifierKey> keys;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    auto key = audit::VerifierKey::Parse(line);
    if (!key.ok()) return Annotate(key.status(), file_or_key);
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return absl::InvalidArgumentError(absl::StrCat(file_or_key, ": holds no public key"));
  return keys;
}

void InParallel(size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> threads;
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  while (threads.size() + 1 < std::min(cores, count)) threads.emplace_back(run);
  run();
  for (std::thread& thread : threads) thread.join();
}

Progress::Progress(std::string unit, uint64_t total)
    : unit_(std::move(unit)), total_(total), terminal_(::isatty(STDERR_FILENO) == 1), shown_ms_(NowMs()) {}

Progress::~Progress() {
  if (anything_) std::fprintf(stderr, "\r\x1b[K");
}

void Progress::Show(uint64_t done) {
  if (!terminal_ || NowMs() - shown_ms_ < kProgressEveryMs) return;
  shown_ms_ = NowMs();
  anything_ = true;
  std::string text = absl::StrCat("verifying: ", done, " ", unit_);
  if (total_ != 0) absl::StrAppend(&text, " of ", total_, ", ", done * 100 / total_, " %");
  std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
}

}  // namespace sallyport::cli
