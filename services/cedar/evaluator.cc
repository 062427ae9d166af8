#include "cedar/evaluator.h"

#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "cedar/extension.h"

namespace cedar::internal {

bool Evaluator::MatchesSide(const ScopeConstraint& c, const EntityUid& bound, const EntityUid& entity) const {
  switch (c.op) {
    case ScopeConstraint::Op::kAny: return true;
    case ScopeConstraint::Op::kEqual: return entity == bound;
    case ScopeConstraint::Op::kIn: return In(entity, bound);
    case ScopeConstraint::Op::kIs: return entity.type() == c.type;
    case ScopeConstraint::Op::kIsIn: return entity.type() == c.type && In(entity, bound);
  }
  return false;
}

bool Evaluator::MatchesAction(const ActionConstraint& c) const {
  switch (c.op) {
    case ActionConstraint::Op::kAny: return true;
    case ActionConstraint::Op::kEqual: return request_.action == c.entities[0];
    case ActionConstraint::Op::kIn: return In(request_.action, c.entities[0]);
    case ActionConstraint::Op::kInList:
      for (const EntityUid& group : c.entities) {
        if (In(request_.action, group)) return true;
      }
      return false;
  }
  return false;
}

bool Evaluator::ScopeMatches(const Policy& p) const {
  const PolicyBody& body = p.body();
  return MatchesAction(body.action) && MatchesSide(body.principal, p.principal_entity(), request_.principal) &&
         MatchesSide(body.resource, p.resource_entity(), request_.resource);
}

absl::string_view Evaluator::ScopeMismatch(const Policy& p) const {
  const PolicyBody& body = p.body();
  if (!MatchesSide(body.principal, p.principal_entity(), request_.principal)) return "principal";
  if (!MatchesAction(body.action)) return "action";
  return MatchesSide(body.resource, p.resource_entity(), request_.resource) ? "" : "resource";
}

Truth Evaluator::Conditions(const Policy& policy, int* condition) {
  const std::vector<Condition>& conditions = policy.body().conditions;
  tree_ = policy.compiled_.get();
  for (size_t i = 0; i < conditions.size(); ++i) {
    Truth t = EvalBool(conditions[i].expr);
    if (t == (conditions[i].unless ? Truth::kFalse : Truth::kTrue)) continue;
    if (condition) *condition = static_cast<int>(i);
    return t == Truth::kError ? t : Truth::kFalse;
  }
  return Truth::kTrue;
}

bool Evaluator::Evaluate(const ExprTree& tree, ExprId id, Value* out) {
  tree_ = &tree;
  return Eval(id, out);
}

bool Evaluator::Fail(const Expr& e, std::string message) {
  error_ = std::move(message);
  error_span_ = e.span;
  return false;
}

bool Evaluator::FailKind(const Expr& e, absl::string_view expected, const Value& got) {
  return Fail(e, absl::StrCat("type error: expected ", expected, ", got a ", KindName(got.kind())));
}

Truth Evaluator::EvalBool(ExprId id) {
  const Expr& e = (*tree_)[id];
  switch (e.kind) {
    case ExprKind::kAnd:
      for (ExprId child : tree_->Children(e)) {
        if (Truth t = EvalBool(child); t != Truth::kTrue) return t;
      }
      return Truth::kTrue;
    case ExprKind::kOr:
      for (ExprId child : tree_->Children(e)) {
        if (Truth t = EvalBool(child); t != Truth::kFalse) return t;
      }
      return Truth::kFalse;
    case ExprKind::kNot: {
      Truth t = EvalBool(tree_->ChildId(e, 0));
      return t == Truth::kError ? t : t == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
    }
    default: {
      Value v;
      if (!Eval(id, &v)) return Truth::kError;
      if (!v.is_bool()) {
        FailKind(e, "a bool", v);
        return Truth::kError;
      }
      return v.bool_value() ? Truth::kTrue : Truth::kFalse;
    }
  }
}

// Only tells the kinds apart: without values of its own it costs little at each level.
bool Evaluator::Eval(ExprId id, Value* out) {
  const Expr& e = (*tree_)[id];
  switch (e.kind) {
    case ExprKind::kLiteral: *out = e.value.Borrow(); return true;
    case ExprKind::kVariable: *out = ValueOf(e.variable()); return true;
    case ExprKind::kAnd:
    case ExprKind::kOr:
    case ExprKind::kNot: return EvalLogic(id, out);
    case ExprKind::kIf: {
      Truth t = EvalBool(tree_->ChildId(e, 0));
      return t != Truth::kError && Eval(tree_->ChildId(e, t == Truth::kTrue ? 1 : 2), out);
    }
    case ExprKind::kEqual:
    case ExprKind::kNotEqual: return EvalEqual(e, out);
    case ExprKind::kLess:
    case ExprKind::kLessEqual:
    case ExprKind::kGreater:
    case ExprKind::kGreaterEqual: return EvalCompare(e, out);
    case ExprKind::kNegate:
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
    case ExprKind::kMultiply: return EvalArithmetic(e, out);
    case ExprKind::kIn: return EvalIn(e, out);
    case ExprKind::kContains:
    case ExprKind::kContainsAll:
    case ExprKind::kContainsAny:
    case ExprKind::kIsEmpty: return EvalSetTest(e, out);
    case ExprKind::kGetTag:
    case ExprKind::kHasTag: return EvalTag(e, out);
    case ExprKind::kGetAttribute: return EvalGetAttribute(e, out);
    case ExprKind::kHasAttribute: return EvalHasAttribute(e, out);
    case ExprKind::kLike: return EvalLike(e, out);
    case ExprKind::kIs: return EvalIs(e, out);
    case ExprKind::kSet: return EvalSet(e, out);
    case ExprKind::kRecord: return EvalRecord(e, out);
    case ExprKind::kCall: return EvalCall(e, out);
  }
  return Fail(e, "unknown expression");
}

Value Evaluator::ValueOf(Variable variable) const {
  switch (variable) {
    case Variable::kPrincipal: return Value::BorrowedEntity(request_.principal);
    case Variable::kAction: return Value::BorrowedEntity(request_.action);
    case Variable::kResource: return Value::BorrowedEntity(request_.resource);
    case Variable::kContext: break;
  }
  return request_.context.Borrow();
}

bool Evaluator::EvalLogic(ExprId id, Value* out) {
  Truth t = EvalBool(id);
  *out = Value::Bool(t == Truth::kTrue);
  return t != Truth::kError;
}

bool Evaluator::EvalEqual(const Expr& e, Value* out) {
  Value a, b;
  if (!Eval(tree_->ChildId(e, 0), &a) || !Eval(tree_->ChildId(e, 1), &b)) return false;
  *out = Value::Bool((a == b) == (e.kind == ExprKind::kEqual));
  return true;
}

bool Evaluator::EvalCompare(const Expr& e, Value* out) {
  Value a, b;
  if (!Eval(tree_->ChildId(e, 0), &a) || !Eval(tree_->ChildId(e, 1), &b)) return false;
  auto ordered = [](const Value& v) {
    return v.is_long() || v.kind() == Value::Kind::kDatetime || v.kind() == Value::Kind::kDuration;
  };
  if (!ordered(a)) return FailKind(e, "a long, datetime or duration to compare", a);
  if (a.kind() != b.kind()) return FailKind(e, absl::StrCat("a ", KindName(a.kind()), " on both sides"), b);
  int64_t x = a.long_value(), y = b.long_value();
  *out = Value::Bool(e.kind == ExprKind::kLess        ? x < y
                     : e.kind == ExprKind::kLessEqual ? x <= y
                     : e.kind == ExprKind::kGreater   ? x > y
                                                      : x >= y);
  return true;
}

bool Evaluator::EvalArithmetic(const Expr& e, Value* out) {
  Value a, b = Value::Long(0);
  if (!Eval(tree_->ChildId(e, 0), &a) || (e.child_count > 1 && !Eval(tree_->ChildId(e, 1), &b))) return false;
  if (!a.is_long()) return FailKind(e, "a long", a);
  if (!b.is_long()) return FailKind(e, "a long", b);
  int64_t x = a.long_value(), y = b.long_value(), result = 0;
  bool overflow = false;
  absl::string_view op;
  switch (e.kind) {
    case ExprKind::kAdd: overflow = __builtin_add_overflow(x, y, &result), op = "+"; break;
    case ExprKind::kSubtract: overflow = __builtin_sub_overflow(x, y, &result), op = "-"; break;
    case ExprKind::kMultiply: overflow = __builtin_mul_overflow(x, y, &result), op = "*"; break;
    default:
      if (__builtin_sub_overflow(int64_t{0}, x, &result)) return Fail(e, absl::StrCat("overflow: -(", x, ")"));
      break;
  }
  if (overflow) return Fail(e, absl::StrCat("overflow: ", x, " ", op, " ", y, " does not fit a long"));
  *out = Value::Long(result);
  return true;
}

bool Evaluator::EvalIn(const Expr& e, Value* out) {
  Value a, b;
  return Eval(tree_->ChildId(e, 0), &a) && Eval(tree_->ChildId(e, 1), &b) && TestIn(e, a, b, out);
}

bool Evaluator::TestIn(const Expr& e, const Value& left, const Value& right, Value* out) {
  if (!left.is_entity()) return FailKind(e, "an entity before in", left);
  if (right.is_entity()) {
    *out = Value::Bool(In(left.entity_ref(), right.entity_ref()));
    return true;
  }
  if (!right.is_set()) return FailKind(e, "an entity or a set of entities after in", right);
  for (const Value& v : right.elements()) {
    if (!v.is_entity()) return FailKind(e, "a set of entities only after in", v);
  }
  bool found = false;
  for (const Value& v : right.elements()) {
    if ((found = In(left.entity_ref(), v.entity_ref()))) break;
  }
  *out = Value::Bool(found);
  return true;
}

bool Evaluator::EvalSetTest(const Expr& e, Value* out) {
  Value a, b;
  if (!Eval(tree_->ChildId(e, 0), &a) || (e.child_count > 1 && !Eval(tree_->ChildId(e, 1), &b))) return false;
  if (!a.is_set()) return FailKind(e, "a set", a);
  if (e.kind == ExprKind::kIsEmpty || e.kind == ExprKind::kContains) {
    *out = Value::Bool(e.kind == ExprKind::kIsEmpty ? a.elements().empty() : a.Contains(b));
    return true;
  }
  if (!b.is_set()) return FailKind(e, "a set as the argument", b);
  bool all = e.kind == ExprKind::kContainsAll;
  bool result = all;
  for (const Value& v : b.elements()) {
    if (a.Contains(v) != all) {
      result = !all;
      break;
    }
  }
  *out = Value::Bool(result);
  return true;
}

bool Evaluator::EvalTag(const Expr& e, Value* out) {
  Value entity, name;
  if (!Eval(tree_->ChildId(e, 0), &entity) || !Eval(tree_->ChildId(e, 1), &name)) return false;
  if (!entity.is_entity()) return FailKind(e, "an entity", entity);
  if (!name.is_string()) return FailKind(e, "a string as the tag's name", name);
  EntitySource::Lookup found = entities_.Tag(entity.entity_ref(), name.string_value(), out);
  if (e.kind == ExprKind::kHasTag) {
    *out = Value::Bool(found == EntitySource::Lookup::kFound);
    return true;
  }
  if (found == EntitySource::Lookup::kFound) return true;
  if (found == EntitySource::Lookup::kNoEntity) {
    return Fail(e, absl::StrCat("entity ", entity.ToString(), " does not exist"));
  }
  return Fail(e, absl::StrCat(entity.ToString(), " has no tag ", name.ToString()));
}

bool Evaluator::EvalGetAttribute(const Expr& e, Value* out) {
  Value base;
  if (!Eval(tree_->ChildId(e, 0), &base)) return false;
  absl::string_view name = e.value.string_value();
  if (base.is_record()) {
    const Value* field = base.Field(name);
    if (!field) return Fail(e, absl::StrCat("the record has no attribute ", QuoteString(name)));
    *out = base.owned() ? *field : field->Borrow();
    return true;
  }
  if (!base.is_entity()) return FailKind(e, "a record or an entity", base);
  EntitySource::Lookup found = entities_.Attribute(base.entity_ref(), name, out);
  if (found == EntitySource::Lookup::kFound) return true;
  if (found == EntitySource::Lookup::kNoEntity) {
    return Fail(e, absl::StrCat("entity ", base.ToString(), " does not exist"));
  }
  return Fail(e, absl::StrCat(base.ToString(), " has no attribute ", QuoteString(name)));
}

bool Evaluator::EvalHasAttribute(const Expr& e, Value* out) {
  Value base;
  if (!Eval(tree_->ChildId(e, 0), &base)) return false;
  for (const std::string& name : tree_->Names(e)) {
    Value next;
    bool found = false;
    if (base.is_record()) {
      const Value* field = base.Field(name);
      found = field != nullptr;
      if (found) next = base.owned() ? *field : field->Borrow();
    } else if (base.is_entity()) {
      found = entities_.Attribute(base.entity_ref(), name, &next) == EntitySource::Lookup::kFound;
    } else {
      return FailKind(e, "a record or an entity before has", base);
    }
    if (!found) {
      *out = Value::Bool(false);
      return true;
    }
    base = std::move(next);
  }
  *out = Value::Bool(true);
  return true;
}

bool Evaluator::EvalLike(const Expr& e, Value* out) {
  Value v;
  if (!Eval(tree_->ChildId(e, 0), &v)) return false;
  if (!v.is_string()) return FailKind(e, "a string before like", v);
  *out = Value::Bool(tree_->PatternOf(e).Matches(v.string_value()));
  return true;
}

bool Evaluator::EvalIs(const Expr& e, Value* out) {
  Value v;
  if (!Eval(tree_->ChildId(e, 0), &v)) return false;
  if (!v.is_entity()) return FailKind(e, "an entity before is", v);
  bool is = v.entity_ref().type() == e.value.string_value();
  if (!is || e.child_count == 1) {
    *out = Value::Bool(is);
    return true;
  }
  Value group;
  return Eval(tree_->ChildId(e, 1), &group) && TestIn(e, v, group, out);
}

bool Evaluator::EvalSet(const Expr& e, Value* out) {
  std::vector<Value> elements(e.child_count);
  for (uint32_t i = 0; i < e.child_count; ++i) {
    if (!Eval(tree_->ChildId(e, i), &elements[i])) return false;
  }
  *out = Value::Set(std::move(elements));
  return true;
}

bool Evaluator::EvalRecord(const Expr& e, Value* out) {
  std::vector<RecordField> fields(e.child_count);
  for (uint32_t i = 0; i < e.child_count; ++i) {
    fields[i].name = tree_->Names(e)[i];
    if (!Eval(tree_->ChildId(e, i), &fields[i].value)) return false;
  }
  *out = Value::Record(std::move(fields));
  return true;
}

bool Evaluator::EvalCall(const Expr& e, Value* out) {
  absl::InlinedVector<Value, 4> arguments(e.child_count);
  for (uint32_t i = 0; i < e.child_count; ++i) {
    if (!Eval(tree_->ChildId(e, i), &arguments[i])) return false;
  }
  absl::StatusOr<Value> result = CallExtension(e.function(), arguments);
  if (!result.ok()) return Fail(e, std::string(result.status().message()));
  *out = *std::move(result);
  return true;
}

}  // namespace cedar::internal
