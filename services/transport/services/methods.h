#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "engine/engine.h"
#include "facility/event.h"
#include "transport/rpc.h"
#include "transport/services/workers.h"

// How the API's methods are put on the router. A method is one of three things:
//  - a command changes something: the engine applies, records and signs it before the answer leaves;
//  - a query reads the last committed snapshot;
//  - a disclosure is a query for personal data: that it was asked is recorded before it is answered.
namespace sallyport::transport {

// What a query reads.
struct QueryContext {
  engine::Engine& engine;
  const engine::Snapshot& snapshot;
  const Caller& caller;
};

// The bytes that make two requests with one request_id the same: all of it but secrets, which must not be guessable
// from a stored digest.
template <class Request>
std::string FingerprintOf(const Request& request) {
  if constexpr (requires(Request copy) { copy.clear_pin(); }) {
    Request copy = request;
    copy.clear_pin();
    return SerializeDeterministic(copy);
  } else {
    return SerializeDeterministic(request);
  }
}

class Methods {
 public:
  template <class Request, class Response>
  using Apply = absl::StatusOr<Response> (*)(engine::Transaction&, const Request&);
  template <class Request, class Response>
  using Answer = absl::StatusOr<Response> (*)(const QueryContext&, const Request&);
  // What the log keeps of the question. An error refuses it, and nothing is recorded.
  template <class Request>
  using Asked = absl::StatusOr<DisclosureEvent> (*)(const QueryContext&, const Request&);

  // All outlive the router.
  Methods(Router& router, engine::Engine& engine, Workers& workers) : router_(router), engine_(engine), workers_(workers) {}

  Router& router() { return router_; }
  engine::Engine& engine() { return engine_; }
  Workers& workers() { return workers_; }

  template <class Request, class Response>
  void Command(const std::string& method, Apply<Request, Response> apply) {
    router_.Unary<Request, Response>(method, [this, method, apply](UnaryCall<Request, Response> call) {
      engine_.Submit(CommandOf<Request, Response>(method, apply, std::move(call)));
    });
  }

  template <class Request, class Response>
  void Query(const std::string& method, Answer<Request, Response> answer) {
    router_.Unary<Request, Response>(method, [this, answer](UnaryCall<Request, Response> call) {
      workers_.Post([this, answer, call = std::move(call)]() mutable {
        const auto snapshot = engine_.snapshot();
        call.Reply(answer({engine_, *snapshot, call.caller()}, call.request()));
      });
    });
  }

  template <class Request, class Response>
  void Disclosure(const std::string& method, Asked<Request> asked, Answer<Request, Response> answer) {
    router_.Unary<Request, Response>(method, [this, method, asked, answer](UnaryCall<Request, Response> call) {
      const auto snapshot = engine_.snapshot();
      auto event = asked({engine_, *snapshot, call.caller()}, call.request());
      if (!event.ok()) return call.Reply(event.status());
      auto shared = std::make_shared<UnaryCall<Request, Response>>(std::move(call));
      RecordDisclosure(method, shared->caller(), *std::move(event), [this, shared, answer](absl::Status recorded) {
        if (!recorded.ok()) return shared->Reply(recorded);
        workers_.Post([this, shared, answer] {
          const auto now = engine_.snapshot();
          shared->Reply(answer({engine_, *now, shared->caller()}, shared->request()));
        });
      });
    });
  }

  // Records that `caller` asks; `done` runs on the engine's answer thread.
  void RecordDisclosure(const std::string& method, const Caller& caller, DisclosureEvent event,
                        absl::AnyInvocable<void(absl::Status)> done);

 private:
  template <class Request, class Response>
  static engine::Command CommandOf(const std::string& method, Apply<Request, Response> apply,
                                   UnaryCall<Request, Response> call) {
    auto shared = std::make_shared<UnaryCall<Request, Response>>(std::move(call));
    engine::Command command;
    command.actor = shared->caller().id;
    command.method = method;
    command.request_id = shared->request().request_id();
    command.fingerprint = FingerprintOf(shared->request());
    command.apply = [shared, apply](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
      auto response = apply(transaction, shared->request());
      if (!response.ok()) return response.status();
      return response->SerializeAsString();
    };
    command.done = [shared](absl::StatusOr<std::string> bytes) { shared->ReplyBytes(std::move(bytes)); };
    return command;
  }

  Router& router_;
  engine::Engine& engine_;
  Workers& workers_;
};

// One a service; each stands in its *_service.cc.
void AddAccessService(Methods& methods);
void AddAlarmService(Methods& methods);
void AddAuditService(Methods& methods);
void AddBadgeEventService(Methods& methods);
void AddDirectoryService(Methods& methods);
void AddFacilityService(Methods& methods);
void AddOperatorService(Methods& methods);
void AddPolicyService(Methods& methods);
void AddQuarantineService(Methods& methods);

}  // namespace sallyport::transport
