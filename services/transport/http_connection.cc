#include "transport/http_connection.h"

#include <boost/asio/post.hpp>

namespace sallyport::transport {

Awaitable<void> HttpConnection::Run() {
  const std::shared_ptr<HttpConnection> self = shared_from_this();
  const bool encrypted = co_await peer_.Handshake();
  if (encrypted) {
    bool again = true;
    while (again && !draining_) again = co_await ServeOne();
    co_await peer_.Close(linger_);
  }
  peer_.Cut();
}

Awaitable<bool> HttpConnection::ServeOne() {
  HttpParser parser;
  idle_ = true;
  const HttpPeer::Header header = co_await peer_.ReadHeader(parser);
  idle_ = false;
  linger_ = header == HttpPeer::Header::kTooLarge || header == HttpPeer::Header::kMalformed;
  switch (header) {
    case HttpPeer::Header::kClosed:
      co_return false;
    case HttpPeer::Header::kTooLarge:
      co_await HttpExchange::Refuse(peer_, 431, "the request's headers are too large");
      co_return false;
    case HttpPeer::Header::kMalformed:
      co_await HttpExchange::Refuse(peer_, 400, "this is not HTTP");
      co_return false;
    case HttpPeer::Header::kRead:
      break;
  }
  HttpExchange exchange(peer_, parser, gate_, resources_);
  const bool again = co_await exchange.Serve();
  linger_ = !parser.is_done();
  co_return again;
}

void HttpConnection::Drain() {
  boost::asio::post(peer_.executor(), [self = shared_from_this()] {
    self->draining_ = true;
    if (self->idle_) self->peer_.Cut();
  });
}

void HttpConnection::Cut() {
  boost::asio::post(peer_.executor(), [self = shared_from_this()] {
    self->draining_ = true;
    self->peer_.Cut();
  });
}

}  // namespace sallyport::transport
