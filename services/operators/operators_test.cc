#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "operators/directory.h"
#include "operators/limits.h"
#include "operators/tokens.h"

// Operators and their tokens.
namespace sallyport::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const absl::Time kNow = absl::FromUnixSeconds(1'772'427'600);

Operator Kim() { return {OperatorId("kim"), "Kim", OperatorKind::kPerson, {"reception"}, OperatorStatus::kActive}; }

// ---- the directory

TEST(DirectoryTest, CreatingSaysWhatWasCreated) {
  State state;
  const auto event = CreateOperator(Kim(), state);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->action, "operator.created");
  EXPECT_EQ(event->object, "kim");
  EXPECT_THAT(event->facts, ElementsAre(Pair("kind", "person"), Pair("roles", "reception"), Pair("status", "active")));
  EXPECT_EQ(*state.operators.Find(OperatorId("kim")), Kim());
  EXPECT_TRUE(absl::IsAlreadyExists(CreateOperator(Kim(), state).status()));
}

TEST(DirectoryTest, UpdatingReplacesAllButTheKind) {
  State state;
  ASSERT_TRUE(CreateOperator(Kim(), state).ok());
  Operator changed = Kim();
  changed.name = "Kim M.";
  changed.roles = {"auditor", "reception"};
  changed.status = OperatorStatus::kSuspended;
  const auto event = UpdateOperator(changed, state);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_THAT(event->facts,
              ElementsAre(Pair("kind", "person"), Pair("roles", "auditor,reception"), Pair("status", "suspended")));
  EXPECT_EQ(*state.operators.Find(OperatorId("kim")), changed);
  Operator gateway = changed;
  gateway.kind = OperatorKind::kGateway;
  const absl::Status refused = UpdateOperator(gateway, state).status();
  EXPECT_EQ(FieldViolations(refused).at(0).field, "operator.kind");
  EXPECT_EQ(*state.operators.Find(OperatorId("kim")), changed);
  Operator nobody = Kim();
  nobody.id = OperatorId("nobody");
  EXPECT_TRUE(absl::IsNotFound(UpdateOperator(nobody, state).status()));
  EXPECT_EQ(state.operators.size(), 1u);
}

TEST(DirectoryTest, OnlyASuspendedOperatorIsRemoved) {
  State state;
  ASSERT_TRUE(CreateOperator(Kim(), state).ok());
  for (const char* id : {"t-1", "t-2"}) {
    state.tokens.Put(TokenId(id), {TokenId(id), OperatorId(std::string(id) == "t-1" ? "kim" : "lee"), "digest"});
  }
  const absl::Status refused = RemoveOperator(OperatorId("kim"), state);
  EXPECT_EQ(ReasonOf(refused), "OPERATOR_ACTIVE");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("\"kim\""));
  EXPECT_EQ(state.tokens.size(), 2u);
  Operator suspended = Kim();
  suspended.status = OperatorStatus::kSuspended;
  ASSERT_TRUE(UpdateOperator(suspended, state).ok());
  EXPECT_EQ(RemoveOperator(OperatorId("kim"), state), absl::OkStatus());
  EXPECT_TRUE(state.operators.empty());
  EXPECT_EQ(state.tokens.size(), 1u);
  EXPECT_TRUE(absl::IsNotFound(RemoveOperator(OperatorId("kim"), state)));
}

struct BadOperator {
  const char* name;
  void (*spoil)(Operator&);
  const char* field;

  friend std::ostream& operator<<(std::ostream& out, const BadOperator& test) { return out << test.name; }
};

class BadOperatorTest : public ::testing::TestWithParam<BadOperator> {};

TEST_P(BadOperatorTest, NamesTheFieldAndChangesNothing) {
  State state;
  Operator wanted = Kim();
  GetParam().spoil(wanted);
  const absl::Status created = CreateOperator(wanted, state).status();
  ASSERT_TRUE(absl::IsInvalidArgument(created)) << created;
  ASSERT_EQ(FieldViolations(created).size(), 1u);
  EXPECT_EQ(FieldViolations(created)[0].field, GetParam().field);
  EXPECT_TRUE(state.operators.empty());
  ASSERT_TRUE(CreateOperator(Kim(), state).ok());
  EXPECT_FALSE(UpdateOperator(wanted, state).ok());
  EXPECT_EQ(*state.operators.Find(OperatorId("kim")), Kim());
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadOperatorTest,
    ::testing::Values(BadOperator{"NoId", [](Operator& o) { o.id = OperatorId(); }, "operator.id"},
                      BadOperator{"OddId", [](Operator& o) { o.id = OperatorId("kim lee"); }, "operator.id"},
                      BadOperator{"NoName", [](Operator& o) { o.name.clear(); }, "operator.name"},
                      BadOperator{"LongName", [](Operator& o) { o.name.assign(kNameBytesMax + 1, 'x'); },
                                  "operator.name"},
                      BadOperator{"OddRole", [](Operator& o) { o.roles = {"a\"b"}; }, "operator.roles"},
                      BadOperator{"EmptyRole", [](Operator& o) { o.roles = {""}; }, "operator.roles"},
                      BadOperator{"TooManyRoles",
                                  [](Operator& o) {
                                    for (size_t i = 0; i <= kRolesMax; ++i) o.roles.insert(absl::StrCat("r", i));
                                  },
                                  "operator.roles"}),
    [](const auto& test) { return test.param.name; });

TEST(DirectoryTest, WhoAmI) {
  State state;
  ASSERT_TRUE(CreateOperator(Kim(), state).ok());
  EXPECT_EQ(*WhoAmI(state, OperatorId("kim")), Kim());
  Operator suspended = Kim();
  suspended.status = OperatorStatus::kSuspended;
  ASSERT_TRUE(UpdateOperator(suspended, state).ok());
  const absl::Status known = WhoAmI(state, OperatorId("kim")).status();
  const absl::Status unknown = WhoAmI(state, OperatorId("nobody")).status();
  EXPECT_TRUE(absl::IsUnauthenticated(known));
  EXPECT_EQ(known, unknown);
}

TEST(KindTest, Names) {
  for (const OperatorKind kind : {OperatorKind::kPerson, OperatorKind::kService, OperatorKind::kGateway}) {
    OperatorKind parsed = OperatorKind::kPerson;
    EXPECT_TRUE(ParseKind(Name(kind), parsed));
    EXPECT_EQ(parsed, kind);
  }
  OperatorKind parsed = OperatorKind::kGateway;
  for (const char* text : {"", "Person", "persons", "root"}) EXPECT_FALSE(ParseKind(text, parsed)) << text;
  EXPECT_EQ(parsed, OperatorKind::kGateway);
}

// ---- tokens

class TokensTest : public ::testing::Test {
 protected:
  TokensTest() {
    EXPECT_TRUE(CreateOperator(Kim(), state_).ok());
    secret_.fill(0xA7);
  }
  absl::StatusOr<NewToken> Make(const char* id, absl::Time expires = absl::InfinitePast(), const char* owner = "kim") {
    return CreateApiToken({OperatorId(owner), TokenId(id), secret_, expires}, kNow, state_);
  }
  // All refusals look the same to whoever tries.
  void ExpectRefused(absl::string_view text, absl::Time now = kNow) {
    const auto found = FindByToken(state_, text, now);
    EXPECT_EQ(found.status(), absl::UnauthenticatedError("no valid identity")) << text;
  }

  State state_;
  std::array<uint8_t, kTokenSecretBytes> secret_;
};

TEST_F(TokensTest, ATokenIsFoundByItsTextAndOnlyItsDigestIsKept) {
  const auto made = Make("t1");
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string text(made->text.reveal());
  EXPECT_EQ(text, "sp_t1_p6enp6enp6enp6enp6enp6enp6enp6enp6enp6enp6c");
  EXPECT_EQ(*FindByToken(state_, text, kNow), OperatorId("kim"));
  const ApiToken& kept = *state_.tokens.Find(TokenId("t1"));
  EXPECT_EQ(kept.digest.size(), 32u);
  EXPECT_EQ(kept.digest.find(std::string(8, '\xA7')), std::string::npos);
  EXPECT_EQ(kept.expires, kNow + kTokenLifeDefault);
  EXPECT_EQ(made->event.action, "token.created");
  for (const auto& [name, value] : made->event.facts) EXPECT_EQ(value.find("p6en"), std::string::npos) << name;
}

TEST_F(TokensTest, EveryOtherTextIsRefusedInTheSameWords) {
  const std::string text(Make("t1")->text.reveal());
  for (size_t at = 0; at < text.size(); ++at) {
    for (const char c : {'A', 'z', '_', '=', ' ', '\0', '\xFF'}) {
      std::string changed = text;
      if (changed[at] == c) continue;
      changed[at] = c;
      const auto found = FindByToken(state_, changed, kNow);
      // The last character carries four bits of the secret and two that are not.
      if (at + 1 == text.size() && found.ok()) continue;
      EXPECT_EQ(found.status(), absl::UnauthenticatedError("no valid identity")) << at << " " << c;
    }
    ExpectRefused(text.substr(0, at));
  }
  for (const std::string& other :
       {std::string(), text + "A", " " + text, "Bearer " + text, std::string(100'000, 'A'), "sp_" + text,
        std::string("sp__"), "sp_" + std::string(5000, 'x') + text.substr(5)}) {
    ExpectRefused(other);
  }
}

TEST_F(TokensTest, TheSecretOfOneTokenDoesNotFitAnother) {
  const std::string first(Make("t1")->text.reveal());
  secret_.fill(0x11);
  const std::string second(Make("t2")->text.reveal());
  ExpectRefused("sp_t2" + first.substr(5));
  ExpectRefused("sp_t1" + second.substr(5));
  EXPECT_TRUE(FindByToken(state_, second, kNow).ok());
}

TEST_F(TokensTest, ExpiryIsExclusive) {
  const absl::Time expires = kNow + absl::Hours(1);
  const std::string text(Make("t1", expires)->text.reveal());
  EXPECT_TRUE(FindByToken(state_, text, expires - absl::Nanoseconds(1)).ok());
  ExpectRefused(text, expires);
  ExpectRefused(text, absl::InfiniteFuture());
}

TEST_F(TokensTest, RevokedOnceAndForAll) {
  const std::string text(Make("t1")->text.reveal());
  const auto event = RevokeApiToken(TokenId("t1"), state_);
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->action, "token.revoked");
  ExpectRefused(text);
  EXPECT_TRUE(RevokeApiToken(TokenId("t1"), state_).ok());
  ExpectRefused(text);
  EXPECT_TRUE(absl::IsNotFound(RevokeApiToken(TokenId("t9"), state_).status()));
  EXPECT_TRUE(absl::IsAlreadyExists(Make("t1").status()));  // the id is not free again
}

TEST_F(TokensTest, OfASuspendedOperator) {
  const std::string text(Make("t1")->text.reveal());
  Operator kim = Kim();
  kim.status = OperatorStatus::kSuspended;
  ASSERT_TRUE(UpdateOperator(kim, state_).ok());
  ExpectRefused(text);
  ASSERT_TRUE(UpdateOperator(Kim(), state_).ok());
  EXPECT_TRUE(FindByToken(state_, text, kNow).ok());
}

TEST_F(TokensTest, WhatCannotBeMade) {
  ASSERT_TRUE(Make("t1").ok());
  EXPECT_EQ(FieldViolations(Make("").status()).at(0).field, "token_id");
  EXPECT_EQ(FieldViolations(Make("a_b").status()).at(0).field, "token_id");
  EXPECT_EQ(FieldViolations(Make("a b").status()).at(0).field, "token_id");
  EXPECT_EQ(FieldViolations(Make("t2", kNow).status()).at(0).field, "expires");
  EXPECT_EQ(FieldViolations(Make("t2", kNow + kTokenLifeMax + absl::Seconds(1)).status()).at(0).field, "expires");
  EXPECT_EQ(FieldViolations(Make("t2", absl::InfiniteFuture()).status()).at(0).field, "expires");
  EXPECT_TRUE(absl::IsNotFound(Make("t2", absl::InfinitePast(), "nobody").status()));
  EXPECT_TRUE(absl::IsAlreadyExists(Make("t1").status()));
  EXPECT_FALSE(
      CreateApiToken({OperatorId("kim"), TokenId("t2"), absl::MakeConstSpan(secret_).first(31), {}}, kNow, state_)
          .ok());
  EXPECT_EQ(state_.tokens.size(), 1u);
}

TEST_F(TokensTest, OnlyGoodTokensCount) {
  for (size_t i = 0; i < kTokensPerOperatorMax; ++i) {
    ASSERT_TRUE(Make(absl::StrCat("t", i).c_str(), kNow + absl::Hours(1)).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(Make("more").status()));
  ASSERT_TRUE(RevokeApiToken(TokenId("t3"), state_).ok());
  EXPECT_TRUE(Make("more").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Make("still-more").status()));
  const CreateTokenRequest later{OperatorId("kim"), TokenId("later"), secret_, absl::InfinitePast()};
  EXPECT_TRUE(CreateApiToken(later, kNow + absl::Hours(2), state_).ok());  // the others have expired
}

}  // namespace
}  // namespace sallyport::operators
