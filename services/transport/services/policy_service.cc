#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "engine/policy_commands.h"
#include "sallyport/policy/v1/policy.pb.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/methods.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::policy::v1;

#define SP_POLICY "sallyport.policy.v1.PolicyService/"

constexpr int kFilesMax = 100;

absl::StatusOr<access::PolicyFiles> FilesOf(const v1::PolicySet& set) {
  if (set.files().empty() || set.files_size() > kFilesMax) {
    return FieldError("policy_set.files", absl::StrCat("expected 1 to ", kFilesMax, " files"));
  }
  access::PolicyFiles out;
  for (const auto& [name, text] : set.files()) out.files[name] = text;
  return out;
}

absl::StatusOr<v1::GetPolicySetResponse> GetPolicySet(const QueryContext& context,
                                                      const v1::GetPolicySetRequest& request) {
  const engine::PolicyBook& book = *context.snapshot.state.policy_book;
  const std::string hash = !request.hash().empty() || book.activated.empty() ? request.hash() : book.activated.back();
  const auto found = book.sets.find(hash);
  if (found == book.sets.end()) {
    return absl::NotFoundError(hash.empty() ? "no policy set is active"
                                            : absl::StrCat("hash: no policy set '", hash, "'"));
  }
  v1::GetPolicySetResponse response;
  v1::PolicySet* set = response.mutable_policy_set();
  for (const auto& [name, text] : found->second->files.files) (*set->mutable_files())[name] = text;
  set->set_hash(hash);
  SetTime(found->second->activated_at, set, &v1::PolicySet::mutable_activated_at);
  return response;
}

void ToProto(const cedar::Diagnostic& problem, v1::PolicyProblem* out) {
  out->set_file(problem.file);
  out->set_line(static_cast<uint32_t>(problem.position.line));
  out->set_column(static_cast<uint32_t>(problem.position.column));
  out->set_severity(problem.severity == cedar::Diagnostic::Severity::kError ? "error" : "warning");
  out->set_message(problem.message);
  out->set_help(problem.help);
  out->set_policy_id(problem.policy_id);
  out->set_source_line(problem.source_line);
  if (problem.position.line > 0) out->set_marked_columns(static_cast<uint32_t>(problem.marked_columns));
}

absl::StatusOr<v1::ValidatePolicySetResponse> Validate(const QueryContext&,
                                                       const v1::ValidatePolicySetRequest& request) {
  SP_ASSIGN_OR_RETURN(const access::PolicyFiles files, FilesOf(request.policy_set()));
  v1::ValidatePolicySetResponse response;
  response.set_hash(files.Hash());
  std::vector<cedar::Diagnostic> problems;
  (void)access::CheckedPolicies::Check(files, &problems).ok();  // the problems say it
  for (const cedar::Diagnostic& problem : problems) ToProto(problem, response.add_problems());
  return response;
}

absl::StatusOr<v1::ProposePolicySetResponse> Propose(engine::Transaction& transaction,
                                                     const v1::ProposePolicySetRequest& request) {
  SP_ASSIGN_OR_RETURN(const access::PolicyFiles files, FilesOf(request.policy_set()));
  v1::ProposePolicySetResponse response;
  SP_ASSIGN_OR_RETURN(*response.mutable_hash(), engine::ProposePolicySet(transaction, files));
  return response;
}

absl::StatusOr<v1::ActivatePolicySetResponse> Activate(engine::Transaction& transaction,
                                                       const v1::ActivatePolicySetRequest& request) {
  v1::ActivatePolicySetResponse response;
  SP_ASSIGN_OR_RETURN(*response.mutable_previous_hash(), engine::ActivatePolicySet(transaction, request.hash()));
  return response;
}

absl::StatusOr<v1::RollBackPolicySetResponse> RollBack(engine::Transaction& transaction,
                                                       const v1::RollBackPolicySetRequest&) {
  v1::RollBackPolicySetResponse response;
  SP_ASSIGN_OR_RETURN(*response.mutable_hash(), engine::RollBackPolicySet(transaction));
  return response;
}

}  // namespace

void AddPolicyService(Methods& methods) {
  methods.Query(SP_POLICY "GetPolicySet", GetPolicySet);
  methods.Query(SP_POLICY "ValidatePolicySet", Validate);
  methods.Command(SP_POLICY "ProposePolicySet", Propose);
  methods.Command(SP_POLICY "ActivatePolicySet", Activate);
  methods.Command(SP_POLICY "RollBackPolicySet", RollBack);
  // TestPolicySet and ReplayHistory answer UNIMPLEMENTED (docs/status.md).
}

}  // namespace sallyport::transport
