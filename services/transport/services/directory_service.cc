#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "engine/directory_commands.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/methods.h"
#include "transport/services/pages.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::directory::v1;

#define SP_DIRECTORY "sallyport.directory.v1.DirectoryService/"

template <class Response>
absl::StatusOr<Response> WithPerson(const absl::StatusOr<facility::Person>& person) {
  SP_RETURN_IF_ERROR(person.status());
  Response response;
  ToProto(*person, response.mutable_person());
  return response;
}

template <class Response>
absl::StatusOr<Response> WithCredential(const absl::StatusOr<facility::Credential>& credential) {
  SP_RETURN_IF_ERROR(credential.status());
  Response response;
  ToProto(*credential, response.mutable_credential());
  return response;
}

absl::Status NoSuchPerson() { return WithReason(absl::NotFoundError("person_id: no such person"), "PERSON_NOT_FOUND"); }

// ---- people

absl::StatusOr<v1::CreatePersonResponse> CreatePerson(engine::Transaction& transaction,
                                                      const v1::CreatePersonRequest& request) {
  if (!request.has_person()) return FieldError("person", "is required");
  SP_ASSIGN_OR_RETURN(facility::Person wanted, FromProto("person", request.person()));
  return WithPerson<v1::CreatePersonResponse>(
      engine::CreatePerson(transaction, std::move(wanted), Secret(request.pin())));
}

absl::StatusOr<std::optional<DisclosureEvent>> GetAsked(const QueryContext& context,
                                                        const v1::GetPersonRequest& request) {
  const PersonId person(request.person_id());
  if (!context.snapshot.state.facility.people.Contains(person)) return NoSuchPerson();
  return DisclosureEvent{SP_DIRECTORY "GetPerson", person, ""};
}

absl::StatusOr<v1::GetPersonResponse> GetPerson(const QueryContext& context, const v1::GetPersonRequest& request) {
  const facility::Person* person = context.snapshot.state.facility.people.Find(PersonId(request.person_id()));
  if (person == nullptr) return NoSuchPerson();
  return WithPerson<v1::GetPersonResponse>(*person);
}

absl::StatusOr<v1::UpdatePersonResponse> UpdatePerson(engine::Transaction& transaction,
                                                      const v1::UpdatePersonRequest& request) {
  SP_ASSIGN_OR_RETURN(const facility::Person wanted, FromProto("person", request.person()));
  const auto& paths = request.update_mask().paths();
  return WithPerson<v1::UpdatePersonResponse>(
      engine::UpdatePerson(transaction, wanted, std::vector<std::string>(paths.begin(), paths.end())));
}

absl::StatusOr<std::optional<DisclosureEvent>> ListAsked(const QueryContext&, const v1::ListPeopleRequest& request) {
  SP_RETURN_IF_ERROR(PageSize(request.page_size()).status());
  return DisclosureEvent{SP_DIRECTORY "ListPeople", PersonId(), ""};
}

absl::StatusOr<v1::ListPeopleResponse> ListPeople(const QueryContext& context, const v1::ListPeopleRequest& request) {
  SP_ASSIGN_OR_RETURN(const auto page, PageOf(context.snapshot.state.facility.people, request.page_size(),
                                              request.page_token(), [](const facility::Person&) { return true; }));
  v1::ListPeopleResponse response;
  for (const facility::Person* person : page.items) ToProto(*person, response.add_people());
  response.set_next_page_token(page.next);
  return response;
}

absl::StatusOr<v1::DeactivatePersonResponse> DeactivatePerson(engine::Transaction& transaction,
                                                              const v1::DeactivatePersonRequest& request) {
  return WithPerson<v1::DeactivatePersonResponse>(engine::DeactivatePerson(transaction, PersonId(request.person_id())));
}

// ---- credentials

absl::StatusOr<v1::IssueCredentialResponse> IssueCredential(engine::Transaction& transaction,
                                                            const v1::IssueCredentialRequest& request) {
  SP_ASSIGN_OR_RETURN(facility::Credential wanted, FromProto("credential", request.credential()));
  return WithCredential<v1::IssueCredentialResponse>(engine::IssueCredential(transaction, std::move(wanted)));
}

absl::StatusOr<v1::RevokeCredentialResponse> RevokeCredential(engine::Transaction& transaction,
                                                              const v1::RevokeCredentialRequest& request) {
  SP_ASSIGN_OR_RETURN(const facility::CredentialStatus status, FromProto("status", request.status()));
  return WithCredential<v1::RevokeCredentialResponse>(
      engine::RevokeCredential(transaction, CredentialId(request.credential_id()), status));
}

absl::StatusOr<std::optional<DisclosureEvent>> CredentialsAsked(const QueryContext& context,
                                                                const v1::ListCredentialsRequest& request) {
  SP_RETURN_IF_ERROR(PageSize(request.page_size()).status());
  const PersonId person(request.person_id());
  if (!person.empty() && !context.snapshot.state.facility.people.Contains(person)) return NoSuchPerson();
  return DisclosureEvent{SP_DIRECTORY "ListCredentials", person, ""};
}

absl::StatusOr<v1::ListCredentialsResponse> ListCredentials(const QueryContext& context,
                                                            const v1::ListCredentialsRequest& request) {
  const PersonId person(request.person_id());
  const auto wanted = [&](const facility::Credential& credential) {
    return person.empty() || credential.person == person;
  };
  SP_ASSIGN_OR_RETURN(const auto page, PageOf(context.snapshot.state.facility.credentials, request.page_size(),
                                              request.page_token(), wanted));
  v1::ListCredentialsResponse response;
  for (const facility::Credential* credential : page.items) ToProto(*credential, response.add_credentials());
  response.set_next_page_token(page.next);
  return response;
}

// ---- what a person may and knows

absl::StatusOr<v1::GrantAccessLevelResponse> GrantLevel(engine::Transaction& transaction,
                                                        const v1::GrantAccessLevelRequest& request) {
  SP_ASSIGN_OR_RETURN(const facility::LevelGrant grant, FromProto("grant", request.grant()));
  return WithPerson<v1::GrantAccessLevelResponse>(
      engine::GrantAccessLevel(transaction, PersonId(request.person_id()), grant));
}

absl::StatusOr<v1::RevokeAccessLevelResponse> RevokeLevel(engine::Transaction& transaction,
                                                          const v1::RevokeAccessLevelRequest& request) {
  return WithPerson<v1::RevokeAccessLevelResponse>(
      engine::RevokeAccessLevel(transaction, PersonId(request.person_id()), AccessLevelId(request.access_level_id())));
}

absl::StatusOr<v1::RecordBriefingResponse> RecordBriefing(engine::Transaction& transaction,
                                                          const v1::RecordBriefingRequest& request) {
  return WithPerson<v1::RecordBriefingResponse>(
      engine::RecordBriefing(transaction, PersonId(request.person_id()), request.briefing()));
}

}  // namespace

void AddDirectoryService(Methods& methods) {
  methods.Command(SP_DIRECTORY "CreatePerson", CreatePerson);
  methods.Disclosure(SP_DIRECTORY "GetPerson", GetAsked, GetPerson);
  methods.Command(SP_DIRECTORY "UpdatePerson", UpdatePerson);
  methods.Disclosure(SP_DIRECTORY "ListPeople", ListAsked, ListPeople);
  methods.Command(SP_DIRECTORY "DeactivatePerson", DeactivatePerson);
  methods.Command(SP_DIRECTORY "IssueCredential", IssueCredential);
  methods.Command(SP_DIRECTORY "RevokeCredential", RevokeCredential);
  methods.Disclosure(SP_DIRECTORY "ListCredentials", CredentialsAsked, ListCredentials);
  methods.Command(SP_DIRECTORY "GrantAccessLevel", GrantLevel);
  methods.Command(SP_DIRECTORY "RevokeAccessLevel", RevokeLevel);
  methods.Command(SP_DIRECTORY "RecordBriefing", RecordBriefing);
}

}  // namespace sallyport::transport
