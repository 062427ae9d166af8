#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "access/limits.h"
#include "access/policy_tests.h"
#include "base/status.h"
#include "base/yaml.h"
#include "cedar/entity_json.h"
#include "cedar/json.h"
#include "cedar/schema_model.h"
#include "cedar/validator.h"

namespace sallyport::access {
namespace {

using cedar::EntityUid;
using cedar::Json;
using Kind = yaml::Node::Kind;

constexpr absl::string_view kWorldSuffix = ".world.yaml";
constexpr yaml::Limits kLimits = {kTestBytesMax, kTestNodesMax, kTestDepthMax};

// A value of a YAML file that can be changed by another.
struct Given {
  Kind kind = Kind::kNull;
  int line = 0;
  std::string text;
  std::vector<Given> items;
  std::map<std::string, Given> members;
};

Given GivenOf(const yaml::Node& node) {
  Given out;
  out.kind = node.kind;
  out.line = node.line;
  out.text = node.text;
  if (node.kind == Kind::kSequence) {
    for (const yaml::Node* item : node.items) out.items.push_back(GivenOf(*item));
  }
  for (size_t i = 0; node.kind == Kind::kMapping && i + 1 < node.items.size(); i += 2) {
    out.members[node.items[i]->text] = GivenOf(*node.items[i + 1]);
  }
  return out;
}

// Puts the members of `over` into `base`; null takes one away. What is no mapping is replaced whole.
void Merge(const Given& over, Given& base) {
  if (over.kind != Kind::kMapping || base.kind != Kind::kMapping) {
    base = over;
    return;
  }
  for (const auto& [name, value] : over.members) {
    if (value.kind == Kind::kNull) {
      base.members.erase(name);
    } else if (const auto [at, added] = base.members.emplace(name, value); !added) {
      Merge(value, at->second);
    }
  }
}

absl::StatusOr<EntityUid> UidOf(const std::string& text) {
  absl::StatusOr<EntityUid> uid = EntityUid::Parse(text);
  if (uid.ok()) return uid;
  return absl::InvalidArgumentError(absl::StrCat(text, " is no entity such as Person::\"ann\""));
}

// The type decides what a scalar means: text where text is expected, an entity where an entity is.
absl::StatusOr<Json> ScalarJson(const std::string& text, const cedar::Type* type) {
  if (type == nullptr) return Json::String(text);
  if (type->kind == cedar::Type::Kind::kEntity) {
    SP_ASSIGN_OR_RETURN(const EntityUid uid, UidOf(text));
    return cedar::UidToJson(uid);
  }
  int64_t number = 0;
  if (type->is_bool() && (text == "true" || text == "false")) return Json::Bool(text == "true");
  if (type->kind == cedar::Type::Kind::kLong && absl::SimpleAtoi(text, &number)) return Json::Integer(number);
  return Json::String(text);
}

absl::StatusOr<Json> ValueJson(const Given& value, const cedar::Type* type) {
  using TypeKind = cedar::Type::Kind;
  if (value.kind == Kind::kScalar) return ScalarJson(value.text, type);
  if (value.kind == Kind::kSequence) {
    Json json = Json::Array();
    for (const Given& item : value.items) {
      SP_ASSIGN_OR_RETURN(Json element,
                          ValueJson(item, type && type->kind == TypeKind::kSet ? type->element.get() : nullptr));
      json.items.push_back(std::move(element));
    }
    return json;
  }
  if (value.kind == Kind::kNull) return absl::InvalidArgumentError("expected a value, found none");
  Json json = Json::Object();
  for (const auto& [name, member] : value.members) {
    const cedar::TypeField* field = type && type->kind == TypeKind::kRecord ? type->Field(name) : nullptr;
    SP_ASSIGN_OR_RETURN(Json element, ValueJson(member, field ? field->type.get() : nullptr));
    json.Set(name, std::move(element));
  }
  return json;
}

}  // namespace

// One file of cases, with the world that it names.
class PolicyTestReader {
 public:
  PolicyTestReader(const std::map<std::string, std::string>& files, const cedar::Schema& schema)
      : files_(files), schema_(schema) {}

  absl::Status ReadFile(const std::string& name, PolicyTests& out) {
    entities_.clear();
    links_ = std::make_shared<std::vector<PolicyTests::Link>>();
    context_ = Given();
    context_.kind = Kind::kMapping;
    SP_ASSIGN_OR_RETURN(const yaml::Document document, yaml::Load(files_.at(name), name, kLimits));
    if (const yaml::Node* world = yaml::Find(document.root(), "world")) {
      SP_RETURN_IF_ERROR(ReadWorld(name, *world));
    }
    yaml::Reader reader(name);
    std::string world;
    const auto later = [](const yaml::Node&, const std::string&) {};
    reader.Mapping(document.root(), "",
                   WorldFields(reader, {{"world", reader.Text(world)}, {"cases", {later, /*required=*/true}}}));
    SP_RETURN_IF_ERROR(reader.status());
    shared_ = nullptr;
    ReadCases(reader, name, *yaml::Find(document.root(), "cases"), out);
    return reader.status();
  }

 private:
  using Fields = yaml::Reader::Fields;

  absl::Status ReadWorld(const std::string& from, const yaml::Node& name) {
    const auto found = files_.find(name.text);
    if (found == files_.end()) {
      return absl::InvalidArgumentError(absl::StrCat(from, ":", name.line, ": world: there is no file ", name.text));
    }
    SP_ASSIGN_OR_RETURN(const yaml::Document document, yaml::Load(found->second, name.text, kLimits));
    yaml::Reader reader(name.text);
    reader.Mapping(document.root(), "", WorldFields(reader, {}));
    return reader.status();
  }

  // The keys that a world and a file of cases have in common, and those given.
  Fields WorldFields(yaml::Reader& reader, Fields more) {
    Fields fields = {
        {"entities",
         {[&](const yaml::Node& node, const std::string& key) { ReadEntities(reader, node, key, entities_); }}},
        {"context", {[&](const yaml::Node& node, const std::string&) { Merge(GivenOf(node), context_); }}},
        {"links", {[&](const yaml::Node& node, const std::string& key) {
           reader.Sequence(node, key, kTestLinksMax,
                           [&](const yaml::Node& link, const std::string& at) { ReadLink(reader, link, at); });
         }}},
    };
    std::move(more.begin(), more.end(), std::back_inserter(fields));
    return fields;
  }

  static void ReadEntities(yaml::Reader& reader, const yaml::Node& node, const std::string& key,
                           std::map<std::string, Given>& out) {
    reader.Entries(node, key, kTestEntitiesMax,
                   [&](const yaml::Node& name, const yaml::Node& value, const std::string& at) {
                     if (value.kind != Kind::kMapping)
                       return reader.Problem(value, at, "expected a mapping of attributes");
                     Given given = GivenOf(value);
                     given.line = name.line;
                     if (const auto [found, added] = out.emplace(name.text, given); !added) Merge(given, found->second);
                   });
  }

  static std::optional<EntityUid> ReadUid(yaml::Reader& reader, const yaml::Node& node, const std::string& key) {
    absl::StatusOr<EntityUid> uid = EntityUid::Parse(node.text);
    if (uid.ok()) return *std::move(uid);
    reader.Problem(node, key, "expected an entity such as Person::\"ann\"");
    return std::nullopt;
  }

  void ReadLink(yaml::Reader& reader, const yaml::Node& node, const std::string& key) {
    PolicyTests::Link link;
    const auto slot = [&](std::optional<EntityUid>& out) {
      return yaml::Reader::Field{[&](const yaml::Node& n, const std::string& at) { out = ReadUid(reader, n, at); }};
    };
    reader.Mapping(node, key,
                   {{"template", reader.Text(link.template_id, true)},
                    {"principal", slot(link.slots.principal)},
                    {"resource", slot(link.slots.resource)}});
    links_->push_back(std::move(link));
  }

  // ---- cases

  void ReadCases(yaml::Reader& reader, const std::string& file, const yaml::Node& node, PolicyTests& out) {
    const size_t before = out.cases_.size();
    reader.Sequence(node, "cases", kTestCasesMax - before, [&](const yaml::Node& item, const std::string& at) {
      PolicyTests::Case test;
      test.file = file;
      test.line = item.line;
      test.links = links_;
      std::map<std::string, Given> entities;
      Given context = context_;
      ReadCase(reader, item, at, test, entities, context);
      if (!reader.status().ok()) return;
      if (const absl::Status status = Complete(entities, context, test); !status.ok()) {
        reader.Problem(item, at, status.message());
      }
      out.cases_.push_back(std::move(test));
    });
    if (out.cases_.size() == before && reader.status().ok()) reader.Problem(node, "cases", "there are none");
  }

  static void ReadCase(yaml::Reader& reader, const yaml::Node& node, const std::string& key, PolicyTests::Case& test,
                       std::map<std::string, Given>& entities, Given& context) {
    const auto uid = [&reader](EntityUid& out) {
      return yaml::Reader::Field{[&](const yaml::Node& n, const std::string& at) {
                                   if (auto found = ReadUid(reader, n, at)) out = *std::move(found);
                                 },
                                 /*required=*/true};
    };
    std::string action;
    reader.Mapping(
        node, key,
        {{"name", reader.Text(test.name, true)},
         {"principal", uid(test.request.principal)},
         {"action", reader.Text(action, true)},
         {"resource", uid(test.request.resource)},
         {"given", {[&](const yaml::Node& n, const std::string& at) { ReadEntities(reader, n, at, entities); }}},
         {"context", {[&](const yaml::Node& n, const std::string&) { Merge(GivenOf(n), context); }}},
         {"expect",
          {[&](const yaml::Node& n, const std::string& at) { ReadExpectation(reader, n, at, test); }, true}}});
    test.request.action = EntityUid("Action", action);
  }

  static void ReadExpectation(yaml::Reader& reader, const yaml::Node& node, const std::string& key,
                              PolicyTests::Case& test) {
    std::string decision;
    const auto add = [&](const yaml::Node& n, const std::string& at) {
      if (!n.is_scalar()) return reader.Problem(n, at, "expected the id of a policy");
      test.policies.push_back(n.text);
    };
    const auto policies = [&](const yaml::Node& n, const std::string& at) {
      test.says_policies = true;
      reader.Sequence(n, at, kTestPoliciesMax, add);
    };
    reader.Mapping(node, key,
                   {{"decision", reader.OneOf(decision, {"allow", "deny"}, true)},
                    {"reason", reader.Text(test.reason)},
                    {"policies", {policies}}});
    test.decision = decision == "allow" ? cedar::Decision::kAllow : cedar::Decision::kDeny;
    std::sort(test.policies.begin(), test.policies.end());
  }

  // ---- from text to entities and context, as the schema has them

  absl::Status Complete(const std::map<std::string, Given>& changes, const Given& context, PolicyTests::Case& test) {
    SP_ASSIGN_OR_RETURN(test.entities, EntitiesWith(changes));
    const cedar::internal::ActionModel* action = schema_.model().FindAction(test.request.action);
    if (action == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("the schema has no action ", test.request.action.ToString()));
    }
    SP_ASSIGN_OR_RETURN(const Json json, ValueJson(context, action->context.get()));
    SP_ASSIGN_OR_RETURN(test.request.context, cedar::ContextFromJson(json, &schema_, test.request.action));
    return cedar::ValidateRequest(schema_, test.request);
  }

  // The file's entities as a case changes them. Cases that change nothing share them.
  absl::StatusOr<std::shared_ptr<const cedar::EntityStore>> EntitiesWith(const std::map<std::string, Given>& changes) {
    if (changes.empty() && shared_ != nullptr) return shared_;
    std::map<std::string, Given> all = entities_;
    for (const auto& [name, given] : changes) {
      if (const auto [found, added] = all.emplace(name, given); !added) Merge(given, found->second);
    }
    Json json = Json::Array();
    for (const auto& [name, given] : all) {
      SP_ASSIGN_OR_RETURN(Json entity, EntityJson(name, given));
      json.items.push_back(std::move(entity));
    }
    SP_ASSIGN_OR_RETURN(cedar::EntityStore store, cedar::EntitiesFromJson(json, &schema_));
    if ((entities_made_ += store.size()) > kTestEntitiesMadeMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("the cases have more than ", kTestEntitiesMadeMax, " entities in all"));
    }
    auto made = std::make_shared<const cedar::EntityStore>(std::move(store));
    if (changes.empty()) shared_ = made;
    return made;
  }

  absl::StatusOr<Json> EntityJson(const std::string& name, const Given& given) const {
    SP_ASSIGN_OR_RETURN(const EntityUid uid, UidOf(name));
    const cedar::internal::EntityTypeModel* type = schema_.model().FindEntityType(uid.type());
    if (type == nullptr) return absl::InvalidArgumentError(absl::StrCat("the schema has no entity type ", uid.type()));
    Json attributes = Json::Object(), parents = Json::Array(), tags = Json::Object();
    for (const auto& [member, value] : given.members) {
      if (member == "in") {
        for (const Given& parent : value.items) {
          SP_ASSIGN_OR_RETURN(const EntityUid parent_uid, UidOf(parent.text));
          parents.items.push_back(cedar::UidToJson(parent_uid));
        }
      } else if (member == "tags") {
        for (const auto& [tag, tag_value] : value.members) {
          SP_ASSIGN_OR_RETURN(Json json, ValueJson(tag_value, type->tags.get()));
          tags.Set(tag, std::move(json));
        }
      } else {
        const cedar::TypeField* field = type->attributes->Field(member);
        SP_ASSIGN_OR_RETURN(Json json, ValueJson(value, field ? field->type.get() : nullptr));
        attributes.Set(member, std::move(json));
      }
    }
    Json json = Json::Object();
    json.Set("uid", cedar::UidToJson(uid)).Set("attrs", std::move(attributes)).Set("parents", std::move(parents));
    json.Set("tags", std::move(tags));
    return json;
  }

  const std::map<std::string, std::string>& files_;
  const cedar::Schema& schema_;
  std::map<std::string, Given> entities_;
  Given context_;
  std::shared_ptr<std::vector<PolicyTests::Link>> links_;
  std::shared_ptr<const cedar::EntityStore> shared_;  // of the file's cases that change no entity
  size_t entities_made_ = 0;
};

absl::StatusOr<PolicyTests> PolicyTests::Read(const std::map<std::string, std::string>& files,
                                              const cedar::Schema& schema) {
  PolicyTests out;
  PolicyTestReader reader(files, schema);
  for (const auto& [name, text] : files) {
    if (absl::EndsWith(name, kWorldSuffix)) continue;
    SP_RETURN_IF_ERROR(reader.ReadFile(name, out));
  }
  return out;
}

}  // namespace sallyport::access
