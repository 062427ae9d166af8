#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// TLS of both front ends: version 1.3 only, client certificates optional but verified when they are given.
namespace sallyport::transport {

// Files, all PEM.
struct TlsFiles {
  std::string ca;           // who signs client certificates
  std::string certificate;  // the server's certificate chain
  std::string key;          // its private key
};

// Their contents.
struct TlsIdentity {
  std::string ca;
  std::string certificate;
  std::string key;
};

// Reads the files and checks that they are what they should be and that the key belongs to the certificate. The error
// names the file.
absl::StatusOr<TlsIdentity> LoadTlsIdentity(const TlsFiles& files);

// Forbids TLS below 1.3 to this process, in OpenSSL's system-wide defaults: gRPC 1.51 has no way to say it. Call before
// the first connection is made; not safe while another thread uses OpenSSL. Repeating it does nothing.
absl::Status RequireTls13();

}  // namespace sallyport::transport
