#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "engine/operator_commands.h"
#include "operators/directory.h"
#include "operators/limits.h"
#include "operators/tokens.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/methods.h"
#include "transport/services/pages.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::operator_::v1;

#define SP_OPERATOR "sallyport.operator.v1.OperatorService/"

absl::StatusOr<operators::Operator> FromProto(const v1::Operator& in) {
  operators::Operator out;
  SP_RETURN_IF_ERROR(CheckId("operator.id", in.id()));
  out.id = OperatorId(in.id());
  out.name = in.name();
  if (!operators::ParseKind(in.kind(), out.kind))
    return FieldError("operator.kind", "expected person, service or gateway");
  out.roles.insert(in.roles().begin(), in.roles().end());
  out.status = in.active() ? operators::OperatorStatus::kActive : operators::OperatorStatus::kSuspended;
  return out;
}

absl::StatusOr<v1::WhoAmIResponse> WhoAmI(const QueryContext& context, const v1::WhoAmIRequest&) {
  SP_ASSIGN_OR_RETURN(const operators::Operator found,
                      operators::WhoAmI(context.snapshot.state.operators, OperatorId(context.caller.id)));
  v1::WhoAmIResponse response;
  ToProto(found, response.mutable_operator_());
  response.set_authenticated_by(context.caller.authenticated_by);
  return response;
}

absl::StatusOr<std::optional<DisclosureEvent>> ListAsked(const QueryContext&, const v1::ListOperatorsRequest& request) {
  SP_RETURN_IF_ERROR(PageSize(request.page_size()).status());
  return DisclosureEvent{SP_OPERATOR "ListOperators", PersonId(), ""};
}

absl::StatusOr<v1::ListOperatorsResponse> ListOperators(const QueryContext& context,
                                                        const v1::ListOperatorsRequest& request) {
  SP_ASSIGN_OR_RETURN(const auto page, PageOf(context.snapshot.state.operators.operators, request.page_size(),
                                              request.page_token(), [](const operators::Operator&) { return true; }));
  v1::ListOperatorsResponse response;
  for (const operators::Operator* found : page.items) ToProto(*found, response.add_operators());
  response.set_next_page_token(page.next);
  return response;
}

absl::StatusOr<v1::CreateOperatorResponse> Create(engine::Transaction& transaction,
                                                  const v1::CreateOperatorRequest& request) {
  SP_ASSIGN_OR_RETURN(const operators::Operator wanted, FromProto(request.operator_()));
  SP_ASSIGN_OR_RETURN(const ChangeEvent event, operators::CreateOperator(wanted, transaction.state().operators));
  transaction.Record(event);
  v1::CreateOperatorResponse response;
  ToProto(*transaction.state().operators.operators.Find(wanted.id), response.mutable_operator_());
  return response;
}

absl::StatusOr<v1::UpdateOperatorResponse> Update(engine::Transaction& transaction,
                                                  const v1::UpdateOperatorRequest& request) {
  v1::Operator in = request.operator_();
  SP_RETURN_IF_ERROR(CheckId("operator.id", in.id()));
  const operators::Operator* old = transaction.state().operators.operators.Find(OperatorId(in.id()));
  if (old == nullptr) return absl::NotFoundError(absl::StrCat("no operator \"", in.id(), "\""));
  if (in.kind().empty()) in.set_kind(std::string(operators::Name(old->kind)));
  SP_ASSIGN_OR_RETURN(const operators::Operator wanted, FromProto(in));
  SP_ASSIGN_OR_RETURN(const operators::Operator updated, engine::UpdateOperator(transaction, wanted));
  v1::UpdateOperatorResponse response;
  ToProto(updated, response.mutable_operator_());
  return response;
}

absl::StatusOr<v1::RevokeApiTokenResponse> Revoke(engine::Transaction& transaction,
                                                  const v1::RevokeApiTokenRequest& request) {
  SP_ASSIGN_OR_RETURN(const ChangeEvent event,
                      operators::RevokeApiToken(operators::TokenId(request.token_id()), transaction.state().operators));
  transaction.Record(event);
  return v1::RevokeApiTokenResponse();
}

// The token's text is shown once: it is not among the answers that are kept for repeats, so that nobody who reads the
// database finds it. A repeat of the request names the token and leaves the text out.
using CreateTokenCall = UnaryCall<v1::CreateApiTokenRequest, v1::CreateApiTokenResponse>;

absl::StatusOr<std::string> CreateToken(engine::Transaction& transaction, const v1::CreateApiTokenRequest& request,
                                        Secret* text) {
  std::array<uint8_t, operators::kTokenSecretBytes> secret{};
  transaction.random().Fill(absl::MakeSpan(secret));
  operators::CreateTokenRequest wanted;
  wanted.operator_id = OperatorId(request.operator_id());
  wanted.id = operators::TokenId(absl::AsciiStrToLower(transaction.NewId()));
  wanted.secret = secret;
  SP_ASSIGN_OR_RETURN(wanted.expires,
                      FromTimestamp("expires", request.has_expires(), request.expires(), absl::InfinitePast()));
  SP_ASSIGN_OR_RETURN(operators::NewToken made,
                      operators::CreateApiToken(wanted, transaction.now(), transaction.state().operators));
  transaction.Record(made.event);
  *text = std::move(made.text);
  v1::CreateApiTokenResponse response;
  response.set_token_id(made.token.id.value());
  return response.SerializeAsString();
}

void CreateApiToken(engine::Engine& engine, CreateTokenCall call) {
  if (const absl::Status checked = CheckRequestId(call.request().request_id()); !checked.ok())
    return call.Reply(checked);
  auto shared = std::make_shared<CreateTokenCall>(std::move(call));
  auto text = std::make_shared<Secret>();
  engine::Command command;
  command.actor = shared->caller().id;
  command.method = SP_OPERATOR "CreateApiToken";
  command.request_id = shared->request().request_id();
  command.fingerprint = FingerprintOf(shared->request());
  command.apply = [shared, text](engine::Transaction& transaction) {
    return CreateToken(transaction, shared->request(), text.get());
  };
  command.done = [shared, text](absl::StatusOr<std::string> bytes) {
    if (!bytes.ok()) return shared->Reply(bytes.status());
    v1::CreateApiTokenResponse response;
    response.ParseFromString(*bytes);
    response.set_token(std::string(text->reveal()));
    shared->Reply(std::move(response));
  };
  engine.Submit(std::move(command));
}

}  // namespace

void AddOperatorService(Methods& methods) {
  methods.Query(SP_OPERATOR "WhoAmI", WhoAmI);
  methods.Disclosure(SP_OPERATOR "ListOperators", ListAsked, ListOperators);
  methods.Command(SP_OPERATOR "CreateOperator", Create);
  methods.Command(SP_OPERATOR "UpdateOperator", Update);
  methods.Command(SP_OPERATOR "RevokeApiToken", Revoke);
  engine::Engine& engine = methods.engine();
  methods.router().Unary<v1::CreateApiTokenRequest, v1::CreateApiTokenResponse>(
      SP_OPERATOR "CreateApiToken", [&engine](CreateTokenCall call) { CreateApiToken(engine, std::move(call)); });
  // ListApprovals, Approve and Reject answer UNIMPLEMENTED (docs/status.md).
}

}  // namespace sallyport::transport
