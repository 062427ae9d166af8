#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/secret.h"

// Where the server is and who is asking.
namespace sallyport::cli {

struct Profile {
  std::string source;  // the file it came from; empty: none
  std::string server = "127.0.0.1:7443";
  std::string https = "https://127.0.0.1:8443";
  std::string ca;           // PEM file with the authority that signed the server's certificate
  std::string token_file;   // file with the bearer token
  Secret token;             // the token itself; wins over token_file
  std::string certificate;  // PEM files of a client certificate, instead of a token
  std::string key;
};

// What was given on the command line; empty: not given.
struct ProfileFlags {
  std::string profile;
  std::string server;
  std::string https;
  std::string ca;
  std::string token;
  std::string token_file;
  std::string certificate;
  std::string key;
};

// The profile in force: the file (--profile, else SALLYPORT_PROFILE, else ~/.config/sallyport/config.yaml if there is
// one), then SALLYPORT_SERVER, _HTTPS, _CA, _TOKEN, _TOKEN_FILE, _CERTIFICATE and _KEY, then the flags; later ones win.
// A later certificate also replaces an earlier token, and a later token an earlier certificate: one identity calls.
// Paths in a file are relative to it. Reads the token file. INVALID_ARGUMENT names file and line of what is wrong.
absl::StatusOr<Profile> LoadProfile(const ProfileFlags& flags);

// One profile file. `token_file` is not opened.
absl::StatusOr<Profile> ReadProfile(const std::string& path);

}  // namespace sallyport::cli
