#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "sallyportd/config.h"

namespace sallyport {

// From the configuration to what the engine is made of.

// The database of state and log; its folder is created, for its owner alone, where it is missing.
absl::StatusOr<std::string> DatabasePath(const Config& config);

engine::Options EngineOptions(const Config& config);

// Reads the key files that the configuration names. PERMISSION_DENIED for a file that group or others may read,
// INVALID_ARGUMENT for a malformed one or a log key of another origin. Errors never quote a file's content.
//
// The key for digests (PINs, unknown cards) is derived from the data key, so that there is nothing more to back up; in a
// simulation from the seed instead, so that the same input gives the same log on every machine.
absl::StatusOr<engine::Keys> LoadKeys(const Config& config);

}  // namespace sallyport
