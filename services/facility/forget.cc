#include "facility/forget.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace sallyport::facility {

absl::StatusOr<ForgottenPerson> ForgetPerson(const PersonId& person, State& state) {
  const Person* found = state.people.Find(person);
  if (found == nullptr) {
    return WithReason(absl::NotFoundError("person_id: no such person; whoever was erased is not known any more"),
                      "PERSON_NOT_FOUND");
  }
  ForgottenPerson out;
  out.person = *found;
  state.credentials.ForEach([&](const CredentialId&, const Credential& credential) {
    if (credential.person == person) out.credentials.push_back(credential);
  });
  std::sort(out.credentials.begin(), out.credentials.end(),
            [](const Credential& a, const Credential& b) { return a.id < b.id; });
  for (const Credential& credential : out.credentials) {
    state.credentials.Erase(credential.id);
    const CredentialId* indexed = state.credential_by_card.Find(credential.card.Key());
    if (indexed != nullptr && *indexed == credential.id) state.credential_by_card.Erase(credential.card.Key());
  }
  std::vector<Person> escorted;
  state.people.ForEach([&](const PersonId&, const Person& other) {
    if (other.escort == person) escorted.push_back(other);
  });
  std::sort(escorted.begin(), escorted.end(), [](const Person& a, const Person& b) { return a.id < b.id; });
  for (Person& other : escorted) {
    other.escort = PersonId();
    out.escorted.push_back(other.id);
    state.people.Put(other.id, other);
  }
  state.people.Erase(person);
  return out;
}

}  // namespace sallyport::facility
