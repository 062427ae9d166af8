#include "facility/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "facility/limits.h"

namespace sallyport::facility {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Han with a badge, Kim without, Old who has left; levels staff and lab.
State MakeState() {
  State state;
  for (const char* id : {"staff", "lab"}) {
    AccessLevel level;
    level.id = AccessLevelId(id);
    state.levels.Put(level.id, level);
  }
  for (const char* id : {"han", "kim", "old"}) {
    Person person;
    person.id = PersonId(id);
    person.name = absl::StrCat("Name of ", id);
    person.pin_digest = "digest";
    person.subject_ref = absl::StrCat("ref-", id);
    person.wrapped_key = "key";
    if (person.id == PersonId("old")) person.status = PersonStatus::kLeft;
    person.levels.push_back({AccessLevelId("staff")});
    state.people.Put(person.id, person);
  }
  const auto badge = IssueCredential({CredentialId("B-1"), PersonId("han"), {"H10301", 42, 101, ""}}, state);
  EXPECT_TRUE(badge.ok()) << badge.status();
  return state;
}

Person Named(const char* id) {
  Person person;
  person.id = PersonId(id);
  person.name = "New";
  return person;
}

const Person& Find(const State& state, const char* id) { return *state.people.Find(PersonId(id)); }

// ---- errors

struct Refusal {
  const char* what;
  std::function<absl::Status(State&)> step;
  absl::StatusCode code;
  const char* field;  // of an INVALID_ARGUMENT
};

Person Changed(const std::function<void(Person&)>& change) {
  Person person = Named("new");
  change(person);
  return person;
}

Refusal Create(const char* what, absl::StatusCode code, const char* field, std::function<void(Person&)> change) {
  return {what, [change](State& state) { return CreatePerson(Changed(change), state).status(); }, code, field};
}

Refusal Issue(const char* what, absl::StatusCode code, const char* field, std::function<void(Credential&)> change) {
  return {what,
          [change](State& state) {
            Credential credential{CredentialId("B-2"), PersonId("kim"), {"H10301", 42, 102, ""}};
            change(credential);
            return IssueCredential(credential, state).status();
          },
          code, field};
}

std::vector<Refusal> Refusals() {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  constexpr auto kMissing = absl::StatusCode::kNotFound;
  constexpr auto kExists = absl::StatusCode::kAlreadyExists;
  constexpr auto kLeft = absl::StatusCode::kFailedPrecondition;
  const auto update = [](const char* id, std::vector<std::string> mask, std::function<void(Person&)> change) {
    return [=](State& state) {
      Person person = Named(id);
      change(person);
      return UpdatePerson(person, mask, state).status();
    };
  };
  const auto grant = [](const char* id, LevelGrant wanted) {
    return [=](State& state) { return GrantAccessLevel(PersonId(id), wanted, state).status(); };
  };
  const auto brief = [](const char* id, const char* briefing, absl::Time given) {
    return [=](State& state) { return RecordBriefing(PersonId(id), briefing, given, state).status(); };
  };
  const auto no_change = [](Person&) {};
  return {
      Create("no id", kInvalid, "person.id", [](Person& p) { p.id = PersonId(); }),
      Create("bad id", kInvalid, "person.id", [](Person& p) { p.id = PersonId("a b"); }),
      Create("taken id", kExists, "", [](Person& p) { p.id = PersonId("han"); }),
      Create("taken by one who left", kExists, "", [](Person& p) { p.id = PersonId("old"); }),
      Create("long name", kInvalid, "person.name", [](Person& p) { p.name = std::string(kNameBytesMax + 1, 'x'); }),
      Create("name not UTF-8", kInvalid, "person.name", [](Person& p) { p.name = "\xff"; }),
      Create("control in e-mail", kInvalid, "person.email", [](Person& p) { p.email = "a\nb"; }),
      Create("long department", kInvalid, "person.department", [](Person& p) { p.department = std::string(201, 'x'); }),
      Create("left already", kInvalid, "person.status", [](Person& p) { p.status = PersonStatus::kLeft; }),
      Create("never valid", kInvalid, "person.valid_until", [](Person& p) { p.valid_from = p.valid_until = kNow; }),
      Create("negative clearance", kInvalid, "person.clearance", [](Person& p) { p.clearance = -1; }),
      Create("vast clearance", kInvalid, "person.clearance", [](Person& p) { p.clearance = kClearanceMax + 1; }),
      Create("bad project", kInvalid, "person.projects", [](Person& p) { p.projects = {"a/b"}; }),
      Create("many projects", kInvalid, "person.projects",
             [](Person& p) {
               for (size_t i = 0; i <= kProjectsMax; ++i) p.projects.insert(absl::StrCat("p", i));
             }),
      Create("endless agreement", kInvalid, "person.nda_until",
             [](Person& p) { p.nda_until = absl::FromUnixSeconds(253'402'300'800); }),
      Create("own escort", kInvalid, "person.escort_id", [](Person& p) { p.escort = p.id; }),
      Create("unknown escort", kMissing, "", [](Person& p) { p.escort = PersonId("nobody"); }),
      Create("unknown level", kMissing, "", [](Person& p) { p.levels = {{AccessLevelId("nothing")}}; }),
      Create("a level twice", kInvalid, "person.levels",
             [](Person& p) {
               p.levels = {{AccessLevelId("lab")}, {AccessLevelId("lab")}};
             }),
      Create("bad briefing", kInvalid, "person.briefings",
             [](Person& p) {
               p.briefings = {{"a b", kNow}};
             }),
      Create("briefing never given", kInvalid, "person.briefings",
             [](Person& p) {
               p.briefings = {{"b", absl::InfinitePast()}};
             }),
      {"update nobody", update("nobody", {}, no_change), kMissing, ""},
      {"update one who left", update("old", {"name"}, no_change), kLeft, ""},
      {"update a field that is not there", update("kim", {"pin_digest"}, no_change), kInvalid, "update_mask"},
      {"update the id", update("kim", {"id"}, no_change), kInvalid, "update_mask"},
      {"update the levels", update("kim", {"name", "levels"}, no_change), kInvalid, "update_mask"},
      {"let leave by update", update("kim", {"status"}, [](Person& p) { p.status = PersonStatus::kLeft; }), kInvalid,
       "person.status"},
      {"update to a bad value", update("kim", {"clearance"}, [](Person& p) { p.clearance = -1; }), kInvalid,
       "person.clearance"},
      {"deactivate nobody", [](State& state) { return DeactivatePerson(PersonId("nobody"), kNow, state).status(); },
       kMissing, ""},
      {"deactivate twice", [](State& state) { return DeactivatePerson(PersonId("old"), kNow, state).status(); }, kLeft,
       ""},
      Issue("no id", kInvalid, "credential.id", [](Credential& c) { c.id = CredentialId(); }),
      Issue("no person", kInvalid, "credential.person_id", [](Credential& c) { c.person = PersonId(); }),
      Issue("unknown person", kMissing, "", [](Credential& c) { c.person = PersonId("nobody"); }),
      Issue("to one who left", kLeft, "", [](Credential& c) { c.person = PersonId("old"); }),
      Issue("taken id", kExists, "", [](Credential& c) { c.id = CredentialId("B-1"); }),
      Issue("taken card", kExists, "", [](Credential& c) { c.card.number = 101; }),
      Issue("bad card", kInvalid, "credential.card.number", [](Credential& c) { c.card.number = 65536; }),
      Issue("bad format", kInvalid, "credential.card.format", [](Credential& c) { c.card.format = "x"; }),
      Issue("never valid", kInvalid, "credential.valid_until",
            [](Credential& c) { c.valid_from = c.valid_until = kNow; }),
      Issue("bad label", kInvalid, "credential.label", [](Credential& c) { c.label = "\x01"; }),
      {"revoke nothing",
       [](State& state) { return RevokeCredential(CredentialId("X"), CredentialStatus::kLost, state).status(); },
       kMissing, ""},
      {"revoke to active",
       [](State& state) { return RevokeCredential(CredentialId("B-1"), CredentialStatus::kActive, state).status(); },
       kInvalid, "status"},
      {"grant to nobody", grant("nobody", {AccessLevelId("lab")}), kMissing, ""},
      {"grant to one who left", grant("old", {AccessLevelId("lab")}), kLeft, ""},
      {"grant nothing", grant("kim", {AccessLevelId("nothing")}), kMissing, ""},
      {"grant no level", grant("kim", {}), kInvalid, "grant.access_level_id"},
      {"grant for no time", grant("kim", {AccessLevelId("lab"), kNow, kNow}), kInvalid, "grant.until"},
      {"revoke a level from nobody",
       [](State& state) { return RevokeAccessLevel(PersonId("nobody"), AccessLevelId("lab"), state).status(); },
       kMissing, ""},
      {"revoke a level not held",
       [](State& state) { return RevokeAccessLevel(PersonId("kim"), AccessLevelId("lab"), state).status(); }, kMissing,
       ""},
      {"brief nobody", brief("nobody", "b", kNow), kMissing, ""},
      {"brief one who left", brief("old", "b", kNow), kLeft, ""},
      {"brief on nothing", brief("kim", "", kNow), kInvalid, "briefing"},
      {"brief at no time", brief("kim", "b", absl::InfiniteFuture()), kInvalid, "given_at"},
  };
}

std::string Dump(const State& state) {
  std::vector<std::string> lines;
  state.people.ForEach([&](const PersonId&, const Person& p) {
    std::string line = absl::StrCat(p.id.value(), " ", p.name, " ", static_cast<int>(p.status), " ", p.clearance, " ",
                                    absl::FormatTime(p.valid_until), " ", p.briefings.size());
    for (const LevelGrant& level : p.levels) absl::StrAppend(&line, " ", level.level.value());
    lines.push_back(line);
  });
  state.credentials.ForEach([&](const CredentialId&, const Credential& c) {
    lines.push_back(absl::StrCat(c.id.value(), " ", c.person.value(), " ", static_cast<int>(c.status)));
  });
  state.credential_by_card.ForEach(
      [&](const std::string& card, const CredentialId& id) { lines.push_back(absl::StrCat(card, " ", id.value())); });
  std::sort(lines.begin(), lines.end());
  return absl::StrJoin(lines, "\n");
}

TEST(Directory, RefusesAndChangesNothing) {
  for (const Refusal& refusal : Refusals()) {
    State state = MakeState();
    const std::string before = Dump(state);
    const absl::Status status = refusal.step(state);
    EXPECT_EQ(status.code(), refusal.code) << refusal.what << ": " << status;
    const auto violations = FieldViolations(status);
    EXPECT_EQ(violations.empty() ? "" : violations[0].field, refusal.field) << refusal.what << ": " << status;
    EXPECT_EQ(Dump(state), before) << refusal.what;
  }
}

// ---- changes

TEST(Directory, CreatePerson) {
  State state = MakeState();
  Person wanted = Named("new");
  wanted.email = "new@example.org";
  wanted.kind = PersonKind::kVisitor;
  wanted.clearance = 2;
  wanted.levels = {{AccessLevelId("lab"), absl::InfinitePast(), kNow}};
  wanted.briefings = {{"fire", kNow}};
  wanted.pin_digest = "digest of the PIN";
  wanted.escort = PersonId("han");
  const auto event = CreatePerson(wanted, state);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(Find(state, "new").email, "new@example.org");
  EXPECT_EQ(Find(state, "new").pin_digest, "digest of the PIN");
  EXPECT_EQ(event->action, "person.created");
  EXPECT_EQ(event->person, PersonId("new"));
  EXPECT_EQ(event->object, "");
  EXPECT_THAT(event->facts, ElementsAre(Pair("kind", "visitor"), Pair("status", "active"), Pair("level", "lab"),
                                        Pair("until", "2027-01-15T08:00:00Z"), Pair("briefing", "fire"),
                                        Pair("given", "2027-01-15T08:00:00Z")));
  EXPECT_THAT(event->personal, ElementsAre(Pair("name", "New"), Pair("email", "new@example.org"),
                                           Pair("clearance", "2"), Pair("escort_id", "han")));
}

TEST(Directory, UpdateChangesWhatTheMaskNames) {
  State state = MakeState();
  Person wanted = Named("kim");
  wanted.department = "Reception";
  wanted.clearance = 1;
  const auto event = UpdatePerson(wanted, {"department"}, state);
  ASSERT_TRUE(event.ok()) << event.status();
  const Person& kim = Find(state, "kim");
  EXPECT_EQ(kim.department, "Reception");
  EXPECT_EQ(kim.name, "Name of kim");
  EXPECT_EQ(kim.clearance, 0);
  EXPECT_THAT(event->personal, ElementsAre(Pair("department", "Reception")));
  EXPECT_THAT(event->facts, IsEmpty());
}

TEST(Directory, UpdateWithoutAMaskKeepsWhatIsNotAnUpdatesToChange) {
  State state = MakeState();
  Person suspended = Named("kim");
  suspended.status = PersonStatus::kSuspended;
  ASSERT_TRUE(UpdatePerson(suspended, {"status"}, state).ok());
  Person wanted = Named("kim");
  wanted.subject_ref = "another";
  wanted.briefings = {{"fire", kNow}};
  const auto event = UpdatePerson(wanted, {}, state);
  ASSERT_TRUE(event.ok()) << event.status();
  const Person& kim = Find(state, "kim");
  EXPECT_EQ(kim.name, "New");
  EXPECT_EQ(kim.status, PersonStatus::kSuspended);
  EXPECT_EQ(kim.subject_ref, "ref-kim");
  EXPECT_EQ(kim.wrapped_key, "key");
  EXPECT_EQ(kim.pin_digest, "digest");
  EXPECT_THAT(kim.briefings, IsEmpty());
  ASSERT_EQ(kim.levels.size(), 1u);
}

TEST(Directory, StatusIsAFact) {
  State state = MakeState();
  Person wanted = Named("kim");
  wanted.status = PersonStatus::kSuspended;
  const auto event = UpdatePerson(wanted, {"status"}, state);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(Find(state, "kim").status, PersonStatus::kSuspended);
  EXPECT_THAT(event->facts, ElementsAre(Pair("status", "suspended")));
}

TEST(Directory, WhoLeavesTakesNoCredentialAlong) {
  State state = MakeState();
  ASSERT_TRUE(IssueCredential({CredentialId("B-0"), PersonId("han"), {"H10301", 42, 100, ""}}, state).ok());
  ASSERT_TRUE(IssueCredential({CredentialId("B-2"), PersonId("kim"), {"H10301", 42, 102, ""}}, state).ok());
  ASSERT_TRUE(IssueCredential({CredentialId("B-3"), PersonId("han"), {"H10301", 42, 103, ""}}, state).ok());
  ASSERT_TRUE(RevokeCredential(CredentialId("B-3"), CredentialStatus::kStolen, state).ok());
  const auto event = DeactivatePerson(PersonId("han"), kNow, state);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(Find(state, "han").status, PersonStatus::kLeft);
  EXPECT_EQ(Find(state, "han").valid_until, kNow);
  const auto status = [&state](const char* id) { return state.credentials.Find(CredentialId(id))->status; };
  EXPECT_EQ(status("B-0"), CredentialStatus::kDisabled);
  EXPECT_EQ(status("B-1"), CredentialStatus::kDisabled);
  EXPECT_EQ(status("B-2"), CredentialStatus::kActive);
  EXPECT_EQ(status("B-3"), CredentialStatus::kStolen);  // still alarms
  EXPECT_THAT(event->facts, ElementsAre(Pair("status", "left")));
  EXPECT_THAT(event->personal, ElementsAre(Pair("credential_disabled", "B-0"), Pair("credential_disabled", "B-1")));
}

TEST(Directory, WhoLeftBeforeKeepsTheEarlierEnd) {
  State state = MakeState();
  Person person = Named("new");
  person.valid_until = kNow - absl::Hours(1);
  ASSERT_TRUE(CreatePerson(person, state).ok());
  ASSERT_TRUE(DeactivatePerson(person.id, kNow, state).ok());
  EXPECT_EQ(Find(state, "new").valid_until, kNow - absl::Hours(1));
}

TEST(Directory, CredentialsAreFoundByTheirCard) {
  State state = MakeState();
  Credential badge{CredentialId("V-1"), PersonId("kim"), {"raw", 0, 0, "32:04A1B2C3"}};
  badge.label = "VISITOR 1";
  const auto event = IssueCredential(badge, state);
  ASSERT_TRUE(event.ok()) << event.status();
  ASSERT_NE(state.credential_by_card.Find("raw:32:04A1B2C3"), nullptr);
  EXPECT_EQ(*state.credential_by_card.Find("raw:32:04A1B2C3"), CredentialId("V-1"));
  EXPECT_EQ(event->action, "credential.issued");
  EXPECT_EQ(event->person, PersonId("kim"));
  EXPECT_EQ(event->object, "");  // would name a person in the leaf
  EXPECT_THAT(event->facts, Not(Contains(Key("card"))));
  EXPECT_THAT(event->personal,
              ElementsAre(Pair("credential", "V-1"), Pair("card", "raw:32:04A1B2C3"), Pair("label", "VISITOR 1")));
}

TEST(Directory, ARevokedCredentialIsStillKnown) {
  State state = MakeState();
  const auto event = RevokeCredential(CredentialId("B-1"), CredentialStatus::kLost, state);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(state.credentials.Find(CredentialId("B-1"))->status, CredentialStatus::kLost);
  EXPECT_TRUE(state.credential_by_card.Contains("H10301:42:101"));
  EXPECT_EQ(event->person, PersonId("han"));
  EXPECT_THAT(event->facts, ElementsAre(Pair("status", "lost")));
}

TEST(Directory, GrantingAgainReplacesTheTimes) {
  State state = MakeState();
  ASSERT_TRUE(GrantAccessLevel(PersonId("kim"), {AccessLevelId("lab"), kNow}, state).ok());
  const auto event = GrantAccessLevel(PersonId("kim"), {AccessLevelId("lab"), absl::InfinitePast(), kNow}, state);
  ASSERT_TRUE(event.ok()) << event.status();
  const Person& kim = Find(state, "kim");
  ASSERT_EQ(kim.levels.size(), 2u);
  EXPECT_EQ(kim.levels[1].from, absl::InfinitePast());
  EXPECT_EQ(kim.levels[1].until, kNow);
  EXPECT_EQ(event->object, "lab");
  EXPECT_THAT(event->facts, ElementsAre(Pair("level", "lab"), Pair("until", "2027-01-15T08:00:00Z")));
}

TEST(Directory, LevelsOfOnePersonAreLimited) {
  State state = MakeState();
  for (size_t i = 0; i < kLevelsPerPersonMax; ++i) {
    AccessLevel level;
    level.id = AccessLevelId(absl::StrCat("l", i));
    state.levels.Put(level.id, level);
    const auto event = GrantAccessLevel(PersonId("kim"), {level.id}, state);
    EXPECT_EQ(event.ok(), i + 1 < kLevelsPerPersonMax) << i;  // one is held from the start
  }
  EXPECT_EQ(Find(state, "kim").levels.size(), kLevelsPerPersonMax);
}

TEST(Directory, RevokingALevel) {
  State state = MakeState();
  const auto event = RevokeAccessLevel(PersonId("old"), AccessLevelId("staff"), state);  // has left, and yet
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_THAT(Find(state, "old").levels, IsEmpty());
  EXPECT_EQ(event->action, "level.revoked");
  EXPECT_EQ(event->object, "staff");
}

TEST(Directory, ABriefingCountsFromWhenItWasGiven) {
  State state = MakeState();
  ASSERT_TRUE(RecordBriefing(PersonId("kim"), "fire", kNow, state).ok());
  const auto event = RecordBriefing(PersonId("kim"), "fire", kNow + absl::Hours(1), state);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_THAT(Find(state, "kim").briefings, ElementsAre(Pair("fire", kNow + absl::Hours(1))));
  EXPECT_EQ(event->object, "fire");
  EXPECT_THAT(event->facts, ElementsAre(Pair("briefing", "fire"), Pair("given", "2027-01-15T09:00:00Z")));
}

}  // namespace
}  // namespace sallyport::facility
