#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/note_key.h"
#include "sallyport/verify_report.h"

namespace sallyport::cli {

// Verifies an export file (audit/export_verifier.h) with the log's public keys alone, on all cores, in memory that does
// not grow with the file. An error means that the file could not be read; a file that is no export is a finding.
absl::StatusOr<VerifyReport> VerifyExport(const std::string& path, const std::vector<audit::VerifierKey>& keys);

}  // namespace sallyport::cli
