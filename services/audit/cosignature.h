#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "audit/note_key.h"

// Time-stamped Ed25519 cosignatures, type 0x04, c2sp.org/tlog-cosignature v1: a witness states that at this time this
// was the largest consistent tree of the origin that it had seen. The statement does not cover the witness's name, so
// every cosigner has its own key.
namespace sallyport::audit {

// What is signed: "cosignature/v1\ntime <seconds>\n" and the checkpoint's text.
std::string CosignatureMessage(uint64_t time_unix_seconds, absl::string_view checkpoint_text);

// A witness's signing key. Same ownership and thread-safety as SigningKey.
class Cosigner {
 public:
  // Takes the key over; its name becomes the witness's. The key id differs from the one under type 0x01.
  static absl::StatusOr<Cosigner> Make(SigningKey key);

  // Emit this one: the vkey of type 0x04.
  const VerifierKey& verifier() const { return verifier_; }

  // `checkpoint_text` is the text of a checkpoint's note. The fraction of a second is dropped; times before 1970 are
  // INVALID_ARGUMENT, as is text that is not a checkpoint.
  absl::StatusOr<NoteSignature> Cosign(absl::string_view checkpoint_text, absl::Time time) const;

 private:
  Cosigner(SigningKey key, VerifierKey verifier) : key_(std::move(key)), verifier_(std::move(verifier)) {}
  SigningKey key_;
  VerifierKey verifier_;
};

// The time that a cosignature states, if it verifies. UNAUTHENTICATED otherwise. The caller judges times in the future.
absl::StatusOr<absl::Time> VerifyCosignature(const VerifierKey& key, absl::string_view checkpoint_text,
                                             const NoteSignature& signature);

}  // namespace sallyport::audit
