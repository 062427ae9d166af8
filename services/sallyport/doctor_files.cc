#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "audit/key_file.h"
#include "base/file.h"
#include "base/status.h"
#include "sallyport/doctor.h"
#include "sallyport/limits.h"
#include "sallyport/output.h"
#include "sallyport/pki.h"
#include "sallyport/policy_check.h"
#include "sallyportd/config.h"

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

Finding Ok(std::string check, std::string detail) { return {Health::kOk, std::move(check), std::move(detail)}; }
Finding Warn(std::string check, std::string detail) { return {Health::kWarn, std::move(check), std::move(detail)}; }
Finding Fail(std::string check, std::string detail) { return {Health::kFail, std::move(check), std::move(detail)}; }
Finding Fail(std::string check, const absl::Status& status) {
  return Fail(std::move(check), std::string(status.message()));
}

// Whether a secret's file belongs to its owner alone.
Finding CheckSecretFile(const std::string& check, const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return Fail(check, absl::ErrnoToStatus(errno, path));
  const unsigned mode = facts.st_mode & 0777;
  if ((mode & 0077) == 0) return Ok(check, absl::StrFormat("%s, mode %04o", path, mode));
  return Fail(check, absl::StrFormat("%s has mode %04o, others can read or change it: chmod 600 %s", path, mode, path));
}

Finding CheckValidity(const std::string& check, const std::string& path, absl::Time now) {
  const auto pem = ReadFile(path, kKeyFileBytesMax);
  if (!pem.ok()) return Fail(check, pem.status());
  const auto facts = ReadCertificate(*pem);
  if (!facts.ok()) return Fail(check, absl::StrCat(path, ": ", facts.status().message()));
  if (now < facts->not_before)
    return Fail(check, absl::StrCat(path, ": valid only from ", TimeText(facts->not_before)));
  if (now >= facts->not_after) return Fail(check, absl::StrCat(path, ": expired on ", TimeText(facts->not_after)));
  const std::string until = absl::StrCat(path, ": \"", facts->common_name, "\" until ", TimeText(facts->not_after));
  if (facts->not_after - now < kCertificateWarning) return Warn(check, until + "; renew it (`sallyport certificate`)");
  return Ok(check, until);
}

// A certificate with its key, under its authority.
absl::Status CheckPair(const std::string& certificate, const std::string& key, const std::string& authority,
                       CertificateUse use, absl::Time now) {
  SP_ASSIGN_OR_RETURN(const std::string certificate_pem, ReadFile(certificate, kKeyFileBytesMax));
  SP_ASSIGN_OR_RETURN(std::string key_pem, ReadFile(key, kKeyFileBytesMax));
  SP_ASSIGN_OR_RETURN(const std::string authority_pem, ReadFile(authority, kKeyFileBytesMax));
  SP_RETURN_IF_ERROR(CheckKeyFits(certificate_pem, Secret(std::move(key_pem))));
  return VerifyCertificate(certificate_pem, authority_pem, use, now);
}

Finding CheckPairFinding(const std::string& check, const std::string& certificate, const std::string& key,
                         const std::string& authority, CertificateUse use, absl::Time now) {
  const absl::Status status = CheckPair(certificate, key, authority, use, now);
  if (!status.ok()) return Fail(check, absl::StrCat(certificate, ": ", status.message()));
  return Ok(check, absl::StrCat(certificate, " fits its key and ", authority));
}

Finding CheckLogKey(const Config& config, const std::string& folder) {
  const std::string check = "log key";
  auto text = ReadFile(config.log_key, kKeyFileBytesMax);
  if (!text.ok()) return Fail(check, text.status());
  const auto keys = audit::ParseSigningKeyFile(Secret(*std::move(text)).reveal());
  if (!keys.ok()) return Fail(check, absl::StrCat(config.log_key, ": ", keys.status().message()));
  if (keys->front().name() != config.origin) {
    return Fail(check,
                absl::StrCat(config.log_key, " is a key of ", keys->front().name(), ", the origin is ", config.origin));
  }
  const std::string path = folder + "/log.vkey";
  const auto vkey = ReadFile(path, kKeyFileBytesMax);
  if (!vkey.ok()) return Warn(check, absl::StrCat(vkey.status().message(), "; verifiers need it"));
  if (absl::StripSuffix(*vkey, "\n") != keys->front().verifier().ToString()) {
    return Fail(check, absl::StrCat(path, " is not the verifier key of ", config.log_key));
  }
  return Ok(check, absl::StrCat(config.origin, ", matches ", path));
}

Finding CheckPolicyFolder(const std::string& folder) {
  const auto files = ReadPolicyFiles({folder});
  if (!files.ok()) return Fail("policies", files.status());
  const PolicyReport report = CheckPolicies(*files);
  const std::string counts = absl::StrCat(folder, ": ", files->files.size(), " files, ", report.policies, " policies");
  if (!report.ok())
    return Fail("policies", absl::StrCat(folder, ": not valid; see `sallyport policy check ", folder, "`"));
  if (!report.problems.empty())
    return Warn("policies", absl::StrCat(counts, ", ", report.problems.size(), " warnings"));
  return Ok("policies", counts);
}

Finding CheckDisk(const std::string& data_dir) {
  std::error_code error;
  const fs::space_info space = fs::space(data_dir, error);
  if (error) return Fail("disk", absl::StrCat(data_dir, ": ", error.message()));
  const std::string left =
      absl::StrFormat("%s: %.1f GiB left", data_dir, static_cast<double>(space.available) / (1u << 30));
  if (space.available < kDiskBytesFail) return Fail("disk", left + "; a full disk stops every door");
  if (space.available < kDiskBytesWarn) return Warn("disk", left);
  return Ok("disk", left);
}

}  // namespace

std::vector<Finding> CheckProfile(const Profile& profile, absl::Time now) {
  std::vector<Finding> findings;
  findings.push_back(Ok("profile", profile.source.empty() ? "none; flags and variables only" : profile.source));
  if (profile.ca.empty()) {
    findings.push_back(Fail("authority", "no certificate authority: give --profile DIR/client.yaml, or --ca FILE"));
    return findings;
  }
  findings.push_back(CheckValidity("authority", profile.ca, now));
  if (!profile.token_file.empty()) findings.push_back(CheckSecretFile("token file", profile.token_file));
  if (!profile.certificate.empty()) {
    findings.push_back(CheckValidity("client certificate", profile.certificate, now));
    findings.push_back(CheckSecretFile("client key", profile.key));
    findings.push_back(CheckPairFinding("client certificate", profile.certificate, profile.key, profile.ca,
                                        CertificateUse::kClient, now));
  }
  if (profile.certificate.empty() && profile.token.empty()) {
    findings.push_back(Fail("identity", "neither a token nor a client certificate: the server will refuse every call"));
  }
  return findings;
}

std::vector<Finding> CheckFolder(const std::string& folder, absl::Time now) {
  const std::string path = folder + "/sallyportd.yaml";
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  const auto config = LoadConfig(path);
  if (!config.ok()) return {Fail("configuration", config.status())};
  std::vector<Finding> findings = {Ok("configuration", path)};
  findings.push_back(CheckSecretFile("server key", config->tls.key));
  findings.push_back(CheckValidity("server certificate", config->tls.certificate, now));
  findings.push_back(CheckPairFinding("server certificate", config->tls.certificate, config->tls.key, config->tls.ca,
                                      CertificateUse::kServer, now));
  findings.push_back(CheckSecretFile("log key", config->log_key));
  findings.push_back(CheckLogKey(*config, folder));
  findings.push_back(CheckSecretFile("data key", config->data_key));
  if (fs::exists(folder + "/ca.key", error)) {
    findings.push_back(CheckSecretFile("authority key", folder + "/ca.key"));
  }
  findings.push_back(CheckPolicyFolder(config->policies));
  findings.push_back(CheckDisk(config->data_dir));
  return findings;
}

}  // namespace sallyport::cli
