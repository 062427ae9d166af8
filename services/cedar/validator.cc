#include "cedar/validator.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "cedar/limits.h"
#include "cedar/schema_model.h"
#include "cedar/type_checker.h"

namespace cedar {
namespace {

using internal::ActionModel;
using internal::EntityTypeModel;
using internal::RequestEnv;
using internal::SchemaModel;

std::vector<RequestEnv> RequestEnvs(const SchemaModel& model) {
  std::vector<RequestEnv> envs;
  for (const auto& [uid, action] : model.actions) {
    for (const std::string& principal : action.principals) {
      TypePtr principal_type = EntityType(principal);
      for (const std::string& resource : action.resources) {
        envs.push_back({principal_type, uid, EntityType(resource), action.context});
      }
    }
  }
  return envs;
}

class PolicyValidator {
 public:
  PolicyValidator(const SchemaModel& model, const std::vector<RequestEnv>& envs, std::vector<Diagnostic>* out)
      : model_(model), envs_(envs), out_(*out) {}

  void ValidateBody(const PolicyBody& body, absl::string_view id) {
    body_ = &body;
    id_ = id;
    seen_.clear();
    CheckNames();
    CheckActionList();
    bool applies = AnyActionApplies(body.principal, body.principal.entity, body.resource, body.resource.entity);
    CheckTypes(applies);
  }

  // What a link adds to its template.
  void ValidateLink(const Policy& link) {
    body_ = &link.body();
    id_ = link.id();
    seen_.clear();
    for (const EntityUid* uid : {&link.principal_slot(), &link.resource_slot()}) {
      if (!uid->is_null() && !uid->is_action()) CheckTypeName(uid->type(), body_->span);
    }
    bool applies = AnyActionApplies(body_->principal, link.principal_entity(), body_->resource, link.resource_entity());
    if (!applies) Error(body_->span, "no action of the schema applies to this scope, so the link never applies");
  }

 private:
  void Add(Diagnostic::Severity severity, SourceSpan span, std::string message, std::string help = "") {
    size_t& count = severity == Diagnostic::Severity::kError ? errors_ : warnings_;
    if (count >= kDiagnosticsMax || !seen_.emplace(span.begin, span.end, message).second) return;
    ++count;
    Diagnostic d = body_->source ? MakeDiagnostic(*body_->source, span, std::move(message), std::move(help))
                                 : MakeDiagnostic(std::move(message), std::move(help));
    d.severity = severity;
    d.policy_id = std::string(id_);
    out_.push_back(std::move(d));
  }
  void Error(SourceSpan span, std::string message, std::string help = "") {
    Add(Diagnostic::Severity::kError, span, std::move(message), std::move(help));
  }
  void Warn(std::string message, std::string help = "") {
    Add(Diagnostic::Severity::kWarning, body_->span, std::move(message), std::move(help));
  }

  // Names, wherever they stand.
  void CheckNames() {
    for (const ScopeConstraint* constraint : {&body_->principal, &body_->resource}) {
      if (!constraint->type.empty()) CheckTypeName(constraint->type, body_->span);
      if (!constraint->entity.is_null()) CheckUid(constraint->entity, body_->span);
    }
    for (const EntityUid& action : body_->action.entities) CheckUid(action, body_->span);
    for (ExprId id = 0; id < body_->exprs.size(); ++id) {
      const Expr& e = body_->exprs[id];
      if (e.kind == ExprKind::kIs) CheckTypeName(e.value.string_value(), e.span);
      if (e.kind == ExprKind::kLiteral && e.value.is_entity()) CheckUid(e.value.entity_ref(), e.span);
    }
  }

  void CheckTypeName(absl::string_view name, SourceSpan span) {
    if (EntityUid(name, "").is_action() || model_.FindEntityType(name) || errors_ >= kDiagnosticsMax) return;
    std::vector<std::string> known;
    for (const auto& [type, entity] : model_.entity_types) known.push_back(type);
    Error(span, absl::StrCat("the schema has no entity type ", name), DidYouMean(name, known));
  }

  void CheckUid(const EntityUid& uid, SourceSpan span) {
    if (uid.is_action()) {
      if (model_.FindAction(uid) || errors_ >= kDiagnosticsMax) return;
      std::vector<std::string> known;
      for (const auto& [action, model] : model_.actions) known.push_back(action.ToString());
      Error(span, absl::StrCat("the schema has no action ", uid.ToString()), DidYouMean(uid.ToString(), known));
      return;
    }
    CheckTypeName(uid.type(), span);
    const EntityTypeModel* type = model_.FindEntityType(uid.type());
    if (type && !type->HasChoice(uid.id())) {
      Error(span, absl::StrCat(uid.ToString(), " is no entity of the enumerated type ", uid.type()),
            DidYouMean(uid.id(), type->choices));
    }
  }

  // Whether the schema has a request to which the scope could apply.
  bool AnyActionApplies(const ScopeConstraint& principal, const EntityUid& principal_uid,
                        const ScopeConstraint& resource, const EntityUid& resource_uid) const {
    for (const auto& [uid, action] : model_.actions) {
      if (!ActionMatches(uid)) continue;
      auto fits = [&](const std::vector<std::string>& types, const ScopeConstraint& c, const EntityUid& scope_uid) {
        return std::any_of(types.begin(), types.end(),
                           [&](const std::string& type) { return TypeFits(type, c, scope_uid); });
      };
      if (fits(action.principals, principal, principal_uid) && fits(action.resources, resource, resource_uid)) {
        return true;
      }
    }
    return false;
  }

  bool ActionMatches(const EntityUid& action) const {
    const ActionConstraint& c = body_->action;
    if (c.op == ActionConstraint::Op::kAny) return true;
    return std::any_of(c.entities.begin(), c.entities.end(), [&](const EntityUid& uid) {
      return uid == action ||
             (c.op != ActionConstraint::Op::kEqual && model_.action_entities.IsDescendant(action, uid));
    });
  }

  bool TypeFits(const std::string& type, const ScopeConstraint& c, const EntityUid& uid) const {
    using Op = ScopeConstraint::Op;
    if ((c.op == Op::kIs || c.op == Op::kIsIn) && type != c.type) return false;
    // A slot that is not filled fits everything.
    if (c.op == Op::kAny || c.op == Op::kIs || uid.is_null()) return true;
    return c.op == Op::kEqual ? type == uid.type() : model_.MayBeIn(type, uid.type());
  }

  // `action in […]` is a set, and sets have elements of one type.
  void CheckActionList() {
    const ActionConstraint& c = body_->action;
    action_list_error_.clear();
    if (c.op != ActionConstraint::Op::kInList) return;
    if (c.entities.empty()) action_list_error_ = "the list of actions is empty";
    for (const EntityUid& uid : c.entities) {
      if (uid.type() != c.entities[0].type()) {
        action_list_error_ =
            absl::StrCat("the list of actions mixes the types ", c.entities[0].type(), " and ", uid.type());
      }
    }
  }

  void CheckTypes(bool applies) {
    internal::TypeChecker checker(model_, *body_);
    bool impossible = true;
    for (const RequestEnv& env : envs_) {
      size_t before = checker.problems().size();
      TypePtr type = checker.Check(env);
      impossible = impossible && type && type->kind == Type::Kind::kFalse;
      for (size_t i = before; i < checker.problems().size(); ++i) Report(checker.problems()[i], env);
      if (!action_list_error_.empty() && PrincipalCanMatch(env)) Error(body_->span, action_list_error_);
      if (errors_ >= kDiagnosticsMax) return;
    }
    if (!applies) {
      Error(body_->span, "no action of the schema applies to this scope, so the policy never applies");
    } else if (impossible) {
      Warn("the conditions can never hold, so the policy never applies");
    }
  }

  bool PrincipalCanMatch(const RequestEnv& env) const {
    return TypeFits(env.principal->entity, body_->principal, body_->principal.entity);
  }

  void Report(const internal::TypeProblem& problem, const RequestEnv& env) {
    std::string help =
        absl::StrCat("when ", env.principal->entity, " asks ", env.action.ToString(), " of ", env.resource->entity);
    Error(problem.span, problem.message, problem.help.empty() ? help : absl::StrCat(problem.help, " (", help, ")"));
  }

  const SchemaModel& model_;
  const std::vector<RequestEnv>& envs_;
  std::vector<Diagnostic>& out_;
  const PolicyBody* body_ = nullptr;
  absl::string_view id_;
  size_t errors_ = 0;
  size_t warnings_ = 0;
  std::string action_list_error_;
  std::set<std::tuple<uint32_t, uint32_t, std::string>> seen_;
};

}  // namespace

std::vector<Diagnostic> ValidatePolicies(const Schema& schema, const PolicySet& policies) {
  std::vector<Diagnostic> diagnostics;
  const std::vector<RequestEnv> envs = RequestEnvs(schema.model());
  PolicyValidator validator(schema.model(), envs, &diagnostics);
  for (const auto& [id, body] : policies.Templates()) validator.ValidateBody(*body, id);
  for (const Policy* policy : policies.Policies()) {
    if (policy->template_id().empty()) {
      validator.ValidateBody(policy->body(), policy->id());
    } else {
      validator.ValidateLink(*policy);
    }
  }
  return diagnostics;
}

std::vector<Diagnostic> ValidatePolicy(const Schema& schema, const PolicyBody& body, absl::string_view id) {
  std::vector<Diagnostic> diagnostics;
  const std::vector<RequestEnv> envs = RequestEnvs(schema.model());
  PolicyValidator(schema.model(), envs, &diagnostics).ValidateBody(body, id);
  return diagnostics;
}

}  // namespace cedar
