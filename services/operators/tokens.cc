#include "operators/tokens.h"

#include <sodium.h>


#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "operators/limits.h"

namespace sallyport::operators {
namespace {

constexpr absl::string_view kPrefix = "sp_";
constexpr size_t kSecretCharacters = 43;  // 32 bytes in base64url without padding

std::string Digest(absl::string_view bytes) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return digest;
}

size_t GoodTokens(const State& state, const OperatorId& owner, absl::Time now) {
  size_t count = 0;
  state.tokens.ForEach([&](const TokenId&, const ApiToken& token) {
    count += token.operator_id == owner && !token.revoked && now < token.expires ? 1 : 0;
  });
  return count;
}

absl::Status CheckTokenRequest(const CreateTokenRequest& request, absl::Time expires, absl::Time now,
                               const State& state) {
  SP_RETURN_IF_ERROR(CheckId("token_id", request.id.value()));
  if (request.id.value().find('_') != std::string::npos) return FieldError("token_id", "contains '_'");
  if (request.secret.size() != kTokenSecretBytes) {
    return absl::InternalError(absl::StrCat("a token's secret has ", request.secret.size(), " bytes"));
  }
  if (!state.operators.Contains(request.operator_id)) {
    return absl::NotFoundError(absl::StrCat("no operator \"", request.operator_id.value(), "\""));
  }
  if (state.tokens.Contains(request.id)) {
    return absl::AlreadyExistsError(absl::StrCat("token \"", request.id.value(), "\" exists"));
  }
  if (expires <= now) return FieldError("expires", "is not in the future");
  if (expires - now > kTokenLifeMax) {
    return FieldError("expires", absl::StrCat("is more than ", absl::ToInt64Hours(kTokenLifeMax) / 24, " days away"));
  }
  if (GoodTokens(state, request.operator_id, now) >= kTokensPerOperatorMax) {
    return absl::ResourceExhaustedError(absl::StrCat("operator \"", request.operator_id.value(), "\" has ",
                                                     kTokensPerOperatorMax, " good tokens; revoke one first"));
  }
  return absl::OkStatus();
}

struct Parsed {
  TokenId id;
  Secret secret;  // decoded
};

bool Parse(absl::string_view text, Parsed& out) {
  if (text.size() > 256 || !absl::ConsumePrefix(&text, kPrefix)) return false;
  const size_t end = text.find('_');
  if (end == absl::string_view::npos || text.size() - end - 1 != kSecretCharacters) return false;
  std::string secret;
  if (!absl::WebSafeBase64Unescape(text.substr(end + 1), &secret)) return false;
  out.id = TokenId(text.substr(0, end));
  out.secret = Secret(std::move(secret));
  return out.secret.reveal().size() == kTokenSecretBytes;
}

}  // namespace

absl::StatusOr<NewToken> CreateApiToken(const CreateTokenRequest& request, absl::Time now, State& state) {
  const absl::Time expires = request.expires == absl::InfinitePast() ? now + kTokenLifeDefault : request.expires;
  SP_RETURN_IF_ERROR(CheckTokenRequest(request, expires, now, state));
  const absl::string_view secret(reinterpret_cast<const char*>(request.secret.data()), request.secret.size());

  NewToken made;
  made.token = {request.id, request.operator_id, Digest(secret), now, expires, false};
  made.text = Secret(absl::StrCat(kPrefix, request.id.value(), "_", absl::WebSafeBase64Escape(secret)));
  made.event.action = "token.created";
  made.event.object = request.id.value();
  made.event.facts = {{"operator", request.operator_id.value()},
                      {"expires", absl::FormatTime(absl::RFC3339_sec, expires, absl::UTCTimeZone())}};
  state.tokens.Put(request.id, made.token);
  return made;
}

absl::StatusOr<ChangeEvent> RevokeApiToken(const TokenId& id, State& state) {
  const ApiToken* found = state.tokens.Find(id);
  if (found == nullptr) return absl::NotFoundError(absl::StrCat("no token \"", id.value(), "\""));
  ChangeEvent event;
  event.action = "token.revoked";
  event.object = id.value();
  event.facts = {{"operator", found->operator_id.value()}};
  if (!found->revoked) {
    ApiToken revoked = *found;
    revoked.revoked = true;
    state.tokens.Put(id, std::move(revoked));
  }
  return event;
}

absl::StatusOr<OperatorId> FindByToken(const State& state, absl::string_view text, absl::Time now) {
  const absl::Status refused = absl::UnauthenticatedError("no valid identity");
  Parsed parsed;
  if (!Parse(text, parsed)) return refused;
  const ApiToken* token = state.tokens.Find(parsed.id);
  const std::string nobodys(crypto_hash_sha256_BYTES, '\0');
  const bool same = ConstantTimeEquals(Digest(parsed.secret.reveal()), token != nullptr ? token->digest : nobodys);
  if (token == nullptr || !same || token->revoked || now >= token->expires) return refused;
  const Operator* owner = state.operators.Find(token->operator_id);
  if (owner == nullptr || owner->status != OperatorStatus::kActive) return refused;
  return token->operator_id;
}

}  // namespace sallyport::operators
