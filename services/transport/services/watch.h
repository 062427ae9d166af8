#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "engine/engine.h"
#include "transport/rpc.h"
#include "transport/services/workers.h"

// Server streams that follow the engine. A stream holds no thread: after each commit it takes one step on a worker, and
// after each message another one, until there is nothing new. One step at a time, and none before the message before it
// was written, so that a slow client holds up nobody and has at most one message waiting for it.
namespace sallyport::transport {

// One stream. Made by Watchers::Add.
class Watched : public std::enable_shared_from_this<Watched> {
 public:
  explicit Watched(Workers& workers) : workers_(workers) {}
  virtual ~Watched() = default;

  // There may be something new: takes a step, or another one after the step under way. Any thread.
  void Wake();
  // Ends the stream, if it has not ended. Any thread.
  void End(absl::Status status);
  // The client is gone: nothing more is written.
  void Drop() { ended_ = true; }
  bool ended() const { return ended_; }

 protected:
  enum class Made { kMessage, kNothing, kEnd };
  // Makes the next message, if there is one. One call at a time.
  virtual absl::StatusOr<Made> Make() = 0;
  // Hands on what Make made; Written is called once it has left.
  virtual void Send() = 0;
  virtual void Finish(absl::Status status) = 0;
  void Written();

 private:
  void Post();
  void Run();

  Workers& workers_;
  std::mutex mutex_;
  bool busy_ = false;      // a step is under way, or a message
  bool again_ = false;     // something may be new since the step began
  std::mutex call_mutex_;  // nothing is sent after Finish
  std::atomic<bool> ended_{false};
};

// All streams that are open. Thread-safe.
class Watchers {
 public:
  // `workers` outlives the streams, and the engine outlives `workers`.
  Watchers(engine::Engine& engine, Workers& workers);
  ~Watchers();  // as EndAll
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  // Sends what `watch` has, now and after each commit, until the client is gone or a step fails:
  //   absl::StatusOr<std::optional<Response>> Watch::Next(const engine::Snapshot&)
  // is the next message, or nothing when the watch has seen everything in the snapshot. A watch that comes to an end
  // has bool done(): then the stream ends with OK.
  template <class Request, class Response, class Watch>
  void Add(StreamCall<Request, Response> call, Watch watch) {
    auto stream =
        std::make_shared<Stream<Request, Response, Watch>>(engine_, workers_, std::move(call), std::move(watch));
    if (!Keep(stream)) return;
    // The stream owns the responder that calls this: it must not be destroyed before the call returns.
    stream->call().OnCancelled(
        [&workers = workers_, all = std::weak_ptr<Streams>(streams_), weak = std::weak_ptr<Watched>(stream)] {
          auto gone = weak.lock();
          if (gone == nullptr) return;
          gone->Drop();
          workers.Post([all, gone = std::move(gone)] {
            if (const auto streams = all.lock()) streams->Erase(gone);
          });
        });
    stream->Wake();
  }

  // Ends every stream, and those to come, with UNAVAILABLE: the server is stopping.
  void EndAll();

 private:
  template <class Request, class Response, class Watch>
  class Stream final : public Watched {
   public:
    Stream(engine::Engine& engine, Workers& workers, StreamCall<Request, Response> call, Watch watch)
        : Watched(workers), engine_(engine), call_(std::move(call)), watch_(std::move(watch)) {}
    StreamCall<Request, Response>& call() { return call_; }

   private:
    absl::StatusOr<Made> Make() override {
      SP_ASSIGN_OR_RETURN(next_, watch_.Next(*engine_.snapshot()));
      if (next_) return Made::kMessage;
      if constexpr (requires { watch_.done(); }) {
        if (watch_.done()) return Made::kEnd;
      }
      return Made::kNothing;
    }
    void Send() override {
      call_.Write(*next_, [weak = this->weak_from_this()] {
        if (const auto self = weak.lock()) static_cast<Stream&>(*self).Written();
      });
    }
    void Finish(absl::Status status) override { call_.Finish(std::move(status)); }

    engine::Engine& engine_;
    StreamCall<Request, Response> call_;
    Watch watch_;
    std::optional<Response> next_;
  };

  // Shared with the engine's listener and the streams' own callbacks, which may outlive this object.
  struct Streams {
    void Erase(const std::shared_ptr<Watched>& stream);
    void Sweep();
    std::mutex mutex;
    absl::flat_hash_set<std::shared_ptr<Watched>> open;
    bool ending = false;
    std::atomic<bool> sweeping{false};  // a worker is about to wake all streams
  };

  // False when the server is stopping: then the stream has ended.
  bool Keep(const std::shared_ptr<Watched>& stream);

  engine::Engine& engine_;
  Workers& workers_;
  std::shared_ptr<Streams> streams_ = std::make_shared<Streams>();
};

}  // namespace sallyport::transport
