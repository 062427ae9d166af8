#include "engine/batch.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "audit/checkpoint.h"
#include "base/status.h"
#include "base/ulid.h"
#include "engine/recorder.h"

namespace sallyport::engine {

Batch::Batch(const Committed& committed, const Options& options, const Keys& keys, RandomSource& random)
    : committed_(committed),
      options_(options),
      keys_(keys),
      random_(random),
      state_(committed.state),
      policies_(committed.policies),
      log_(committed.log),
      now_(committed.time) {}

absl::StatusOr<std::string> Batch::Run(Command& command, absl::Time now) {
  const State state_before = state_;
  const auto policies_before = policies_;
  const audit::CompactRange log_before = log_;
  const size_t entries_before = entries_.size();
  const size_t nodes_before = nodes_.size();
  const size_t forgotten_before = forgotten_.size();
  const size_t keys_before = subject_keys_.size();
  const absl::Time now_before = now_;

  command_ = &command;
  now_ = now;
  failed_ = absl::OkStatus();
  first_index_ = log_.size();
  absl::StatusOr<std::string> answer = command.apply(*this);
  if (answer.ok() && !failed_.ok()) answer = failed_;
  if (!answer.ok() || !recorded()) {  // what is not recorded has not happened
    state_ = state_before;
    policies_ = policies_before;
    log_ = log_before;
    entries_.resize(entries_before);
    nodes_.resize(nodes_before);
    forgotten_.resize(forgotten_before);
    subject_keys_.resize(keys_before);
    first_index_ = log_.size();
    now_ = now_before;
  }
  command_ = nullptr;
  return answer;
}

absl::StatusOr<storage::Batch> Batch::Seal(std::vector<storage::Answer> answers, EngineMemo memo) {
  storage::Batch out;
  out.rows = DiffRows(committed_.state, state_);
  if (options_.clock_from_requests || committed_.log.size() == 0) out.rows.push_back(MemoRow(memo));
  out.entries = std::move(entries_);
  out.nodes.reserve(nodes_.size());
  for (const audit::TileRoot& node : nodes_) out.nodes.push_back({node.level, node.index, node.hash});
  out.answers = std::move(answers);
  out.forgotten = std::move(forgotten_);
  out.subject_keys = std::move(subject_keys_);
  const audit::SigningKey* key = keys_.log_key.get();
  SP_ASSIGN_OR_RETURN(out.checkpoint, audit::SignCheckpoint({options_.origin, log_.size(), log_.Root(), {}}, {&key, 1}));
  return out;
}

void Batch::MoveTo(Committed& committed, EngineMemo memo) {
  committed.state = std::move(state_);
  committed.policies = std::move(policies_);
  committed.log = log_;
  committed.time = now_;
  committed.memo = std::move(memo);
}

std::string Batch::NewId() { return MakeUlid(now_, random_); }

Receipt Batch::Record(const Event& event) {
  static const std::string kNone(64, '0');
  auto made = MakeEntry(event, {log_.size(), now_, command_->actor, command_->request_id,
                                policies_ ? policies_->hash() : kNone, state_.facility, keys_.key_encryption_key,
                                random_});
  if (!made.ok()) {
    failed_ = made.status();
    return {log_.size(), {}};
  }
  storage::Entry& entry = *made;
  const Receipt receipt{log_.size(), entry.leaf_hash};
  log_.Append(entry.leaf_hash, &nodes_);
  entries_.push_back(std::move(entry));
  return receipt;
}

void Batch::Enrol(facility::Person& person) {
  if (!person.subject_ref.empty()) return;
  std::array<uint8_t, 16> bytes{};
  random_.Fill(absl::MakeSpan(bytes));
  person.subject_ref = absl::BytesToHexString({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto key = audit::SubjectKey::Generate(random_);
  person.wrapped_key = audit::WrapSubjectKey(keys_.key_encryption_key, person.subject_ref, key, random_);
  subject_keys_.push_back({person.subject_ref, person.wrapped_key});
  state_.person_by_subject.Put(person.subject_ref, person.id);
}

void Batch::DestroyKey(const std::string& subject_ref) { subject_keys_.push_back({subject_ref, std::nullopt}); }

void Batch::ForgetAnswers(std::vector<std::string> texts) {
  for (std::string& text : texts) forgotten_.push_back(std::move(text));
}

void Batch::RelinkPolicies() {
  if (policies_ != nullptr) policies_ = access::Policies::Link(policies_->checked(), state_.facility);
}

}  // namespace sallyport::engine
