#include "engine/policy_commands.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace sallyport::engine {
namespace {

constexpr size_t kPolicySetsMax = 1000;  // kept for rolling back and for explaining old decisions

absl::Status Activate(Transaction& transaction, const std::string& hash, const std::string& action) {
  State& state = transaction.state();
  auto book = std::make_shared<PolicyBook>(*state.policy_book);
  auto entry = std::make_shared<PolicyBook::Entry>(*book->sets.at(hash));
  entry->activated_at = transaction.now();
  const std::string previous = book->activated.empty() ? "" : book->activated.back();
  book->sets[hash] = std::move(entry);
  book->activated.push_back(hash);
  state.policy_book = std::move(book);
  SP_RETURN_IF_ERROR(transaction.RecompilePolicies());
  transaction.Record(ChangeEvent{action, hash, {}, {{"previous", previous}}, {}});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ProposePolicySet(Transaction& transaction, const access::PolicyFiles& files) {
  State& state = transaction.state();
  SP_RETURN_IF_ERROR(access::Policies::Compile(files, state.facility).status());
  const std::string hash = files.Hash();
  if (!state.policy_book->sets.contains(hash)) {
    if (state.policy_book->sets.size() >= kPolicySetsMax) {
      return absl::ResourceExhaustedError(absl::StrCat("at most ", kPolicySetsMax, " policy sets are kept"));
    }
    auto book = std::make_shared<PolicyBook>(*state.policy_book);
    book->sets[hash] = std::make_shared<const PolicyBook::Entry>(PolicyBook::Entry{files, transaction.now()});
    state.policy_book = std::move(book);
  }
  transaction.Record(ChangeEvent{"policy.proposed", hash, {}, {{"files", absl::StrCat(files.files.size())}}, {}});
  return hash;
}

absl::StatusOr<std::string> ActivatePolicySet(Transaction& transaction, const std::string& hash) {
  const PolicyBook& book = *transaction.state().policy_book;
  if (!book.sets.contains(hash)) return absl::NotFoundError(absl::StrCat("no policy set ", hash, " was proposed"));
  const std::string previous = book.activated.empty() ? "" : book.activated.back();
  if (previous == hash) return absl::FailedPreconditionError(absl::StrCat("policy set ", hash, " is active already"));
  SP_RETURN_IF_ERROR(Activate(transaction, hash, "policy.activated"));
  return previous;
}

absl::StatusOr<std::string> RollBackPolicySet(Transaction& transaction) {
  const PolicyBook& book = *transaction.state().policy_book;
  if (book.activated.size() < 2) return absl::FailedPreconditionError("no policy set was active before this one");
  const std::string before = book.activated[book.activated.size() - 2];
  SP_RETURN_IF_ERROR(Activate(transaction, before, "policy.rolled_back"));
  return before;
}

}  // namespace sallyport::engine
