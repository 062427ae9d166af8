#include "sallyport/profile.h"

#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"

namespace sallyport::cli {
namespace {

constexpr size_t kProfileBytesMax = 64 * 1024;  // a handful of lines
constexpr size_t kTokenBytesMax = 4096;         // about 60 characters

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void Override(const std::string& value, std::string& out) {
  if (!value.empty()) out = value;
}

// A later credential replaces an earlier one of the same kind, so that a flag is never shadowed by the file.
void Override(const ProfileFlags& flags, Profile& profile) {
  Override(flags.server, profile.server);
  Override(flags.https, profile.https);
  Override(flags.ca, profile.ca);
  const bool token = !flags.token.empty() || !flags.token_file.empty();
  const bool certificate = !flags.certificate.empty();
  if (token && !certificate) {
    profile.certificate.clear();
    profile.key.clear();
  }
  if (certificate && !token) {
    profile.token_file.clear();
    profile.token = Secret();
  }
  Override(flags.certificate, profile.certificate);
  Override(flags.key, profile.key);
  if (!flags.token_file.empty()) {
    profile.token_file = flags.token_file;
    profile.token = Secret();
  }
  if (!flags.token.empty()) profile.token = Secret(flags.token);
}

std::string DefaultPath() {
  const std::string config = Environment("XDG_CONFIG_HOME");
  const std::string home = Environment("HOME");
  if (config.empty() && home.empty()) return "";
  return (config.empty() ? absl::StrCat(home, "/.config") : config) + "/sallyport/config.yaml";
}

}  // namespace

absl::StatusOr<Profile> ReadProfile(const std::string& path) {
  SP_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kProfileBytesMax));
  Profile profile;
  profile.source = path;
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  const auto beside = [&folder](const std::string& name) { return (folder / name).lexically_normal().string(); };
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap()) return absl::InvalidArgumentError(absl::StrCat(path, ":1: expected a mapping"));
    for (const auto& pair : root) {
      const std::string key = pair.first.as<std::string>();
      const std::string value = pair.second.as<std::string>();
      if (key == "server")
        profile.server = value;
      else if (key == "https")
        profile.https = value;
      else if (key == "ca")
        profile.ca = beside(value);
      else if (key == "token")
        profile.token = Secret(value);
      else if (key == "token_file")
        profile.token_file = beside(value);
      else if (key == "certificate")
        profile.certificate = beside(value);
      else if (key == "key")
        profile.key = beside(value);
      else {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ":", pair.first.Mark().line + 1, ": unknown key \"", key,
                         "\"; expected server, https, ca, token, token_file, certificate or key"));
      }
    }
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ":", error.mark.line + 1, ": ", error.msg));
  }
  return profile;
}

absl::StatusOr<Profile> LoadProfile(const ProfileFlags& flags) {
  Profile profile;
  std::string path = flags.profile;
  if (path.empty()) path = Environment("SALLYPORT_PROFILE");
  if (path.empty() && std::filesystem::exists(DefaultPath())) path = DefaultPath();
  if (!path.empty()) {
    SP_ASSIGN_OR_RETURN(profile, ReadProfile(path));
  }
  ProfileFlags variables;
  variables.server = Environment("SALLYPORT_SERVER");
  variables.https = Environment("SALLYPORT_HTTPS");
  variables.ca = Environment("SALLYPORT_CA");
  variables.token = Environment("SALLYPORT_TOKEN");
  variables.token_file = Environment("SALLYPORT_TOKEN_FILE");
  variables.certificate = Environment("SALLYPORT_CERTIFICATE");
  variables.key = Environment("SALLYPORT_KEY");
  Override(variables, profile);
  Override(flags, profile);
  if (profile.token.empty() && !profile.token_file.empty()) {
    SP_ASSIGN_OR_RETURN(const std::string token, ReadFile(profile.token_file, kTokenBytesMax));
    profile.token = Secret(std::string(absl::StripAsciiWhitespace(token)));
  }
  return profile;
}

}  // namespace sallyport::cli
