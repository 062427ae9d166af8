#include "transport/http_server.h"

#include <openssl/ssl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/log.h"
#include "base/status.h"
#include "transport/http_connection.h"
#include "transport/limits.h"
#include "transport/parse.h"

namespace sallyport::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptRetry{100};  // after an error such as too many open files

absl::StatusOr<tcp::endpoint> ParseListen(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  uint32_t port = 0;
  error_code error;
  if (colon != std::string::npos && absl::SimpleAtoi(listen.substr(colon + 1), &port) && port <= 65535) {
    absl::string_view host = absl::string_view(listen).substr(0, colon);
    if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
    const asio::ip::address address =
        asio::ip::make_address(host == "localhost" ? "127.0.0.1" : std::string(host), error);
    if (!error) return tcp::endpoint(address, static_cast<uint16_t>(port));
  }
  return absl::InvalidArgumentError(absl::StrCat("\"", listen, "\" is not an address: expected host:port"));
}

// The names of the certificate authorities that clients' certificates may come from, as a hint for clients.
void SetClientAuthorities(const std::string& pem, SSL_CTX* context) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      BIO_free);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    SSL_CTX_add_client_CA(context, certificate);
    X509_free(certificate);
  }
  ERR_clear_error();
}

absl::StatusOr<std::shared_ptr<asio::ssl::context>> MakeTls(const TlsFiles& files) {
  SP_ASSIGN_OR_RETURN(const TlsIdentity identity, LoadTlsIdentity(files));
  auto out = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const native = out->native_handle();
  error_code error;
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);  // every connection shows its certificate afresh
  out->use_certificate_chain(asio::buffer(identity.certificate), error);
  if (!error) out->use_private_key(asio::buffer(identity.key), asio::ssl::context::pem, error);
  if (!error) out->add_certificate_authority(asio::buffer(identity.ca), error);
  if (!error) out->set_verify_mode(asio::ssl::verify_peer, error);  // optional, but verified when it is given
  if (error) return absl::InvalidArgumentError(absl::StrCat(files.certificate, ": ", error.message()));
  SetClientAuthorities(identity.ca, native);
  return out;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Gate& gate, HttpOptions options)
      : gate_(gate), options_(std::move(options)), acceptor_(asio::make_strand(io_)) {}

  absl::Status Start() {
    SilenceProtobuf();
    SP_RETURN_IF_ERROR(RequireTls13());
    SP_RETURN_IF_ERROR(Reload());
    SP_RETURN_IF_ERROR(Listen());
    asio::co_spawn(acceptor_.get_executor(), Accept(), asio::detached);
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { io_.run(); });
    return absl::OkStatus();
  }

  absl::Status Reload() {
    SP_ASSIGN_OR_RETURN(std::shared_ptr<asio::ssl::context> fresh, MakeTls(options_.tls));
    const std::lock_guard lock(mutex_);
    tls_ = std::move(fresh);
    return absl::OkStatus();
  }

  void Stop(absl::Duration drain) {
    const std::lock_guard stop_lock(stop_mutex_);
    asio::post(acceptor_.get_executor(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
    });
    std::unique_lock lock(mutex_);
    draining_ = true;
    for (const auto& connection : connections_) connection->Drain();
    const auto none = [this] { return connections_.empty(); };
    if (!ended_.wait_for(lock, absl::ToChronoMilliseconds(drain), none)) {
      for (const auto& connection : connections_) connection->Cut();
      ended_.wait(lock, none);
    }
    lock.unlock();
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  const std::string& address() const { return address_; }

 private:
  absl::Status Listen() {
    SP_ASSIGN_OR_RETURN(const tcp::endpoint wanted, ParseListen(options_.listen));
    error_code error;
    acceptor_.open(wanted.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(wanted, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.listen, ": ", error.message()));
    const size_t colon = options_.listen.rfind(':');
    address_ = absl::StrCat(options_.listen.substr(0, colon), ":", acceptor_.local_endpoint().port());
    return absl::OkStatus();
  }

  Awaitable<void> Accept() {
    while (acceptor_.is_open()) {
      error_code error;
      tcp::socket socket(asio::make_strand(io_));
      co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
      if (!error) {
        Open(std::move(socket));
      } else if (acceptor_.is_open()) {
        Log(LogLevel::kWarning, "cannot accept a connection", {{"error", error.message()}});
        asio::steady_timer pause(acceptor_.get_executor(), kAcceptRetry);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      }
    }
  }

  void Open(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto executor = socket.get_executor();
    std::shared_ptr<HttpConnection> connection;
    {
      const std::lock_guard lock(mutex_);
      if (draining_ || connections_.size() >= kHttpConnectionsMax) return;  // closes it
      connection = std::make_shared<HttpConnection>(std::move(socket), tls_, gate_, options_.resources);
      connections_.insert(connection);
    }
    asio::co_spawn(executor, connection->Run(),
                   [this, connection](std::exception_ptr failed) { Ended(connection, failed); });
  }

  void Ended(const std::shared_ptr<HttpConnection>& connection, const std::exception_ptr& failed) {
    if (failed != nullptr) Log(LogLevel::kError, "a connection ended by an exception");
    const std::lock_guard lock(mutex_);
    connections_.erase(connection);
    if (connections_.empty()) ended_.notify_all();
  }

  Gate& gate_;
  const HttpOptions options_;
  std::string address_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  tcp::acceptor acceptor_;

  std::mutex mutex_;
  std::condition_variable ended_;
  std::shared_ptr<asio::ssl::context> tls_;
  absl::flat_hash_set<std::shared_ptr<HttpConnection>> connections_;
  bool draining_ = false;

  std::mutex stop_mutex_;
  std::vector<std::thread> threads_;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(Gate& gate, HttpOptions options) {
  auto impl = std::make_unique<Impl>(gate, std::move(options));
  SP_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(absl::ZeroDuration()); }
const std::string& HttpServer::address() const { return impl_->address(); }
absl::Status HttpServer::ReloadCertificates() { return impl_->Reload(); }
void HttpServer::Stop(absl::Duration drain) { impl_->Stop(drain); }

}  // namespace sallyport::transport
