// Trust policies (tlog-policy) and public keys: whatever parses opens no checkpoint that its logs did not sign.
#include <cstddef>
#include <cstdint>
#include <string>

#include "audit/policy.h"
#include "audit_world.h"
#include "check.h"

using namespace sallyport::audit;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto key = VerifierKey::Parse(text);
  if (key.ok()) Check(key->ToString() == text, "a key has two spellings", text);
  const auto policy = Policy::Parse(text);
  if (!policy.ok()) return 0;
  Check(policy->keys().size() == policy->logs().size() + policy->witnesses().size(), "a key is lost", text);
  if (!policy->Open(fuzz::Log().checkpoint()).ok()) return 0;
  bool trusts_log = false;
  for (const Policy::Log& log : policy->logs()) trusts_log |= log.key == fuzz::Keys()[0];
  Check(trusts_log, "a policy opens what its logs did not sign", text);
  return 0;
}
