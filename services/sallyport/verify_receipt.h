#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "audit/note_key.h"
#include "sallyport/verify_report.h"

namespace sallyport::cli {

// Verifies a receipt and a record with the log's public keys alone. `receipt` is the text of a receipt
// (audit/tlog_proof.h) or an answer of GetReceipt in JSON. `leaf` is what stands in a file with the record: its bytes,
// an answer of GetReceipt or GetRecord in JSON, a line of an export, or the record as JSON; empty: the receipt brings it,
// as its extra data or in the answer of GetReceipt. INVALID_ARGUMENT when one of them is something else.
absl::StatusOr<VerifyReport> VerifyReceiptFiles(const std::string& receipt, const std::string& leaf,
                                                const std::vector<audit::VerifierKey>& keys);

}  // namespace sallyport::cli
