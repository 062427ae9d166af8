#include "cedar/type.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cedar/limits.h"
#include "cedar/text.h"

namespace cedar {
namespace {

void Include(const Type& part, Type* whole) {
  whole->height = std::max(whole->height, part.height + 1);
  whole->nodes = std::min(whole->nodes + part.nodes, 2 * kTypeNodesMax);
}

std::string FieldToString(const TypeField& field) {
  bool plain = IsIdentText(field.name) && !IsReservedWord(field.name);
  return absl::StrCat(plain ? field.name : QuoteString(field.name),
                      field.required ? ": " : "?: ", field.type->ToString());
}

}  // namespace

const TypeField* Type::Field(absl::string_view name) const {
  auto it = std::lower_bound(fields.begin(), fields.end(), name,
                             [](const TypeField& f, absl::string_view n) { return absl::string_view(f.name) < n; });
  return it != fields.end() && absl::string_view(it->name) == name ? &*it : nullptr;
}

std::string Type::ToString() const {
  switch (kind) {
    case Kind::kTrue:
      return "True";
    case Kind::kFalse:
      return "False";
    case Kind::kBool:
      return "Bool";
    case Kind::kLong:
      return "Long";
    case Kind::kString:
      return "String";
    case Kind::kDecimal:
      return "decimal";
    case Kind::kIpaddr:
      return "ipaddr";
    case Kind::kDatetime:
      return "datetime";
    case Kind::kDuration:
      return "duration";
    case Kind::kEntity:
      return entity;
    case Kind::kSet:
      return absl::StrCat("Set<", element ? element->ToString() : "?", ">");
    case Kind::kRecord:
      return absl::StrCat(
          "{", absl::StrJoin(fields, ", ", [](std::string* out, const TypeField& f) { out->append(FieldToString(f)); }),
          "}");
  }
  return "";
}

const TypePtr& SimpleType(Type::Kind kind) {
  static const auto* const types = [] {
    auto* all = new std::array<TypePtr, static_cast<size_t>(Type::Kind::kEntity)>;
    for (size_t i = 0; i < all->size(); ++i) {
      auto type = std::make_shared<Type>();
      type->kind = static_cast<Type::Kind>(i);
      (*all)[i] = std::move(type);
    }
    return all;
  }();
  return types->at(static_cast<size_t>(kind));
}

TypePtr EntityType(absl::string_view name) {
  auto type = std::make_shared<Type>();
  type->kind = Type::Kind::kEntity;
  type->entity = std::string(name);
  return type;
}

TypePtr SetType(TypePtr element) {
  auto type = std::make_shared<Type>();
  type->kind = Type::Kind::kSet;
  Include(*element, type.get());
  type->element = std::move(element);
  return type;
}

TypePtr RecordType(std::vector<TypeField> fields) {
  auto type = std::make_shared<Type>();
  type->kind = Type::Kind::kRecord;
  std::sort(fields.begin(), fields.end(), [](const TypeField& a, const TypeField& b) { return a.name < b.name; });
  for (const TypeField& field : fields) Include(*field.type, type.get());
  type->fields = std::move(fields);
  return type;
}

bool SameType(const Type& a, const Type& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Type::Kind::kEntity:
      return a.entity == b.entity;
    case Type::Kind::kSet:
      return SameType(*a.element, *b.element);
    case Type::Kind::kRecord:
      return std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                        [](const TypeField& x, const TypeField& y) {
                          return x.name == y.name && x.required == y.required && SameType(*x.type, *y.type);
                        });
    default:
      return true;
  }
}

Value::Kind KindOf(Type::Kind kind) {
  switch (kind) {
    case Type::Kind::kTrue:
    case Type::Kind::kFalse:
    case Type::Kind::kBool:
      return Value::Kind::kBool;
    case Type::Kind::kLong:
      return Value::Kind::kLong;
    case Type::Kind::kString:
      return Value::Kind::kString;
    case Type::Kind::kDecimal:
      return Value::Kind::kDecimal;
    case Type::Kind::kIpaddr:
      return Value::Kind::kIpaddr;
    case Type::Kind::kDatetime:
      return Value::Kind::kDatetime;
    case Type::Kind::kDuration:
      return Value::Kind::kDuration;
    case Type::Kind::kEntity:
      return Value::Kind::kEntity;
    case Type::Kind::kSet:
      return Value::Kind::kSet;
    case Type::Kind::kRecord:
      break;
  }
  return Value::Kind::kRecord;
}

const TypePtr& TypeOf(Value::Kind kind) {
  size_t type = static_cast<size_t>(Type::Kind::kBool);
  while (KindOf(static_cast<Type::Kind>(type)) != kind) ++type;
  return SimpleType(static_cast<Type::Kind>(type));
}

}  // namespace cedar
