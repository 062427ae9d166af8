#pragma once

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/persistent_map.h"
#include "facility/ids.h"

// Who may call the API: people, other programs, and the gateways that readers hang on.
namespace sallyport::operators {

using TokenId = Id<struct TokenTag>;

enum class OperatorKind { kPerson, kService, kGateway };
enum class OperatorStatus { kActive, kSuspended };

struct Operator {
  OperatorId id;  // of a gateway: the common name of its client certificate
  std::string name;
  OperatorKind kind = OperatorKind::kPerson;
  std::set<std::string> roles;  // as the policies name them: Role::"reception"
  OperatorStatus status = OperatorStatus::kActive;
  friend bool operator==(const Operator&, const Operator&) = default;
};

// A bearer token. Its text is shown once, to whoever made it; only the digest of its secret is kept.
struct ApiToken {
  TokenId id;
  OperatorId operator_id;
  std::string digest;  // SHA-256 of the secret, 32 bytes
  absl::Time created = absl::InfinitePast();
  absl::Time expires = absl::InfinitePast();  // exclusive
  bool revoked = false;
  friend bool operator==(const ApiToken&, const ApiToken&) = default;
};

// Copying it is cheap, a copy never changes.
struct State {
  PersistentMap<OperatorId, Operator> operators;
  PersistentMap<TokenId, ApiToken> tokens;
};

// "person", "service", "gateway": as the API, the log and the policies write them.
absl::string_view Name(OperatorKind kind);
bool ParseKind(absl::string_view text, OperatorKind& kind);  // false: no such kind

}  // namespace sallyport::operators
