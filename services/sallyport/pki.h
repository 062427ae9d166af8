#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/secret.h"

// The private certificate authority that `sallyport init` makes: X.509 v3 (RFC 5280) with ECDSA keys on P-256 and
// SHA-256. Keys come from OpenSSL's own generator.
namespace sallyport::cli {

inline constexpr absl::Duration kAuthorityLife =
    absl::Hours(24 * 3650);  // ten years: replacing it touches every gateway
inline constexpr absl::Duration kCertificateLife = absl::Hours(24 * 730);  // two years; `doctor` warns 30 days before
inline constexpr absl::Duration kBackdated = absl::Hours(1);               // for gateways whose clock is behind

// PEM texts; the key is PKCS #8, not encrypted.
struct CertificateAndKey {
  std::string certificate;
  Secret key;
};

struct FreeX509 {
  void operator()(X509* p) const { X509_free(p); }
};
struct FreeKey {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};

// Issues certificates. One owner, one thread.
class Authority {
 public:
  // A self-signed authority that signs leaf certificates only (path length 0).
  static absl::StatusOr<Authority> Create(absl::string_view name, absl::Time now);
  // INVALID_ARGUMENT when either text is not PEM, or the key is not the certificate's.
  static absl::StatusOr<Authority> Load(absl::string_view certificate_pem, const Secret& key_pem);

  absl::StatusOr<CertificateAndKey> Pem() const;

  // A server certificate for these DNS names and IP addresses. INVALID_ARGUMENT names one that is neither.
  absl::StatusOr<CertificateAndKey> IssueServer(const std::vector<std::string>& hosts, absl::Time now) const;
  // A client certificate. The common name is the operator's id.
  absl::StatusOr<CertificateAndKey> IssueClient(absl::string_view operator_id, absl::Time now) const;

 private:
  Authority(std::unique_ptr<X509, FreeX509> certificate, std::unique_ptr<EVP_PKEY, FreeKey> key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}
  std::unique_ptr<X509, FreeX509> certificate_;
  std::unique_ptr<EVP_PKEY, FreeKey> key_;
};

// What `doctor` and tests look at.
struct CertificateFacts {
  std::string common_name;
  std::vector<std::string> hosts;  // subject alternative names: DNS and IP
  absl::Time not_before;
  absl::Time not_after;
};
absl::StatusOr<CertificateFacts> ReadCertificate(absl::string_view pem);

// Whether `authority_pem` vouches for the certificate at `now`, for a server or for a client. UNAUTHENTICATED says why
// not.
enum class CertificateUse { kServer, kClient };
absl::Status VerifyCertificate(absl::string_view pem, absl::string_view authority_pem, CertificateUse use,
                               absl::Time now);

// Whether the private key is the certificate's. INVALID_ARGUMENT otherwise.
absl::Status CheckKeyFits(absl::string_view certificate_pem, const Secret& key_pem);

}  // namespace sallyport::cli
