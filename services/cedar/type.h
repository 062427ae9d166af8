#ifndef CEDAR_TYPE_H_
#define CEDAR_TYPE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cedar/value.h"

// The types that schemas give to attributes, tags and contexts, and the validator to expressions.
namespace cedar {

struct Type;
// Types are immutable and shared: a common type that is used twice stands in memory once.
using TypePtr = std::shared_ptr<const Type>;

struct TypeField {
  std::string name;
  TypePtr type;
  bool required = true;
};

struct Type {
  enum class Kind : uint8_t {
    kTrue,  // a bool that is known; only of expressions
    kFalse,
    kBool,
    kLong,
    kString,
    kDecimal,
    kIpaddr,
    kDatetime,
    kDuration,
    kEntity,
    kSet,
    kRecord,
  };
  Kind kind = Kind::kBool;
  std::string entity;             // kEntity: the type's full name
  TypePtr element;                // kSet
  std::vector<TypeField> fields;  // kRecord: sorted by name
  int height = 1;                 // levels, this one included
  size_t nodes = 1;               // with everything written out

  bool is_bool() const { return kind <= Kind::kBool; }
  // Null when the record has no such field.
  const TypeField* Field(absl::string_view name) const;
  // As in a schema: `Set<Long>`, `{a: String, b?: User}`.
  std::string ToString() const;
};

// Of the kinds without parts; always the same object for a kind.
const TypePtr& SimpleType(Type::Kind kind);
TypePtr EntityType(absl::string_view name);
TypePtr SetType(TypePtr element);
TypePtr RecordType(std::vector<TypeField> fields);

bool SameType(const Type& a, const Type& b);

// What values of the type are.
Value::Kind KindOf(Type::Kind kind);
// The type of all values of a kind without parts: not of entities, sets and records.
const TypePtr& TypeOf(Value::Kind kind);

}  // namespace cedar

#endif  // CEDAR_TYPE_H_
