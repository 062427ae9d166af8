#include "access/recorded.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "access/entities.h"
#include "access/json.h"
#include "base/status.h"
#include "cedar/extension.h"
#include "cedar/json.h"

namespace sallyport::access {
namespace {

using cedar::EntityUid;
using cedar::Json;
using cedar::RecordField;
using cedar::Value;
using Lookup = cedar::EntitySource::Lookup;

absl::Status Bad(absl::string_view part) {
  return absl::InvalidArgumentError(absl::StrCat("not the facts of a decision: ", part));
}

// What JSON cannot tell: which texts are times, durations or entities.
absl::StatusOr<Value> TextValue(absl::string_view name, const std::string& text) {
  if (name == "ndaUntil") {
    SP_ASSIGN_OR_RETURN(const int64_t time, cedar::ParseDatetime(text));
    return Value::Datetime(time);
  }
  if (name == "briefingAgeMax") {
    SP_ASSIGN_OR_RETURN(const int64_t duration, cedar::ParseDuration(text));
    return Value::Duration(duration);
  }
  if (name == "area" || name == "from") {
    SP_ASSIGN_OR_RETURN(EntityUid uid, EntityUid::Parse(text));
    return Value::Entity(std::move(uid));
  }
  return Value::String(text);
}

absl::StatusOr<Value> AttributeValue(absl::string_view name, const Json& json) {
  switch (json.kind) {
    case Json::Kind::kBool:
      return Value::Bool(json.boolean);
    case Json::Kind::kInteger:
      return Value::Long(json.integer);
    case Json::Kind::kString:
      return TextValue(name, json.text);
    case Json::Kind::kArray: {
      std::vector<Value> elements;
      for (const Json& item : json.items) {
        if (!item.is_string()) return Bad(name);
        elements.push_back(Value::String(item.text));
      }
      return Value::Set(std::move(elements));
    }
    default:
      return Bad(name);
  }
}

// "access-level:staff:floor:f2@office" as LinkOf has made it.
std::optional<LevelLink> ParseLink(absl::string_view id) {
  if (!absl::ConsumePrefix(&id, kLevelPrefix)) return std::nullopt;
  const size_t colon = id.find(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  const AccessLevelId level(id.substr(0, colon));
  id.remove_prefix(colon + 1);
  facility::AccessLevel::Entry entry;
  if (const size_t at = id.find('@'); at != absl::string_view::npos) {
    entry.schedule = ScheduleId(id.substr(at + 1));
    id = id.substr(0, at);
  }
  if (absl::ConsumePrefix(&id, "floor:")) {
    entry.floor = FloorId(id);
  } else if (absl::ConsumePrefix(&id, "access-point:")) {
    entry.access_point = AccessPointId(id);
  } else {
    entry.area = AreaId(id);
  }
  return LinkOf(level, entry);
}

}  // namespace

// Takes the facts apart, one function a part.
class RecordedReader {
 public:
  explicit RecordedReader(const Json& json) : json_(json) {}

  absl::StatusOr<RecordedDecision> Read() {
    if (!json_.is_object()) return Bad("no object");
    SP_RETURN_IF_ERROR(ReadPrincipal());
    SP_RETURN_IF_ERROR(ReadResource());
    SP_RETURN_IF_ERROR(ReadContext());
    SP_RETURN_IF_ERROR(ReadLinks());
    SP_RETURN_IF_ERROR(ReadOthers());
    SP_RETURN_IF_ERROR(ReadRules());
    return std::move(out_);
  }

 private:
  using Entity = RecordedDecision::Entity;

  static absl::Status ReadAttributes(const Json& object, std::initializer_list<absl::string_view> but, Entity& entity) {
    for (size_t i = 0; i < object.items.size(); ++i) {
      const std::string& name = object.names[i];
      if (std::find(but.begin(), but.end(), name) != but.end()) continue;
      SP_ASSIGN_OR_RETURN(Value value, AttributeValue(name, object.items[i]));
      entity.attributes.push_back({name, std::move(value)});
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::vector<std::string>> Texts(const Json& object, absl::string_view name) {
    std::vector<std::string> out;
    const Json* list = object.Find(name);
    if (list == nullptr) return out;
    for (const Json& item : list->items) {
      if (!item.is_string()) return Bad(name);
      out.push_back(item.text);
    }
    return out;
  }

  absl::Status ReadPrincipal() {
    const Json* json = json_.Find("principal");
    const std::string* id = json != nullptr ? json->FindString("id") : nullptr;
    if (id == nullptr) return Bad("principal");
    Entity& person = out_.entities_.emplace_back();
    person.uid = EntityUid(entity_type::kPerson, *id);
    SP_RETURN_IF_ERROR(ReadAttributes(*json, {"id", "levels", "briefings"}, person));
    SP_ASSIGN_OR_RETURN(const std::vector<std::string> levels, Texts(*json, "levels"));
    for (const std::string& level : levels) person.ancestors.emplace_back(entity_type::kLevel, level);
    const Json* briefings = json->Find("briefings");
    if (briefings == nullptr || !briefings->is_object()) return Bad("principal.briefings");
    for (size_t i = 0; i < briefings->items.size(); ++i) {
      SP_ASSIGN_OR_RETURN(const int64_t given, cedar::ParseDatetime(briefings->items[i].text));
      person.tags.push_back({briefings->names[i], Value::Datetime(given)});
    }
    out_.request_.principal = person.uid;
    const std::string* action = json_.FindString("action");
    if (action == nullptr || (*action != "enter" && *action != "exit")) return Bad("action");
    out_.grounds_.exit = *action == "exit";
    out_.request_.action = out_.grounds_.exit ? ExitAction() : EnterAction();
    return absl::OkStatus();
  }

  // The access point, and the area that it leads into.
  absl::Status ReadResource() {
    const Json* json = json_.Find("resource");
    const Json* area_json = json_.Find("area");
    if (json == nullptr || area_json == nullptr) return Bad("resource");
    const std::string* id = json->FindString("id");
    const std::string* from = json->FindString("from");
    const std::string* floor = json->FindString("floor");
    const std::string* site = json->FindString("site");
    SP_ASSIGN_OR_RETURN(const std::vector<std::string> areas, Texts(*json, "areas"));
    if (id == nullptr || from == nullptr || areas.empty()) return Bad("resource");
    Entity point;
    point.uid = EntityUid(entity_type::kAccessPoint, *id);
    for (const std::string& area : areas) point.ancestors.emplace_back(entity_type::kArea, area);
    if (floor != nullptr) point.ancestors.emplace_back(entity_type::kFloor, *floor);
    if (site != nullptr) point.ancestors.emplace_back(entity_type::kSite, *site);
    SP_RETURN_IF_ERROR(ReadAttributes(*json, {"id", "from", "areas", "floor", "site"}, point));
    point.attributes.push_back({"area", Value::Entity(point.ancestors.front())});
    point.attributes.push_back({"from", Value::Entity(EntityUid(entity_type::kArea, *from))});
    Entity area;
    area.uid = point.ancestors.front();
    area.ancestors.assign(point.ancestors.begin() + 1, point.ancestors.end());
    SP_RETURN_IF_ERROR(ReadAttributes(*area_json, {"id"}, area));
    const Json* two_person = area_json->Find("twoPerson");
    out_.two_person_ = two_person != nullptr && two_person->boolean;
    out_.request_.resource = point.uid;
    out_.entities_.push_back(std::move(point));
    out_.entities_.push_back(std::move(area));
    return absl::OkStatus();
  }

  absl::Status ReadContext() {
    const Json* json = json_.Find("context");
    if (json == nullptr) return Bad("context");
    const Value kinds = Value::Record({{"now", Value::Datetime(0)}});
    SP_ASSIGN_OR_RETURN(out_.request_.context, MergeJson(kinds, json->ToString()));
    return absl::OkStatus();
  }

  absl::Status ReadLinks() {
    if (json_.Find("links") == nullptr) return Bad("links");
    SP_ASSIGN_OR_RETURN(const std::vector<std::string> ids, Texts(json_, "links"));
    for (const std::string& id : ids) {
      auto link = ParseLink(id);
      if (!link) return Bad("links");
      out_.links_.push_back(*std::move(link));
    }
    SP_ASSIGN_OR_RETURN(const std::vector<std::string> later, Texts(json_, "laterLevels"));
    for (const std::string& level : later) out_.later_levels_.emplace_back(entity_type::kLevel, level);
    return absl::OkStatus();
  }

  absl::Status ReadOthers() {
    const Json* json = json_.Find("entities");
    if (json == nullptr || !json->is_object()) return Bad("entities");
    for (size_t i = 0; i < json->items.size(); ++i) {
      Entity& entity = out_.entities_.emplace_back();
      SP_ASSIGN_OR_RETURN(entity.uid, EntityUid::Parse(json->names[i]));
      entity.exists = json->items[i].is_object();
      if (!entity.exists) continue;
      const Json* attributes = json->items[i].Find("attributes");
      if (attributes == nullptr || !attributes->is_object()) return Bad("entities");
      SP_RETURN_IF_ERROR(ReadAttributes(*attributes, {}, entity));
      SP_ASSIGN_OR_RETURN(const std::vector<std::string> ancestors, Texts(json->items[i], "in"));
      for (const std::string& ancestor : ancestors) {
        SP_ASSIGN_OR_RETURN(EntityUid uid, EntityUid::Parse(ancestor));
        entity.ancestors.push_back(std::move(uid));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadRules() {
    const Json* json = json_.Find("rules");
    if (json == nullptr || !json->is_object()) return Bad("rules");
    const auto flag = [json](absl::string_view name) {
      const Json* found = json->Find(name);
      return found != nullptr && found->boolean;
    };
    Grounds& grounds = out_.grounds_;
    grounds.unlocked = flag("unlocked");
    grounds.before_firm = flag("firm");
    const std::pair<const char*, Reasons*> lists[] = {
        {"before", &grounds.before}, {"after", &grounds.rules}, {"notes", &grounds.notes}};
    auto codes = std::make_shared<std::vector<std::string>>();
    std::vector<size_t> ends;
    for (const auto& [name, list] : lists) {
      SP_ASSIGN_OR_RETURN(std::vector<std::string> texts, Texts(*json, name));
      std::move(texts.begin(), texts.end(), std::back_inserter(*codes));
      ends.push_back(codes->size());
    }
    size_t at = 0;
    for (size_t i = 0; i < ends.size(); ++i) {
      for (; at < ends[i]; ++at) lists[i].second->Add((*codes)[at]);
    }
    out_.codes_ = std::move(codes);
    const std::string* pair = json->FindString("pair");
    out_.second_of_two_ = pair != nullptr && *pair == "second";
    return absl::OkStatus();
  }

  const Json& json_;
  RecordedDecision out_;
};

absl::StatusOr<RecordedDecision> RecordedDecision::Read(absl::string_view facts_json) {
  SP_ASSIGN_OR_RETURN(const Json json, cedar::ParseJson(facts_json));
  return RecordedReader(json).Read();
}

const RecordedDecision::Entity* RecordedDecision::Find(const EntityUid& uid) const {
  const auto found =
      std::find_if(entities_.begin(), entities_.end(), [&](const Entity& entity) { return entity.uid == uid; });
  return found == entities_.end() ? nullptr : &*found;
}

const RecordedDecision::Entity* RecordedEntities::Find(const EntityUid& entity) const {
  const RecordedDecision::Entity* found = decision_.Find(entity);
  if (found == nullptr && missing_.is_null() && !IsOnlyAName(entity.type())) missing_ = entity;
  return found;
}

Lookup RecordedEntities::Attribute(const EntityUid& entity, absl::string_view name, Value* value) const {
  if (entity.is_action()) return actions_.Attribute(entity, name, value);
  const RecordedDecision::Entity* found = Find(entity);
  if (found == nullptr || !found->exists) return Lookup::kNoEntity;
  for (const RecordField& field : found->attributes) {
    if (field.name != name) continue;
    *value = field.value;
    return Lookup::kFound;
  }
  return Lookup::kNotFound;
}

Lookup RecordedEntities::Tag(const EntityUid& entity, absl::string_view name, Value* value) const {
  if (entity.is_action()) return actions_.Tag(entity, name, value);
  const RecordedDecision::Entity* found = Find(entity);
  if (found == nullptr || !found->exists) return Lookup::kNoEntity;
  for (const RecordField& field : found->tags) {
    if (field.name != name) continue;
    *value = field.value;
    return Lookup::kFound;
  }
  return Lookup::kNotFound;
}

bool RecordedEntities::Exists(const EntityUid& entity) const {
  if (entity.is_action()) return actions_.Exists(entity);
  const RecordedDecision::Entity* found = Find(entity);
  return found != nullptr && found->exists;
}

bool RecordedEntities::IsDescendant(const EntityUid& entity, const EntityUid& ancestor) const {
  if (entity.is_action()) return actions_.IsDescendant(entity, ancestor);
  bool found = false;
  ForEachAncestor(entity, [&](const EntityUid& each) { found |= each == ancestor; });
  return found;
}

void RecordedEntities::ForEachAncestor(const EntityUid& entity, absl::FunctionRef<void(const EntityUid&)> visit) const {
  if (entity.is_action()) return actions_.ForEachAncestor(entity, visit);
  const RecordedDecision::Entity* found = Find(entity);
  if (found == nullptr) return;
  for (const EntityUid& each : found->ancestors) visit(each);
  if (schedules_ != Schedules::kAssumeActive || entity != decision_.request().principal) return;
  for (const EntityUid& each : decision_.later_levels_) visit(each);
}

}  // namespace sallyport::access
