#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "facility/model.h"

// Checks that the directory and the facility file share. Each returns INVALID_ARGUMENT naming `field`.
namespace sallyport::facility {

// UTF-8 without control characters, at most `bytes_max`; may be empty.
absl::Status CheckText(absl::string_view field, absl::string_view text, size_t bytes_max);

// `from` is before `until`, and neither lies where years no longer have four digits.
absl::Status CheckPeriod(absl::string_view field, absl::Time from, absl::Time until);

// A format that is known, and numbers that fit into it. The fields named are `field` and ".format", ".number", …
absl::Status CheckCard(absl::string_view field, const CardNumber& card);

// Whether a card format has this name. The reader room knows their bits; here only what they can say is of interest.
bool IsCardFormat(absl::string_view name);
std::string CardFormats();  // "H10301, raw", for messages

}  // namespace sallyport::facility
