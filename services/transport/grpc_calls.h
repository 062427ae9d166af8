#pragma once

#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "transport/gate.h"
#include "transport/rpc.h"

// The router's methods as gRPC services without generated classes: what the generated code would do with messages is
// done with their bytes. Slow to compile; for grpc_server.cc.
namespace sallyport::transport {

// A bidirectional stream that is open.
class OpenBidi {
 public:
  virtual ~OpenBidi() = default;
  // As if the client had said that it sends no more: what it sent is answered, then the stream ends.
  virtual void Drain() = 0;
};

// All of them. Thread-safe.
class OpenBidis {
 public:
  void Add(std::weak_ptr<OpenBidi> stream);  // drained at once after DrainAll
  void DrainAll();

 private:
  std::mutex mutex_;
  bool draining_ = false;
  std::vector<std::weak_ptr<OpenBidi>> streams_;
  size_t sweep_at_ = 64;
};

// One service of the router. The router, the gate and `bidis` outlive it.
class RoutedService final : public grpc::Service {
 public:
  void Add(const Method& method, Gate& gate, OpenBidis& bidis);

 private:
  std::vector<std::unique_ptr<std::string>> paths_;  // gRPC keeps pointers to them
};

}  // namespace sallyport::transport
