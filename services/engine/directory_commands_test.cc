#include "engine/directory_commands.h"

#include "access/pin.h"
#include "engine/facility_test_util.h"
#include "engine/recorder.h"
#include "gmock/gmock.h"

namespace sallyport::engine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::Pair;

class DirectoryCommands : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
    ASSERT_TRUE(Do(*engine_, ActivatePolicies(RealPolicies())).ok());
    ASSERT_TRUE(Do(*engine_, ApplyDocument(SmallCompany())).ok());
  }
  template <class F>
  absl::Status Run(F command) {
    return Do(*engine_,
              [&](Transaction& transaction) -> absl::StatusOr<std::string> {
                const auto result = command(transaction);
                SP_RETURN_IF_ERROR(result.status());
                return result->id.value();
              })
        .status();
  }
  absl::Status Create(const facility::Person& person, const std::string& pin = "") {
    return Run([&](Transaction& transaction) { return CreatePerson(transaction, person, Secret(pin)); });
  }
  storage::Entry LastEntry() { return *engine_.store().ReadEntry(engine_->snapshot()->log_size - 1); }
  record::v1::Record LastRecord() { return RecordAt(engine_.store(), engine_->snapshot()->log_size - 1); }
  std::optional<facility::Person> Find(const std::string& id) {
    const auto state = engine_.state();
    const facility::Person* person = state.facility.people.Find(PersonId(id));
    return person == nullptr ? std::nullopt : std::optional(*person);
  }
  // The sealed fields of the last record, opened with the person's key.
  std::map<std::string, std::string> Opened(const std::string& person_id) {
    const storage::Entry entry = LastEntry();
    const facility::Person person = *Find(person_id);
    const auto key =
        audit::UnwrapSubjectKey(engine_->keys().key_encryption_key, person.subject_ref, person.wrapped_key);
    EXPECT_TRUE(key.ok());
    const auto opened =
        audit::OpenPersonal(*key, PersonalAad(person.subject_ref, engine_->snapshot()->log_size - 1), entry.sealed);
    EXPECT_TRUE(opened.ok()) << opened.status();
    const audit::Hash commitment = audit::Commitment(opened->salt, opened->plaintext);
    EXPECT_EQ(LastRecord().commitment(), absl::StrCat(audit::HashBytes(commitment)));
    record::v1::Personal personal;
    EXPECT_TRUE(personal.ParseFromString(opened->plaintext));
    std::map<std::string, std::string> out = {{"person_id", personal.person_id()}};
    for (const auto& field : personal.fields()) out[field.name()] = field.value();
    return out;
  }

  TestEngine engine_;
};

facility::Person Grace() {
  facility::Person person;
  person.id = PersonId("grace-h");
  person.name = "Grace Hopper";
  person.email = "grace@example.com";
  person.department = "Compilers";
  person.levels = {{AccessLevelId("lobby")}};
  return person;
}

TEST_F(DirectoryCommands, APersonGetsAPseudonymAndAKeyOfTheirOwn) {
  ASSERT_EQ(Create(Grace()), absl::OkStatus());
  const facility::Person person = *Find("grace-h");
  EXPECT_EQ(person.subject_ref.size(), 32u);
  EXPECT_FALSE(person.wrapped_key.empty());
  EXPECT_NE(person.subject_ref, Find("ada")->subject_ref);
  EXPECT_EQ(*engine_.state().person_by_subject.Find(person.subject_ref), person.id);
  EXPECT_EQ(LastRecord().subject_ref(), person.subject_ref);
  EXPECT_EQ(LastRecord().change().action(), "person.created");
}

TEST_F(DirectoryCommands, NothingPersonalStandsInTheLeaf) {
  ASSERT_EQ(Create(Grace(), "90210"), absl::OkStatus());
  const storage::Entry entry = LastEntry();
  for (const char* personal : {"Grace", "Hopper", "grace", "example.com", "Compilers", "90210"}) {
    EXPECT_THAT(entry.leaf, Not(HasSubstr(personal)));
    EXPECT_THAT(entry.sealed, Not(HasSubstr(personal)));
    for (const std::string& term : entry.terms) EXPECT_THAT(term, Not(HasSubstr(personal)));
  }
  EXPECT_THAT(Opened("grace-h"), IsSupersetOf({Pair("person_id", "grace-h"), Pair("name", "Grace Hopper"),
                                               Pair("email", "grace@example.com"), Pair("department", "Compilers")}));
}

TEST_F(DirectoryCommands, APinIsKeptAsADigest) {
  ASSERT_EQ(Create(Grace(), "90210"), absl::OkStatus());
  const facility::Person person = *Find("grace-h");
  EXPECT_EQ(person.pin_digest, access::PinDigest(engine_->keys().digest_key, person.id, Secret("90210")));
  facility::Person other = Grace();
  other.id = PersonId("other");
  ASSERT_EQ(Create(other, "90210"), absl::OkStatus());
  EXPECT_NE(Find("other")->pin_digest, person.pin_digest);  // equal PINs do not show
  other.id = PersonId("without");
  other.pin_digest = "smuggled";
  other.subject_ref = person.subject_ref;
  other.wrapped_key = person.wrapped_key;
  ASSERT_EQ(Create(other), absl::OkStatus());
  EXPECT_TRUE(Find("without")->pin_digest.empty());
  EXPECT_NE(Find("without")->subject_ref, person.subject_ref);
}

TEST_F(DirectoryCommands, PinsHaveFourToTwelveDigits) {
  for (const char* pin : {"123", "1234567890123", "12a4", "１２３４", "12 34"}) {
    const absl::Status refused = Create(Grace(), pin);
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << pin;
    EXPECT_THAT(std::string(refused.message()), Not(HasSubstr(pin)));
    EXPECT_EQ(FieldViolations(refused).at(0).field, "pin");
  }
  EXPECT_FALSE(Find("grace-h").has_value());
}

TEST_F(DirectoryCommands, MakesIdsWhereNoneAreGiven) {
  facility::Person person = Grace();
  person.id = PersonId();
  std::string id;
  ASSERT_EQ(Run([&](Transaction& transaction) {
              auto created = CreatePerson(transaction, person, Secret());
              if (created.ok()) id = created->id.value();
              return created;
            }),
            absl::OkStatus());
  EXPECT_EQ(id.size(), 26u);
  EXPECT_TRUE(Find(id).has_value());
}

TEST_F(DirectoryCommands, ARefusedCommandLeavesNothing) {
  const uint64_t size = engine_->snapshot()->log_size;
  facility::Person taken = Grace();
  taken.id = PersonId("ada");
  EXPECT_EQ(Create(taken).code(), absl::StatusCode::kAlreadyExists);
  facility::Person lost = Grace();
  lost.levels = {{AccessLevelId("nowhere")}};
  EXPECT_EQ(Create(lost).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Run([](Transaction& t) { return DeactivatePerson(t, PersonId("nobody")); }).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(engine_->snapshot()->log_size, size);
}

TEST_F(DirectoryCommands, EveryChangeIsARecordOfThePerson) {
  ASSERT_EQ(Create(Grace()), absl::OkStatus());
  const std::string subject = Find("grace-h")->subject_ref;
  const PersonId grace("grace-h");
  const auto expect = [&](const char* action) {
    EXPECT_EQ(LastRecord().change().action(), action);
    EXPECT_EQ(LastRecord().subject_ref(), subject);
    EXPECT_THAT(LastEntry().leaf, Not(HasSubstr("grace-h")));
    EXPECT_THAT(LastEntry().terms, Contains(PersonTerm(subject)));
  };
  facility::Person renamed = Grace();
  renamed.name = "Rear Admiral Hopper";
  ASSERT_EQ(Run([&](Transaction& t) { return UpdatePerson(t, renamed, {"name"}); }), absl::OkStatus());
  expect("person.updated");
  EXPECT_THAT(LastEntry().leaf, Not(HasSubstr("Admiral")));
  EXPECT_EQ(Find("grace-h")->name, "Rear Admiral Hopper");
  EXPECT_EQ(Find("grace-h")->subject_ref, subject);

  facility::Credential card;
  card.id = CredentialId("card-grace");
  card.person = grace;
  card.card = {"H10301", 47, 4711, ""};
  ASSERT_EQ(Run([&](Transaction& t) { return IssueCredential(t, card); }), absl::OkStatus());
  expect("credential.issued");
  EXPECT_THAT(LastEntry().leaf, Not(HasSubstr("card-grace")));
  ASSERT_EQ(Run([&](Transaction& t) { return RevokeCredential(t, card.id, facility::CredentialStatus::kLost); }),
            absl::OkStatus());
  expect("credential.revoked");
  ASSERT_EQ(Run([&](Transaction& t) { return GrantAccessLevel(t, grace, {AccessLevelId("lab")}); }), absl::OkStatus());
  expect("level.granted");
  ASSERT_EQ(Run([&](Transaction& t) { return RevokeAccessLevel(t, grace, AccessLevelId("lab")); }), absl::OkStatus());
  expect("level.revoked");
  ASSERT_EQ(Run([&](Transaction& t) { return RecordBriefing(t, grace, "lab-safety"); }), absl::OkStatus());
  expect("briefing.recorded");
  EXPECT_EQ(Find("grace-h")->briefings.at("lab-safety"), engine_.clock.Now());
  ASSERT_EQ(Run([&](Transaction& t) { return DeactivatePerson(t, grace); }), absl::OkStatus());
  expect("person.deactivated");
}

TEST_F(DirectoryCommands, PoliciesAreNotCompiledAgain) {
  const auto policies = engine_->snapshot()->policies;
  ASSERT_EQ(Create(Grace()), absl::OkStatus());
  ASSERT_EQ(Run([](Transaction& t) { return GrantAccessLevel(t, PersonId("bob"), {AccessLevelId("lab")}); }),
            absl::OkStatus());
  EXPECT_EQ(engine_->snapshot()->policies, policies);
  ASSERT_TRUE(Do(*engine_, ApplyDocument(SmallCompany())).ok());
  EXPECT_NE(engine_->snapshot()->policies, policies);
}

}  // namespace
}  // namespace sallyport::engine
