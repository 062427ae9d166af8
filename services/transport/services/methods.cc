#include "transport/services/methods.h"

#include <utility>

namespace sallyport::transport {

void Methods::RecordDisclosure(const std::string& method, const Caller& caller, DisclosureEvent event,
                               absl::AnyInvocable<void(absl::Status)> done) {
  engine::Command command;
  command.actor = caller.id;
  command.method = method;
  command.apply = [event = std::move(event)](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
    transaction.Record(event);
    return std::string();
  };
  command.done = [done = std::move(done)](absl::StatusOr<std::string> recorded) mutable { done(recorded.status()); };
  engine_.Submit(std::move(command));
}

}  // namespace sallyport::transport
