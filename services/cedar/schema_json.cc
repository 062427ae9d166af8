#include "cedar/schema_json.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cedar/text.h"
#include "cedar/value.h"

namespace cedar::internal {
namespace {

constexpr absl::string_view kLanguageNamespace = "__cedar::";

// A type's name, also one of the language's own.
bool IsTypeReference(absl::string_view name) { return IsTypeName(absl::StripPrefix(name, kLanguageNamespace)); }
bool IsDeclarable(absl::string_view name) { return IsIdentText(name) && !IsReservedWord(name); }

class Reader {
 public:
  absl::StatusOr<SchemaSyntax> Read(const Json& json) {
    SchemaSyntax schema;
    if (absl::Status s = ExpectObject(json); !s.ok()) return s;
    for (size_t i = 0; i < json.items.size(); ++i) {
      Inside inside(this, json.names[i].empty() ? "\"\"" : json.names[i]);
      absl::Status s = ReadNamespace(json.names[i], json.items[i], &schema.namespaces.emplace_back());
      if (!s.ok()) return s;
    }
    return schema;
  }

 private:
  // Extends the path for as long as it lives.
  class Inside {
   public:
    Inside(Reader* reader, std::string name) : reader_(*reader) { reader_.path_.push_back(std::move(name)); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { reader_.path_.pop_back(); }

   private:
    Reader& reader_;
  };

  absl::Status Fail(absl::string_view message) const {
    return absl::InvalidArgumentError(
        absl::StrCat(path_.empty() ? "schema" : PathText(path_, "."), ": ", message));
  }

  absl::Status ExpectObject(const Json& json) const {
    return json.is_object() ? absl::OkStatus() : Fail(absl::StrCat("expected an object, found ", KindName(json.kind)));
  }

  // An object with no members but these.
  absl::Status Only(const Json& json, std::initializer_list<absl::string_view> names) const {
    if (absl::Status s = ExpectObject(json); !s.ok()) return s;
    for (const std::string& name : json.names) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        return Fail(absl::StrCat("there is no member ", QuoteString(name), " here"));
      }
    }
    return absl::OkStatus();
  }

  // Calls `read` with the name and value of each member of an object that may be absent.
  template <typename Read>
  absl::Status ForEachMember(const Json& json, absl::string_view name, bool required, Read read) {
    const Json* member = json.Find(name);
    if (!member) return required ? Fail(absl::StrCat("expected ", QuoteString(name))) : absl::OkStatus();
    Inside inside(this, std::string(name));
    if (absl::Status s = ExpectObject(*member); !s.ok()) return s;
    for (size_t i = 0; i < member->items.size(); ++i) {
      Inside inner(this, member->names[i]);
      if (absl::Status s = read(member->names[i], member->items[i]); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status ReadNamespace(const std::string& name, const Json& json, NamespaceSyntax* out) {
    if (!name.empty() && !IsTypeName(name)) return Fail("this is no namespace's name");
    out->name.text = name;
    if (absl::Status s = Only(json, {"commonTypes", "entityTypes", "actions", "annotations"}); !s.ok()) return s;
    if (name.empty() && json.Find("annotations")) return Fail("the empty namespace has no annotations");
    if (absl::Status s = ReadAnnotations(json, &out->annotations); !s.ok()) return s;
    absl::Status s = ForEachMember(json, "commonTypes", false, [&](const std::string& id, const Json& value) {
      if (!IsDeclarable(id)) return Fail("this is no type's name");
      CommonTypeSyntax& common = out->common_types.emplace_back();
      common.name.text = id;
      if (absl::Status inner = ReadAnnotations(value, &common.annotations); !inner.ok()) return inner;
      return ReadType(value, {"annotations"}, &common.type);
    });
    if (!s.ok()) return s;
    s = ForEachMember(json, "entityTypes", true, [&](const std::string& id, const Json& value) {
      return ReadEntityType(id, value, &out->entity_types.emplace_back());
    });
    if (!s.ok()) return s;
    return ForEachMember(json, "actions", true, [&](const std::string& id, const Json& value) {
      return ReadAction(id, value, &out->actions.emplace_back());
    });
  }

  absl::Status ReadAnnotations(const Json& json, std::vector<Annotation>* out) {
    return ForEachMember(json, "annotations", false, [&](const std::string& name, const Json& value) {
      if (!IsIdentText(name)) return Fail("this is no annotation's name");
      if (!value.is_string() && value.kind != Json::Kind::kNull) return Fail("expected a string or null");
      out->push_back({name, value.text, value.is_string(), {}});
      return absl::OkStatus();
    });
  }

  absl::Status ReadEntityType(const std::string& name, const Json& json, EntityTypeSyntax* out) {
    if (!IsDeclarable(name)) return Fail("this is no entity type's name");
    out->name.text = name;
    if (absl::Status s = Only(json, {"memberOfTypes", "shape", "tags", "enum", "annotations"}); !s.ok()) return s;
    if (absl::Status s = ReadAnnotations(json, &out->annotations); !s.ok()) return s;
    if (const Json* choices = json.Find("enum")) {
      if (json.Find("memberOfTypes") || json.Find("shape") || json.Find("tags")) {
        return Fail("an enumerated type has no parents, attributes or tags");
      }
      if (!choices->is_array() || choices->items.empty()) return Fail("expected \"enum\" to be a list of ids");
      return ReadStrings(*choices, &out->choices);
    }
    if (absl::Status s = ReadTypeNames(json, "memberOfTypes", false, &out->parents); !s.ok()) return s;
    if (const Json* shape = json.Find("shape")) {
      Inside inside(this, "shape");
      if (absl::Status s = ReadType(*shape, {}, &out->shape.emplace()); !s.ok()) return s;
    }
    const Json* tags = json.Find("tags");
    if (!tags) return absl::OkStatus();
    Inside inside(this, "tags");
    return ReadType(*tags, {}, &out->tags.emplace());
  }

  absl::Status ReadStrings(const Json& json, std::vector<NameSyntax>* out) const {
    for (const Json& item : json.items) {
      if (!item.is_string()) return Fail("expected strings only");
      out->push_back({item.text, {}});
    }
    return absl::OkStatus();
  }

  absl::Status ReadTypeNames(const Json& json, absl::string_view name, bool required, std::vector<NameSyntax>* out) {
    const Json* names = json.Find(name);
    if (!names) return required ? Fail(absl::StrCat("expected ", QuoteString(name))) : absl::OkStatus();
    Inside inside(this, std::string(name));
    if (!names->is_array()) return Fail("expected an array");
    if (absl::Status s = ReadStrings(*names, out); !s.ok()) return s;
    for (const NameSyntax& type : *out) {
      if (!IsTypeName(type.text)) return Fail(absl::StrCat(QuoteString(type.text), " is no entity type's name"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadAction(const std::string& name, const Json& json, ActionSyntax* out) {
    out->name.text = name;
    if (absl::Status s = Only(json, {"memberOf", "appliesTo", "attributes", "annotations"}); !s.ok()) return s;
    if (absl::Status s = ReadAnnotations(json, &out->annotations); !s.ok()) return s;
    const Json* attributes = json.Find("attributes");
    if (attributes && attributes->kind != Json::Kind::kNull) return Fail("actions cannot have attributes");
    if (const Json* groups = json.Find("memberOf"); groups && groups->kind != Json::Kind::kNull) {
      Inside inside(this, "memberOf");
      if (!groups->is_array()) return Fail("expected an array");
      for (const Json& group : groups->items) {
        if (absl::Status s = ReadActionRef(group, out); !s.ok()) return s;
      }
    }
    const Json* applies = json.Find("appliesTo");
    if (!applies || applies->kind == Json::Kind::kNull) return absl::OkStatus();
    Inside inside(this, "appliesTo");
    out->applies = true;
    if (absl::Status s = Only(*applies, {"principalTypes", "resourceTypes", "context"}); !s.ok()) return s;
    if (absl::Status s = ReadTypeNames(*applies, "principalTypes", true, &out->principals); !s.ok()) return s;
    if (absl::Status s = ReadTypeNames(*applies, "resourceTypes", true, &out->resources); !s.ok()) return s;
    const Json* context = applies->Find("context");
    if (!context) return absl::OkStatus();
    Inside context_inside(this, "context");
    return ReadType(*context, {}, &out->context.emplace());
  }

  absl::Status ReadActionRef(const Json& json, ActionSyntax* out) {
    if (absl::Status s = Only(json, {"id", "type"}); !s.ok()) return s;
    const std::string *id = json.FindString("id"), *type = json.FindString("type");
    if (!id) return Fail("expected \"id\"");
    ActionRefSyntax& ref = out->parents.emplace_back();
    ref.id.text = *id;
    if (!json.Find("type") || json.Find("type")->kind == Json::Kind::kNull) return absl::OkStatus();
    if (!type || !IsTypeName(*type)) return Fail("expected \"type\" to be a type's name");
    ref.type = NameSyntax{*type, {}};
    return absl::OkStatus();
  }

  // `more`: members that may stand beside those of the type.
  absl::Status ReadType(const Json& json, std::vector<absl::string_view> more, TypeSyntax* out) {
    if (absl::Status s = ExpectObject(json); !s.ok()) return s;
    const std::string* type = json.FindString("type");
    if (!type) return Fail("expected \"type\"");
    more.push_back("type");
    absl::string_view own = *type == "Set"                                                           ? "element"
                            : *type == "Record"                                                      ? "attributes"
                            : *type == "Entity" || *type == "EntityOrCommon" || *type == "Extension" ? "name"
                                                                                                     : "";
    if (!own.empty()) more.push_back(own);
    if (*type == "Record") more.push_back("additionalAttributes");
    for (const std::string& name : json.names) {
      if (std::find(more.begin(), more.end(), name) != more.end()) continue;
      return Fail(absl::StrCat("there is no member ", QuoteString(name), " here"));
    }
    if (own == "name") return ReadNamed(json, *type, out);
    if (*type == "Record") return ReadRecord(json, out);
    if (*type == "Set") {
      const Json* element = json.Find("element");
      if (!element) return Fail("expected \"element\"");
      Inside inside(this, "element");
      out->kind = TypeSyntax::Kind::kSet;
      return ReadType(*element, {}, &out->element.emplace_back());
    }
    out->kind = TypeSyntax::Kind::kCommonName;
    if (!IsTypeReference(*type)) return Fail(absl::StrCat(QuoteString(*type), " is no type's name"));
    bool primitive = *type == "Long" || *type == "String" || *type == "Boolean";
    out->name.text = primitive ? absl::StrCat(kLanguageNamespace, *type == "Boolean" ? "Bool" : *type) : *type;
    return absl::OkStatus();
  }

  absl::Status ReadNamed(const Json& json, absl::string_view type, TypeSyntax* out) {
    const std::string* name = json.FindString("name");
    if (!name || !IsTypeReference(*name)) return Fail("expected \"name\" to be a type's name");
    const bool extension = *name == "decimal" || *name == "ipaddr" || *name == "datetime" || *name == "duration";
    if (type == "Extension" && !extension) {
      return Fail(absl::StrCat("there is no extension type ", QuoteString(*name)));
    }
    out->kind = type == "Entity"           ? TypeSyntax::Kind::kEntityName
                : type == "EntityOrCommon" ? TypeSyntax::Kind::kName
                                           : TypeSyntax::Kind::kCommonName;
    out->name.text = type == "Extension" ? absl::StrCat(kLanguageNamespace, *name) : *name;
    return absl::OkStatus();
  }

  absl::Status ReadRecord(const Json& json, TypeSyntax* out) {
    out->kind = TypeSyntax::Kind::kRecord;
    const Json* more = json.Find("additionalAttributes");
    if (more && (more->kind != Json::Kind::kBool || more->boolean)) return Fail("records cannot be open");
    return ForEachMember(json, "attributes", true, [&](const std::string& name, const Json& value) {
      FieldSyntax& field = out->fields.emplace_back();
      field.name.text = name;
      const Json* required = value.Find("required");
      if (required && required->kind != Json::Kind::kBool) return Fail("expected \"required\" to be true or false");
      field.required = !required || required->boolean;
      if (absl::Status s = ReadAnnotations(value, &field.annotations); !s.ok()) return s;
      return ReadType(value, {"required", "annotations"}, &field.type);
    });
  }

  std::vector<std::string> path_;
};

Json Strings(const std::vector<NameSyntax>& names) {
  Json json = Json::Array();
  for (const NameSyntax& name : names) json.items.push_back(Json::String(name.text));
  return json;
}

void AddAnnotations(const std::vector<Annotation>& annotations, Json* out) {
  if (annotations.empty()) return;
  Json json = Json::Object();
  for (const Annotation& a : annotations) json.Set(a.name, a.has_value ? Json::String(a.value) : Json());
  out->Set("annotations", std::move(json));
}

Json TypeToJson(const TypeSyntax& type) {
  Json json = Json::Object();
  switch (type.kind) {
    case TypeSyntax::Kind::kName:
    case TypeSyntax::Kind::kEntityName:
      json.Set("type", Json::String(type.kind == TypeSyntax::Kind::kName ? "EntityOrCommon" : "Entity"));
      json.Set("name", Json::String(type.name.text));
      break;
    case TypeSyntax::Kind::kCommonName:
      json.Set("type", Json::String(type.name.text));
      break;
    case TypeSyntax::Kind::kSet:
      json.Set("type", Json::String("Set")).Set("element", TypeToJson(type.element[0]));
      break;
    case TypeSyntax::Kind::kRecord: {
      Json fields = Json::Object();
      for (const FieldSyntax& field : type.fields) {
        Json member = TypeToJson(field.type);
        if (!field.required) member.Set("required", Json::Bool(false));
        AddAnnotations(field.annotations, &member);
        fields.Set(field.name.text, std::move(member));
      }
      json.Set("type", Json::String("Record")).Set("attributes", std::move(fields));
      break;
    }
  }
  return json;
}

Json EntityTypeToJson(const EntityTypeSyntax& entity) {
  Json json = Json::Object();
  if (!entity.choices.empty()) {
    json.Set("enum", Strings(entity.choices));
  } else {
    if (!entity.parents.empty()) json.Set("memberOfTypes", Strings(entity.parents));
    if (entity.shape) json.Set("shape", TypeToJson(*entity.shape));
    if (entity.tags) json.Set("tags", TypeToJson(*entity.tags));
  }
  AddAnnotations(entity.annotations, &json);
  return json;
}

Json ActionToJson(const ActionSyntax& action) {
  Json json = Json::Object();
  if (!action.parents.empty()) {
    Json groups = Json::Array();
    for (const ActionRefSyntax& parent : action.parents) {
      Json group = Json::Object();
      group.Set("id", Json::String(parent.id.text));
      if (parent.type) group.Set("type", Json::String(parent.type->text));
      groups.items.push_back(std::move(group));
    }
    json.Set("memberOf", std::move(groups));
  }
  if (action.applies) {
    Json applies = Json::Object();
    applies.Set("principalTypes", Strings(action.principals)).Set("resourceTypes", Strings(action.resources));
    if (action.context) applies.Set("context", TypeToJson(*action.context));
    json.Set("appliesTo", std::move(applies));
  }
  AddAnnotations(action.annotations, &json);
  return json;
}

}  // namespace

absl::StatusOr<SchemaSyntax> SchemaSyntaxFromJson(const Json& json) { return Reader().Read(json); }

Json SchemaSyntaxToJson(const SchemaSyntax& schema) {
  Json json = Json::Object();
  for (const NamespaceSyntax& space : schema.namespaces) {
    Json inner = Json::Object(), entity_types = Json::Object(), actions = Json::Object();
    if (!space.common_types.empty()) {
      Json common_types = Json::Object();
      for (const CommonTypeSyntax& common : space.common_types) {
        Json type = TypeToJson(common.type);
        AddAnnotations(common.annotations, &type);
        common_types.Set(common.name.text, std::move(type));
      }
      inner.Set("commonTypes", std::move(common_types));
    }
    for (const EntityTypeSyntax& entity : space.entity_types) {
      entity_types.Set(entity.name.text, EntityTypeToJson(entity));
    }
    for (const ActionSyntax& action : space.actions) actions.Set(action.name.text, ActionToJson(action));
    inner.Set("entityTypes", std::move(entity_types)).Set("actions", std::move(actions));
    AddAnnotations(space.annotations, &inner);
    json.Set(space.name.text, std::move(inner));
  }
  return json;
}

}  // namespace cedar::internal
