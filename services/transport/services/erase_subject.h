#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "engine/engine.h"

namespace sallyport::transport {

// Those who wait until nothing of an erased person is left in the store's files: the erasure itself is one commit, the
// files take a little longer. Thread-safe.
class Erasures {
 public:
  // Listens to the engine, which outlives it or has stopped before it goes.
  static std::shared_ptr<Erasures> Of(engine::Engine& engine);

  // Runs `done` once the erasure of this pseudonym is finished: at once when it is, or when there is no such erasure.
  // With UNAVAILABLE when the engine has failed or EndAll was called first; then the daemon goes on with it at its next
  // start. Runs on this thread or on the engine's answer thread.
  void Wait(const engine::Engine& engine, const std::string& subject_ref, absl::AnyInvocable<void(absl::Status)> done);

  // Ends all who wait, and those to come: the server is stopping.
  void EndAll();

 private:
  struct Waiting {
    std::string subject_ref;
    absl::AnyInvocable<void(absl::Status)> done;
  };
  void Look(const engine::Engine& engine, const engine::Snapshot& snapshot);

  std::mutex mutex_;
  std::vector<Waiting> waiting_;
  bool ended_ = false;
};

}  // namespace sallyport::transport
