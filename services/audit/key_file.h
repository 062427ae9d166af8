#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "audit/note_key.h"
#include "audit/sealer.h"
#include "base/secret.h"

// The text of key files. Reading and writing files, with their permissions, is the programs' work. Error messages never
// quote a file's content. Pure functions, safe from any thread.
namespace sallyport::audit {

// The log's signing keys: one `PRIVATE+KEY+…` line a key, empty lines and lines that begin with # ignored. The first key
// is the current one; a second one signs beside it during a rotation. INVALID_ARGUMENT without a key, with more than
// eight, with two of the same key id, or when their names (the log's origin) differ.
absl::StatusOr<std::vector<SigningKey>> ParseSigningKeyFile(absl::string_view text);
Secret FormatSigningKeyFile(absl::Span<const SigningKey> keys);

// The key-encryption key: one line, 32 bytes in base64; comments as above.
absl::StatusOr<KeyEncryptionKey> ParseKeyEncryptionKeyFile(absl::string_view text);
Secret FormatKeyEncryptionKeyFile(const KeyEncryptionKey& key);

}  // namespace sallyport::audit
