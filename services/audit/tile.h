#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "audit/hash.h"

// Tiles, c2sp.org/tlog-tiles v0.1.0: how a log is served as static files. Pure functions, safe from any thread.
namespace sallyport::audit {

inline constexpr uint32_t kTileWidth = 256;  // hashes of a full tile
inline constexpr uint32_t kTileLevelMax = 63;

// One resource: a hash tile "tile/<level>/<index>[.p/<width>]" or an entry bundle "tile/entries/<index>[.p/<width>]".
struct TilePath {
  bool entries = false;  // an entry bundle; then level is 0
  uint32_t level = 0;
  uint64_t index = 0;
  uint32_t width = kTileWidth;  // 256 for a full one, 1 to 255 for a partial one

  friend bool operator==(const TilePath&, const TilePath&) = default;
};

// Without a leading slash. Accepts only what FormatTilePath writes; INVALID_ARGUMENT otherwise.
absl::StatusOr<TilePath> ParseTilePath(absl::string_view path);
std::string FormatTilePath(const TilePath& path);

// OK when a log of `size` has this very tile: a full path only for a full tile, a partial path only of a width that the
// log has reached (a partial tile stays readable after its tile filled up). NOT_FOUND otherwise.
absl::Status CheckTileExists(const TilePath& path, uint64_t size);

// How many tiles a log of `size` has at a level: `full` ones, and one of `partial` hashes unless that is 0.
struct TileLevel {
  uint32_t level = 0;
  uint64_t full = 0;
  uint32_t partial = 0;

  friend bool operator==(const TileLevel&, const TileLevel&) = default;
};
std::vector<TileLevel> TilePlan(uint64_t size);  // level 0 first; empty for an empty log

// A hash tile: 32 bytes a hash. 1 to 256 hashes.
absl::StatusOr<std::string> EncodeHashTile(absl::Span<const Hash> hashes);
// INVALID_ARGUMENT unless exactly `width` hashes.
absl::StatusOr<std::vector<Hash>> ParseHashTile(absl::string_view bytes, uint32_t width);

// An entry bundle: big-endian u16 length and bytes, for 1 to 256 entries of at most 65,535 bytes.
absl::StatusOr<std::string> EncodeEntryBundle(absl::Span<const absl::string_view> entries);
// INVALID_ARGUMENT unless exactly `width` entries fill `bytes`. The views live as long as `bytes` does.
absl::StatusOr<std::vector<absl::string_view>> ParseEntryBundle(absl::string_view bytes, uint32_t width);

// The root of `hashes` as a tree of its own (any count from 1 on). The hash of a full tile in its parent.
Hash TileRootHash(absl::Span<const Hash> hashes);

}  // namespace sallyport::audit
