#include "transport/log_resources.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "audit/tile.h"
#include "base/log.h"
#include "base/status.h"

namespace sallyport::transport {
namespace {

constexpr char kAction[] = "sallyport.audit.v1.AuditService/GetCheckpoint";
constexpr absl::string_view kPrefix = "/log/";

absl::StatusOr<std::string> ReadHashTile(storage::Store& store, const audit::TilePath& path) {
  SP_ASSIGN_OR_RETURN(const std::vector<audit::Hash> hashes,
                      store.ReadHashes(path.level, path.index * audit::kTileWidth, path.width));
  return audit::EncodeHashTile(hashes);
}

absl::StatusOr<std::string> ReadEntryBundle(storage::Store& store, const audit::TilePath& path) {
  const uint64_t first = path.index * audit::kTileWidth;
  std::vector<std::string> leaves;
  SP_RETURN_IF_ERROR(store.ReadEntries(first, first + path.width, [&leaves](uint64_t, storage::Entry entry) {
    leaves.push_back(std::move(entry.leaf));
    return true;
  }));
  if (leaves.size() != path.width) {
    return absl::DataLossError(
        absl::StrCat("the store has ", leaves.size(), " of ", path.width, " entries from ", first));
  }
  const std::vector<absl::string_view> views(leaves.begin(), leaves.end());
  return audit::EncodeEntryBundle(views);
}

absl::StatusOr<std::string> ReadTile(engine::Engine& engine, const absl::StatusOr<audit::TilePath>& parsed) {
  SP_ASSIGN_OR_RETURN(const audit::TilePath path, parsed);
  SP_RETURN_IF_ERROR(audit::CheckTileExists(path, engine.snapshot()->log_size));
  return path.entries ? ReadEntryBundle(engine.store(), path) : ReadHashTile(engine.store(), path);
}

HttpReply TileReply(absl::StatusOr<std::string> tile, bool log_is_public) {
  HttpReply reply;
  if (tile.ok()) {
    reply.content_type = "application/octet-stream";
    reply.cache_control = absl::StrCat(log_is_public ? "public" : "private", ", max-age=31536000, immutable");
    reply.body = *std::move(tile);
  } else if (absl::IsNotFound(tile.status()) || absl::IsInvalidArgument(tile.status())) {
    reply.status = 404;
    reply.body = "the log has no such tile\n";
  } else {
    Log(LogLevel::kError, "cannot read a tile", {{"error", tile.status().ToString()}});
    reply.status = 500;
    reply.body = "internal error; the server's log says more\n";
  }
  return reply;
}

}  // namespace

std::vector<HttpResource> LogResources(engine::Engine& engine, Workers& workers, bool log_is_public) {
  const std::string action = log_is_public ? "" : kAction;
  HttpResource checkpoint;
  checkpoint.prefix = absl::StrCat(kPrefix, "checkpoint");
  checkpoint.action = action;
  checkpoint.get = [&engine](absl::string_view path, std::unique_ptr<HttpResponder> responder) {
    HttpReply reply;
    if (path == absl::StrCat(kPrefix, "checkpoint")) {
      reply.cache_control = "no-cache";
      reply.body = engine.snapshot()->checkpoint;
    } else {
      reply.status = 404;
    }
    responder->Finish(std::move(reply));
  };

  HttpResource tiles;
  tiles.prefix = absl::StrCat(kPrefix, "tile/");
  tiles.action = action;
  tiles.get = [&engine, &workers, log_is_public](absl::string_view path, std::unique_ptr<HttpResponder> responder) {
    const std::string name(path.substr(kPrefix.size()));
    workers.Post([&engine, log_is_public, name, shared = std::shared_ptr<HttpResponder>(std::move(responder))] {
      const auto tile = audit::ParseTilePath(name);
      HttpReply reply = TileReply(ReadTile(engine, tile), log_is_public);
      reply.compressible = tile.ok() && tile->entries;  // hashes are not
      shared->Finish(std::move(reply));
    });
  };
  return {checkpoint, tiles};
}

}  // namespace sallyport::transport
