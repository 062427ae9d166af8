#include "transport/services/watch.h"

#include <vector>

namespace sallyport::transport {
namespace {

absl::Status Stopping() { return absl::UnavailableError("the server is stopping"); }

}  // namespace

void Watched::Wake() {
  {
    const std::lock_guard lock(mutex_);
    again_ = true;
    if (busy_ || ended_) return;
    busy_ = true;
  }
  Post();
}

void Watched::Written() { Post(); }

void Watched::Post() {
  workers_.Post([self = shared_from_this()] { self->Run(); });
}

void Watched::Run() {
  while (!ended_) {
    {
      const std::lock_guard lock(mutex_);
      again_ = false;
    }
    const absl::StatusOr<Made> made = Make();
    if (!made.ok() || *made == Made::kEnd) return End(made.status());
    if (*made == Made::kMessage) {
      const std::lock_guard lock(call_mutex_);
      if (!ended_) Send();
      return;  // Written goes on
    }
    const std::lock_guard lock(mutex_);
    if (!again_) {
      busy_ = false;
      return;
    }
  }
}

void Watched::End(absl::Status status) {
  const std::lock_guard lock(call_mutex_);
  if (!ended_.exchange(true)) Finish(std::move(status));
}

void Watchers::Streams::Erase(const std::shared_ptr<Watched>& stream) {
  const std::lock_guard lock(mutex);
  open.erase(stream);
}

void Watchers::Streams::Sweep() {
  sweeping = false;  // a commit from here on asks for another sweep
  std::vector<std::shared_ptr<Watched>> awake;
  {
    const std::lock_guard lock(mutex);
    absl::erase_if(open, [](const std::shared_ptr<Watched>& stream) { return stream->ended(); });
    awake.assign(open.begin(), open.end());
  }
  for (const auto& stream : awake) stream->Wake();
}

Watchers::Watchers(engine::Engine& engine, Workers& workers) : engine_(engine), workers_(workers) {
  engine.OnCommit([&workers, weak = std::weak_ptr<Streams>(streams_)](const engine::Snapshot&) {
    const auto streams = weak.lock();
    if (streams == nullptr) return;
    {
      const std::lock_guard lock(streams->mutex);
      if (streams->open.empty()) return;
    }
    if (!streams->sweeping.exchange(true)) workers.Post([streams] { streams->Sweep(); });
  });
}

Watchers::~Watchers() { EndAll(); }

bool Watchers::Keep(const std::shared_ptr<Watched>& stream) {
  {
    const std::lock_guard lock(streams_->mutex);
    if (!streams_->ending) {
      streams_->open.insert(stream);
      return true;
    }
  }
  stream->End(Stopping());
  return false;
}

void Watchers::EndAll() {
  absl::flat_hash_set<std::shared_ptr<Watched>> open;
  {
    const std::lock_guard lock(streams_->mutex);
    streams_->ending = true;
    open.swap(streams_->open);
  }
  for (const auto& stream : open) stream->End(Stopping());
}

}  // namespace sallyport::transport
