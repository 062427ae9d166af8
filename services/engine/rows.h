#pragma once

#include <vector>

#include "absl/status/status.h"
#include "engine/state.h"
#include "storage/store.h"

// State as stored rows: what changed between two states, and the whole state back after a restart.
namespace sallyport::engine {

// What the engine remembers of itself.
struct EngineMemo {
  std::string origin;
  bool clock_from_requests = false;
  uint64_t random_position = 0;  // of a simulation's seeded randomness
};

// The rows that turn `before` into `after`. Cost: proportional to what changed.
std::vector<storage::Row> DiffRows(const State& before, const State& after);

storage::Row MemoRow(const EngineMemo& memo);

// Reads every row. DATA_LOSS names the table and key of a row that cannot be read.
absl::Status LoadState(storage::Store& store, State& state, EngineMemo& memo);

}  // namespace sallyport::engine
