#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/secret.h"
#include "facility/event.h"
#include "operators/model.h"

// Bearer tokens: "sp_" + id + "_" + 43 characters of base64url (RFC 4648 section 5, without padding) that carry a
// 256-bit secret. The secret is random, so its SHA-256 is safe to store: there is nothing to guess it from.
namespace sallyport::operators {

struct NewToken {
  ApiToken token;    // as stored
  Secret text;       // what the caller is given, once
  ChangeEvent event;
};

struct CreateTokenRequest {
  OperatorId operator_id;
  TokenId id;                          // fresh; letters, digits, '-' and '.' only, since '_' ends it in the text
  absl::Span<const uint8_t> secret;    // kTokenSecretBytes fresh random bytes
  absl::Time expires = absl::InfinitePast();  // InfinitePast: kTokenLifeDefault from now
};

// INVALID_ARGUMENT: `expires` is not in the future or later than kTokenLifeMax. NOT_FOUND: no such operator.
// ALREADY_EXISTS: the id is taken. RESOURCE_EXHAUSTED: the operator has kTokensPerOperatorMax tokens that are good.
absl::StatusOr<NewToken> CreateApiToken(const CreateTokenRequest& request, absl::Time now, State& state);

// Ends a token; one that has ended already stays as it is. NOT_FOUND: no such token.
absl::StatusOr<ChangeEvent> RevokeApiToken(const TokenId& id, State& state);

// Whose token this is. UNAUTHENTICATED, with one and the same message, when it is malformed, unknown, expired, revoked,
// or its operator is suspended. The secret is compared in constant time, and an unknown id costs as much as a known one.
absl::StatusOr<OperatorId> FindByToken(const State& state, absl::string_view text, absl::Time now);

}  // namespace sallyport::operators
