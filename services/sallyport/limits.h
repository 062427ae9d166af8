#pragma once

#include <cstddef>

// Everything in this room that has a limit, with its reason.
namespace sallyport::cli {

inline constexpr size_t kDocumentBytesMax = 16u << 20;   // what a server takes as a facility document
inline constexpr size_t kPolicyBytesMax = 1u << 20;      // one policy file; people read these
inline constexpr size_t kPolicyFilesMax = 256;           // in one folder
inline constexpr size_t kKeyFileBytesMax = 64u << 10;    // keys, tokens, certificates
inline constexpr size_t kReplayMapBytesMax = 64u << 10;  // a page of YAML
inline constexpr size_t kCsvFieldBytesMax = 64u << 10;   // an unclosed quote must not swallow a whole file
inline constexpr size_t kCsvColumnsMax = 256;            // badge systems export a dozen
inline constexpr size_t kReplayWindowMax = 4096;         // reads under way at once; the server's queue is no longer
inline constexpr size_t kReplayErrorsShown = 10;         // the rest is only counted
inline constexpr size_t kCardBytesMax = 64;              // as the API takes a card
inline constexpr size_t kPhotoBytesMax = 64u << 20;      // a photograph whose digest is taken
inline constexpr size_t kPinCharactersMax = 64;          // a PIN has 4 to 12 digits; more is not a PIN

}  // namespace sallyport::cli
