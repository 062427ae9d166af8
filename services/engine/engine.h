#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "audit/note_key.h"
#include "audit/sealer.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "engine/state.h"
#include "engine/transaction.h"
#include "storage/store.h"

// The single writer. Every request that changes anything, discloses personal data or decides at a door is a Command;
// one thread applies commands in order, commits them in batches together with their log entries under one signed
// checkpoint, and only then releases the answers and publishes a new Snapshot. See docs/architecture.md.
namespace sallyport::engine {

struct Command {
  std::string actor;       // operator or gateway id; goes into the record
  std::string method;      // full method name, "sallyport.access.v1.AccessService/Authorize"
  std::string request_id;  // idempotency key, scoped to actor and method; empty: none
  std::string fingerprint; // what makes two requests the same; a repeat with another one is ALREADY_EXISTS
  absl::Time request_time = absl::InfinitePast();  // simulations take their clock from here

  // Runs on the engine thread. Returns the answer's bytes (a serialised response). On error nothing of it remains.
  absl::AnyInvocable<absl::StatusOr<std::string>(Transaction&)> apply;
  // Runs on the engine's answer thread, exactly once, after the batch is durable and signed; must not block.
  absl::AnyInvocable<void(absl::StatusOr<std::string>)> done;
};

struct Options {
  std::string origin;                   // the log's name
  bool clock_from_requests = false;     // simulations only: the log says so
  uint64_t seed = 0;                    // of a simulation's randomness
  size_t queue_commands_max = 4096;     // more: RESOURCE_EXHAUSTED at once
  size_t batch_commands_max = 512;
  absl::Duration read_age_max = absl::Seconds(5);
  absl::Duration answers_kept = absl::Hours(24);
  std::string software_version;
};

struct Keys {
  std::shared_ptr<const audit::SigningKey> log_key;
  audit::KeyEncryptionKey key_encryption_key;  // wraps the people's sealing keys
  Secret digest_key;                           // 32 bytes, keys the digests of PINs and unknown cards
};

class Engine {
 public:
  // Recovers from the store (state rows, log head, answers of the last day), verifies that the stored checkpoint is ours
  // and covers the log, records "genesis" or "started", and begins to work. The arguments outlive the engine.
  // FAILED_PRECONDITION when the store belongs to another log or another clock mode, or lacks people's keys; DATA_LOSS when it contradicts itself.
  static absl::StatusOr<std::unique_ptr<Engine>> Start(storage::Store& store, Clock& clock, RandomSource& random, Keys keys,
                                                       Options options);
  ~Engine();  // records "stopped" after what was accepted, answers everything, then stops

  // Queues a command. Never blocks: a full queue, a stopped or a failed engine answers at once (on this thread)
  // with RESOURCE_EXHAUSTED or UNAVAILABLE. Thread-safe.
  void Submit(Command command);

  // The state after the last committed batch; never null, never changes. Thread-safe, cheap.
  std::shared_ptr<const Snapshot> snapshot() const;

  // False after a storage error: nothing is granted any more. Thread-safe.
  bool healthy() const;

  // Called after every batch, on the answer thread, with the new snapshot: streams wake up here. Register before serving.
  void OnCommit(std::function<void(const Snapshot&)> listener);

  // Called once, on the engine thread, when a storage error has made the engine unhealthy. Register before serving; must
  // not block.
  void OnFailure(std::function<void()> listener);

  // Stops taking commands, finishes what was accepted, records "stopped". Idempotent.
  void Stop();

  const Options& options() const;
  const Keys& keys() const;
  storage::Store& store() const;
  absl::Time now() const;  // what a command would see now

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport::engine
