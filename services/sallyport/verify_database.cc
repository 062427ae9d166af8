#include "sallyport/verify_database.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "audit/checkpoint.h"
#include "audit/compact_range.h"
#include "audit/limits.h"
#include "audit/proof.h"
#include "audit/tile.h"
#include "base/status.h"
#include "storage/sqlite_store.h"

namespace sallyport::cli {
namespace {

using audit::Damage;
using audit::Hash;
using audit::kTileWidth;

constexpr size_t kTilesAtOnce = 64;     // 16,384 records a round, shared by the cores
constexpr size_t kSwapSearchesMax = 4;  // each costs about a second

class StoreReader final : public audit::NodeReader {
 public:
  explicit StoreReader(storage::Store& store) : store_(store) {}
  absl::StatusOr<std::vector<Hash>> ReadHashes(uint32_t level, uint64_t first, uint32_t count) override {
    return store_.ReadHashes(level, first, count);
  }

 private:
  storage::Store& store_;
};

// One record as it is stored: nothing where there is none, or none that can be read.
struct StoredRecord {
  std::optional<Hash> stored;    // the hash beside it
  std::optional<Hash> computed;  // the hash of its bytes
  bool missing = false;
};

struct StoredTile {
  absl::Status status;  // not OK when the store cannot be read at all
  std::vector<StoredRecord> records;
  std::optional<Hash> node;  // the stored root, where the tile is full and has one
};

StoredTile ReadTile(storage::Store& store, uint64_t first, uint64_t end) {
  StoredTile tile;
  const auto visit = [&](uint64_t, storage::Entry entry) {
    tile.records.push_back({entry.leaf_hash, audit::LeafHash(entry.leaf), false});
    return true;
  };
  while (tile.records.size() < end - first) {
    // Stops where a record is missing or damaged; that one is then looked at by itself.
    store.ReadEntries(first + tile.records.size(), end, visit).IgnoreError();
    if (tile.records.size() == end - first) break;
    const auto entry = store.ReadEntry(first + tile.records.size());
    if (!entry.ok() && !absl::IsNotFound(entry.status()) && !absl::IsDataLoss(entry.status())) {
      tile.status = entry.status();
      return tile;
    }
    if (entry.ok())
      visit(0, *entry);
    else
      tile.records.push_back({std::nullopt, std::nullopt, absl::IsNotFound(entry.status())});
  }
  if (end - first == kTileWidth) {
    if (const auto node = store.ReadHashes(1, first / kTileWidth, 1); node.ok()) tile.node = node->front();
  }
  return tile;
}

// Two hashes of a tile that lead to its root when they change places.
std::optional<std::pair<size_t, size_t>> FindSwap(std::vector<Hash> hashes, const Hash& root) {
  for (size_t i = 0; i < hashes.size(); ++i) {
    for (size_t j = i + 1; j < hashes.size(); ++j) {
      std::swap(hashes[i], hashes[j]);
      if (audit::TileRootHash(hashes) == root) return std::make_pair(i, j);
      std::swap(hashes[i], hashes[j]);
    }
  }
  return std::nullopt;
}

class StoreVerifier {
 public:
  StoreVerifier(storage::Store& store, const std::vector<audit::VerifierKey>& keys, VerifyReport& report)
      : store_(store), reader_(store), keys_(keys), report_(report) {}

  absl::Status Run() {
    SP_ASSIGN_OR_RETURN(const storage::Head head, store_.ReadHead());
    if (!OpenHead(head)) return absl::OkStatus();
    SP_RETURN_IF_ERROR(CheckRecords());
    CheckRoots();
    return CheckNothingFollows();
  }

 private:
  bool OpenHead(const storage::Head& head) {
    auto opened = audit::OpenCheckpoint(head.checkpoint, keys_);
    if (!opened.ok()) {
      report_.Add(Damage::kSignature, absl::StrCat("the checkpoint is not believed: ", opened.status().message()));
      return false;
    }
    report_.checkpoint = std::move(opened->checkpoint);
    report_.to = report_.checkpoint.size;
    if (head.size != report_.to) {
      report_.Add(Damage::kManifest, absl::StrCat("the database says that it has ", head.size,
                                                  " records, its signed checkpoint says ", report_.to));
    }
    return true;
  }

  absl::Status CheckRecords() {
    Progress progress("records", report_.to);
    const uint64_t tiles = (report_.to + kTileWidth - 1) / kTileWidth;
    for (uint64_t tile = 0; tile < tiles; tile += kTilesAtOnce) {
      std::vector<StoredTile> read(std::min<uint64_t>(kTilesAtOnce, tiles - tile));
      InParallel(read.size(), [&](size_t i) {
        const uint64_t first = (tile + i) * kTileWidth;
        read[i] = ReadTile(store_, first, std::min(first + kTileWidth, report_.to));
      });
      for (size_t i = 0; i < read.size(); ++i) {
        SP_RETURN_IF_ERROR(read[i].status);
        CheckTile(tile + i, read[i]);
      }
      progress.Show(std::min(report_.to, (tile + kTilesAtOnce) * kTileWidth));
    }
    return absl::OkStatus();
  }

  void CheckTile(uint64_t tile, const StoredTile& read) {
    const uint64_t before = report_.findings_total;
    std::vector<Hash> computed;
    for (size_t i = 0; i < read.records.size(); ++i) {
      CheckRecord(tile * kTileWidth + i, read.records[i], read.records);
      if (read.records[i].computed) computed.push_back(*read.records[i].computed);
    }
    Fold(read);
    const bool whole = report_.findings_total == before;
    if (whole && read.node && audit::TileRootHash(computed) != *read.node) CheckOrder(tile, computed, *read.node);
    if (report_.findings_total != before) damaged_.insert(tile);
    if (by_stored_) CheckNodes();
  }

  void CheckRecord(uint64_t index, const StoredRecord& record, absl::Span<const StoredRecord> tile) {
    if (record.missing) return report_.Add(Damage::kRemoved, index, absl::StrCat("record ", index, " was removed"));
    if (!record.computed)
      return report_.Add(Damage::kChanged, index, absl::StrCat("record ", index, " cannot be read"));
    if (record.computed == record.stored) return;
    const uint64_t first = index / kTileWidth * kTileWidth;
    for (size_t i = 0; i < tile.size(); ++i) {
      if (tile[i].stored != record.computed) continue;
      return report_.Add(
          Damage::kReordered, index,
          absl::StrCat("record ", index, " was reordered: in its place stand the bytes of record ", first + i));
    }
    report_.Add(Damage::kChanged, index,
                absl::StrCat("record ", index, " was changed: its bytes do not have the hash that stands beside them"));
  }

  // Every record agrees with the hash beside it, and yet they are not those that the tile's node was made of.
  void CheckOrder(uint64_t tile, const std::vector<Hash>& hashes, const Hash& node) {
    const uint64_t first = tile * kTileWidth, last = first + kTileWidth - 1;
    if (const auto swap = swap_searches_++ < kSwapSearchesMax ? FindSwap(hashes, node) : std::nullopt) {
      return report_.Add(Damage::kReordered, first + swap->first,
                         absl::StrCat("record ", first + swap->first, " was reordered: it and record ",
                                      first + swap->second, " stand in each other's place"));
    }
    report_.Add(Damage::kChanged, first,
                absl::StrCat("one of the records ", first, " to ", last,
                             " was changed together with the hash beside it, removed or inserted"));
  }

  void Fold(const StoredTile& read) {
    completed_.clear();
    for (const StoredRecord& record : read.records) {
      if (!record.stored) by_stored_.reset();
      if (!record.computed) by_computed_.reset();
      if (by_stored_) by_stored_->Append(*record.stored, &completed_);
      if (by_computed_) by_computed_->Append(*record.computed);
    }
  }

  // Stored nodes against those of the hashes below them, where nothing below is damaged already.
  void CheckNodes() {
    for (const audit::TileRoot& root : completed_) {
      const uint64_t tiles = uint64_t{1} << (8 * (root.level - 1));
      const auto damaged = damaged_.lower_bound(root.index * tiles);
      if (damaged != damaged_.end() && *damaged < (root.index + 1) * tiles) continue;
      const auto stored = store_.ReadHashes(root.level, root.index, 1);
      if (stored.ok() && stored->front() == root.hash) continue;
      report_.Add(Damage::kTile, absl::StrCat("node ", root.index, " of level ", root.level,
                                              stored.ok() ? " was changed" : " is missing or cannot be read",
                                              ": it is not that of its records"));
    }
  }

  void CheckRoots() {
    const Hash& root = report_.checkpoint.root;
    const bool computed = by_computed_ && by_computed_->Root() == root;
    const bool stored = by_stored_ && by_stored_->Root() == root;
    const auto nodes = audit::RootOf(report_.to, reader_);
    const bool by_nodes = nodes.ok() && *nodes == root;
    report_.certain = computed || stored || by_nodes;
    if (computed && stored && by_nodes) return;
    if (computed) {
      BlameHashes();
    } else if (report_.findings_total == 0 || (!report_.certain && by_stored_)) {
      report_.Add(Damage::kRoot, absl::StrCat("the records do not lead to the signed root ", audit::HashToHex(root)));
    }
  }

  // The records are those of the signed root: where a record and the hash beside it differ, it is the hash that is
  // wrong.
  void BlameHashes() {
    for (audit::Finding& finding : report_.findings) {
      if (!finding.index) continue;
      finding.damage = Damage::kTile;
      finding.text =
          absl::StrCat("the hash beside record ", *finding.index, " was changed; its bytes are those of the log");
    }
    if (report_.findings_total == 0) report_.Add(Damage::kTile, "the stored nodes do not lead to the signed root");
  }

  // A daemon may have committed meanwhile; what stands beyond its own head is nobody's.
  absl::Status CheckNothingFollows() {
    uint64_t end = 0;
    for (int attempt = 0; attempt < 10; ++attempt) {
      SP_ASSIGN_OR_RETURN(const storage::Head head, store_.ReadHead());
      end = std::max(head.size, report_.to);
      const auto entry = store_.ReadEntry(end);
      if (absl::IsNotFound(entry.status())) return absl::OkStatus();
      SP_ASSIGN_OR_RETURN(const storage::Head again, store_.ReadHead());
      if (again.size == head.size) break;
    }
    report_.Add(Damage::kInserted, end, absl::StrCat("record ", end, " was inserted after the end of the log"));
    return absl::OkStatus();
  }

  storage::Store& store_;
  StoreReader reader_;
  const std::vector<audit::VerifierKey>& keys_;
  VerifyReport& report_;
  std::optional<audit::CompactRange> by_stored_ = audit::CompactRange();    // none once a hash is not known
  std::optional<audit::CompactRange> by_computed_ = audit::CompactRange();  // likewise
  std::vector<audit::TileRoot> completed_;                                  // by the tile under way
  std::set<uint64_t> damaged_;                                              // tiles with findings
  size_t swap_searches_ = 0;
};

}  // namespace

absl::StatusOr<VerifyReport> VerifyStore(storage::Store& store, const std::vector<audit::VerifierKey>& keys) {
  VerifyReport report;
  SP_RETURN_IF_ERROR(StoreVerifier(store, keys, report).Run());
  return report;
}

absl::StatusOr<VerifyReport> VerifyDatabase(const std::string& path, const std::vector<audit::VerifierKey>& keys) {
  SP_ASSIGN_OR_RETURN(const auto store, storage::SqliteStore::Open(path, {.read_only = true, .index = false}));
  SP_ASSIGN_OR_RETURN(VerifyReport report, VerifyStore(*store, keys));
  report.what = absl::StrCat("database ", path);
  return report;
}

}  // namespace sallyport::cli
