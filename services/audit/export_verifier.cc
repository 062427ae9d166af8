#include "audit/export_verifier.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "audit/limits.h"
#include "audit/tile.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

// The hashes of records that may be a tile as they stand; nothing when one is unreadable or their number is wrong.
std::optional<std::vector<Hash>> HashesOf(const std::vector<FoundRecord>& found, uint64_t expected) {
  if (found.size() != expected) return std::nullopt;
  std::vector<Hash> hashes;
  hashes.reserve(found.size());
  for (const FoundRecord& record : found) {
    if (!record.hash) return std::nullopt;
    hashes.push_back(*record.hash);
  }
  return hashes;
}

// One way to the root ends where a tile's hashes are not known.
void Fold(const std::vector<Hash>* hashes, std::optional<RangeFolder>& folder) {
  if (hashes == nullptr) folder.reset();
  if (!folder) return;
  for (const Hash& hash : *hashes) folder->Add(hash);
}

bool LeadsTo(const Hash& root, const std::optional<RangeFolder>& folder) {
  if (!folder) return false;
  const auto folded = folder->Root();
  return folded.ok() && *folded == root;
}

}  // namespace

const Finding* ExportReport::first() const {
  for (const Finding& finding : findings) {
    if (finding.index) return &finding;
  }
  return findings.empty() ? nullptr : &findings.front();
}

void ExportVerifier::Findings::Add(Finding finding) {
  ++total;
  if (kept.size() < kFindingsMax) kept.push_back(std::move(finding));
}

void ExportVerifier::Findings::Add(std::vector<Finding> findings) {
  for (Finding& finding : findings) Add(std::move(finding));
}

ExportVerifier::ExportVerifier(std::vector<VerifierKey> keys) : keys_(std::move(keys)), digest_(EVP_MD_CTX_new()) {
  SP_CHECK(digest_ != nullptr && EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) == 1);
}

uint64_t ExportVerifier::tile_first() const { return std::max(report_.from, tile_ * kTileWidth); }
uint64_t ExportVerifier::tile_end() const { return std::min(report_.to, (tile_ + 1) * kTileWidth); }
uint64_t ExportVerifier::tiles_end() const { return (report_.to - 1) / kTileWidth + 1; }

void ExportVerifier::Report(Damage damage, std::string text) {
  others_.Add({damage, std::nullopt, line_, std::move(text), std::nullopt, std::nullopt});
}

bool ExportVerifier::Add(ExportLine line) {
  if (hopeless_) return false;
  ++line_;
  if (!begun_) {
    hopeless_ = !Begin(line);
  } else if (ended_) {
    Report(Damage::kTrailing, absl::StrCat("line ", line_, " follows the end line"));
    hopeless_ = true;
  } else {
    Take(line);
  }
  if (digest_ != nullptr) SP_CHECK(EVP_DigestUpdate(digest_.get(), line.text.data(), line.text.size()) == 1);
  return !hopeless_;
}

bool ExportVerifier::Begin(const ExportLine& line) {
  const auto* manifest = std::get_if<ManifestLine>(&line.content);
  if (manifest == nullptr) {
    const auto* bad = std::get_if<BadLine>(&line.content);
    Report(Damage::kManifest, absl::StrCat("line 1 is not the manifest of an export",
                                           bad == nullptr ? "" : absl::StrCat(": ", bad->problem)));
    return false;
  }
  auto opened = OpenCheckpoint(manifest->checkpoint, keys_);
  if (!opened.ok()) {
    Report(Damage::kSignature, absl::StrCat("the checkpoint is not believed: ", opened.status().message()));
    return false;
  }
  auto folder = RangeFolder::Make(manifest->from, manifest->to, opened->checkpoint.size, manifest->proof);
  if (!folder.ok() || manifest->from == manifest->to) {
    Report(Damage::kManifest,
           absl::StrCat("the manifest's range cannot be: ", folder.ok() ? "it is empty" : folder.status().message()));
    return false;
  }
  begun_ = true;
  report_.checkpoint = std::move(opened->checkpoint);
  report_.from = manifest->from;
  report_.to = manifest->to;
  tile_ = manifest->from / kTileWidth;
  by_tiles_ = *folder;
  by_records_ = *std::move(folder);
  return true;
}

void ExportVerifier::Take(const ExportLine& line) {
  if (const auto* record = std::get_if<RecordLine>(&line.content)) {
    if (record->personal && !record->erased && record->problem.empty()) ++report_.personal;
    TakeRecord({line_, record->index, record->leaf_hash, record->problem});
  } else if (const auto* tile = std::get_if<TileLine>(&line.content)) {
    TakeTile(*tile);
  } else if (const auto* end = std::get_if<EndLine>(&line.content)) {
    TakeEnd(*end);
  } else if (const auto* bad = std::get_if<BadLine>(&line.content)) {
    TakeBad(*bad);
  } else {
    Report(Damage::kManifest, absl::StrCat("line ", line_, " is a second manifest"));
  }
}

void ExportVerifier::TakeBad(const BadLine& bad) {
  const std::string what = absl::StrCat("line ", line_, " cannot be read: ", bad.problem);
  if (bad.looks_like == BadLine::kEnd) {
    Report(Damage::kEnd, what);
    CloseTilesBefore(tiles_end());
    digest_.reset();
    ended_ = true;
  } else if (bad.looks_like == BadLine::kManifest || tiles_are_done()) {
    Report(Damage::kTrailing, what);
  } else if (bad.looks_like == BadLine::kTile) {
    Report(Damage::kTile, what);
    CloseTile(nullptr);
  } else {
    // What follows the record before it, most likely.
    TakeRecord({line_, found_.empty() ? tile_first() : found_.back().index + 1, std::nullopt, bad.problem});
  }
}

void ExportVerifier::TakeRecord(FoundRecord record) {
  ++report_.records;
  if (tiles_are_done()) {
    others_.Add({Damage::kInserted, record.index, record.line,
                 absl::StrCat("a record that says it is ", record.index, " was inserted in line ", record.line,
                              ", after the last record of the range"),
                 std::nullopt, record.hash});
  } else if (found_.size() == kExportTileRecordsMax) {
    Report(Damage::kInserted,
           absl::StrCat("more than ", kExportTileRecordsMax, " records stand before the line of tile ", tile_,
                        ", which has ", tile_end() - tile_first()));
    hopeless_ = true;
  } else {
    found_.push_back(std::move(record));
  }
}

void ExportVerifier::TakeTile(const TileLine& tile) {
  if (tile.tile < tile_ || tile.tile >= tiles_end()) {
    return Report(Damage::kTile,
                  absl::StrCat("line ", line_, " is about tile ", tile.tile, ", which has no place there"));
  }
  CloseTilesBefore(tile.tile);
  const uint64_t expected = tile_end() - tile_first();
  if (tile.hashes.size() == expected) return CloseTile(&tile.hashes);
  Report(Damage::kTile, absl::StrCat("tile line ", line_, " has ", tile.hashes.size(), " hashes, expected ", expected));
  CloseTile(nullptr);
}

void ExportVerifier::TakeEnd(const EndLine& end) {
  CloseTilesBefore(tiles_end());
  const uint64_t expected = report_.to - report_.from;
  if (end.records != expected) {
    Report(Damage::kEnd, absl::StrCat("the end line counts ", end.records, " records, expected ", expected));
  }
  Hash digest;
  SP_CHECK(EVP_DigestFinal_ex(digest_.get(), digest.data(), nullptr) == 1);
  digest_.reset();
  digest_differs_ = digest != end.sha256;
  ended_ = true;
}

// Tiles without a line: their records are told apart by the indexes that they claim.
void ExportVerifier::CloseTilesBefore(uint64_t tile) {
  if (tile > tile_ && tile - tile_ > kFindingsMax) {
    Report(Damage::kTile, absl::StrCat("the lines of tiles ", tile_, " to ", tile - 1, " are missing"));
    by_tiles_.reset();
    by_records_.reset();
    found_.clear();
    tile_ = tile;
  }
  while (tile_ < tile) {
    Report(Damage::kTile, absl::StrCat("the line of tile ", tile_, " is missing"));
    const auto later = std::find_if(found_.begin(), found_.end(),
                                    [&](const FoundRecord& record) { return record.index >= tile_end(); });
    std::vector<FoundRecord> rest(std::make_move_iterator(later), std::make_move_iterator(found_.end()));
    found_.erase(later, found_.end());
    CloseTile(nullptr);
    found_ = std::move(rest);
  }
}

// Ends the tile under way; `hashes` are its line's, or null without a line that can be used.
void ExportVerifier::CloseTile(const std::vector<Hash>* hashes) {
  const uint64_t first = tile_first();
  const auto own = HashesOf(found_, tile_end() - first);
  const std::vector<Hash>* records = own ? &*own : nullptr;
  if (hashes != nullptr) if_tiles_.Add(CompareTile(first, *hashes, found_));
  if (records != nullptr) {
    const std::vector<Finding> regardless = CompareTile(first, *records, found_);
    if_records_.Add(regardless);
    if (hashes == nullptr) if_tiles_.Add(regardless);
    if (hashes != nullptr && *hashes != *records) {
      if_records_.Add({Damage::kTile, std::nullopt, line_,
                       absl::StrCat("the line of tile ", tile_, " was changed: it is not that of its records"),
                       std::nullopt, std::nullopt});
    }
  } else if (hashes == nullptr) {
    CompareIndexes();
  }
  Fold(hashes != nullptr ? hashes : records, by_tiles_);
  Fold(records, by_records_);
  found_.clear();
  ++tile_;
}

// The last resort, for a tile whose line is lost and whose records are not all there.
void ExportVerifier::CompareIndexes() {
  std::vector<bool> seen(tile_end() - tile_first());
  for (const FoundRecord& record : found_) {
    const bool fits = record.index >= tile_first() && record.index < tile_end() && !seen[record.index - tile_first()];
    if (fits) seen[record.index - tile_first()] = true;
    if (fits && record.problem.empty()) continue;
    const std::string what =
        fits ? absl::StrCat("record ", record.index, " was changed in line ", record.line, ": ", record.problem)
             : absl::StrCat("a record that says it is ", record.index, " was inserted in line ", record.line);
    others_.Add(
        {fits ? Damage::kChanged : Damage::kInserted, record.index, record.line, what, std::nullopt, std::nullopt});
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i]) continue;
    const uint64_t index = tile_first() + i;
    others_.Add(
        {Damage::kRemoved, index, line_, absl::StrCat("record ", index, " was removed"), std::nullopt, std::nullopt});
  }
}

ExportReport ExportVerifier::Finish() {
  if (!begun_ && line_ == 0) Report(Damage::kManifest, "the file is empty");
  if (begun_ && !ended_ && !hopeless_) {
    Report(Damage::kTruncated, absl::StrCat("the file was truncated: it ends with line ", line_, " after ",
                                            report_.records, " of ", report_.to - report_.from, " records"));
  }
  if (begun_) Judge();
  report_.findings = std::move(others_.kept);
  report_.findings_total = others_.total;
  const size_t before = report_.findings.size();
  JoinMoves(report_.findings);
  report_.findings_total -= before - report_.findings.size();
  std::stable_sort(report_.findings.begin(), report_.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.line < b.line; });
  return std::move(report_);
}

// Decides which of the two, tile lines or records, are the log's, and adds what is then wrong to others_.
void ExportVerifier::Judge() {
  const Hash& root = report_.checkpoint.root;
  report_.certain = true;
  Findings* wrong = &if_tiles_;
  if (!LeadsTo(root, by_tiles_)) {
    if (LeadsTo(root, by_records_)) {
      wrong = &if_records_;
    } else {
      report_.certain = false;
      if (tiles_are_done() && !hopeless_) {
        Report(Damage::kRoot,
               absl::StrCat("neither the tile lines nor the records lead to the signed root ", HashToBase64(root),
                            if_tiles_.total == 0 && others_.total == 0
                                ? ": records and their tile lines were changed together, or the range proof was"
                                : ""));
      }
    }
  }
  others_.Add(std::move(wrong->kept));
  others_.total += wrong->total - std::min<uint64_t>(wrong->total, kFindingsMax);
  if (digest_differs_ && others_.total == 0) {
    Report(Damage::kEnd, "the bytes are not those that the end line's SHA-256 is of");
  }
}

}  // namespace sallyport::audit
