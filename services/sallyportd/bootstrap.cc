#include "sallyportd/bootstrap.h"

#include <future>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "base/file.h"
#include "base/status.h"
#include "engine/facility_commands.h"
#include "engine/policy_commands.h"
#include "facility/document.h"
#include "operators/directory.h"
#include "operators/limits.h"
#include "operators/model.h"
#include "sallyportd/policy_folder.h"

namespace sallyport {
namespace {

operators::Operator OperatorOf(const BootstrapOperator& in) {
  operators::Operator out;
  out.id = OperatorId(in.id);
  out.name = in.name;
  SP_CHECK(operators::ParseKind(in.kind, out.kind));  // the configuration has been checked
  out.roles.insert(in.roles.begin(), in.roles.end());
  return out;
}

// The token whose digest the configuration holds. A simulation has no time of its own by which a token could end.
void AddToken(engine::Transaction& transaction, const BootstrapOperator& in, bool simulation) {
  operators::ApiToken token;
  token.id = operators::TokenId(in.token_id);
  token.operator_id = OperatorId(in.id);
  token.digest = absl::HexStringToBytes(in.token_sha256);
  token.created = transaction.now();
  token.expires = simulation ? absl::InfiniteFuture() : transaction.now() + operators::kTokenLifeMax;
  transaction.state().operators.tokens.Put(token.id, token);
  transaction.Record(ChangeEvent{"token.created", in.token_id, {}, {{"operator", in.id}}, {}});
}

absl::Status AddOperators(engine::Transaction& transaction, const Config& config) {
  for (const BootstrapOperator& in : config.operators) {
    SP_ASSIGN_OR_RETURN(const ChangeEvent event,
                        operators::CreateOperator(OperatorOf(in), transaction.state().operators));
    transaction.Record(event);
    if (!in.token_id.empty()) AddToken(transaction, in, config.clock == ClockMode::kFromRequests);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<facility::Document>> ReadFacility(const Config& config) {
  if (config.facility.empty()) return std::optional<facility::Document>();
  SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(config.facility, config.limits.document_bytes));
  SP_ASSIGN_OR_RETURN(facility::Document document, facility::ParseDocument(text, config.facility));
  return std::optional<facility::Document>(std::move(document));
}

}  // namespace

absl::Status Bootstrap(engine::Engine& engine, const Config& config) {
  if (engine.snapshot()->policies != nullptr) return absl::OkStatus();
  SP_ASSIGN_OR_RETURN(const access::PolicyFiles files, ReadPolicyFolder(config.policies));
  SP_ASSIGN_OR_RETURN(const auto policies, access::Policies::Compile(files, facility::State()));
  SP_ASSIGN_OR_RETURN(const std::optional<facility::Document> document, ReadFacility(config));
  std::promise<absl::Status> finished;
  engine::Command command;
  command.actor = "system";
  command.method = "bootstrap";
  command.apply = [&](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
    if (document) SP_RETURN_IF_ERROR(engine::ApplyFacility(transaction, *document).status());
    SP_RETURN_IF_ERROR(AddOperators(transaction, config));
    engine::ProposePolicySet(transaction, *policies->checked());
    SP_RETURN_IF_ERROR(engine::ActivatePolicySet(transaction, policies).status());
    return std::string();
  };
  command.done = [&finished](absl::StatusOr<std::string> answer) { finished.set_value(answer.status()); };
  engine.Submit(std::move(command));
  return finished.get_future().get();
}

}  // namespace sallyport
