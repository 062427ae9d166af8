#include "engine/directory_commands.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "access/pin.h"
#include "base/status.h"

namespace sallyport::engine {
namespace {

constexpr size_t kPinDigitsMin = 4;
constexpr size_t kPinDigitsMax = 12;

absl::Status CheckDigits(const Secret& pin) {
  const absl::string_view text = pin.reveal();
  const bool digits = std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (digits && text.size() >= kPinDigitsMin && text.size() <= kPinDigitsMax) return absl::OkStatus();
  return FieldError("pin", absl::StrCat("expected ", kPinDigitsMin, " to ", kPinDigitsMax, " digits"));
}

// Records what the directory did to a person; the answer is the person after it.
absl::StatusOr<facility::Person> Recorded(Transaction& transaction, const PersonId& person,
                                          const absl::StatusOr<ChangeEvent>& event) {
  SP_RETURN_IF_ERROR(event.status());
  transaction.Record(*event);
  return *transaction.state().facility.people.Find(person);
}

absl::StatusOr<facility::Credential> Recorded(Transaction& transaction, const CredentialId& credential,
                                              const absl::StatusOr<ChangeEvent>& event) {
  SP_RETURN_IF_ERROR(event.status());
  transaction.Record(*event);
  return *transaction.state().facility.credentials.Find(credential);
}

}  // namespace

absl::StatusOr<facility::Person> CreatePerson(Transaction& transaction, facility::Person wanted, const Secret& pin) {
  facility::State& facility = transaction.state().facility;
  if (wanted.id.empty()) wanted.id = PersonId(transaction.NewId());
  wanted.pin_digest.clear();
  if (!pin.empty()) {
    SP_RETURN_IF_ERROR(CheckDigits(pin));
    wanted.pin_digest = access::PinDigest(transaction.digest_key(), wanted.id, pin);
  }
  wanted.subject_ref.clear();
  wanted.wrapped_key.clear();
  SP_ASSIGN_OR_RETURN(const ChangeEvent event, facility::CreatePerson(wanted, facility));
  transaction.Enrol(wanted);
  facility.people.Put(wanted.id, wanted);
  transaction.Record(event);
  return wanted;
}

absl::StatusOr<facility::Person> UpdatePerson(Transaction& transaction, const facility::Person& wanted,
                                              const std::vector<std::string>& mask) {
  return Recorded(transaction, wanted.id, facility::UpdatePerson(wanted, mask, transaction.state().facility));
}

absl::StatusOr<facility::Person> DeactivatePerson(Transaction& transaction, const PersonId& person) {
  return Recorded(transaction, person,
                  facility::DeactivatePerson(person, transaction.now(), transaction.state().facility));
}

absl::StatusOr<facility::Credential> IssueCredential(Transaction& transaction, facility::Credential wanted) {
  if (wanted.id.empty()) wanted.id = CredentialId(transaction.NewId());
  return Recorded(transaction, wanted.id, facility::IssueCredential(wanted, transaction.state().facility));
}

absl::StatusOr<facility::Credential> RevokeCredential(Transaction& transaction, const CredentialId& credential,
                                                      facility::CredentialStatus status) {
  return Recorded(transaction, credential,
                  facility::RevokeCredential(credential, status, transaction.state().facility));
}

absl::StatusOr<facility::Person> GrantAccessLevel(Transaction& transaction, const PersonId& person,
                                                  const facility::LevelGrant& grant) {
  return Recorded(transaction, person, facility::GrantAccessLevel(person, grant, transaction.state().facility));
}

absl::StatusOr<facility::Person> RevokeAccessLevel(Transaction& transaction, const PersonId& person,
                                                   const AccessLevelId& level) {
  return Recorded(transaction, person, facility::RevokeAccessLevel(person, level, transaction.state().facility));
}

absl::StatusOr<facility::Person> RecordBriefing(Transaction& transaction, const PersonId& person,
                                                const std::string& briefing) {
  return Recorded(transaction, person,
                  facility::RecordBriefing(person, briefing, transaction.now(), transaction.state().facility));
}

}  // namespace sallyport::engine
