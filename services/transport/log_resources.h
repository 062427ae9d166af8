#pragma once

#include <vector>

#include "engine/engine.h"
#include "transport/http_server.h"
#include "transport/services/workers.h"

namespace sallyport::transport {

// The log as C2SP tlog-tiles below /log/: checkpoint, tile/<L>/<N>[.p/<W>] and tile/entries/<N>[.p/<W>]. Unless the log
// is public it takes the permission of AuditService/GetCheckpoint to read it. Tiles never change and say so to caches;
// the checkpoint does. Entry bundles may be packed by gzip. `engine` and `workers` outlive the resources.
std::vector<HttpResource> LogResources(engine::Engine& engine, Workers& workers, bool log_is_public);

}  // namespace sallyport::transport
