#pragma once

// clang-format off
#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it
// clang-format on

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace sallyport::transport {

// Hands what other threads report to the one coroutine that waits for it. Put may be called from any thread, also after
// the coroutine has gone (what comes then is dropped); Take and Close by the coroutine alone, on its strand.
template <class T>
class Mailbox : public std::enable_shared_from_this<Mailbox<T>> {
 public:
  using TimePoint = boost::asio::steady_timer::time_point;

  explicit Mailbox(const boost::asio::any_io_executor& strand)
      : timer_(std::make_unique<boost::asio::steady_timer>(strand)) {}

  void Put(T item) {
    const std::lock_guard lock(mutex_);
    if (timer_ == nullptr) return;
    items_.push_back(std::move(item));
    boost::asio::post(timer_->get_executor(), [self = this->shared_from_this()] { self->Wake(); });
  }

  // The next item; nothing when the deadline passed first.
  boost::asio::awaitable<std::optional<T>> Take(TimePoint deadline) {
    while (true) {
      if (std::optional<T> item = Pop()) co_return item;
      if (boost::asio::steady_timer::clock_type::now() >= deadline) co_return std::nullopt;
      boost::system::error_code ignored;
      timer_->expires_at(deadline);
      co_await timer_->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
  }

  void Close() {
    std::deque<T> dropped;  // destroyed after the lock is released
    std::unique_ptr<boost::asio::steady_timer> timer;
    const std::lock_guard lock(mutex_);
    items_.swap(dropped);
    timer.swap(timer_);
  }

 private:
  std::optional<T> Pop() {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }
  void Wake() {
    const std::lock_guard lock(mutex_);
    if (timer_ != nullptr) timer_->cancel();
  }

  std::mutex mutex_;
  std::deque<T> items_;
  std::unique_ptr<boost::asio::steady_timer> timer_;  // null once closed: its executor may be gone
};

}  // namespace sallyport::transport
