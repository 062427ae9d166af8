#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"

// Certificates made while a test runs.
namespace sallyport::transport {

struct TestCertificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

class TestAuthority {
 public:
  struct Wanted {
    std::string common_name;
    bool server = false;              // for localhost and 127.0.0.1; otherwise a client
    long valid_from_seconds = -3600;  // from now
    long valid_until_seconds = 3600;
  };

  explicit TestAuthority(const std::string& name)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(New(name, key_.get(), -3600, 3600), X509_free) {
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    Extend(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    Extend(certificate_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    SP_CHECK(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
  }

  std::string certificate() const { return Pem(certificate_.get()); }

  TestCertificate Issue(const Wanted& wanted) const {
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const Certificate made(New(wanted.common_name, key.get(), wanted.valid_from_seconds, wanted.valid_until_seconds),
                           X509_free);
    X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
    Extend(made.get(), NID_ext_key_usage, wanted.server ? "serverAuth" : "clientAuth");
    if (wanted.server) Extend(made.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    SP_CHECK(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
    return {Pem(made.get()), Pem(key.get())};
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  static X509* New(const std::string& name, EVP_PKEY* key, long from, long until) {
    static long serial = 1;
    X509* out = X509_new();
    X509_set_version(out, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(out), serial++);
    X509_gmtime_adj(X509_getm_notBefore(out), from);
    X509_gmtime_adj(X509_getm_notAfter(out), until);
    X509_set_pubkey(out, key);
    SP_CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(out), "CN", MBSTRING_UTF8,
                                        reinterpret_cast<const unsigned char*>(name.data()),
                                        static_cast<int>(name.size()), -1, 0) == 1);
    return out;
  }
  static void Extend(X509* certificate, int nid, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    SP_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }
  static std::string Text(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<size_t>(size));
    BIO_free(bio);
    return out;
  }
  static std::string Pem(X509* certificate) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    return Text(bio);
  }
  static std::string Pem(EVP_PKEY* key) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    return Text(bio);
  }

  Key key_;
  Certificate certificate_;
};

}  // namespace sallyport::transport
