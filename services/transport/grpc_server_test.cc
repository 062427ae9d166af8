#include "transport/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "sallyport/access/v1/access.grpc.pb.h"
#include "sallyport/badge/v1/badge.grpc.pb.h"
#include "sallyport/operator/v1/operator.grpc.pb.h"
#include "transport/test_tls_client.h"
#include "transport/test_world.h"

namespace sallyport::transport {
namespace {

using namespace operator_::v1;  // NOLINT: names of messages
using access::v1::AccessService;
using access::v1::AuthorizeStreamRequest;
using access::v1::AuthorizeStreamResponse;
using badge::v1::BadgeEventService;
using ::testing::HasSubstr;

class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest() {
    auto started = GrpcServer::Start(world_.gate(), {"127.0.0.1:0", world_.tls()});
    SP_CHECK(started.ok());
    server_ = *std::move(started);
  }

  std::shared_ptr<grpc::Channel> Channel(const TestCertificate& certificate = {}) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = world_.authority.certificate();
    options.pem_cert_chain = certificate.certificate;
    options.pem_private_key = certificate.key;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    return grpc::CreateCustomChannel(server_->address(), grpc::SslCredentials(options), arguments);
  }
  TestCertificate Certificate(const std::string& name) { return world_.authority.Issue({name}); }
  void SignIn(grpc::ClientContext& context, const std::string& id) {
    context.AddMetadata("authorization", "Bearer " + world_.people.token(id));
  }
  grpc::Status WhoAmI(const std::shared_ptr<grpc::Channel>& channel, const std::string& id, WhoAmIResponse* response) {
    grpc::ClientContext context;
    if (!id.empty()) SignIn(context, id);
    return OperatorService::NewStub(channel)->WhoAmI(&context, {}, response);
  }
  grpc::Status Create(const std::string& id) {
    grpc::ClientContext context;
    SignIn(context, "ada");
    CreateOperatorRequest request;
    request.mutable_operator_()->set_id(id);
    CreateOperatorResponse response;
    return OperatorService::NewStub(Channel())->CreateOperator(&context, request, &response);
  }
  // Calls any method with any bytes.
  grpc::Status Call(const std::string& method, const std::string& bytes, const std::string& id,
                    grpc::ByteBuffer* response) {
    grpc::ClientContext context;
    if (!id.empty()) SignIn(context, id);
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::GenericStub stub(Channel());
    std::mutex mutex;
    std::condition_variable done;
    std::optional<grpc::Status> result;
    stub.UnaryCall(&context, "/" + method, grpc::StubOptions(), &request, response, [&](const grpc::Status& status) {
      const std::lock_guard lock(mutex);
      result = status;
      done.notify_one();
    });
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return result.has_value(); });
    return *result;
  }

  TestWorld world_;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(GrpcServerTest, ATokenIsAnIdentity) {
  WhoAmIResponse response;
  const grpc::Status status = WhoAmI(Channel(), "rae", &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.operator_().id(), "rae");
  EXPECT_EQ(response.authenticated_by(), "token");
}

TEST_F(GrpcServerTest, ACertificateIsAnIdentity) {
  WhoAmIResponse response;
  const grpc::Status status = WhoAmI(Channel(Certificate("gate-1")), "", &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.operator_().id(), "gate-1");
  EXPECT_EQ(response.authenticated_by(), "certificate");
}

TEST_F(GrpcServerTest, WithoutAnIdentityNothingIsAnswered) {
  WhoAmIResponse response;
  EXPECT_EQ(WhoAmI(Channel(), "", &response).error_code(), grpc::UNAUTHENTICATED);
  EXPECT_EQ(WhoAmI(Channel(Certificate("gate-2")), "", &response).error_code(), grpc::UNAUTHENTICATED);
  EXPECT_EQ(WhoAmI(Channel(), "sam", &response).error_code(), grpc::UNAUTHENTICATED);
  for (const Method* method : world_.methods.router().methods()) {
    if (method->kind != Method::Kind::kUnary) continue;
    grpc::ByteBuffer bytes;
    EXPECT_EQ(Call(method->name, "", "", &bytes).error_code(), grpc::UNAUTHENTICATED) << method->name;
  }
  EXPECT_EQ(world_.methods.created, 0);
}

TEST_F(GrpcServerTest, ARevokedTokenFailsOnTheNextCallOfTheSameConnection) {
  const auto channel = Channel();
  WhoAmIResponse response;
  EXPECT_TRUE(WhoAmI(channel, "rae", &response).ok());
  world_.people.Revoke("rae");
  EXPECT_EQ(WhoAmI(channel, "rae", &response).error_code(), grpc::UNAUTHENTICATED);
}

TEST_F(GrpcServerTest, TheWrongRoleIsRefused) {
  grpc::ByteBuffer bytes;
  const grpc::Status status = Call("sallyport.operator.v1.OperatorService/CreateOperator", "", "rae", &bytes);
  EXPECT_EQ(status.error_code(), grpc::PERMISSION_DENIED);
  EXPECT_EQ(status.error_message(), "permission denied");
  EXPECT_EQ(world_.methods.created, 0);
}

TEST_F(GrpcServerTest, UnknownAndUnimplementedMethods) {
  grpc::ByteBuffer bytes;
  EXPECT_EQ(Call("sallyport.operator.v1.OperatorService/Nothing", "", "ada", &bytes).error_code(), grpc::UNIMPLEMENTED);
  EXPECT_EQ(Call("sallyport.operator.v1.OperatorService/Approve", "", "ada", &bytes).error_code(), grpc::UNIMPLEMENTED);
}

TEST_F(GrpcServerTest, AnExpiredOrForeignCertificateDoesNotConnect) {
  WhoAmIResponse response;
  TestAuthority::Wanted expired{"gate-1"};
  expired.valid_until_seconds = -60;
  EXPECT_EQ(WhoAmI(Channel(world_.authority.Issue(expired)), "", &response).error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(WhoAmI(Channel(TestAuthority("other").Issue({"gate-1"})), "", &response).error_code(), grpc::UNAVAILABLE);
  TestAuthority::Wanted server{"gate-1", true};  // the server's own kind is no client's
  EXPECT_EQ(WhoAmI(Channel(world_.authority.Issue(server)), "", &response).error_code(), grpc::UNAVAILABLE);
}

TEST_F(GrpcServerTest, Tls12IsRefused) {
  TestTlsClient::Options options{world_.authority.certificate(), {}, TLS1_2_VERSION};
  EXPECT_TRUE(TestTlsClient(server_->address(), options).refused());
  options.version_max = TLS1_3_VERSION;
  TestTlsClient client(server_->address(), options);
  EXPECT_FALSE(client.refused());
  EXPECT_STREQ(client.version(), "TLSv1.3");
}

TEST_F(GrpcServerTest, ErrorsCarryDetails) {
  const grpc::Status status = Create("taken");
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "operator.id: is taken");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), 3);
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad;
  ASSERT_EQ(details.details_size(), 2);
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  ASSERT_TRUE(details.details(1).UnpackTo(&bad));
  EXPECT_EQ(info.reason(), "OPERATOR_EXISTS");
  EXPECT_EQ(bad.field_violations(0).field(), "operator.id");
}

TEST_F(GrpcServerTest, InternalErrorsSayNothing) {
  const grpc::Status status = Create("broken");
  EXPECT_EQ(status.error_code(), grpc::INTERNAL);
  EXPECT_EQ(status.error_message().find("secret"), std::string::npos);
  EXPECT_EQ(status.error_details().find("secret"), std::string::npos);
}

TEST_F(GrpcServerTest, InvalidUtf8IsNamed) {
  grpc::ByteBuffer bytes;
  const std::string request("\x12\x03\x0A\x01\xFF", 5);  // operator { id: "\xFF" }
  const grpc::Status status = Call("sallyport.operator.v1.OperatorService/CreateOperator", request, "ada", &bytes);
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "operator.id: is not valid UTF-8");
  EXPECT_EQ(world_.methods.created, 0);
}

TEST_F(GrpcServerTest, ALargeRequestIsRefused) {
  for (const size_t size : {size_t{5} << 20, size_t{10} << 20, size_t{17} << 20}) {
    const grpc::Status status = Create(std::string(size, 'x'));
    EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED) << size;
  }
  EXPECT_EQ(world_.methods.created, 0);
  EXPECT_TRUE(Create(std::string(size_t{3} << 20, 'x')).ok());
}

TEST_F(GrpcServerTest, CompressedRequestsAreRefusedUnpacked) {
  grpc::ClientContext context;
  SignIn(context, "ada");
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  CreateOperatorRequest request;
  request.mutable_operator_()->set_id(std::string(size_t{1} << 20, 'x'));
  CreateOperatorResponse response;
  const grpc::Status status = OperatorService::NewStub(Channel())->CreateOperator(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::UNIMPLEMENTED);
  EXPECT_EQ(world_.methods.created, 0);
}

TEST_F(GrpcServerTest, ACallEndsAtItsDeadlineAndALateAnswerDoesNoHarm) {
  std::optional<std::shared_ptr<TestMethods::Unary>> call;
  for (const int deadline_ms : kDeadlinesMs) {
    grpc::ClientContext context;
    SignIn(context, "ada");
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(deadline_ms));
    ListOperatorsResponse response;
    const grpc::Status status = OperatorService::NewStub(Channel())->ListOperators(&context, {}, &response);
    EXPECT_EQ(status.error_code(), grpc::DEADLINE_EXCEEDED);
    call = world_.methods.held_unary.TryGet();
    if (call.has_value()) break;
  }
  ASSERT_TRUE(call.has_value());
  (*call)->Reply(ListOperatorsResponse());
}

TEST_F(GrpcServerTest, AHandlerThatDropsItsCallAnswersInternal) {
  std::thread client([this] {
    grpc::ByteBuffer bytes;
    EXPECT_EQ(Call("sallyport.operator.v1.OperatorService/ListOperators", "", "ada", &bytes).error_code(),
              grpc::INTERNAL);
  });
  world_.methods.held_unary.Get().reset();
  client.join();
}

// ---- server streams

TEST_F(GrpcServerTest, AStreamDeliversInOrderAndEnds) {
  const auto stub = BadgeEventService::NewStub(Channel());
  grpc::ClientContext context;
  SignIn(context, "rae");
  badge::v1::WatchEventsRequest request;
  request.set_cursor("7");
  const auto reader = stub->WatchEvents(&context, request);
  const auto call = world_.methods.held_stream.Get();
  EXPECT_EQ(call->request().cursor(), "7");
  EXPECT_EQ(call->caller().id, "rae");
  for (int i = 0; i < 3; ++i) {
    Eventually<bool> written;
    badge::v1::WatchEventsResponse response;
    response.set_cursor(std::to_string(i));
    call->Write(response, [&written] { written.Set(true); });
    badge::v1::WatchEventsResponse read;
    ASSERT_TRUE(reader->Read(&read));
    EXPECT_EQ(read.cursor(), std::to_string(i));
    EXPECT_TRUE(written.Get());
  }
  badge::v1::WatchEventsResponse last;
  last.set_cursor("last");
  call->Write(last, [] {});
  call->Finish(absl::UnavailableError("stopping"));  // does not overtake the message
  badge::v1::WatchEventsResponse read;
  ASSERT_TRUE(reader->Read(&read));
  EXPECT_EQ(read.cursor(), "last");
  EXPECT_FALSE(reader->Read(&read));
  EXPECT_EQ(reader->Finish().error_code(), grpc::UNAVAILABLE);
}

TEST_F(GrpcServerTest, AStreamLearnsThatItsClientIsGone) {
  const auto stub = BadgeEventService::NewStub(Channel());
  grpc::ClientContext context;
  SignIn(context, "rae");
  const auto reader = stub->WatchEvents(&context, {});
  const auto call = world_.methods.held_stream.Get();
  Eventually<bool> gone;
  call->OnCancelled([&gone] { gone.Set(true); });
  context.TryCancel();
  EXPECT_TRUE(gone.Get());
  call->OnCancelled([&gone] { gone.Set(false); });  // also later
  EXPECT_FALSE(gone.Get());
  call->Write({}, [] { ADD_FAILURE() << "written to nobody"; });
  EXPECT_EQ(reader->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(GrpcServerTest, AStreamEndsWhenItsTokenIsRevoked) {
  const auto stub = BadgeEventService::NewStub(Channel());
  grpc::ClientContext context;
  SignIn(context, "rae");
  const auto reader = stub->WatchEvents(&context, {});
  const auto call = world_.methods.held_stream.Get();
  Eventually<bool> ended;
  call->OnCancelled([&ended] { ended.Set(true); });
  world_.people.Revoke("rae");
  call->Write({}, [] { ADD_FAILURE() << "disclosed to a revoked token"; });
  badge::v1::WatchEventsResponse read;
  EXPECT_FALSE(reader->Read(&read));
  EXPECT_EQ(reader->Finish().error_code(), grpc::UNAUTHENTICATED);
  EXPECT_TRUE(ended.Get());  // the handler is told
}

TEST_F(GrpcServerTest, OnlySoManyStreamsAreOpen) {
  const auto stub = BadgeEventService::NewStub(Channel());
  grpc::ClientContext contexts[3];
  std::vector<std::unique_ptr<grpc::ClientReader<badge::v1::WatchEventsResponse>>> readers;
  std::vector<std::shared_ptr<TestMethods::Stream>> calls;
  for (int i = 0; i < 2; ++i) {
    SignIn(contexts[i], "rae");
    readers.push_back(stub->WatchEvents(&contexts[i], {}));
    calls.push_back(world_.methods.held_stream.Get());
  }
  SignIn(contexts[2], "rae");
  badge::v1::WatchEventsResponse read;
  const auto third = stub->WatchEvents(&contexts[2], {});
  EXPECT_FALSE(third->Read(&read));
  EXPECT_EQ(third->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
  for (int i = 0; i < 2; ++i) {
    calls[static_cast<size_t>(i)]->Finish(absl::OkStatus());
    EXPECT_TRUE(readers[static_cast<size_t>(i)]->Finish().ok());
  }
}

// ---- bidirectional streams

TEST_F(GrpcServerTest, ABidirectionalStreamKeepsOrderAndEndsWithItsClient) {
  const auto stub = AccessService::NewStub(Channel(Certificate("gate-1")));
  grpc::ClientContext context;
  const auto stream = stub->AuthorizeStream(&context);
  constexpr int kMessages = 5000;
  std::thread writer([&stream] {
    for (int i = 0; i < kMessages; ++i) {
      AuthorizeStreamRequest request;
      request.mutable_request()->set_request_id(std::to_string(i));
      ASSERT_TRUE(stream->Write(request));
    }
    stream->WritesDone();
  });
  AuthorizeStreamResponse response;
  int read = 0;
  for (; stream->Read(&response); ++read) ASSERT_EQ(response.response().request_id(), std::to_string(read));
  writer.join();
  EXPECT_EQ(read, kMessages);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcServerTest, ABidirectionalStreamNeedsAnIdentityForEachMessage) {
  const auto stub = AccessService::NewStub(Channel());
  {
    grpc::ClientContext context;
    const auto stream = stub->AuthorizeStream(&context);
    AuthorizeStreamResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(stream->Finish().error_code(), grpc::UNAUTHENTICATED);
  }
  grpc::ClientContext context;
  SignIn(context, "ada");
  const auto stream = stub->AuthorizeStream(&context);
  AuthorizeStreamRequest request;
  AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  world_.people.Revoke("ada");
  ASSERT_TRUE(stream->Write(request));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::UNAUTHENTICATED);
}

TEST_F(GrpcServerTest, ABidirectionalStreamLearnsThatItsClientIsGone) {
  const auto stub = AccessService::NewStub(Channel());
  grpc::ClientContext context;
  SignIn(context, "ada");
  const auto stream = stub->AuthorizeStream(&context);
  AuthorizeStreamRequest request;
  AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  context.TryCancel();
  EXPECT_TRUE(world_.methods.echo_cancelled.Get());
  EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
}

// ---- health and reflection

// grpc.health.v1: HealthCheckRequest { string service = 1 } and HealthCheckResponse { status = 1 }.
TEST_F(GrpcServerTest, HealthNeedsNoIdentity) {
  const std::string service = "sallyport.access.v1.AccessService";
  const std::string named = std::string("\x0A") + static_cast<char>(service.size()) + service;
  const auto check = [this](const std::string& request) {
    grpc::ByteBuffer bytes;
    const grpc::Status status = Call("grpc.health.v1.Health/Check", request, "", &bytes);
    if (!status.ok()) return absl::StrCat("code ", static_cast<int>(status.error_code()));
    grpc::Slice slice;
    EXPECT_TRUE(bytes.DumpToSingleSlice(&slice).ok());
    return std::string(slice.begin(), slice.end());
  };
  EXPECT_EQ(check(""), "\x08\x01");  // SERVING
  EXPECT_EQ(check(named), "\x08\x01");
  server_->SetServing(false);
  EXPECT_EQ(check(""), "\x08\x02");  // NOT_SERVING
  EXPECT_EQ(check(named), "\x08\x02");
  server_->SetServing(true);
  EXPECT_EQ(check(""), "\x08\x01");
  EXPECT_EQ(check("\x0A\x01x"), "code 5");
}

class Reflection {
 public:
  Reflection(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context)
      : stream_(grpc::internal::ClientReaderWriterFactory<Request, Response>::Create(
            channel.get(), grpc::internal::RpcMethod(kMethod, grpc::internal::RpcMethod::BIDI_STREAMING, channel),
            &context)) {}
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;

  Response Ask(const Request& request) {
    Response response;
    stream_->Write(request);
    stream_->Read(&response);
    return response;
  }
  grpc::Status Finish() {
    stream_->WritesDone();
    return stream_->Finish();
  }

 private:
  static constexpr char kMethod[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> stream_;
};

TEST_F(GrpcServerTest, ReflectionDescribesTheApiToWhoMayAsk) {
  const auto channel = Channel();
  grpc::ClientContext context;
  SignIn(context, "rae");
  Reflection reflection(channel, context);
  Reflection::Request request;
  request.set_list_services("*");
  std::vector<std::string> services;
  const auto list = reflection.Ask(request).list_services_response();
  for (const auto& service : list.service()) services.push_back(service.name());
  EXPECT_THAT(services,
              testing::ElementsAre("grpc.reflection.v1alpha.ServerReflection", "sallyport.access.v1.AccessService",
                                   "sallyport.badge.v1.BadgeEventService", "sallyport.operator.v1.OperatorService"));
  request.set_file_containing_symbol("sallyport.access.v1.AuthorizeRequest");
  const auto files = reflection.Ask(request).file_descriptor_response();
  EXPECT_GE(files.file_descriptor_proto_size(), 2);  // with what it imports
  EXPECT_THAT(files.file_descriptor_proto(0), HasSubstr("sallyport/access/v1/access.proto"));
  request.set_file_by_filename("google/protobuf/descriptor.proto");  // exists, but is no part of the API
  EXPECT_EQ(reflection.Ask(request).error_response().error_code(), 5);
  EXPECT_TRUE(reflection.Finish().ok());
}

TEST_F(GrpcServerTest, ReflectionNeedsAnIdentity) {
  const auto channel = Channel();
  grpc::ClientContext context;
  Reflection reflection(channel, context);
  EXPECT_EQ(reflection.Finish().error_code(), grpc::UNAUTHENTICATED);
}

// ---- life

TEST_F(GrpcServerTest, ReloadedCertificatesAreUsedFromTheNextConnectionOn) {
  TestAuthority next("next authority");
  const TestCertificate fresh = next.Issue({"server", true});
  WhoAmIResponse response;
  EXPECT_TRUE(WhoAmI(Channel(Certificate("gate-1")), "", &response).ok());
  world_.Write("server.key", fresh.key);  // does not belong to the certificate yet
  EXPECT_EQ(server_->ReloadCertificates().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(WhoAmI(Channel(Certificate("gate-1")), "", &response).ok());
  world_.Write("server.crt", fresh.certificate);
  world_.Write("ca.crt", next.certificate());
  EXPECT_TRUE(server_->ReloadCertificates().ok());
  EXPECT_EQ(WhoAmI(Channel(Certificate("gate-1")), "", &response).error_code(), grpc::UNAVAILABLE);
  TestTlsClient::Options options{next.certificate(), {}, TLS1_3_VERSION};
  EXPECT_FALSE(TestTlsClient(server_->address(), options).refused());
  options.version_max = TLS1_2_VERSION;
  EXPECT_TRUE(TestTlsClient(server_->address(), options).refused());
}

TEST_F(GrpcServerTest, StoppingAnswersWhatHasBegun) {
  const auto stub = AccessService::NewStub(Channel());
  grpc::ClientContext stream_context;
  SignIn(stream_context, "ada");
  const auto stream = stub->AuthorizeStream(&stream_context);
  AuthorizeStreamRequest request;
  AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));

  std::thread client([this] {
    grpc::ByteBuffer bytes;
    EXPECT_TRUE(Call("sallyport.operator.v1.OperatorService/ListOperators", "", "ada", &bytes).ok());
  });
  const auto call = world_.methods.held_unary.Get();
  std::thread stopper([this] { server_->Stop(absl::Minutes(1)); });
  EXPECT_FALSE(stream->Read(&response));  // ended by the server, in order
  EXPECT_TRUE(stream->Finish().ok());
  call->Reply(ListOperatorsResponse());
  client.join();
  stopper.join();
}

TEST_F(GrpcServerTest, StoppingDoesNotWaitForever) {
  std::thread client([this] {
    grpc::ByteBuffer bytes;
    const auto code = Call("sallyport.operator.v1.OperatorService/ListOperators", "", "ada", &bytes).error_code();
    EXPECT_TRUE(code == grpc::UNAVAILABLE || code == grpc::CANCELLED) << code;
  });
  const auto call = world_.methods.held_unary.Get();
  std::thread stopper([this] { server_->Stop(absl::ZeroDuration()); });
  client.join();
  call->Reply(ListOperatorsResponse());
  stopper.join();
  server_->SetServing(true);  // too late, and harmless
  server_->Stop(absl::ZeroDuration());
}

TEST_F(GrpcServerTest, ASecondServerDoesNotGetThePort) {
  const auto second = GrpcServer::Start(world_.gate(), {server_->address(), world_.tls()});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

TEST(GrpcServerStartTest, BadFilesAreNamed) {
  TestWorld world;
  world.Write("server.key", "nonsense");
  const auto broken = GrpcServer::Start(world.gate(), {"127.0.0.1:0", world.tls()});
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(broken.status().message()), HasSubstr("server.key"));
  TlsFiles missing = world.tls();
  missing.ca += ".missing";
  const auto none = GrpcServer::Start(world.gate(), {"127.0.0.1:0", missing});
  EXPECT_EQ(none.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("ca.crt.missing"));
}

}  // namespace
}  // namespace sallyport::transport
