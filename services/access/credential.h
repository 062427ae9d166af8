#pragma once

#include <string>
#include <variant>

#include "absl/time/time.h"
#include "access/decision.h"
#include "access/place.h"
#include "access/reasons.h"
#include "base/secret.h"

// The first half of a decision: from what a reader saw to a person, and what is wrong with either.
namespace sallyport::access {

// Points into the facility.
struct Subject {
  const facility::Person* person = nullptr;          // null: nobody
  const facility::Credential* credential = nullptr;  // null: unknown
  std::string card_digest;                           // of an unknown or malformed card
};

// Whose credential it is. Adds INVALID_FORMAT, UNKNOWN_CREDENTIAL, or what the credential's and the person's own state
// and dates (valid_until is exclusive) say against them.
Subject Identify(const facility::State& facility, const Place& place,
                 const std::variant<CardBits, CredentialId>& presented, absl::Time now, const Secret& digest_key,
                 Reasons& reasons);

// Whose credential it is, whatever speaks against either; empty: nobody's.
PersonId HolderOf(const facility::State& facility, const facility::AccessPoint& access_point,
                  const std::variant<CardBits, CredentialId>& presented);

// Active, and within their dates.
bool IsActive(const facility::Person& person, absl::Time now);

}  // namespace sallyport::access
