#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sallyport {

// Offset of the first byte that is not part of valid UTF-8 (RFC 3629: shortest form, no surrogates, up to U+10FFFF), or
// npos.
size_t FindInvalidUtf8(absl::string_view text);

}  // namespace sallyport
