#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility>

namespace sallyport::transport {

// Threads for answers that read the store. Work in progress is finished before the destructor returns.
class Workers {
 public:
  explicit Workers(unsigned threads) : pool_(threads) {}
  ~Workers() { pool_.join(); }
  template <class F>
  void Post(F&& f) {
    boost::asio::post(pool_, std::forward<F>(f));
  }

 private:
  boost::asio::thread_pool pool_;
};

}  // namespace sallyport::transport
