#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "audit/checkpoint.h"

namespace sallyport::audit {

// A trust policy, c2sp.org/tlog-policy: which logs are believed, and which witnesses must have cosigned a checkpoint.
//   log <vkey> [<url>]
//   witness <name> <vkey> [<url>]
//   group <name> all|any|<k> <member>...
//   quorum <name>|none
// An immutable value; safe from any thread.
class Policy {
 public:
  struct Witness {
    std::string name;  // the policy's own name for it
    VerifierKey key;
    std::string url;  // where to submit checkpoints; may be empty
  };
  struct Log {
    VerifierKey key;
    std::string url;
  };

  // INVALID_ARGUMENT with the line's number for anything malformed: an unknown word, a name used before it is defined or
  // twice as a member, a public key given twice, not exactly one quorum.
  static absl::StatusOr<Policy> Parse(absl::string_view text);

  const std::vector<Log>& logs() const { return logs_; }
  const std::vector<Witness>& witnesses() const { return witnesses_; }
  // All keys, logs first: what OpenCheckpoint and VerifyReceipt take.
  std::vector<VerifierKey> keys() const;

  // OK when a log of the policy signed the checkpoint and the quorum of witnesses cosigned it. UNAUTHENTICATED when a
  // signature fails or no log of the policy signed; FAILED_PRECONDITION when only the quorum is missing.
  absl::StatusOr<SignedCheckpoint> Open(absl::string_view checkpoint_note) const;

  // Whether a verified checkpoint's signers satisfy the quorum. FAILED_PRECONDITION names who is missing.
  absl::Status CheckQuorum(const SignedCheckpoint& opened) const;

 private:
  friend class PolicyParser;
  // What a name stands for: a witness, or a group of earlier names of which `needed` must be satisfied.
  struct Node {
    std::string name;
    int witness = -1;  // index in witnesses_, or -1 for a group
    std::vector<size_t> members;
    size_t needed = 0;
    bool is_member = false;
  };
  Policy() = default;
  std::vector<Log> logs_;
  std::vector<Witness> witnesses_;
  std::vector<Node> nodes_;
  int quorum_ = -1;  // index in nodes_; -1 for none
};

}  // namespace sallyport::audit
