#include "cedar/authorizer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cedar/evaluator.h"
#include "cedar/parser.h"
#include "cedar/scope_index.h"

namespace cedar {
namespace {

// Below this many policies looking at each scope is cheaper than the index.
constexpr size_t kScanMax = 6;

std::string ErrorMessage(const Policy& policy, const internal::Evaluator& evaluator) {
  const PolicyBody& body = policy.body();
  if (!body.source) return evaluator.error();
  SourcePosition at = body.source->PositionOf(evaluator.error_span().begin);
  return absl::StrCat(body.source->name, body.source->name.empty() ? "" : ":", at.line, ":", at.column, ": ",
                      evaluator.error());
}

class Answer {
 public:
  Answer(internal::Evaluator* evaluator, Response* response) : evaluator_(*evaluator), response_(*response) {}

  // A policy whose scope matches.
  void Consider(const Policy* policy) {
    switch (evaluator_.Conditions(*policy)) {
      case internal::Truth::kFalse: break;
      case internal::Truth::kError: response_.errors.push_back({policy, ErrorMessage(*policy, evaluator_)}); break;
      case internal::Truth::kTrue:
        if (policy->effect() == Effect::kForbid && !forbidden_) {
          forbidden_ = true;
          response_.reasons.clear();
        }
        if (forbidden_ == (policy->effect() == Effect::kForbid)) response_.reasons.push_back(policy);
        break;
    }
  }

  void Finish() {
    response_.decision = !forbidden_ && !response_.reasons.empty() ? Decision::kAllow : Decision::kDeny;
  }

 private:
  internal::Evaluator& evaluator_;
  Response& response_;
  bool forbidden_ = false;
};

// By order of addition, each once: the index finds policies in an order of its own.
void SortOut(Response* response) {
  if (response->reasons.size() > 1) {
    auto& reasons = response->reasons;
    std::sort(reasons.begin(), reasons.end(), internal::ScopeIndex::AddedBefore);
    reasons.erase(std::unique(reasons.begin(), reasons.end()), reasons.end());
  }
  if (response->errors.size() > 1) {
    auto& errors = response->errors;
    std::sort(errors.begin(), errors.end(), [](const PolicyError& a, const PolicyError& b) {
      return internal::ScopeIndex::AddedBefore(a.policy, b.policy);
    });
    errors.erase(std::unique(errors.begin(), errors.end(),
                             [](const PolicyError& a, const PolicyError& b) { return a.policy == b.policy; }),
                 errors.end());
  }
}

}  // namespace

Response Authorize(const PolicySet& policies, const Request& request, const EntitySource& entities,
                   const AuthorizeOptions& options) {
  Response response;
  internal::Evaluator evaluator(request, entities);
  Answer answer(&evaluator, &response);
  const std::vector<const Policy*>& all = policies.index().all();
  if (!options.use_index || all.size() <= kScanMax) {
    for (const Policy* policy : all) {
      if (evaluator.ScopeMatches(*policy)) answer.Consider(policy);
    }
  } else {
    policies.index().Find(request, entities, [&](const Policy* policy) {
      if (evaluator.TypesMatch(*policy)) answer.Consider(policy);
    });
    SortOut(&response);
  }
  answer.Finish();
  return response;
}

PolicyVerdict EvaluatePolicy(const Policy& policy, const Request& request, const EntitySource& entities) {
  PolicyVerdict verdict;
  verdict.policy = &policy;
  internal::Evaluator evaluator(request, entities);
  verdict.mismatch = evaluator.ScopeMismatch(policy);
  if (!verdict.mismatch.empty()) return verdict;
  switch (evaluator.Conditions(policy, &verdict.condition)) {
    case internal::Truth::kTrue: verdict.verdict = Verdict::kSatisfied; break;
    case internal::Truth::kFalse: verdict.verdict = Verdict::kNotSatisfied; break;
    case internal::Truth::kError:
      verdict.verdict = Verdict::kError;
      verdict.error = ErrorMessage(policy, evaluator);
      break;
  }
  return verdict;
}

std::vector<PolicyVerdict> Explain(const PolicySet& policies, const Request& request, const EntitySource& entities) {
  std::vector<PolicyVerdict> verdicts;
  verdicts.reserve(policies.size());
  for (const Policy* policy : policies.index().all()) {
    verdicts.push_back(EvaluatePolicy(*policy, request, entities));
  }
  return verdicts;
}

absl::StatusOr<Value> EvaluateExpr(absl::string_view expression, const Request& request,
                                   const EntitySource& entities) {
  auto source = std::make_shared<SourceText>();
  source->text = std::string(expression);
  std::vector<Diagnostic> diagnostics;
  PolicyParser parser(source, &diagnostics);
  ExprTree tree;
  std::optional<ExprId> root = parser.ParseWholeExpr(&tree);
  if (absl::Status status = ToStatus(diagnostics); !status.ok()) return status;
  internal::Evaluator evaluator(request, entities);
  Value value;
  if (!evaluator.Evaluate(tree, *root, &value)) {
    return absl::InvalidArgumentError(
        MakeDiagnostic(*source, evaluator.error_span(), evaluator.error()).ToString());
  }
  return value.DeepCopy();
}

}  // namespace cedar
