#include "audit/tlog_proof.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "audit/encoding.h"
#include "audit/limits.h"
#include "base/status.h"

namespace sallyport::audit {
namespace {

constexpr absl::string_view kHeader = "c2sp.org/tlog-proof@v1";

absl::Status Malformed(absl::string_view why) { return absl::InvalidArgumentError(absl::StrCat("receipt: ", why)); }

// Takes the next line off `text`, without its newline. False when there is none.
bool TakeLine(absl::string_view& text, absl::string_view& line) {
  const size_t end = text.find('\n');
  if (end == absl::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

}  // namespace

absl::StatusOr<Receipt> MakeReceipt(uint64_t index, absl::string_view checkpoint_note, NodeReader& reader) {
  SP_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpointUnverified(checkpoint_note));
  Receipt receipt;
  receipt.index = index;
  SP_ASSIGN_OR_RETURN(receipt.proof, InclusionProof(index, checkpoint.size, reader));
  receipt.checkpoint = std::string(checkpoint_note);
  return receipt;
}

absl::StatusOr<std::string> FormatReceipt(const Receipt& receipt) {
  std::string text = absl::StrCat(kHeader, "\n");
  if (receipt.extra.has_value()) absl::StrAppend(&text, "extra ", Base64Encode(*receipt.extra), "\n");
  absl::StrAppend(&text, "index ", receipt.index, "\n");
  for (const Hash& hash : receipt.proof) absl::StrAppend(&text, HashToBase64(hash), "\n");
  absl::StrAppend(&text, "\n", receipt.checkpoint);
  SP_RETURN_IF_ERROR(ParseReceipt(text).status());
  return text;
}

absl::StatusOr<Receipt> ParseReceipt(absl::string_view text) {
  if (text.size() > kReceiptBytesMax) {
    return Malformed(absl::StrCat(text.size(), " bytes, at most ", kReceiptBytesMax, " are allowed"));
  }
  Receipt receipt;
  absl::string_view line;
  if (!TakeLine(text, line) || line != kHeader) return Malformed(absl::StrCat("expected the header ", kHeader));
  if (!TakeLine(text, line)) return Malformed("expected an index");
  if (absl::ConsumePrefix(&line, "extra ")) {
    if (!Base64Decode(line, receipt.extra.emplace()) || receipt.extra->size() > kReceiptExtraBytesMax) {
      return Malformed("extra is not base64 of at most 64 KiB");
    }
    if (!TakeLine(text, line)) return Malformed("expected an index");
  }
  if (!absl::ConsumePrefix(&line, "index ") || !ParseDecimal(line, receipt.index) || receipt.index > kTreeSizeMax) {
    return Malformed("expected \"index \" and a decimal number below 2^63 without leading zeros");
  }
  while (true) {
    if (!TakeLine(text, line)) return Malformed("expected an empty line and a checkpoint after the proof");
    if (line.empty()) break;
    if (receipt.proof.size() == kProofHashesMax) return Malformed("more hashes than any tree needs");
    SP_ASSIGN_OR_RETURN(receipt.proof.emplace_back(), HashFromBase64(line));
  }
  receipt.checkpoint = std::string(text);
  SP_RETURN_IF_ERROR(ReadCheckpointUnverified(receipt.checkpoint).status());
  return receipt;
}

absl::StatusOr<SignedCheckpoint> VerifyReceipt(const Receipt& receipt, const Hash& leaf_hash,
                                               absl::Span<const VerifierKey> keys) {
  SP_ASSIGN_OR_RETURN(SignedCheckpoint opened, OpenCheckpoint(receipt.checkpoint, keys));
  const Checkpoint& checkpoint = opened.checkpoint;
  SP_RETURN_IF_ERROR(VerifyInclusion(receipt.index, checkpoint.size, leaf_hash, receipt.proof, checkpoint.root));
  return opened;
}

absl::StatusOr<SignedCheckpoint> VerifyReceiptForRecord(absl::string_view receipt, absl::string_view leaf,
                                                        absl::Span<const VerifierKey> keys) {
  SP_ASSIGN_OR_RETURN(const Receipt parsed, ParseReceipt(receipt));
  return VerifyReceipt(parsed, LeafHash(leaf), keys);
}

}  // namespace sallyport::audit
