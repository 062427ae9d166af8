#include "engine/operator_commands.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "operators/authorize.h"
#include "operators/directory.h"

namespace sallyport::engine {
namespace {

bool CanBeAdministered(Transaction& transaction) {
  constexpr absl::string_view kMethods[] = {"sallyport.operator.v1.OperatorService/UpdateOperator"};
  const access::Policies* policies = transaction.policies();
  return policies != nullptr &&
         operators::AnyoneMay(policies->set(), policies->actions(), transaction.state().operators, kMethods);
}

}  // namespace

absl::StatusOr<operators::Operator> UpdateOperator(Transaction& transaction, const operators::Operator& wanted) {
  const bool before = CanBeAdministered(transaction);
  SP_ASSIGN_OR_RETURN(const ChangeEvent event, operators::UpdateOperator(wanted, transaction.state().operators));
  if (before && !CanBeAdministered(transaction)) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat("operator \"", wanted.id.value(),
                                                                 "\" is the last one who may administer operators")),
                      "LAST_ADMINISTRATOR");
  }
  transaction.Record(event);
  return *transaction.state().operators.operators.Find(wanted.id);
}

}  // namespace sallyport::engine
