#include "engine/erasure.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "alarms/alarms.h"
#include "base/status.h"
#include "engine/door_commands.h"
#include "engine/fields.h"
#include "facility/forget.h"
#include "operators/directory.h"
#include "quarantine/forget.h"

namespace sallyport::engine {
namespace {

// Shorter texts stand in other people's data by chance.
constexpr size_t kMentionBytesMin = 4;

// What gives a person away in a text that people wrote.
struct Mentions {
  std::vector<std::string> texts;

  bool operator()(absl::string_view text) const {
    for (const std::string& each : texts) {
      if (absl::StrContains(text, each)) return true;
    }
    return false;
  }
};

Mentions MentionsOf(const facility::ForgottenPerson& gone) {
  Mentions out;
  const auto add = [&out](const std::string& text) {
    if (text.size() >= kMentionBytesMin) out.texts.push_back(text);
  };
  add(gone.person.id.value());
  add(gone.person.name);
  add(gone.person.email);
  for (const facility::Credential& credential : gone.credentials) {
    add(credential.id.value());
    add(credential.label);
    add(credential.card.raw);
  }
  return out;
}

// As protobuf writes it: length, then bytes. An id alone would also be found within longer ones.
std::string AsField(const std::string& id) {
  std::string out;
  PutVarint(out, id.size());
  return out + id;
}

std::vector<std::string> AnswersOf(const facility::ForgottenPerson& gone) {
  std::vector<std::string> out = {AsField(gone.person.id.value())};
  for (const facility::Credential& credential : gone.credentials) out.push_back(AsField(credential.id.value()));
  for (const std::string& text : {gone.person.name, gone.person.email}) {
    if (!text.empty()) out.push_back(text);
  }
  return out;
}

absl::Status RequireOutside(const State& state, const PersonId& person) {
  const access::Presence* presence = state.access.presence.Find(person);
  if (presence == nullptr || IsOutside(state.facility, presence->area)) return absl::OkStatus();
  return WithReason(absl::FailedPreconditionError(absl::StrCat("they are in area \"", presence->area.value(),
                                                               "\" by record and must have left first")),
                    "PERSON_INSIDE");
}

// An operator who is this person, by id or by name.
absl::Status RemoveOperators(const facility::Person& person, operators::State& state) {
  std::vector<OperatorId> same;
  state.operators.ForEach([&](const OperatorId& id, const operators::Operator& each) {
    const bool is_person = each.kind == operators::OperatorKind::kPerson;
    if (is_person && (id.value() == person.id.value() || each.name == person.name)) same.push_back(id);
  });
  for (const OperatorId& id : same) SP_RETURN_IF_ERROR(operators::RemoveOperator(id, state));
  return absl::OkStatus();
}

bool Names(const access::PolicyFiles& files, const facility::Person& person) {
  const Mentions texts{{absl::StrCat("\"", person.id.value(), "\""), person.name, person.email}};
  for (const auto& [name, text] : files.files) {
    for (const std::string& each : texts.texts) {
      if (each.size() >= kMentionBytesMin && absl::StrContains(text, each)) return true;
    }
  }
  return false;
}

absl::Status ForgetPolicySets(const facility::Person& person, State& state) {
  auto book = std::make_shared<PolicyBook>(*state.policy_book);
  const std::string active = book->activated.empty() ? "" : book->activated.back();
  const size_t sets = book->sets.size();
  for (auto set = book->sets.begin(); set != book->sets.end();) {
    if (!Names(set->second->files, person)) {
      ++set;
    } else if (set->first == active) {
      return WithReason(absl::FailedPreconditionError("the policy set in force names them; activate one that does not"),
                        "POLICY_NAMES_PERSON");
    } else {
      std::erase(book->activated, set->first);
      set = book->sets.erase(set);
    }
  }
  if (book->sets.size() != sets) state.policy_book = std::move(book);
  return absl::OkStatus();
}

absl::Status CheckMayErase(const State& state, const PersonId& person) {
  SP_RETURN_IF_ERROR(RequireOutside(state, person));
  return quarantine::CheckMayForget(state.quarantine, person);
}

Receipt RecordErasure(Transaction& transaction, const facility::ForgottenPerson& gone, Pairs facts) {
  facility::Person without_key = gone.person;
  without_key.wrapped_key.clear();  // the record names the pseudonym, and nothing is sealed beside it
  PersistentMap<PersonId, facility::Person>& people = transaction.state().facility.people;
  people.Put(without_key.id, without_key);
  facts.emplace_back("credentials", absl::StrCat(gone.credentials.size()));
  const Receipt receipt = transaction.Record(ChangeEvent{"person.erased", "", without_key.id, std::move(facts), {}});
  people.Erase(without_key.id);
  for (const PersonId& escorted : gone.escorted) {
    transaction.Record(ChangeEvent{"person.updated", "", escorted, {{"escort", "erased"}}, {}});
  }
  return receipt;
}

// What every erasure does, once nothing stands in the way.
Erased Forget(Transaction& transaction, const facility::ForgottenPerson& gone, Pairs facts) {
  State& state = transaction.state();
  const PersonId& person = gone.person.id;
  const std::string& subject_ref = gone.person.subject_ref;
  const PersonId alias(absl::StrCat("erased-", subject_ref));
  const Mentions mentions = MentionsOf(gone);
  access::ForgetPerson(state.facility, person, state.access);
  quarantine::Forget(person, alias, mentions, state.quarantine);
  alarms::ForgetPerson(person, alias, mentions, state.alarms);
  state.person_by_subject.Erase(subject_ref);
  transaction.ForgetAnswers(AnswersOf(gone));
  transaction.DestroyKey(subject_ref);
  const Receipt receipt = RecordErasure(transaction, gone, std::move(facts));
  state.erasures.Put(subject_ref, Erasure{receipt.index, transaction.now(), false});
  return {subject_ref, receipt};
}

}  // namespace

absl::StatusOr<Erased> EraseSubject(Transaction& transaction, const PersonId& person, uint64_t records) {
  State& state = transaction.state();
  SP_RETURN_IF_ERROR(CheckMayErase(state, person));
  SP_ASSIGN_OR_RETURN(const facility::ForgottenPerson gone, facility::ForgetPerson(person, state.facility));
  SP_RETURN_IF_ERROR(RemoveOperators(gone.person, state.operators));
  SP_RETURN_IF_ERROR(ForgetPolicySets(gone.person, state));
  return Forget(transaction, gone, {{"records", absl::StrCat(records)}});
}

absl::StatusOr<Erased> EraseAgain(Transaction& transaction, const PersonId& person) {
  SP_ASSIGN_OR_RETURN(const facility::ForgottenPerson gone,
                      facility::ForgetPerson(person, transaction.state().facility));
  return Forget(transaction, gone, {{"found", "in a backup"}});
}

}  // namespace sallyport::engine
