#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/store.h"

namespace sallyport::engine {

// What is left to do in the store's files once people were forgotten: sealed bytes beside their records are dropped a
// few at a time, so that doors wait for none of it for long; when all are gone the store is scrubbed once, which waits
// in proportion to the state. For the engine's thread, between batches.
class ErasureWork {
 public:
  // `store` outlives this.
  explicit ErasureWork(storage::Store& store) : store_(store) {}

  void Add(std::string subject_ref) { begun_.push_back({std::move(subject_ref), 0}); }
  // How long to wait before the next Step: nothing, or a while after a step that failed; InfiniteDuration without work.
  absl::Duration pause() const { return begun_.empty() && dropped_.empty() ? absl::InfiniteDuration() : pause_; }
  // One step. Returns the pseudonyms of those who are finished by it. A failure is logged and tried again.
  std::vector<std::string> Step();

 private:
  struct Person {
    std::string subject_ref;
    uint64_t next;  // index of the record to look at next
  };
  absl::Status DropSome();

  storage::Store& store_;
  std::deque<Person> begun_;          // some of their sealed bytes may still be there
  std::vector<std::string> dropped_;  // pseudonyms of those who only wait for the scrubbing
  absl::Duration pause_ = absl::ZeroDuration();
};

}  // namespace sallyport::engine
