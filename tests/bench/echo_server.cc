// What a gRPC server of the same messages costs without doing anything: answers each AccessService.Authorize with a
// canned response of a given size. The measure for the daemon: same TLS, same API flavour, same client (rpc_load.cc).
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <deque>
#include <fstream>
#include <mutex>
#include <string>

#include "sallyport/access/v1/access.grpc.pb.h"

namespace {

namespace v1 = sallyport::access::v1;

v1::AuthorizeResponse Canned(size_t bytes) {
  v1::AuthorizeResponse response;
  response.set_decision(v1::DECISION_GRANT);
  response.set_reason_code("GRANTED");
  while (response.ByteSizeLong() < bytes) response.mutable_message()->push_back('x');
  return response;
}

class Stream final : public grpc::ServerBidiReactor<v1::AuthorizeStreamRequest, v1::AuthorizeStreamResponse> {
 public:
  explicit Stream(const v1::AuthorizeResponse& canned) : canned_(canned) { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    if (!ok) {
      half_closed_ = true;
      if (waiting_.empty()) Finish(grpc::Status::OK);
      return;
    }
    v1::AuthorizeStreamResponse& response = waiting_.emplace_back();
    *response.mutable_response() = canned_;
    response.mutable_response()->set_request_id(request_.request().request_id());
    if (waiting_.size() == 1) StartWrite(&waiting_.front());
    StartRead(&request_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    waiting_.pop_front();
    if (!ok) return;
    if (!waiting_.empty()) StartWrite(&waiting_.front());
    else if (half_closed_) Finish(grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  const v1::AuthorizeResponse& canned_;
  v1::AuthorizeStreamRequest request_;
  std::mutex mutex_;
  std::deque<v1::AuthorizeStreamResponse> waiting_;
  bool half_closed_ = false;
};

class Echo final : public v1::AccessService::CallbackService {
 public:
  explicit Echo(size_t bytes) : canned_(Canned(bytes)) {}
  grpc::ServerUnaryReactor* Authorize(grpc::CallbackServerContext* context, const v1::AuthorizeRequest* request,
                                      v1::AuthorizeResponse* response) override {
    *response = canned_;
    response->set_request_id(request->request_id());
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerBidiReactor<v1::AuthorizeStreamRequest, v1::AuthorizeStreamResponse>* AuthorizeStream(
      grpc::CallbackServerContext*) override {
    return new Stream(canned_);
  }

 private:
  const v1::AuthorizeResponse canned_;
};

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Answers AccessService.Authorize with a canned response.");
  std::string ca, certificate, key;
  size_t response_bytes = 200;
  app.add_option("--ca", ca)->required();
  app.add_option("--certificate", certificate)->required();
  app.add_option("--key", key)->required();
  app.add_option("--response-bytes", response_bytes);
  CLI11_PARSE(app, argc, argv);

  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = ReadAll(ca);
  tls.pem_key_cert_pairs.push_back({ReadAll(key), ReadAll(certificate)});
  Echo service(response_bytes);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("127.0.0.1:%d\n", port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  return 0;
}
