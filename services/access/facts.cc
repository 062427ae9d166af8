#include "access/facts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "access/json.h"
#include "access/policies.h"

namespace sallyport::access {
namespace {

// As the schema names them, sorted.
constexpr std::array<absl::string_view, 6> kPersonAttributes = {"clearance", "department", "kind",
                                                                "ndaUntil",  "projects",   "staff"};
constexpr std::array<absl::string_view, 11> kAreaAttributes = {
    "briefing", "briefingAgeMax", "clearanceMin", "escortVisitors", "interview",     "nda",
    "project",  "restricted",     "staffCustody", "twoPerson",      "visualSecurity"};
constexpr std::array<absl::string_view, 3> kAccessPointAttributes = {"area", "from", "pinRequired"};
constexpr std::array<absl::string_view, 1> kFloorAttributes = {"level"};
constexpr std::array<absl::string_view, 1> kScheduleAttributes = {"active"};

absl::Span<const absl::string_view> AttributesOf(absl::string_view type) {
  if (type == entity_type::kArea) return kAreaAttributes;
  if (type == entity_type::kAccessPoint) return kAccessPointAttributes;
  if (type == entity_type::kFloor) return kFloorAttributes;
  if (type == entity_type::kSchedule) return kScheduleAttributes;
  return {};
}

constexpr auto kSame = [](absl::string_view text) { return text; };

class Writer {
 public:
  void Open(absl::string_view name) {
    Key(name);
    out_.Put('{');
    first_ = true;
  }
  void OpenEscaped(absl::string_view name) {
    Comma();
    out_.PutString(name);
    out_.PutRaw(":{");
    first_ = true;
  }
  void Close() {
    out_.Put('}');
    first_ = false;
  }
  void Null(absl::string_view name) {
    Comma();
    out_.PutString(name);
    out_.PutRaw(":null");
  }
  void Text(absl::string_view name, absl::string_view text) {
    Key(name);
    out_.PutString(text);
  }
  void Put(absl::string_view name, const cedar::Value& value) {
    Key(name);
    out_.PutValue(value);
  }
  void Attributes(const cedar::EntitySource& entities, const cedar::EntityUid& entity,
                  absl::Span<const absl::string_view> names) {
    cedar::Value value;
    for (absl::string_view name : names) {
      if (entities.Attribute(entity, name, &value) == cedar::EntitySource::Lookup::kFound) Put(name, value);
    }
  }
  template <class Items, class TextOf>
  void List(absl::string_view name, const Items& items, TextOf text_of) {
    Key(name);
    out_.Put('[');
    first_ = true;
    for (const auto& item : items) {
      Comma();
      out_.PutString(text_of(item));
    }
    out_.Put(']');
    first_ = false;
  }
  // Nothing when there are none.
  void Codes(absl::string_view name, const Reasons& reasons) {
    if (!reasons.empty()) List(name, reasons, kSame);
  }

  std::string Take() { return out_.Take(); }

 private:
  void Comma() {
    if (!first_) out_.Put(',');
    first_ = false;
  }
  void Key(absl::string_view name) {
    Comma();
    if (name.empty()) return;
    out_.Put('"');
    out_.PutRaw(name);  // an attribute's name, or an id
    out_.PutRaw("\":");
  }

  JsonText out_;
  bool first_ = true;
};

void WritePrincipal(const FacilityEntities& entities, const facility::Person& person, Writer& writer) {
  writer.Open("principal");
  writer.Text("id", person.id.value());
  writer.Attributes(entities, entities.principal(), kPersonAttributes);
  writer.List("levels", entities.levels(), [](const cedar::EntityUid* level) { return level->id(); });
  writer.Open("briefings");
  for (const auto& [briefing, given] : person.briefings) {
    writer.Put(briefing, Datetime(given));
  }
  writer.Close();
  writer.Close();
}

void WriteResource(const Place& place, Writer& writer) {
  writer.Open("resource");
  writer.Text("id", place.access_point->id.value());
  writer.Text("from", place.access_point->from.value());
  writer.Put("pinRequired", cedar::Value::Bool(place.access_point->pin_required));
  writer.List("areas", place.to, [](const facility::Area* area) -> absl::string_view { return area->id.value(); });
  if (place.floor != nullptr) writer.Text("floor", place.floor->id.value());
  if (place.site != nullptr) writer.Text("site", place.site->id.value());
  writer.Close();
}

bool Opens(const facility::AccessLevel::Entry& entry, const Place& place) {
  if (!entry.access_point.empty()) return entry.access_point == place.access_point->id;
  if (!entry.floor.empty()) return place.floor != nullptr && entry.floor == place.floor->id;
  return std::any_of(place.to.begin(), place.to.end(),
                     [&](const facility::Area* area) { return area->id == entry.area; });
}

// In the order in which they are policies of the set.
void WriteLinks(const Case& c, Writer& writer) {
  std::vector<const facility::AccessLevel*> levels;
  for (const facility::LevelGrant& grant : c.subject.person->levels) {
    if (c.world.now < grant.from || c.world.now >= grant.until) continue;
    const facility::AccessLevel* level = c.world.facility.levels.Find(grant.level);
    if (level != nullptr) levels.push_back(level);
  }
  std::sort(levels.begin(), levels.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  std::vector<std::string> links;
  for (const facility::AccessLevel* level : levels) {
    for (const facility::AccessLevel::Entry& entry : level->entries) {
      if (!Opens(entry, c.place)) continue;
      std::string id = LinkOf(level->id, entry).id;
      if (std::find(links.begin(), links.end(), id) == links.end()) links.push_back(std::move(id));
    }
  }
  writer.List("links", links, kSame);
}

void WriteEntity(const FacilityEntities& entities, const cedar::EntityUid& entity, Writer& writer) {
  if (!entities.Exists(entity)) return writer.Null(entity.ToString());
  std::vector<std::string> ancestors;
  entities.ForEachAncestor(entity, [&](const cedar::EntityUid& each) { ancestors.push_back(each.ToString()); });
  writer.OpenEscaped(entity.ToString());
  writer.Open("attributes");
  writer.Attributes(entities, entity, AttributesOf(entity.type()));
  writer.Close();
  writer.List("in", ancestors, kSame);
  writer.Close();
}

void WriteEntities(const Case& c, Writer& writer) {
  const FacilityEntities& entities = *c.entities;
  // Copied: looking something up is asking about it.
  std::vector<cedar::EntityUid> others(entities.asked().begin(), entities.asked().end());
  cedar::EntityUid from(entity_type::kArea, c.place.access_point->from.value());
  if (from != *entities.surroundings().front() && std::find(others.begin(), others.end(), from) == others.end()) {
    others.push_back(std::move(from));
  }
  writer.Open("entities");
  for (const cedar::EntityUid& entity : others) {
    if (entity.type() != entity_type::kPerson) WriteEntity(entities, entity, writer);
  }
  writer.Close();
}

void WriteRules(const Case& c, bool second_of_two, Writer& writer) {
  const Grounds& grounds = c.grounds;
  writer.Open("rules");
  if (grounds.unlocked) writer.Put("unlocked", cedar::Value::Bool(true));
  writer.Codes("before", grounds.before);
  if (grounds.before_firm) writer.Put("firm", cedar::Value::Bool(true));
  writer.Codes("after", grounds.rules);
  writer.Codes("notes", grounds.notes);
  if (second_of_two) writer.Text("pair", "second");
  writer.Close();
}

}  // namespace

std::string FactsJson(const Case& c, bool second_of_two) {
  const FacilityEntities& entities = *c.entities;
  Writer writer;
  writer.Open("");
  WritePrincipal(entities, *c.subject.person, writer);
  writer.Text("action", c.grounds.exit ? "exit" : "enter");
  WriteResource(c.place, writer);
  const cedar::EntityUid& area = *entities.surroundings().front();
  writer.Open("area");
  writer.Text("id", area.id());
  writer.Attributes(entities, area, kAreaAttributes);
  writer.Close();
  writer.Put("context", c.request.context);
  if (!c.moment.visit.visit.empty()) {
    writer.Open("visit");
    writer.Text("id", c.moment.visit.visit);
    writer.Text("state", c.moment.visit.participant_state);
    writer.Close();
  }
  // Another person: by pseudonym, so that they can be forgotten without these facts.
  if (!c.moment.escort_subject.empty()) writer.Text("escort", c.moment.escort_subject);
  WriteLinks(c, writer);
  if (entities.off_schedule()) writer.List("laterLevels", entities.levels_off_schedule(), kSame);
  WriteEntities(c, writer);
  WriteRules(c, second_of_two, writer);
  writer.Close();
  return writer.Take();
}

}  // namespace sallyport::access
