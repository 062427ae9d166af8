#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "access/decision.h"
#include "engine/engine.h"
#include "sallyport/access/v1/access.pb.h"
#include "transport/rpc.h"
#include "transport/services/methods.h"

// What Authorize and AuthorizeStream share: from a request to the command that decides.
namespace sallyport::transport {

// INVALID_ARGUMENT names `field`.bits or .bit_count.
absl::StatusOr<access::CardBits> CardOf(absl::string_view field, const access::v1::Card& card);

// The command for one read, without `done`, which gets a serialised AuthorizeResponse. INVALID_ARGUMENT when the
// request is malformed. Unary and streamed reads are repeats of each other when their request_id is the same.
absl::StatusOr<engine::Command> AuthorizeCommand(const access::v1::AuthorizeRequest& request, const Caller& caller);

void AddAuthorize(Methods& methods);        // authorize.cc
void AddAuthorizeStream(Methods& methods);  // authorize_stream.cc
void AddExplain(Methods& methods);          // explain.cc

}  // namespace sallyport::transport
