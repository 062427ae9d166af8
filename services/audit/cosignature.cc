#include "audit/cosignature.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "audit/checkpoint.h"
#include "audit/encoding.h"
#include "base/status.h"

namespace sallyport::audit {

std::string CosignatureMessage(uint64_t time_unix_seconds, absl::string_view checkpoint_text) {
  return absl::StrCat("cosignature/v1\ntime ", time_unix_seconds, "\n", checkpoint_text);
}

absl::StatusOr<Cosigner> Cosigner::Make(SigningKey key) {
  SP_ASSIGN_OR_RETURN(VerifierKey verifier,
                      VerifierKey::Make(key.name(), KeyType::kCosignature, key.verifier().public_key()));
  return Cosigner(std::move(key), std::move(verifier));
}

absl::StatusOr<NoteSignature> Cosigner::Cosign(absl::string_view checkpoint_text, absl::Time time) const {
  SP_RETURN_IF_ERROR(ParseCheckpoint(checkpoint_text).status());
  const int64_t seconds = absl::ToUnixSeconds(time);
  if (seconds < 0 || time == absl::InfiniteFuture()) {
    return absl::InvalidArgumentError(absl::StrCat("cosignature time ", seconds, ": expected a POSIX time from 1970 on"));
  }
  const uint64_t stamp = static_cast<uint64_t>(seconds);
  SP_ASSIGN_OR_RETURN(const auto signed_bytes, key_.SignBytes(CosignatureMessage(stamp, checkpoint_text)));
  NoteSignature signature{verifier_.name(), verifier_.key_id(), ""};
  AppendBigEndian64(stamp, signature.bytes);
  signature.bytes.append(signed_bytes.begin(), signed_bytes.end());
  return signature;
}

absl::StatusOr<absl::Time> VerifyCosignature(const VerifierKey& key, absl::string_view checkpoint_text,
                                             const NoteSignature& signature) {
  const auto refused = [&] {
    return absl::UnauthenticatedError(
        absl::StrFormat("cosignature of key %s+%08x does not verify", key.name(), key.key_id()));
  };
  if (key.type() != KeyType::kCosignature || !key.Matches(signature) || signature.bytes.size() != 8 + 64) {
    return refused();
  }
  const absl::string_view bytes = signature.bytes;
  const uint64_t stamp = ReadBigEndian64(bytes);
  if (stamp > INT64_MAX ||
      !VerifyEd25519(key.public_key(), CosignatureMessage(stamp, checkpoint_text), bytes.substr(8))) {
    return refused();
  }
  return absl::FromUnixSeconds(static_cast<int64_t>(stamp));
}

}  // namespace sallyport::audit
