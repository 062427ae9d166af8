#include "operators/model.h"

namespace sallyport::operators {

absl::string_view Name(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kPerson:
      return "person";
    case OperatorKind::kService:
      return "service";
    case OperatorKind::kGateway:
      return "gateway";
  }
  return "";
}

bool ParseKind(absl::string_view text, OperatorKind& kind) {
  for (const OperatorKind k : {OperatorKind::kPerson, OperatorKind::kService, OperatorKind::kGateway}) {
    if (text != Name(k)) continue;
    kind = k;
    return true;
  }
  return false;
}

}  // namespace sallyport::operators
