#pragma once

#include <iterator>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// Files of the source tree that travel inside the program, put there by embed.cmake.
namespace sallyport::cli {

struct EmbeddedFile {
  absl::string_view path;  // in the source tree: "policies/floors.cedar", "deploy/demo/facility.yaml"
  absl::string_view text;
};

// In order of path.
absl::Span<const EmbeddedFile> EmbeddedFiles();

}  // namespace sallyport::cli
