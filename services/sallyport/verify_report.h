#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "audit/checkpoint.h"
#include "audit/note_key.h"
#include "audit/tile_diff.h"
#include "sallyport/output.h"

// What `sallyport audit verify` found out, whatever it looked at.
namespace sallyport::cli {

struct VerifyReport {
  std::string what;              // "export site.jsonl", "database data/sallyport.db", "receipt r.txt"
  audit::Checkpoint checkpoint;  // size 0 when it is not believed
  uint64_t from = 0;             // the records looked at
  uint64_t to = 0;
  uint64_t personal = 0;                 // how many of them show personal fields that match their commitment
  std::vector<audit::Finding> findings;  // empty: verified
  uint64_t findings_total = 0;
  bool certain = true;  // whether the findings about records are

  bool verified() const { return findings_total == 0; }
  void Add(audit::Damage damage, std::string text);
  void Add(audit::Damage damage, uint64_t index, std::string text);
};

// Prints it; the table's last lines are "verified N records" and "root HEX", or say what is wrong first. Returns kDone
// or kVerificationFailed.
int PrintReport(const VerifyReport& report, Format format);

// The log's public keys, from a file (one a line, # begins a comment) or the text of one key itself.
absl::StatusOr<std::vector<audit::VerifierKey>> ReadVerifierKeys(const std::string& file_or_key);

// Calls work(0) to work(count - 1) on all cores and returns when all are done.
void InParallel(size_t count, const std::function<void(size_t)>& work);

// Says on a terminal how far a long verification is.
class Progress {
 public:
  // `unit` is what is counted: "records", "MB". A total of 0 is unknown.
  Progress(std::string unit, uint64_t total);
  ~Progress();  // wipes its line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void Show(uint64_t done);

 private:
  const std::string unit_;
  const uint64_t total_;
  const bool terminal_;
  int64_t shown_ms_;
  bool anything_ = false;
};

}  // namespace sallyport::cli
