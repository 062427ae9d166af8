#include "transport/authentication.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "operators/authorize.h"
#include "operators/tokens.h"
#include "transport/limits.h"

namespace sallyport::transport {
namespace {

constexpr absl::string_view kScheme = "bearer ";  // case-insensitive: RFC 9110 section 11.1

absl::Status Unauthenticated() { return absl::UnauthenticatedError("no valid identity"); }

absl::StatusOr<Caller> ByToken(const operators::State& state, const Secret& token, absl::Time now) {
  if (token.empty()) return Unauthenticated();
  const auto id = operators::FindByToken(state, token.reveal(), now);
  if (!id.ok()) return Unauthenticated();
  return Caller{id->value(), "token"};
}

absl::StatusOr<Caller> ByCertificate(const operators::State& state, const std::string& name) {
  if (name.empty()) return Unauthenticated();
  const operators::Operator* found = state.operators.Find(OperatorId(name));
  if (found == nullptr || found->status != operators::OperatorStatus::kActive ||
      found->kind == operators::OperatorKind::kPerson) {
    return Unauthenticated();
  }
  return Caller{name, "certificate"};
}

template <class Map>
bool SameMap(const Map& before, const Map& after) {
  bool same = true;
  Map::Diff(before, after, [&same](const auto&, const auto*, const auto*) { same = false; });
  return same;
}

}  // namespace

void Credentials::AddAuthorization(absl::string_view header) {
  token_ = Secret();
  if (++headers_ > 1 || header.size() > kAuthorizationBytesMax) return;
  if (!absl::StartsWithIgnoreCase(header, kScheme)) return;
  header.remove_prefix(kScheme.size());
  token_ = Secret(std::string(absl::StripAsciiWhitespace(header)));
}

absl::StatusOr<Caller> Authenticator::Authenticate(const Credentials& credentials, absl::string_view method) const {
  return Authenticate(*snapshot_(), now_(), credentials, method);
}

absl::StatusOr<Caller> Authenticator::Authenticate(const engine::Snapshot& snapshot, absl::Time now,
                                                   const Credentials& credentials, absl::string_view method) const {
  const operators::State& state = snapshot.state.operators;
  auto caller = credentials.has_token() ? ByToken(state, credentials.token(), now)
                                        : ByCertificate(state, credentials.certificate_name());
  if (!caller.ok()) return caller;
  if (snapshot.policies == nullptr) return absl::PermissionDeniedError("permission denied");
  const absl::Status permitted = operators::Authorize(snapshot.policies->set(), snapshot.policies->actions(), state,
                                                      OperatorId(caller->id), method);
  if (!permitted.ok()) return permitted;
  return caller;
}

absl::StatusOr<Caller> Standing::Check() {
  const auto snapshot = authenticator_.snapshot_();
  const absl::Time now = authenticator_.now_();
  if (Unchanged(*snapshot, now)) return caller_;
  auto caller = authenticator_.Authenticate(*snapshot, now, credentials_, method_);
  if (!caller.ok()) return caller;
  caller_ = *caller;
  checked_ = now;
  operators_ = snapshot->state.operators;
  policies_ = snapshot->policies;
  return caller;
}

bool Standing::Unchanged(const engine::Snapshot& snapshot, absl::Time now) const {
  if (now < checked_ || now - checked_ >= kStandingMax || snapshot.policies != policies_) return false;
  const operators::State& state = snapshot.state.operators;
  return SameMap(operators_.operators, state.operators) && SameMap(operators_.tokens, state.tokens);
}

}  // namespace sallyport::transport
