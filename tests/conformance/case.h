#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace conformance {

// Whether a file is a case, by its name: `x.json`, but not `x.entities.json`.
bool IsCaseFile(const std::filesystem::path& path);

// Runs one case. Empty when it passes; otherwise what differs, for one line. A JSON file that describes no case (some
// other data) sets *skipped.
std::string RunCase(const std::filesystem::path& path, bool* skipped);

}  // namespace conformance
