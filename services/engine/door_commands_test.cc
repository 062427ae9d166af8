#include "engine/door_commands.h"

#include "engine/facility_test_util.h"
#include "engine/recorder.h"
#include "gmock/gmock.h"

namespace sallyport::engine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DoorCommands : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(engine_.Open(), absl::OkStatus());
    ASSERT_TRUE(Do(*engine_, ActivatePolicies(RealPolicies())).ok());
    ASSERT_TRUE(Do(*engine_, ApplyDocument(SmallCompany())).ok());
  }
  absl::StatusOr<Authorized> Read(access::Presented presented) {
    absl::StatusOr<Authorized> out = absl::UnknownError("not run");
    const auto done = Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
      out = Authorize(transaction, presented);
      SP_RETURN_IF_ERROR(out.status());
      return std::string();
    });
    if (!done.ok()) return done.status();
    return out;
  }
  absl::StatusOr<Authorized> Read(const std::string& point, const std::string& card, const std::string& pin = "") {
    access::Presented presented;
    presented.access_point = AccessPointId(point);
    presented.credential = CredentialId(card);
    presented.pin = Secret(pin);
    return Read(presented);
  }
  absl::StatusOr<std::vector<Receipt>> Report(const std::vector<DeviceEvent>& events) {
    std::vector<Receipt> out;
    const auto done = Do(*engine_, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_ASSIGN_OR_RETURN(out, RecordDeviceEvents(transaction, events));
      return std::string();
    });
    if (!done.ok()) return done.status();
    return out;
  }
  storage::Entry Entry(const Receipt& receipt) { return *engine_.store().ReadEntry(receipt.index); }

  TestEngine engine_;
};

TEST_F(DoorCommands, ADecisionIsOneRecord) {
  const uint64_t size = engine_->snapshot()->log_size;
  const auto authorized = Read("main-in", "card-ada");
  ASSERT_TRUE(authorized.ok()) << authorized.status();
  EXPECT_TRUE(authorized->decision.granted());
  EXPECT_EQ(authorized->receipt.index, size);
  EXPECT_EQ(engine_->snapshot()->log_size, size + 1);
  const storage::Entry entry = Entry(authorized->receipt);
  EXPECT_EQ(entry.leaf_hash, authorized->receipt.leaf_hash);
  const auto record = RecordAt(engine_.store(), size);
  EXPECT_EQ(record.decision().outcome(), record::v1::OUTCOME_GRANT);
  EXPECT_EQ(record.decision().reason_code(), "GRANTED");
  EXPECT_EQ(record.decision().access_point_id(), "main-in");
  EXPECT_EQ(record.decision().area_id(), "lobby");
  EXPECT_EQ(record.decision().policy_set_hash().size(), 32u);
  const std::string subject = engine_.state().facility.people.Find(PersonId("ada"))->subject_ref;
  EXPECT_EQ(record.subject_ref(), subject);
  for (const std::string& term : {PersonTerm(subject), AccessPointTerm("main-in"), AreaTerm("lobby"),
                                  KindTerm("decision"), OutcomeTerm(true), ReasonTerm("GRANTED")}) {
    EXPECT_THAT(entry.terms, Contains(term));
  }
}

TEST_F(DoorCommands, NothingPersonalStandsInTheLeaf) {
  for (const auto& [point, pin] : {std::pair("main-in", ""), std::pair("interview-in", "135790")}) {
    const auto authorized = Read(point, "card-ada", pin);
    ASSERT_TRUE(authorized.ok());
    const storage::Entry entry = Entry(authorized->receipt);
    for (const char* personal : {"ada", "Ada", "Lovelace", "135790"}) {
      EXPECT_THAT(entry.leaf, Not(HasSubstr(personal)));
      EXPECT_THAT(entry.sealed, Not(HasSubstr(personal)));
    }
    EXPECT_FALSE(entry.sealed.empty());
  }
}

TEST_F(DoorCommands, AnUnknownCardIsKeptAsADigest) {
  access::Presented presented;
  presented.access_point = AccessPointId("main-in");
  presented.credential = access::CardBits{std::string("\x2f\x62\x3a\xc0", 4), 26};
  const auto authorized = Read(presented);
  ASSERT_TRUE(authorized.ok());
  EXPECT_FALSE(authorized->decision.granted());
  const auto record = RecordAt(engine_.store(), authorized->receipt.index);
  EXPECT_FALSE(record.decision().card_digest().empty());
  EXPECT_THAT(record.subject_ref(), IsEmpty());
  EXPECT_THAT(Entry(authorized->receipt).leaf, Not(HasSubstr("\x2f\x62\x3a")));
}

TEST_F(DoorCommands, SomebodyErasedLeavesNoPersonalFields) {
  ASSERT_TRUE(Do(*engine_, [](Transaction& transaction) -> absl::StatusOr<std::string> {
                facility::Person ada = *transaction.state().facility.people.Find(PersonId("ada"));
                ada.wrapped_key.clear();
                transaction.state().facility.people.Put(ada.id, ada);
                transaction.Record(ChangeEvent{"test.erased", "", {}, {}, {}});
                return std::string();
              }).ok());
  const auto authorized = Read("main-in", "card-ada");
  ASSERT_TRUE(authorized.ok());
  EXPECT_TRUE(Entry(authorized->receipt).sealed.empty());
  EXPECT_TRUE(RecordAt(engine_.store(), authorized->receipt.index).commitment().empty());
}

TEST_F(DoorCommands, AnUnknownAccessPointIsAnErrorWithoutARecord) {
  const uint64_t size = engine_->snapshot()->log_size;
  const auto refused = Read("nowhere", "card-ada");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FieldViolations(refused.status()).at(0).field, "access_point_id");
  EXPECT_EQ(engine_->snapshot()->log_size, size);
}

TEST_F(DoorCommands, WithoutPoliciesNobodyEnters) {
  TestEngine engine;
  ASSERT_EQ(engine.Open(), absl::OkStatus());
  ASSERT_TRUE(Do(*engine, ApplyDocument(SmallCompany())).ok());
  access::Presented presented;
  presented.access_point = AccessPointId("main-in");
  presented.credential = CredentialId("card-ada");
  const auto answer = Do(*engine, [&](Transaction& transaction) -> absl::StatusOr<std::string> {
    SP_RETURN_IF_ERROR(Authorize(transaction, presented).status());
    return std::string();
  });
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(answer.status()), "NO_POLICY_SET");
}

// ---- reports

TEST_F(DoorCommands, AnOpeningIsWhoseGrantItWas) {
  ASSERT_TRUE(Read("main-in", "card-ada").ok());
  const auto receipts = Report({{"opened", AccessPointId("main-in")}, {"closed", AccessPointId("main-in")}});
  ASSERT_TRUE(receipts.ok()) << receipts.status();
  const std::string subject = engine_.state().facility.people.Find(PersonId("ada"))->subject_ref;
  EXPECT_EQ(RecordAt(engine_.store(), (*receipts)[0].index).subject_ref(), subject);
  EXPECT_TRUE(RecordAt(engine_.store(), (*receipts)[1].index).subject_ref().empty());
  EXPECT_EQ(engine_.state().access.presence.Find(PersonId("ada"))->area, AreaId("lobby"));
  EXPECT_EQ(*engine_.state().access.occupancy.Find(AreaId("lobby")), 1);
}

TEST_F(DoorCommands, AForcedDoorRaisesAnAlarm) {
  const auto receipts = Report({{"forced", AccessPointId("lab-in"), "sensor 2"}});
  ASSERT_TRUE(receipts.ok());
  const auto alarm = RecordAt(engine_.store(), receipts->front().index + 1);
  EXPECT_EQ(alarm.alarm().action(), "raised");
  EXPECT_EQ(alarm.alarm().kind(), "FORCED");
  EXPECT_EQ(engine_.state().alarms.open.size(), 1u);
}

TEST_F(DoorCommands, AllReportsOfACallAreRecordedOrNone) {
  const uint64_t size = engine_->snapshot()->log_size;
  const std::vector<DeviceEvent> broken[] = {
      {{"opened", AccessPointId("main-in")}, {"exploded", AccessPointId("main-in")}},
      {{"opened", AccessPointId("main-in")}, {"closed", AccessPointId("nowhere")}},
      {{"opened", AccessPointId("main-in")}, {"closed", AccessPointId()}},
      {{"opened", AccessPointId("main-in")}, {"self_test", {}, "no-such-locker"}},
  };
  for (const auto& events : broken) {
    const auto refused = Report(events);
    EXPECT_FALSE(refused.ok());
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("events[1]"));
    EXPECT_EQ(engine_->snapshot()->log_size, size);
  }
}

}  // namespace
}  // namespace sallyport::engine
