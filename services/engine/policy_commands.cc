#include "engine/policy_commands.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "engine/limits.h"
#include "operators/authorize.h"

namespace sallyport::engine {
namespace {

bool WasActive(const PolicyBook::Entry& entry) { return entry.activated_at != absl::InfinitePast(); }

// Who could still change the policies decides over everything else.
absl::Status RequireAWayBack(const access::Policies& policies, const operators::State& operators) {
  constexpr absl::string_view kWays[] = {"sallyport.policy.v1.PolicyService/ActivatePolicySet",
                                         "sallyport.policy.v1.PolicyService/RollBackPolicySet"};
  if (operators.operators.empty()) return absl::OkStatus();  // a facility that is being set up
  if (operators::AnyoneMay(policies.set(), policies.actions(), operators, kWays)) return absl::OkStatus();
  return WithReason(
      absl::FailedPreconditionError(absl::StrCat("policy set ", policies.hash(),
                                                 " would lock everybody out: under it no active operator may call ",
                                                 "ActivatePolicySet or RollBackPolicySet")),
      "LOCK_OUT");
}

size_t ActivatedSets(const PolicyBook& book) {
  return static_cast<size_t>(
      std::count_if(book.sets.begin(), book.sets.end(), [](const auto& set) { return WasActive(*set.second); }));
}

absl::Status Activate(Transaction& transaction, std::shared_ptr<const access::Policies> policies,
                      const std::string& action) {
  State& state = transaction.state();
  if (!policies->LinkedWith(state.facility)) policies = access::Policies::Link(policies->checked(), state.facility);
  SP_RETURN_IF_ERROR(RequireAWayBack(*policies, state.operators));
  const std::string& hash = policies->hash();
  auto book = std::make_shared<PolicyBook>(*state.policy_book);
  auto entry = std::make_shared<PolicyBook::Entry>(*book->sets.at(hash));
  if (!WasActive(*entry) && ActivatedSets(*book) >= kActivatedSetsMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("at most ", kActivatedSetsMax, " policy sets can have been active"));
  }
  entry->activated_at = transaction.now();
  const std::string previous = book->activated.empty() ? "" : book->activated.back();
  book->sets[hash] = std::move(entry);
  book->activated.push_back(hash);
  state.policy_book = std::move(book);
  transaction.UsePolicies(policies);
  transaction.Record(ChangeEvent{action, hash, {}, {{"previous", previous}}, {}});
  return absl::OkStatus();
}

// Makes room for one more proposal, and says what had to go for it.
void DropOldProposals(Transaction& transaction, PolicyBook& book) {
  while (true) {
    auto oldest = book.sets.end();
    size_t proposals = 0;
    for (auto set = book.sets.begin(); set != book.sets.end(); ++set) {
      if (WasActive(*set->second)) continue;
      ++proposals;
      if (oldest == book.sets.end() || set->second->proposed_at < oldest->second->proposed_at) oldest = set;
    }
    if (proposals < kProposalsMax) return;
    transaction.Record(ChangeEvent{"policy.proposal_dropped", oldest->first, {}, {}, {}});
    book.sets.erase(oldest);
  }
}

}  // namespace

std::string ProposePolicySet(Transaction& transaction, const access::CheckedPolicies& policies) {
  State& state = transaction.state();
  const std::string& hash = policies.hash();
  auto book = std::make_shared<PolicyBook>(*state.policy_book);
  const auto known = book->sets.find(hash);
  if (known == book->sets.end()) DropOldProposals(transaction, *book);
  PolicyBook::Entry entry{policies.files(), transaction.now()};
  if (known != book->sets.end()) entry.activated_at = known->second->activated_at;
  book->sets[hash] = std::make_shared<const PolicyBook::Entry>(std::move(entry));
  state.policy_book = std::move(book);
  transaction.Record(
      ChangeEvent{"policy.proposed", hash, {}, {{"files", absl::StrCat(policies.files().files.size())}}, {}});
  return hash;
}

absl::StatusOr<std::string> ActivatePolicySet(Transaction& transaction,
                                              const std::shared_ptr<const access::Policies>& policies) {
  const PolicyBook& book = *transaction.state().policy_book;
  const std::string& hash = policies->hash();
  if (!book.sets.contains(hash)) return absl::NotFoundError(absl::StrCat("no policy set ", hash, " was proposed"));
  const std::string previous = book.activated.empty() ? "" : book.activated.back();
  if (previous == hash) return absl::FailedPreconditionError(absl::StrCat("policy set ", hash, " is active already"));
  SP_RETURN_IF_ERROR(Activate(transaction, policies, "policy.activated"));
  return previous;
}

absl::StatusOr<std::string> PolicySetBefore(const PolicyBook& book) {
  if (book.activated.size() >= 2) return book.activated[book.activated.size() - 2];
  return absl::FailedPreconditionError("no policy set was active before this one");
}

absl::StatusOr<std::string> RollBackPolicySet(Transaction& transaction,
                                              const std::shared_ptr<const access::Policies>& policies) {
  SP_ASSIGN_OR_RETURN(std::string before, PolicySetBefore(*transaction.state().policy_book));
  if (before != policies->hash()) {
    return absl::AbortedError("another policy set was put into force in the meantime; look at it and try again");
  }
  SP_RETURN_IF_ERROR(Activate(transaction, policies, "policy.rolled_back"));
  return before;
}

}  // namespace sallyport::engine
