#include "storage/sqlite_find.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace sallyport::storage {
namespace {

constexpr char kLogTime[] = "SELECT idx, time FROM log WHERE idx >= ?1 ORDER BY idx LIMIT 1";
constexpr char kAnswerTime[] = "SELECT idx, time FROM answer WHERE idx >= ?1 ORDER BY idx LIMIT 1";
constexpr char kBlocksDown[] = "SELECT first, block FROM posting WHERE term = ?1 AND first <= ?2 ORDER BY first DESC";
constexpr char kBlocksUp[] = "SELECT first, block FROM posting WHERE term = ?1 AND first >= ?2 ORDER BY first";
constexpr int kStepsBeforeLeap = 4;  // a leap costs about as much as this many steps to the next block

using Found = absl::StatusOr<std::optional<uint64_t>>;

// The first index in [first, end) from which on times are at least `since`. `probe` is kLogTime or kAnswerTime.
absl::StatusOr<uint64_t> FirstSince(Database& database, const char* probe, uint64_t first, uint64_t end,
                                    absl::Time since) {
  const int64_t since_ns = absl::ToUnixNanos(since);
  SP_ASSIGN_OR_RETURN(auto statement, database.Prepare(probe));
  while (first < end) {
    const uint64_t middle = first + (end - first) / 2;
    statement->Bind(1, middle);
    SP_ASSIGN_OR_RETURN(const bool row, statement->Step());
    if (row && statement->Unsigned(0) < end && statement->Int(1) < since_ns) {
      first = statement->Unsigned(0) + 1;
    } else {
      end = middle;
    }
    statement->Reset();
  }
  return first;
}

// Walks over the entries of one term, in one direction.
class TermCursor {
 public:
  TermCursor(Database* database, TermId term, const PostingTail::View* view, const std::vector<uint32_t>* growing,
             bool down)
      : database_(database), term_(term), posted_(view->posted), down_(down) {
    if (view->leaving != nullptr) young_[0] = {view->leaving->begin, view->leaving->List(term)};
    young_[1] = {view->growing_begin, *growing};
  }

  // The nearest entry at or beyond `target`, which does not move back from one call to the next.
  Found Seek(uint64_t target) { return down_ ? SeekDown(target) : SeekUp(target); }

 private:
  struct YoungList {
    uint64_t begin = 0;
    absl::Span<const uint32_t> offsets;

    std::optional<uint64_t> AtOrBelow(uint64_t target) const {
      if (offsets.empty() || begin + offsets.front() > target) return std::nullopt;
      const auto above = std::upper_bound(offsets.begin(), offsets.end(), target - begin);
      return begin + *(above - 1);
    }
    std::optional<uint64_t> AtOrAbove(uint64_t target) const {
      if (offsets.empty() || begin + offsets.back() < target) return std::nullopt;
      return begin + *std::lower_bound(offsets.begin(), offsets.end(), target > begin ? target - begin : 0);
    }
  };

  Found SeekDown(uint64_t target) {
    for (size_t i : {1, 0}) {
      if (const auto found = young_[i].AtOrBelow(target)) return found;
    }
    if (posted_ == 0) return std::nullopt;
    target = std::min(target, posted_ - 1);
    for (int steps = 0; block_.empty() || block_.front() > target; ++steps) {
      if (exhausted_) return std::nullopt;
      SP_RETURN_IF_ERROR(LoadNext(kBlocksDown, steps % kStepsBeforeLeap == 0 && steps > 0, target, target));
    }
    return *(std::upper_bound(block_.begin(), block_.end(), target) - 1);
  }

  Found SeekUp(uint64_t target) {
    for (int steps = 0; target < posted_ && !exhausted_ && (block_.empty() || block_.back() < target); ++steps) {
      uint64_t from = 0;
      const bool leap = !statement_.has_value() || (steps > 0 && steps % kStepsBeforeLeap == 0);
      if (leap) {
        SP_ASSIGN_OR_RETURN(from, BlockHolding(target));
      }
      SP_RETURN_IF_ERROR(LoadNext(kBlocksUp, leap, from, posted_ - 1));
    }
    if (target < posted_ && !exhausted_) return *std::lower_bound(block_.begin(), block_.end(), target);
    for (const YoungList& list : young_) {
      if (const auto found = list.AtOrAbove(target)) return found;
    }
    return std::nullopt;
  }

  // The next block in the walk, which starts at `from` the first time and after a leap. Blocks that begin after `last`
  // are of no use: downwards they lie behind the target, upwards they are not complete.
  absl::Status LoadNext(const char* sql, bool leap, uint64_t from, uint64_t last) {
    if (!statement_.has_value()) {
      SP_ASSIGN_OR_RETURN(auto statement, database_->Prepare(sql));
      statement_.emplace(std::move(statement));
      leap = true;
    }
    Statement& statement = **statement_;
    if (leap) {
      statement.Reset();
      statement.Bind(1, int64_t{term_});
      statement.Bind(2, from);
    }
    block_.clear();
    SP_ASSIGN_OR_RETURN(const bool row, statement.Step());
    const uint64_t first = row ? statement.Unsigned(0) : 0;
    if (!row || (!down_ && first > last)) {
      exhausted_ = true;
      return absl::OkStatus();
    }
    if (down_ && first > last) return absl::OkStatus();
    SP_ASSIGN_OR_RETURN(block_, DecodeBlock(first, statement.Bytes(1)));
    return absl::OkStatus();
  }

  // Where the block begins that `target` would be in; 0 when it is before all blocks.
  absl::StatusOr<uint64_t> BlockHolding(uint64_t target) {
    SP_ASSIGN_OR_RETURN(auto statement, database_->Prepare(kBlocksDown));
    statement->Bind(1, int64_t{term_});
    statement->Bind(2, target);
    SP_ASSIGN_OR_RETURN(const bool row, statement->Step());
    return row ? statement->Unsigned(0) : 0;
  }

  Database* database_;
  TermId term_;
  uint64_t posted_;
  bool down_;
  std::array<YoungList, 2> young_;  // in ascending order
  std::optional<Database::Lease> statement_;
  std::vector<uint64_t> block_;
  bool exhausted_ = false;  // no more blocks on disk in this direction
};

// Entries that have at least one of several terms.
class GroupCursor {
 public:
  explicit GroupCursor(bool down) : down_(down) {}
  void Add(TermCursor cursor) { members_.push_back({std::move(cursor), std::nullopt, false}); }

  Found Seek(uint64_t target) {
    std::optional<uint64_t> nearest;
    for (Member& member : members_) {
      if (member.ended) continue;
      const bool stale = !member.at.has_value() || (down_ ? *member.at > target : *member.at < target);
      if (stale) {
        SP_ASSIGN_OR_RETURN(member.at, member.cursor.Seek(target));
        member.ended = !member.at.has_value();
        if (member.ended) continue;
      }
      if (!nearest || (down_ ? *member.at > *nearest : *member.at < *nearest)) nearest = member.at;
    }
    return nearest;
  }

 private:
  struct Member {
    TermCursor cursor;
    std::optional<uint64_t> at;
    bool ended;
  };
  bool down_;
  std::vector<Member> members_;
};

absl::StatusOr<std::vector<uint64_t>> Intersect(std::vector<GroupCursor>& groups, uint64_t first, uint64_t end,
                                                bool down, size_t limit) {
  std::vector<uint64_t> found;
  if (first >= end) return found;
  uint64_t position = down ? end - 1 : first;
  while (found.size() < limit) {
    for (size_t agreed = 0; agreed < groups.size();) {
      SP_ASSIGN_OR_RETURN(const std::optional<uint64_t> at, groups[agreed].Seek(position));
      if (!at || *at < first || *at >= end) return found;
      agreed = *at == position || agreed == 0 ? agreed + 1 : 0;
      position = *at;
    }
    found.push_back(position);
    if (position == (down ? first : end - 1)) break;
    position = down ? position - 1 : position + 1;
  }
  return found;
}

struct ResolvedQuery {
  std::vector<std::vector<size_t>> groups;  // places in `terms`
  std::vector<TermId> terms;
  bool nothing = false;  // a group without a term that any entry has
};

absl::StatusOr<ResolvedQuery> Resolve(Database& database, const Query& query) {
  ResolvedQuery resolved;
  size_t terms = 0;
  SP_ASSIGN_OR_RETURN(auto find, database.Prepare("SELECT id FROM term WHERE text = ?1"));
  for (const std::vector<std::string>& group : query.groups) {
    terms += group.size();
    if (terms > kQueryTermsMax) {
      return absl::InvalidArgumentError(absl::StrCat("a query may have ", kQueryTermsMax, " terms"));
    }
    std::vector<size_t>& places = resolved.groups.emplace_back();
    for (const std::string& term : group) {
      find->BindText(1, term);
      SP_ASSIGN_OR_RETURN(const bool known, find->Step());
      if (known) {
        places.push_back(resolved.terms.size());
        resolved.terms.push_back(static_cast<TermId>(find->Int(0)));
      }
      find->Reset();
    }
    if (places.empty()) resolved.nothing = true;
  }
  return resolved;
}

}  // namespace

absl::StatusOr<std::vector<uint64_t>> FindEntries(Database& database, const PostingTail& tail, const Query& query) {
  SP_ASSIGN_OR_RETURN(const ResolvedQuery resolved, Resolve(database, query));
  if (resolved.nothing || query.limit == 0) return std::vector<uint64_t>();
  // The view first and the database's snapshot after it: what left memory in between is on disk twice, never missing.
  const PostingTail::View view = tail.Read(resolved.terms);
  SP_RETURN_IF_ERROR(database.Execute("BEGIN"));
  const absl::Cleanup end_snapshot = [&database] { database.Execute("COMMIT").IgnoreError(); };

  uint64_t first = query.first;
  uint64_t end = std::min(query.end, view.end);
  if (query.from) {
    SP_ASSIGN_OR_RETURN(first, FirstSince(database, kLogTime, first, end, *query.from));
  }
  if (query.until) {
    SP_ASSIGN_OR_RETURN(end, FirstSince(database, kLogTime, first, end, *query.until));
  }
  std::vector<GroupCursor> groups;
  for (const std::vector<size_t>& places : resolved.groups) {
    GroupCursor& group = groups.emplace_back(query.newest_first);
    for (const size_t place : places) {
      group.Add(TermCursor(&database, resolved.terms[place], &view, &view.growing[place], query.newest_first));
    }
  }
  return Intersect(groups, first, end, query.newest_first, query.limit);
}

absl::StatusOr<uint64_t> FirstAnswerSince(Database& database, uint64_t end, absl::Time since) {
  return FirstSince(database, kAnswerTime, 0, end, since);
}

}  // namespace sallyport::storage
