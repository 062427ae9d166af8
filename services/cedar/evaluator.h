#ifndef CEDAR_EVALUATOR_H_
#define CEDAR_EVALUATOR_H_

#include <string>

#include "absl/strings/string_view.h"
#include "cedar/authorizer.h"
#include "cedar/entity_source.h"
#include "cedar/policy.h"

namespace cedar::internal {

enum class Truth : uint8_t { kFalse, kTrue, kError };

// Evaluates policies against one request. One per thread and request; cheap to make.
class Evaluator {
 public:
  Evaluator(const Request& request, const EntitySource& entities) : request_(request), entities_(entities) {}

  bool ScopeMatches(const Policy& policy) const;
  // What the scope index leaves to be looked at: the types of `is … in`.
  bool TypesMatch(const Policy& policy) const {
    return TypeMatches(policy.body().principal, request_.principal) &&
           TypeMatches(policy.body().resource, request_.resource);
  }
  // The first part of the scope that does not match, or "".
  absl::string_view ScopeMismatch(const Policy& policy) const;
  // The conditions in order; *condition is the one that was false or failed.
  Truth Conditions(const Policy& policy, int* condition = nullptr);

  // False on error. *out may borrow from the tree, the request and the entity source.
  bool Evaluate(const ExprTree& tree, ExprId id, Value* out);
  // Of the last failure: what went wrong, and where in the tree's source.
  const std::string& error() const { return error_; }
  SourceSpan error_span() const { return error_span_; }

 private:
  bool In(const EntityUid& entity, const EntityUid& ancestor) const {
    return entity == ancestor || entities_.IsDescendant(entity, ancestor);
  }
  static bool TypeMatches(const ScopeConstraint& constraint, const EntityUid& entity) {
    return constraint.op != ScopeConstraint::Op::kIsIn || entity.type() == constraint.type;
  }
  bool MatchesSide(const ScopeConstraint& constraint, const EntityUid& bound, const EntityUid& entity) const;
  bool MatchesAction(const ActionConstraint& constraint) const;

  Truth EvalBool(ExprId id);
  bool Eval(ExprId id, Value* out);
  Value ValueOf(Variable variable) const;
  bool EvalLogic(ExprId id, Value* out);
  bool EvalEqual(const Expr& e, Value* out);
  bool EvalCompare(const Expr& e, Value* out);
  bool EvalArithmetic(const Expr& e, Value* out);
  bool EvalIn(const Expr& e, Value* out);
  bool TestIn(const Expr& e, const Value& left, const Value& right, Value* out);
  bool EvalSetTest(const Expr& e, Value* out);
  bool EvalTag(const Expr& e, Value* out);
  bool EvalGetAttribute(const Expr& e, Value* out);
  bool EvalHasAttribute(const Expr& e, Value* out);
  bool EvalLike(const Expr& e, Value* out);
  bool EvalIs(const Expr& e, Value* out);
  bool EvalSet(const Expr& e, Value* out);
  bool EvalRecord(const Expr& e, Value* out);
  bool EvalCall(const Expr& e, Value* out);
  // Both false.
  bool Fail(const Expr& e, std::string message);
  bool FailKind(const Expr& e, absl::string_view expected, const Value& got);

  const Request& request_;
  const EntitySource& entities_;
  const ExprTree* tree_ = nullptr;
  std::string error_;
  SourceSpan error_span_;
};

}  // namespace cedar::internal

#endif  // CEDAR_EVALUATOR_H_
