#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "audit/hash.h"
#include "audit/proof.h"

// Exports: a range of the log as JSON Lines that anyone can verify offline with the log's public key
// (docs/export-format.md). The same records under the same checkpoint give the same bytes.
namespace sallyport::audit {

struct ExportRange {
  uint64_t from = 0;      // first index
  uint64_t to = 0;        // one past the last; from < to <= the checkpoint's size
  bool personal = false;  // says in the manifest that records carry their opened personal fields
};

// One record as the log has it.
struct ExportRecord {
  absl::string_view leaf;      // the stored bytes, at most kEntryBytesMax
  Hash leaf_hash{};            // the stored leaf hash. It is not recomputed: what does not fit shows in verification
  absl::string_view personal;  // salt (32 bytes) and serialised Personal, as OpenPersonal gives them; kErasedPersonal
                               // (export_line.h) for somebody who was erased; may be empty
};

// Writes an export line by line: hand each returned string to the file or stream, in order. Holds one tile of hashes
// and does no I/O but for reading the range proof in Begin. Not thread-safe.
//
//   std::string lines;
//   SP_ASSIGN_OR_RETURN(ExportWriter writer, ExportWriter::Begin(range, checkpoint, reader, &lines));
//   for (each record) SP_RETURN_IF_ERROR(writer.Add(record, &lines)); … hand on and clear `lines` whenever it is large
//   SP_RETURN_IF_ERROR(writer.Finish(&lines));
class ExportWriter {
 public:
  // Appends the manifest to `lines`. `checkpoint_note` is the log's own signed checkpoint and is not verified; `reader`
  // serves the tree of its size and is not used afterwards. INVALID_ARGUMENT unless from < to <= size.
  static absl::StatusOr<ExportWriter> Begin(const ExportRange& range, absl::string_view checkpoint_note,
                                            NodeReader& reader, std::string* lines);

  // Appends the lines of the next record; the first is `from`. INVALID_ARGUMENT for a leaf that is too long, for
  // personal fields in an export that is not said to have them or that are not salt and Personal; OUT_OF_RANGE after
  // the last record of the range.
  absl::Status Add(const ExportRecord& record, std::string* lines);

  // Appends the end line. FAILED_PRECONDITION unless every record of the range was added.
  absl::Status Finish(std::string* lines);

  uint64_t next() const { return next_; }  // index of the record that Add expects
  const ExportRange& range() const { return range_; }

 private:
  struct FreeDigest {
    void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
  };
  explicit ExportWriter(const ExportRange& range);
  void Append(absl::string_view line, std::string* lines);

  ExportRange range_;
  uint64_t next_ = 0;
  std::string tile_;  // leaf hashes of the tile under way
  std::unique_ptr<EVP_MD_CTX, FreeDigest> digest_;
};

}  // namespace sallyport::audit
