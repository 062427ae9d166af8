#include "transport/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/escaping.h"
#include "transport/connect.h"
#include "transport/gzip.h"
#include "transport/test_tls_client.h"
#include "transport/test_world.h"

namespace sallyport::transport {
namespace {

using connect::Envelope;
using nlohmann::json;
using ::testing::HasSubstr;
using Response = TestTlsClient::Response;

constexpr char kWhoAmI[] = "/sallyport.operator.v1.OperatorService/WhoAmI";
constexpr char kCreate[] = "/sallyport.operator.v1.OperatorService/CreateOperator";
constexpr char kList[] = "/sallyport.operator.v1.OperatorService/ListOperators";
constexpr char kWatch[] = "/sallyport.badge.v1.BadgeEventService/WatchEvents";
constexpr char kBidi[] = "/sallyport.access.v1.AccessService/AuthorizeStream";
constexpr char kJson[] = "Content-Type: application/json\r\n";
constexpr char kStreamJson[] = "Content-Type: application/connect+json\r\n";

std::string HeaderOf(const Response& response, const char* name) {
  const auto value = response[name];
  return {value.data(), value.size()};
}

json BodyOf(const Response& response) { return json::parse(response.body(), nullptr, false); }

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    HttpOptions options;
    options.listen = "127.0.0.1:0";
    options.tls = world_.tls();
    options.resources.push_back({"/", "", [](absl::string_view path, std::unique_ptr<HttpResponder> responder) {
                                   HttpReply reply;
                                   reply.status = path == "/" ? 200 : 404;
                                   reply.body = absl::StrCat("page ", path);
                                   responder->Finish(std::move(reply));
                                 }});
    options.resources.push_back({"/log/", "sallyport.operator.v1.OperatorService/ListOperators",
                                 [](absl::string_view path, std::unique_ptr<HttpResponder> responder) {
                                   if (path == "/log/drop") return;
                                   HttpReply reply;
                                   reply.cache_control = "private";
                                   reply.body = "log";
                                   responder->Finish(std::move(reply));
                                 }});
    auto started = HttpServer::Start(world_.gate(), std::move(options));
    SP_CHECK(started.ok());
    server_ = *std::move(started);
  }

  TestTlsClient Connect(const TestCertificate& certificate = {}) {
    return {server_->address(), {world_.authority.certificate(), certificate, TLS1_3_VERSION}};
  }
  std::string Token(const std::string& id) {
    return id.empty() ? "" : "Authorization: Bearer " + world_.people.token(id) + "\r\n";
  }
  static std::string Request(const std::string& verb, const std::string& path, const std::string& headers,
                             const std::string& body) {
    return verb + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  Response Post(const std::string& path, const std::string& body, const std::string& id = "ada",
                const std::string& headers = kJson) {
    TestTlsClient client = Connect();
    return client.Ask(Request("POST", path, Token(id) + headers, body));
  }
  Response Get(const std::string& path, const std::string& id = "ada") {
    TestTlsClient client = Connect();
    return client.Ask(Request("GET", path, Token(id), ""));
  }

  TestWorld world_;
  std::unique_ptr<HttpServer> server_;
};

// ---- unary

TEST_F(HttpServerTest, UnaryJson) {
  const Response response = Post(kCreate, R"({"requestId": "1", "operator": {"id": "ö"}})");
  EXPECT_EQ(response.result_int(), 200u);
  EXPECT_EQ(HeaderOf(response, "Content-Type"), "application/json");
  EXPECT_EQ(HeaderOf(response, "Cache-Control"), "no-store");
  EXPECT_EQ(response.body(), R"({"operator":{"id":"ö"}})");
}

TEST_F(HttpServerTest, UnaryProto) {
  operator_::v1::CreateOperatorRequest request;
  request.mutable_operator_()->set_id("x");
  const Response response = Post(kCreate, request.SerializeAsString(), "ada", "Content-Type: application/proto\r\n");
  EXPECT_EQ(response.result_int(), 200u);
  EXPECT_EQ(HeaderOf(response, "Content-Type"), "application/proto");
  operator_::v1::CreateOperatorResponse created;
  ASSERT_TRUE(created.ParseFromString(response.body()));
  EXPECT_EQ(created.operator_().id(), "x");
}

TEST_F(HttpServerTest, OneConnectionServesManyRequests) {
  TestTlsClient client = Connect();
  for (const char* id : {"ada", "rae", "ada"}) {
    const Response response = client.Ask(Request("POST", kWhoAmI, Token(id) + kJson, "{}"));
    EXPECT_EQ(BodyOf(response)["operator"]["id"], id);
  }
  const Response refused = client.Ask(Request("POST", kWhoAmI, kJson, "{}"));
  EXPECT_EQ(refused.result_int(), 401u);
}

TEST_F(HttpServerTest, ACertificateIsAnIdentity) {
  TestTlsClient client = Connect(world_.authority.Issue({"gate-1"}));
  const Response response = client.Ask(Request("POST", kWhoAmI, kJson, "{}"));
  EXPECT_EQ(BodyOf(response)["operator"]["id"], "gate-1");
  EXPECT_EQ(BodyOf(response)["authenticatedBy"], "certificate");
}

TEST_F(HttpServerTest, AnExpiredOrForeignCertificateDoesNotConnect) {
  TestAuthority::Wanted expired{"gate-1"};
  expired.valid_until_seconds = -60;
  for (const TestCertificate& bad : {world_.authority.Issue(expired), TestAuthority("other").Issue({"gate-1"}),
                                     world_.authority.Issue({"gate-1", true})}) {
    TestTlsClient client = Connect(bad);
    EXPECT_EQ(client.Ask(Request("POST", kWhoAmI, kJson, "{}")).result_int(), 0u);
  }
}

TEST_F(HttpServerTest, Tls12IsRefused) {
  TestTlsClient client(server_->address(), {world_.authority.certificate(), {}, TLS1_2_VERSION});
  EXPECT_TRUE(client.refused());
  EXPECT_STREQ(Connect().version(), "TLSv1.3");
}

TEST_F(HttpServerTest, WhoIsRefused) {
  const Response nobody = Post(kWhoAmI, "{}", "");
  EXPECT_EQ(nobody.result_int(), 401u);
  EXPECT_EQ(HeaderOf(nobody, "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(BodyOf(nobody)["code"], "unauthenticated");
  EXPECT_EQ(Post(kWhoAmI, "{}", "sam").result_int(), 401u);
  const Response wrong_role = Post(kCreate, "{}", "rae");
  EXPECT_EQ(wrong_role.result_int(), 403u);
  EXPECT_EQ(BodyOf(wrong_role)["code"], "permission_denied");
  world_.people.Revoke("ada");
  EXPECT_EQ(Post(kCreate, "{}").result_int(), 401u);
  EXPECT_EQ(world_.methods.created, 0);
}

TEST_F(HttpServerTest, ErrorsCarryDetails) {
  const Response response = Post(kCreate, R"({"operator": {"id": "taken"}})");
  EXPECT_EQ(response.result_int(), 400u);
  EXPECT_EQ(HeaderOf(response, "Content-Type"), "application/json");
  const json body = BodyOf(response);
  EXPECT_EQ(body["code"], "invalid_argument");
  EXPECT_EQ(body["message"], "operator.id: is taken");
  EXPECT_EQ(body["details"][0]["debug"]["reason"], "OPERATOR_EXISTS");
  EXPECT_EQ(body["details"][1]["debug"]["fieldViolations"][0]["field"], "operator.id");
  const Response broken = Post(kCreate, R"({"operator": {"id": "broken"}})");
  EXPECT_EQ(broken.result_int(), 500u);
  EXPECT_EQ(broken.body().find("secret"), std::string::npos);
}

struct BadRequest {
  std::string name;
  std::string path;
  std::string headers;
  std::string body;
  unsigned status = 0;
  std::string code;
  std::string text;  // in the message
};

class BadRequestTest : public HttpServerTest, public testing::WithParamInterface<BadRequest> {};

TEST_P(BadRequestTest, IsRefused) {
  const Response response = Post(GetParam().path, GetParam().body, "ada", GetParam().headers);
  EXPECT_EQ(response.result_int(), GetParam().status);
  EXPECT_EQ(BodyOf(response)["code"], GetParam().code) << response.body();
  EXPECT_THAT(response.body(), HasSubstr(GetParam().text));
  EXPECT_EQ(world_.methods.created, 0);
}

const std::string kJsonHeader = kJson;

INSTANTIATE_TEST_SUITE_P(
    All, BadRequestTest,
    testing::Values(
        BadRequest{"UnknownField", kCreate, kJson, R"({"operator": {"nmae": "x"}})", 400, "invalid_argument",
                   "operator.nmae"},
        BadRequest{"NotJson", kCreate, kJson, "{", 400, "invalid_argument", "not JSON"},
        BadRequest{"NotUtf8", kCreate, kJson, "{\"requestId\": \"\xFF\"}", 400, "invalid_argument", "not JSON"},
        BadRequest{"NotUtf8Proto", kCreate, "Content-Type: application/proto\r\n", "\x0A\x01\xFF", 400,
                   "invalid_argument", "request_id: is not valid UTF-8"},
        BadRequest{"NotProto", kCreate, "Content-Type: application/proto\r\n", "\xFF", 400, "invalid_argument", ""},
        BadRequest{"TooLarge", kCreate, kJson, std::string(size_t{10} << 20, ' '), 429, "resource_exhausted", ""},
        BadRequest{"PackedTooLarge", kCreate, kJsonHeader + "Content-Encoding: gzip\r\n",
                   Gzip(std::string(size_t{10} << 20, ' ')), 429, "resource_exhausted", ""},
        BadRequest{"UnknownEncoding", kCreate, kJsonHeader + "Content-Encoding: br\r\n", "{}", 501, "unimplemented",
                   "gzip and identity"},
        BadRequest{"NotGzip", kCreate, kJsonHeader + "Content-Encoding: gzip\r\n", "{}", 400, "invalid_argument", ""},
        BadRequest{"Version", kCreate, kJsonHeader + "Connect-Protocol-Version: 2\r\n", "{}", 400, "invalid_argument",
                   "Connect-Protocol-Version"},
        BadRequest{"Timeout", kCreate, kJsonHeader + "Connect-Timeout-Ms: soon\r\n", "{}", 400, "invalid_argument",
                   "Connect-Timeout-Ms"},
        BadRequest{"NoTimeLeft", kCreate, kJsonHeader + "Connect-Timeout-Ms: 0\r\n", "{}", 504, "deadline_exceeded",
                   ""},
        BadRequest{"UnknownMethod", "/sallyport.operator.v1.OperatorService/Nothing", kJson, "{}", 405, "unimplemented",
                   ""},
        BadRequest{"Unimplemented", "/sallyport.operator.v1.OperatorService/Approve", kJson, "{}", 501, "unimplemented",
                   "Approve"},
        BadRequest{"Bidi", kBidi, kStreamJson, "", 505, "unimplemented", "gRPC"},
        BadRequest{"ContentType", kCreate, "Content-Type: text/plain\r\n", "{}", 415, "invalid_argument",
                   "application/json"},
        BadRequest{"NoContentType", kCreate, "", "{}", 415, "invalid_argument", "application/json"},
        BadRequest{"StreamTypeForUnary", kCreate, kStreamJson, "{}", 415, "invalid_argument", "application/json"},
        BadRequest{"UnaryTypeForStream", kWatch, kJson, "{}", 415, "invalid_argument", "application/connect+json"}),
    [](const auto& param) { return param.param.name; });

TEST_F(HttpServerTest, WrongVerbsAndTypesSayWhatIsRight) {
  TestTlsClient client = Connect();
  EXPECT_EQ(HeaderOf(client.Ask(Request("PUT", kCreate, Token("ada") + kJson, "")), "Allow"), "POST");
  EXPECT_EQ(HeaderOf(client.Ask(Request("GET", kCreate, Token("ada"), "")), "Allow"), "POST");
  EXPECT_EQ(HeaderOf(client.Ask(Request("DELETE", kWhoAmI, Token("ada"), "")), "Allow"), "GET, POST");
  EXPECT_EQ(HeaderOf(client.Ask(Request("POST", kCreate, "Content-Type: a/b\r\n", "")), "Accept-Post"),
            "application/json, application/proto");
  EXPECT_EQ(HeaderOf(client.Ask(Request("POST", kWatch, kJson, "")), "Accept-Post"),
            "application/connect+json, application/connect+proto");
}

TEST_F(HttpServerTest, ALargeRequestIsAnsweredBeforeItsBodyIsRead) {
  TestTlsClient client = Connect();
  client.Send(absl::StrCat("POST ", kCreate, " HTTP/1.1\r\nHost: x\r\n", Token("ada"), kJson,
                           "Content-Length: 1000000000000\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.Read().result_int(), 429u);
  EXPECT_EQ(client.Read().result_int(), 0u);  // and the connection ends
}

TEST_F(HttpServerTest, AChunkedBodyHasALimitToo) {
  TestTlsClient client = Connect();
  client.Send(absl::StrCat("POST ", kCreate, " HTTP/1.1\r\nHost: x\r\n", Token("ada"), kJson,
                           "Transfer-Encoding: chunked\r\n\r\n"));
  const std::string part = absl::StrCat("100000\r\n", std::string(size_t{1} << 20, ' '), "\r\n");
  for (int i = 0; i < 6; ++i) client.Send(part);
  EXPECT_EQ(client.Read().result_int(), 429u);
}

TEST_F(HttpServerTest, SomebodyUnknownIsAnsweredBeforeTheBodyIsRead) {
  TestTlsClient client = Connect();
  client.Send(absl::StrCat("POST ", kCreate, " HTTP/1.1\r\nHost: x\r\n", kJson, "Content-Length: 1000\r\n\r\n"));
  EXPECT_EQ(client.Read().result_int(), 401u);
}

TEST_F(HttpServerTest, ExpectContinueIsAnswered) {
  TestTlsClient client = Connect();
  client.Send(absl::StrCat("POST ", kWhoAmI, " HTTP/1.1\r\nHost: x\r\n", Token("ada"), kJson,
                           "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.Read().result_int(), 100u);
  EXPECT_EQ(client.Ask("{}").result_int(), 200u);
}

TEST_F(HttpServerTest, WhatIsNotHttpIsRefused) {
  EXPECT_EQ(Connect().Ask("nonsense\r\n\r\n").result_int(), 400u);
  EXPECT_EQ(Connect().Ask("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n").result_int(), 431u);
  EXPECT_EQ(Connect().Ask("GET / HTTP/1.0\r\n\r\n").result_int(), 505u);
}

TEST_F(HttpServerTest, Compression) {
  TestTlsClient client = Connect();
  const std::string name(5000, 'n');
  const std::string body = Gzip(R"({"operator": {"name": ")" + name + R"("}})");
  const Response response = client.Ask(
      Request("POST", kCreate, Token("ada") + kJson + "Content-Encoding: gzip\r\nAccept-Encoding: br, gzip\r\n", body));
  EXPECT_EQ(response.result_int(), 200u);
  EXPECT_EQ(HeaderOf(response, "Content-Encoding"), "gzip");
  EXPECT_EQ(*Gunzip(response.body(), 10000), R"({"operator":{"name":")" + name + R"("}})");
}

TEST_F(HttpServerTest, ACallEndsAtItsDeadlineAndALateAnswerDoesNoHarm) {
  TestTlsClient client = Connect();
  std::optional<std::shared_ptr<TestMethods::Unary>> call;
  for (const int deadline_ms : kDeadlinesMs) {
    const std::string timeout = absl::StrCat("Connect-Timeout-Ms: ", deadline_ms, "\r\n");
    const Response response = client.Ask(Request("POST", kList, Token("ada") + kJson + timeout, "{}"));
    EXPECT_EQ(response.result_int(), 504u);
    EXPECT_EQ(BodyOf(response)["code"], "deadline_exceeded");
    call = world_.methods.held_unary.TryGet();
    if (call.has_value()) break;
  }
  ASSERT_TRUE(call.has_value());
  (*call)->Reply(operator_::v1::ListOperatorsResponse());
  EXPECT_EQ(client.Ask(Request("POST", kWhoAmI, Token("ada") + kJson, "{}")).result_int(), 200u);
}

TEST_F(HttpServerTest, AHandlerThatDropsItsCallAnswersInternal) {
  TestTlsClient client = Connect();
  client.Send(Request("POST", kList, Token("ada") + kJson, "{}"));
  world_.methods.held_unary.Get().reset();
  EXPECT_EQ(client.Read().result_int(), 500u);
}

TEST_F(HttpServerTest, MethodsWithoutSideEffectsMayBeFetched) {
  const std::string path = absl::StrCat(kWhoAmI, "?connect=v1&encoding=json&message=%7B%7D");
  const Response response = Get(path);
  EXPECT_EQ(response.result_int(), 200u);
  EXPECT_EQ(BodyOf(response)["operator"]["id"], "ada");
  EXPECT_EQ(Get(path, "").result_int(), 401u);
  EXPECT_EQ(Get(absl::StrCat(kWhoAmI, "?encoding=json&message=%7B%22a%22%3A1%7D")).result_int(), 400u);
  EXPECT_EQ(Get(kWhoAmI).result_int(), 400u);
  const Response proto = Get(absl::StrCat(kWhoAmI, "?encoding=proto&base64=1&message="));
  EXPECT_EQ(HeaderOf(proto, "Content-Type"), "application/proto");
}

TEST_F(HttpServerTest, AnUnknownPathIsNotThere) {
  HttpOptions options;
  options.listen = "127.0.0.1:0";
  options.tls = world_.tls();
  const auto server = HttpServer::Start(world_.gate(), options);
  ASSERT_TRUE(server.ok()) << server.status();
  for (const char* path : {"/", "/nothing", "/sallyport.operator.v1.OperatorService/Nothing", "*"}) {
    TestTlsClient client((*server)->address(), {world_.authority.certificate(), {}, TLS1_3_VERSION});
    const Response response = client.Ask(Request("POST", path, Token("ada") + kJson, "{}"));
    EXPECT_EQ(response.result_int(), 404u) << path;
    EXPECT_EQ(BodyOf(response)["code"], "unimplemented");
  }
}

// ---- resources

TEST_F(HttpServerTest, Resources) {
  const Response page = Get("/?a=b", "");
  EXPECT_EQ(page.result_int(), 200u);
  EXPECT_EQ(page.body(), "page /");
  EXPECT_EQ(Get("/other", "").result_int(), 404u);
  EXPECT_EQ(Get("/log/x", "").result_int(), 401u);
  EXPECT_EQ(Get("/log/x", "rae").result_int(), 403u);
  const Response log = Get("/log/x", "ada");
  EXPECT_EQ(log.body(), "log");
  EXPECT_EQ(HeaderOf(log, "Cache-Control"), "private");
  EXPECT_EQ(Get("/log/drop", "ada").result_int(), 500u);
  TestTlsClient client = Connect();
  client.Send(Request("HEAD", "/", "", ""));
  const Response head = client.Read(/*head=*/true);
  EXPECT_EQ(HeaderOf(head, "Content-Length"), "6");
  const Response post = client.Ask(Request("POST", "/", kJson, "{}"));
  EXPECT_EQ(post.result_int(), 405u);
}

// ---- streams

TEST_F(HttpServerTest, AStreamDeliversInOrderAndEnds) {
  TestTlsClient client = Connect();
  client.Send(Request("POST", kWatch, Token("rae") + kStreamJson, Envelope(0, R"({"cursor": "7"})")));
  const auto call = world_.methods.held_stream.Get();
  EXPECT_EQ(call->request().cursor(), "7");
  EXPECT_EQ(client.ReadStreamHeader(), 200u);
  for (int i = 0; i < 3; ++i) {
    Eventually<bool> written;
    badge::v1::WatchEventsResponse response;
    response.set_cursor(std::to_string(i));
    call->Write(response, [&written] { written.Set(true); });
    EXPECT_EQ(client.ReadEnvelope(), Envelope(0, absl::StrCat("{\"cursor\":\"", i, "\"}")));
    EXPECT_TRUE(written.Get());
  }
  call->Finish(absl::OkStatus());
  EXPECT_EQ(client.ReadEnvelope(), Envelope(connect::kEndOfStream, "{}"));
  EXPECT_EQ(client.ReadEnvelope(), "");
}

TEST_F(HttpServerTest, AStreamInProtoEndsWithAnErrorInJson) {
  TestTlsClient client = Connect();
  client.Send(Request("POST", kWatch, Token("rae") + "Content-Type: application/connect+proto\r\n", Envelope(0, "")));
  const auto call = world_.methods.held_stream.Get();
  EXPECT_EQ(client.ReadStreamHeader(), 200u);
  badge::v1::WatchEventsResponse response;
  response.set_cursor("1");
  call->Write(response, [] {});
  call->Finish(absl::UnavailableError("stopping"));
  EXPECT_EQ(client.ReadEnvelope(), Envelope(0, response.SerializeAsString()));
  const std::string end = client.ReadEnvelope();
  ASSERT_GT(end.size(), 5u);
  EXPECT_EQ(end[0], connect::kEndOfStream);
  EXPECT_EQ(json::parse(end.substr(5))["error"]["code"], "unavailable");
}

TEST_F(HttpServerTest, AStreamThatIsRefusedSaysSoInTheStream) {
  const std::pair<std::string, std::string> refused[] = {
      {Request("POST", kWatch, kStreamJson, Envelope(0, "{}")), "unauthenticated"},
      {Request("POST", kWatch, Token("ada") + kStreamJson, "{}"), "invalid_argument"},
      {Request("POST", kWatch, Token("ada") + kStreamJson, Envelope(0, R"({"x": 1})")), "invalid_argument"},
      {Request("POST", kWatch, Token("ada") + kStreamJson + "Connect-Content-Encoding: br\r\n", Envelope(0, "{}")),
       "unimplemented"},
      {Request("POST", kWatch, Token("ada") + kStreamJson, std::string(size_t{5} << 20, ' ')), "resource_exhausted"},
      {Request("POST", kWatch, Token("ada") + kStreamJson + "Connect-Timeout-Ms: 0\r\n", Envelope(0, "{}")),
       "deadline_exceeded"}};
  for (const auto& [request, code] : refused) {
    TestTlsClient client = Connect();
    client.Send(request);
    EXPECT_EQ(client.ReadStreamHeader(), 200u) << code;
    const std::string end = client.ReadEnvelope();
    ASSERT_GT(end.size(), 5u) << code;
    EXPECT_EQ(end[0], connect::kEndOfStream);
    EXPECT_EQ(json::parse(end.substr(5))["error"]["code"], code);
  }
}

TEST_F(HttpServerTest, AStreamLearnsThatItsClientIsGone) {
  TestTlsClient client = Connect();
  client.Send(Request("POST", kWatch, Token("rae") + kStreamJson, Envelope(0, "{}")));
  const auto call = world_.methods.held_stream.Get();
  Eventually<bool> gone;
  call->OnCancelled([&gone] { gone.Set(true); });
  client.Cut();
  EXPECT_TRUE(gone.Get());
  call->Write({}, [] { ADD_FAILURE() << "written to nobody"; });
}

TEST_F(HttpServerTest, AStreamEndsAtItsDeadline) {
  std::optional<std::shared_ptr<TestMethods::Stream>> call;
  for (const int deadline_ms : kDeadlinesMs) {
    TestTlsClient client = Connect();
    const std::string timeout = absl::StrCat("Connect-Timeout-Ms: ", deadline_ms, "\r\n");
    client.Send(Request("POST", kWatch, Token("rae") + kStreamJson + timeout, Envelope(0, "{}")));
    EXPECT_EQ(client.ReadStreamHeader(), 200u);
    EXPECT_THAT(client.ReadEnvelope(), HasSubstr("deadline_exceeded"));
    call = world_.methods.held_stream.TryGet();
    if (call.has_value()) break;
  }
  ASSERT_TRUE(call.has_value());
  Eventually<bool> ended;
  (*call)->OnCancelled([&ended] { ended.Set(true); });
  EXPECT_TRUE(ended.Get());
}

TEST_F(HttpServerTest, AStreamEndsWhenItsTokenIsRevoked) {
  TestTlsClient client = Connect();
  client.Send(Request("POST", kWatch, Token("rae") + kStreamJson, Envelope(0, "{}")));
  const auto call = world_.methods.held_stream.Get();
  Eventually<bool> ended;
  call->OnCancelled([&ended] { ended.Set(true); });
  world_.people.Revoke("rae");
  call->Write({}, [] { ADD_FAILURE() << "disclosed to a revoked token"; });
  EXPECT_EQ(client.ReadStreamHeader(), 200u);
  EXPECT_THAT(client.ReadEnvelope(), HasSubstr("unauthenticated"));
  EXPECT_TRUE(ended.Get());
}

TEST_F(HttpServerTest, ManyStreamsHoldNoThread) {
  GateLimits limits;
  TestWorld world(limits);
  HttpOptions options;
  options.listen = "127.0.0.1:0";
  options.tls = world.tls();
  options.threads = 1;
  const auto server = HttpServer::Start(world.gate(), options);
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string token = "Authorization: Bearer " + world.people.token("ada") + "\r\n";
  const TestTlsClient::Options client_options{world.authority.certificate(), {}, TLS1_3_VERSION};
  std::vector<std::unique_ptr<TestTlsClient>> clients;
  std::vector<std::shared_ptr<TestMethods::Stream>> calls;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<TestTlsClient>((*server)->address(), client_options));
    clients.back()->Send(Request("POST", kWatch, token + kStreamJson, Envelope(0, "{}")));
    calls.push_back(world.methods.held_stream.Get());
  }
  TestTlsClient client((*server)->address(), client_options);
  EXPECT_EQ(client.Ask(Request("POST", kWhoAmI, token + kJson, "{}")).result_int(), 200u);
  for (const auto& call : calls) call->Finish(absl::OkStatus());
  for (const auto& open : clients) {
    EXPECT_EQ(open->ReadStreamHeader(), 200u);
    EXPECT_EQ(open->ReadEnvelope(), Envelope(connect::kEndOfStream, "{}"));
  }
}

TEST_F(HttpServerTest, OnlySoManyStreamsAreOpen) {
  TestTlsClient first = Connect(), second = Connect(), third = Connect();
  const std::string request = Request("POST", kWatch, Token("rae") + kStreamJson, Envelope(0, "{}"));
  first.Send(request);
  const auto first_call = world_.methods.held_stream.Get();
  second.Send(request);
  const auto second_call = world_.methods.held_stream.Get();
  third.Send(request);
  EXPECT_EQ(third.ReadStreamHeader(), 200u);
  EXPECT_THAT(third.ReadEnvelope(), HasSubstr("resource_exhausted"));
}

// ---- life

TEST_F(HttpServerTest, ReloadedCertificatesAreUsedFromTheNextConnectionOn) {
  TestTlsClient before = Connect();
  TestAuthority next("next authority");
  const TestCertificate fresh = next.Issue({"server", true});
  world_.Write("server.key", fresh.key);
  EXPECT_EQ(server_->ReloadCertificates().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(Connect().refused());
  world_.Write("server.crt", fresh.certificate);
  world_.Write("ca.crt", next.certificate());
  EXPECT_TRUE(server_->ReloadCertificates().ok());
  EXPECT_TRUE(Connect().refused());
  TestTlsClient after(server_->address(), {next.certificate(), next.Issue({"gate-1"}), TLS1_3_VERSION});
  EXPECT_EQ(after.Ask(Request("POST", kWhoAmI, kJson, "{}")).result_int(), 200u);
  EXPECT_EQ(before.Ask(Request("POST", kWhoAmI, Token("ada") + kJson, "{}")).result_int(), 200u);
}

TEST_F(HttpServerTest, StoppingAnswersWhatHasBegun) {
  TestTlsClient idle = Connect();
  TestTlsClient busy = Connect();
  busy.Send(Request("POST", kList, Token("ada") + kJson, "{}"));
  const auto call = world_.methods.held_unary.Get();
  std::thread stopper([this] { server_->Stop(absl::Minutes(1)); });
  EXPECT_EQ(idle.Read().result_int(), 0u);  // closed at once
  call->Reply(operator_::v1::ListOperatorsResponse());
  EXPECT_EQ(busy.Read().result_int(), 200u);
  EXPECT_EQ(busy.Read().result_int(), 0u);
  stopper.join();
}

TEST_F(HttpServerTest, StoppingCutsStreamsThatDoNotEnd) {
  TestTlsClient client = Connect();
  client.Send(Request("POST", kWatch, Token("rae") + kStreamJson, Envelope(0, "{}")));
  const auto call = world_.methods.held_stream.Get();
  Eventually<bool> ended;
  call->OnCancelled([&ended] { ended.Set(true); });
  server_->Stop(absl::ZeroDuration());
  EXPECT_TRUE(ended.Get());
  call->Finish(absl::OkStatus());  // to nobody
}

TEST_F(HttpServerTest, ASecondServerDoesNotGetThePort) {
  HttpOptions options;
  options.listen = server_->address();
  options.tls = world_.tls();
  EXPECT_EQ(HttpServer::Start(world_.gate(), options).status().code(), absl::StatusCode::kUnavailable);
  options.listen = "nowhere";
  EXPECT_EQ(HttpServer::Start(world_.gate(), options).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sallyport::transport
