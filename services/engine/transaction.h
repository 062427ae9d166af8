#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "access/policies.h"
#include "audit/hash.h"
#include "base/random.h"
#include "base/secret.h"
#include "engine/state.h"
#include "facility/event.h"

namespace sallyport::engine {

// Where a record stands.
struct Receipt {
  uint64_t index = 0;
  audit::Hash leaf_hash{};
};

// What a command works on, for as long as it runs on the engine thread. If the command fails, the engine forgets all
// that was done through it.
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual State& state() = 0;
  virtual const access::Policies* policies() const = 0;  // null until a policy set is active
  virtual absl::Time now() const = 0;
  virtual RandomSource& random() = 0;
  virtual const std::string& actor() const = 0;
  virtual const std::string& origin() const = 0;
  virtual absl::Duration read_age_max() const = 0;
  virtual const Secret& digest_key() const = 0;

  // A new ULID.
  virtual std::string NewId() = 0;

  // Serialises the event into a record of the log. People named in it must be in the state.
  virtual Receipt Record(const Event& event) = 0;

  // Gives a new person a pseudonym and a sealing key, unless they have them.
  virtual void Enrol(facility::Person& person) = 0;

  // With this command, the sealing key of this pseudonym is destroyed.
  virtual void DestroyKey(const std::string& subject_ref) = 0;

  // With this command, kept answers of requests that contain one of these texts are forgotten: a repeat of such a
  // request is refused and changes nothing. None of them is empty.
  virtual void ForgetAnswers(std::vector<std::string> texts) = 0;

  // Puts policies into force, linked with the facility of the state.
  virtual void UsePolicies(std::shared_ptr<const access::Policies> policies) = 0;

  // After a change of access levels: links the policies in force, if there are any, with the facility again.
  virtual void RelinkPolicies() = 0;
};

}  // namespace sallyport::engine
