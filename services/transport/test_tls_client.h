#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "transport/test_certificates.h"

namespace sallyport::transport {

// A blocking TLS client that says what it is told to say. No wait is longer than a minute.
class TestTlsClient {
 public:
  struct Options {
    std::string ca;
    TestCertificate certificate;  // empty: none
    int version_max = TLS1_3_VERSION;
  };
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  TestTlsClient(const std::string& address, const Options& options)
      : context_(boost::asio::ssl::context::tls_client), stream_(io_, Prepare(options)) {
    int port = 0;
    SP_CHECK(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    stream_.next_layer().connect({boost::asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(port)});
    const timeval minute = {60, 0};
    setsockopt(stream_.next_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute));
    stream_.handshake(boost::asio::ssl::stream_base::client, error_);
    // In TLS 1.3 the client is done before the server has looked at its certificate: a read tells.
  }

  // Whether the handshake failed on our side.
  bool refused() const { return static_cast<bool>(error_); }
  const char* version() { return SSL_get_version(stream_.native_handle()); }

  bool Send(absl::string_view text) {
    boost::asio::write(stream_, boost::asio::buffer(text.data(), text.size()), error_);
    return !error_;
  }

  // The next response; status 0: the connection ended instead.
  Response Read(bool head = false) {
    boost::beast::http::response_parser<boost::beast::http::string_body> parser;
    parser.body_limit(64u << 20);
    parser.skip(head);
    boost::beast::http::read(stream_, buffer_, parser, error_);
    if (!error_) return parser.release();
    Response none;
    none.result(static_cast<boost::beast::http::status>(0));
    return none;
  }
  Response Ask(absl::string_view text) {
    Send(text);
    return Read();
  }

  // The headers of a streamed response; its body comes by ReadEnvelope.
  unsigned ReadStreamHeader() {
    stream_parser_.body_limit(64u << 20);
    boost::beast::http::read_header(stream_, buffer_, stream_parser_, error_);
    return error_ ? 0 : stream_parser_.get().result_int();
  }
  // The next envelope as it stands; empty: the stream ended.
  std::string ReadEnvelope() {
    std::string& body = stream_parser_.get().body();
    while (!Whole(body) && !stream_parser_.is_done() && !error_) {
      boost::beast::http::read_some(stream_, buffer_, stream_parser_, error_);
    }
    if (!Whole(body)) return "";
    const std::string out = body.substr(0, 5 + Size(body));
    body.erase(0, out.size());
    return out;
  }

  void Cut() { stream_.next_layer().close(error_); }

 private:
  boost::asio::ssl::context& Prepare(const Options& options) {
    SSL_CTX* native = context_.native_handle();
    SSL_CTX_clear_options(native, SSL_OP_NO_TLSv1_2);  // the servers in this process forbid it to all
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(native, options.version_max);
    context_.add_certificate_authority(boost::asio::buffer(options.ca));
    context_.set_verify_mode(boost::asio::ssl::verify_peer);
    if (!options.certificate.key.empty()) {
      context_.use_certificate_chain(boost::asio::buffer(options.certificate.certificate));
      context_.use_private_key(boost::asio::buffer(options.certificate.key), boost::asio::ssl::context::pem);
    }
    static const unsigned char kProtocols[] = "\x02h2";
    SSL_CTX_set_alpn_protos(native, kProtocols, sizeof(kProtocols) - 1);  // gRPC insists on it
    return context_;
  }
  static size_t Size(const std::string& body) {
    size_t size = 0;
    for (int i = 1; i <= 4; ++i) size = size << 8 | static_cast<unsigned char>(body[static_cast<size_t>(i)]);
    return size;
  }
  static bool Whole(const std::string& body) { return body.size() >= 5 && body.size() >= 5 + Size(body); }

  boost::asio::io_context io_;
  boost::asio::ssl::context context_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::beast::flat_buffer buffer_;
  boost::beast::http::response_parser<boost::beast::http::string_body> stream_parser_;
  boost::system::error_code error_;
};

}  // namespace sallyport::transport
