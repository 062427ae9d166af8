#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/secret.h"
#include "engine/transaction.h"
#include "facility/directory.h"

// People and what they carry: what the directory room does, with pseudonym and sealing key for the new, PINs digested,
// and everything recorded. Errors are those of facility/directory.h. None of these compiles policies: whom a level lets
// in follows from the person's own grants.
namespace sallyport::engine {

// An empty id: one is made. An empty PIN: none. INVALID_ARGUMENT names "pin" when it is not 4 to 12 digits.
absl::StatusOr<facility::Person> CreatePerson(Transaction& transaction, facility::Person wanted, const Secret& pin);

absl::StatusOr<facility::Person> UpdatePerson(Transaction& transaction, const facility::Person& wanted,
                                              const std::vector<std::string>& mask);

absl::StatusOr<facility::Person> DeactivatePerson(Transaction& transaction, const PersonId& person);

// An empty id: one is made.
absl::StatusOr<facility::Credential> IssueCredential(Transaction& transaction, facility::Credential wanted);

absl::StatusOr<facility::Credential> RevokeCredential(Transaction& transaction, const CredentialId& credential,
                                                      facility::CredentialStatus status);

absl::StatusOr<facility::Person> GrantAccessLevel(Transaction& transaction, const PersonId& person,
                                                  const facility::LevelGrant& grant);
absl::StatusOr<facility::Person> RevokeAccessLevel(Transaction& transaction, const PersonId& person,
                                                   const AccessLevelId& level);

// Given now.
absl::StatusOr<facility::Person> RecordBriefing(Transaction& transaction, const PersonId& person,
                                                const std::string& briefing);

}  // namespace sallyport::engine
