#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Hashing of the Merkle tree, RFC 6962 section 2.1 (RFC 9162 section 2.1 hashes alike), with SHA-256.
// All functions are pure and safe from any thread.
namespace sallyport::audit {

using Hash = std::array<uint8_t, 32>;

// SHA-256 of `data` (FIPS 180-4). About 0.1 µs plus 0.06 µs for each 64 bytes where the CPU has SHA instructions.
Hash Sha256(absl::string_view data);

// SHA-256(0x00 || leaf): the hash of a record's stored bytes.
Hash LeafHash(absl::string_view leaf);

// SHA-256(0x01 || left || right): the hash of an inner node.
Hash NodeHash(const Hash& left, const Hash& right);

// The root of the tree without leaves: SHA-256 of nothing. Not the hash of an empty leaf.
const Hash& EmptyRoot();

// Standard base64 with padding, 44 characters, as in checkpoints and proofs.
std::string HashToBase64(const Hash& hash);
// Accepts only what HashToBase64 writes. INVALID_ARGUMENT otherwise.
absl::StatusOr<Hash> HashFromBase64(absl::string_view text);
// Lower-case, 64 characters.
std::string HashToHex(const Hash& hash);
// Exactly 32 bytes. INVALID_ARGUMENT otherwise.
absl::StatusOr<Hash> HashFromBytes(absl::string_view bytes);
// The 32 bytes; valid while `hash` lives.
absl::string_view HashBytes(const Hash& hash);

}  // namespace sallyport::audit
