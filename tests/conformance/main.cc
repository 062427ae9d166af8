#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "case.h"

extern char** environ;

namespace {

namespace fs = std::filesystem;

bool Unpack(const fs::path& archive, const fs::path& into) {
  std::string file = archive.string(), folder = into.string();
  char tar[] = "tar", flags[] = "-xzf", change[] = "-C";
  char* arguments[] = {tar, flags, file.data(), change, folder.data(), nullptr};
  pid_t child = 0;
  int status = 0;
  return posix_spawnp(&child, tar, nullptr, nullptr, arguments, environ) == 0 && waitpid(child, &status, 0) == child &&
         WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// A folder that goes when the program does.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "cedar-conformance-XXXXXX").string();
    if (mkdtemp(name.data())) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void FindCases(const fs::path& folder, std::vector<fs::path>* cases, std::vector<fs::path>* archives) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.size() > 7 && name.substr(name.size() - 7) == ".tar.gz") {
      const fs::path unpacked = entry.path().parent_path() / name.substr(0, name.size() - 7);
      if (archives && !fs::exists(unpacked)) archives->push_back(entry.path());
    } else if (entry.is_regular_file() && conformance::IsCaseFile(entry.path())) {
      cases->push_back(entry.path());
    }
  }
  std::sort(cases->begin(), cases->end());
}

int Run(const fs::path& folder) {
  TemporaryFolder temporary;
  std::vector<fs::path> cases, archives;
  FindCases(folder, &cases, &archives);
  for (const fs::path& archive : archives) {
    if (temporary.path().empty() || !Unpack(archive, temporary.path())) {
      std::fprintf(stderr, "cannot unpack %s\n", archive.c_str());
      return 2;
    }
  }
  if (!archives.empty()) FindCases(temporary.path(), &cases, nullptr);
  int passed = 0, failed = 0;
  for (const fs::path& path : cases) {
    bool skipped = false;
    const std::string problem = conformance::RunCase(path, &skipped);
    if (skipped) continue;
    ++(problem.empty() ? passed : failed);
    if (!problem.empty()) std::printf("%s: %s\n", path.c_str(), problem.c_str());
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !fs::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: cedar-conformance DIR\n");
    return 2;
  }
  return Run(argv[1]);
}
