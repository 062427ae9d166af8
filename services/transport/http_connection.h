#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "transport/http_exchange.h"

// For the HTTPS server's own files: slow to compile.
namespace sallyport::transport {

// One client's connection: request after request until one side has had enough.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  // The gate and the resources outlive it. The socket's executor is a strand of its own.
  HttpConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls, Gate& gate,
                 const std::vector<HttpResource>& resources)
      : peer_(std::move(socket), std::move(tls)), gate_(gate), resources_(resources) {}

  // On the strand. Ends when the connection has ended; the connection lives as long.
  Awaitable<void> Run();

  // From any thread. Ends it when it is idle, otherwise after the answer that it is working on.
  void Drain();
  // From any thread. Ends it, whatever it is working on.
  void Cut();

 private:
  // Whether another request may follow.
  Awaitable<bool> ServeOne();

  HttpPeer peer_;
  Gate& gate_;
  const std::vector<HttpResource>& resources_;
  bool idle_ = true;  // no request has begun
  bool draining_ = false;
  bool linger_ = false;
};

}  // namespace sallyport::transport
