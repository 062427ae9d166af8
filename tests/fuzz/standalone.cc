// Runs a fuzz target without libFuzzer: every seed as it is, then mutations of them for a while, the same ones in every
// run. It sees no coverage, so it finds less than libFuzzer does, but it needs no other compiler: these are the tests
// `fuzz.*`, and any failing input is run again by naming its file.
//
//   TARGET [--seconds N] [--finding FILE] SEED...      SEED: a file, or a folder of them
//
// What crashes the target, fails its checks or takes longer than kSecondsPerInputMax is written to FILE first.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kInputBytesMax = 64 << 10;
constexpr unsigned kSecondsPerInputMax = 20;
constexpr std::array kSignals = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};

// What the signal handler needs.
const char* finding_path = "fuzz-finding";
const std::string* current = nullptr;
std::array<struct sigaction, kSignals.size()> before;

void KeepInput(int signal) {
  const int file = open(finding_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file >= 0 && current) {
    if (write(file, current->data(), current->size()) < 0) _exit(3);
    close(file);
  }
  const char text[] = "the failing input is kept; see --finding\n";
  if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0) _exit(3);
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before[i], nullptr);
  raise(signal);  // a sanitizer's handler reports, or the program ends
}

void CatchSignals() {
  // A stack that has overflowed is no place for a handler.
  static std::array<char, 64 << 10> other_stack;
  const stack_t stack = {.ss_sp = other_stack.data(), .ss_flags = 0, .ss_size = other_stack.size()};
  sigaltstack(&stack, nullptr);
  struct sigaction action = {};
  action.sa_handler = KeepInput;
  action.sa_flags = SA_ONSTACK;
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &before[i]);
}

void RunOne(const std::string& input) {
  current = &input;
  alarm(kSecondsPerInputMax);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  alarm(0);
}

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}

  std::string Next() {
    std::string input = Pick(seeds_);
    for (size_t count = 1 + Below(6); count > 0; --count) Change(input);
    input.resize(std::min(input.size(), kInputBytesMax));
    return input;
  }

 private:
  // Not a distribution of the standard library: these may differ from one to another.
  size_t Below(size_t n) { return n == 0 ? 0 : random_() % n; }
  template <class List>
  const typename List::value_type& Pick(const List& list) {
    return list[Below(list.size())];
  }
  std::string Piece(const std::string& text) {
    const size_t begin = Below(text.size() + 1);
    return text.substr(begin, 1 + Below(Below(2) ? 8 : 200));
  }

  void Change(std::string& input) {
    static constexpr char kBytes[] = "\0\xff\x80\xc0\n\r\t \"'\\/{}[]()<>=:;,.*&|!?@#-+0123456789eE";
    const size_t at = Below(input.size() + 1);
    switch (Below(9)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ 1 << Below(8));
        return;
      case 1:
        input.insert(at, 1, kBytes[Below(sizeof(kBytes) - 1)]);
        return;
      case 2:
        if (at < input.size()) input[at] = kBytes[Below(sizeof(kBytes) - 1)];
        return;
      case 3:
        input.erase(at, 1 + Below(Below(4) ? 8 : 400));
        return;
      case 4:
      case 5:
        input.insert(at, Piece(Pick(seeds_)));
        return;
      case 6:
        input.insert(at, Piece(input));
        return;
      case 7:
        for (size_t i = at; i < std::min(input.size(), at + 1 + Below(64)); ++i)
          input[i] = static_cast<char>(Below(256));
        return;
      default:
        Repeat(input, at);
    }
  }

  // Deep nesting and long lists, now and then.
  void Repeat(std::string& input, size_t at) {
    const std::string piece = input.substr(at, 1 + Below(12));
    std::string many;
    for (size_t i = Below(16) ? 3 : Below(5000); i > 0; --i) many += piece;
    input.insert(at, many);
  }

  const std::vector<std::string>& seeds_;
  std::mt19937_64 random_{1};
};

void Load(const std::filesystem::path& path, std::vector<std::filesystem::path>& files) {
  if (!std::filesystem::is_directory(path)) return files.push_back(path);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
}

std::vector<std::string> ReadAll(std::vector<std::filesystem::path> files) {
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    if (!file) std::fprintf(stderr, "cannot read %s\n", path.c_str()), std::exit(2);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 0;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--seconds" && i + 1 < argc) {
      seconds = std::strtod(argv[++i], nullptr);
    } else if (argument == "--finding" && i + 1 < argc) {
      finding_path = argv[++i];
    } else {
      Load(argument, files);
    }
  }
  const std::vector<std::string> seeds = ReadAll(std::move(files));
  if (seeds.empty()) {
    std::fprintf(stderr, "usage: %s [--seconds N] [--finding FILE] SEED...\n", argv[0]);
    return 2;
  }
  CatchSignals();
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& seed : seeds) RunOne(seed);
  uint64_t mutations = 0;
  for (Mutator mutator(seeds); std::chrono::steady_clock::now() - begin < std::chrono::duration<double>(seconds);) {
    RunOne(mutator.Next());
    ++mutations;
  }
  std::printf("%zu seeds, %llu mutations\n", seeds.size(), static_cast<unsigned long long>(mutations));
}
