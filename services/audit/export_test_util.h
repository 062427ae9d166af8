#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "audit/checkpoint.h"
#include "audit/export.h"
#include "audit/export_line.h"
#include "audit/export_verifier.h"
#include "audit/kat_test_util.h"
#include "audit/sealer.h"
#include "sallyport/record/v1/record.pb.h"

// A log of records with their personal fields, its exports, and ways to damage them line by line.
namespace sallyport::audit::testing {

struct LoggedRecord {
  std::string leaf;
  std::string personal;  // salt and serialised Personal; empty for a record about nobody
};

// Record `index` of the log: every third one is about a person.
inline LoggedRecord MakeRecord(uint64_t index) {
  record::v1::Record record;
  record.set_version(1);
  record.mutable_time()->set_seconds(1'772'438'400 + static_cast<int64_t>(index));
  record.mutable_time()->set_nanos(static_cast<int32_t>(index % 4) * 250'000'000);
  record.set_actor("gateway-1");
  record.set_request_id(absl::StrCat("read-", index));
  LoggedRecord logged;
  if (index % 3 == 0) {
    record::v1::Personal personal;
    personal.set_person_id(absl::StrCat("person-", index % 7));
    personal.set_credential_id("badge-\"0042\"");
    Salt salt;
    salt.fill(static_cast<uint8_t>(index));
    const std::string plaintext = personal.SerializeAsString();
    record.set_subject_ref("8c2a6f");
    record.set_commitment(std::string(HashBytes(Commitment(salt, plaintext))));
    logged.personal = absl::StrCat(HashBytes(salt), plaintext);
  }
  record.mutable_decision()->set_outcome(index % 2 == 0 ? record::v1::OUTCOME_GRANT : record::v1::OUTCOME_DENY);
  record.mutable_decision()->set_reason_code(index % 2 == 0 ? "GRANTED" : "NO_ACCESS_LEVEL");
  record.mutable_decision()->set_access_point_id("lobby-in");
  logged.leaf = record.SerializeAsString();
  return logged;
}

class TestLog {
 public:
  explicit TestLog(uint64_t size) {
    for (uint64_t i = 0; i < size; ++i) {
      records_.push_back(MakeRecord(i));
      log_.Append(records_.back().leaf);
    }
    const SigningKey key = LogKey();
    const SigningKey* keys[] = {&key};
    checkpoint_ = SignCheckpoint({key.name(), size, log_.range().Root(), {}}, keys).value();
  }

  uint64_t size() const { return records_.size(); }
  const std::string& checkpoint() const { return checkpoint_; }
  std::vector<LoggedRecord>& records() { return records_; }
  MemoryLog& log() { return log_; }

  // Leaf hashes are those of the log, whatever became of records().
  std::string Export(uint64_t from, uint64_t to, bool personal) {
    std::string out;
    auto writer = ExportWriter::Begin({from, to, personal}, checkpoint_, log_, &out).value();
    for (uint64_t i = from; i < to; ++i) {
      const absl::Status added =
          writer.Add({records_[i].leaf, log_.leaves()[i], personal ? records_[i].personal : ""}, &out);
      if (!added.ok()) std::abort();
    }
    if (!writer.Finish(&out).ok()) std::abort();
    return out;
  }
  std::string Export() { return Export(0, size(), true); }

 private:
  std::vector<LoggedRecord> records_;
  MemoryLog log_;
  std::string checkpoint_;
};

// With their newlines; what follows the last one is a line too.
inline std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

inline ExportReport Verify(const std::vector<std::string>& lines, std::vector<VerifierKey> keys) {
  ExportVerifier verifier(std::move(keys));
  for (const std::string& line : lines) verifier.Add(ReadExportLine(line));
  return verifier.Finish();
}
inline ExportReport Verify(const std::string& text) { return Verify(Lines(text), {LogKey().verifier()}); }
inline ExportReport Verify(const std::vector<std::string>& lines) { return Verify(lines, {LogKey().verifier()}); }

// The end line as a forger who knows the format would write it.
inline void RewriteEnd(std::vector<std::string>& lines) {
  lines.pop_back();
  uint64_t records = 0;
  for (const std::string& line : lines) records += !absl::StartsWith(line, "{\"t");
  lines.push_back(FormatEndLine({records, Sha256(absl::StrJoin(lines, ""))}));
}

inline std::string Describe(const ExportReport& report) {
  std::string out = absl::StrCat(report.certain ? "certain" : "uncertain", " ", report.findings_total, " findings\n");
  for (const Finding& finding : report.findings) {
    absl::StrAppend(&out, DamageName(finding.damage), " ", finding.index ? absl::StrCat(*finding.index) : "-", " line ",
                    finding.line, ": ", finding.text, "\n");
  }
  return out;
}

}  // namespace sallyport::audit::testing
