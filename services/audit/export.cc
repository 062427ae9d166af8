#include "audit/export.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "audit/checkpoint.h"
#include "audit/export_line.h"
#include "audit/limits.h"
#include "audit/range_proof.h"
#include "audit/sealer.h"
#include "audit/tile.h"
#include "base/status.h"

namespace sallyport::audit {

ExportWriter::ExportWriter(const ExportRange& range) : range_(range), next_(range.from), digest_(EVP_MD_CTX_new()) {
  SP_CHECK(digest_ != nullptr && EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) == 1);
}

absl::StatusOr<ExportWriter> ExportWriter::Begin(const ExportRange& range, absl::string_view checkpoint_note,
                                                 NodeReader& reader, std::string* lines) {
  SP_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpointUnverified(checkpoint_note));
  if (range.from >= range.to || range.to > checkpoint.size) {
    return absl::InvalidArgumentError(absl::StrCat("records ", range.from, " to ", range.to, " of a log of ",
                                                   checkpoint.size, ": expected from < to <= ", checkpoint.size));
  }
  ManifestLine manifest{range.from, range.to, range.personal, std::string(checkpoint_note), {}};
  SP_ASSIGN_OR_RETURN(manifest.proof, MakeRangeProof(range.from, range.to, checkpoint.size, reader));
  SP_ASSIGN_OR_RETURN(const std::string line, FormatManifestLine(manifest));
  ExportWriter writer(range);
  writer.Append(line, lines);
  return writer;
}

absl::Status ExportWriter::Add(const ExportRecord& record, std::string* lines) {
  if (next_ >= range_.to) return absl::OutOfRangeError(absl::StrCat("the export ends before record ", range_.to));
  if (record.leaf.size() > kEntryBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("record ", next_, " has ", record.leaf.size(), " bytes: at most ", kEntryBytesMax, " fit"));
  }
  const bool fits = record.personal == kErasedPersonal ||
                    (record.personal.size() >= std::tuple_size_v<Salt> &&
                     record.personal.size() <= std::tuple_size_v<Salt> + kPersonalBytesMax);
  if (!record.personal.empty() && (!range_.personal || !fits)) {
    return absl::InvalidArgumentError(
        absl::StrCat("record ", next_, ": ", record.personal.size(), " bytes of personal fields were not expected"));
  }
  Append(FormatRecordLine(next_, record.leaf, record.leaf_hash, record.personal), lines);
  absl::StrAppend(&tile_, HashBytes(record.leaf_hash));
  ++next_;
  if (next_ % kTileWidth == 0 || next_ == range_.to) {
    Append(FormatTileLine((next_ - 1) / kTileWidth, tile_), lines);
    tile_.clear();
  }
  return absl::OkStatus();
}

absl::Status ExportWriter::Finish(std::string* lines) {
  if (next_ != range_.to || digest_ == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat("records up to ", next_, " of ", range_.to, " were added"));
  }
  EndLine end{range_.to - range_.from, {}};
  SP_CHECK(EVP_DigestFinal_ex(digest_.get(), end.sha256.data(), nullptr) == 1);
  digest_.reset();
  *lines += FormatEndLine(end);
  return absl::OkStatus();
}

void ExportWriter::Append(absl::string_view line, std::string* lines) {
  SP_CHECK(EVP_DigestUpdate(digest_.get(), line.data(), line.size()) == 1);
  absl::StrAppend(lines, line);
}

}  // namespace sallyport::audit
