#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cedar/limits.h"
#include "cedar/schema_model.h"
#include "cedar/text.h"
#include "cedar/value.h"

namespace cedar::internal {
namespace {

constexpr absl::string_view kLanguageNamespace = "__cedar::";

TypePtr LanguageType(absl::string_view name) {
  static constexpr std::pair<absl::string_view, Type::Kind> kTypes[] = {
      {"Bool", Type::Kind::kBool},        {"Long", Type::Kind::kLong},     {"String", Type::Kind::kString},
      {"decimal", Type::Kind::kDecimal},  {"ipaddr", Type::Kind::kIpaddr}, {"datetime", Type::Kind::kDatetime},
      {"duration", Type::Kind::kDuration}};
  for (const auto& [known, kind] : kTypes) {
    if (known == name) return SimpleType(kind);
  }
  return nullptr;
}

// Names that JSON schemas give a meaning of their own.
bool IsReservedTypeName(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {"Bool", "Boolean", "Entity", "Extension",
                                                 "Long", "Record",  "Set",    "String"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

std::string Qualify(absl::string_view space, absl::string_view name) {
  return space.empty() ? std::string(name) : absl::StrCat(space, "::", name);
}

class Resolver {
 public:
  Resolver(std::shared_ptr<const SchemaSyntax> syntax, std::vector<Diagnostic>* diagnostics)
      : syntax_(*syntax), diagnostics_(diagnostics) {
    model_.syntax = std::move(syntax);
  }

  SchemaModel Run() {
    for (const NamespaceSyntax& space : syntax_.namespaces) Declare(space);
    for (const NamespaceSyntax& space : syntax_.namespaces) CheckShadows(space);
    for (auto& [name, common] : common_types_) ResolveCommonType(name, &common);
    for (const NamespaceSyntax& space : syntax_.namespaces) {
      for (const EntityTypeSyntax& entity : space.entity_types) ResolveEntityType(space.name.text, entity);
      for (const ActionSyntax& action : space.actions) ResolveAction(space.name.text, action);
    }
    CloseHierarchy();
    CheckRequestEnvs();
    absl::StatusOr<EntityStore> actions = EntityStore::Create(std::move(action_entities_));
    if (actions.ok()) {
      model_.action_entities = *std::move(actions);
    } else {
      Fail({}, std::string(actions.status().message()), "groups of actions must not contain each other");
    }
    return std::move(model_);
  }

 private:
  struct CommonType {
    const std::string* space = nullptr;
    const CommonTypeSyntax* syntax = nullptr;
    enum class State : uint8_t { kNew, kOpen, kDone } state = State::kNew;
    TypePtr type;
  };

  void Fail(SourceSpan span, std::string message, std::string help = "") {
    if (too_many_errors()) return;
    if (syntax_.source) {
      diagnostics_->push_back(MakeDiagnostic(*syntax_.source, span, std::move(message), std::move(help)));
      return;
    }
    diagnostics_->push_back(MakeDiagnostic(std::move(message), std::move(help)));
  }

  // Declarations: every name once, none that is not allowed.
  void Declare(const NamespaceSyntax& space) {
    const std::string& prefix = space.name.text;
    if (absl::StrContains(prefix, "__cedar")) {
      Fail(space.name.span, "names with __cedar in them belong to the language itself");
    }
    for (const CommonTypeSyntax& common : space.common_types) {
      if (IsReservedTypeName(common.name.text) || common.name.text == "__cedar") {
        Fail(common.name.span, absl::StrCat("no common type can be called ", common.name.text));
      }
      CommonType declared;
      declared.space = &prefix;
      declared.syntax = &common;
      CheckTwice(common_types_.emplace(Qualify(prefix, common.name.text), declared).second, "type", common.name);
    }
    for (const EntityTypeSyntax& entity : space.entity_types) {
      if (entity.name.text == "Action" || entity.name.text == "__cedar") {
        Fail(entity.name.span, absl::StrCat("no entity type can be called ", entity.name.text),
             entity.name.text == "Action" ? "actions are declared with action" : "");
      }
      std::string name = Qualify(prefix, entity.name.text);
      auto [it, fresh] = model_.entity_types.emplace(name, EntityTypeModel());
      it->second.name = std::move(name);
      CheckTwice(fresh, "entity type", entity.name);
    }
    for (const ActionSyntax& action : space.actions) {
      ActionModel declared;
      declared.uid = EntityUid(Qualify(prefix, "Action"), action.name.text);
      CheckTwice(model_.actions.emplace(declared.uid, declared).second, "action", action.name);
    }
    if (!space.actions.empty()) model_.action_types.insert(Qualify(prefix, "Action"));
  }

  void CheckTwice(bool fresh, absl::string_view what, const NameSyntax& name) {
    if (!fresh) Fail(name.span, absl::StrCat("the ", what, " ", QuoteString(name.text), " stands here twice"));
  }

  // A name inside a namespace must not hide one that stands outside of all.
  void CheckShadows(const NamespaceSyntax& space) {
    if (space.name.text.empty()) return;
    auto shadows = [&](const NameSyntax& name) {
      if (!common_types_.contains(name.text) && !model_.FindEntityType(name.text)) return;
      Fail(name.span, absl::StrCat(name.text, " hides the type of that name outside of the namespaces"));
    };
    for (const CommonTypeSyntax& common : space.common_types) shadows(common.name);
    for (const EntityTypeSyntax& entity : space.entity_types) shadows(entity.name);
    for (const ActionSyntax& action : space.actions) {
      if (!model_.FindAction(EntityUid("Action", action.name.text))) continue;
      Fail(action.name.span, absl::StrCat("the action ", QuoteString(action.name.text),
                                          " hides the one of that name outside of the namespaces"));
    }
  }

  // The names that `name` may stand for in `space`, the nearest first.
  static std::vector<std::string> Candidates(absl::string_view space, const std::string& name) {
    if (space.empty() || absl::StrContains(name, "::")) return {name};
    return {Qualify(space, name), name};
  }

  // The full name of an entity type, or nothing after a complaint.
  std::optional<std::string> EntityTypeName(absl::string_view space, const NameSyntax& name) {
    for (std::string& candidate : Candidates(space, name.text)) {
      if (model_.FindEntityType(candidate)) return std::move(candidate);
    }
    Unknown("entity type", name, false);
    return std::nullopt;
  }

  bool too_many_errors() const { return diagnostics_->size() >= kDiagnosticsMax; }

  void Unknown(absl::string_view what, const NameSyntax& name, bool common_types) {
    std::vector<std::string> known;
    if (too_many_errors()) return;
    for (const auto& [type, model] : model_.entity_types) known.push_back(type);
    if (common_types) {
      for (const auto& [type, common] : common_types_) known.push_back(type);
      for (absl::string_view type : {"Bool", "Long", "String", "decimal", "ipaddr", "datetime", "duration"}) {
        known.emplace_back(type);
      }
    }
    Fail(name.span, absl::StrCat("there is no ", what, " ", name.text), DidYouMean(name.text, known));
  }

  TypePtr ResolveName(absl::string_view space, const TypeSyntax& syntax) {
    const NameSyntax& name = syntax.name;
    bool common = syntax.kind != TypeSyntax::Kind::kEntityName, entity = syntax.kind != TypeSyntax::Kind::kCommonName;
    for (const std::string& candidate : Candidates(space, name.text)) {
      if (common) {
        auto it = common_types_.find(candidate);
        if (it != common_types_.end()) return ResolveCommonType(candidate, &it->second);
      }
      if (entity && (model_.FindEntityType(candidate) || model_.action_types.contains(candidate))) {
        return EntityType(candidate);
      }
    }
    if (common) {
      if (TypePtr type = LanguageType(absl::StripPrefix(name.text, kLanguageNamespace))) return type;
    }
    Unknown(common ? "type" : "entity type", name, common);
    return SimpleType(Type::Kind::kBool);
  }

  TypePtr ResolveType(absl::string_view space, const TypeSyntax& syntax) {
    TypePtr type;
    switch (syntax.kind) {
      case TypeSyntax::Kind::kSet:
        type = SetType(ResolveType(space, syntax.element[0]));
        break;
      case TypeSyntax::Kind::kRecord:
        type = ResolveRecord(space, syntax);
        break;
      default:
        return ResolveName(space, syntax);
    }
    if (type->height <= kTypeDepthMax && type->nodes <= kTypeNodesMax) return type;
    Fail(syntax.span, absl::StrCat("this type is too large: at most ", kTypeDepthMax, " levels and ", kTypeNodesMax,
                                   " parts, with every common type written out"));
    return SimpleType(Type::Kind::kBool);
  }

  TypePtr ResolveRecord(absl::string_view space, const TypeSyntax& syntax) {
    std::vector<TypeField> fields;
    absl::flat_hash_set<absl::string_view> seen;
    for (const FieldSyntax& field : syntax.fields) {
      CheckTwice(seen.insert(field.name.text).second, "attribute", field.name);
      fields.push_back({field.name.text, ResolveType(space, field.type), field.required});
    }
    return RecordType(std::move(fields));
  }

  TypePtr ResolveCommonType(const std::string& name, CommonType* common) {
    if (common->state == CommonType::State::kDone) return common->type;
    if (common->state == CommonType::State::kOpen || open_types_ >= kTypeDepthMax) {
      Fail(common->syntax->name.span,
           common->state == CommonType::State::kOpen
               ? absl::StrCat("the type ", name, " contains itself")
               : absl::StrCat("types refer to each other through more than ", kTypeDepthMax, " levels"));
      return SimpleType(Type::Kind::kBool);
    }
    common->state = CommonType::State::kOpen;
    ++open_types_;
    common->type = ResolveType(*common->space, common->syntax->type);
    --open_types_;
    common->state = CommonType::State::kDone;
    return common->type;
  }

  void ResolveEntityType(const std::string& space, const EntityTypeSyntax& syntax) {
    EntityTypeModel& entity = model_.entity_types.find(Qualify(space, syntax.name.text))->second;
    for (const NameSyntax& parent : syntax.parents) {
      if (std::optional<std::string> name = EntityTypeName(space, parent)) entity.ancestors.insert(*std::move(name));
    }
    entity.attributes = RecordType({});
    if (syntax.shape) {
      TypePtr shape = ResolveType(space, *syntax.shape);
      if (shape->kind == Type::Kind::kRecord) {
        entity.attributes = std::move(shape);
      } else {
        Fail(syntax.shape->span, absl::StrCat("an entity's attributes must be a record, found ", shape->ToString()));
      }
    }
    if (syntax.tags) entity.tags = ResolveType(space, *syntax.tags);
    for (const NameSyntax& choice : syntax.choices) entity.choices.push_back(choice.text);
    std::sort(entity.choices.begin(), entity.choices.end());
    entity.choices.erase(std::unique(entity.choices.begin(), entity.choices.end()), entity.choices.end());
  }

  void ResolveAction(const std::string& space, const ActionSyntax& syntax) {
    ActionModel& action = model_.actions.find(EntityUid(Qualify(space, "Action"), syntax.name.text))->second;
    Entity entity;
    entity.uid = action.uid;
    for (const ActionRefSyntax& parent : syntax.parents) {
      if (std::optional<EntityUid> uid = ActionUid(space, parent)) entity.parents.push_back(*std::move(uid));
    }
    for (auto [names, out] :
         {std::pair(&syntax.principals, &action.principals), std::pair(&syntax.resources, &action.resources)}) {
      for (const NameSyntax& name : *names) {
        if (std::optional<std::string> type = EntityTypeName(space, name)) out->push_back(*std::move(type));
      }
      std::sort(out->begin(), out->end());
      out->erase(std::unique(out->begin(), out->end()), out->end());
    }
    action.context = RecordType({});
    if (syntax.context) {
      TypePtr context = ResolveType(space, *syntax.context);
      if (context->kind == Type::Kind::kRecord) {
        action.context = std::move(context);
      } else {
        Fail(syntax.context->span, absl::StrCat("a context must be a record, found ", context->ToString()));
      }
    }
    action_entities_.push_back(std::move(entity));
  }

  std::optional<EntityUid> ActionUid(const std::string& space, const ActionRefSyntax& ref) {
    std::vector<std::string> known;
    for (const std::string& type : Candidates(space, ref.type ? ref.type->text : "Action")) {
      EntityUid uid(type, ref.id.text);
      if (model_.FindAction(uid)) return uid;
    }
    if (too_many_errors()) return std::nullopt;
    for (const auto& [uid, action] : model_.actions) known.emplace_back(uid.id());
    Fail(ref.id.span, absl::StrCat("there is no action ", QuoteString(ref.id.text)), DidYouMean(ref.id.text, known));
    return std::nullopt;
  }

  // From the parents that are written to all ancestors.
  void CloseHierarchy() {
    absl::flat_hash_map<absl::string_view, std::vector<std::string>> parents;
    for (const auto& [name, entity] : model_.entity_types) {
      parents[name].assign(entity.ancestors.begin(), entity.ancestors.end());
    }
    size_t steps = 0;
    for (auto& [name, entity] : model_.entity_types) {
      std::vector<absl::string_view> open(parents[name].begin(), parents[name].end());
      while (!open.empty()) {
        const std::vector<std::string>& next = parents[open.back()];
        open.pop_back();
        for (const std::string& ancestor : next) {
          if (entity.ancestors.insert(ancestor).second) open.push_back(ancestor);
        }
        steps += next.size();
        if (steps <= kTypeAncestorStepsMax) continue;
        return Fail({}, absl::StrCat("the entity types' ancestors are too many: more than ", kTypeAncestorStepsMax,
                                     " steps up"));
      }
    }
  }

  void CheckRequestEnvs() {
    size_t envs = 0;
    for (const auto& [uid, action] : model_.actions) {
      envs += action.principals.size() * action.resources.size();
      if (envs <= kRequestEnvsMax) continue;
      return Fail({}, absl::StrCat("the actions apply to more than ", kRequestEnvsMax,
                                   " combinations of principal and resource types"));
    }
  }

  const SchemaSyntax& syntax_;
  std::vector<Diagnostic>* diagnostics_;
  SchemaModel model_;
  std::map<std::string, CommonType> common_types_;
  std::vector<Entity> action_entities_;
  int open_types_ = 0;
};

}  // namespace

bool EntityTypeModel::HasChoice(absl::string_view id) const {
  return choices.empty() || std::binary_search(choices.begin(), choices.end(), id);
}

bool ActionModel::AppliesTo(absl::string_view principal, absl::string_view resource) const {
  return std::binary_search(principals.begin(), principals.end(), principal) &&
         std::binary_search(resources.begin(), resources.end(), resource);
}

const EntityTypeModel* SchemaModel::FindEntityType(absl::string_view name) const {
  auto it = entity_types.find(name);
  return it == entity_types.end() ? nullptr : &it->second;
}

const ActionModel* SchemaModel::FindAction(const EntityUid& uid) const {
  auto it = actions.find(uid);
  return it == actions.end() ? nullptr : &it->second;
}

bool SchemaModel::MayBeIn(absl::string_view type, absl::string_view ancestor) const {
  if (type == ancestor) return true;
  const EntityTypeModel* entity = FindEntityType(type);
  return entity && entity->ancestors.contains(ancestor);
}

SchemaModel ResolveSchema(std::shared_ptr<const SchemaSyntax> syntax, std::vector<Diagnostic>* diagnostics) {
  return Resolver(std::move(syntax), diagnostics).Run();
}

}  // namespace cedar::internal
