#include "audit/tile.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "audit/encoding.h"
#include "audit/limits.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

// Six groups of three digits name 10^18 tiles; a log below 2^63 entries has fewer.
constexpr size_t kIndexGroupsMax = 6;

bool ParseIndex(absl::Span<const absl::string_view> groups, uint64_t& index) {
  if (groups.empty() || groups.size() > kIndexGroupsMax) return false;
  index = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    absl::string_view group = groups[i];
    if (i + 1 < groups.size()) {
      if (!absl::StartsWith(group, "x")) return false;
      group.remove_prefix(1);
    }
    if (group.size() != 3) return false;
    for (char c : group) {
      if (c < '0' || c > '9') return false;
      index = index * 10 + static_cast<uint64_t>(c - '0');
    }
  }
  return true;
}

// Hashes at a level of a log: floor(size / 256^level).
uint64_t HashesAt(uint32_t level, uint64_t size) { return level >= 8 ? 0 : size >> (8 * level); }

}  // namespace

std::string FormatTilePath(const TilePath& path) {
  std::string index = absl::StrFormat("%03d", path.index % 1000);
  for (uint64_t rest = path.index / 1000; rest > 0; rest /= 1000) {
    index = absl::StrFormat("x%03d/%s", rest % 1000, index);
  }
  return absl::StrCat("tile/", path.entries ? "entries" : absl::StrCat(path.level), "/", index,
                      path.width == kTileWidth ? "" : absl::StrCat(".p/", path.width));
}

absl::StatusOr<TilePath> ParseTilePath(absl::string_view text) {
  const auto malformed = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("tile path \"", absl::CHexEscape(text.substr(0, 80)), "\": expected tile/<level>/<index>[.p/<width>]"));
  };
  if (text.size() > 80) return malformed();
  std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  TilePath path;
  if (parts.size() < 3 || parts[0] != "tile") return malformed();
  if (parts[1] == "entries") {
    path.entries = true;
  } else {
    uint64_t level = 0;
    if (!ParseDecimal(parts[1], level) || level > kTileLevelMax) return malformed();
    path.level = static_cast<uint32_t>(level);
  }
  absl::string_view& before_width = parts[parts.size() - 2];
  if (absl::EndsWith(before_width, ".p")) {
    uint64_t width = 0;
    if (!ParseDecimal(parts.back(), width) || width == 0 || width >= kTileWidth) return malformed();
    path.width = static_cast<uint32_t>(width);
    before_width.remove_suffix(2);
    parts.pop_back();
  }
  if (!ParseIndex(absl::MakeConstSpan(parts).subspan(2), path.index) || FormatTilePath(path) != text) return malformed();
  return path;
}

absl::Status CheckTileExists(const TilePath& path, uint64_t size) {
  const uint64_t hashes = HashesAt(path.level, size);
  const uint64_t before = path.index * kTileWidth;
  if (path.index > (kTreeSizeMax >> 8) || path.width == 0 || path.width > kTileWidth || hashes < before ||
      hashes - before < path.width) {
    return absl::NotFoundError(absl::StrCat(FormatTilePath(path), " is not in a log of ", size, " entries"));
  }
  return absl::OkStatus();
}

std::vector<TileLevel> TilePlan(uint64_t size) {
  std::vector<TileLevel> plan;
  for (uint32_t level = 0; HashesAt(level, size) != 0; ++level) {
    const uint64_t hashes = HashesAt(level, size);
    plan.push_back({level, hashes / kTileWidth, static_cast<uint32_t>(hashes % kTileWidth)});
  }
  return plan;
}

absl::StatusOr<std::string> EncodeHashTile(absl::Span<const Hash> hashes) {
  if (hashes.empty() || hashes.size() > kTileWidth) {
    return absl::InvalidArgumentError(absl::StrCat("hash tile of ", hashes.size(), " hashes: expected 1 to 256"));
  }
  std::string bytes;
  bytes.reserve(hashes.size() * 32);
  for (const Hash& hash : hashes) absl::StrAppend(&bytes, HashBytes(hash));
  return bytes;
}

absl::StatusOr<std::vector<Hash>> ParseHashTile(absl::string_view bytes, uint32_t width) {
  if (width == 0 || width > kTileWidth || bytes.size() != size_t{width} * 32) {
    return absl::InvalidArgumentError(
        absl::StrCat("hash tile of ", bytes.size(), " bytes: expected ", width, " hashes of 32"));
  }
  std::vector<Hash> hashes;
  hashes.reserve(width);
  for (size_t at = 0; at < bytes.size(); at += 32) {
    SP_ASSIGN_OR_RETURN(hashes.emplace_back(), HashFromBytes(bytes.substr(at, 32)));
  }
  return hashes;
}

absl::StatusOr<std::string> EncodeEntryBundle(absl::Span<const absl::string_view> entries) {
  if (entries.empty() || entries.size() > kTileWidth) {
    return absl::InvalidArgumentError(absl::StrCat("entry bundle of ", entries.size(), " entries: expected 1 to 256"));
  }
  std::string bytes;
  for (absl::string_view entry : entries) {
    if (entry.size() > kEntryBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("entry of ", entry.size(), " bytes: at most ", kEntryBytesMax, " fit an entry bundle"));
    }
    bytes.push_back(static_cast<char>(entry.size() >> 8));
    bytes.push_back(static_cast<char>(entry.size() & 0xFF));
    absl::StrAppend(&bytes, entry);
  }
  return bytes;
}

absl::StatusOr<std::vector<absl::string_view>> ParseEntryBundle(absl::string_view bytes, uint32_t width) {
  std::vector<absl::string_view> entries;
  entries.reserve(std::min(width, kTileWidth));
  while (entries.size() < width && bytes.size() >= 2) {
    const size_t length = size_t{static_cast<uint8_t>(bytes[0])} << 8 | static_cast<uint8_t>(bytes[1]);
    if (bytes.size() - 2 < length) break;
    entries.push_back(bytes.substr(2, length));
    bytes.remove_prefix(2 + length);
  }
  if (width == 0 || width > kTileWidth || entries.size() != width || !bytes.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("entry bundle: expected exactly ", width, " entries, read ",
                                                   entries.size(), " with ", bytes.size(), " bytes left"));
  }
  return entries;
}

Hash TileRootHash(absl::Span<const Hash> hashes) {
  SP_CHECK(!hashes.empty());
  // In place, level by level; an odd last one moves up unhashed, which is where RFC 6962 puts it.
  std::vector<Hash> row(hashes.begin(), hashes.end());
  for (size_t count = row.size(); count > 1; count = (count + 1) / 2) {
    for (size_t i = 0; i + 1 < count; i += 2) row[i / 2] = NodeHash(row[i], row[i + 1]);
    if (count % 2 == 1) row[count / 2] = row[count - 1];
  }
  return row[0];
}

}  // namespace sallyport::audit
