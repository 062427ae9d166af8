#include "audit/checkpoint.h"
#include "audit/export_line.h"
#include "audit/export_verifier.h"
#include "audit/proof.h"
#include "audit/tlog_proof.h"
#include "gmock/gmock.h"
#include "sallyport/audit/v1/audit.pb.h"
#include "sallyport/badge/v1/badge.pb.h"
#include "transport/services/services_test_util.h"

// What the audit service gives out is verified with nothing but the log's public key.
namespace sallyport::transport {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AuditServiceTest : public Services {
 protected:
  void SetUp() override {
    Services::SetUp();
    for (int i = 0; i < 300; ++i) {  // over a tile's border
      answers_.push_back(engine::Submit(*engine_, engine::MakeCommand("", engine::Note(absl::StrCat(i)))));
    }
    for (auto& answer : answers_) ASSERT_TRUE(answer.get().ok());
    ASSERT_EQ(Read("r1", "main-in", "card-ada"), "GRANTED");
    read_ = log_size() - 1;
  }
  audit::VerifierKey key() { return engine_->keys().log_key->verifier(); }
  std::string Export(const audit::v1::ExportRecordsRequest& request, absl::Status* status = nullptr) {
    TestStream stream;
    Open("audit.v1.AuditService/ExportRecords", request, stream);
    std::string out;
    while (const auto message = stream.Next<audit::v1::ExportRecordsResponse>()) {
      out += message->lines();
      last_ = *message;
    }
    if (status != nullptr) {
      *status = stream.Status();
    } else {
      EXPECT_EQ(stream.Status(), absl::OkStatus());
    }
    return out;
  }
  audit::ExportReport Verify(const std::string& lines) {
    audit::ExportVerifier verifier({key()});
    for (size_t begin = 0; begin < lines.size();) {
      const size_t end = lines.find('\n', begin) + 1;
      if (!verifier.Add(audit::ReadExportLine(lines.substr(begin, end - begin)))) break;
      begin = end;
    }
    return verifier.Finish();
  }

  std::vector<std::future<absl::StatusOr<std::string>>> answers_;
  uint64_t read_ = 0;
  audit::v1::ExportRecordsResponse last_;
};

TEST_F(AuditServiceTest, AReceiptVerifiesOffline) {
  audit::v1::GetReceiptRequest request;
  request.set_index(read_);
  const auto answer = Call<audit::v1::GetReceiptResponse>("audit.v1.AuditService/GetReceipt", request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  const auto receipt = audit::ParseReceipt(answer->receipt());
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  const audit::VerifierKey verifier = key();
  const auto checkpoint = audit::OpenCheckpoint(receipt->checkpoint, {&verifier, 1});
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(audit::VerifyInclusion(read_, checkpoint->checkpoint.size, audit::LeafHash(answer->leaf()), receipt->proof,
                                   checkpoint->checkpoint.root),
            absl::OkStatus());
  request.set_index(log_size());
  EXPECT_EQ(Call<audit::v1::GetReceiptResponse>("audit.v1.AuditService/GetReceipt", request).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(AuditServiceTest, ProofsLeadFromOneTreeToTheNext) {
  audit::v1::GetConsistencyProofRequest request;
  request.set_first_size(100);
  const auto answer =
      Call<audit::v1::GetConsistencyProofResponse>("audit.v1.AuditService/GetConsistencyProof", request);
  ASSERT_TRUE(answer.ok());
  const auto hash = [](const std::string& bytes) {
    audit::Hash out{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), out.size()), out.begin());
    return out;
  };
  std::vector<audit::Hash> proof;
  for (const std::string& bytes : answer->hashes()) proof.push_back(hash(bytes));
  EXPECT_EQ(audit::VerifyConsistency(100, hash(answer->first_root()), answer->second_size(),
                                     hash(answer->second_root()), proof),
            absl::OkStatus());
  request.set_first_size(answer->second_size() + 1);
  EXPECT_EQ(
      FieldOf(
          Call<audit::v1::GetConsistencyProofResponse>("audit.v1.AuditService/GetConsistencyProof", request).status()),
      "first_size");
}

TEST_F(AuditServiceTest, OnlyPersonalFieldsMakeARecordOfTheQuestion) {
  audit::v1::ListRecordsRequest request;
  request.set_start_index(read_);
  const uint64_t size = log_size();
  const auto leaves = Call<audit::v1::ListRecordsResponse>("audit.v1.AuditService/ListRecords", request);
  EXPECT_EQ(leaves->records_size(), 1);
  EXPECT_TRUE(leaves->records(0).personal().empty());
  EXPECT_EQ(log_size(), size);
  request.set_include_personal(true);
  request.set_page_size(1);
  const auto opened = Call<audit::v1::ListRecordsResponse>("audit.v1.AuditService/ListRecords", request);
  EXPECT_THAT(opened->records(0).personal(), HasSubstr("card-ada"));
  EXPECT_EQ(log_size(), size + 1);
  EXPECT_THAT(LastRecord().disclosure().query(), HasSubstr("with personal fields"));
}

TEST_F(AuditServiceTest, AnExportVerifiesAndIsRecorded) {
  const std::string lines = Export({});
  const audit::ExportReport report = Verify(lines);
  EXPECT_TRUE(report.verified()) << report.findings_total;
  EXPECT_EQ(report.from, 0u);
  EXPECT_EQ(report.to, log_size());  // with the record of the export itself
  EXPECT_EQ(report.records, log_size());
  EXPECT_EQ(report.personal, 0u);
  EXPECT_THAT(lines, Not(HasSubstr("Lovelace")));
  EXPECT_EQ(last_.records_done(), log_size());
  EXPECT_EQ(last_.records_total(), log_size());
  EXPECT_EQ(LastRecord().disclosure().query(), "records 0 to the end");
}

TEST_F(AuditServiceTest, APartWithPersonalFieldsVerifiesToo) {
  audit::v1::ExportRecordsRequest request;
  request.set_start_index(read_);
  request.set_end_index(read_ + 1);
  request.set_include_personal(true);
  const audit::ExportReport report = Verify(Export(request));
  EXPECT_TRUE(report.verified());
  EXPECT_EQ(report.records, 1u);
  EXPECT_EQ(report.personal, 1u);
}

TEST_F(AuditServiceTest, AnExportOfNothingIsRefused) {
  audit::v1::ExportRecordsRequest request;
  absl::Status status;
  request.set_start_index(log_size());
  Export(request, &status);
  EXPECT_EQ(FieldOf(status), "start_index");
  request.set_end_index(log_size() + 1);
  Export(request, &status);
  EXPECT_EQ(FieldOf(status), "end_index");
}

// ---- the history

TEST_F(AuditServiceTest, EventsAreFoundByWhatTheyAre) {
  Read("r2", "lab-in", "card-bob");
  Read("r3", "main-in", "card-nobody");
  const auto list = [&](const std::function<void(badge::v1::EventFilter&)>& set) {
    badge::v1::ListEventsRequest request;
    set(*request.mutable_filter());
    const auto answer = Call<badge::v1::ListEventsResponse>("badge.v1.BadgeEventService/ListEvents", request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    std::string out;
    for (const auto& event : answer->events()) absl::StrAppend(&out, event.request_id(), " ");
    return out;
  };
  const auto decisions = [](badge::v1::EventFilter& f) { f.add_kinds("decision"); };
  EXPECT_EQ(list(decisions), "r3 r2 r1 ");
  EXPECT_EQ(list([](auto& f) { f.set_decision(access::v1::DECISION_GRANT); }), "r1 ");
  EXPECT_EQ(list([](auto& f) { f.add_reason_codes("NO_ACCESS_LEVEL"); }), "r2 ");
  EXPECT_EQ(list([](auto& f) { f.add_access_point_ids("main-in"); }), "r3 r1 ");
  EXPECT_EQ(list([&](auto& f) {
              decisions(f);
              f.set_person_id("ada");
            }),
            "r1 ");
  EXPECT_THAT(LastRecord().disclosure().query(), Not(HasSubstr("ada")));
  EXPECT_EQ(list([&](auto& f) {
              decisions(f);
              f.mutable_from()->set_seconds(absl::ToUnixSeconds(engine_.clock.Now()) + 1);
            }),
            "");
}

TEST_F(AuditServiceTest, EventsComeInPages) {
  badge::v1::ListEventsRequest request;
  request.mutable_filter()->add_kinds("change");
  request.set_page_size(100);
  for (const bool oldest_first : {false, true}) {
    request.set_oldest_first(oldest_first);
    request.clear_page_token();
    std::vector<uint64_t> indexes;
    do {
      const auto page = Call<badge::v1::ListEventsResponse>("badge.v1.BadgeEventService/ListEvents", request);
      ASSERT_TRUE(page.ok()) << page.status();
      for (const auto& event : page->events()) indexes.push_back(event.index());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    EXPECT_EQ(indexes.size(), 307u);  // the notes, two of the policies, five of the facility
    if (!oldest_first) std::reverse(indexes.begin(), indexes.end());
    EXPECT_TRUE(std::is_sorted(indexes.begin(), indexes.end()));
    EXPECT_EQ(std::adjacent_find(indexes.begin(), indexes.end()), indexes.end());
  }
}

}  // namespace
}  // namespace sallyport::transport
