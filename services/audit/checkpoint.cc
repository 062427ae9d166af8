#include "audit/checkpoint.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "audit/encoding.h"
#include "audit/limits.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

absl::Status Malformed(absl::string_view why) { return absl::InvalidArgumentError(absl::StrCat("checkpoint: ", why)); }

bool IsLine(absl::string_view line) { return !line.empty() && !absl::StrContains(line, "\n"); }

}  // namespace

absl::StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint) {
  if (!IsLine(checkpoint.origin)) return Malformed("the origin must be one line that is not empty");
  if (checkpoint.size > kTreeSizeMax) return Malformed(absl::StrCat("size ", checkpoint.size, " is 2^63 or more"));
  if (checkpoint.extensions.size() > kCheckpointExtensionsMax) return Malformed("too many extension lines");
  std::string text = absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n", HashToBase64(checkpoint.root), "\n");
  for (const std::string& line : checkpoint.extensions) {
    if (!IsLine(line)) return Malformed("an extension must be one line that is not empty");
    absl::StrAppend(&text, line, "\n");
  }
  SP_RETURN_IF_ERROR(CheckNoteText(text));
  return text;
}

absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text) {
  SP_RETURN_IF_ERROR(CheckNoteText(text));
  text.remove_suffix(1);
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 3) return Malformed(absl::StrCat(lines.size(), " lines: expected origin, size and root"));
  if (lines.size() > 3 + kCheckpointExtensionsMax) return Malformed("too many extension lines");
  Checkpoint checkpoint;
  checkpoint.origin = std::string(lines[0]);
  if (checkpoint.origin.empty()) return Malformed("the origin is empty");
  if (!ParseDecimal(lines[1], checkpoint.size) || checkpoint.size > kTreeSizeMax) {
    return Malformed(absl::StrCat("size \"", absl::CHexEscape(lines[1].substr(0, 40)),
                                  "\": expected a decimal number below 2^63 without leading zeros"));
  }
  SP_ASSIGN_OR_RETURN(checkpoint.root, HashFromBase64(lines[2]));
  for (size_t i = 3; i < lines.size(); ++i) {
    if (lines[i].empty()) return Malformed("contains an empty line");
    checkpoint.extensions.emplace_back(lines[i]);
  }
  return checkpoint;
}

absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, absl::Span<const SigningKey* const> keys) {
  for (const SigningKey* key : keys) {
    if (key->name() != checkpoint.origin) {
      return Malformed(absl::StrCat("key ", key->name(), " may not sign for origin ", checkpoint.origin));
    }
  }
  SP_ASSIGN_OR_RETURN(const std::string text, FormatCheckpoint(checkpoint));
  return SignNote(text, keys);
}

absl::StatusOr<SignedCheckpoint> OpenCheckpoint(absl::string_view note, absl::Span<const VerifierKey> keys) {
  SignedCheckpoint opened;
  SP_ASSIGN_OR_RETURN(opened.note, OpenNote(note, keys));
  SP_ASSIGN_OR_RETURN(opened.checkpoint, ParseCheckpoint(opened.note.text));
  const std::string& origin = opened.checkpoint.origin;
  for (const NoteSignature& signature : opened.note.verified) {
    const auto is_log_key = [&](const VerifierKey& key) {
      return key.type() == KeyType::kEd25519 && key.name() == origin && key.Matches(signature);
    };
    if (std::any_of(keys.begin(), keys.end(), is_log_key)) return opened;
  }
  return absl::UnauthenticatedError(absl::StrCat("checkpoint of ", origin, ": not signed by a known key of this log"));
}

absl::StatusOr<Checkpoint> ReadCheckpointUnverified(absl::string_view note) {
  SP_ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  return ParseCheckpoint(parsed.text);
}

}  // namespace sallyport::audit
