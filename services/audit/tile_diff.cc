#include "audit/tile_diff.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "audit/limits.h"

namespace sallyport::audit {
namespace {

// The comparison of one tile. `place_of_[j]` is where found record j belongs, `is_there_[i]` whether record i was
// found.
class Comparison {
 public:
  Comparison(uint64_t first, absl::Span<const Hash> expected, absl::Span<const FoundRecord> found)
      : first_(first), expected_(expected), found_(found), place_of_(found.size()), is_there_(expected.size()) {}

  std::vector<Finding> Run() {
    Align();
    ReportMatches();
    ReportMoves();
    ReportGaps();
    // What is missing before a line comes before what is in it.
    const auto place = [](const Finding& finding) {
      return std::make_pair(finding.line, finding.damage != Damage::kRemoved);
    };
    std::stable_sort(findings_.begin(), findings_.end(),
                     [&](const Finding& a, const Finding& b) { return place(a) < place(b); });
    return std::move(findings_);
  }

 private:
  bool Same(size_t i, size_t j) const { return found_[j].hash.has_value() && *found_[j].hash == expected_[i]; }

  void Match(size_t i, size_t j) {
    place_of_[j] = i;
    is_there_[i] = true;
  }

  // What a pairing is worth: as many equal hashes as possible, and among records of equal bytes those that claim the
  // index. 0: they are not equal.
  uint32_t Worth(size_t i, size_t j) const {
    if (!Same(i, j)) return 0;
    return static_cast<uint32_t>(kExportTileRecordsMax) + (found_[j].index == first_ + i ? 1 : 0);
  }

  // A longest common subsequence: what stands in its order. Ends that agree are taken first, so that little is left.
  void Align() {
    const auto agree = [&](size_t i, size_t j) { return Same(i, j) && found_[j].index == first_ + i; };
    size_t begin = 0;
    while (begin < expected_.size() && begin < found_.size() && agree(begin, begin)) {
      Match(begin, begin);
      ++begin;
    }
    size_t i = expected_.size(), j = found_.size();
    while (i > begin && j > begin && agree(i - 1, j - 1)) Match(--i, --j);
    AlignMiddle(begin, i, j);
    in_order_ = place_of_;
  }

  void AlignMiddle(size_t begin, size_t i_end, size_t j_end) {
    const size_t rows = i_end - begin, columns = j_end - begin;
    std::vector<uint32_t> worth((rows + 1) * (columns + 1), 0);
    const auto at = [&](size_t row, size_t column) -> uint32_t& { return worth[row * (columns + 1) + column]; };
    const auto paired = [&](size_t i, size_t j) {
      const uint32_t own = Worth(begin + i, begin + j);
      return own == 0 ? 0 : own + at(i + 1, j + 1);
    };
    for (size_t i = rows; i-- > 0;) {
      for (size_t j = columns; j-- > 0;) at(i, j) = std::max({paired(i, j), at(i + 1, j), at(i, j + 1)});
    }
    for (size_t i = 0, j = 0; i < rows && j < columns;) {
      if (at(i, j) == paired(i, j) && Same(begin + i, begin + j)) {
        Match(begin + i++, begin + j++);
      } else if (at(i + 1, j) >= at(i, j + 1)) {
        ++i;
      } else {
        ++j;
      }
    }
  }

  void Report(Damage damage, uint64_t index, uint64_t line, std::string text) {
    findings_.push_back({damage, index, line, std::move(text), std::nullopt, std::nullopt});
  }

  void ReportMatches() {
    for (size_t j = 0; j < found_.size(); ++j) {
      if (!place_of_[j]) continue;
      const FoundRecord& record = found_[j];
      const uint64_t index = first_ + *place_of_[j];
      if (record.index != index) {
        Report(
            Damage::kRenumbered, index, record.line,
            absl::StrCat("record ", index, " was renumbered: line ", record.line, " says that it is ", record.index));
      } else if (!record.problem.empty()) {
        Report(Damage::kChanged, index, record.line,
               absl::StrCat("record ", index, " was changed in line ", record.line, ": ", record.problem));
      }
    }
  }

  // Records of this tile that are there, but out of order.
  void ReportMoves() {
    for (size_t j = 0; j < found_.size(); ++j) {
      for (size_t i = 0; !place_of_[j] && i < expected_.size(); ++i) {
        if (is_there_[i] || !Same(i, j)) continue;
        Match(i, j);
        Report(
            Damage::kReordered, first_ + i, found_[j].line,
            absl::StrCat("record ", first_ + i, " was reordered: it stands in line ", found_[j].line, ", ", Where(j)));
      }
    }
  }

  // Where found record j stands, told by the last record before it that stands in its order.
  std::string Where(size_t j) const {
    while (j > 0 && !in_order_[j - 1]) --j;
    return j == 0 ? absl::StrCat("before record ", first_) : absl::StrCat("after record ", first_ + *in_order_[j - 1]);
  }

  // Between two records that stand in their order, what is missing and what is too much.
  void ReportGaps() {
    size_t i = 0, j = 0;
    while (true) {
      size_t j_end = j;
      while (j_end < found_.size() && !in_order_[j_end]) ++j_end;
      const size_t i_end = j_end == found_.size() ? expected_.size() : *in_order_[j_end];
      ReportGap(i, i_end, j, j_end);
      if (j_end == found_.size()) return;
      i = i_end + 1;
      j = j_end + 1;
    }
  }

  void ReportGap(size_t i_begin, size_t i_end, size_t j_begin, size_t j_end) {
    std::vector<size_t> missing, extra;
    for (size_t i = i_begin; i < i_end; ++i) {
      if (!is_there_[i]) missing.push_back(i);
    }
    for (size_t j = j_begin; j < j_end; ++j) {
      if (!place_of_[j]) extra.push_back(j);
    }
    // First by the index that a record claims, then in order: where both sides have one left, it was changed.
    const auto pair_up = [&](bool by_index) {
      for (auto j = extra.begin(); j != extra.end();) {
        const auto i = std::find_if(missing.begin(), missing.end(),
                                    [&](size_t at) { return !by_index || first_ + at == found_[*j].index; });
        if (i == missing.end()) {
          ++j;
          continue;
        }
        ReportChange(*i, *j);
        missing.erase(i);
        j = extra.erase(j);
      }
    };
    pair_up(true);
    pair_up(false);
    const uint64_t line = j_end < found_.size() ? found_[j_end].line : found_.empty() ? 0 : found_.back().line + 1;
    for (const size_t i : missing) {
      Report(Damage::kRemoved, first_ + i, line, absl::StrCat("record ", first_ + i, " was removed"));
      findings_.back().expected = expected_[i];
    }
    for (const size_t j : extra) ReportInsertion(j);
  }

  void ReportChange(size_t i, size_t j) {
    const FoundRecord& record = found_[j];
    const std::string& problem = record.problem.empty() ? "its leaf is not the one in the log" : record.problem;
    Report(Damage::kChanged, first_ + i, record.line,
           absl::StrCat("record ", first_ + i, " was changed in line ", record.line, ": ", problem));
    findings_.back().expected = expected_[i];
    findings_.back().found = record.hash;
  }

  void ReportInsertion(size_t j) {
    const FoundRecord& record = found_[j];
    std::string what = absl::StrCat("a record that says it is ", record.index);
    for (size_t i = 0; i < expected_.size(); ++i) {
      if (Same(i, j)) what = absl::StrCat("a copy of record ", first_ + i);
    }
    Report(Damage::kInserted, record.index, record.line,
           absl::StrCat(what, " was inserted in line ", record.line, ", ", Where(j)));
    findings_.back().found = record.hash;
  }

  const uint64_t first_;
  const absl::Span<const Hash> expected_;
  const absl::Span<const FoundRecord> found_;
  std::vector<std::optional<size_t>> place_of_;
  std::vector<std::optional<size_t>> in_order_;  // place_of_ before moved records were recognised
  std::vector<bool> is_there_;
  std::vector<Finding> findings_;
};

}  // namespace

absl::string_view DamageName(Damage damage) {
  switch (damage) {
    case Damage::kChanged:
      return "changed";
    case Damage::kRemoved:
      return "removed";
    case Damage::kInserted:
      return "inserted";
    case Damage::kReordered:
      return "reordered";
    case Damage::kRenumbered:
      return "renumbered";
    case Damage::kTile:
      return "tile";
    case Damage::kManifest:
      return "manifest";
    case Damage::kEnd:
      return "end";
    case Damage::kTruncated:
      return "truncated";
    case Damage::kTrailing:
      return "trailing";
    case Damage::kSignature:
      return "signature";
    case Damage::kRoot:
      return "root";
  }
  return "unknown";
}

std::vector<Finding> CompareTile(uint64_t first, absl::Span<const Hash> expected, absl::Span<const FoundRecord> found) {
  return Comparison(first, expected, found).Run();
}

void JoinMoves(std::vector<Finding>& findings) {
  struct Home {
    size_t finding;
    uint64_t index;
  };
  std::map<Hash, Home> homes;  // where each hash should have been
  for (size_t i = 0; i < findings.size(); ++i) {
    if (findings[i].expected) homes.emplace(*findings[i].expected, Home{i, *findings[i].index});
  }
  std::vector<bool> explained(findings.size());  // a removal whose record turned up elsewhere
  for (Finding& finding : findings) {
    const auto found = finding.found ? homes.find(*finding.found) : homes.end();
    if (found == homes.end()) continue;
    const Home home = found->second;
    if (findings[home.finding].damage == Damage::kRemoved) explained[home.finding] = true;
    const std::string place =
        finding.damage == Damage::kChanged ? absl::StrCat(" in the place of record ", *finding.index) : std::string();
    finding.damage = Damage::kReordered;
    finding.index = home.index;
    finding.text = absl::StrCat("record ", home.index, " was reordered: it stands in line ", finding.line, place);
  }
  size_t kept = 0;
  for (size_t i = 0; i < findings.size(); ++i) {
    if (explained[i]) continue;
    if (kept != i) findings[kept] = std::move(findings[i]);
    ++kept;
  }
  findings.resize(kept);
}

}  // namespace sallyport::audit
