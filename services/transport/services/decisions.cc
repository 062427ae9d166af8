#include "transport/services/decisions.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "audit/sealer.h"
#include "base/status.h"
#include "sallyport/record/v1/record.pb.h"
#include "transport/services/events.h"

namespace sallyport::transport {
namespace {

namespace pb = sallyport::record::v1;

constexpr int kFilesMax = 100;

void ReadFacts(const engine::Engine& engine, const engine::Snapshot& snapshot, const storage::Entry& entry,
               StoredDecision& out) {
  if (out.subject_ref.empty()) return;
  constexpr size_t kSaltBytes = std::tuple_size_v<audit::Salt>;
  const std::string opened = OpenPersonalOf(engine, snapshot, out.index, entry);
  pb::Personal personal;
  if (opened.size() < kSaltBytes || !personal.ParseFromString(opened.substr(kSaltBytes))) {
    out.facts = StoredDecision::Facts::kErased;
    return;
  }
  out.facts = personal.facts_json().empty() ? StoredDecision::Facts::kNone : StoredDecision::Facts::kKnown;
  out.facts_json = std::move(*personal.mutable_facts_json());
}

}  // namespace

absl::StatusOr<StoredDecision> ReadDecision(const engine::Engine& engine, const engine::Snapshot& snapshot,
                                            uint64_t index) {
  if (index >= snapshot.log_size) {
    return WithReason(absl::NotFoundError(absl::StrCat("record_index: the log has ", snapshot.log_size, " records")),
                      "RECORD_NOT_FOUND");
  }
  SP_ASSIGN_OR_RETURN(const storage::Entry entry, engine.store().ReadEntry(index));
  pb::Record record;
  if (!record.ParseFromString(entry.leaf)) {
    return absl::DataLossError(absl::StrCat("record ", index, " cannot be read"));
  }
  if (!record.has_decision()) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat("record_index: record ", index, " is no decision")),
                      "NOT_A_DECISION");
  }
  const pb::Decision& decision = record.decision();
  StoredDecision out;
  out.index = index;
  out.time = absl::FromUnixSeconds(record.time().seconds()) + absl::Nanoseconds(record.time().nanos());
  out.outcome.grant = decision.outcome() == pb::OUTCOME_GRANT;
  out.outcome.reason = decision.reason_code();
  out.outcome.also.assign(decision.also().begin(), decision.also().end());
  out.outcome.policies.assign(decision.policies().begin(), decision.policies().end());
  out.access_point = decision.access_point_id();
  out.policy_set_hash = absl::BytesToHexString(decision.policy_set_hash());
  out.subject_ref = record.subject_ref();
  if (const PersonId* person = snapshot.state.person_by_subject.Find(out.subject_ref)) out.person = *person;
  ReadFacts(engine, snapshot, entry, out);
  return out;
}

absl::StatusOr<access::PolicyFiles> FilesOf(const policy::v1::PolicySet& set) {
  if (set.files().empty() || set.files_size() > kFilesMax) {
    return FieldError("policy_set.files", absl::StrCat("expected 1 to ", kFilesMax, " files"));
  }
  access::PolicyFiles out;
  for (const auto& [name, text] : set.files()) out.files[name] = text;
  return out;
}

absl::StatusOr<std::shared_ptr<const engine::PolicyBook::Entry>> FindPolicySet(const engine::Snapshot& snapshot,
                                                                               const std::string& hash) {
  const auto& sets = snapshot.state.policy_book->sets;
  if (const auto found = sets.find(hash); found != sets.end()) return found->second;
  return WithReason(absl::NotFoundError(absl::StrCat("hash: no policy set '", hash, "' was proposed")),
                    "POLICY_SET_NOT_FOUND");
}

absl::StatusOr<std::shared_ptr<const access::CheckedPolicies>> PolicySetOf(const engine::Snapshot& snapshot,
                                                                           const policy::v1::PolicySet* set,
                                                                           const std::string& hash) {
  if ((set != nullptr) == !hash.empty()) return FieldError("policy_set", "expected either policy_set or hash");
  access::PolicyFiles files;
  if (set != nullptr) {
    SP_ASSIGN_OR_RETURN(files, FilesOf(*set));
  } else {
    SP_ASSIGN_OR_RETURN(const auto entry, FindPolicySet(snapshot, hash));
    files = entry->files;
  }
  return access::CheckedPolicies::Check(files);
}

}  // namespace sallyport::transport
