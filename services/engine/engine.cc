#include "engine/engine.h"

#include <sodium.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "audit/checkpoint.h"
#include "audit/proof.h"
#include "base/log.h"
#include "base/status.h"
#include "engine/batch.h"
#include "engine/erasure.h"
#include "engine/erasure_work.h"
#include "engine/log_reader.h"
#include "engine/rows.h"
#include "engine/subject_keys.h"

namespace sallyport::engine {
namespace {

using Fingerprint = std::array<uint8_t, 16>;

constexpr absl::Duration kDropEvery = absl::Minutes(1);  // the writer waits in proportion to what is dropped

struct RequestKeyHash {
  size_t operator()(const storage::RequestKey& key) const {
    size_t out = 0;
    std::memcpy(&out, key.data(), sizeof out);
    return out;
  }
};

std::array<uint8_t, 16> ShortDigest(std::initializer_list<absl::string_view> parts) {
  std::string text;
  for (absl::string_view part : parts) {
    absl::StrAppend(&text, part.size(), ":", part);
  }
  const audit::Hash hash = audit::Sha256(text);
  std::array<uint8_t, 16> out{};
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

absl::Status Unavailable() { return absl::UnavailableError("the log cannot be written: nothing is granted"); }

struct Release {
  absl::AnyInvocable<void(absl::StatusOr<std::string>)> done;
  absl::StatusOr<std::string> answer;
};

}  // namespace

class Engine::Impl {
 public:
  Impl(storage::Store& store, Clock& clock, RandomSource& random, Keys keys, Options options)
      : store_(store), clock_(clock), keys_(std::move(keys)), options_(std::move(options)), erasure_work_(store),
        seeded_(options_.seed),
        random_(options_.clock_from_requests ? static_cast<RandomSource&>(seeded_) : random) {}

  ~Impl() { Stop(); }

  absl::Status Recover();
  absl::Status RecordStart();
  // What was erased stays erased, whatever a backup or a crash has brought back.
  absl::Status SettleKeys();
  void Run();

  void Submit(Command command) {
    absl::Status refused;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        refused = absl::UnavailableError("the server is stopping");
      } else if (!healthy_) {
        refused = Unavailable();
      } else if (queue_.size() >= options_.queue_commands_max) {
        refused = absl::ResourceExhaustedError("too many requests are waiting; try again");
      } else {
        queue_.push_back(std::move(command));
      }
    }
    if (refused.ok()) {
      wake_.notify_one();
    } else {
      command.done(refused);
    }
  }

  void Stop();

  std::shared_ptr<const Snapshot> snapshot() const {
    const std::lock_guard lock(snapshot_mutex_);
    return snapshot_;
  }

  storage::Store& store_;
  Clock& clock_;
  Keys keys_;
  Options options_;
  std::atomic<bool> healthy_{true};
  std::mutex listeners_mutex_;
  std::vector<std::function<void(const Snapshot&)>> listeners_;
  std::function<void()> on_failure_;  // under listeners_mutex_

 private:
  void EngineLoop();
  void AnswerLoop();
  void Process(std::vector<Command>& commands);
  // A commit failed: nothing is granted any more.
  void Fail(const absl::Status& status);
  // Those who were forgotten since then, and whose traces in the files are still to go.
  void AddErasures(const PersistentMap<std::string, Erasure>& before);
  void StepErasures();
  // The first answer to a repeated request, or nothing when it is new.
  std::optional<absl::StatusOr<std::string>> Repeated(const Command& command, const storage::RequestKey& key,
                                                      const std::vector<storage::Answer>& batch_answers);
  absl::Time TimeOf(const Command& command) const;
  void Publish();
  void Hand(std::vector<Release> releases);
  absl::Status RunAlone(const std::string& action, Pairs facts);
  absl::Status RunAlone(absl::AnyInvocable<absl::StatusOr<std::string>(Transaction&)> apply);
  EngineMemo Memo() const;
  absl::Status TryDataKey() const;
  absl::Time AnswersKeptSince(absl::Time now) const;
  void Remember(const storage::RequestKey& key, uint64_t index, absl::Time at);
  void DropAnswers();
  Fingerprint FingerprintOf(const Command& command) const;

  KeyDisagreements key_disagreements_;
  ErasureWork erasure_work_;
  SeededRandom seeded_;
  RandomSource& random_;
  Committed committed_;
  struct RequestAge {
    absl::Time at;
    uint64_t index;
    storage::RequestKey key;
  };
  absl::flat_hash_map<storage::RequestKey, uint64_t, RequestKeyHash> requests_;  // key → index of its answer
  std::deque<RequestAge> request_ages_;                                          // oldest first
  absl::Time answers_dropped_at_ = absl::InfinitePast();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Command> queue_;
  bool stopping_ = false;

  std::mutex answer_mutex_;
  std::condition_variable answer_wake_;
  std::deque<std::vector<Release>> answers_;
  bool answers_end_ = false;

  mutable std::mutex snapshot_mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::string checkpoint_;

  std::thread engine_thread_;
  std::thread answer_thread_;
};

EngineMemo Engine::Impl::Memo() const {
  return {options_.origin, options_.clock_from_requests, seeded_.position()};
}

// A restore with another data key must not look like a working daemon.
absl::Status Engine::Impl::TryDataKey() const {
  const facility::Person* someone = nullptr;
  committed_.state.facility.people.ForEach([&](const PersonId&, const facility::Person& person) {
    if (someone == nullptr && !person.wrapped_key.empty()) someone = &person;
  });
  if (someone == nullptr) return absl::OkStatus();
  const auto key = audit::UnwrapSubjectKey(keys_.key_encryption_key, someone->subject_ref, someone->wrapped_key);
  if (key.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError("the data key is not the one that this database's personal data is sealed under");
}

absl::Status Engine::Impl::Recover() {
  SP_ASSIGN_OR_RETURN(storage::Head head, store_.ReadHead());
  SP_RETURN_IF_ERROR(LoadState(store_, committed_.state, committed_.memo));
  if (head.size == 0) return absl::OkStatus();

  if (committed_.memo.origin != options_.origin) {
    return absl::FailedPreconditionError(absl::StrCat("the database holds the log ", committed_.memo.origin,
                                                      ", the configuration names ", options_.origin));
  }
  if (committed_.memo.clock_from_requests != options_.clock_from_requests) {
    return absl::FailedPreconditionError(
        absl::StrCat("the log was begun with clock: ", committed_.memo.clock_from_requests ? "from-requests" : "system",
                     "; a log never changes its clock"));
  }
  seeded_.set_position(committed_.memo.random_position);
  LogReader reader(store_);
  SP_ASSIGN_OR_RETURN(committed_.log, audit::LoadCompactRange(head.size, reader));
  const audit::VerifierKey verifier = keys_.log_key->verifier();
  auto signed_checkpoint = audit::OpenCheckpoint(head.checkpoint, {&verifier, 1});
  if (!signed_checkpoint.ok()) {
    return absl::DataLossError(absl::StrCat("the stored checkpoint is not one that this log's key signed: ",
                                            signed_checkpoint.status().message()));
  }
  const audit::Checkpoint& checkpoint = signed_checkpoint->checkpoint;
  if (checkpoint.size != head.size || checkpoint.root != committed_.log.Root()) {
    return absl::DataLossError(absl::StrCat("the stored log of ", head.size, " records does not match its checkpoint of ",
                                            checkpoint.size));
  }
  checkpoint_ = head.checkpoint;
  SP_ASSIGN_OR_RETURN(key_disagreements_, LoadSubjectKeys(store_, committed_.state));
  SP_RETURN_IF_ERROR(TryDataKey());
  AddErasures({});
  SP_ASSIGN_OR_RETURN(storage::Entry last, store_.ReadEntry(head.size - 1));
  committed_.time = last.time;
  const PolicyBook& book = *committed_.state.policy_book;
  if (!book.activated.empty()) {
    const auto active = book.sets.find(book.activated.back());
    if (active == book.sets.end()) return absl::DataLossError("the active policy set is not stored");
    SP_ASSIGN_OR_RETURN(committed_.policies, access::Policies::Compile(active->second->files, committed_.state.facility));
  }
  const absl::Time since = AnswersKeptSince(std::max(committed_.time, clock_.Now()));
  return store_.ForEachAnswer(since, [this](const storage::RequestKey& key, uint64_t index) {
    Remember(key, index, committed_.time);
  });
}

absl::Status Engine::Impl::RecordStart() {
  Publish();
  Pairs facts = {{"version", options_.software_version}, {"origin", options_.origin}};
  if (committed_.log.size() > 0) {
    // A simulation's log holds only what the requests caused, so that the same input gives the same root.
    return options_.clock_from_requests ? absl::OkStatus() : RunAlone("started", std::move(facts));
  }
  facts.emplace_back("clock", options_.clock_from_requests ? "from-requests" : "system");
  if (options_.clock_from_requests) {
    facts.emplace_back("simulation", absl::StrCat("seed ", options_.seed));
  } else {
    facts.emplace_back("vkey", keys_.log_key->verifier().ToString());
  }
  return RunAlone("genesis", std::move(facts));
}

// Records a system event before the threads run or after they ended.
absl::Status Engine::Impl::RunAlone(const std::string& action, Pairs facts) {
  return RunAlone([&](Transaction& transaction) -> absl::StatusOr<std::string> {
    transaction.Record(SystemEvent{action, std::move(facts)});
    return std::string();
  });
}

absl::Status Engine::Impl::RunAlone(absl::AnyInvocable<absl::StatusOr<std::string>(Transaction&)> apply) {
  absl::Status result = absl::UnknownError("not run");
  Command command;
  command.actor = "system";
  command.apply = std::move(apply);
  command.done = [&](absl::StatusOr<std::string> answer) { result = answer.status(); };
  std::vector<Command> commands;
  commands.push_back(std::move(command));
  Process(commands);
  std::deque<std::vector<Release>> answers;
  {
    const std::lock_guard lock(answer_mutex_);
    answers.swap(answers_);
  }
  for (auto& releases : answers) {
    for (Release& release : releases) release.done(std::move(release.answer));
  }
  return result;
}

absl::Status Engine::Impl::SettleKeys() {
  if (!key_disagreements_.undead.empty()) {
    Log(LogLevel::kWarning, "destroying keys of erased people that were still there",
        {{"keys", absl::StrCat(key_disagreements_.undead.size())}});
    storage::Batch batch;
    batch.subject_keys = std::move(key_disagreements_.undead);
    SP_RETURN_IF_ERROR(store_.Commit(batch));
  }
  if (key_disagreements_.destroyed.empty()) return absl::OkStatus();
  Log(LogLevel::kWarning, "the database is from before some people were erased; they are erased again",
      {{"people", absl::StrCat(key_disagreements_.destroyed.size())}});
  return RunAlone([this](Transaction& transaction) -> absl::StatusOr<std::string> {
    for (const PersonId& person : key_disagreements_.destroyed) {
      SP_RETURN_IF_ERROR(EraseAgain(transaction, person).status());
    }
    return std::string();
  });
}

void Engine::Impl::Run() {
  engine_thread_ = std::thread([this] { EngineLoop(); });
  answer_thread_ = std::thread([this] { AnswerLoop(); });
}

void Engine::Impl::EngineLoop() {
  std::vector<Command> commands;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const auto due = [this] { return stopping_ || !queue_.empty(); };
      const absl::Duration pause = erasure_work_.pause();
      if (pause == absl::InfiniteDuration()) {
        wake_.wait(lock, due);
      } else {
        wake_.wait_for(lock, absl::ToChronoNanoseconds(pause), due);
      }
      if (queue_.empty() && stopping_) return;
      while (!queue_.empty() && commands.size() < options_.batch_commands_max) {
        commands.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    if (!commands.empty()) Process(commands);
    commands.clear();
    if (healthy_ && erasure_work_.pause() != absl::InfiniteDuration()) StepErasures();
  }
}

void Engine::Impl::AnswerLoop() {
  while (true) {
    std::vector<Release> releases;
    {
      std::unique_lock lock(answer_mutex_);
      answer_wake_.wait(lock, [this] { return answers_end_ || !answers_.empty(); });
      if (answers_.empty()) return;
      releases = std::move(answers_.front());
      answers_.pop_front();
    }
    for (Release& release : releases) release.done(std::move(release.answer));
    const auto current = snapshot();
    const std::lock_guard lock(listeners_mutex_);
    for (const auto& listener : listeners_) listener(*current);
  }
}

absl::Time Engine::Impl::TimeOf(const Command& command) const {
  const absl::Time wanted = options_.clock_from_requests ? command.request_time : clock_.Now();
  return std::max(wanted, committed_.time);
}

std::optional<absl::StatusOr<std::string>> Engine::Impl::Repeated(const Command& command, const storage::RequestKey& key,
                                                                  const std::vector<storage::Answer>& batch_answers) {
  const auto found = requests_.find(key);
  if (found == requests_.end()) return std::nullopt;
  absl::StatusOr<std::string> bytes = absl::NotFoundError("");
  for (const storage::Answer& answer : batch_answers) {
    if (answer.index == found->second) bytes = answer.bytes;
  }
  if (!bytes.ok()) bytes = store_.ReadAnswer(found->second);
  if (absl::IsNotFound(bytes.status())) {  // older than answers are kept
    requests_.erase(found);
    return std::nullopt;
  }
  if (!bytes.ok()) return bytes.status();
  if (bytes->empty()) {
    return WithReason(absl::FailedPreconditionError("request_id: was used before, and its answer was forgotten with a "
                                                    "person whom it named"),
                      "ANSWER_ERASED");
  }
  const Fingerprint expected = FingerprintOf(command);
  if (bytes->size() < expected.size() || std::memcmp(bytes->data(), expected.data(), expected.size()) != 0) {
    return WithReason(absl::AlreadyExistsError("request_id: was used for a different request"), "REQUEST_ID_REUSED");
  }
  return bytes->substr(expected.size());
}

void Engine::Impl::Process(std::vector<Command>& commands) {
  Batch batch(committed_, options_, keys_, random_);
  std::vector<Release> releases;
  std::vector<storage::Answer> answers;
  releases.reserve(commands.size());
  absl::Time now = committed_.time;
  for (Command& command : commands) {
    storage::RequestKey key{};
    if (!command.request_id.empty() && healthy_) {
      key = ShortDigest({command.actor, command.method, command.request_id});
      if (auto first = Repeated(command, key, answers)) {
        releases.push_back({std::move(command.done), *std::move(first)});
        continue;
      }
    }
    const absl::Time at = std::max(now, TimeOf(command));
    const uint64_t position = seeded_.position();
    absl::StatusOr<std::string> answer = healthy_ ? batch.Run(command, at) : Unavailable();
    const bool recorded = answer.ok() && batch.recorded();
    if (recorded) {
      now = at;
    } else {
      seeded_.set_position(position);
    }
    if (recorded && !command.request_id.empty()) {
      const Fingerprint fingerprint = FingerprintOf(command);
      std::string bytes(fingerprint.begin(), fingerprint.end());
      bytes += *answer;
      answers.push_back({key, batch.first_index(), now, std::move(bytes)});
      Remember(key, batch.first_index(), now);
    }
    releases.push_back({std::move(command.done), std::move(answer)});
  }

  if (!batch.empty()) {
    const EngineMemo memo = Memo();
    auto sealed = batch.Seal(std::move(answers), memo);
    absl::Status status = sealed.status();
    if (status.ok()) status = store_.Commit(*sealed);
    if (status.ok()) {
      checkpoint_ = std::move(sealed->checkpoint);
      const auto erasures_before = committed_.state.erasures;
      batch.MoveTo(committed_, memo);
      AddErasures(erasures_before);
      Publish();
    } else {
      Fail(status);
      for (Release& release : releases) release.answer = Unavailable();
    }
  }
  Hand(std::move(releases));
  if (healthy_ && committed_.time - answers_dropped_at_ > kDropEvery) DropAnswers();
}

void Engine::Impl::Fail(const absl::Status& status) {
  Log(LogLevel::kError, "commit failed; nothing is granted until the daemon is restarted",
      {{"error", std::string(status.message())}});
  healthy_ = false;
  const std::lock_guard lock(listeners_mutex_);
  if (on_failure_) on_failure_();
}

void Engine::Impl::AddErasures(const PersistentMap<std::string, Erasure>& before) {
  PersistentMap<std::string, Erasure>::Diff(
      before, committed_.state.erasures, [this](const std::string& subject_ref, const Erasure*, const Erasure* now) {
        if (now != nullptr && !now->finished) erasure_work_.Add(subject_ref);
      });
}

void Engine::Impl::StepErasures() {
  const std::vector<std::string> finished = erasure_work_.Step();
  if (finished.empty()) return;
  State next = committed_.state;
  for (const std::string& subject_ref : finished) {
    Erasure erasure = *next.erasures.Find(subject_ref);
    erasure.finished = true;
    next.erasures.Put(subject_ref, erasure);
  }
  storage::Batch batch;
  batch.rows = DiffRows(committed_.state, next);
  if (const absl::Status status = store_.Commit(batch); status.ok()) {
    committed_.state = std::move(next);
    Publish();
  } else {
    Fail(status);
  }
  Hand({});  // wakes those who wait for it
}

// Keyed, so that nobody can try out whom a kept answer was about.
Fingerprint Engine::Impl::FingerprintOf(const Command& command) const {
  return ShortDigest({keys_.digest_key.reveal(), command.fingerprint});
}

absl::Time Engine::Impl::AnswersKeptSince(absl::Time now) const {
  // A simulation is as long as its input and may be repeated from its start at any time.
  return options_.clock_from_requests ? absl::InfinitePast() : now - options_.answers_kept;
}

void Engine::Impl::Remember(const storage::RequestKey& key, uint64_t index, absl::Time at) {
  requests_[key] = index;
  if (!options_.clock_from_requests) request_ages_.push_back({at, index, key});
}

void Engine::Impl::DropAnswers() {
  answers_dropped_at_ = committed_.time;
  const absl::Time since = AnswersKeptSince(committed_.time);
  if (since == absl::InfinitePast()) return;
  for (; !request_ages_.empty() && request_ages_.front().at < since; request_ages_.pop_front()) {
    const auto found = requests_.find(request_ages_.front().key);
    if (found != requests_.end() && found->second == request_ages_.front().index) requests_.erase(found);
  }
  if (const absl::Status dropped = store_.DropAnswers(since); !dropped.ok()) {
    Log(LogLevel::kError, "dropping old answers failed", {{"error", std::string(dropped.message())}});
  }
}

void Engine::Impl::Publish() {
  auto next = std::make_shared<Snapshot>();
  next->state = committed_.state;
  next->policies = committed_.policies;
  next->log_size = committed_.log.size();
  next->checkpoint = checkpoint_;
  next->time = committed_.time;
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_ = std::move(next);
}

void Engine::Impl::Hand(std::vector<Release> releases) {
  {
    const std::lock_guard lock(answer_mutex_);
    answers_.push_back(std::move(releases));
  }
  answer_wake_.notify_one();
}

void Engine::Impl::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_all();
  if (!engine_thread_.joinable()) return;  // never ran
  engine_thread_.join();
  {
    const std::lock_guard lock(answer_mutex_);
    answers_end_ = true;
  }
  answer_wake_.notify_all();
  answer_thread_.join();
  if (healthy_ && !options_.clock_from_requests) {
    if (const absl::Status stopped = RunAlone("stopped", {}); !stopped.ok()) {
      Log(LogLevel::kError, "could not record the stop", {{"error", std::string(stopped.message())}});
    }
  }
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(storage::Store& store, Clock& clock, RandomSource& random, Keys keys,
                                                      Options options) {
  auto impl = std::make_unique<Impl>(store, clock, random, std::move(keys), std::move(options));
  SP_RETURN_IF_ERROR(impl->Recover());
  SP_RETURN_IF_ERROR(impl->RecordStart());
  SP_RETURN_IF_ERROR(impl->SettleKeys());
  impl->Run();
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

void Engine::Submit(Command command) { impl_->Submit(std::move(command)); }
std::shared_ptr<const Snapshot> Engine::snapshot() const { return impl_->snapshot(); }
bool Engine::healthy() const { return impl_->healthy_; }
void Engine::Stop() { impl_->Stop(); }
const Options& Engine::options() const { return impl_->options_; }
const Keys& Engine::keys() const { return impl_->keys_; }
storage::Store& Engine::store() const { return impl_->store_; }

void Engine::OnCommit(std::function<void(const Snapshot&)> listener) {
  const std::lock_guard lock(impl_->listeners_mutex_);
  impl_->listeners_.push_back(std::move(listener));
}

void Engine::OnFailure(std::function<void()> listener) {
  const std::lock_guard lock(impl_->listeners_mutex_);
  impl_->on_failure_ = std::move(listener);
}

absl::Time Engine::now() const {
  const absl::Time last = snapshot()->time;
  return impl_->options_.clock_from_requests ? last : std::max(last, impl_->clock_.Now());
}

}  // namespace sallyport::engine
