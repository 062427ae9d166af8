#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "audit/note_key.h"

// Signed notes, c2sp.org/signed-note v1: text, an empty line, signature lines. Everything here is stricter than the
// specification where two spellings of one note would be possible (base64 must be canonical) and limits the total to
// 64 KiB. Pure functions, safe from any thread.
namespace sallyport::audit {

struct Note {
  std::string text;                        // ends in a newline; the signed bytes
  std::vector<NoteSignature> signatures;   // as they stand, unverified
};

// A note of which at least one known key's signature verified.
struct VerifiedNote {
  std::string text;
  std::vector<NoteSignature> verified;    // by known keys, one a key, in the note's order
  std::vector<NoteSignature> unverified;  // by unknown keys
};

// Text that may be signed: not empty, ends in a newline, valid UTF-8, no control character but newline.
// INVALID_ARGUMENT otherwise.
absl::Status CheckNoteText(absl::string_view text);

// Reads the structure and verifies nothing. INVALID_ARGUMENT when malformed: no signature, more than 100, bad UTF-8,
// control characters, a line that is not a signature.
absl::StatusOr<Note> ParseNote(absl::string_view note);
// The inverse. INVALID_ARGUMENT for what ParseNote would refuse.
absl::StatusOr<std::string> FormatNote(const Note& note);

// "— name base64\n".
std::string FormatSignatureLine(const NoteSignature& signature);
absl::StatusOr<NoteSignature> ParseSignatureLine(absl::string_view line);  // with its newline

// Parses and verifies. Signatures by unknown (name, key id) pairs are set aside; a known key's signature that does not
// verify refuses the whole note, as does the absence of any known key's: UNAUTHENTICATED. INVALID_ARGUMENT when
// malformed or when two of `keys` share name and key id.
absl::StatusOr<VerifiedNote> OpenNote(absl::string_view note, absl::Span<const VerifierKey> keys);

// Signs `text` with every key; during a rotation both the old and the new one. One line a key, in the order given.
absl::StatusOr<std::string> SignNote(absl::string_view text, absl::Span<const SigningKey* const> keys);

// Adds a signature, replacing one by the same (name, key id).
void AddSignature(NoteSignature signature, Note& note);

}  // namespace sallyport::audit
