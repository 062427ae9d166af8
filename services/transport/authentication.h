#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "access/policies.h"
#include "base/secret.h"
#include "engine/state.h"
#include "operators/model.h"
#include "transport/rpc.h"

// Who calls, and whether they may. Every call is judged by the state after the last commit: what has been revoked,
// suspended or forbidden is refused from the next call on, nothing is remembered from an earlier one.
namespace sallyport::transport {

// What a client presented. TLS has verified the certificate already.
class Credentials {
 public:
  // The value of an Authorization header (RFC 6750 section 2.1: "Bearer" and a token). A header that is anything else,
  // and a second header, make the credentials bad for good.
  void AddAuthorization(absl::string_view header);
  // The common name of the client's certificate.
  void SetCertificateName(std::string name) { certificate_name_ = std::move(name); }

  bool has_token() const { return headers_ > 0; }
  const Secret& token() const { return token_; }                             // empty: bad
  const std::string& certificate_name() const { return certificate_name_; }  // empty: no certificate

 private:
  int headers_ = 0;
  Secret token_;
  std::string certificate_name_;
};

// Safe from any thread.
class Authenticator {
 public:
  using SnapshotSource = std::function<std::shared_ptr<const engine::Snapshot>()>;
  using TimeSource = std::function<absl::Time()>;

  // engine::Engine::snapshot and engine::Engine::now.
  Authenticator(SnapshotSource snapshot, TimeSource now) : snapshot_(std::move(snapshot)), now_(std::move(now)) {}

  // The caller, when they may call `method` ("sallyport.access.v1.AccessService/Authorize"). A token, where one is
  // presented, is the identity: a bad one is refused, whatever certificate comes with it. Otherwise the certificate's
  // common name is the id of the operator, who must be a gateway or a service: people have tokens.
  //
  // UNAUTHENTICATED: no identity, or none that is good. PERMISSION_DENIED: the policies in force do not permit it, or
  // there are none. Neither says more.
  absl::StatusOr<Caller> Authenticate(const Credentials& credentials, absl::string_view method) const;

 private:
  friend class Standing;
  absl::StatusOr<Caller> Authenticate(const engine::Snapshot& snapshot, absl::Time now, const Credentials& credentials,
                                      absl::string_view method) const;

  SnapshotSource snapshot_;
  TimeSource now_;
};

// Whether a caller who was admitted to a stream may still go on. Not thread-safe.
class Standing {
 public:
  // `authenticator` outlives this.
  Standing(const Authenticator& authenticator, Credentials credentials, std::string method)
      : authenticator_(authenticator), credentials_(std::move(credentials)), method_(std::move(method)) {}

  // As Authenticate now, but costs next to nothing while neither operators, tokens nor policies have changed; then an
  // expired token is noticed kStandingMax late.
  absl::StatusOr<Caller> Check();

 private:
  bool Unchanged(const engine::Snapshot& snapshot, absl::Time now) const;

  const Authenticator& authenticator_;
  Credentials credentials_;
  std::string method_;
  // What the last full check saw.
  Caller caller_;
  absl::Time checked_ = absl::InfinitePast();
  operators::State operators_;
  std::shared_ptr<const access::Policies> policies_;
};

}  // namespace sallyport::transport
