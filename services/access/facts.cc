#include <array>

#include "access/json.h"
#include "access/moment.h"

namespace sallyport::access {
namespace {

// As the schema names them, sorted.
constexpr std::array<absl::string_view, 6> kPersonAttributes = {"clearance", "department", "kind",
                                                                "ndaUntil",  "projects",   "staff"};
constexpr std::array<absl::string_view, 11> kAreaAttributes = {
    "briefing", "briefingAgeMax", "clearanceMin", "escortVisitors", "interview",     "nda",
    "project",  "restricted",     "staffCustody", "twoPerson",      "visualSecurity"};

class Writer {
 public:
  void Open(absl::string_view name) {
    Key(name);
    out_.Put('{');
    first_ = true;
  }
  void Close() {
    out_.Put('}');
    first_ = false;
  }
  void Text(absl::string_view name, absl::string_view text) {
    Key(name);
    out_.PutString(text);
  }
  void Put(absl::string_view name, const cedar::Value& value) {
    Key(name);
    out_.PutValue(value);
  }
  template <class Names>
  void Attributes(const cedar::EntitySource& entities, const cedar::EntityUid& entity, const Names& names) {
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

}  // namespace

std::string FactsJson(const FacilityEntities& entities, const Place& place, const facility::Person& person,
                      const Moment& moment, const cedar::Value& context) {
  Writer writer;
  writer.Open("");
  WritePrincipal(entities, person, writer);
  writer.Text("action", place.access_point->exit ? "exit" : "enter");
  WriteResource(place, writer);
  const cedar::EntityUid& area = *entities.surroundings().front();
  writer.Open("area");
  writer.Text("id", area.id());
  writer.Attributes(entities, area, kAreaAttributes);
  writer.Close();
  writer.Put("context", context);
  if (!moment.visit.visit.empty()) {
    writer.Open("visit");
    writer.Text("id", moment.visit.visit);
    writer.Text("state", moment.visit.participant_state);
    writer.Close();
  }
  // Another person: by pseudonym, so that they can be forgotten without these facts.
  if (!moment.escort_subject.empty()) writer.Text("escort", moment.escort_subject);
  writer.Close();
  return writer.Take();
}

}  // namespace sallyport::access
