#include <utility>

#include "absl/strings/str_cat.h"
#include "base/yaml.h"
#include "facility/check.h"
#include "facility/draft.h"
#include "facility/limits.h"

// The section of a facility file that names people, with what they carry and what they may.
namespace sallyport::facility {
namespace {

using yaml::Node;
using yaml::Reader;

void CheckPeriodOf(Draft& draft, const Node& node, const std::string& key, absl::Time from, absl::Time until) {
  const absl::Status status = CheckPeriod(key, from, until);
  if (!status.ok()) draft.reader.Problem(node, status);
}

// "research", or {level: research, from: …, until: …}.
void ReadGrant(Draft& draft, const Node& node, const std::string& key, Person& person) {
  LevelGrant grant;
  const Reader::Field level = draft.Reference(grant.level, Section::kAccessLevels, true);
  if (node.is_scalar()) {
    level.read(node, key);
  } else {
    draft.reader.Mapping(node, key,
                         {{"level", level},
                          {"from", draft.Time(grant.from, Draft::Date::kBegins)},
                          {"until", draft.Time(grant.until, Draft::Date::kEnds)}});
    CheckPeriodOf(draft, node, key, grant.from, grant.until);
  }
  for (const LevelGrant& other : person.levels) {
    if (other.level == grant.level)
      draft.reader.Problem(node, key, absl::StrCat("\"", grant.level.value(), "\" stands twice"));
  }
  if (!grant.level.empty()) person.levels.push_back(std::move(grant));
}

void ReadBriefing(Draft& draft, const Node& name, const Node& value, const std::string& key, Person& person) {
  std::string briefing;
  absl::Time given = absl::InfinitePast();
  if (!draft.ReadId(name, key, briefing)) return;
  draft.Time(given, Draft::Date::kBegins).read(value, key);
  person.briefings[briefing] = given;
}

void ReadCredential(Draft& draft, const PersonId& person, const std::string& id, const Node& body,
                    const std::string& key) {
  Credential credential;
  credential.id = CredentialId(id);
  credential.person = person;
  CardNumber& card = credential.card;
  Reader& reader = draft.reader;
  const bool raw = yaml::Find(body, "raw") != nullptr;
  card.format = raw ? "raw" : "H10301";
  reader.Mapping(body, key,
                 {{"format", reader.Text(card.format)},
                  {"facility_code", reader.Whole(card.facility_code, 0, UINT32_MAX)},
                  {"number", reader.Whole(card.number, 0, UINT64_MAX, !raw)},
                  {"raw", reader.Text(card.raw)},
                  {"label", draft.Text(credential.label, kNameBytesMax)},
                  {"valid_from", draft.Time(credential.valid_from, Draft::Date::kBegins)},
                  {"valid_until", draft.Time(credential.valid_until, Draft::Date::kEnds)}});
  const absl::Status status = CheckCard(key, card);
  if (!status.ok()) reader.Problem(body, status);
  CheckPeriodOf(draft, body, absl::StrCat(key, ".valid_until"), credential.valid_from, credential.valid_until);
  draft.document.credentials.push_back(std::move(credential));
}

void ReadPerson(Draft& draft, const std::string& id, const Node& body, const std::string& key) {
  Person person;
  person.id = PersonId(id);
  person.name = id;
  Reader& reader = draft.reader;
  const auto projects = [&](const Node& node, const std::string& list_key) {
    reader.Sequence(node, list_key, kProjectsMax, [&](const Node& item, const std::string& item_key) {
      std::string project;
      if (draft.ReadId(item, item_key, project)) person.projects.insert(project);
    });
  };
  const auto briefings = [&](const Node& node, const std::string& list_key) {
    reader.Entries(node, list_key, kBriefingsMax,
                   [&](const Node& name, const Node& value, const std::string& briefing_key) {
                     ReadBriefing(draft, name, value, briefing_key, person);
                   });
  };
  const auto levels = [&](const Node& node, const std::string& list_key) {
    reader.Sequence(node, list_key, kLevelsPerPersonMax,
                    [&](const Node& item, const std::string& item_key) { ReadGrant(draft, item, item_key, person); });
  };
  const auto credentials = [&](const Node& node, const std::string& list_key) {
    draft.Things(node, list_key, Section::kCredentials, kCredentialsMax,
                 [&](const std::string& credential, const Node& credential_body, const std::string& credential_key) {
                   ReadCredential(draft, person.id, credential, credential_body, credential_key);
                 });
  };
  reader.Mapping(body, key,
                 {{"name", draft.Text(person.name, kNameBytesMax)},
                  {"email", draft.Text(person.email, kEmailBytesMax)},
                  {"kind", draft.Choice(person.kind)},
                  {"department", draft.Text(person.department, kNameBytesMax)},
                  {"clearance", reader.Whole(person.clearance, 0, kClearanceMax)},
                  {"projects", {projects}},
                  {"briefings", {briefings}},
                  {"nda_until", draft.Time(person.nda_until, Draft::Date::kEnds)},
                  {"levels", {levels}},
                  {"escort", draft.Reference(person.escort, Section::kPeople)},
                  {"valid_from", draft.Time(person.valid_from, Draft::Date::kBegins)},
                  {"valid_until", draft.Time(person.valid_until, Draft::Date::kEnds)},
                  {"credentials", {credentials}}});
  if (person.escort == person.id) draft.Problem(Section::kPeople, id, "escort", "nobody escorts themselves");
  CheckPeriodOf(draft, body, absl::StrCat(key, ".valid_until"), person.valid_from, person.valid_until);
  draft.document.people.push_back(std::move(person));
}

}  // namespace

void ReadPeople(Draft& draft, const Node& people, const std::string& key) {
  draft.Things(people, key, Section::kPeople, kPeopleMax,
               [&](const std::string& id, const Node& body, const std::string& person_key) {
                 ReadPerson(draft, id, body, person_key);
               });
}

}  // namespace sallyport::facility
