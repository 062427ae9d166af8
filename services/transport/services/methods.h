#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "engine/engine.h"
#include "facility/event.h"
#include "transport/rpc.h"
#include "transport/services/pages.h"
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
  // What the log keeps of the question; nothing when the answer holds no personal data. An error refuses the question,
  // and nothing is recorded. Runs on the front end's thread: no I/O.
  template <class Request>
  using Asked = absl::StatusOr<std::optional<DisclosureEvent>> (*)(const QueryContext&, const Request&);
  // The moment that a simulation takes a request to have come at; InfinitePast: the last record's.
  template <class Request>
  using RequestTime = absl::Time (*)(const Request&);

  // All outlive the router's last call.
  Methods(Router& router, engine::Engine& engine, Workers& workers)
      : router_(router), engine_(engine), workers_(workers) {}
  Methods(const Methods&) = delete;
  Methods& operator=(const Methods&) = delete;

  Router& router() { return router_; }
  engine::Engine& engine() { return engine_; }
  Workers& workers() { return workers_; }

  // A request without a request_id is refused: whoever cannot repeat a request safely must not send it.
  template <class Request, class Response>
  void Command(const std::string& method, Apply<Request, Response> apply, RequestTime<Request> time_of = nullptr) {
    router_.Unary<Request, Response>(method, [this, method, apply, time_of](UnaryCall<Request, Response> call) {
      if (absl::Status checked = CheckRequestId(call.request().request_id()); !checked.ok()) return call.Reply(checked);
      engine_.Submit(CommandOf<Request, Response>(method, apply, time_of,
                                                  std::make_shared<UnaryCall<Request, Response>>(std::move(call))));
    });
  }

  // A command for which something is made ready first, on a worker: the engine's thread only applies it. What could not
  // be made ready is the command's error, unless the request is a repeat. Prepare: absl::StatusOr<Prepared> (*)(const
  // QueryContext&, const Request&).
  template <class Request, class Response, class Prepared>
  void PreparedCommand(const std::string& method,
                       absl::StatusOr<Prepared> (*prepare)(const QueryContext&, const Request&),
                       absl::StatusOr<Response> (*apply)(engine::Transaction&, const Request&, const Prepared&)) {
    router_.Unary<Request, Response>(method, [this, method, prepare, apply](UnaryCall<Request, Response> call) {
      if (absl::Status checked = CheckRequestId(call.request().request_id()); !checked.ok()) return call.Reply(checked);
      auto shared = std::make_shared<UnaryCall<Request, Response>>(std::move(call));
      workers_.Post([this, method, prepare, apply, shared] {
        engine::Command command = CommandOf<Request, Response>(method, nullptr, nullptr, shared);
        auto prepared = prepare({engine_, *engine_.snapshot(), shared->caller()}, shared->request());
        command.apply = [shared, apply, prepared = std::move(prepared)](
                            engine::Transaction& transaction) -> absl::StatusOr<std::string> {
          SP_RETURN_IF_ERROR(prepared.status());
          SP_ASSIGN_OR_RETURN(const Response response, apply(transaction, shared->request(), *prepared));
          return response.SerializeAsString();
        };
        engine_.Submit(std::move(command));
      });
    });
  }

  template <class Request, class Response>
  void Query(const std::string& method, Answer<Request, Response> answer) {
    router_.Unary<Request, Response>(method, [this, answer](UnaryCall<Request, Response> call) {
      Reply(answer, std::make_shared<UnaryCall<Request, Response>>(std::move(call)));
    });
  }

  template <class Request, class Response>
  void Disclosure(const std::string& method, Asked<Request> asked, Answer<Request, Response> answer) {
    router_.Unary<Request, Response>(method, [this, method, asked, answer](UnaryCall<Request, Response> call) {
      Disclose(method, asked, answer, std::move(call));
    });
  }

  // The same for one call.
  template <class Request, class Response>
  void Disclose(const std::string& method, Asked<Request> asked, Answer<Request, Response> answer,
                UnaryCall<Request, Response> call) {
    auto event = asked({engine_, *engine_.snapshot(), call.caller()}, call.request());
    if (!event.ok()) return call.Reply(event.status());
    auto shared = std::make_shared<UnaryCall<Request, Response>>(std::move(call));
    if (!event->has_value()) return Reply(answer, std::move(shared));
    RecordDisclosure(method, shared->caller(), **std::move(event), [this, shared, answer](absl::Status recorded) {
      if (!recorded.ok()) return shared->Reply(recorded);
      Reply(answer, shared);
    });
  }

  // Records that `caller` asks; `done` runs on the engine's answer thread, or on this one when the engine refuses.
  void RecordDisclosure(const std::string& method, const Caller& caller, DisclosureEvent event,
                        absl::AnyInvocable<void(absl::Status)> done);

 private:
  template <class Request, class Response>
  void Reply(Answer<Request, Response> answer, std::shared_ptr<UnaryCall<Request, Response>> call) {
    workers_.Post([this, answer, call = std::move(call)] {
      call->Reply(answer({engine_, *engine_.snapshot(), call->caller()}, call->request()));
    });
  }

  template <class Request, class Response>
  static engine::Command CommandOf(const std::string& method, Apply<Request, Response> apply,
                                   RequestTime<Request> time_of, std::shared_ptr<UnaryCall<Request, Response>> shared) {
    engine::Command command;
    command.actor = shared->caller().id;
    command.method = method;
    command.request_id = shared->request().request_id();
    command.fingerprint = FingerprintOf(shared->request());
    if (time_of != nullptr) command.request_time = time_of(shared->request());
    command.apply = [shared, apply](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
      SP_ASSIGN_OR_RETURN(const Response response, apply(transaction, shared->request()));
      return response.SerializeAsString();
    };
    command.done = [shared](absl::StatusOr<std::string> bytes) { shared->ReplyBytes(std::move(bytes)); };
    return command;
  }

  Router& router_;
  engine::Engine& engine_;
  Workers& workers_;
};

}  // namespace sallyport::transport
