#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "facility/model.h"

namespace sallyport::facility {

// What the facility knew of a person who was forgotten.
struct ForgottenPerson {
  Person person;
  std::vector<Credential> credentials;  // in order of id
  std::vector<PersonId> escorted;       // had them as escort and now have none; in order of id
};

// Takes the person, their credentials and every mention of them out of the state. Whether anything stands against it is
// the caller's to ask. NOT_FOUND (PERSON_NOT_FOUND) leaves the state as it was. Costs a look at everybody and at every
// credential.
absl::StatusOr<ForgottenPerson> ForgetPerson(const PersonId& person, State& state);

}  // namespace sallyport::facility
