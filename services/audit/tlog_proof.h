#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "audit/checkpoint.h"
#include "audit/hash.h"
#include "audit/proof.h"

// Receipts: offline proof files, c2sp.org/tlog-proof@v1. A receipt and the record's bytes convince whoever has the
// log's public key that the record is in the log.
namespace sallyport::audit {

struct Receipt {
  std::optional<std::string> extra;  // opaque bytes; nothing authenticates them
  uint64_t index = 0;
  std::vector<Hash> proof;  // inclusion, the leaf's sibling first
  std::string checkpoint;   // a signed note, verbatim, with all its signatures
};

// Proves record `index` under the signed checkpoint `checkpoint_note`, whose size says which tree. The note is not
// verified: it is the log's own. INVALID_ARGUMENT unless index < its size.
absl::StatusOr<Receipt> MakeReceipt(uint64_t index, absl::string_view checkpoint_note, NodeReader& reader);

// INVALID_ARGUMENT for what ParseReceipt would refuse.
absl::StatusOr<std::string> FormatReceipt(const Receipt& receipt);
// Reads the structure and verifies nothing. INVALID_ARGUMENT when malformed.
absl::StatusOr<Receipt> ParseReceipt(absl::string_view text);

// Verifies the log's signature (and every known cosigner's) and the path from `leaf_hash` to the signed root. Returns
// the checkpoint, so that the caller can ask a policy whether its cosigners suffice. UNAUTHENTICATED when a signature
// or the path fails.
absl::StatusOr<SignedCheckpoint> VerifyReceipt(const Receipt& receipt, const Hash& leaf_hash,
                                               absl::Span<const VerifierKey> keys);
// The same, from the receipt's text and the record's stored bytes.
absl::StatusOr<SignedCheckpoint> VerifyReceiptForRecord(absl::string_view receipt, absl::string_view leaf,
                                                        absl::Span<const VerifierKey> keys);

}  // namespace sallyport::audit
