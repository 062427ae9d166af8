#include <cstdio>
#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sallyport/command.h"
#include "sallyport/directory/v1/directory.grpc.pb.h"
#include "sallyport/limits.h"

namespace sallyport::cli {
namespace {

using namespace directory::v1;  // NOLINT: the messages of one service

std::string Until(const google::protobuf::Timestamp& time) {
  const std::string text = TimeText(time);
  return text.empty() ? "" : " until " + text;
}

void PrintPerson(const Person& person) {
  std::vector<std::string> levels;
  for (const LevelGrant& grant : person.levels()) levels.push_back(grant.access_level_id() + Until(grant.until()));
  std::vector<std::string> briefings;
  for (const Briefing& briefing : person.briefings()) {
    briefings.push_back(absl::StrCat(briefing.name(), " (", TimeText(briefing.given_at()), ")"));
  }
  PrintFacts({{"person", person.id()},
              {"name", person.name()},
              {"email", person.email()},
              {"kind", EnumText(PersonKind_descriptor(), person.kind())},
              {"department", person.department()},
              {"status", EnumText(PersonStatus_descriptor(), person.status())},
              {"valid from", TimeText(person.valid_from())},
              {"valid until", TimeText(person.valid_until())},
              {"clearance", person.clearance() == 0 ? "" : absl::StrCat(person.clearance())},
              {"projects", absl::StrJoin(person.projects(), ", ")},
              {"briefings", absl::StrJoin(briefings, ", ")},
              {"NDA until", TimeText(person.nda_until())},
              {"levels", absl::StrJoin(levels, ", ")},
              {"escort", person.escort_id()},
              {"in the log", person.subject_ref()}});
}

// Every answer that holds one person.
template <class Response>
void PrintPersonOf(const Response& answer) {
  PrintPerson(answer.person());
}

void PrintPeople(const ListPeopleResponse& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Person& person : answer.people()) {
    std::vector<std::string> levels;
    for (const LevelGrant& grant : person.levels()) levels.push_back(grant.access_level_id());
    rows.push_back({person.id(), person.name(), EnumText(PersonKind_descriptor(), person.kind()), person.department(),
                    EnumText(PersonStatus_descriptor(), person.status()), absl::StrJoin(levels, ", ")});
  }
  PrintTable({"PERSON", "NAME", "KIND", "DEPARTMENT", "STATUS", "LEVELS"}, rows);
}

// The fields of a person. `given` learns the name of each that the command line sets.
void PersonOptions(CLI::App* verb, Person* person, std::function<void(const std::string&)> given) {
  const auto text = [verb, given](const std::string& option, const std::string& field, std::string* out,
                                  const std::string& description) {
    verb->add_option_function<std::string>(
        option,
        [given, field, out](const std::string& value) {
          *out = value;
          given(field);
        },
        description);
  };
  text("--name", "name", person->mutable_name(), "Name, as shown");
  text("--email", "email", person->mutable_email(), "E-mail address");
  text("--department", "department", person->mutable_department(), "Department");
  text("--escort", "escort_id", person->mutable_escort_id(), "Who escorts them, of a visitor: a person's id");
  const auto kind = [person, given](int value) {
    person->set_kind(static_cast<PersonKind>(value));
    given("kind");
  };
  EnumOption(verb, "--kind", PersonKind_descriptor(), kind, "What they are to the facility");
  const auto status = [person, given](int value) {
    person->set_status(static_cast<PersonStatus>(value));
    given("status");
  };
  EnumOption(verb, "--status", PersonStatus_descriptor(), status, "May they use the doors at all");
  const auto time = [verb, given](const std::string& option, const std::string& field,
                                  google::protobuf::Timestamp* (Person::*out)(), Person* of,
                                  const std::string& description) {
    TimeOption(
        verb, option,
        [given, field, out, of](auto value) {
          *(of->*out)() = value;
          given(field);
        },
        description);
  };
  time("--valid-from", "valid_from", &Person::mutable_valid_from, person, "Not before");
  time("--valid-until", "valid_until", &Person::mutable_valid_until, person, "Not from then on");
  time("--nda-until", "nda_until", &Person::mutable_nda_until, person, "A signed non-disclosure agreement holds until");
  verb->add_option_function<int>(
          "--clearance",
          [person, given](int value) {
            person->set_clearance(value);
            given("clearance");
          },
          "Clearance, 0 is none")
      ->type_name("N");
  const auto project = [person, given](const std::string& value) {
    if (person->projects().empty()) given("projects");
    if (!value.empty()) person->add_projects(value);
  };
  Repeated(verb, "--project", project, "Membership of a project");
}

void AddCreateVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "create", "Add a person; without an id the server makes one");
  auto request = std::make_shared<CreatePersonRequest>();
  Option(verb, "id", request->mutable_person()->mutable_id(), "Id, chosen by the facility");
  PersonOptions(verb, request->mutable_person(), [](const std::string&) {});
  Flag(
      verb, "--pin-stdin",
      [request] {
        std::string pin;
        std::getline(std::cin, pin);
        absl::StripAsciiWhitespace(&pin);
        if (pin.empty() || pin.size() > kPinCharactersMax) {
          throw CLI::ValidationError("--pin-stdin", "no PIN on the first line of standard input");
        }
        request->set_pin(pin);
      },
      "Read their PIN, 4 to 12 digits, from the first line of standard input");
  Calls<DirectoryService>(verb, command, &DirectoryService::Stub::CreatePerson, request,
                          PrintPersonOf<CreatePersonResponse>, [](CreatePersonRequest& complete) {
                            if (complete.person().name().empty()) throw CLI::RequiredError("--name");
                            if (complete.person().kind() == PERSON_KIND_UNSPECIFIED) throw CLI::RequiredError("--kind");
                          });
}

void AddUpdateVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "update",
                           "Change what the options name, and nothing else\n\n"
                           "Projects are replaced as a whole; --project '' leaves none.");
  auto request = std::make_shared<UpdatePersonRequest>();
  Argument(verb, "id", request->mutable_person()->mutable_id(), "Who");
  PersonOptions(verb, request->mutable_person(),
                [request](const std::string& field) { request->mutable_update_mask()->add_paths(field); });
  Calls<DirectoryService>(verb, command, &DirectoryService::Stub::UpdatePerson, request,
                          PrintPersonOf<UpdatePersonResponse>, [](UpdatePersonRequest& complete) {
                            if (complete.update_mask().paths().empty()) {
                              throw CLI::ValidationError("update", "nothing to change; give at least one option");
                            }
                          });
}

void AddReadVerbs(CLI::App& noun, Command& command) {
  CLI::App* get = AddVerb(noun, "get", "Show a person; asking is recorded");
  auto one = std::make_shared<GetPersonRequest>();
  Argument(get, "id", one->mutable_person_id(), "Who");
  Calls<DirectoryService>(get, command, &DirectoryService::Stub::GetPerson, one, PrintPersonOf<GetPersonResponse>);

  CLI::App* list = AddVerb(noun, "list", "List people in order of id; asking is recorded");
  CallsPaged<DirectoryService>(
      list, command, &DirectoryService::Stub::ListPeople, std::make_shared<ListPeopleRequest>(),
      [](const ListPeopleResponse& answer) { return answer.people_size(); }, PrintPeople);
}

void AddLevelVerbs(CLI::App& noun, Command& command) {
  CLI::App* grant = AddVerb(noun, "grant-level", "Let a person hold an access level, for a time if wanted");
  auto granted = std::make_shared<GrantAccessLevelRequest>();
  Argument(grant, "id", granted->mutable_person_id(), "Who");
  Argument(grant, "level", granted->mutable_grant()->mutable_access_level_id(), "Which");
  TimeOption(
      grant, "--from", [granted](auto time) { *granted->mutable_grant()->mutable_from() = time; }, "Not before");
  TimeOption(
      grant, "--until", [granted](auto time) { *granted->mutable_grant()->mutable_until() = time; },
      "Not from then on");
  Calls<DirectoryService>(grant, command, &DirectoryService::Stub::GrantAccessLevel, granted,
                          PrintPersonOf<GrantAccessLevelResponse>);

  CLI::App* revoke = AddVerb(noun, "revoke-level", "Take an access level away");
  auto revoked = std::make_shared<RevokeAccessLevelRequest>();
  Argument(revoke, "id", revoked->mutable_person_id(), "From whom");
  Argument(revoke, "level", revoked->mutable_access_level_id(), "Which");
  Calls<DirectoryService>(revoke, command, &DirectoryService::Stub::RevokeAccessLevel, revoked,
                          PrintPersonOf<RevokeAccessLevelResponse>);
}

void AddEraseVerb(CLI::App& noun, Command& command) {
  CLI::App* verb = AddVerb(noun, "erase",
                           "Forget a person for good; nothing brings them back\n\n"
                           "Their key is destroyed and they leave every table. The log keeps its records under a pseudonym, and "
                           "every proof goes on verifying. Backups made before remember them: see docs/backup.md.");
  auto request = std::make_shared<EraseSubjectRequest>();
  auto sure = std::make_shared<bool>(false);
  Argument(verb, "id", request->mutable_person_id(), "Who");
  Flag(verb, "--yes", [sure] { *sure = true; }, "Required: that this cannot be undone is known");
  Calls<DirectoryService>(
      verb, command, &DirectoryService::Stub::EraseSubject, request,
      [](const EraseSubjectResponse& answer) {
        PrintFacts({{"in the log", answer.subject_ref()},
                    {"records", absl::StrCat(answer.records(), " keep this pseudonym and nothing else")},
                    {"erased by", absl::StrCat("record ", answer.record_index())}});
      },
      [sure](EraseSubjectRequest&) {
        if (!*sure) throw CLI::ValidationError("erase", "cannot be undone; say --yes");
      });
}

void AddStandingVerbs(CLI::App& noun, Command& command) {
  CLI::App* deactivate = AddVerb(noun, "deactivate", "A person has left: every read of theirs is refused from now on");
  auto left = std::make_shared<DeactivatePersonRequest>();
  Argument(deactivate, "id", left->mutable_person_id(), "Who");
  Calls<DirectoryService>(deactivate, command, &DirectoryService::Stub::DeactivatePerson, left,
                          PrintPersonOf<DeactivatePersonResponse>);

  CLI::App* brief = AddVerb(noun, "brief", "Note that a person was briefed, now");
  auto briefed = std::make_shared<RecordBriefingRequest>();
  Argument(brief, "id", briefed->mutable_person_id(), "Who was briefed");
  Argument(brief, "briefing", briefed->mutable_briefing(), "On what, as the facility's areas name it");
  Calls<DirectoryService>(brief, command, &DirectoryService::Stub::RecordBriefing, briefed,
                          PrintPersonOf<RecordBriefingResponse>);
}

}  // namespace

void AddPersonCommands(CLI::App& app, Command& command) {
  CLI::App* noun = AddNoun(app, "person", "People: who they are, which levels they hold, their briefings");
  AddCreateVerb(*noun, command);
  AddReadVerbs(*noun, command);
  AddUpdateVerb(*noun, command);
  AddStandingVerbs(*noun, command);
  AddEraseVerb(*noun, command);
  AddLevelVerbs(*noun, command);
}

}  // namespace sallyport::cli
