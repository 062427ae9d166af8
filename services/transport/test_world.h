#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "access/policies.h"
#include "base/file.h"
#include "base/status.h"
#include "facility/model.h"
#include "gtest/gtest.h"
#include "operators/directory.h"
#include "operators/tokens.h"
#include "sallyport/access/v1/access.pb.h"
#include "sallyport/badge/v1/badge.pb.h"
#include "sallyport/operator/v1/operator.pb.h"
#include "transport/authentication.h"
#include "transport/gate.h"
#include "transport/reflection.h"
#include "transport/rpc.h"
#include "transport/test_certificates.h"
#include "transport/tls.h"

// Operators under the real policies, a router with toy methods behind real names, and a server's certificates: what the
// tests of this room serve.
namespace sallyport::transport {

// A value that one thread sets and another one waits for.
template <class T>
class Eventually {
 public:
  void Set(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    set_.notify_all();
  }
  // Waits, at most as long as the whole test may take, and takes it.
  T Get() {
    std::unique_lock lock(mutex_);
    set_.wait(lock, [this] { return value_.has_value(); });
    return *std::exchange(value_, std::nullopt);
  }
  // Nothing when it has not been set.
  std::optional<T> TryGet() {
    const std::lock_guard lock(mutex_);
    return std::exchange(value_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable set_;
  std::optional<T> value_;
};

// Deadlines to try, the shortest first: the machine may be too slow for a short one.
inline constexpr std::array kDeadlinesMs = {200, 2000, 20000};

// Operators: "ada" (administrator), "rae" (reception), "gate-1" (gateway), "sam" (suspended), each but the gateway with
// a token.
class TestPeople {
 public:
  TestPeople() {
    snapshot_ = std::make_shared<engine::Snapshot>();
    Add("ada", operators::OperatorKind::kPerson, {"administrator"});
    Add("rae", operators::OperatorKind::kPerson, {"reception"});
    Add("gate-1", operators::OperatorKind::kGateway, {"gateway"});
    Add("sam", operators::OperatorKind::kPerson, {"administrator"});
    for (const char* id : {"ada", "rae", "sam"}) tokens_[id] = MakeToken(id);
    Change([](engine::Snapshot& snapshot) {
      operators::Operator sam = *snapshot.state.operators.operators.Find(OperatorId("sam"));
      sam.status = operators::OperatorStatus::kSuspended;
      snapshot.state.operators.operators.Put(sam.id, sam);
      snapshot.policies = RealPolicies();
    });
  }

  const std::string& token(const std::string& id) const { return tokens_.at(id); }
  static operators::TokenId TokenIdOf(const std::string& id) { return operators::TokenId(absl::StrCat("t-", id)); }

  std::shared_ptr<const engine::Snapshot> snapshot() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  absl::Time now() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void Advance(absl::Duration by) {
    const std::lock_guard lock(mutex_);
    now_ += by;
  }
  void Change(const std::function<void(engine::Snapshot&)>& change) {
    const std::lock_guard lock(mutex_);
    auto changed = std::make_shared<engine::Snapshot>(*snapshot_);
    change(*changed);
    snapshot_ = std::move(changed);
  }
  void Revoke(const std::string& id) {
    Change([&](engine::Snapshot& snapshot) {
      SP_CHECK(operators::RevokeApiToken(TokenIdOf(id), snapshot.state.operators).ok());
    });
  }
  Authenticator authenticator() {
    return {[this] { return snapshot(); }, [this] { return now(); }};
  }

  static std::shared_ptr<const access::Policies> RealPolicies() {
    static const std::shared_ptr<const access::Policies> compiled = [] {
      access::PolicyFiles files;
      for (const char* name : {"facility.cedarschema", "operators.cedar", "floors.cedar"}) {
        const auto text = ReadFile(absl::StrCat(SALLYPORT_SOURCE_DIR, "/policies/", name), 1 << 20);
        SP_CHECK(text.ok());
        files.files[name] = *text;
      }
      auto policies = access::Policies::Compile(files, facility::State());
      if (!policies.ok()) ADD_FAILURE() << policies.status();
      SP_CHECK(policies.ok());
      return *policies;
    }();
    return compiled;
  }

 private:
  void Add(const std::string& id, operators::OperatorKind kind, std::set<std::string> roles) {
    Change([&](engine::Snapshot& snapshot) {
      operators::Operator wanted;
      wanted.id = OperatorId(id);
      wanted.name = id;
      wanted.kind = kind;
      wanted.roles = std::move(roles);
      SP_CHECK(operators::CreateOperator(wanted, snapshot.state.operators).ok());
    });
  }
  std::string MakeToken(const std::string& id) {
    std::string text;
    Change([&](engine::Snapshot& snapshot) {
      const std::vector<uint8_t> secret(32, static_cast<uint8_t>(id[0]));
      const auto made = operators::CreateApiToken({OperatorId(id), TokenIdOf(id), secret, now_ + absl::Hours(1)}, now_,
                                                  snapshot.state.operators);
      SP_CHECK(made.ok());
      text = std::string(made->text.reveal());
    });
    return text;
  }

  mutable std::mutex mutex_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::shared_ptr<const engine::Snapshot> snapshot_;
  std::map<std::string, std::string> tokens_;
};

// The toy methods.
class TestMethods {
 public:
  using Stream = StreamCall<badge::v1::WatchEventsRequest, badge::v1::WatchEventsResponse>;
  using Unary = UnaryCall<operator_::v1::ListOperatorsRequest, operator_::v1::ListOperatorsResponse>;

  TestMethods() {
    using namespace operator_::v1;  // NOLINT: names of messages
    router_.Unary<WhoAmIRequest, WhoAmIResponse>("sallyport.operator.v1.OperatorService/WhoAmI",
                                                 [](UnaryCall<WhoAmIRequest, WhoAmIResponse> call) {
                                                   WhoAmIResponse response;
                                                   response.mutable_operator_()->set_id(call.caller().id);
                                                   response.set_authenticated_by(call.caller().authenticated_by);
                                                   call.Reply(response);
                                                 });
    // Says a name back.
    router_.Unary<CreateOperatorRequest, CreateOperatorResponse>(
        "sallyport.operator.v1.OperatorService/CreateOperator",
        [this](UnaryCall<CreateOperatorRequest, CreateOperatorResponse> call) {
          ++created;
          if (call.request().operator_().id() == "taken") {
            return call.Reply(WithReason(FieldError("operator.id", "is taken"), "OPERATOR_EXISTS"));
          }
          if (call.request().operator_().id() == "broken") {
            return call.Reply(absl::InternalError("/var/lib/secret: disk on fire"));
          }
          CreateOperatorResponse response;
          *response.mutable_operator_() = call.request().operator_();
          call.Reply(response);
        });
    // Answers when the test says so, or never.
    router_.Unary<ListOperatorsRequest, ListOperatorsResponse>(
        "sallyport.operator.v1.OperatorService/ListOperators",
        [this](Unary call) { held_unary.Set(std::make_shared<Unary>(std::move(call))); });
    // Streams what the test writes.
    router_.ServerStream<badge::v1::WatchEventsRequest, badge::v1::WatchEventsResponse>(
        "sallyport.badge.v1.BadgeEventService/WatchEvents",
        [this](Stream call) { held_stream.Set(std::make_shared<Stream>(std::move(call))); });
    AddEchoStream();
    AddReflection(router_);
    for (const char* service : {"sallyport.operator.v1.OperatorService", "sallyport.access.v1.AccessService",
                                "sallyport.badge.v1.BadgeEventService"}) {
      router_.AddUnimplemented(service);
    }
  }

  Router& router() { return router_; }

  std::atomic<int> created{0};
  Eventually<std::shared_ptr<Unary>> held_unary;
  Eventually<std::shared_ptr<Stream>> held_stream;
  Eventually<bool> echo_cancelled;

 private:
  // Says each request_id back, and ends when the client does.
  class Echo final : public BidiHandler {
   public:
    Echo(TestMethods& methods, std::shared_ptr<BidiResponder> responder)
        : methods_(methods), responder_(std::move(responder)) {}
    void OnMessage(absl::string_view bytes) override {
      access::v1::AuthorizeStreamRequest request;
      SP_CHECK(request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
      access::v1::AuthorizeStreamResponse response;
      response.mutable_response()->set_request_id(request.request().request_id());
      responder_->Write(response.SerializeAsString());
    }
    void OnHalfClose() override { responder_->Finish(absl::OkStatus()); }
    void OnCancelled() override { methods_.echo_cancelled.Set(true); }

   private:
    TestMethods& methods_;
    const std::shared_ptr<BidiResponder> responder_;
  };

  void AddEchoStream() {
    router_.Bidi<access::v1::AuthorizeStreamRequest, access::v1::AuthorizeStreamResponse>(
        "sallyport.access.v1.AccessService/AuthorizeStream", [this](Caller, std::shared_ptr<BidiResponder> responder) {
          return std::make_unique<Echo>(*this, std::move(responder));
        });
  }

  Router router_;
};

// Everything a server needs, and files for its certificates.
class TestWorld {
 public:
  explicit TestWorld(const GateLimits& limits = SmallLimits())
      : folder_(MakeFolder()), gate_(methods.router(), authenticator_, limits) {
    const TestCertificate server = authority.Issue({"server", true});
    Write("ca.crt", authority.certificate());
    Write("server.crt", server.certificate);
    Write("server.key", server.key);
  }

  static GateLimits SmallLimits() {
    GateLimits limits;
    limits.streams = 2;
    return limits;
  }

  TlsFiles tls() const { return {folder_ + "/ca.crt", folder_ + "/server.crt", folder_ + "/server.key"}; }
  void Write(const std::string& name, const std::string& text) {
    SP_CHECK(WriteFileAtomically(absl::StrCat(folder_, "/", name), text).ok());
  }
  Gate& gate() { return gate_; }

  TestAuthority authority{"test authority"};
  TestPeople people;
  TestMethods methods;

 private:
  static std::string MakeFolder() {
    std::string name = testing::TempDir() + "transportXXXXXX";
    SP_CHECK(mkdtemp(name.data()) != nullptr);
    return name;
  }

  const std::string folder_;
  Authenticator authenticator_ = people.authenticator();
  Gate gate_;
};

}  // namespace sallyport::transport
