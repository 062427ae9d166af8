#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "audit/hash.h"
#include "audit/range_proof.h"

// The lines of an export (docs/export-format.md): written in one spelling, and read strictly. Pure functions, safe from
// any thread, so that lines can be read in parallel and then judged in order (export_verifier.h).
namespace sallyport::audit {

// What stands for the personal fields of a record whose person was erased. The exporter says so; the log's own record of
// the erasure is the evidence.
inline constexpr absl::string_view kErasedPersonal = "erased";

struct ManifestLine {
  uint64_t from = 0;
  uint64_t to = 0;
  bool personal = false;
  std::string checkpoint;  // the signed note, verbatim
  RangeProof proof;
};

struct RecordLine {
  uint64_t index = 0;
  Hash leaf_hash{};  // computed from the leaf, not what the line claims
  bool personal = false;
  bool erased = false;  // with `personal`: the fields of somebody who was erased
  std::string problem;  // empty, or what in the line does not follow from its leaf
};

struct TileLine {
  uint64_t tile = 0;
  std::vector<Hash> hashes;
};

struct EndLine {
  uint64_t records = 0;
  Hash sha256{};
};

// A line that is none of the above, or spelled as no exporter spells it; `looks_like` guesses what it was.
struct BadLine {
  enum Kind { kManifest, kRecord, kTile, kEnd } looks_like = kRecord;
  std::string problem;
};

struct ExportLine {
  std::string text;  // with its newline
  std::variant<BadLine, ManifestLine, RecordLine, TileLine, EndLine> content;
};

// Reads a line with its newline and recomputes what can be recomputed from it alone: the leaf's hash, the decoded view
// and the commitment to personal fields. About 10 µs for a record of 1 KiB.
ExportLine ReadExportLine(std::string text);

// INVALID_ARGUMENT unless `manifest.checkpoint` is a checkpoint; its signature is not verified.
absl::StatusOr<std::string> FormatManifestLine(const ManifestLine& manifest);
// `leaf_hash` is written as given. `personal` is salt and serialised Personal, kErasedPersonal, or empty.
std::string FormatRecordLine(uint64_t index, absl::string_view leaf, const Hash& leaf_hash, absl::string_view personal);
std::string FormatTileLine(uint64_t tile, absl::string_view hashes);  // 32 bytes a hash
std::string FormatEndLine(const EndLine& end);

}  // namespace sallyport::audit
