// Adds people to a site that `sallyport init` made, while no daemon runs on it: person n has the card H10301 with
// facility code n / 65536 and number n % 65536, and the access level "staff". Through the engine, like everything else,
// but a thousand people a command: a million in a minute or two.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <future>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/status.h"
#include "engine/engine.h"
#include "facility/directory.h"
#include "sallyportd/bootstrap.h"
#include "sallyportd/config.h"
#include "sallyportd/engine_setup.h"
#include "storage/sqlite_store.h"

namespace sallyport {
namespace {

constexpr uint64_t kPeopleACommand = 1000;

absl::StatusOr<std::string> AddPerson(engine::Transaction& transaction, uint64_t n) {
  facility::State& state = transaction.state().facility;
  facility::Person person;
  person.id = PersonId(absl::StrFormat("person-%07d", n));
  person.name = absl::StrCat("Person ", n);
  person.department = "Bench";
  transaction.Enrol(person);
  SP_RETURN_IF_ERROR(facility::CreatePerson(person, state).status());
  SP_RETURN_IF_ERROR(facility::GrantAccessLevel(person.id, {AccessLevelId("staff")}, state).status());
  facility::Credential credential;
  credential.id = CredentialId(absl::StrFormat("card-%07d", n));
  credential.person = person.id;
  credential.card = {"H10301", static_cast<uint32_t>(n >> 16), n & 0xffff, ""};
  SP_RETURN_IF_ERROR(facility::IssueCredential(credential, state).status());
  return std::string();
}

absl::Status AddPeople(engine::Engine& engine, uint64_t first, uint64_t end) {
  std::promise<absl::Status> finished;
  engine::Command command;
  command.actor = "system";
  command.method = "populate";
  command.apply = [first, end](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
    for (uint64_t n = first; n < end; ++n) SP_RETURN_IF_ERROR(AddPerson(transaction, n).status());
    transaction.Record(ChangeEvent{"people.imported", "", {}, {{"people", absl::StrCat(end - first)}}, {}});
    return std::string();
  };
  command.done = [&finished](absl::StatusOr<std::string> answer) { finished.set_value(answer.status()); };
  engine.Submit(std::move(command));
  return finished.get_future().get();
}

absl::Status Populate(const std::string& path, uint64_t people) {
  SP_ASSIGN_OR_RETURN(const Config config, LoadConfig(path));
  SP_ASSIGN_OR_RETURN(engine::Keys keys, LoadKeys(config));
  SP_ASSIGN_OR_RETURN(const std::string database, DatabasePath(config));
  SP_ASSIGN_OR_RETURN(const auto store, storage::SqliteStore::Open(database));
  SystemClock clock;
  SystemRandom random;
  SP_ASSIGN_OR_RETURN(const auto engine,
                      engine::Engine::Start(*store, clock, random, std::move(keys), EngineOptions(config)));
  SP_RETURN_IF_ERROR(Bootstrap(*engine, config));
  for (uint64_t n = 1; n <= people; n += kPeopleACommand) {
    SP_RETURN_IF_ERROR(AddPeople(*engine, n, std::min(people + 1, n + kPeopleACommand)));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  CLI::App app("Adds people to a site for measurements.");
  std::string config;
  uint64_t people = 1000;
  app.add_option("--config", config)->required();
  app.add_option("--people", people)->required();
  CLI11_PARSE(app, argc, argv);
  if (sodium_init() < 0) return 1;
  const absl::Status status = sallyport::Populate(config, people);
  if (!status.ok()) std::fprintf(stderr, "populate: %s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
