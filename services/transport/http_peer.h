#pragma once

// clang-format off
#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it
// clang-format on

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// For the HTTPS server's own files: slow to compile.
namespace sallyport::transport {

template <class T>
using Awaitable = boost::asio::awaitable<T>;
using HttpParser = boost::beast::http::request_parser<boost::beast::http::string_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

// The other end of one connection: TLS, and HTTP/1.1 as it is read and written. Everything happens on the socket's
// strand, every wait has a time limit, and after a failure every call fails at once.
class HttpPeer {
 public:
  HttpPeer(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls);

  Awaitable<bool> Handshake();
  // The common name of the client's certificate, which TLS has verified; empty: there is none, or more than one name.
  const std::string& certificate_name() const { return certificate_name_; }
  boost::asio::any_io_executor executor() { return stream_.get_executor(); }

  // Prepares the parser's limits and reads a request's headers.
  enum class Header { kRead, kClosed, kTooLarge, kMalformed };
  Awaitable<Header> ReadHeader(HttpParser& parser);
  // Reads its body. RESOURCE_EXHAUSTED: it is larger, or says so. INVALID_ARGUMENT: it is malformed. CANCELLED: the
  // client is gone or too slow.
  Awaitable<absl::Status> ReadBody(HttpParser& parser, size_t bytes_max);

  // False: the client is gone or too slow. What is written lives until the call is done.
  Awaitable<bool> Write(HttpResponse& response, bool head_only);
  Awaitable<bool> WriteStreamHeader(absl::string_view content_type);
  Awaitable<bool> WriteChunk(absl::string_view bytes);
  Awaitable<bool> WriteLastChunk();

  // Returns once the client has closed the connection or sends what it may not send now, or after CancelWatch.
  // Meanwhile only the write functions may be called.
  Awaitable<void> WatchForClose();
  void CancelWatch();

  // Ends the connection. `linger`: a request was not read to its end; what still comes is taken and dropped for a
  // while, so that the client gets to read the answer.
  Awaitable<void> Close(bool linger);
  void Cut();

 private:
  void SetWriteTimeout(size_t bytes);
  template <class Buffers>
  Awaitable<bool> WriteAll(const Buffers& buffers, size_t bytes);

  const std::shared_ptr<boost::asio::ssl::context> tls_;
  boost::beast::ssl_stream<boost::beast::tcp_stream> stream_;
  boost::beast::flat_buffer buffer_;
  std::string certificate_name_;
};

}  // namespace sallyport::transport
