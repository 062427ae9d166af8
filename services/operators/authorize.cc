#include "operators/authorize.h"

#include <algorithm>
#include <vector>

#include "cedar/authorizer.h"
#include "cedar/entity_source.h"

namespace sallyport::operators {
namespace {

// One operator and its roles as entities; actions come from the schema. Everything else does not exist.
class CallerEntities final : public cedar::EntitySource {
 public:
  CallerEntities(const Operator& caller, const cedar::EntityUid& principal, const cedar::EntitySource& actions)
      : caller_(caller), principal_(principal), actions_(actions) {
    for (const std::string& role : caller.roles) roles_.emplace_back("Role", role);
  }

  Lookup Attribute(const cedar::EntityUid& entity, absl::string_view name, cedar::Value* value) const override {
    if (entity != principal_) return actions_.Attribute(entity, name, value);
    if (name != "kind") return Lookup::kNotFound;
    *value = cedar::Value::BorrowedString(Name(caller_.kind));
    return Lookup::kFound;
  }
  bool Exists(const cedar::EntityUid& entity) const override {
    return entity == principal_ || std::find(roles_.begin(), roles_.end(), entity) != roles_.end() ||
           actions_.Exists(entity);
  }
  bool IsDescendant(const cedar::EntityUid& entity, const cedar::EntityUid& ancestor) const override {
    if (entity != principal_) return actions_.IsDescendant(entity, ancestor);
    return std::find(roles_.begin(), roles_.end(), ancestor) != roles_.end();
  }
  void ForEachAncestor(const cedar::EntityUid& entity,
                       absl::FunctionRef<void(const cedar::EntityUid&)> visit) const override {
    if (entity != principal_) return actions_.ForEachAncestor(entity, visit);
    for (const cedar::EntityUid& role : roles_) visit(role);
  }

 private:
  const Operator& caller_;
  const cedar::EntityUid& principal_;
  const cedar::EntitySource& actions_;
  std::vector<cedar::EntityUid> roles_;
};

bool Permitted(const cedar::PolicySet& policies, const cedar::EntitySource& actions, const Operator& caller,
               absl::string_view method) {
  cedar::Request request;
  request.principal = cedar::EntityUid("Operator", caller.id.value());
  request.action = cedar::EntityUid("Action", method);
  request.resource = cedar::EntityUid("System", "sallyport");
  if (!actions.Exists(request.action)) return false;

  const CallerEntities entities(caller, request.principal, actions);
  const cedar::Response response = cedar::Authorize(policies, request, entities);
  if (response.decision != cedar::Decision::kAllow) return false;
  return std::none_of(response.errors.begin(), response.errors.end(), [](const cedar::PolicyError& error) {
    return error.policy->effect() == cedar::Effect::kForbid;
  });
}

}  // namespace

absl::Status Authorize(const cedar::PolicySet& policies, const cedar::EntitySource& actions, const State& state,
                       const OperatorId& caller, absl::string_view method) {
  const Operator* found = state.operators.Find(caller);
  if (found == nullptr || found->status != OperatorStatus::kActive ||
      !Permitted(policies, actions, *found, method)) {
    return absl::PermissionDeniedError("permission denied");
  }
  return absl::OkStatus();
}

bool AnyoneMay(const cedar::PolicySet& policies, const cedar::EntitySource& actions, const State& state,
               absl::Span<const absl::string_view> methods) {
  bool found = false;
  state.operators.ForEach([&](const OperatorId& id, const Operator&) {
    for (size_t i = 0; i < methods.size() && !found; ++i) {
      found = Authorize(policies, actions, state, id, methods[i]).ok();
    }
  });
  return found;
}

}  // namespace sallyport::operators
