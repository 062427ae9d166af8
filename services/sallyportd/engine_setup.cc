#include "sallyportd/engine_setup.h"

#include <sodium.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "audit/key_file.h"
#include "base/file.h"
#include "base/random.h"
#include "base/status.h"

namespace sallyport {
namespace {

constexpr size_t kKeyFileBytesMax = 64u << 10;
constexpr char kDigestContext[crypto_kdf_CONTEXTBYTES + 1] = "spdigest";  // libsodium's crypto_kdf: 8 characters

absl::StatusOr<Secret> ReadSecretFile(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::PermissionDeniedError(absl::StrCat(path, ": may be read by others than its owner; chmod 600 it"));
  }
  SP_ASSIGN_OR_RETURN(std::string text, ReadFile(path, kKeyFileBytesMax));
  Secret out(text);
  sodium_memzero(text.data(), text.size());
  return out;
}

Secret DigestKey(const Config& config, const audit::KeyEncryptionKey& data_key) {
  std::array<uint8_t, 32> master = data_key.reveal();
  if (config.clock == ClockMode::kFromRequests) SeededRandom(config.seed).Fill(absl::MakeSpan(master));
  std::array<uint8_t, 32> derived{};
  crypto_kdf_derive_from_key(derived.data(), derived.size(), 1, kDigestContext, master.data());
  Secret out(std::string(reinterpret_cast<const char*>(derived.data()), derived.size()));
  sodium_memzero(master.data(), master.size());
  sodium_memzero(derived.data(), derived.size());
  return out;
}

}  // namespace

absl::StatusOr<std::string> DatabasePath(const Config& config) {
  const std::filesystem::path folder = config.data_dir;
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (error) return absl::UnavailableError(absl::StrCat("data_dir ", config.data_dir, ": ", error.message()));
  return (folder / "sallyport.db").string();
}

engine::Options EngineOptions(const Config& config) {
  engine::Options out;
  out.origin = config.origin;
  out.clock_from_requests = config.clock == ClockMode::kFromRequests;
  out.seed = config.seed;
  out.queue_commands_max = config.limits.queue_commands;
  out.batch_commands_max = config.limits.batch_commands;
  out.read_age_max = config.limits.read_age;
  out.answers_kept = config.limits.answers_kept;
  out.software_version = SALLYPORT_VERSION;
  return out;
}

absl::StatusOr<engine::Keys> LoadKeys(const Config& config) {
  SP_ASSIGN_OR_RETURN(const Secret log_key_text, ReadSecretFile(config.log_key));
  auto log_keys = audit::ParseSigningKeyFile(log_key_text.reveal());
  if (!log_keys.ok()) return Annotate(log_keys.status(), config.log_key);
  auto log_key = std::make_shared<const audit::SigningKey>(std::move(log_keys->front()));
  if (log_key->verifier().name() != config.origin) {
    return absl::InvalidArgumentError(absl::StrCat(config.log_key, ": is the key of ", log_key->verifier().name(),
                                                   ", the configuration's origin is ", config.origin));
  }
  SP_ASSIGN_OR_RETURN(const Secret data_key_text, ReadSecretFile(config.data_key));
  auto data_key = audit::ParseKeyEncryptionKeyFile(data_key_text.reveal());
  if (!data_key.ok()) return Annotate(data_key.status(), config.data_key);
  Secret digest_key = DigestKey(config, *data_key);
  return engine::Keys{std::move(log_key), *std::move(data_key), std::move(digest_key)};
}

}  // namespace sallyport
