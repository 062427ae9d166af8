#include "facility/directory.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "facility/check.h"
#include "facility/limits.h"
#include "facility/names.h"

namespace sallyport::facility {
namespace {

std::string Text(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone()); }

absl::Status CheckTooMany(absl::string_view field, size_t count, size_t max) {
  if (count <= max) return absl::OkStatus();
  return FieldError(field, absl::StrCat("has ", count, " entries, at most ", max));
}

absl::StatusOr<Person> Find(const State& state, const PersonId& id) {
  if (const Person* person = state.people.Find(id)) return *person;
  return absl::NotFoundError(absl::StrCat("no person \"", id.value(), "\""));
}

absl::Status RequireHere(const Person& person) {
  if (person.status != PersonStatus::kLeft) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("person \"", person.id.value(), "\" has left"));
}

absl::StatusOr<Person> FindHere(const State& state, const PersonId& id) {
  SP_ASSIGN_OR_RETURN(Person person, Find(state, id));
  SP_RETURN_IF_ERROR(RequireHere(person));
  return person;
}

absl::Status RequireLevel(const State& state, const AccessLevelId& id) {
  if (state.levels.Contains(id)) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no access level \"", id.value(), "\""));
}

absl::Status CheckGiven(absl::string_view field, absl::Time given) {
  if (given == absl::InfinitePast() || given == absl::InfiniteFuture()) return FieldError(field, "expected a time");
  return CheckPeriod(field, absl::InfinitePast(), given);
}

// What UpdatePerson may change, by the API's names, and how. `personal`: its value is told to the sealed part of the
// record only.
struct Editable {
  absl::string_view name;
  bool personal;
  std::string (*text)(const Person&);
  void (*copy)(const Person& from, Person& to);
};

constexpr std::array kEditable = {
    Editable{"name", true, [](const Person& p) { return p.name; }, [](const Person& f, Person& t) { t.name = f.name; }},
    Editable{"email", true, [](const Person& p) { return p.email; },
             [](const Person& f, Person& t) { t.email = f.email; }},
    Editable{"kind", false, [](const Person& p) { return std::string(NameOf(p.kind)); },
             [](const Person& f, Person& t) { t.kind = f.kind; }},
    Editable{"department", true, [](const Person& p) { return p.department; },
             [](const Person& f, Person& t) { t.department = f.department; }},
    Editable{"status", false, [](const Person& p) { return std::string(NameOf(p.status)); },
             [](const Person& f, Person& t) { t.status = f.status; }},
    Editable{"valid_from", true, [](const Person& p) { return Text(p.valid_from); },
             [](const Person& f, Person& t) { t.valid_from = f.valid_from; }},
    Editable{"valid_until", true, [](const Person& p) { return Text(p.valid_until); },
             [](const Person& f, Person& t) { t.valid_until = f.valid_until; }},
    Editable{"clearance", true, [](const Person& p) { return absl::StrCat(p.clearance); },
             [](const Person& f, Person& t) { t.clearance = f.clearance; }},
    Editable{"projects", true, [](const Person& p) { return absl::StrJoin(p.projects, ","); },
             [](const Person& f, Person& t) { t.projects = f.projects; }},
    Editable{"nda_until", true, [](const Person& p) { return Text(p.nda_until); },
             [](const Person& f, Person& t) { t.nda_until = f.nda_until; }},
    Editable{"escort_id", true, [](const Person& p) { return p.escort.value(); },
             [](const Person& f, Person& t) { t.escort = f.escort; }},
};

const Editable* FindEditable(absl::string_view name) {
  const auto it =
      std::find_if(kEditable.begin(), kEditable.end(), [name](const Editable& e) { return e.name == name; });
  return it == kEditable.end() ? nullptr : &*it;
}

absl::Status CheckFields(const Person& person, const State& state) {
  SP_RETURN_IF_ERROR(CheckText("person.name", person.name, kNameBytesMax));
  SP_RETURN_IF_ERROR(CheckText("person.email", person.email, kEmailBytesMax));
  SP_RETURN_IF_ERROR(CheckText("person.department", person.department, kNameBytesMax));
  if (person.status == PersonStatus::kLeft) return FieldError("person.status", "expected active or suspended");
  SP_RETURN_IF_ERROR(CheckPeriod("person.valid_until", person.valid_from, person.valid_until));
  if (person.clearance < 0 || person.clearance > kClearanceMax) {
    return FieldError("person.clearance", absl::StrCat(person.clearance, " is not from 0 to ", kClearanceMax));
  }
  SP_RETURN_IF_ERROR(CheckTooMany("person.projects", person.projects.size(), kProjectsMax));
  for (const std::string& project : person.projects) SP_RETURN_IF_ERROR(CheckId("person.projects", project));
  if (person.nda_until != absl::InfinitePast()) {
    SP_RETURN_IF_ERROR(CheckPeriod("person.nda_until", absl::InfinitePast(), person.nda_until));
  }
  if (person.escort.empty()) return absl::OkStatus();
  if (person.escort == person.id) return FieldError("person.escort_id", "nobody escorts themselves");
  SP_RETURN_IF_ERROR(CheckId("person.escort_id", person.escort.value()));
  return Find(state, person.escort).status();
}

absl::Status CheckGrant(absl::string_view field, const LevelGrant& grant, const State& state) {
  SP_RETURN_IF_ERROR(CheckId(absl::StrCat(field, ".access_level_id"), grant.level.value()));
  SP_RETURN_IF_ERROR(CheckPeriod(absl::StrCat(field, ".until"), grant.from, grant.until));
  return RequireLevel(state, grant.level);
}

absl::Status CheckHeld(const Person& person, const State& state) {
  SP_RETURN_IF_ERROR(CheckTooMany("person.levels", person.levels.size(), kLevelsPerPersonMax));
  SP_RETURN_IF_ERROR(CheckTooMany("person.briefings", person.briefings.size(), kBriefingsMax));
  std::set<AccessLevelId> seen;
  for (const LevelGrant& grant : person.levels) {
    SP_RETURN_IF_ERROR(CheckGrant("person.levels", grant, state));
    if (!seen.insert(grant.level).second) {
      return FieldError("person.levels", absl::StrCat("level \"", grant.level.value(), "\" stands twice"));
    }
  }
  for (const auto& [briefing, given] : person.briefings) {
    SP_RETURN_IF_ERROR(CheckId("person.briefings", briefing));
    SP_RETURN_IF_ERROR(CheckGiven("person.briefings", given));
  }
  return absl::OkStatus();
}

ChangeEvent About(const PersonId& person, absl::string_view action) {
  ChangeEvent event;
  event.action = std::string(action);
  event.person = person;
  return event;
}

void AddGrant(const LevelGrant& grant, Pairs& facts) {
  facts.emplace_back("level", grant.level.value());
  if (grant.from != absl::InfinitePast()) facts.emplace_back("from", Text(grant.from));
  if (grant.until != absl::InfiniteFuture()) facts.emplace_back("until", Text(grant.until));
}

void AddBriefing(const std::string& briefing, absl::Time given, Pairs& facts) {
  facts.emplace_back("briefing", briefing);
  facts.emplace_back("given", Text(given));
}

std::vector<LevelGrant>::iterator Held(Person& person, const AccessLevelId& level) {
  return std::find_if(person.levels.begin(), person.levels.end(),
                      [&level](const LevelGrant& grant) { return grant.level == level; });
}

}  // namespace

absl::StatusOr<ChangeEvent> CreatePerson(const Person& wanted, State& state) {
  SP_RETURN_IF_ERROR(CheckId("person.id", wanted.id.value()));
  SP_RETURN_IF_ERROR(CheckFields(wanted, state));
  SP_RETURN_IF_ERROR(CheckHeld(wanted, state));
  if (state.people.Contains(wanted.id)) {
    return absl::AlreadyExistsError(absl::StrCat("person \"", wanted.id.value(), "\" exists"));
  }
  state.people.Put(wanted.id, wanted);

  ChangeEvent event = About(wanted.id, "person.created");
  const Person nobody;
  for (const Editable& field : kEditable) {
    const std::string text = field.text(wanted);
    if (field.personal && text == field.text(nobody)) continue;
    (field.personal ? event.personal : event.facts).emplace_back(std::string(field.name), text);
  }
  for (const LevelGrant& grant : wanted.levels) AddGrant(grant, event.facts);
  for (const auto& [briefing, given] : wanted.briefings) AddBriefing(briefing, given, event.facts);
  return event;
}

absl::StatusOr<ChangeEvent> UpdatePerson(const Person& wanted, const std::vector<std::string>& mask, State& state) {
  SP_RETURN_IF_ERROR(CheckId("person.id", wanted.id.value()));
  std::vector<const Editable*> fields;
  for (const std::string& name : mask) {
    const Editable* field = FindEditable(name);
    if (field == nullptr) return FieldError("update_mask", absl::StrCat("\"", name, "\" cannot be changed here"));
    fields.push_back(field);
  }
  if (mask.empty()) {
    for (const Editable& field : kEditable) {
      if (field.name != "status") fields.push_back(&field);
    }
  }
  SP_ASSIGN_OR_RETURN(const Person before, FindHere(state, wanted.id));
  Person after = before;
  for (const Editable* field : fields) field->copy(wanted, after);
  SP_RETURN_IF_ERROR(CheckFields(after, state));
  state.people.Put(after.id, after);

  ChangeEvent event = About(after.id, "person.updated");
  for (const Editable& field : kEditable) {
    const std::string text = field.text(after);
    if (text == field.text(before)) continue;
    (field.personal ? event.personal : event.facts).emplace_back(std::string(field.name), text);
  }
  return event;
}

absl::StatusOr<ChangeEvent> DeactivatePerson(const PersonId& id, absl::Time now, State& state) {
  SP_RETURN_IF_ERROR(CheckId("person_id", id.value()));
  SP_ASSIGN_OR_RETURN(Person person, FindHere(state, id));
  person.status = PersonStatus::kLeft;
  person.valid_until = std::min(person.valid_until, now);
  person.valid_from = std::min(person.valid_from, person.valid_until);
  std::vector<Credential> active;
  state.credentials.ForEach([&](const CredentialId&, const Credential& credential) {
    if (credential.person == id && credential.status == CredentialStatus::kActive) active.push_back(credential);
  });
  std::sort(active.begin(), active.end(), [](const Credential& a, const Credential& b) { return a.id < b.id; });

  ChangeEvent event = About(id, "person.deactivated");
  event.facts.emplace_back("status", std::string(NameOf(person.status)));
  for (Credential& credential : active) {
    credential.status = CredentialStatus::kDisabled;
    event.personal.emplace_back("credential_disabled", credential.id.value());
    state.credentials.Put(credential.id, credential);
  }
  state.people.Put(id, person);
  return event;
}

absl::StatusOr<ChangeEvent> IssueCredential(const Credential& wanted, State& state) {
  SP_RETURN_IF_ERROR(CheckId("credential.id", wanted.id.value()));
  SP_RETURN_IF_ERROR(CheckId("credential.person_id", wanted.person.value()));
  SP_RETURN_IF_ERROR(CheckCard("credential.card", wanted.card));
  SP_RETURN_IF_ERROR(CheckPeriod("credential.valid_until", wanted.valid_from, wanted.valid_until));
  SP_RETURN_IF_ERROR(CheckText("credential.label", wanted.label, kNameBytesMax));
  SP_RETURN_IF_ERROR(FindHere(state, wanted.person).status());
  if (state.credentials.Contains(wanted.id)) {
    return absl::AlreadyExistsError(absl::StrCat("credential \"", wanted.id.value(), "\" exists"));
  }
  const std::string key = wanted.card.Key();
  if (const CredentialId* other = state.credential_by_card.Find(key)) {
    return absl::AlreadyExistsError(absl::StrCat("card ", key, " is credential \"", other->value(), "\" already"));
  }
  state.credentials.Put(wanted.id, wanted);
  state.credential_by_card.Put(key, wanted.id);

  ChangeEvent event = About(wanted.person, "credential.issued");
  event.facts = {{"format", wanted.card.format}, {"status", std::string(NameOf(wanted.status))}};
  event.personal = {{"credential", wanted.id.value()}, {"card", key}};
  if (!wanted.label.empty()) event.personal.emplace_back("label", wanted.label);
  if (wanted.valid_from != absl::InfinitePast()) event.personal.emplace_back("valid_from", Text(wanted.valid_from));
  if (wanted.valid_until != absl::InfiniteFuture())
    event.personal.emplace_back("valid_until", Text(wanted.valid_until));
  return event;
}

absl::StatusOr<ChangeEvent> RevokeCredential(const CredentialId& id, CredentialStatus status, State& state) {
  SP_RETURN_IF_ERROR(CheckId("credential_id", id.value()));
  if (status == CredentialStatus::kActive) return FieldError("status", "expected disabled, lost or stolen");
  const Credential* found = state.credentials.Find(id);
  if (found == nullptr) return absl::NotFoundError(absl::StrCat("no credential \"", id.value(), "\""));
  Credential credential = *found;
  credential.status = status;
  state.credentials.Put(id, credential);

  ChangeEvent event = About(credential.person, "credential.revoked");
  event.facts.emplace_back("status", std::string(NameOf(status)));
  event.personal.emplace_back("credential", id.value());
  return event;
}

absl::StatusOr<ChangeEvent> GrantAccessLevel(const PersonId& id, const LevelGrant& grant, State& state) {
  SP_RETURN_IF_ERROR(CheckId("person_id", id.value()));
  SP_RETURN_IF_ERROR(CheckGrant("grant", grant, state));
  SP_ASSIGN_OR_RETURN(Person person, FindHere(state, id));
  if (const auto held = Held(person, grant.level); held != person.levels.end()) {
    *held = grant;
  } else {
    person.levels.push_back(grant);
  }
  SP_RETURN_IF_ERROR(CheckTooMany("grant", person.levels.size(), kLevelsPerPersonMax));
  state.people.Put(id, person);

  ChangeEvent event = About(id, "level.granted");
  event.object = grant.level.value();
  AddGrant(grant, event.facts);
  return event;
}

absl::StatusOr<ChangeEvent> RevokeAccessLevel(const PersonId& id, const AccessLevelId& level, State& state) {
  SP_RETURN_IF_ERROR(CheckId("person_id", id.value()));
  SP_RETURN_IF_ERROR(CheckId("access_level_id", level.value()));
  SP_ASSIGN_OR_RETURN(Person person, Find(state, id));
  const auto held = Held(person, level);
  if (held == person.levels.end()) {
    return absl::NotFoundError(
        absl::StrCat("person \"", id.value(), "\" does not hold access level \"", level.value(), "\""));
  }
  person.levels.erase(held);
  state.people.Put(id, person);

  ChangeEvent event = About(id, "level.revoked");
  event.object = level.value();
  event.facts.emplace_back("level", level.value());
  return event;
}

absl::StatusOr<ChangeEvent> RecordBriefing(const PersonId& id, const std::string& briefing, absl::Time given,
                                           State& state) {
  SP_RETURN_IF_ERROR(CheckId("person_id", id.value()));
  SP_RETURN_IF_ERROR(CheckId("briefing", briefing));
  SP_RETURN_IF_ERROR(CheckGiven("given_at", given));
  SP_ASSIGN_OR_RETURN(Person person, FindHere(state, id));
  person.briefings[briefing] = given;
  SP_RETURN_IF_ERROR(CheckTooMany("briefing", person.briefings.size(), kBriefingsMax));
  state.people.Put(id, person);

  ChangeEvent event = About(id, "briefing.recorded");
  event.object = briefing;
  AddBriefing(briefing, given, event.facts);
  return event;
}

}  // namespace sallyport::facility
