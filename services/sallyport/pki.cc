#include "sallyport/pki.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"

namespace sallyport::cli {
namespace {

struct FreeBio {
  void operator()(BIO* p) const { BIO_free_all(p); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeX509>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

std::string LastError() {
  char text[256] = "no detail";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

absl::Status OpenSslError(absl::string_view what) { return absl::InternalError(absl::StrCat(what, ": ", LastError())); }

std::string Content(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

absl::StatusOr<std::string> ToPem(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), certificate) != 1) return OpenSslError("write a certificate");
  return Content(bio.get());
}

absl::StatusOr<Secret> ToPem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (bio == nullptr || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return OpenSslError("write a private key");
  }
  return Secret(Content(bio.get()));
}

absl::StatusOr<Certificate> CertificateFromPem(absl::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(bio == nullptr ? nullptr : PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) return absl::InvalidArgumentError("not a PEM certificate");
  return certificate;
}

// An empty passphrase keeps OpenSSL from asking the terminal for one.
absl::StatusOr<Key> KeyFromPem(const Secret& pem) {
  const absl::string_view text = pem.reveal();
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Key key(bio == nullptr ? nullptr : PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")));
  ERR_clear_error();
  if (key == nullptr) return absl::InvalidArgumentError("not a PEM private key without a passphrase");
  return key;
}

absl::Status SetTime(ASN1_TIME* field, absl::Time time) {
  if (ASN1_TIME_set(field, absl::ToTimeT(time)) == nullptr) return OpenSslError("set a time");
  return absl::OkStatus();
}

// 127 random bits: never negative, never zero in practice (RFC 5280 section 4.1.2.2 asks for a positive number).
absl::Status SetSerial(X509* certificate) {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return OpenSslError("draw a serial number");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
  BIGNUM* number = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  const bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  if (!set) return OpenSslError("set a serial number");
  return absl::OkStatus();
}

absl::Status SetName(X509_NAME* name, absl::string_view common_name) {
  if (X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) != 1) {
    LastError();
    return absl::InvalidArgumentError(absl::StrCat("\"", common_name, "\" cannot be a certificate's common name"));
  }
  return absl::OkStatus();
}

absl::Status AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  if (!added) {
    return absl::InvalidArgumentError(absl::StrCat("certificate extension \"", value, "\": ", LastError()));
  }
  return absl::OkStatus();
}

using Extensions = std::vector<std::pair<int, std::string>>;

// `issuer` and `issuer_key` are null for a self-signed certificate.
absl::StatusOr<Certificate> MakeCertificate(absl::string_view common_name, EVP_PKEY* key, X509* issuer,
                                            EVP_PKEY* issuer_key, absl::Time now, absl::Duration life,
                                            const Extensions& extensions) {
  Certificate certificate(X509_new());
  if (certificate == nullptr || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return OpenSslError("make a certificate");
  }
  SP_RETURN_IF_ERROR(SetSerial(certificate.get()));
  SP_RETURN_IF_ERROR(SetTime(X509_getm_notBefore(certificate.get()), now - kBackdated));
  SP_RETURN_IF_ERROR(SetTime(X509_getm_notAfter(certificate.get()), now + life));
  SP_RETURN_IF_ERROR(SetName(X509_get_subject_name(certificate.get()), common_name));
  X509* signer = issuer == nullptr ? certificate.get() : issuer;
  if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) != 1) return OpenSslError("set an issuer");
  for (const auto& [id, value] : extensions) {
    SP_RETURN_IF_ERROR(AddExtension(certificate.get(), signer, id, value));
  }
  if (X509_sign(certificate.get(), issuer_key == nullptr ? key : issuer_key, EVP_sha256()) == 0) {
    return OpenSslError("sign a certificate");
  }
  return certificate;
}

absl::StatusOr<Key> MakeKey() {
  Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return OpenSslError("generate a key");
  return key;
}

bool IsAddress(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

// The extension's text form is a list, so a name must not bring separators of its own.
absl::StatusOr<std::string> AlternativeNames(const std::vector<std::string>& hosts) {
  std::vector<std::string> names;
  for (const std::string& host : hosts) {
    if (IsAddress(host)) {
      names.push_back("IP:" + host);
      continue;
    }
    const bool plain = host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.*") ==
                       std::string::npos;
    if (host.empty() || host.size() > 253 || !plain) {
      return absl::InvalidArgumentError(absl::StrCat("\"", host, "\" is neither a DNS name nor an IP address"));
    }
    names.push_back("DNS:" + host);
  }
  return absl::StrJoin(names, ",");
}

absl::Time FromAsn1(const ASN1_TIME* time) {
  std::tm tm{};
  if (ASN1_TIME_to_tm(time, &tm) != 1) return absl::InfinitePast();
  return absl::FromTM(tm, absl::UTCTimeZone());
}

std::string CommonName(X509* certificate) {
  char text[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

std::vector<std::string> Hosts(X509* certificate) {
  std::vector<std::string> hosts;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) {
      hosts.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      char text[INET6_ADDRSTRLEN] = "";
      const int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
      inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), text, sizeof text);
      hosts.emplace_back(text);
    }
  }
  GENERAL_NAMES_free(names);
  return hosts;
}

}  // namespace

absl::StatusOr<Authority> Authority::Create(absl::string_view name, absl::Time now) {
  SP_ASSIGN_OR_RETURN(Key key, MakeKey());
  SP_ASSIGN_OR_RETURN(Certificate certificate, MakeCertificate(name, key.get(), nullptr, nullptr, now, kAuthorityLife,
                                                               {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                                                {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                                                {NID_subject_key_identifier, "hash"}}));
  return Authority(std::move(certificate), std::move(key));
}

absl::StatusOr<Authority> Authority::Load(absl::string_view certificate_pem, const Secret& key_pem) {
  SP_ASSIGN_OR_RETURN(Certificate certificate, CertificateFromPem(certificate_pem));
  SP_ASSIGN_OR_RETURN(Key key, KeyFromPem(key_pem));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the private key is not the authority's");
  }
  return Authority(std::move(certificate), std::move(key));
}

absl::StatusOr<CertificateAndKey> Authority::Pem() const {
  CertificateAndKey out;
  SP_ASSIGN_OR_RETURN(out.certificate, ToPem(certificate_.get()));
  SP_ASSIGN_OR_RETURN(out.key, ToPem(key_.get()));
  return out;
}

absl::StatusOr<CertificateAndKey> Authority::IssueServer(const std::vector<std::string>& hosts, absl::Time now) const {
  if (hosts.empty()) return absl::InvalidArgumentError("a server certificate needs a host");
  SP_ASSIGN_OR_RETURN(const std::string names, AlternativeNames(hosts));
  SP_ASSIGN_OR_RETURN(const Key key, MakeKey());
  SP_ASSIGN_OR_RETURN(const Certificate certificate,
                      MakeCertificate("sallyportd", key.get(), certificate_.get(), key_.get(), now, kCertificateLife,
                                      {{NID_basic_constraints, "critical,CA:FALSE"},
                                       {NID_key_usage, "critical,digitalSignature"},
                                       {NID_ext_key_usage, "serverAuth"},
                                       {NID_subject_key_identifier, "hash"},
                                       {NID_authority_key_identifier, "keyid"},
                                       {NID_subject_alt_name, names}}));
  CertificateAndKey out;
  SP_ASSIGN_OR_RETURN(out.certificate, ToPem(certificate.get()));
  SP_ASSIGN_OR_RETURN(out.key, ToPem(key.get()));
  return out;
}

absl::StatusOr<CertificateAndKey> Authority::IssueClient(absl::string_view operator_id, absl::Time now) const {
  SP_ASSIGN_OR_RETURN(const Key key, MakeKey());
  SP_ASSIGN_OR_RETURN(const Certificate certificate,
                      MakeCertificate(operator_id, key.get(), certificate_.get(), key_.get(), now, kCertificateLife,
                                      {{NID_basic_constraints, "critical,CA:FALSE"},
                                       {NID_key_usage, "critical,digitalSignature"},
                                       {NID_ext_key_usage, "clientAuth"},
                                       {NID_subject_key_identifier, "hash"},
                                       {NID_authority_key_identifier, "keyid"}}));
  CertificateAndKey out;
  SP_ASSIGN_OR_RETURN(out.certificate, ToPem(certificate.get()));
  SP_ASSIGN_OR_RETURN(out.key, ToPem(key.get()));
  return out;
}

absl::StatusOr<CertificateFacts> ReadCertificate(absl::string_view pem) {
  SP_ASSIGN_OR_RETURN(const Certificate certificate, CertificateFromPem(pem));
  CertificateFacts facts;
  facts.common_name = CommonName(certificate.get());
  facts.hosts = Hosts(certificate.get());
  facts.not_before = FromAsn1(X509_get0_notBefore(certificate.get()));
  facts.not_after = FromAsn1(X509_get0_notAfter(certificate.get()));
  return facts;
}

absl::Status VerifyCertificate(absl::string_view pem, absl::string_view authority_pem, CertificateUse use,
                               absl::Time now) {
  SP_ASSIGN_OR_RETURN(const Certificate certificate, CertificateFromPem(pem));
  SP_ASSIGN_OR_RETURN(const Certificate authority, CertificateFromPem(authority_pem));
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(),
                                                                                X509_STORE_CTX_free);
  if (store == nullptr || context == nullptr || X509_STORE_add_cert(store.get(), authority.get()) != 1 ||
      X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr) != 1) {
    return OpenSslError("verify a certificate");
  }
  X509_STORE_CTX_set_purpose(context.get(),
                             use == CertificateUse::kServer ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  ERR_clear_error();
  return absl::UnauthenticatedError(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

absl::Status CheckKeyFits(absl::string_view certificate_pem, const Secret& key_pem) {
  SP_ASSIGN_OR_RETURN(const Certificate certificate, CertificateFromPem(certificate_pem));
  SP_ASSIGN_OR_RETURN(const Key key, KeyFromPem(key_pem));
  if (X509_check_private_key(certificate.get(), key.get()) == 1) return absl::OkStatus();
  ERR_clear_error();
  return absl::InvalidArgumentError("the private key is not the certificate's");
}

}  // namespace sallyport::cli
