// Groups, sets, tags, attributes, records and calls.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cedar/extension.h"
#include "cedar/text.h"
#include "cedar/type_checker.h"

namespace cedar::internal {

using Kind = Type::Kind;

TypeChecker::Checked TypeChecker::CheckIn(const Expr& e) {
  TypePtr entity = Expect(e, 0, Kind::kEntity, "an entity");
  if (!entity) return {};
  return {CheckInOperands(e, *entity, body_.exprs.Child(e, 1), 1), {}};
}

TypePtr TypeChecker::CheckInOperands(const Expr& e, const Type& entity, const Expr& group_expr, uint32_t child) {
  TypePtr group = CheckChild(e, child).type;
  if (!group) return nullptr;
  bool entities = group->kind == Kind::kEntity || (group->kind == Kind::kSet && group->element->kind == Kind::kEntity);
  if (!entities) {
    FailKind(group_expr, "an entity or a set of entities", *group);
    return nullptr;
  }
  return SimpleType(InKind(body_.exprs.Child(e, 0), entity, group_expr, *group));
}

Kind TypeChecker::InKind(const Expr& entity, const Type& entity_type, const Expr& group, const Type& group_type) const {
  const EntityUid* uid = UidOf(entity);
  if (uid && model_.FindAction(*uid)) {
    // Groups of actions are known.
    bool constant = true, found = false;
    auto look = [&](const Expr& candidate) {
      const EntityUid* ancestor = UidOf(candidate);
      constant = constant && ancestor;
      found = found || (ancestor && (*ancestor == *uid || model_.action_entities.IsDescendant(*uid, *ancestor)));
    };
    if (group.kind == ExprKind::kSet) {
      for (ExprId child : body_.exprs.Children(group)) look(body_.exprs[child]);
    } else {
      look(group);
    }
    if (constant) return found ? Kind::kTrue : Kind::kFalse;
  }
  const Type& ancestor = group_type.kind == Kind::kSet ? *group_type.element : group_type;
  return model_.MayBeIn(entity_type.entity, ancestor.entity) ? Kind::kBool : Kind::kFalse;
}

TypeChecker::Checked TypeChecker::CheckSetTest(const Expr& e) {
  TypePtr set = Expect(e, 0, Kind::kSet, "a set");
  if (!set || e.kind == ExprKind::kIsEmpty) return set ? Ok(Kind::kBool) : Checked();
  bool contains = e.kind == ExprKind::kContains;
  TypePtr other = contains ? CheckChild(e, 1).type : Expect(e, 1, Kind::kSet, "a set");
  if (!other) return {};
  if (LeastUpperBound(set->element, contains ? other : other->element)) return Ok(Kind::kBool);
  return Fail(body_.exprs.Child(e, 1), absl::StrCat("looks for ", NameOf(*other), " in ", NameOf(*set)),
              "values of different types are never equal");
}

TypePtr TypeChecker::TagsOf(const Type& type) const {
  const EntityTypeModel* entity = model_.FindEntityType(type.entity);
  return entity ? entity->tags : nullptr;
}

TypeChecker::Checked TypeChecker::CheckTag(const Expr& e) {
  TypePtr entity = Expect(e, 0, Kind::kEntity, "an entity");
  TypePtr name = Expect(e, 1, Kind::kString, "String");
  if (!entity || !name) return {};
  const ExprTree& tree = body_.exprs;
  uint32_t tag = Number(absl::StrCat("tag ", expr_numbers_[tree.ChildId(e, 1)]));
  Capability capability{expr_numbers_[tree.ChildId(e, 0)], tag};
  TypePtr tags = TagsOf(*entity);
  if (e.kind == ExprKind::kHasTag) {
    if (!tags) return Ok(Kind::kFalse);
    if (Knows(capability)) return Ok(Kind::kTrue);
    return {SimpleType(Kind::kBool), {capability}};
  }
  if (!tags) return Fail(e, absl::StrCat("entities of type ", entity->entity, " have no tags"));
  if (!Knows(capability)) return Fail(e, "this tag may not be there", "test it with hasTag(…) first");
  return {tags, {}};
}

TypePtr TypeChecker::AttributesOf(const TypePtr& type) const {
  if (type->kind == Kind::kRecord) return type;
  // Actions are no entity type of the schema; they have no attributes.
  const EntityTypeModel* entity = model_.FindEntityType(type->entity);
  return entity ? entity->attributes : RecordType({});
}

TypeChecker::Checked TypeChecker::CheckGetAttribute(const Expr& e) {
  TypePtr base = CheckChild(e, 0).type;
  if (!base) return {};
  if (base->kind != Kind::kEntity && base->kind != Kind::kRecord) {
    return FailKind(body_.exprs.Child(e, 0), "an entity or a record", *base);
  }
  const TypePtr attributes = AttributesOf(base);
  const absl::string_view name = e.value.string_value();
  const TypeField* field = attributes->Field(name);
  const Expr& base_expr = body_.exprs.Child(e, 0);
  bool is_context = base_expr.kind == ExprKind::kVariable && base_expr.variable() == Variable::kContext;
  const std::string what = is_context ? "the context" : NameOf(*base);
  if (!field) {
    std::vector<std::string> known;
    for (const TypeField& f : attributes->fields) known.push_back(f.name);
    return Fail(e, absl::StrCat(what, " has no attribute ", QuoteString(name)), DidYouMean(name, known));
  }
  uint32_t expr = expr_numbers_[body_.exprs.ChildId(e, 0)];
  if (!field->required && !Knows({expr, NumberOfAttribute(expr, name)})) {
    return Fail(e, absl::StrCat("the attribute ", QuoteString(name), " of ", what, " may not be there"),
                absl::StrCat("test it with has ", IsIdentText(name) ? std::string(name) : QuoteString(name), " first"));
  }
  return {field->type, {}};
}

TypeChecker::Checked TypeChecker::CheckHasAttribute(const Expr& e) {
  TypePtr base = CheckChild(e, 0).type;
  if (!base) return {};
  uint32_t expr = expr_numbers_[body_.exprs.ChildId(e, 0)];
  Checked result = Ok(Kind::kTrue);
  for (const std::string& name : body_.exprs.Names(e)) {
    if (base->kind != Kind::kEntity && base->kind != Kind::kRecord) return FailKind(e, "an entity or a record", *base);
    const TypePtr attributes = AttributesOf(base);
    const TypeField* field = attributes->Field(name);
    if (!field) return Ok(Kind::kFalse);
    uint32_t attribute = NumberOfAttribute(expr, name);
    Capability capability{expr, attribute};
    // An entity may be missing altogether, a record is there.
    bool certain = Knows(capability) || (field->required && base->kind == Kind::kRecord);
    if (!certain) {
      result.type = SimpleType(Kind::kBool);
      result.known_when_true.push_back(capability);
    }
    base = field->type;
    expr = attribute;
  }
  return result;
}

TypeChecker::Checked TypeChecker::CheckLike(const Expr& e) {
  return Expect(e, 0, Kind::kString, "String") ? Ok(Kind::kBool) : Checked();
}

TypeChecker::Checked TypeChecker::CheckIs(const Expr& e) {
  TypePtr entity = Expect(e, 0, Kind::kEntity, "an entity");
  if (!entity) return {};
  if (entity->entity != e.value.string_value()) return Ok(Kind::kFalse);
  if (e.child_count == 1) return Ok(Kind::kTrue);
  return {CheckInOperands(e, *entity, body_.exprs.Child(e, 1), 1), {}};
}

TypeChecker::Checked TypeChecker::CheckSet(const Expr& e) {
  if (e.child_count == 0) return Fail(e, "an empty set has no type", "use isEmpty() to test a set");
  TypePtr element;
  for (uint32_t i = 0; i < e.child_count; ++i) {
    TypePtr type = CheckChild(e, i).type;
    if (!type) return {};
    TypePtr both = element ? LeastUpperBound(element, type) : type;
    if (!both) {
      return Fail(body_.exprs.Child(e, i),
                  absl::StrCat("the set's elements have different types: ", NameOf(*element), " and ", NameOf(*type)));
    }
    element = std::move(both);
  }
  return {SetType(std::move(element)), {}};
}

TypeChecker::Checked TypeChecker::CheckRecord(const Expr& e) {
  std::vector<TypeField> fields;
  for (uint32_t i = 0; i < e.child_count; ++i) {
    TypePtr type = CheckChild(e, i).type;
    if (!type) return {};
    fields.push_back({body_.exprs.Names(e)[i], std::move(type), true});
  }
  return {RecordType(std::move(fields)), {}};
}

TypeChecker::Checked TypeChecker::CheckCall(const Expr& e) {
  const ExtensionFunctionInfo& info = InfoOf(e.function());
  if (e.child_count != static_cast<uint32_t>(info.arguments)) {
    uint32_t receiver = info.method ? 1 : 0;
    return Fail(e, absl::StrCat(info.name, " takes ", info.arguments - static_cast<int>(receiver), " arguments, got ",
                                e.child_count - receiver));
  }
  bool ok = true;
  for (uint32_t i = 0; i < e.child_count; ++i) {
    const TypePtr& expected = TypeOf(ArgumentKind(info.function, static_cast<int>(i)));
    ok = Expect(e, i, expected->kind, expected->ToString()) && ok;
  }
  if (!ok) return {};
  if (IsConstructor(info.function)) {
    const Expr& argument = body_.exprs.Child(e, 0);
    if (argument.kind != ExprKind::kLiteral) {
      return Fail(argument, absl::StrCat(info.name, " takes a string that is written out"));
    }
    absl::StatusOr<Value> value = CallExtension(info.function, {argument.value});
    if (!value.ok()) return Fail(argument, std::string(value.status().message()));
  }
  return {TypeOf(ResultKind(info.function)), {}};
}

}  // namespace cedar::internal
