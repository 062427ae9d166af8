#ifndef CEDAR_PARSER_H_
#define CEDAR_PARSER_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "cedar/expr.h"
#include "cedar/lexer.h"
#include "cedar/policy.h"

// The grammar of policies: https://docs.cedarpolicy.com/policies/syntax-grammar.html
namespace cedar {

// Recursive descent over one text. Errors go to the diagnostics; after one, parsing resumes behind the next ";".
class PolicyParser {
 public:
  PolicyParser(std::shared_ptr<const SourceText> source, std::vector<Diagnostic>* diagnostics)
      : source_(std::move(source)), reader_(*source_, diagnostics) {}

  // Every policy and template of the text that has no error, in order.
  std::vector<std::shared_ptr<const PolicyBody>> ParsePolicies();
  // The whole text as one expression.
  std::optional<ExprId> ParseWholeExpr(ExprTree* tree);
  // The whole text as an entity uid or as a type name.
  std::optional<EntityUid> ParseWholeUid();

 private:
  using MaybeExpr = std::optional<ExprId>;
  struct PathName {
    std::string text;
    size_t parts = 0;
    SourceSpan span;
  };

  // policies (parser.cc)
  bool ParsePolicy(PolicyBody* body);
  bool ParseAnnotations(PolicyBody* body);
  bool ParseScope(PolicyBody* body);
  bool ParseVariable(absl::string_view name);
  bool ParseScopeConstraint(absl::string_view name, ScopeConstraint* out);
  bool ParseScopeEntity(absl::string_view name, ScopeConstraint* out);
  bool ParseActionConstraint(ActionConstraint* out);
  bool ParseActionUid(std::vector<EntityUid>* out);
  bool ParseConditions(PolicyBody* body);
  bool ParseUid(EntityUid* out);
  bool ParsePath(PathName* out, bool stop_before_string);

  // expressions (parser_expr.cc)
  MaybeExpr ParseExpr();
  MaybeExpr ParseChain(bool is_or);
  MaybeExpr ParseRelation();
  MaybeExpr ParseHas(ExprId operand, uint32_t begin);
  MaybeExpr ParseLike(ExprId operand, uint32_t begin);
  MaybeExpr ParseIs(ExprId operand, uint32_t begin);
  MaybeExpr ParseSum();
  MaybeExpr ParseProduct();
  MaybeExpr ParseUnary();
  MaybeExpr ParseMember(MaybeExpr primary, uint32_t begin);
  MaybeExpr ParseMethod(ExprId receiver, const Token& name, uint32_t begin);
  MaybeExpr ParsePrimary();
  MaybeExpr ParseNumber(bool negative, uint32_t begin);
  MaybeExpr ParseName();
  MaybeExpr ParseFunction(const PathName& name);
  MaybeExpr ParseSet();
  MaybeExpr ParseRecord();
  bool ParseArguments(std::vector<ExprId>* out, absl::string_view close);
  MaybeExpr Make(ExprKind kind, uint32_t begin, absl::Span<const ExprId> children, uint8_t detail = 0,
                 Value value = Value());
  MaybeExpr CheckHeight(ExprId id);
  std::nullopt_t Fail(SourceSpan span, std::string message, std::string help = "");

  std::shared_ptr<const SourceText> source_;
  TokenReader reader_;
  ExprTree* tree_ = nullptr;
};

}  // namespace cedar

#endif  // CEDAR_PARSER_H_
