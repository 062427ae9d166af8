#include "transport/http_peer.h"

#include <openssl/x509.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "transport/limits.h"

namespace sallyport::transport {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kSlowestBytesPerSecond = 64 * 1024;  // of a client that still counts as reading
constexpr absl::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

auto Into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

std::string CommonName(SSL* ssl) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl), X509_free);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return "";
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return "";
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return "";
  std::string out(reinterpret_cast<char*>(text), static_cast<size_t>(size));
  OPENSSL_free(text);
  return out;
}

absl::Status TooLarge(size_t bytes_max) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the request is larger than the ", bytes_max, " bytes that are allowed"));
}

}  // namespace

HttpPeer::HttpPeer(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> tls)
    : tls_(std::move(tls)), stream_(std::move(socket), *tls_) {}

Awaitable<bool> HttpPeer::Handshake() {
  error_code error;
  beast::get_lowest_layer(stream_).expires_after(absl::ToChronoMilliseconds(kHttpHandshakeTimeout));
  co_await stream_.async_handshake(asio::ssl::stream_base::server, Into(error));
  if (error) co_return false;
  certificate_name_ = CommonName(stream_.native_handle());
  co_return true;
}

Awaitable<HttpPeer::Header> HttpPeer::ReadHeader(HttpParser& parser) {
  parser.header_limit(kHttpHeaderBytesMax);
  parser.body_limit(std::numeric_limits<uint64_t>::max());  // ReadBody sets the one that counts
  error_code error;
  beast::get_lowest_layer(stream_).expires_after(absl::ToChronoMilliseconds(kHttpIdleTimeout));
  co_await http::async_read_header(stream_, buffer_, parser, Into(error));
  if (!error) co_return Header::kRead;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) co_return Header::kTooLarge;
  if (error == http::error::end_of_stream || error == http::error::partial_message) co_return Header::kClosed;
  const bool parse_error = error.category() == http::make_error_code(http::error::bad_method).category();
  co_return parse_error ? Header::kMalformed : Header::kClosed;
}

Awaitable<absl::Status> HttpPeer::ReadBody(HttpParser& parser, size_t bytes_max) {
  if (parser.is_done()) co_return absl::OkStatus();
  if (parser.content_length().has_value() && *parser.content_length() > bytes_max) co_return TooLarge(bytes_max);
  parser.body_limit(bytes_max);
  error_code error;
  const auto expect = parser.get()[http::field::expect];
  if (absl::EqualsIgnoreCase({expect.data(), expect.size()}, "100-continue")) {
    const auto buffers = asio::buffer(kContinue.data(), kContinue.size());
    const bool written = co_await WriteAll(buffers, kContinue.size());
    if (!written) co_return absl::CancelledError("the client is gone");
  }
  beast::get_lowest_layer(stream_).expires_after(absl::ToChronoMilliseconds(kHttpBodyTimeout));
  co_await http::async_read(stream_, buffer_, parser, Into(error));
  if (!error) co_return absl::OkStatus();
  if (error == http::error::body_limit) co_return TooLarge(bytes_max);
  const bool parse_error = error.category() == http::make_error_code(http::error::bad_method).category();
  if (parse_error) co_return absl::InvalidArgumentError("the request's body is not what its headers say");
  co_return absl::CancelledError("the client is gone or too slow");
}

Awaitable<bool> HttpPeer::Write(HttpResponse& response, bool head_only) {
  error_code error;
  SetWriteTimeout(response.body().size());
  http::response_serializer<http::string_body> serializer(response);
  if (head_only) {
    co_await http::async_write_header(stream_, serializer, Into(error));
  } else {
    co_await http::async_write(stream_, serializer, Into(error));
  }
  co_return !error;
}

Awaitable<bool> HttpPeer::WriteStreamHeader(absl::string_view content_type) {
  http::response<http::empty_body> response{http::status::ok, 11};
  response.set(http::field::content_type, beast::string_view(content_type.data(), content_type.size()));
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.keep_alive(false);
  response.chunked(true);
  http::response_serializer<http::empty_body> serializer(response);
  error_code error;
  SetWriteTimeout(0);
  co_await http::async_write_header(stream_, serializer, Into(error));
  co_return !error;
}

Awaitable<bool> HttpPeer::WriteChunk(absl::string_view bytes) {
  const auto buffers = http::make_chunk(asio::const_buffer(bytes.data(), bytes.size()));
  co_return co_await WriteAll(buffers, bytes.size());
}

Awaitable<bool> HttpPeer::WriteLastChunk() {
  const auto buffers = http::make_chunk_last();
  co_return co_await WriteAll(buffers, 0);
}

Awaitable<void> HttpPeer::WatchForClose() {
  error_code ignored;
  std::array<char, 1> byte;
  beast::get_lowest_layer(stream_).expires_never();
  const auto buffer = asio::buffer(byte);
  co_await stream_.async_read_some(buffer, Into(ignored));
}

void HttpPeer::CancelWatch() { beast::get_lowest_layer(stream_).cancel(); }

Awaitable<void> HttpPeer::Close(bool linger) {
  error_code error;
  auto& tcp = beast::get_lowest_layer(stream_);
  tcp.expires_after(absl::ToChronoMilliseconds(kHttpLingerTimeout));
  SSL_set_shutdown(stream_.native_handle(), SSL_RECEIVED_SHUTDOWN);  // say goodbye, but do not wait for theirs
  co_await stream_.async_shutdown(Into(error));
  if (linger && tcp.socket().is_open()) {
    tcp.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    std::array<char, 16384> scratch;
    size_t dropped = 0;
    while (!error && dropped < kHttpLingerBytesMax) {
      const auto buffer = asio::buffer(scratch);
      dropped += co_await tcp.async_read_some(buffer, Into(error));
    }
  }
  Cut();
}

void HttpPeer::Cut() {
  error_code ignored;
  beast::get_lowest_layer(stream_).socket().close(ignored);
}

void HttpPeer::SetWriteTimeout(size_t bytes) {
  beast::get_lowest_layer(stream_).expires_after(absl::ToChronoMilliseconds(kHttpWriteTimeout) +
                                                 std::chrono::seconds(bytes / kSlowestBytesPerSecond));
}

template <class Buffers>
Awaitable<bool> HttpPeer::WriteAll(const Buffers& buffers, size_t bytes) {
  error_code error;
  SetWriteTimeout(bytes);
  co_await asio::async_write(stream_, buffers, Into(error));
  co_return !error;
}

}  // namespace sallyport::transport
