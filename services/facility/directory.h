#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "facility/event.h"
#include "facility/model.h"

// The directory: people, what they carry and what they may. When a function returns an error, the state has not
// changed. Errors:
//   INVALID_ARGUMENT     a field is malformed or over a limit (a field violation names it, by the API's names:
//                        "person.clearance", "credential.card.number", "grant.until")
//   NOT_FOUND            no such person, credential or access level
//   ALREADY_EXISTS       an id or a card is taken
//   FAILED_PRECONDITION  the person has left
// Each returns the event for the log: personal fields under `personal`, everything else under `facts`.
namespace sallyport::facility {

// Adds a person. subject_ref and wrapped_key are the caller's to fill in afterwards; pin_digest is taken as it is.
absl::StatusOr<ChangeEvent> CreatePerson(const Person& wanted, State& state);

// Replaces the fields named in `mask` (names as in directory.proto: "name", "department", "clearance", …); all that may
// be changed but "status" when it is empty. Status becomes active or suspended; a person leaves by DeactivatePerson.
// id, levels, briefings and the engine's fields are not changed here.
absl::StatusOr<ChangeEvent> UpdatePerson(const Person& wanted, const std::vector<std::string>& mask, State& state);

// The person has left (status LEFT, valid until now) and all their active credentials are disabled. Costs a look at
// every credential of the facility.
absl::StatusOr<ChangeEvent> DeactivatePerson(const PersonId& person, absl::Time now, State& state);

absl::StatusOr<ChangeEvent> IssueCredential(const Credential& wanted, State& state);

// Disabled, lost or stolen. Stays in the state, so that its card is recognised when it turns up.
absl::StatusOr<ChangeEvent> RevokeCredential(const CredentialId& credential, CredentialStatus status, State& state);

// Granting a level again replaces its times. Taking one away that the person does not hold is NOT_FOUND.
absl::StatusOr<ChangeEvent> GrantAccessLevel(const PersonId& person, const LevelGrant& grant, State& state);
absl::StatusOr<ChangeEvent> RevokeAccessLevel(const PersonId& person, const AccessLevelId& level, State& state);

absl::StatusOr<ChangeEvent> RecordBriefing(const PersonId& person, const std::string& briefing, absl::Time given,
                                           State& state);

}  // namespace sallyport::facility
