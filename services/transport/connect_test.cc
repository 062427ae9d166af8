#include "transport/connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "sallyport/access/v1/access.pb.h"
#include "transport/errors.h"
#include "transport/gzip.h"

namespace sallyport::transport::connect {
namespace {

using ::testing::HasSubstr;

TEST(ContentTypeTest, KnowsFour) {
  const std::pair<const char*, std::pair<Codec, bool>> known[] = {
      {"application/json", {Codec::kJson, false}},
      {"application/proto", {Codec::kProto, false}},
      {"application/connect+json", {Codec::kJson, true}},
      {"Application/Connect+Proto", {Codec::kProto, true}},
      {"application/json; charset=utf-8", {Codec::kJson, false}},
  };
  for (const auto& [header, expected] : known) {
    const auto type = ParseContentType(header);
    ASSERT_TRUE(type.has_value()) << header;
    EXPECT_EQ(type->codec, expected.first) << header;
    EXPECT_EQ(type->stream, expected.second) << header;
  }
  for (const char* other : {"", "text/plain", "application/grpc", "application/connect", "application/jsonx", "json"}) {
    EXPECT_FALSE(ParseContentType(other).has_value()) << other;
  }
}

TEST(HeadersTest, Version) {
  EXPECT_TRUE(CheckVersion("").ok());
  EXPECT_TRUE(CheckVersion("1").ok());
  EXPECT_EQ(CheckVersion("2").code(), absl::StatusCode::kInvalidArgument);
}

TEST(HeadersTest, Timeout) {
  EXPECT_EQ(*ParseTimeout(""), absl::InfiniteDuration());
  EXPECT_EQ(*ParseTimeout("0"), absl::ZeroDuration());
  EXPECT_EQ(*ParseTimeout("9999999999"), absl::Milliseconds(9999999999));
  for (const char* bad : {"12345678901", "-1", "+1", "1.5", " 1", "1s", "0x10"}) {
    EXPECT_EQ(ParseTimeout(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(HeadersTest, Compression) {
  EXPECT_FALSE(*IsGzip(""));
  EXPECT_FALSE(*IsGzip("identity"));
  EXPECT_TRUE(*IsGzip("gzip"));
  EXPECT_EQ(IsGzip("br").status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(IsGzip("br").status().message()), HasSubstr("gzip and identity"));
  for (const char* yes : {"gzip", "br, gzip", "br,gzip;q=0.5", " gzip "}) EXPECT_TRUE(AcceptsGzip(yes)) << yes;
  for (const char* no : {"", "br", "gzip;q=0", "gzip; q=0", "xgzip"}) EXPECT_FALSE(AcceptsGzip(no)) << no;
}

TEST(QueryTest, Decodes) {
  const auto json = ParseQuery("connect=v1&encoding=json&message=%7B%22a%22%3A+1%7D");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->message, "{\"a\": 1}");
  EXPECT_EQ(json->codec, Codec::kJson);
  const auto base64 = ParseQuery("encoding=proto&base64=1&message=_-8&compression=gzip");
  ASSERT_TRUE(base64.ok()) << base64.status();
  EXPECT_EQ(base64->message, "\xFF\xEF");
  EXPECT_EQ(base64->codec, Codec::kProto);
  EXPECT_TRUE(base64->gzip);
  EXPECT_EQ(ParseQuery("encoding=proto&message=")->message, "");
}

TEST(QueryTest, Refuses) {
  for (const char* bad :
       {"", "encoding=json", "message=x", "encoding=xml&message=x", "encoding=json&message=%7",
        "encoding=json&message=%zz", "connect=v2&encoding=json&message=x", "encoding=json&message=x&message=y",
        "encoding=json&message=!&base64=1", "encoding=json&message=x&base64=2", "encoding=json&message=x&other=1"}) {
    EXPECT_EQ(ParseQuery(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(ParseQuery("encoding=json&message=x&compression=br").status().code(), absl::StatusCode::kUnimplemented);
}

TEST(ErrorTest, CodesAreTheProtocols) {
  const std::pair<absl::StatusCode, std::pair<const char*, unsigned>> table[] = {
      {absl::StatusCode::kCancelled, {"canceled", 499}},
      {absl::StatusCode::kUnknown, {"unknown", 500}},
      {absl::StatusCode::kInvalidArgument, {"invalid_argument", 400}},
      {absl::StatusCode::kDeadlineExceeded, {"deadline_exceeded", 504}},
      {absl::StatusCode::kNotFound, {"not_found", 404}},
      {absl::StatusCode::kAlreadyExists, {"already_exists", 409}},
      {absl::StatusCode::kPermissionDenied, {"permission_denied", 403}},
      {absl::StatusCode::kResourceExhausted, {"resource_exhausted", 429}},
      {absl::StatusCode::kFailedPrecondition, {"failed_precondition", 400}},
      {absl::StatusCode::kAborted, {"aborted", 409}},
      {absl::StatusCode::kOutOfRange, {"out_of_range", 400}},
      {absl::StatusCode::kUnimplemented, {"unimplemented", 501}},
      {absl::StatusCode::kInternal, {"internal", 500}},
      {absl::StatusCode::kUnavailable, {"unavailable", 503}},
      {absl::StatusCode::kDataLoss, {"data_loss", 500}},
      {absl::StatusCode::kUnauthenticated, {"unauthenticated", 401}},
  };
  for (const auto& [code, expected] : table) {
    EXPECT_EQ(CodeName(static_cast<int>(code)), expected.first);
    EXPECT_EQ(HttpStatus(static_cast<int>(code)), expected.second) << expected.first;
  }
  EXPECT_EQ(CodeName(99), "unknown");
  EXPECT_EQ(CodeName(-1), "unknown");
}

TEST(ErrorTest, Json) {
  const auto status = ToRpcStatus(FieldError("a", "is \"bad\""), "", 1000, 3000);
  EXPECT_EQ(ErrorJson(status), R"({"code":"invalid_argument","message":"a: is \"bad\"","details":[)"
                               R"({"type":"google.rpc.ErrorInfo","value":"ChBJTlZBTElEX0FSR1VNRU5UEglzYWxseXBvcnQ",)"
                               R"("debug":{"reason":"INVALID_ARGUMENT","domain":"sallyport"}},)"
                               R"({"type":"google.rpc.BadRequest","value":"Cg0KAWESCGlzICJiYWQi",)"
                               R"("debug":{"fieldViolations":[{"field":"a","description":"is \"bad\""}]}}]})");
}

TEST(EnvelopeTest, Writes) {
  EXPECT_EQ(Envelope(0, "abc"), std::string("\0\0\0\0\3abc", 8));
  EXPECT_EQ(Envelope(kEndOfStream, std::string(258, 'x')).substr(0, 5), std::string("\2\0\0\1\2", 5));
  EXPECT_EQ(EndEnvelope(nullptr), std::string("\2\0\0\0\2{}", 7));
  google::rpc::Status error;
  error.set_code(5);
  error.set_message("gone");
  EXPECT_EQ(EndEnvelope(&error), Envelope(kEndOfStream, R"({"error":{"code":"not_found","message":"gone"}})"));
}

TEST(EnvelopeTest, Reads) {
  EXPECT_EQ(*ParseSingleEnvelope(Envelope(0, "abc"), false, 10), "abc");
  EXPECT_EQ(*ParseSingleEnvelope(Envelope(0, ""), false, 10), "");
  EXPECT_EQ(*ParseSingleEnvelope(Envelope(kCompressed, Gzip("abc")), true, 10), "abc");
  EXPECT_EQ(*ParseSingleEnvelope(Envelope(0, "abc"), true, 10), "abc");
}

TEST(EnvelopeTest, Refuses) {
  const std::string good = Envelope(0, "abc");
  const std::pair<std::string, absl::StatusCode> table[] = {
      {"", absl::StatusCode::kInvalidArgument},
      {good.substr(0, 4), absl::StatusCode::kInvalidArgument},
      {good.substr(0, 7), absl::StatusCode::kInvalidArgument},
      {good + good, absl::StatusCode::kInvalidArgument},
      {Envelope(kEndOfStream, "{}"), absl::StatusCode::kInvalidArgument},
      {Envelope(0x80, "abc"), absl::StatusCode::kInvalidArgument},
      {std::string("\0\xFF\xFF\xFF\xFF", 5), absl::StatusCode::kInvalidArgument},
      {Envelope(kCompressed, "abc"), absl::StatusCode::kInvalidArgument},
      {Envelope(kCompressed, Gzip(std::string(11, 'x'))), absl::StatusCode::kResourceExhausted},
  };
  for (const auto& [bytes, code] : table) {
    EXPECT_EQ(ParseSingleEnvelope(bytes, true, 10).status().code(), code) << bytes.size();
  }
  EXPECT_EQ(ParseSingleEnvelope(Envelope(kCompressed, Gzip("abc")), false, 10).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(GzipTest, ThereAndBack) {
  const std::string text(100000, 'a');
  EXPECT_EQ(*Gunzip(Gzip(text), text.size()), text);
  EXPECT_EQ(*Gunzip(Gzip(""), 0), "");
  EXPECT_EQ(Gunzip(Gzip(text), text.size() - 1).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(GzipTest, RefusesWhatIsNotOneWholeMember) {
  const std::string good = Gzip("hello");
  std::string broken = good;
  broken[good.size() - 6] ^= 1;  // the checksum
  for (const std::string& bad :
       {std::string(), std::string("hello"), good.substr(0, good.size() - 1), good + "x", broken}) {
    EXPECT_EQ(Gunzip(bad, 100).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sallyport::transport::connect
