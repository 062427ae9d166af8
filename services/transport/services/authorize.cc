#include "transport/services/authorize.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "engine/door_commands.h"
#include "transport/services/convert.h"
#include "transport/services/pages.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::access::v1;

constexpr char kAuthorize[] = "sallyport.access.v1.AccessService/Authorize";
constexpr uint32_t kCardBitsMax = 512;
constexpr size_t kPinBytesMax = 32;

absl::StatusOr<access::Presented> PresentedOf(const v1::AuthorizeRequest& request) {
  access::Presented out;
  SP_RETURN_IF_ERROR(CheckId("access_point_id", request.access_point_id()));
  out.access_point = AccessPointId(request.access_point_id());
  switch (request.presented_case()) {
    case v1::AuthorizeRequest::kCard: {
      SP_ASSIGN_OR_RETURN(out.credential, CardOf("card", request.card()));
      break;
    }
    case v1::AuthorizeRequest::kCredentialId:
      SP_RETURN_IF_ERROR(CheckId("credential_id", request.credential_id()));
      out.credential = CredentialId(request.credential_id());
      break;
    case v1::AuthorizeRequest::PRESENTED_NOT_SET:
      return FieldError("presented", "expected card or credential_id");
  }
  if (request.pin().size() > kPinBytesMax)
    return FieldError("pin", absl::StrCat("at most ", kPinBytesMax, " characters"));
  out.pin = Secret(request.pin());
  SP_ASSIGN_OR_RETURN(out.read_time,
                      FromTimestamp("read_time", request.has_read_time(), request.read_time(), absl::InfinitePast()));
  return out;
}

void Fill(const engine::Authorized& authorized, const std::string& origin, v1::AuthorizeResponse* out) {
  const access::Decision& decision = authorized.decision;
  out->set_decision(decision.granted() ? v1::DECISION_GRANT : v1::DECISION_DENY);
  out->set_reason_code(decision.event.reason);
  out->set_message(decision.message);
  out->set_unlock_seconds(decision.unlock_seconds);
  out->mutable_floors()->Add(decision.floors.begin(), decision.floors.end());
  SetTime(decision.valid_until, out, &v1::AuthorizeResponse::mutable_valid_until);
  for (const std::string& obligation : decision.event.obligations) out->add_obligations(obligation);
  for (const std::string& policy : decision.event.policies) out->add_determining_policies(policy);
  ToProto(authorized.receipt, origin, out->mutable_receipt());
}

// What makes two reads the same: the place and the card. A gateway that repeats a read may send a later read_time.
std::string AuthorizeFingerprint(const v1::AuthorizeRequest& request) {
  return absl::StrCat(request.access_point_id(), "\n", request.has_card() ? request.card().bit_count() : 0, "\n",
                      request.has_card() ? request.card().bits() : request.credential_id());
}

}  // namespace

absl::StatusOr<access::CardBits> CardOf(absl::string_view field, const v1::Card& card) {
  if (card.bit_count() == 0 || card.bit_count() > kCardBitsMax) {
    return FieldError(absl::StrCat(field, ".bit_count"), absl::StrCat("expected 1 to ", kCardBitsMax));
  }
  const uint32_t unused = (8 - card.bit_count() % 8) % 8;
  if (card.bits().size() != (card.bit_count() + 7) / 8) {
    return FieldError(absl::StrCat(field, ".bits"),
                      absl::StrCat(card.bits().size(), " bytes do not hold exactly ", card.bit_count(), " bits"));
  }
  if ((static_cast<uint8_t>(card.bits().back()) & ((1u << unused) - 1)) != 0) {
    return FieldError(absl::StrCat(field, ".bits"), "the unused low bits of the last byte must be zero");
  }
  return access::CardBits{card.bits(), card.bit_count()};
}

absl::StatusOr<engine::Command> AuthorizeCommand(const v1::AuthorizeRequest& request, const Caller& caller) {
  SP_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  SP_ASSIGN_OR_RETURN(access::Presented presented, PresentedOf(request));
  engine::Command command;
  command.actor = caller.id;
  command.method = kAuthorize;
  command.request_id = request.request_id();
  command.fingerprint = AuthorizeFingerprint(request);
  command.request_time = presented.read_time;
  command.apply = [presented = std::move(presented),
                   request_id = request.request_id()](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
    SP_ASSIGN_OR_RETURN(const engine::Authorized authorized, engine::Authorize(transaction, presented));
    v1::AuthorizeResponse response;
    response.set_request_id(request_id);
    Fill(authorized, transaction.origin(), &response);
    return response.SerializeAsString();
  };
  return command;
}

void AddAuthorize(Methods& methods) {
  engine::Engine& engine = methods.engine();
  methods.router().Unary<v1::AuthorizeRequest, v1::AuthorizeResponse>(
      kAuthorize, [&engine](UnaryCall<v1::AuthorizeRequest, v1::AuthorizeResponse> call) {
        auto command = AuthorizeCommand(call.request(), call.caller());
        if (!command.ok()) return call.Reply(command.status());
        command->done = [call = std::move(call)](absl::StatusOr<std::string> bytes) mutable {
          call.ReplyBytes(std::move(bytes));
        };
        engine.Submit(*std::move(command));
      });
}

}  // namespace sallyport::transport
