// Tile paths, hash tiles and entry bundles: each has one spelling.
#include <cstddef>
#include <cstdint>
#include <string>

#include "audit/tile.h"
#include "check.h"

using namespace sallyport::audit;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto path = ParseTilePath(text);
  if (path.ok()) {
    Check(FormatTilePath(*path) == text, "a path has two spellings", text);
    for (const uint64_t log_size : {uint64_t{0}, uint64_t{257}, ~uint64_t{0} >> 1})
      (void)CheckTileExists(*path, log_size);
  }
  for (uint32_t width = 0; width <= kTileWidth + 1; ++width) {
    const auto entries = ParseEntryBundle(text, width);
    if (entries.ok()) Check(EncodeEntryBundle(*entries).value() == text, "a bundle has two spellings", text);
    const auto hashes = ParseHashTile(text, width);
    if (hashes.ok()) Check(EncodeHashTile(*hashes).value() == text, "a tile has two spellings", text);
  }
  return 0;
}
