#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "access/decision.h"
#include "engine/state.h"
#include "engine/transaction.h"
#include "quarantine/workflow.h"

// What happens when badges are read and doors report: the rooms' functions put together, and their events recorded.
namespace sallyport::engine {

struct Authorized {
  access::Decision decision;
  Receipt receipt;
};

// Decides, applies what follows and records it. Errors: see access::Decide; FAILED_PRECONDITION (NO_POLICY_SET) before a
// policy set is active.
absl::StatusOr<Authorized> Authorize(Transaction& transaction, const access::Presented& presented);

// Records what doors, readers and sensors report, with what follows: passages, presence, alarms.
// INVALID_ARGUMENT, with "events[i]…" as field, when one of them is malformed: then none is recorded.
absl::StatusOr<std::vector<Receipt>> RecordDeviceEvents(Transaction& transaction, const std::vector<DeviceEvent>& events);

// What would be decided in this state at `at`. Changes nothing.
absl::StatusOr<access::Explanation> Explain(const Snapshot& snapshot, const Secret& digest_key, absl::Time at,
                                            const access::ExplainRequest& request);

// Whether an area is the outside: it and the areas around it lie on no floor, or there is no such area.
bool IsOutside(const facility::State& facility, const AreaId& area);

// Runs a step of the quarantine workflow and records its events, alarms included.
template <class Step>
auto RunStep(Transaction& transaction, Step&& step);

// Records events in order; pending alarms among them are raised first.
void RecordAll(Transaction& transaction, std::vector<Event>& events);

template <class Step>
auto RunStep(Transaction& transaction, Step&& step) {
  std::vector<Event> events;
  const quarantine::Context context{transaction.now(),
                                    transaction.state().facility,
                                    OperatorId(transaction.actor()),
                                    [&transaction] { return transaction.NewId(); },
                                    events,
                                    {}};
  auto result = step(context, transaction.state().quarantine);
  if (result.ok()) RecordAll(transaction, events);
  return result;
}

}  // namespace sallyport::engine
