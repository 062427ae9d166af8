#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "access/replay.h"
#include "base/status.h"
#include "engine/recorder.h"
#include "sallyport/policy/v1/policy.pb.h"
#include "transport/services/api.h"
#include "transport/services/convert.h"
#include "transport/services/decisions.h"
#include "transport/services/methods.h"
#include "transport/services/watch.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::policy::v1;

constexpr char kReplayHistory[] = "sallyport.policy.v1.PolicyService/ReplayHistory";
constexpr size_t kDecisionsAStepMax = 1000;  // a worker's time is shared; what is left is the next step's

::sallyport::access::v1::Decision Word(bool grant) {
  return grant ? ::sallyport::access::v1::DECISION_GRANT : ::sallyport::access::v1::DECISION_DENY;
}

// Decides the decisions of a range again, in the order of the log. One step is one message.
class Replay {
 public:
  Replay(engine::Engine& engine, std::shared_ptr<const access::CheckedPolicies> policies, storage::Query query)
      : engine_(engine), replayer_(std::move(policies)), query_(std::move(query)) {
    query_.groups.push_back({engine::KindTerm("decision")});
    query_.newest_first = false;
    query_.limit = kDecisionsAStepMax;
  }

  absl::StatusOr<std::optional<v1::ReplayHistoryResponse>> Next(const engine::Snapshot& snapshot) {
    if (done()) return std::nullopt;
    for (size_t i = 0; i < kDecisionsAStepMax && !done(); ++i) {
      if (at_ == page_.size()) SP_RETURN_IF_ERROR(ReadPage());
      if (done()) break;
      SP_ASSIGN_OR_RETURN(auto changed, DecideAgain(snapshot, page_[at_++]));
      if (changed) return changed;
    }
    v1::ReplayHistoryResponse response;
    *response.mutable_progress() = progress_;
    return response;
  }
  bool done() const { return progress_.done(); }

 private:
  absl::Status ReadPage() {
    SP_ASSIGN_OR_RETURN(page_, engine_.store().FindEntries(query_));
    at_ = 0;
    progress_.set_done(page_.empty());
    if (!page_.empty()) query_.first = page_.back() + 1;
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<v1::ReplayHistoryResponse>> DecideAgain(const engine::Snapshot& snapshot,
                                                                       uint64_t index) {
    SP_ASSIGN_OR_RETURN(const StoredDecision stored, ReadDecision(engine_, snapshot, index));
    progress_.set_decisions(progress_.decisions() + 1);
    if (stored.facts == StoredDecision::Facts::kNone) {
      progress_.set_not_by_policies(progress_.not_by_policies() + 1);
      return std::nullopt;
    }
    if (stored.facts == StoredDecision::Facts::kErased) {
      progress_.set_erased(progress_.erased() + 1);
      return std::nullopt;
    }
    SP_ASSIGN_OR_RETURN(const access::RecordedDecision recorded, access::RecordedDecision::Read(stored.facts_json));
    const auto outcome = replayer_.Decide(recorded);
    if (!outcome.ok()) {
      if (ReasonOf(outcome.status()) != "FACTS_MISSING") return outcome.status();
      progress_.set_facts_missing(progress_.facts_missing() + 1);
      return std::nullopt;
    }
    progress_.set_replayed(progress_.replayed() + 1);
    if (outcome->grant == stored.outcome.grant && outcome->reason == stored.outcome.reason) return std::nullopt;
    progress_.set_changed(progress_.changed() + 1);
    return Changed(stored, *outcome);
  }

  static v1::ReplayHistoryResponse Changed(const StoredDecision& stored, const access::Outcome& outcome) {
    v1::ReplayHistoryResponse out;
    out.set_record_index(stored.index);
    out.set_reason_code_before(stored.outcome.reason);
    out.set_reason_code_after(outcome.reason);
    out.mutable_policies()->Add(outcome.policies.begin(), outcome.policies.end());
    out.mutable_policies_before()->Add(stored.outcome.policies.begin(), stored.outcome.policies.end());
    out.set_decision_before(Word(stored.outcome.grant));
    out.set_decision_after(Word(outcome.grant));
    SetTime(stored.time, &out, &v1::ReplayHistoryResponse::mutable_time);
    out.set_access_point_id(stored.access_point);
    out.set_subject_ref(stored.subject_ref);
    return out;
  }

  engine::Engine& engine_;
  access::Replayer replayer_;
  storage::Query query_;
  std::vector<uint64_t> page_;
  size_t at_ = 0;
  v1::ReplayProgress progress_;
};

absl::StatusOr<storage::Query> RangeOf(const engine::Snapshot& snapshot, const v1::ReplayHistoryRequest& request) {
  SP_ASSIGN_OR_RETURN(const absl::Time from,
                      FromTimestamp("from", request.has_from(), request.from(), absl::InfinitePast()));
  SP_ASSIGN_OR_RETURN(const absl::Time until,
                      FromTimestamp("until", request.has_until(), request.until(), absl::InfiniteFuture()));
  if (from >= until) return FieldError("until", "is not after from");
  storage::Query out;
  if (request.has_from()) out.from = from;
  if (request.has_until()) out.until = until;
  out.end = snapshot.log_size;
  return out;
}

std::string InWords(const v1::ReplayHistoryRequest& request, const std::string& hash) {
  std::string out = absl::StrCat("policy set ", hash);
  if (request.has_from()) absl::StrAppend(&out, " from=", request.from().seconds());
  if (request.has_until()) absl::StrAppend(&out, " until=", request.until().seconds());
  return out;
}

using ReplayCall = StreamCall<v1::ReplayHistoryRequest, v1::ReplayHistoryResponse>;

// On a worker: the set is compiled before anything is recorded.
void Begin(Methods& methods, Watchers& watchers, std::shared_ptr<ReplayCall> call) {
  engine::Engine& engine = methods.engine();
  const auto snapshot = engine.snapshot();
  auto range = RangeOf(*snapshot, call->request());
  if (!range.ok()) return call->Finish(range.status());
  auto policies = PolicySetOf(*snapshot, call->request());
  if (!policies.ok()) return call->Finish(policies.status());
  DisclosureEvent event{kReplayHistory, PersonId(), InWords(call->request(), (*policies)->hash())};
  const Caller caller = call->caller();
  methods.RecordDisclosure(
      kReplayHistory, caller, std::move(event),
      [&watchers, call, work = Replay(engine, *std::move(policies), *std::move(range))](absl::Status recorded) mutable {
        if (!recorded.ok()) return call->Finish(recorded);
        watchers.Add(std::move(*call), std::move(work));
      });
}

}  // namespace

void AddReplayHistory(Methods& methods, Watchers& watchers) {
  methods.router().ServerStream<v1::ReplayHistoryRequest, v1::ReplayHistoryResponse>(
      kReplayHistory, [&methods, &watchers](ReplayCall call) {
        auto shared = std::make_shared<ReplayCall>(std::move(call));
        methods.workers().Post([&methods, &watchers, shared] { Begin(methods, watchers, shared); });
      });
}

}  // namespace sallyport::transport
