#include "transport/tls.h"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"

namespace sallyport::transport {
namespace {

constexpr size_t kPemBytesMax = size_t{1} << 20;

// gRPC asks for at least TLS 1.2 on each context it makes; a protocol that is switched off stays off.
constexpr char kTls13Only[] =
    "openssl_conf = sallyport\n"
    "[sallyport]\n"
    "ssl_conf = ssl\n"
    "[ssl]\n"
    "system_default = tls13\n"
    "[tls13]\n"
    "MinProtocol = TLSv1.3\n"
    "Protocol = -SSLv3, -TLSv1, -TLSv1.1, -TLSv1.2\n"
    "CipherString = DEFAULT:@SECLEVEL=2\n";

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Conf = std::unique_ptr<CONF, Freer<NCONF_free>>;

Bio BioOf(absl::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

int NoPassword(char*, int, int, void*) { return -1; }

absl::StatusOr<Certificate> ReadCertificate(const std::string& path, const std::string& pem) {
  Certificate out(PEM_read_bio_X509(BioOf(pem).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (out == nullptr) return absl::InvalidArgumentError(absl::StrCat(path, ": holds no PEM certificate"));
  return out;
}

absl::Status CheckPair(const TlsFiles& files, const TlsIdentity& identity) {
  SP_ASSIGN_OR_RETURN(const Certificate certificate, ReadCertificate(files.certificate, identity.certificate));
  const Key key(PEM_read_bio_PrivateKey(BioOf(identity.key).get(), nullptr, NoPassword, nullptr));
  const bool matches = key != nullptr && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (key == nullptr) return absl::InvalidArgumentError(absl::StrCat(files.key, ": holds no unencrypted PEM key"));
  if (!matches) {
    return absl::InvalidArgumentError(absl::StrCat(files.key, ": is not the key of ", files.certificate));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsIdentity> LoadTlsIdentity(const TlsFiles& files) {
  TlsIdentity out;
  SP_ASSIGN_OR_RETURN(out.ca, ReadFile(files.ca, kPemBytesMax));
  SP_ASSIGN_OR_RETURN(out.certificate, ReadFile(files.certificate, kPemBytesMax));
  SP_ASSIGN_OR_RETURN(out.key, ReadFile(files.key, kPemBytesMax));
  SP_RETURN_IF_ERROR(ReadCertificate(files.ca, out.ca).status());
  SP_RETURN_IF_ERROR(CheckPair(files, out));
  return out;
}

absl::Status RequireTls13() {
  static const bool done = [] {
    // Load the machine's own defaults first, or they would be loaded over ours later.
    if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, nullptr) != 1) return false;
    const Conf conf(NCONF_new(nullptr));
    long line = 0;
    return conf != nullptr && NCONF_load_bio(conf.get(), BioOf(kTls13Only).get(), &line) == 1 &&
           CONF_modules_load(conf.get(), "openssl_conf", 0) == 1;
  }();
  if (!done) return absl::InternalError("OpenSSL does not take a configuration that allows TLS 1.3 only");
  return absl::OkStatus();
}

}  // namespace sallyport::transport
