#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/compact_range.h"
#include "engine/engine.h"
#include "engine/rows.h"
#include "engine/transaction.h"
#include "storage/store.h"

namespace sallyport::engine {

// What the engine thread knows between batches: the last committed state and log.
struct Committed {
  State state;
  std::shared_ptr<const access::Policies> policies;
  audit::CompactRange log;
  absl::Time time = absl::UnixEpoch();
  EngineMemo memo;
};

// A batch being built: the working state and what will be committed with it. One thread.
class Batch final : public Transaction {
 public:
  // `committed`, `options`, `keys` and `random` outlive the batch; `committed` does not change while it is built.
  Batch(const Committed& committed, const Options& options, const Keys& keys, RandomSource& random);

  // Runs one command at `now`. On error, or when it recorded nothing, the batch is as it was before.
  absl::StatusOr<std::string> Run(Command& command, absl::Time now);

  // Index of the first record of the last successful command; the log's size when it made none.
  uint64_t first_index() const { return first_index_; }
  bool recorded() const { return first_index_ < log_.size(); }
  bool empty() const { return entries_.empty(); }

  // Rows, entries and nodes, with the checkpoint signed over them. INTERNAL when signing fails.
  absl::StatusOr<storage::Batch> Seal(std::vector<storage::Answer> answers, EngineMemo memo);

  // After the commit: the batch becomes the committed state.
  void MoveTo(Committed& committed, EngineMemo memo);

  // Transaction.
  State& state() override { return state_; }
  const access::Policies* policies() const override { return policies_.get(); }
  absl::Time now() const override { return now_; }
  RandomSource& random() override { return random_; }
  const std::string& actor() const override { return command_->actor; }
  const std::string& origin() const override { return options_.origin; }
  absl::Duration read_age_max() const override { return options_.read_age_max; }
  const Secret& digest_key() const override { return keys_.digest_key; }
  std::string NewId() override;
  Receipt Record(const Event& event) override;
  void Enrol(facility::Person& person) override;
  void DestroyKey(const std::string& subject_ref) override;
  void ForgetAnswers(std::vector<std::string> texts) override;
  void UsePolicies(std::shared_ptr<const access::Policies> policies) override { policies_ = std::move(policies); }
  void RelinkPolicies() override;

 private:
  const Committed& committed_;
  const Options& options_;
  const Keys& keys_;
  RandomSource& random_;
  State state_;
  std::shared_ptr<const access::Policies> policies_;
  audit::CompactRange log_;
  std::vector<audit::TileRoot> nodes_;
  std::vector<storage::Entry> entries_;
  std::vector<storage::SubjectKey> subject_keys_;
  std::vector<std::string> forgotten_;
  absl::Time now_;
  const Command* command_ = nullptr;
  uint64_t first_index_ = 0;
  absl::Status failed_;  // what Record could not make
};

}  // namespace sallyport::engine
