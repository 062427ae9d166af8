#include "audit/note.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "audit/encoding.h"
#include "audit/limits.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

constexpr absl::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // an em dash and a space

absl::Status Malformed(absl::string_view why) { return absl::InvalidArgumentError(absl::StrCat("note: ", why)); }

bool HasControlCharacter(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x20 && c != '\n'; });
}

bool SameKey(const NoteSignature& a, const NoteSignature& b) { return a.key_id == b.key_id && a.name == b.name; }

}  // namespace

absl::Status CheckNoteText(absl::string_view text) {
  if (text.empty() || text.back() != '\n') return Malformed("its text must end in a newline");
  if (text.size() > kNoteBytesMax) {
    return Malformed(absl::StrCat("text of ", text.size(), " bytes, at most ", kNoteBytesMax, " are allowed"));
  }
  if (HasControlCharacter(text)) return Malformed("contains a control character other than newline");
  if (!IsValidUtf8(text)) return Malformed("is not valid UTF-8");
  return absl::OkStatus();
}

absl::StatusOr<NoteSignature> ParseSignatureLine(absl::string_view line) {
  const auto malformed = [&] {
    return Malformed(absl::StrCat("\"", absl::CHexEscape(line.substr(0, 120)), "\" is not a signature line"));
  };
  if (!absl::StartsWith(line, kSignaturePrefix) || line.back() != '\n') return malformed();
  const absl::string_view rest = line.substr(kSignaturePrefix.size(), line.size() - kSignaturePrefix.size() - 1);
  const size_t space = rest.find(' ');
  if (space == absl::string_view::npos) return malformed();
  NoteSignature signature;
  signature.name = std::string(rest.substr(0, space));
  std::string blob;
  if (!CheckKeyName(signature.name).ok() || !Base64Decode(rest.substr(space + 1), blob) || blob.size() < 5) {
    return malformed();
  }
  for (int i = 0; i < 4; ++i) signature.key_id = signature.key_id << 8 | static_cast<uint8_t>(blob[i]);
  signature.bytes = blob.substr(4);
  return signature;
}

std::string FormatSignatureLine(const NoteSignature& signature) {
  std::string blob;
  for (int shift = 24; shift >= 0; shift -= 8) blob.push_back(static_cast<char>(signature.key_id >> shift));
  blob += signature.bytes;
  return absl::StrCat(kSignaturePrefix, signature.name, " ", Base64Encode(blob), "\n");
}

absl::StatusOr<Note> ParseNote(absl::string_view note) {
  if (note.size() > kNoteBytesMax) {
    return Malformed(absl::StrCat(note.size(), " bytes, at most ", kNoteBytesMax, " are allowed"));
  }
  SP_RETURN_IF_ERROR(CheckNoteText(note));
  const size_t split = note.rfind("\n\n");
  if (split == absl::string_view::npos) return Malformed("no empty line before the signatures");
  Note parsed;
  parsed.text = std::string(note.substr(0, split + 1));
  absl::string_view rest = note.substr(split + 2);
  if (rest.empty()) return Malformed("no signature");
  while (!rest.empty()) {
    if (parsed.signatures.size() == kNoteSignaturesMax) {
      return Malformed(absl::StrCat("more than ", kNoteSignaturesMax, " signatures"));
    }
    const size_t end = rest.find('\n');
    SP_ASSIGN_OR_RETURN(parsed.signatures.emplace_back(), ParseSignatureLine(rest.substr(0, end + 1)));
    rest.remove_prefix(end + 1);
  }
  return parsed;
}

absl::StatusOr<std::string> FormatNote(const Note& note) {
  std::string out = absl::StrCat(note.text, "\n");
  for (const NoteSignature& signature : note.signatures) out += FormatSignatureLine(signature);
  SP_ASSIGN_OR_RETURN(const Note again, ParseNote(out));
  if (again.text != note.text || again.signatures != note.signatures) return Malformed("its text looks like signatures");
  return out;
}

absl::StatusOr<VerifiedNote> OpenNote(absl::string_view note, absl::Span<const VerifierKey> keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (keys[i].key_id() == keys[j].key_id() && keys[i].name() == keys[j].name()) {
        return absl::InvalidArgumentError(
            absl::StrFormat("ambiguous key: %s+%08x was given twice", keys[i].name(), keys[i].key_id()));
      }
    }
  }
  SP_ASSIGN_OR_RETURN(Note parsed, ParseNote(note));
  VerifiedNote opened;
  for (NoteSignature& signature : parsed.signatures) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const VerifierKey& k) { return k.Matches(signature); });
    if (key == keys.end()) {
      const auto& seen = opened.unverified;
      if (std::find(seen.begin(), seen.end(), signature) == seen.end()) opened.unverified.push_back(std::move(signature));
      continue;
    }
    const auto same = [&](const NoteSignature& seen) { return SameKey(seen, signature); };
    if (std::any_of(opened.verified.begin(), opened.verified.end(), same)) continue;
    SP_RETURN_IF_ERROR(key->Verify(parsed.text, signature));
    opened.verified.push_back(std::move(signature));
  }
  if (opened.verified.empty()) {
    std::string names;
    for (const NoteSignature& s : opened.unverified) {
      absl::StrAppendFormat(&names, "%s%s+%08x", names.empty() ? "" : ", ", s.name, s.key_id);
    }
    return absl::UnauthenticatedError(absl::StrCat("note: no signature by a known key; signed by ", names));
  }
  opened.text = std::move(parsed.text);
  return opened;
}

absl::StatusOr<std::string> SignNote(absl::string_view text, absl::Span<const SigningKey* const> keys) {
  Note note;
  note.text = std::string(text);
  for (const SigningKey* key : keys) {
    SP_ASSIGN_OR_RETURN(NoteSignature signature, key->Sign(text));
    AddSignature(std::move(signature), note);
  }
  return FormatNote(note);
}

void AddSignature(NoteSignature signature, Note& note) {
  const auto same = [&](const NoteSignature& other) { return SameKey(other, signature); };
  note.signatures.erase(std::remove_if(note.signatures.begin(), note.signatures.end(), same), note.signatures.end());
  note.signatures.push_back(std::move(signature));
}

}  // namespace sallyport::audit
