#pragma once

#include <cstddef>
#include <cstdint>

// Every limit of the room, with its reason.
namespace sallyport::audit {

// A record's length is a big-endian u16 in an entry bundle (C2SP tlog-tiles).
inline constexpr size_t kEntryBytesMax = 65'535;
// Indices and sizes stay below 2^63, so that JSON tools and SQL columns hold them.
inline constexpr uint64_t kTreeSizeMax = (uint64_t{1} << 63) - 1;
// A tree of at most 2^63 leaves has paths of at most 63 hashes; a consistency proof has at most one more.
inline constexpr size_t kProofHashesMax = 64;
// A checkpoint with sixteen signatures is about 2 KiB; this leaves room for post-quantum ones.
inline constexpr size_t kNoteBytesMax = 64 * 1024;
// As in Go's sumdb/note: more lines are malformed.
inline constexpr size_t kNoteSignaturesMax = 100;
// Cosignature formats give a name one length byte.
inline constexpr size_t kKeyNameBytesMax = 255;
// Extension lines of a checkpoint; logs should have none.
inline constexpr size_t kCheckpointExtensionsMax = 16;
// Opaque bytes that a receipt may carry besides its proof.
inline constexpr size_t kReceiptExtraBytesMax = 64 * 1024;
// A receipt: header, extra in base64, index, hash lines, checkpoint.
inline constexpr size_t kReceiptBytesMax = 256 * 1024;
// tlog-policy asks for at least 32 logs, witnesses and groups each.
inline constexpr size_t kPolicyBytesMax = 256 * 1024;
inline constexpr size_t kPolicyNamesMax = 1024;
// A log signs with one key, with two during a rotation.
inline constexpr size_t kSigningKeysMax = 8;
// Plaintext of one record's personal fields. Sealing adds 72 bytes (nonce 24, salt 32, tag 16).
inline constexpr size_t kPersonalBytesMax = 65'535;
inline constexpr size_t kSealedBytesMax = kPersonalBytesMax + 72;
// One line of an export: a record in base64, its sealed fields in base64, the personal fields escaped.
inline constexpr size_t kExportLineBytesMax = 1024 * 1024;
// Records that an export may show where a tile has 256: enough to see what was inserted, and a bound on the comparison.
inline constexpr size_t kExportTileRecordsMax = 4096;
// What one verification lists before it only counts.
inline constexpr size_t kFindingsMax = 64;

}  // namespace sallyport::audit
