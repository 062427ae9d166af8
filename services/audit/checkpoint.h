#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "audit/hash.h"
#include "audit/note.h"

// Checkpoints, c2sp.org/tlog-checkpoint v1: a signed note that says how large a log is and what its root is.
// Pure functions, safe from any thread.
namespace sallyport::audit {

struct Checkpoint {
  std::string origin;                   // names the log; equal to the name of its keys
  uint64_t size = 0;                    // leaves; below 2^63
  Hash root{};                          // MTH of all leaves
  std::vector<std::string> extensions;  // further lines, none of them empty; ours has none

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// A checkpoint whose log signature verified.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  VerifiedNote note;  // its text and who signed: the log's keys and cosigners
};

// "origin\nsize\nbase64 root\n" and extension lines. INVALID_ARGUMENT for an empty or multi-line origin or extension.
absl::StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint);
// The text of a note, not the note. INVALID_ARGUMENT for leading zeros, a root that is not 32 bytes, empty lines.
absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text);

// Formats and signs with every key. INVALID_ARGUMENT when a key's name is not the origin. The caller must never sign
// two checkpoints of which one is not a prefix of the other.
absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, absl::Span<const SigningKey* const> keys);

// Verifies and parses a signed checkpoint. `keys` may hold keys of several logs and cosigners. OK only when a log key
// (type 0x01) whose name is the origin signed it. UNAUTHENTICATED otherwise, or when any known key's signature fails;
// INVALID_ARGUMENT when malformed.
absl::StatusOr<SignedCheckpoint> OpenCheckpoint(absl::string_view note, absl::Span<const VerifierKey> keys);

// Reads a signed checkpoint without verifying anything: for what a program wrote itself, or to learn the origin first.
absl::StatusOr<Checkpoint> ReadCheckpointUnverified(absl::string_view note);

}  // namespace sallyport::audit
