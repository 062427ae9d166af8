#ifndef CEDAR_TYPE_CHECKER_H_
#define CEDAR_TYPE_CHECKER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "cedar/policy.h"
#include "cedar/schema_model.h"
#include "cedar/type.h"

// Types of expressions, strictly: https://docs.cedarpolicy.com/policies/validation.html
namespace cedar::internal {

// One kind of request that the schema allows.
struct RequestEnv {
  TypePtr principal;
  EntityUid action;
  TypePtr resource;
  TypePtr context;
};

struct TypeProblem {
  SourceSpan span;
  std::string message;
  std::string help;
};

// Checks the body of one policy in any number of environments. Expressions whose value is known (a test of a type, of
// an action's group) decide which others are looked at, as they do at run time.
class TypeChecker {
 public:
  TypeChecker(const SchemaModel& model, const PolicyBody& body);

  // True, False or Bool: what the policy's scope and conditions together come to. Null when there is a problem, which
  // is then in problems().
  TypePtr Check(const RequestEnv& env);
  const std::vector<TypeProblem>& problems() const { return problems_; }

 private:
  // What is known when an expression is true: that attribute or tag exists. Two numbers of `Number`.
  using Capability = std::pair<uint32_t, uint32_t>;
  using Capabilities = std::vector<Capability>;
  struct Checked {
    TypePtr type;  // null: a problem
    Capabilities known_when_true;
  };
  // What holds until the end of a block.
  class Assuming;

  Type::Kind ScopeKind(const ScopeConstraint& constraint, const Type& type) const;
  Type::Kind ActionKind(const ActionConstraint& constraint) const;

  Checked CheckExpr(ExprId id);
  Checked CheckChild(const Expr& e, uint32_t i) { return CheckExpr(body_.exprs.ChildId(e, i)); }
  Checked CheckLiteral(const Expr& e);
  Checked CheckVariable(const Expr& e);
  Checked CheckAnd(const Expr& e);
  Checked CheckOr(const Expr& e);
  Checked CheckNot(const Expr& e);
  Checked CheckIf(const Expr& e);
  Checked CheckEquality(const Expr& e);
  Checked CheckOrder(const Expr& e);
  Checked CheckArithmetic(const Expr& e);
  Checked CheckIn(const Expr& e);
  Checked CheckSetTest(const Expr& e);
  Checked CheckTag(const Expr& e);
  Checked CheckGetAttribute(const Expr& e);
  Checked CheckHasAttribute(const Expr& e);
  Checked CheckLike(const Expr& e);
  Checked CheckIs(const Expr& e);
  Checked CheckSet(const Expr& e);
  Checked CheckRecord(const Expr& e);
  Checked CheckCall(const Expr& e);

  // The child's type when it is of the kind; null after a complaint.
  TypePtr Expect(const Expr& e, uint32_t child, Type::Kind kind, absl::string_view what);
  TypePtr ExpectBool(ExprId id, Checked* checked);
  // `entity in group`, where both are well typed.
  Type::Kind InKind(const Expr& entity, const Type& entity_type, const Expr& group, const Type& group_type) const;
  TypePtr CheckInOperands(const Expr& e, const Type& entity, const Expr& group_expr, uint32_t group_child);
  // The attributes of an entity or record type, as a record type.
  TypePtr AttributesOf(const TypePtr& type) const;
  TypePtr TagsOf(const Type& type) const;
  const EntityUid* UidOf(const Expr& e) const;
  // A literal's value; `action` is one in each environment, && and || of literals are literals too.
  std::optional<Value> LiteralOf(const Expr& e) const;
  bool Knows(const Capability& capability) const { return known_.contains(capability); }

  Checked Fail(const Expr& e, std::string message, std::string help = "");
  Checked FailKind(const Expr& e, absl::string_view expected, const Type& got);
  static Checked Ok(Type::Kind kind) { return {SimpleType(kind), {}}; }

  // The same number for the same expression, name or other text.
  uint32_t Number(std::string text);
  uint32_t NumberOfAttribute(uint32_t expr, absl::string_view name);
  void NumberExprs();

  const SchemaModel& model_;
  const PolicyBody& body_;
  const RequestEnv* env_ = nullptr;
  std::vector<TypeProblem> problems_;
  absl::flat_hash_map<std::string, uint32_t> numbers_;
  std::vector<uint32_t> expr_numbers_;  // by ExprId
  absl::flat_hash_map<Capability, int> known_;
};

// For messages: a large type is not written out.
std::string NameOf(const Type& type);

// The smallest type that has all values of both, or null when there is none.
TypePtr LeastUpperBound(const TypePtr& a, const TypePtr& b);

}  // namespace cedar::internal

#endif  // CEDAR_TYPE_CHECKER_H_
