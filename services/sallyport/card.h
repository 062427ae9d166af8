#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sallyport/access/v1/access.pb.h"
#include "sallyport/directory/v1/directory.pb.h"

// Cards as people write them.
namespace sallyport::cli {

// "FACILITY:NUMBER" of a 26-bit H10301 card, parity added: what a reader would send. INVALID_ARGUMENT otherwise.
absl::StatusOr<access::v1::Card> CardFromNumber(absl::string_view text);

// Raw bits: "0101…", or "COUNT:HEX" with the bits left-aligned ("26:BD88EB80"). INVALID_ARGUMENT otherwise.
absl::StatusOr<access::v1::Card> CardFromBits(absl::string_view text);

// The bytes of a text, 8 bits each: how systems that know a card by a name are replayed. 1 to 64 bytes.
absl::StatusOr<access::v1::Card> CardFromBytes(absl::string_view text);

// The same two for a card that is issued.
absl::StatusOr<directory::v1::CardNumber> CardNumberFromNumber(absl::string_view text);
absl::StatusOr<directory::v1::CardNumber> CardNumberFromBits(absl::string_view text);

// "H10301 12:3456", "raw 26:BD88EB80".
std::string CardText(const directory::v1::CardNumber& card);

}  // namespace sallyport::cli
