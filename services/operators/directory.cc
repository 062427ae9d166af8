#include "operators/directory.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "operators/limits.h"

namespace sallyport::operators {
namespace {

absl::Status Check(const Operator& wanted) {
  SP_RETURN_IF_ERROR(CheckId("operator.id", wanted.id.value()));
  if (wanted.name.empty()) return FieldError("operator.name", "is empty; say who or what this is");
  if (wanted.name.size() > kNameBytesMax) {
    return FieldError("operator.name", absl::StrCat("has ", wanted.name.size(), " bytes, at most ", kNameBytesMax));
  }
  if (wanted.roles.size() > kRolesMax) {
    return FieldError("operator.roles", absl::StrCat("has ", wanted.roles.size(), " entries, at most ", kRolesMax));
  }
  for (const std::string& role : wanted.roles) SP_RETURN_IF_ERROR(CheckId("operator.roles", role));
  return absl::OkStatus();
}

absl::string_view Name(OperatorStatus status) { return status == OperatorStatus::kActive ? "active" : "suspended"; }

ChangeEvent Event(absl::string_view action, const Operator& subject) {
  ChangeEvent event;
  event.action = std::string(action);
  event.object = subject.id.value();
  event.facts = {{"kind", std::string(Name(subject.kind))},
                 {"roles", absl::StrJoin(subject.roles, ",")},
                 {"status", std::string(Name(subject.status))}};
  return event;
}

}  // namespace

absl::StatusOr<ChangeEvent> CreateOperator(const Operator& wanted, State& state) {
  SP_RETURN_IF_ERROR(Check(wanted));
  if (state.operators.Contains(wanted.id)) {
    return absl::AlreadyExistsError(absl::StrCat("operator \"", wanted.id.value(), "\" exists"));
  }
  state.operators.Put(wanted.id, wanted);
  return Event("operator.created", wanted);
}

absl::StatusOr<ChangeEvent> UpdateOperator(const Operator& wanted, State& state) {
  SP_RETURN_IF_ERROR(Check(wanted));
  const Operator* old = state.operators.Find(wanted.id);
  if (old == nullptr) return absl::NotFoundError(absl::StrCat("no operator \"", wanted.id.value(), "\""));
  if (wanted.kind != old->kind) {
    return FieldError("operator.kind", absl::StrCat("is ", Name(old->kind), " and stays so; create another operator"));
  }
  state.operators.Put(wanted.id, wanted);
  return Event("operator.updated", wanted);
}

absl::Status RemoveOperator(const OperatorId& id, State& state) {
  const Operator* found = state.operators.Find(id);
  if (found == nullptr) return absl::NotFoundError(absl::StrCat("no operator \"", id.value(), "\""));
  if (found->status == OperatorStatus::kActive) {
    return WithReason(absl::FailedPreconditionError(
                          absl::StrCat("operator \"", id.value(), "\" is active and must be suspended first")),
                      "OPERATOR_ACTIVE");
  }
  std::vector<TokenId> tokens;
  state.tokens.ForEach([&](const TokenId& token, const ApiToken& each) {
    if (each.operator_id == id) tokens.push_back(token);
  });
  for (const TokenId& token : tokens) state.tokens.Erase(token);
  state.operators.Erase(id);
  return absl::OkStatus();
}

absl::StatusOr<Operator> WhoAmI(const State& state, const OperatorId& caller) {
  const Operator* found = state.operators.Find(caller);
  if (found == nullptr || found->status != OperatorStatus::kActive) {
    return absl::UnauthenticatedError("no valid identity");
  }
  return *found;
}

}  // namespace sallyport::operators
