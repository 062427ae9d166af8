#include "facility/draft.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "facility/check.h"
#include "facility/limits.h"
#include "facility/names.h"

namespace sallyport::facility {
namespace {

using yaml::Node;
using yaml::Reader;

constexpr size_t kSections = static_cast<size_t>(Section::kCredentials) + 1;

absl::string_view SectionName(Section section) {
  constexpr absl::string_view kNames[kSections] = {"site",         "floor",  "area",   "access point", "schedule",
                                                   "access level", "locker", "person", "credential"};
  return kNames[static_cast<size_t>(section)];
}

template <class Enum>
std::vector<std::string> Choices() {
  std::vector<std::string> names;
  for (int i = 0;; ++i) {
    const absl::string_view name = NameOf(static_cast<Enum>(i));
    if (!Named<Enum>(name)) return names;
    names.emplace_back(name);
  }
}

bool ReadTime(const std::string& text, const absl::TimeZone& zone, Draft::Date date, absl::Time& out) {
  constexpr size_t kDateCharacters = 10;  // 2026-12-31
  if (text.size() != kDateCharacters) {
    return absl::ParseTime(absl::RFC3339_full, text, &out, nullptr) && out > absl::InfinitePast() &&
           out < absl::InfiniteFuture();
  }
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day)) return false;
  out = absl::FromCivil(date == Draft::Date::kEnds ? day + 1 : day, zone);
  return true;
}

}  // namespace

Draft::Draft(std::string file_name) : reader(std::move(file_name), kProblemsMax), known_(kSections) {}

void Draft::Things(const Node& node, const std::string& key, Section section, size_t things_max,
                   const ReadThing& read) {
  auto& known = known_[static_cast<size_t>(section)];
  reader.Entries(node, key, things_max, [&](const Node& name, const Node& value, const std::string& thing_key) {
    std::string id;
    if (!ReadId(name, thing_key, id)) return;
    const auto [first, is_new] = known.try_emplace(id, Known{name.line, thing_key});
    if (!is_new) {
      return reader.Problem(
          name, thing_key,
          absl::StrCat(SectionName(section), " \"", id, "\" stands in line ", first->second.line, " already"));
    }
    Node empty;
    empty.kind = Node::Kind::kMapping;
    empty.line = name.line;
    read(id, value.kind == Node::Kind::kNull ? empty : value, thing_key);
  });
}

int Draft::LineOf(Section section, const std::string& id) const {
  const auto& known = known_[static_cast<size_t>(section)];
  const auto found = known.find(id);
  return found == known.end() ? 1 : found->second.line;
}

void Draft::Problem(Section section, const std::string& id, absl::string_view field, absl::string_view text) {
  const auto found = known_[static_cast<size_t>(section)].find(id);
  const std::string key = found == known_[static_cast<size_t>(section)].end() ? id : found->second.key;
  reader.Problem(LineOf(section, id), absl::StrCat(key, ".", field), text);
}

void Draft::Refer(const Node& node, const std::string& key, Section to, const std::string& id) {
  references_.push_back({node.line, key, to, id});
}

bool Draft::ReadId(const Node& node, const std::string& key, std::string& out) {
  if (!node.is_scalar()) {
    reader.Problem(node, key, "expected an id");
    return false;
  }
  if (const absl::Status status = CheckId(key, node.text); !status.ok()) {
    reader.Problem(node, status);
    return false;
  }
  out = node.text;
  return true;
}

Reader::Field Draft::Word(std::string& out) {
  return {[this, &out](const Node& node, const std::string& key) { ReadId(node, key, out); }};
}

Reader::Field Draft::Text(std::string& out, size_t bytes_max) {
  return {[this, &out, bytes_max](const Node& node, const std::string& key) {
    if (!node.is_scalar() || node.text.empty()) return reader.Problem(node, key, "expected text");
    const absl::Status status = CheckText(key, node.text, bytes_max);
    if (!status.ok()) return reader.Problem(node, status);
    out = node.text;
  }};
}

Reader::Field Draft::CardFormats(std::vector<std::string>& out) {
  return {[this, &out](const Node& node, const std::string& key) {
    reader.Sequence(node, key, kCardFormatsMax, [this, &out](const Node& item, const std::string& item_key) {
      if (!item.is_scalar() || !IsCardFormat(item.text)) {
        return reader.Problem(item, item_key, absl::StrCat("expected one of ", facility::CardFormats()));
      }
      out.push_back(item.text);
    });
  }};
}

Reader::Field Draft::Real(double& out, double min, double max) {
  return {[this, &out, min, max](const Node& node, const std::string& key) {
    double value = 0;
    const bool number = node.is_scalar() && absl::SimpleAtod(node.text, &value);
    if (!number || !(value >= min && value <= max)) {
      return reader.Problem(node, key, absl::StrCat("expected a number from ", min, " to ", max));
    }
    out = value;
  }};
}

template <class Enum>
Reader::Field Draft::Choice(Enum& out, bool required) {
  return {[this, &out](const Node& node, const std::string& key) {
            const auto value = node.is_scalar() ? Named<Enum>(node.text) : std::nullopt;
            if (!value)
              return reader.Problem(node, key, absl::StrCat("expected ", absl::StrJoin(Choices<Enum>(), " or ")));
            out = *value;
          },
          required};
}
template Reader::Field Draft::Choice(PersonKind& out, bool required);
template Reader::Field Draft::Choice(AntiPassback& out, bool required);

Reader::Field Draft::Time(absl::Time& out, Date date) {
  return {[this, &out, date](const Node& node, const std::string& key) {
    absl::Time time;
    if (!node.is_scalar() || !ReadTime(node.text, zone, date, time)) {
      return reader.Problem(node, key,
                            "expected a date or a time with its zone, like 2026-12-31 or "
                            "2026-12-31T18:00:00+09:00");
    }
    const absl::Status status = CheckPeriod(key, absl::InfinitePast(), time);
    if (!status.ok()) return reader.Problem(node, status);
    out = time;
  }};
}

void Draft::CheckReferences() {
  for (const Ref& ref : references_) {
    if (known_[static_cast<size_t>(ref.to)].contains(ref.id)) continue;
    reader.Problem(ref.line, ref.key, absl::StrCat("this file has no ", SectionName(ref.to), " \"", ref.id, "\""));
  }
}

}  // namespace sallyport::facility
