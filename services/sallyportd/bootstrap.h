#pragma once

#include "absl/status/status.h"
#include "engine/engine.h"
#include "sallyportd/config.h"

namespace sallyport {

// The first start: the facility file, the policies and the operators of the configuration become state, in one command
// that is recorded like any other. Does nothing once a policy set is active. The error names the file and line of what
// is wrong; then nothing has changed, and the next start tries again.
absl::Status Bootstrap(engine::Engine& engine, const Config& config);

}  // namespace sallyport
