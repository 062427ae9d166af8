#pragma once

#include "audit/proof.h"
#include "storage/store.h"

namespace sallyport::engine {

// The store as the source of hashes for proofs.
class LogReader final : public audit::NodeReader {
 public:
  explicit LogReader(storage::Store& store) : store_(store) {}
  absl::StatusOr<std::vector<audit::Hash>> ReadHashes(uint32_t level, uint64_t first, uint32_t count) override {
    return store_.ReadHashes(level, first, count);
  }

 private:
  storage::Store& store_;
};

}  // namespace sallyport::engine
