#include "transport/connect.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "google/rpc/error_details.pb.h"
#include "transport/gzip.h"
#include "transport/json.h"
#include "transport/limits.h"
#include "transport/parse.h"

namespace sallyport::transport::connect {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;

struct Code {
  absl::string_view name;
  unsigned http;
};

// By google.rpc.Code.
constexpr Code kCodes[] = {
    {"ok", 200},
    {"canceled", 499},
    {"unknown", 500},
    {"invalid_argument", 400},
    {"deadline_exceeded", 504},
    {"not_found", 404},
    {"already_exists", 409},
    {"permission_denied", 403},
    {"resource_exhausted", 429},
    {"failed_precondition", 400},
    {"aborted", 409},
    {"out_of_range", 400},
    {"unimplemented", 501},
    {"internal", 500},
    {"unavailable", 503},
    {"data_loss", 500},
    {"unauthenticated", 401},
};
constexpr int kUnknown = 2;

const Code& CodeOf(int code) {
  return code >= 0 && static_cast<size_t>(code) < std::size(kCodes) ? kCodes[code] : kCodes[kUnknown];
}

// Unpadded: protobuf's own decoders take either, the protocol asks for this.
std::string Base64(absl::string_view bytes) {
  std::string out = absl::Base64Escape(bytes);
  while (absl::EndsWith(out, "=")) out.pop_back();
  return out;
}

template <class T>
bool AddDebug(const google::protobuf::Any& detail, nlohmann::ordered_json* out) {
  T message;
  std::string text;
  if (!detail.UnpackTo(&message) || !google::protobuf::util::MessageToJsonString(message, &text).ok()) return false;
  (*out)["debug"] = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  return true;
}

nlohmann::ordered_json ErrorObject(const google::rpc::Status& status) {
  nlohmann::ordered_json out;
  out["code"] = std::string(CodeName(status.code()));
  if (!status.message().empty()) out["message"] = status.message();
  for (const google::protobuf::Any& any : status.details()) {
    nlohmann::ordered_json detail;
    detail["type"] = any.type_url().substr(any.type_url().rfind('/') + 1);
    detail["value"] = Base64(any.value());
    if (!AddDebug<google::rpc::ErrorInfo>(any, &detail)) AddDebug<google::rpc::BadRequest>(any, &detail);
    out["details"].push_back(std::move(detail));
  }
  return out;
}

std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

absl::Status BadQuery(absl::string_view parameter, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the query's ", parameter, " ", why));
}

bool Unescape(absl::string_view text, std::string* out) {
  out->clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out->push_back(' ');
    } else if (text[i] != '%') {
      out->push_back(text[i]);
    } else {
      if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) || !absl::ascii_isxdigit(text[i + 2]))
        return false;
      out->append(absl::HexStringToBytes(text.substr(i + 1, 2)));
      i += 2;
    }
  }
  return true;
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Parameters(absl::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const absl::string_view part : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> split = absl::StrSplit(part, absl::MaxSplits('=', 1));
    auto& [name, value] = out.emplace_back();
    if (!Unescape(split.first, &name) || !Unescape(split.second, &value)) {
      return BadQuery("text", "is not URL-encoded");
    }
    for (size_t i = 0; i + 1 < out.size(); ++i) {
      if (out[i].first == name) return BadQuery(name, "stands there twice");
    }
  }
  return out;
}

}  // namespace

std::optional<ContentType> ParseContentType(absl::string_view header) {
  const std::string type = absl::AsciiStrToLower(absl::StripAsciiWhitespace(header.substr(0, header.find(';'))));
  if (type == "application/json") return ContentType{Codec::kJson, false};
  if (type == "application/proto") return ContentType{Codec::kProto, false};
  if (type == "application/connect+json") return ContentType{Codec::kJson, true};
  if (type == "application/connect+proto") return ContentType{Codec::kProto, true};
  return std::nullopt;
}

absl::string_view Name(const ContentType& type) {
  if (type.stream) return type.codec == Codec::kJson ? "application/connect+json" : "application/connect+proto";
  return type.codec == Codec::kJson ? "application/json" : "application/proto";
}

absl::string_view Accepted(Method::Kind kind) {
  return kind == Method::Kind::kUnary ? "application/json, application/proto"
                                      : "application/connect+json, application/connect+proto";
}

absl::StatusOr<Codec> ParseCodec(absl::string_view name) {
  if (name == "json") return Codec::kJson;
  if (name == "proto") return Codec::kProto;
  return BadQuery("encoding", "must be json or proto");
}

absl::Status CheckVersion(absl::string_view header) {
  if (header.empty() || header == "1") return absl::OkStatus();
  return absl::InvalidArgumentError("Connect-Protocol-Version: only version 1 is spoken here");
}

absl::StatusOr<absl::Duration> ParseTimeout(absl::string_view header) {
  if (header.empty()) return absl::InfiniteDuration();
  int64_t milliseconds = 0;
  const bool digits = header.find_first_not_of("0123456789") == absl::string_view::npos;
  if (!digits || header.size() > kConnectTimeoutDigitsMax || !absl::SimpleAtoi(header, &milliseconds)) {
    return absl::InvalidArgumentError(
        absl::StrCat("Connect-Timeout-Ms: expected at most ", kConnectTimeoutDigitsMax, " digits"));
  }
  return absl::Milliseconds(milliseconds);
}

absl::StatusOr<bool> IsGzip(absl::string_view encoding) {
  if (encoding.empty() || encoding == "identity") return false;
  if (encoding == "gzip") return true;
  return absl::UnimplementedError("this compression is not understood; supported are gzip and identity");
}

bool AcceptsGzip(absl::string_view header) {
  for (const absl::string_view part : absl::StrSplit(header, ',')) {
    const std::pair<absl::string_view, absl::string_view> words = absl::StrSplit(part, absl::MaxSplits(';', 1));
    if (absl::StripAsciiWhitespace(words.first) != "gzip") continue;
    absl::string_view quality = absl::StripAsciiWhitespace(words.second);
    double weight = 1;
    return !absl::ConsumePrefix(&quality, "q=") || !absl::SimpleAtod(quality, &weight) || weight > 0;
  }
  return false;
}

absl::StatusOr<GetRequest> ParseQuery(absl::string_view query) {
  GetRequest out;
  bool codec = false, message = false, base64 = false;
  SP_ASSIGN_OR_RETURN(const auto parameters, Parameters(query));
  for (const auto& [name, value] : parameters) {
    if (name == "connect") {
      if (value != "v1") return BadQuery(name, "must be v1");
    } else if (name == "encoding") {
      codec = true;
      SP_ASSIGN_OR_RETURN(out.codec, ParseCodec(value));
    } else if (name == "message") {
      message = true;
      out.message = value;
    } else if (name == "base64") {
      if (value != "1") return BadQuery(name, "must be 1");
      base64 = true;
    } else if (name == "compression") {
      SP_ASSIGN_OR_RETURN(out.gzip, IsGzip(value));
    } else {
      return BadQuery(absl::StrCat("parameter \"", absl::CHexEscape(name), "\""), "is not known");
    }
  }
  if (!codec) return BadQuery("encoding", "is missing");
  if (!message) return BadQuery("message", "is missing");
  if (std::string bytes; base64) {
    if (!absl::WebSafeBase64Unescape(out.message, &bytes)) return BadQuery("message", "is not URL-safe base64");
    out.message = std::move(bytes);
  }
  return out;
}

bool MayGet(const Method& method) {
  if (method.kind != Method::Kind::kUnary) return false;
  const auto* descriptor =
      DescriptorPool::generated_pool()->FindMethodByName(absl::StrReplaceAll(method.name, {{"/", "."}}));
  return descriptor != nullptr &&
         descriptor->options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
}

absl::StatusOr<std::unique_ptr<Message>> ParseMessage(const Method& method, Codec codec, absl::string_view body) {
  if (codec == Codec::kProto) return ParseRequest(*method.request, body);
  return ParseJsonRequest(*method.request, body);
}

absl::StatusOr<std::string> FormatMessage(const Method& method, Codec codec, std::string bytes) {
  if (codec == Codec::kProto) return bytes;
  return JsonOf(*method.response, bytes);
}

absl::string_view CodeName(int code) { return CodeOf(code).name; }

unsigned HttpStatus(int code) { return CodeOf(code).http; }

std::string ErrorJson(const google::rpc::Status& status) { return Dump(ErrorObject(status)); }

std::string Envelope(uint8_t flags, absl::string_view payload) {
  std::string out;
  out.reserve(5 + payload.size());
  out.push_back(static_cast<char>(flags));
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(payload.size() >> shift));
  out.append(payload.data(), payload.size());
  return out;
}

absl::StatusOr<std::string> ParseSingleEnvelope(absl::string_view body, bool gzip, size_t bytes_max) {
  const auto malformed = [](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("the request's envelope ", why));
  };
  if (body.size() < 5) return malformed("is missing or cut off");
  const auto flags = static_cast<uint8_t>(body[0]);
  uint32_t size = 0;
  for (int i = 1; i <= 4; ++i) size = size << 8 | static_cast<uint8_t>(body[i]);
  if ((flags & ~kCompressed) != 0) return malformed("has flags that a request cannot have");
  if (body.size() - 5 < size) return malformed("is cut off");
  if (body.size() - 5 > size) return malformed("must be the only one");
  const absl::string_view payload = body.substr(5);
  if ((flags & kCompressed) == 0) return std::string(payload);
  if (!gzip) return malformed("is compressed, but Connect-Content-Encoding does not say how");
  return Gunzip(payload, bytes_max);
}

std::string EndEnvelope(const google::rpc::Status* error) {
  nlohmann::ordered_json end = nlohmann::ordered_json::object();
  if (error != nullptr) end["error"] = ErrorObject(*error);
  return Envelope(kEndOfStream, Dump(end));
}

}  // namespace sallyport::transport::connect
