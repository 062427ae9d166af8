#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "access/decision.h"
#include "access/policies.h"
#include "alarms/model.h"
#include "facility/model.h"
#include "operators/model.h"
#include "quarantine/model.h"

namespace sallyport::engine {

// Every policy set that was proposed or active, and the order of activation.
struct PolicyBook {
  struct Entry {
    access::PolicyFiles files;
    absl::Time proposed_at;
    absl::Time activated_at = absl::InfinitePast();
  };
  std::map<std::string, std::shared_ptr<const Entry>> sets;  // by hash
  std::vector<std::string> activated;                        // the active one last
};

// A person who was forgotten: what is left of them is the pseudonym that the log keeps.
struct Erasure {
  uint64_t record = 0;    // index of the record that says so
  absl::Time at;
  bool finished = false;  // nothing of theirs is left in the store's files either
};

// All that Sallyport knows, as one value: copying is cheap, a copy never changes.
struct State {
  facility::State facility;
  access::State access;
  quarantine::State quarantine;
  alarms::State alarms;
  operators::State operators;
  PersistentMap<std::string, Erasure> erasures;            // by pseudonym
  PersistentMap<std::string, PersonId> person_by_subject;  // derived: pseudonym in the log → person
  std::shared_ptr<const PolicyBook> policy_book = std::make_shared<const PolicyBook>();
};

// The state after a committed batch, with the log that covers it.
struct Snapshot {
  State state;
  std::shared_ptr<const access::Policies> policies;
  uint64_t log_size = 0;
  std::string checkpoint;  // signed note over the log of that size
  absl::Time time;         // of the last record
};

}  // namespace sallyport::engine
