#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "access/limits.h"
#include "access/policy_tests.h"
#include "base/status.h"
#include "engine/policy_commands.h"
#include "sallyport/policy/v1/policy.pb.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/decisions.h"
#include "transport/services/methods.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::policy::v1;

#define SP_POLICY "sallyport.policy.v1.PolicyService/"

constexpr int kTestFilesMax = 100;

absl::StatusOr<v1::GetPolicySetResponse> GetPolicySet(const QueryContext& context,
                                                      const v1::GetPolicySetRequest& request) {
  const engine::PolicyBook& book = *context.snapshot.state.policy_book;
  const std::string hash = !request.hash().empty() || book.activated.empty() ? request.hash() : book.activated.back();
  if (hash.empty()) return absl::NotFoundError("no policy set is active");
  SP_ASSIGN_OR_RETURN(const auto entry, FindPolicySet(context.snapshot, hash));
  v1::GetPolicySetResponse response;
  v1::PolicySet* set = response.mutable_policy_set();
  for (const auto& [name, text] : entry->files.files) (*set->mutable_files())[name] = text;
  set->set_hash(hash);
  SetTime(entry->activated_at, set, &v1::PolicySet::mutable_activated_at);
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

absl::StatusOr<v1::TestPolicySetResponse> Test(const QueryContext& context, const v1::TestPolicySetRequest& request) {
  if (request.test_files().empty() || request.test_files_size() > kTestFilesMax) {
    return FieldError("test_files", absl::StrCat("expected 1 to ", kTestFilesMax, " files"));
  }
  SP_ASSIGN_OR_RETURN(const auto policies, PolicySetOf(context.snapshot, request));
  const std::map<std::string, std::string> files(request.test_files().begin(), request.test_files().end());
  SP_ASSIGN_OR_RETURN(const access::PolicyTests tests, access::PolicyTests::Read(files, policies->schema()));
  if (tests.size() * policies->set().size() > access::kTestEvaluationsMax) {
    return FieldError("test_files", absl::StrCat(tests.size(), " cases over ", policies->set().size(),
                                                 " policies are too many for one request"));
  }
  v1::TestPolicySetResponse response;
  for (const access::PolicyTestResult& result : tests.Run(policies->set())) {
    v1::PolicyTestResult* out = response.add_results();
    out->set_file(result.file);
    out->set_name(result.name);
    out->set_passed(result.difference.empty());
    out->set_detail(result.difference);
    out->set_line(static_cast<uint32_t>(result.line));
  }
  return response;
}

// ---- changes: what the engine's thread would have to wait for is done here, on a worker

using Compiled = std::shared_ptr<const access::Policies>;

absl::StatusOr<std::shared_ptr<const access::CheckedPolicies>> ToPropose(const QueryContext&,
                                                                         const v1::ProposePolicySetRequest& request) {
  SP_ASSIGN_OR_RETURN(const access::PolicyFiles files, FilesOf(request.policy_set()));
  return access::CheckedPolicies::Check(files);
}

absl::StatusOr<v1::ProposePolicySetResponse> Propose(engine::Transaction& transaction,
                                                     const v1::ProposePolicySetRequest&,
                                                     const std::shared_ptr<const access::CheckedPolicies>& policies) {
  v1::ProposePolicySetResponse response;
  response.set_hash(engine::ProposePolicySet(transaction, *policies));
  return response;
}

absl::StatusOr<Compiled> Compile(const engine::Snapshot& snapshot, const std::string& hash) {
  SP_ASSIGN_OR_RETURN(const auto entry, FindPolicySet(snapshot, hash));
  return access::Policies::Compile(entry->files, snapshot.state.facility);
}

absl::StatusOr<Compiled> ToActivate(const QueryContext& context, const v1::ActivatePolicySetRequest& request) {
  return Compile(context.snapshot, request.hash());
}

absl::StatusOr<v1::ActivatePolicySetResponse> Activate(engine::Transaction& transaction,
                                                       const v1::ActivatePolicySetRequest&, const Compiled& policies) {
  v1::ActivatePolicySetResponse response;
  SP_ASSIGN_OR_RETURN(*response.mutable_previous_hash(), engine::ActivatePolicySet(transaction, policies));
  return response;
}

absl::StatusOr<Compiled> ToRollBack(const QueryContext& context, const v1::RollBackPolicySetRequest&) {
  SP_ASSIGN_OR_RETURN(const std::string hash, engine::PolicySetBefore(*context.snapshot.state.policy_book));
  return Compile(context.snapshot, hash);
}

absl::StatusOr<v1::RollBackPolicySetResponse> RollBack(engine::Transaction& transaction,
                                                       const v1::RollBackPolicySetRequest&, const Compiled& policies) {
  v1::RollBackPolicySetResponse response;
  SP_ASSIGN_OR_RETURN(*response.mutable_hash(), engine::RollBackPolicySet(transaction, policies));
  return response;
}

}  // namespace

void AddPolicyService(Methods& methods, Watchers& watchers) {
  methods.Query(SP_POLICY "GetPolicySet", GetPolicySet);
  methods.Query(SP_POLICY "ValidatePolicySet", Validate);
  methods.Query(SP_POLICY "TestPolicySet", Test);
  methods.PreparedCommand(SP_POLICY "ProposePolicySet", ToPropose, Propose);
  methods.PreparedCommand(SP_POLICY "ActivatePolicySet", ToActivate, Activate);
  methods.PreparedCommand(SP_POLICY "RollBackPolicySet", ToRollBack, RollBack);
  AddReplayHistory(methods, watchers);
}

}  // namespace sallyport::transport
