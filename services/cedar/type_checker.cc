#include "cedar/type_checker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace cedar::internal {
namespace {

using Kind = Type::Kind;

Kind Known(bool value) { return value ? Kind::kTrue : Kind::kFalse; }
Kind Negated(Kind kind) { return kind == Kind::kBool ? kind : Known(kind == Kind::kFalse); }

}  // namespace

std::string NameOf(const Type& type) {
  constexpr size_t kShownNodesMax = 12;
  if (type.is_bool()) return "Bool";
  if (type.nodes <= kShownNodesMax) return type.ToString();
  return type.kind == Type::Kind::kSet ? absl::StrCat("Set<", NameOf(*type.element), ">")
                                       : absl::StrCat("a record of ", type.fields.size(), " attributes");
}

TypePtr LeastUpperBound(const TypePtr& a, const TypePtr& b) {
  if (a == b) return a;
  if (a->is_bool() && b->is_bool()) return SimpleType(a->kind == b->kind ? a->kind : Kind::kBool);
  if (a->kind != b->kind) return nullptr;
  switch (a->kind) {
    case Kind::kEntity:
      return a->entity == b->entity ? a : nullptr;
    case Kind::kSet: {
      TypePtr element = LeastUpperBound(a->element, b->element);
      return element ? SetType(std::move(element)) : nullptr;
    }
    case Kind::kRecord: {
      if (a->fields.size() != b->fields.size()) return nullptr;
      std::vector<TypeField> fields;
      for (size_t i = 0; i < a->fields.size(); ++i) {
        const TypeField &x = a->fields[i], &y = b->fields[i];
        if (x.name != y.name || x.required != y.required) return nullptr;
        TypePtr type = LeastUpperBound(x.type, y.type);
        if (!type) return nullptr;
        fields.push_back({x.name, std::move(type), x.required});
      }
      return RecordType(std::move(fields));
    }
    default:
      return a;
  }
}

// Adds capabilities to what is known and takes them away again at the end.
class TypeChecker::Assuming {
 public:
  explicit Assuming(TypeChecker* checker) : checker_(*checker) {}
  Assuming(const Assuming&) = delete;
  Assuming& operator=(const Assuming&) = delete;
  ~Assuming() {
    for (const Capability& c : added_) {
      if (auto it = checker_.known_.find(c); --it->second == 0) checker_.known_.erase(it);
    }
  }
  void Add(const Capabilities& capabilities) {
    for (const Capability& c : capabilities) ++checker_.known_[c];
    added_.insert(added_.end(), capabilities.begin(), capabilities.end());
  }
  // Everything that was added.
  Capabilities Added() const { return added_; }

 private:
  TypeChecker& checker_;
  Capabilities added_;
};

TypeChecker::TypeChecker(const SchemaModel& model, const PolicyBody& body) : model_(model), body_(body) {
  NumberExprs();
}

uint32_t TypeChecker::Number(std::string text) {
  return numbers_.emplace(std::move(text), static_cast<uint32_t>(numbers_.size())).first->second;
}

uint32_t TypeChecker::NumberOfAttribute(uint32_t expr, absl::string_view name) {
  return Number(absl::StrCat("get ", expr, " ", name));
}

void TypeChecker::NumberExprs() {
  const ExprTree& tree = body_.exprs;
  expr_numbers_.reserve(tree.size());
  // Children stand before their parents.
  for (ExprId id = 0; id < tree.size(); ++id) {
    const Expr& e = tree[id];
    if (e.kind == ExprKind::kGetAttribute) {
      expr_numbers_.push_back(NumberOfAttribute(expr_numbers_[tree.ChildId(e, 0)], e.value.string_value()));
      continue;
    }
    std::string key = absl::StrCat("expr ", static_cast<int>(e.kind), " ", e.detail);
    for (ExprId child : tree.Children(e)) absl::StrAppend(&key, " ", expr_numbers_[child]);
    absl::StrAppend(&key, " ", e.value.ToString());
    if (e.kind == ExprKind::kLike) absl::StrAppend(&key, tree.PatternOf(e).ToString());
    if (e.kind == ExprKind::kHasAttribute || e.kind == ExprKind::kRecord) {
      for (const std::string& name : tree.Names(e)) absl::StrAppend(&key, " ", QuoteString(name));
    }
    expr_numbers_.push_back(Number(std::move(key)));
  }
}

TypeChecker::Checked TypeChecker::Fail(const Expr& e, std::string message, std::string help) {
  problems_.push_back({e.span, std::move(message), std::move(help)});
  return {};
}

TypeChecker::Checked TypeChecker::FailKind(const Expr& e, absl::string_view expected, const Type& got) {
  return Fail(e, absl::StrCat("expected ", expected, ", found ", NameOf(got)));
}

TypePtr TypeChecker::Check(const RequestEnv& env) {
  env_ = &env;
  Kind result = ScopeKind(body_.principal, *env.principal);
  for (bool of_action : {true, false}) {
    if (result == Kind::kFalse) return SimpleType(result);
    Kind next = of_action ? ActionKind(body_.action) : ScopeKind(body_.resource, *env.resource);
    if (next != Kind::kTrue) result = next;
  }
  Assuming assuming(this);
  for (const Condition& condition : body_.conditions) {
    if (result == Kind::kFalse) break;
    Checked checked;
    TypePtr type = ExpectBool(condition.expr, &checked);
    if (!type) return nullptr;
    if (!condition.unless) assuming.Add(checked.known_when_true);
    Kind next = condition.unless ? Negated(type->kind) : type->kind;
    if (next != Kind::kTrue) result = next;
  }
  return SimpleType(result);
}

Kind TypeChecker::ScopeKind(const ScopeConstraint& c, const Type& type) const {
  using Op = ScopeConstraint::Op;
  if ((c.op == Op::kIs || c.op == Op::kIsIn) && c.type != type.entity) return Kind::kFalse;
  switch (c.op) {
    case Op::kAny:
    case Op::kIs:
      return Kind::kTrue;
    case Op::kEqual:
      return c.slot || c.entity.type() == type.entity ? Kind::kBool : Kind::kFalse;
    default:
      return c.slot || model_.MayBeIn(type.entity, c.entity.type()) ? Kind::kBool : Kind::kFalse;
  }
}

Kind TypeChecker::ActionKind(const ActionConstraint& c) const {
  if (c.op == ActionConstraint::Op::kAny) return Kind::kTrue;
  auto matches = [&](const EntityUid& uid) {
    return uid == env_->action ||
           (c.op != ActionConstraint::Op::kEqual && model_.action_entities.IsDescendant(env_->action, uid));
  };
  return Known(std::any_of(c.entities.begin(), c.entities.end(), matches));
}

TypeChecker::Checked TypeChecker::CheckExpr(ExprId id) {
  const Expr& e = body_.exprs[id];
  switch (e.kind) {
    case ExprKind::kLiteral:
      return CheckLiteral(e);
    case ExprKind::kVariable:
      return CheckVariable(e);
    case ExprKind::kAnd:
      return CheckAnd(e);
    case ExprKind::kOr:
      return CheckOr(e);
    case ExprKind::kIf:
      return CheckIf(e);
    case ExprKind::kNot:
      return CheckNot(e);
    case ExprKind::kEqual:
    case ExprKind::kNotEqual:
      return CheckEquality(e);
    case ExprKind::kLess:
    case ExprKind::kLessEqual:
    case ExprKind::kGreater:
    case ExprKind::kGreaterEqual:
      return CheckOrder(e);
    case ExprKind::kNegate:
    case ExprKind::kAdd:
    case ExprKind::kSubtract:
    case ExprKind::kMultiply:
      return CheckArithmetic(e);
    case ExprKind::kIn:
      return CheckIn(e);
    case ExprKind::kContains:
    case ExprKind::kContainsAll:
    case ExprKind::kContainsAny:
    case ExprKind::kIsEmpty:
      return CheckSetTest(e);
    case ExprKind::kGetTag:
    case ExprKind::kHasTag:
      return CheckTag(e);
    case ExprKind::kGetAttribute:
      return CheckGetAttribute(e);
    case ExprKind::kHasAttribute:
      return CheckHasAttribute(e);
    case ExprKind::kLike:
      return CheckLike(e);
    case ExprKind::kIs:
      return CheckIs(e);
    case ExprKind::kSet:
      return CheckSet(e);
    case ExprKind::kRecord:
      return CheckRecord(e);
    case ExprKind::kCall:
      return CheckCall(e);
  }
  return Fail(e, "unknown expression");
}

TypeChecker::Checked TypeChecker::CheckLiteral(const Expr& e) {
  if (e.value.is_bool()) return Ok(Known(e.value.bool_value()));
  if (!e.value.is_entity()) return {TypeOf(e.value.kind()), {}};
  const EntityUid& uid = e.value.entity_ref();
  // What the schema does not have is reported once for the policy, not here.
  if (uid.is_action() ? !model_.FindAction(uid) : !model_.FindEntityType(uid.type())) return {};
  return {EntityType(uid.type()), {}};
}

TypeChecker::Checked TypeChecker::CheckVariable(const Expr& e) {
  switch (e.variable()) {
    case Variable::kPrincipal:
      return {env_->principal, {}};
    case Variable::kAction:
      return {EntityType(env_->action.type()), {}};
    case Variable::kResource:
      return {env_->resource, {}};
    case Variable::kContext:
      break;
  }
  return {env_->context, {}};
}

TypePtr TypeChecker::ExpectBool(ExprId id, Checked* checked) {
  *checked = CheckExpr(id);
  if (!checked->type || checked->type->is_bool()) return checked->type;
  FailKind(body_.exprs[id], "Bool", *checked->type);
  return nullptr;
}

TypeChecker::Checked TypeChecker::CheckAnd(const Expr& e) {
  Kind result = Kind::kTrue;
  Assuming assuming(this);
  for (ExprId child : body_.exprs.Children(e)) {
    Checked checked;
    TypePtr type = ExpectBool(child, &checked);
    if (!type) return {};
    if (type->kind == Kind::kFalse) return Ok(Kind::kFalse);
    if (type->kind == Kind::kBool) result = Kind::kBool;
    assuming.Add(checked.known_when_true);
  }
  return {SimpleType(result), assuming.Added()};
}

TypeChecker::Checked TypeChecker::CheckOr(const Expr& e) {
  Checked result = Ok(Kind::kFalse);
  for (ExprId child : body_.exprs.Children(e)) {
    Checked checked;
    TypePtr type = ExpectBool(child, &checked);
    if (!type) return {};
    if (type->kind == Kind::kTrue) return Ok(Kind::kTrue);
    if (type->kind == Kind::kFalse) continue;
    if (result.type->kind == Kind::kFalse) {
      result = std::move(checked);
      continue;
    }
    Capabilities &a = result.known_when_true, &b = checked.known_when_true, both;
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    result.known_when_true = std::move(both);
  }
  return result;
}

TypeChecker::Checked TypeChecker::CheckNot(const Expr& e) {
  Checked checked;
  TypePtr type = ExpectBool(body_.exprs.ChildId(e, 0), &checked);
  return type ? Ok(Negated(type->kind)) : Checked();
}

TypeChecker::Checked TypeChecker::CheckIf(const Expr& e) {
  Checked test;
  TypePtr type = ExpectBool(body_.exprs.ChildId(e, 0), &test);
  if (!type) return {};
  if (type->kind == Kind::kFalse) return CheckChild(e, 2);
  Checked yes;
  {
    Assuming assuming(this);
    assuming.Add(test.known_when_true);
    yes = CheckChild(e, 1);
  }
  Capabilities& when_yes = yes.known_when_true;
  when_yes.insert(when_yes.end(), test.known_when_true.begin(), test.known_when_true.end());
  if (type->kind == Kind::kTrue) return yes;
  Checked no = CheckChild(e, 2);
  if (!yes.type || !no.type) return {};
  TypePtr both = LeastUpperBound(yes.type, no.type);
  if (!both) {
    return Fail(
        e, absl::StrCat("the branches of if have different types: ", NameOf(*yes.type), " and ", NameOf(*no.type)));
  }
  Capabilities& when_no = no.known_when_true;
  std::sort(when_yes.begin(), when_yes.end());
  std::sort(when_no.begin(), when_no.end());
  Checked result{std::move(both), {}};
  std::set_intersection(when_yes.begin(), when_yes.end(), when_no.begin(), when_no.end(),
                        std::back_inserter(result.known_when_true));
  return result;
}

const EntityUid* TypeChecker::UidOf(const Expr& e) const {
  if (e.kind == ExprKind::kVariable && e.variable() == Variable::kAction) return &env_->action;
  return e.kind == ExprKind::kLiteral && e.value.is_entity() ? &e.value.entity_ref() : nullptr;
}

std::optional<Value> TypeChecker::LiteralOf(const Expr& e) const {
  if (e.kind == ExprKind::kLiteral) return e.value;
  if (const EntityUid* uid = UidOf(e)) return Value::Entity(*uid);
  if (e.kind != ExprKind::kAnd && e.kind != ExprKind::kOr) return std::nullopt;
  const bool is_or = e.kind == ExprKind::kOr;
  bool result = !is_or;
  for (uint32_t i = 0; i < e.child_count; ++i) {
    const std::optional<Value> operand = LiteralOf(body_.exprs.Child(e, i));
    if (!operand || !operand->is_bool()) return std::nullopt;
    result = is_or ? result || operand->bool_value() : result && operand->bool_value();
  }
  return Value::Bool(result);
}

TypeChecker::Checked TypeChecker::CheckEquality(const Expr& e) {
  const ExprTree& tree = body_.exprs;
  Checked left = CheckChild(e, 0), right = CheckChild(e, 1);
  if (!left.type || !right.type) return {};
  const Expr &a = tree.Child(e, 0), &b = tree.Child(e, 1);
  Kind equal = Kind::kBool;
  const EntityUid *x = UidOf(a), *y = UidOf(b);
  if (x && y) {
    equal = Known(*x == *y);
  } else if (const std::optional<Value> v = LiteralOf(a), w = LiteralOf(b); v && w) {
    equal = Known(*v == *w);
  } else if (left.type->kind == Kind::kEntity && right.type->kind == Kind::kEntity) {
    if (left.type->entity != right.type->entity) equal = Kind::kFalse;
  } else if (!LeastUpperBound(left.type, right.type)) {
    return Fail(e, absl::StrCat("compares different types, ", NameOf(*left.type), " and ", NameOf(*right.type)),
                "values of different types are never equal");
  }
  return Ok(e.kind == ExprKind::kEqual ? equal : Negated(equal));
}

TypeChecker::Checked TypeChecker::CheckOrder(const Expr& e) {
  Checked left = CheckChild(e, 0), right = CheckChild(e, 1);
  if (!left.type || !right.type) return {};
  Kind kind = left.type->kind;
  if (kind != Kind::kLong && kind != Kind::kDatetime && kind != Kind::kDuration) {
    std::string help = kind == Kind::kDecimal ? "decimals are compared with lessThan and its like" : "";
    FailKind(body_.exprs.Child(e, 0), "Long, datetime or duration", *left.type);
    problems_.back().help = std::move(help);
    return {};
  }
  if (right.type->kind != kind) return FailKind(body_.exprs.Child(e, 1), NameOf(*left.type), *right.type);
  return Ok(Kind::kBool);
}

TypePtr TypeChecker::Expect(const Expr& e, uint32_t child, Kind kind, absl::string_view what) {
  TypePtr type = CheckChild(e, child).type;
  if (!type || type->kind == kind) return type;
  FailKind(body_.exprs.Child(e, child), what, *type);
  return nullptr;
}

TypeChecker::Checked TypeChecker::CheckArithmetic(const Expr& e) {
  bool ok = true;
  for (uint32_t i = 0; i < e.child_count; ++i) ok = Expect(e, i, Kind::kLong, "Long") && ok;
  return ok ? Ok(Kind::kLong) : Checked();
}

}  // namespace cedar::internal
