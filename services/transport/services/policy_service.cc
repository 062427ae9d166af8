#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
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

// "floors.cedar:12:5: message" becomes its parts; other text stays a message.
void AddProblem(absl::string_view line, v1::ValidatePolicySetResponse* response) {
  v1::PolicyProblem* problem = response->add_problems();
  problem->set_severity("error");
  const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 3));
  uint32_t row = 0;
  uint32_t column = 0;
  if (parts.size() == 4 && absl::SimpleAtoi(parts[1], &row) && absl::SimpleAtoi(parts[2], &column)) {
    problem->set_file(std::string(parts[0]));
    problem->set_line(row);
    problem->set_column(column);
    problem->set_message(std::string(absl::StripPrefix(absl::StripAsciiWhitespace(parts[3]), "error: ")));
  } else {
    problem->set_message(std::string(line));
  }
}

absl::StatusOr<v1::ValidatePolicySetResponse> Validate(const QueryContext& context,
                                                       const v1::ValidatePolicySetRequest& request) {
  SP_ASSIGN_OR_RETURN(const access::PolicyFiles files, FilesOf(request.policy_set()));
  v1::ValidatePolicySetResponse response;
  response.set_hash(files.Hash());
  const auto compiled = access::Policies::Compile(files, context.snapshot.state.facility);
  if (compiled.ok()) return response;
  for (const absl::string_view line : absl::StrSplit(compiled.status().message(), '\n', absl::SkipEmpty())) {
    AddProblem(line, &response);
  }
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
