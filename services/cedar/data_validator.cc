#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cedar/schema_model.h"
#include "cedar/validator.h"

namespace cedar {
namespace {

using internal::ActionModel;
using internal::EntityTypeModel;
using internal::SchemaModel;

absl::Status Fail(absl::string_view what, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", message));
}

// Ids of enumerated types must be declared; other types take any.
absl::Status CheckUid(const SchemaModel& model, const EntityUid& uid, absl::string_view what) {
  const EntityTypeModel* type = model.FindEntityType(uid.type());
  if (!type || type->HasChoice(uid.id())) return absl::OkStatus();
  return Fail(
      what, absl::StrCat(uid.ToString(), " is no entity of the enumerated type ", uid.type(),
                         DidYouMean(uid.id(), type->choices).empty() ? "" : "; ", DidYouMean(uid.id(), type->choices)));
}

absl::Status CheckValue(const SchemaModel& model, const Type& type, const Value& value, const std::string& what);

absl::Status CheckFields(const SchemaModel& model, const Type& type, absl::Span<const RecordField> fields,
                         const std::string& what) {
  for (const RecordField& field : fields) {
    const TypeField* declared = type.Field(field.name);
    std::string path = absl::StrCat(what, ".", field.name);
    if (!declared) return Fail(path, "the schema has no such attribute");
    if (absl::Status s = CheckValue(model, *declared->type, field.value, path); !s.ok()) return s;
  }
  for (const TypeField& declared : type.fields) {
    if (!declared.required) continue;
    auto same = [&](const RecordField& f) { return f.name == declared.name; };
    if (std::none_of(fields.begin(), fields.end(), same)) {
      return Fail(absl::StrCat(what, ".", declared.name), "the schema requires this attribute, which is missing");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckValue(const SchemaModel& model, const Type& type, const Value& value, const std::string& what) {
  if (KindOf(type.kind) != value.kind()) {
    return Fail(what, absl::StrCat("expected ", type.ToString(), ", found a ", KindName(value.kind())));
  }
  switch (type.kind) {
    case Type::Kind::kEntity:
      if (value.entity_ref().type() != type.entity) {
        return Fail(what, absl::StrCat("expected an entity of type ", type.entity, ", found ", value.ToString()));
      }
      return CheckUid(model, value.entity_ref(), what);
    case Type::Kind::kSet:
      for (const Value& element : value.elements()) {
        absl::Status s = CheckValue(model, *type.element, element, absl::StrCat(what, "[]"));
        if (!s.ok()) return s;
      }
      return absl::OkStatus();
    case Type::Kind::kRecord:
      return CheckFields(model, type, value.fields(), what);
    default:
      return absl::OkStatus();
  }
}

absl::Status CheckAction(const Schema& schema, const Entity& entity, const std::string& what) {
  if (!schema.model().FindAction(entity.uid)) return Fail(what, "the schema has no such action");
  absl::flat_hash_set<EntityUid> ancestors(entity.parents.begin(), entity.parents.end());
  size_t expected = 0;
  bool same = true;
  schema.actions().ForEachAncestor(entity.uid, [&](const EntityUid& ancestor) {
    ++expected;
    same = same && ancestors.contains(ancestor);
  });
  if (same && ancestors.size() == expected && entity.attributes.empty() && entity.tags.empty()) {
    return absl::OkStatus();
  }
  return Fail(what, "this action is declared otherwise in the schema");
}

}  // namespace

absl::Status ValidateValue(const Schema& schema, const Type& type, const Value& value, absl::string_view what) {
  return CheckValue(schema.model(), type, value, std::string(what));
}

absl::Status ValidateEntity(const Schema& schema, const Entity& entity) {
  const SchemaModel& model = schema.model();
  const std::string what = entity.uid.ToString();
  if (entity.uid.is_action()) return CheckAction(schema, entity, what);
  const EntityTypeModel* type = model.FindEntityType(entity.uid.type());
  if (!type) return Fail(what, absl::StrCat("the schema has no entity type ", entity.uid.type()));
  if (absl::Status s = CheckUid(model, entity.uid, what); !s.ok()) return s;
  if (absl::Status s = CheckFields(model, *type->attributes, entity.attributes, what); !s.ok()) return s;
  for (const RecordField& tag : entity.tags) {
    std::string path = absl::StrCat(what, ", tag ", QuoteString(tag.name));
    if (!type->tags) return Fail(path, absl::StrCat("the schema gives no tags to the type ", entity.uid.type()));
    if (absl::Status s = CheckValue(model, *type->tags, tag.value, path); !s.ok()) return s;
  }
  for (const EntityUid& parent : entity.parents) {
    if (!type->ancestors.contains(parent.type())) {
      return Fail(what, absl::StrCat("an entity of type ", entity.uid.type(), " cannot be in ", parent.ToString()));
    }
    if (absl::Status s = CheckUid(model, parent, what); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status ValidateRequest(const Schema& schema, const Request& request) {
  const SchemaModel& model = schema.model();
  for (const auto& [uid, what] :
       {std::pair(&request.principal, "principal"), std::pair(&request.resource, "resource")}) {
    if (!model.FindEntityType(uid->type())) {
      return Fail(what, absl::StrCat("the schema has no entity type ", uid->type()));
    }
    if (absl::Status s = CheckUid(model, *uid, what); !s.ok()) return s;
  }
  const ActionModel* action = model.FindAction(request.action);
  if (!action) return Fail("action", absl::StrCat("the schema has no action ", request.action.ToString()));
  for (const auto& [uid, types, what] : {std::tuple(&request.principal, &action->principals, "principal"),
                                         std::tuple(&request.resource, &action->resources, "resource")}) {
    if (!std::binary_search(types->begin(), types->end(), uid->type())) {
      return Fail(what, absl::StrCat("the action ", request.action.ToString(), " does not apply to a ", what,
                                     " of type ", uid->type()));
    }
  }
  return CheckValue(model, *action->context, request.context, "context");
}

}  // namespace cedar
