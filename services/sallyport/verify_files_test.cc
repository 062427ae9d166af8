// Exports and receipts as files, verified as the command does.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "audit/encoding.h"
#include "audit/export_test_util.h"
#include "audit/limits.h"
#include "audit/record_view.h"
#include "audit/tlog_proof.h"
#include "gtest/gtest.h"
#include "sallyport/verify_export.h"
#include "sallyport/verify_receipt.h"

namespace sallyport::cli {
namespace {

using audit::Damage;
using audit::testing::LogKey;
using audit::testing::TestLog;

class File {
 public:
  explicit File(const std::string& content) {
    char name[] = "/tmp/sallyport-export-XXXXXX";
    const int descriptor = ::mkstemp(name);
    path_ = name;
    ::close(descriptor);
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~File() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

VerifyReport VerifyText(const std::string& text) {
  const File file(text);
  auto report = VerifyExport(file.path(), {LogKey().verifier()});
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : VerifyReport();
}

// ---- exports

TEST(VerifyExportTest, AFileThatIsReadInManyBatches) {
  TestLog log(20'000);
  const std::string text = log.Export();
  ASSERT_GT(text.size(), 9u << 20);
  const VerifyReport report = VerifyText(text);
  EXPECT_TRUE(report.verified());
  EXPECT_EQ(report.to, 20'000u);
  EXPECT_EQ(report.checkpoint.root, log.log().range().Root());

  std::vector<std::string> lines = audit::testing::Lines(text);
  lines.erase(lines.begin() + 1 + 19'000 + 19'000 / 256);
  const VerifyReport damaged = VerifyText(absl::StrJoin(lines, ""));
  ASSERT_FALSE(damaged.verified());
  EXPECT_TRUE(damaged.certain);
  EXPECT_EQ(damaged.findings[0].damage, Damage::kRemoved);
  EXPECT_EQ(damaged.findings[0].index, 19'000u);
}

TEST(VerifyExportTest, FilesThatAreNoExports) {
  for (const std::string& text : {std::string(), std::string("\n"), std::string("hello"), std::string(3 << 20, 'x'),
                                  std::string(3 << 20, '\n'), std::string(1000, '\0')}) {
    const VerifyReport report = VerifyText(text);
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].damage, Damage::kManifest);
  }
  EXPECT_TRUE(absl::IsNotFound(VerifyExport("/no/such/file", {}).status()));
  EXPECT_FALSE(VerifyExport("/tmp", {}).ok());  // a folder
}

TEST(VerifyExportTest, AVeryLongLineInside) {
  const std::vector<std::string> lines = audit::testing::Lines(TestLog(10).Export());
  std::vector<std::string> damaged = lines;
  damaged[4] = std::string(5 << 20, ' ') + damaged[4];
  EXPECT_FALSE(VerifyText(absl::StrJoin(damaged, "")).verified());
  damaged = lines;
  damaged.back().pop_back();  // the last newline
  const VerifyReport report = VerifyText(absl::StrJoin(damaged, ""));
  EXPECT_FALSE(report.verified());
}

// ---- receipts

class ReceiptFilesTest : public ::testing::Test {
 protected:
  ReceiptFilesTest() {
    receipt_ = audit::FormatReceipt(audit::MakeReceipt(7, log_.checkpoint(), log_.log()).value()).value();
    leaf_ = log_.records()[7].leaf;
  }
  VerifyReport Verify(const std::string& receipt, const std::string& leaf) {
    auto report = VerifyReceiptFiles(receipt, leaf, {LogKey().verifier()});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : VerifyReport();
  }

  TestLog log_{20};
  std::string receipt_;
  std::string leaf_;
};

TEST_F(ReceiptFilesTest, InEveryFormOfTheRecord) {
  std::string text;
  audit::AppendJsonString(receipt_, text);
  const std::string base64 = audit::Base64Encode(leaf_);
  const std::string answer = absl::StrCat("{\"receipt\":", text, ",\"leaf\":\"", base64, "\"}");
  auto with_record = audit::ParseReceipt(receipt_).value();
  with_record.extra = leaf_;
  const std::pair<std::string, std::string> forms[] = {
      {receipt_, leaf_},
      {audit::FormatReceipt(with_record).value(), ""},
      {receipt_, audit::RecordView(leaf_)},
      {receipt_, audit::testing::Lines(log_.Export())[8]},
      {receipt_, absl::StrCat("{\"record\": {\"index\": \"7\", \"leaf\": \"", base64, "\"}}")},
      {receipt_, answer},
      {answer, leaf_},
      {answer, ""},
  };
  for (const auto& [receipt, leaf] : forms) {
    const VerifyReport report = Verify(receipt, leaf);
    EXPECT_TRUE(report.verified()) << leaf;
    EXPECT_EQ(report.from, 7u);
    EXPECT_EQ(report.checkpoint.size, 20u);
  }
}

TEST_F(ReceiptFilesTest, EveryOtherRecordIsRefused) {
  for (uint64_t i = 0; i < 20; ++i) EXPECT_EQ(Verify(receipt_, log_.records()[i].leaf).verified(), i == 7) << i;
  for (size_t at = 0; at < leaf_.size(); ++at) {
    std::string changed = leaf_;
    changed[at] ^= 1;
    EXPECT_FALSE(Verify(receipt_, changed).verified()) << at;
  }
}

TEST_F(ReceiptFilesTest, EveryChangedByteOfTheReceiptIsRefused) {
  for (size_t at = 0; at < receipt_.size(); ++at) {
    std::string changed = receipt_;
    changed[at] ^= 1;
    const auto report = VerifyReceiptFiles(changed, leaf_, {LogKey().verifier()});
    EXPECT_FALSE(report.ok() && report->verified()) << at;
  }
}

TEST_F(ReceiptFilesTest, OtherKeysAndOtherFiles) {
  const auto other = VerifyReceiptFiles(receipt_, leaf_, {audit::testing::RotatedLogKey().verifier()});
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(other->verified());
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyReceiptFiles("hello", leaf_, {LogKey().verifier()}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyReceiptFiles("", leaf_, {LogKey().verifier()}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyReceiptFiles(receipt_, "", {LogKey().verifier()}).status()));
}

// ---- keys

TEST(ReadVerifierKeysTest, FromAFileOrTheKeyItself) {
  const std::string vkey = LogKey().verifier().ToString();
  EXPECT_EQ(ReadVerifierKeys(vkey)->size(), 1u);
  const File file(
      absl::StrCat("# the log's\n", vkey, "\n\n", audit::testing::RotatedLogKey().verifier().ToString(), "\n"));
  EXPECT_EQ(ReadVerifierKeys(file.path())->size(), 2u);
  const File empty("# nothing\n");
  EXPECT_TRUE(absl::IsInvalidArgument(ReadVerifierKeys(empty.path()).status()));
  const File broken(vkey.substr(1));
  const auto status = ReadVerifierKeys(broken.path()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_NE(status.message().find(broken.path()), absl::string_view::npos);
  EXPECT_TRUE(absl::IsNotFound(ReadVerifierKeys("/no/such/key").status()));
}

}  // namespace
}  // namespace sallyport::cli
