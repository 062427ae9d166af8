#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "audit/checkpoint.h"
#include "audit/export_line.h"
#include "audit/note_key.h"
#include "audit/range_proof.h"
#include "audit/tile_diff.h"

// Verifies an export with nothing but the log's public key, and says what was done to it.
namespace sallyport::audit {

struct ExportReport {
  std::vector<Finding> findings;  // in the order of the file, at most kFindingsMax
  uint64_t findings_total = 0;
  // Whether the findings about records are certain: the hashes that the records were held against lead to the signed
  // root. Otherwise they only say where records and tile lines disagree.
  bool certain = false;
  Checkpoint checkpoint;  // empty when its signature does not verify
  uint64_t from = 0;
  uint64_t to = 0;
  uint64_t records = 0;   // record lines that were read
  uint64_t personal = 0;  // how many of them carry personal fields that match their commitment

  bool verified() const { return findings_total == 0; }
  // The first finding that names a record, or else the first one; null when verified.
  const Finding* first() const;
};

// Takes the lines of an export in order. Holds one tile of records; time is dominated by ReadExportLine. What is
// verified when the report has no findings: the checkpoint is signed by a known key of its log; the records are exactly
// the leaves [from, to) of the tree that it signs; whatever else the lines say follows from the leaves; and every byte
// is as an exporter writes it. Not thread-safe.
class ExportVerifier {
 public:
  // `keys` may hold keys of several logs.
  explicit ExportVerifier(std::vector<VerifierKey> keys);

  // False when nothing that follows can matter any more: the manifest or its signature is wrong, or far more records
  // stand where a tile should end than a log can have there.
  bool Add(ExportLine line);

  // To be called once, after the last line.
  ExportReport Finish();

 private:
  struct FreeDigest {
    void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
  };
  struct Findings {
    std::vector<Finding> kept;
    uint64_t total = 0;

    void Add(Finding finding);
    void Add(std::vector<Finding> findings);
  };

  bool Begin(const ExportLine& line);
  void Take(const ExportLine& line);
  void TakeBad(const BadLine& bad);
  void TakeRecord(FoundRecord record);
  void TakeTile(const TileLine& tile);
  void TakeEnd(const EndLine& end);
  void CloseTilesBefore(uint64_t tile);
  void CloseTile(const std::vector<Hash>* hashes);
  void CompareIndexes();
  void Report(Damage damage, std::string text);
  void Judge();

  uint64_t tile_first() const;
  uint64_t tile_end() const;
  uint64_t tiles_end() const;  // one past the last tile of the range
  bool tiles_are_done() const { return tile_ >= tiles_end(); }

  const std::vector<VerifierKey> keys_;
  std::unique_ptr<EVP_MD_CTX, FreeDigest> digest_;  // of the lines so far; null from the end line on
  ExportReport report_;
  uint64_t line_ = 0;
  bool begun_ = false;
  bool ended_ = false;
  bool hopeless_ = false;
  bool digest_differs_ = false;
  uint64_t tile_ = 0;                      // the one under way
  std::vector<FoundRecord> found_;         // its records so far
  std::optional<RangeFolder> by_tiles_;    // of the tile lines' hashes; none when they cannot lead to a root
  std::optional<RangeFolder> by_records_;  // of the records' own hashes, likewise
  Findings if_tiles_;                      // what is wrong if the tile lines are right
  Findings if_records_;                    // what is wrong if the records are
  Findings others_;                        // what is wrong in either case
};

}  // namespace sallyport::audit
