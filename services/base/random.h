#pragma once

#include <array>
#include <cstdint>

#include "absl/types/span.h"

namespace sallyport {

// Where random bytes come from. The core never draws randomness by itself; programs hand one of these down.
// Implementations are not thread-safe: one owner, one thread.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // Fills `out` completely. Cannot fail: a system without randomness aborts (libsodium's contract).
  virtual void Fill(absl::Span<uint8_t> out) = 0;
};

// The operating system's generator through libsodium, fetched in blocks.
class SystemRandom final : public RandomSource {
 public:
  SystemRandom();
  ~SystemRandom() override;
  SystemRandom(const SystemRandom&) = delete;
  SystemRandom& operator=(const SystemRandom&) = delete;
  void Fill(absl::Span<uint8_t> out) override;

 private:
  std::array<uint8_t, 4096> block_;
  size_t used_ = 4096;
};

// A deterministic stream (ChaCha20, RFC 8439) for simulations and tests. Never for a real facility.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(uint64_t seed);
  void Fill(absl::Span<uint8_t> out) override;

  // How many bytes were drawn so far; a restored simulation goes on from here.
  uint64_t position() const { return position_; }
  void set_position(uint64_t position) { position_ = position; }

 private:
  std::array<uint8_t, 32> key_{};
  uint64_t position_ = 0;
};

}  // namespace sallyport
