#include "cedar/entity_json.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cedar/extension.h"
#include "cedar/schema_model.h"
#include "cedar/text.h"
#include "cedar/validator.h"

namespace cedar {
namespace {

// The type and id of a reference, marked or not; null when it is none.
const Json* ReferenceIn(const Json& json) {
  for (const Json* reference : {json.Find("__entity"), &json}) {
    if (reference && reference->FindString("type") && reference->FindString("id")) return reference;
  }
  return nullptr;
}

// The function and arguments of a call, marked or not; null when it is none.
const Json* CallIn(const Json& json) {
  const Json* marked = json.Find("__extn");
  const Json* call = marked ? marked : &json;
  if (!call->FindString("fn")) return nullptr;
  const Json* arguments = call->Find("args");
  return call->Find("arg") || (arguments && arguments->is_array()) ? call : nullptr;
}

// Reads values and remembers where it is.
class ValueReader {
 public:
  explicit ValueReader(std::string root) : path_{std::move(root)} {}

  // `type` may be null: nothing is known of the value then.
  absl::StatusOr<Value> Read(const Json& json, const Type* type) {
    if (json.kind == Json::Kind::kNull) return Fail("null is no Cedar value");
    if (json.kind == Json::Kind::kNumber) {
      return Fail(absl::StrCat(json.text, " is no long: an integer of 64 bits, without fraction or exponent"));
    }
    if (json.is_object() && json.FindString("__expr")) return Fail("__expr is no longer part of Cedar");
    if (!type) return ReadAny(json);
    switch (type->kind) {
      case Type::Kind::kEntity:
        return ReadReference(json);
      case Type::Kind::kSet:
        return ReadSet(json, *type->element);
      case Type::Kind::kRecord:
        return ReadRecord(json, *type);
      case Type::Kind::kDecimal:
      case Type::Kind::kIpaddr:
      case Type::Kind::kDatetime:
      case Type::Kind::kDuration:
        return ReadExtension(json, *type);
      default:
        return ReadAny(json);
    }
  }

  absl::StatusOr<std::vector<RecordField>> ReadFields(const Json& json, const Type* type) {
    std::vector<RecordField> fields;
    for (size_t i = 0; i < json.items.size(); ++i) {
      path_.push_back(absl::StrCat(".", json.names[i]));
      const TypeField* declared = type ? type->Field(json.names[i]) : nullptr;
      if (type && !declared) return Fail("the schema has no such attribute");
      absl::StatusOr<Value> value = Read(json.items[i], declared ? declared->type.get() : nullptr);
      if (!value.ok()) return value.status();
      fields.push_back({json.names[i], *std::move(value)});
      path_.pop_back();
    }
    return fields;
  }

  absl::StatusOr<std::vector<RecordField>> ReadTags(const Json& json, const Type* type) {
    std::vector<RecordField> fields;
    for (size_t i = 0; i < json.items.size(); ++i) {
      path_.push_back(absl::StrCat(", tag ", QuoteString(json.names[i])));
      absl::StatusOr<Value> value = Read(json.items[i], type);
      if (!value.ok()) return value.status();
      fields.push_back({json.names[i], *std::move(value)});
      path_.pop_back();
    }
    return fields;
  }

 private:
  absl::Status Fail(absl::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat(PathText(path_, ""), ": ", message));
  }

  absl::StatusOr<Value> ReadAny(const Json& json) {
    switch (json.kind) {
      case Json::Kind::kBool:
        return Value::Bool(json.boolean);
      case Json::Kind::kInteger:
        return Value::Long(json.integer);
      case Json::Kind::kString:
        return Value::String(json.text);
      case Json::Kind::kArray:
        return ReadElements(json, nullptr);
      default:
        break;
    }
    // A mark stands alone; among other members it is a name like any other.
    const bool marks_entity = json.items.size() == 1 && json.Find("__entity") && ReferenceIn(json);
    const bool marks_call = json.items.size() == 1 && json.Find("__extn") && CallIn(json);
    if (marks_entity || marks_call) {
      // What a mark says besides is not looked at, but has to be values.
      if (const Json* number = json.FindNoInteger()) return Fail(absl::StrCat(number->text, " is no long"));
      return marks_entity ? ReadReference(json) : ReadCall(*CallIn(json), false);
    }
    absl::StatusOr<std::vector<RecordField>> fields = ReadFields(json, nullptr);
    if (!fields.ok()) return fields.status();
    return Value::Record(*std::move(fields));
  }

  absl::StatusOr<Value> ReadReference(const Json& json) {
    absl::StatusOr<EntityUid> uid = UidFromJson(json);
    if (!uid.ok()) return Fail(uid.status().message());
    return Value::Entity(*std::move(uid));
  }

  absl::StatusOr<Value> ReadSet(const Json& json, const Type& element) {
    if (!json.is_array()) return Fail(absl::StrCat("expected an array, found ", KindName(json.kind)));
    return ReadElements(json, &element);
  }

  absl::StatusOr<Value> ReadElements(const Json& json, const Type* type) {
    std::vector<Value> elements;
    for (size_t i = 0; i < json.items.size(); ++i) {
      path_.push_back(absl::StrCat("[", i, "]"));
      absl::StatusOr<Value> value = Read(json.items[i], type);
      if (!value.ok()) return value.status();
      elements.push_back(*std::move(value));
      path_.pop_back();
    }
    return Value::Set(std::move(elements));
  }

  absl::StatusOr<Value> ReadRecord(const Json& json, const Type& type) {
    if (!json.is_object()) return Fail(absl::StrCat("expected an object, found ", KindName(json.kind)));
    absl::StatusOr<std::vector<RecordField>> fields = ReadFields(json, &type);
    if (!fields.ok()) return fields.status();
    return Value::Record(*std::move(fields));
  }

  absl::StatusOr<Value> ReadExtension(const Json& json, const Type& type) {
    if (const Json* call = json.is_object() ? CallIn(json) : nullptr) return ReadCall(*call, true);
    if (!json.is_string()) return Fail(absl::StrCat("expected ", type.ToString(), ", found ", KindName(json.kind)));
    return Call(*ConstructorOf(KindOf(type.kind)), {Value::String(json.text)});
  }

  // With `typed`, arguments that are extension values need no marks either.
  absl::StatusOr<Value> ReadCall(const Json& call, bool typed) {
    const std::string& name = *call.FindString("fn");
    const ExtensionFunctionInfo* info = FindExtensionFunction(name);
    if (!info) return Fail(absl::StrCat("there is no extension function ", QuoteString(name)));
    const Json* one = call.Find("arg");
    absl::Span<const Json> given = one ? absl::MakeConstSpan(one, 1) : absl::MakeConstSpan(call.Find("args")->items);
    std::vector<Value> arguments;
    for (size_t i = 0; i < given.size(); ++i) {
      bool known = typed && i < static_cast<size_t>(info->arguments);
      const Type* type = known ? TypeOf(ArgumentKind(info->function, static_cast<int>(i))).get() : nullptr;
      absl::StatusOr<Value> value = Read(given[i], type);
      if (!value.ok()) return value.status();
      arguments.push_back(*std::move(value));
    }
    return Call(info->function, arguments);
  }

  absl::StatusOr<Value> Call(ExtensionFunction function, absl::Span<const Value> arguments) const {
    absl::StatusOr<Value> value = CallExtension(function, arguments);
    if (!value.ok()) return Fail(value.status().message());
    return value;
  }

  std::vector<std::string> path_;
};

absl::Status Expect(const Json* json, Json::Kind kind, absl::string_view what) {
  if (json && json->kind == kind) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " must be ", KindName(kind), ", found ", json ? KindName(json->kind) : "nothing"));
}

absl::StatusOr<Entity> EntityFromJson(const Json& json, size_t number, const Schema* schema) {
  std::string what = absl::StrCat("entity ", number);
  if (absl::Status s = Expect(&json, Json::Kind::kObject, what); !s.ok()) return s;
  if (absl::Status s = Expect(json.Find("uid"), Json::Kind::kObject, absl::StrCat(what, ": uid")); !s.ok()) return s;
  absl::StatusOr<EntityUid> uid = UidFromJson(*json.Find("uid"));
  if (!uid.ok()) return absl::InvalidArgumentError(absl::StrCat(what, ": uid: ", uid.status().message()));
  Entity entity;
  entity.uid = *std::move(uid);
  what = entity.uid.ToString();
  const Json *attributes = json.Find("attrs"), *parents = json.Find("parents"), *tags = json.Find("tags");
  if (absl::Status s = Expect(attributes, Json::Kind::kObject, absl::StrCat(what, ": attrs")); !s.ok()) return s;
  if (absl::Status s = Expect(parents, Json::Kind::kArray, absl::StrCat(what, ": parents")); !s.ok()) return s;
  const internal::EntityTypeModel* type = nullptr;
  if (schema && !entity.uid.is_action()) {
    type = schema->model().FindEntityType(entity.uid.type());
    if (!type) {
      return absl::InvalidArgumentError(absl::StrCat(what, ": the schema has no entity type ", entity.uid.type()));
    }
  }
  ValueReader reader(what);
  absl::StatusOr<std::vector<RecordField>> read =
      reader.ReadFields(*attributes, type ? type->attributes.get() : nullptr);
  if (!read.ok()) return read.status();
  entity.attributes = *std::move(read);
  if (tags) {
    if (absl::Status s = Expect(tags, Json::Kind::kObject, absl::StrCat(what, ": tags")); !s.ok()) return s;
    read = reader.ReadTags(*tags, type ? type->tags.get() : nullptr);
    if (!read.ok()) return read.status();
    entity.tags = *std::move(read);
  }
  for (const Json& parent : parents->items) {
    absl::StatusOr<EntityUid> parent_uid = UidFromJson(parent);
    if (!parent_uid.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(what, ": parents: ", parent_uid.status().message()));
    }
    if (entity.uid.is_action() && !parent_uid->is_action()) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, ": an action is only in actions, found ", parent_uid->ToString()));
    }
    entity.parents.push_back(*std::move(parent_uid));
  }
  return entity;
}

// The entities as the schema wants them, with its own actions in place of those given.
absl::StatusOr<EntityStore> WithActions(const Schema& schema, const EntityStore& given) {
  std::vector<Entity> all;
  for (const Entity* entity : given.All()) {
    if (!entity->uid.is_action()) {
      all.push_back(*entity);
      continue;
    }
    Entity closed = *entity;
    closed.parents.clear();
    given.ForEachAncestor(entity->uid, [&](const EntityUid& ancestor) { closed.parents.push_back(ancestor); });
    if (absl::Status s = ValidateEntity(schema, closed); !s.ok()) return s;
  }
  for (const Entity* action : schema.actions().All()) all.push_back(*action);
  return EntityStore::Create(std::move(all));
}

Json CallToJson(absl::string_view function, const std::string& argument) {
  Json call = Json::Object();
  call.Set("fn", Json::String(function)).Set("arg", Json::String(argument));
  Json marked = Json::Object();
  marked.Set("__extn", std::move(call));
  return marked;
}

Json FieldsToJson(absl::Span<const RecordField> fields) {
  Json object = Json::Object();
  for (const RecordField& field : fields) object.Set(field.name, ValueToJson(field.value));
  return object;
}

}  // namespace

absl::StatusOr<EntityUid> UidFromJson(const Json& json) {
  const Json* reference = json.is_object() ? ReferenceIn(json) : nullptr;
  if (!reference) {
    return absl::InvalidArgumentError(absl::StrCat("expected an entity, {\"type\": …, \"id\": …}, found ",
                                                   json.is_object() ? "another object" : KindName(json.kind)));
  }
  const std::string& type = *reference->FindString("type");
  if (!IsTypeName(type)) return absl::InvalidArgumentError(absl::StrCat(QuoteString(type), " is no type's name"));
  return EntityUid(type, *reference->FindString("id"));
}

absl::StatusOr<EntityStore> EntitiesFromJson(const Json& json, const Schema* schema) {
  if (absl::Status s = Expect(&json, Json::Kind::kArray, "entities"); !s.ok()) return s;
  std::vector<Entity> entities;
  for (const Json& item : json.items) {
    absl::StatusOr<Entity> entity = EntityFromJson(item, entities.size(), schema);
    if (!entity.ok()) return entity.status();
    if (schema && !entity->uid.is_action()) {
      if (absl::Status s = ValidateEntity(*schema, *entity); !s.ok()) return s;
    }
    entities.push_back(*std::move(entity));
  }
  absl::StatusOr<EntityStore> store = EntityStore::Create(std::move(entities));
  if (!store.ok() || !schema) return store;
  return WithActions(*schema, *store);
}

absl::StatusOr<EntityStore> ParseEntitiesJson(absl::string_view text, const Schema* schema) {
  absl::StatusOr<Json> json = ParseJson(text);
  if (!json.ok()) return json.status();
  return EntitiesFromJson(*json, schema);
}

absl::StatusOr<Value> ContextFromJson(const Json& json, const Schema* schema, const EntityUid& action) {
  if (absl::Status s = Expect(&json, Json::Kind::kObject, "context"); !s.ok()) return s;
  const internal::ActionModel* declared = schema ? schema->model().FindAction(action) : nullptr;
  if (schema && !declared) {
    return absl::InvalidArgumentError(absl::StrCat("action: the schema has no action ", action.ToString()));
  }
  absl::StatusOr<Value> context = ValueReader("context").Read(json, declared ? declared->context.get() : nullptr);
  if (!context.ok()) return context;
  if (!context->is_record()) return absl::InvalidArgumentError("context must be a record");
  if (declared) {
    absl::Status s = ValidateValue(*schema, *declared->context, *context, "context");
    if (!s.ok()) return s;
  }
  return context;
}

absl::StatusOr<Value> ParseContextJson(absl::string_view text, const Schema* schema, const EntityUid& action) {
  absl::StatusOr<Json> json = ParseJson(text);
  if (!json.ok()) return json.status();
  return ContextFromJson(*json, schema, action);
}

Json UidToJson(const EntityUid& uid) {
  Json json = Json::Object();
  json.Set("type", Json::String(uid.type())).Set("id", Json::String(uid.id()));
  return json;
}

Json ValueToJson(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return Json::Bool(value.bool_value());
    case Value::Kind::kLong:
      return Json::Integer(value.long_value());
    case Value::Kind::kString:
      return Json::String(value.string_value());
    case Value::Kind::kEntity: {
      Json json = Json::Object();
      json.Set("__entity", UidToJson(value.entity_ref()));
      return json;
    }
    case Value::Kind::kSet: {
      Json json = Json::Array();
      for (const Value& element : value.elements()) json.items.push_back(ValueToJson(element));
      return json;
    }
    case Value::Kind::kRecord:
      return FieldsToJson(value.fields());
    case Value::Kind::kDecimal:
      return CallToJson("decimal", FormatDecimal(value.long_value()));
    case Value::Kind::kIpaddr:
      return CallToJson("ip", value.ip_value().ToString());
    case Value::Kind::kDuration:
      return CallToJson("duration", absl::StrCat(value.long_value(), "ms"));
    case Value::Kind::kDatetime:
      break;
  }
  // Not every datetime can be written as a date.
  Json arguments = Json::Array();
  arguments.items.push_back(CallToJson("datetime", "1970-01-01"));
  arguments.items.push_back(CallToJson("duration", absl::StrCat(value.long_value(), "ms")));
  Json call = Json::Object();
  call.Set("fn", Json::String("offset")).Set("args", std::move(arguments));
  Json marked = Json::Object();
  marked.Set("__extn", std::move(call));
  return marked;
}

Json EntitiesToJson(const EntityStore& entities) {
  Json all = Json::Array();
  for (const Entity* entity : entities.All()) {
    Json json = Json::Object();
    json.Set("uid", UidToJson(entity->uid)).Set("attrs", FieldsToJson(entity->attributes));
    Json parents = Json::Array();
    for (const EntityUid& parent : entity->parents) parents.items.push_back(UidToJson(parent));
    json.Set("parents", std::move(parents));
    if (!entity->tags.empty()) json.Set("tags", FieldsToJson(entity->tags));
    all.items.push_back(std::move(json));
  }
  return all;
}

}  // namespace cedar
