#include "facility/forget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "facility/directory.h"

namespace sallyport::facility {
namespace {

using ::testing::ElementsAre;

// Han with two badges, one of them lost; Cho, whom Han escorts; Kim.
State MakeState() {
  State state;
  for (const char* id : {"han", "cho", "kim"}) {
    Person person;
    person.id = PersonId(id);
    person.name = id;
    if (person.id == PersonId("cho")) person.escort = PersonId("han");
    state.people.Put(person.id, person);
  }
  for (const auto& [id, person, number] :
       {std::tuple("B-1", "han", 101), std::tuple("B-2", "han", 102), std::tuple("B-3", "kim", 103)}) {
    const Credential badge{CredentialId(id), PersonId(person), {"H10301", 42, static_cast<uint64_t>(number), ""}};
    EXPECT_TRUE(IssueCredential(badge, state).ok());
  }
  EXPECT_TRUE(RevokeCredential(CredentialId("B-2"), CredentialStatus::kLost, state).ok());
  return state;
}

TEST(ForgetPersonTest, TakesThemTheirCardsAndMentionsOfThem) {
  State state = MakeState();
  const auto gone = ForgetPerson(PersonId("han"), state);
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_EQ(gone->person.name, "han");
  ASSERT_EQ(gone->credentials.size(), 2u);
  EXPECT_EQ(gone->credentials[1].id, CredentialId("B-2"));
  EXPECT_THAT(gone->escorted, ElementsAre(PersonId("cho")));
  EXPECT_FALSE(state.people.Contains(PersonId("han")));
  EXPECT_TRUE(state.people.Find(PersonId("cho"))->escort.empty());
  EXPECT_EQ(state.credentials.size(), 1u);
  EXPECT_EQ(state.credential_by_card.size(), 1u);
  EXPECT_TRUE(state.credentials.Contains(CredentialId("B-3")));
}

TEST(ForgetPersonTest, ACardMayBeIssuedAgain) {
  State state = MakeState();
  ASSERT_TRUE(ForgetPerson(PersonId("han"), state).ok());
  EXPECT_TRUE(IssueCredential({CredentialId("B-1"), PersonId("kim"), {"H10301", 42, 102, ""}}, state).ok());
}

TEST(ForgetPersonTest, NobodyIsNotForgotten) {
  State state = MakeState();
  const auto gone = ForgetPerson(PersonId("lee"), state);
  EXPECT_EQ(gone.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(gone.status()), "PERSON_NOT_FOUND");
  EXPECT_EQ(state.people.size(), 3u);
}

}  // namespace
}  // namespace sallyport::facility
