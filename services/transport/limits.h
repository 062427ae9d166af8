#pragma once

#include <cstddef>

#include "absl/time/time.h"

// Everything in this room that has a limit, with its reason. What an operator may want to change (sizes of requests,
// numbers of streams, how long a stop may take) is in the daemon's configuration and comes in as options.
namespace sallyport::transport {

// ---- both front ends

// A token has about 70 characters; a longer header is not one.
inline constexpr size_t kAuthorizationBytesMax = 512;
// How long an open stream may go on after its token expired. Revoking and suspending act at once.
inline constexpr absl::Duration kStandingMax = absl::Seconds(1);
// Field violations in one error: more do not help whoever reads them.
inline constexpr size_t kViolationsMax = 100;
// Messages of the API nest to about six; a policy explanation or a GeoJSON-like plan to perhaps twice that.
inline constexpr int kJsonDepthMax = 32;

// ---- gRPC

// An error travels in HTTP/2 trailers, of which clients take 8 KiB by default. Message (percent-encoded) and details
// (base64, with the message once more) fit into that together.
inline constexpr size_t kGrpcMessageBytesMax = 1000;
inline constexpr size_t kGrpcDetailsBytesMax = 3000;
// Request headers: a token, a deadline, tracing. gRPC's own default is 8 KiB.
inline constexpr int kGrpcMetadataBytesMax = 16 * 1024;
// Calls at once on one connection.
inline constexpr int kGrpcCallsPerConnectionMax = 1024;
// What all connections' buffers may take together, before anybody has been authenticated too.
inline constexpr size_t kGrpcBufferBytesMax = size_t{512} << 20;
// A connection that nothing comes from is probed after this long and dropped when it does not answer in time: gateways
// sit behind firewalls that forget.
inline constexpr absl::Duration kGrpcKeepaliveTime = absl::Seconds(60);
inline constexpr absl::Duration kGrpcKeepaliveTimeout = absl::Seconds(20);
// How often a client may probe.
inline constexpr absl::Duration kGrpcClientPingInterval = absl::Seconds(10);
// Answers of one bidirectional stream that wait for a slow client; reading stops while there are as many.
inline constexpr size_t kBidiAnswersMax = 1024;

// ---- HTTPS

inline constexpr size_t kHttpHeaderBytesMax = 16 * 1024;  // with the path, and so with a message in it
inline constexpr size_t kHttpConnectionsMax = 2048;       // each may hold a request body; more are closed at once
inline constexpr absl::Duration kHttpHandshakeTimeout = absl::Seconds(10);
inline constexpr absl::Duration kHttpIdleTimeout = absl::Seconds(60);   // until a request's headers are there
inline constexpr absl::Duration kHttpBodyTimeout = absl::Seconds(60);   // until its body is there
inline constexpr absl::Duration kHttpWriteTimeout = absl::Seconds(30);  // for one write to be taken
// A refused request is read on for so long and so much, so that its sender gets to read the answer.
inline constexpr absl::Duration kHttpLingerTimeout = absl::Seconds(2);
inline constexpr size_t kHttpLingerBytesMax = 16u << 20;
// Timeouts that a client may ask for: ten digits of milliseconds are 115 days.
inline constexpr size_t kConnectTimeoutDigitsMax = 10;
// Smaller answers are not worth compressing.
inline constexpr size_t kCompressBytesMin = 1024;

}  // namespace sallyport::transport
