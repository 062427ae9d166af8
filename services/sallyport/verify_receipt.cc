#include "sallyport/verify_receipt.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "audit/encoding.h"
#include "audit/hash.h"
#include "audit/record_view.h"
#include "audit/tlog_proof.h"
#include "base/status.h"

namespace sallyport::cli {
namespace {

using Json = nlohmann::json;

std::optional<std::string> StringMember(const Json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto at = object.find(name);
  if (at == object.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

// The leaf of an answer, of the record within one, or of an export's line.
std::optional<std::string> LeafMember(const Json& json) {
  auto text = StringMember(json, "leaf");
  if (!text && json.is_object() && json.contains("record")) text = StringMember(json["record"], "leaf");
  std::string bytes;
  if (!text || !audit::Base64Decode(*text, bytes)) return std::nullopt;
  return bytes;
}

// What the record's bytes may be: those of the file themselves, or those that its JSON stands for.
std::vector<std::string> PossibleLeaves(const std::string& file) {
  std::vector<std::string> leaves = {file};
  const Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return leaves;
  if (auto leaf = LeafMember(json))
    leaves.push_back(*std::move(leaf));
  else if (auto record = audit::RecordFromView(file); record.ok())
    leaves.push_back(*std::move(record));
  return leaves;
}

}  // namespace

absl::StatusOr<VerifyReport> VerifyReceiptFiles(const std::string& receipt, const std::string& leaf,
                                                const std::vector<audit::VerifierKey>& keys) {
  const Json json = Json::parse(receipt, nullptr, /*allow_exceptions=*/false);
  const std::string text = StringMember(json, "receipt").value_or(receipt);
  auto parsed = audit::ParseReceipt(text);
  if (!parsed.ok()) return Annotate(parsed.status(), "the receipt cannot be read");
  std::vector<std::string> leaves = PossibleLeaves(leaf);
  if (leaf.empty()) {
    auto own = LeafMember(json);
    if (!own) own = parsed->extra;
    if (!own) return absl::InvalidArgumentError("the receipt does not bring its record: --leaf FILE");
    leaves = {*std::move(own)};
  }
  VerifyReport report;
  report.from = parsed->index;
  report.to = parsed->index + 1;
  absl::Status failure;
  for (const std::string& bytes : leaves) {
    auto opened = audit::VerifyReceipt(*parsed, audit::LeafHash(bytes), keys);
    if (opened.ok()) {
      report.checkpoint = std::move(opened->checkpoint);
      return report;
    }
    failure = opened.status();
  }
  report.Add(absl::IsUnauthenticated(failure) ? audit::Damage::kRoot : audit::Damage::kChanged, parsed->index,
             absl::StrCat("the receipt of record ", parsed->index, " does not verify: ", failure.message()));
  return report;
}

}  // namespace sallyport::cli
