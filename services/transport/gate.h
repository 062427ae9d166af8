#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "transport/authentication.h"
#include "transport/rpc.h"

// What both front ends ask before a handler runs, so that neither lets through what the other refuses.
namespace sallyport::transport {

struct GateLimits {
  size_t request_bytes = size_t{4} << 20;    // of one message
  size_t document_bytes = size_t{16} << 20;  // of one that carries a document
  size_t streams = 1024;                     // open at once
  std::vector<std::string> document_methods = {"sallyport.facility.v1.FacilityService/PlanFacility",
                                               "sallyport.facility.v1.FacilityService/ApplyFacility"};
};

// Safe from any thread. Router and authenticator outlive it.
class Gate {
 public:
  // A place among the open streams, given back on destruction. The gate outlives it.
  class Slot {
   public:
    Slot() = default;
    explicit Slot(std::atomic<size_t>* open) : open_(open) {}
    Slot(Slot&& other) noexcept : open_(std::exchange(other.open_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(open_, other.open_);
      return *this;
    }
    ~Slot() {
      if (open_ != nullptr) open_->fetch_sub(1);
    }

   private:
    std::atomic<size_t>* open_ = nullptr;
  };

  Gate(const Router& router, const Authenticator& authenticator, const GateLimits& limits);

  const Router& router() const { return router_; }
  const Authenticator& authenticator() const { return authenticator_; }

  // As Authenticator::Authenticate.
  absl::StatusOr<Caller> Admit(const Credentials& credentials, absl::string_view method) const {
    return authenticator_.Authenticate(credentials, method);
  }
  // How large a request of a method may be, and what to answer when it is larger.
  size_t RequestBytesMax(absl::string_view method) const;
  absl::Status CheckSize(absl::string_view method, size_t bytes) const;
  size_t LargestRequest() const;
  // RESOURCE_EXHAUSTED when as many streams are open as may be.
  absl::StatusOr<Slot> OpenStream();

 private:
  const Router& router_;
  const Authenticator& authenticator_;
  const GateLimits limits_;
  const absl::flat_hash_set<std::string> document_methods_;
  std::atomic<size_t> streams_{0};
};

}  // namespace sallyport::transport
