#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"
#include "transport/rpc.h"

// The Connect protocol (connectrpc.com/docs/protocol), as far as it is text and bytes: no sockets. Pure functions, safe
// from any thread.
namespace sallyport::transport::connect {

enum class Codec { kProto, kJson };

struct ContentType {
  Codec codec = Codec::kJson;
  bool stream = false;  // enveloped messages: application/connect+…
};

// Of a Content-Type header; nothing when it is none of ours. Parameters ("; charset=utf-8") are ignored.
std::optional<ContentType> ParseContentType(absl::string_view header);
absl::string_view Name(const ContentType& type);
// For Accept-Post: what a method of this kind takes.
absl::string_view Accepted(Method::Kind kind);

// "json" or "proto", of a GET; INVALID_ARGUMENT otherwise.
absl::StatusOr<Codec> ParseCodec(absl::string_view name);

// Connect-Protocol-Version, empty when there is none. INVALID_ARGUMENT unless it is "1".
absl::Status CheckVersion(absl::string_view header);
// Connect-Timeout-Ms, empty when there is none (InfiniteDuration). INVALID_ARGUMENT unless it is up to ten digits.
absl::StatusOr<absl::Duration> ParseTimeout(absl::string_view header);
// Content-Encoding and its like: whether it is gzip. UNIMPLEMENTED names the encodings that are understood.
absl::StatusOr<bool> IsGzip(absl::string_view encoding);
// Whether an Accept-Encoding header takes gzip.
bool AcceptsGzip(absl::string_view header);

// The query of a unary GET.
struct GetRequest {
  Codec codec = Codec::kJson;
  std::string message;  // decoded, not decompressed
  bool gzip = false;
};
absl::StatusOr<GetRequest> ParseQuery(absl::string_view query);

// Whether a method may be called by GET: it says of itself that it has no side effects.
bool MayGet(const Method& method);

// A request's message from its body.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ParseMessage(const Method& method, Codec codec,
                                                                        absl::string_view body);
// A response's bytes as the codec writes them.
absl::StatusOr<std::string> FormatMessage(const Method& method, Codec codec, std::string bytes);

// ---- errors

// "not_found" and 404.
absl::string_view CodeName(int code);
unsigned HttpStatus(int code);
// {"code": …, "message": …, "details": [{"type", "value", "debug"}]}
std::string ErrorJson(const google::rpc::Status& status);

// ---- envelopes: flags, length (big-endian, 32 bits), payload

inline constexpr uint8_t kCompressed = 0x01;
inline constexpr uint8_t kEndOfStream = 0x02;

std::string Envelope(uint8_t flags, absl::string_view payload);
// The one message of a server stream's request. INVALID_ARGUMENT unless the body is exactly one envelope; compressed
// only where `gzip`. At most `bytes_max` once unpacked.
absl::StatusOr<std::string> ParseSingleEnvelope(absl::string_view body, bool gzip, size_t bytes_max);
// The envelope that ends a stream; null: without an error.
std::string EndEnvelope(const google::rpc::Status* error);

}  // namespace sallyport::transport::connect
