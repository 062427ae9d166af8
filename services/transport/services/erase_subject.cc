#include "transport/services/erase_subject.h"

#include <optional>

#include "base/status.h"
#include "engine/erasure.h"
#include "engine/recorder.h"
#include "sallyport/directory/v1/directory.pb.h"
#include "transport/services/api.h"
#include "transport/services/methods.h"

namespace sallyport::transport {
namespace {

namespace v1 = ::sallyport::directory::v1;

constexpr char kEraseSubject[] = "sallyport.directory.v1.DirectoryService/EraseSubject";

using EraseCall = UnaryCall<v1::EraseSubjectRequest, v1::EraseSubjectResponse>;

// What the wait for an erasure has come to; nothing: it goes on.
std::optional<absl::Status> Outcome(const engine::Engine& engine, const engine::Snapshot& snapshot,
                                    const std::string& subject_ref) {
  const engine::Erasure* erasure = snapshot.state.erasures.Find(subject_ref);
  if (erasure == nullptr || erasure->finished) return absl::OkStatus();
  if (!engine.healthy()) return absl::UnavailableError("the log cannot be written");
  return std::nullopt;
}

absl::StatusOr<uint64_t> RecordsOf(const engine::Engine& engine, const PersonId& id) {
  const auto snapshot = engine.snapshot();
  const facility::Person* person = snapshot->state.facility.people.Find(id);
  if (person == nullptr) return 0;  // the command says so
  storage::Query query;
  query.groups = {{engine::PersonTerm(person->subject_ref)}};
  query.end = snapshot->log_size;
  query.limit = SIZE_MAX;
  SP_ASSIGN_OR_RETURN(const std::vector<uint64_t> indexes, engine.store().FindEntries(query));
  return indexes.size();
}

engine::Command CommandOf(const EraseCall& call, uint64_t records) {
  engine::Command command;
  command.actor = call.caller().id;
  command.method = kEraseSubject;
  command.request_id = call.request().request_id();
  command.fingerprint = FingerprintOf(call.request());
  command.apply = [person = PersonId(call.request().person_id()),
                   records](engine::Transaction& transaction) -> absl::StatusOr<std::string> {
    SP_ASSIGN_OR_RETURN(const engine::Erased erased, engine::EraseSubject(transaction, person, records));
    v1::EraseSubjectResponse response;
    response.set_records(records);
    response.set_subject_ref(erased.subject_ref);
    response.set_record_index(erased.receipt.index);
    return response.SerializeAsString();
  };
  return command;
}

void Erase(engine::Engine& engine, const std::shared_ptr<Erasures>& erasures, EraseCall call) {
  const auto records = RecordsOf(engine, PersonId(call.request().person_id()));
  if (!records.ok()) return call.Reply(records.status());
  engine::Command command = CommandOf(call, *records);
  auto shared = std::make_shared<EraseCall>(std::move(call));
  command.done = [&engine, erasures, shared](absl::StatusOr<std::string> bytes) {
    v1::EraseSubjectResponse response;
    if (!bytes.ok() || !response.ParseFromString(*bytes)) return shared->ReplyBytes(std::move(bytes));
    erasures->Wait(engine, response.subject_ref(), [shared, response](absl::Status finished) {
      if (!finished.ok()) return shared->Reply(std::move(finished));
      shared->Reply(response);
    });
  };
  engine.Submit(std::move(command));
}

}  // namespace

std::shared_ptr<Erasures> Erasures::Of(engine::Engine& engine) {
  auto erasures = std::make_shared<Erasures>();
  engine.OnCommit([erasures, &engine](const engine::Snapshot& snapshot) { erasures->Look(engine, snapshot); });
  return erasures;
}

void Erasures::Wait(const engine::Engine& engine, const std::string& subject_ref,
                    absl::AnyInvocable<void(absl::Status)> done) {
  std::optional<absl::Status> outcome;
  {
    // Asked under the lock: a commit that finishes the erasure is either in this snapshot or looks at the list later.
    const std::lock_guard lock(mutex_);
    outcome =
        ended_ ? absl::UnavailableError("the server is stopping") : Outcome(engine, *engine.snapshot(), subject_ref);
    if (!outcome) waiting_.push_back({subject_ref, std::move(done)});
  }
  if (outcome) done(*std::move(outcome));
}

void Erasures::Look(const engine::Engine& engine, const engine::Snapshot& snapshot) {
  std::vector<std::pair<Waiting, absl::Status>> over;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](Waiting& each) {
      auto outcome = Outcome(engine, snapshot, each.subject_ref);
      if (outcome) over.emplace_back(std::move(each), *std::move(outcome));
      return outcome.has_value();
    });
  }
  for (auto& [each, outcome] : over) each.done(std::move(outcome));
}

void Erasures::EndAll() {
  std::vector<Waiting> over;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    over.swap(waiting_);
  }
  for (Waiting& each : over) each.done(absl::UnavailableError("the server is stopping"));
}

void AddErasure(Methods& methods, std::shared_ptr<Erasures> erasures) {
  methods.router().Unary<v1::EraseSubjectRequest, v1::EraseSubjectResponse>(
      kEraseSubject, [&methods, erasures](EraseCall call) {
        if (absl::Status checked = CheckRequestId(call.request().request_id()); !checked.ok()) {
          return call.Reply(checked);
        }
        auto shared = std::make_shared<EraseCall>(std::move(call));  // handlers on workers are copied
        methods.workers().Post([&methods, erasures, shared] { Erase(methods.engine(), erasures, std::move(*shared)); });
      });
}

}  // namespace sallyport::transport
