#include "base/random.h"

#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace sallyport {

SystemRandom::SystemRandom() {
  if (sodium_init() < 0) std::abort();
}

SystemRandom::~SystemRandom() { sodium_memzero(block_.data(), block_.size()); }

void SystemRandom::Fill(absl::Span<uint8_t> out) {
  if (out.size() > block_.size()) {
    randombytes_buf(out.data(), out.size());
    return;
  }
  if (block_.size() - used_ < out.size()) {
    randombytes_buf(block_.data(), block_.size());
    used_ = 0;
  }
  std::memcpy(out.data(), block_.data() + used_, out.size());
  sodium_memzero(block_.data() + used_, out.size());
  used_ += out.size();
}

SeededRandom::SeededRandom(uint64_t seed) {
  if (sodium_init() < 0) std::abort();
  for (int i = 0; i < 8; ++i) key_[i] = static_cast<uint8_t>(seed >> (8 * i));
}

void SeededRandom::Fill(absl::Span<uint8_t> out) {
  constexpr uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {};
  size_t done = 0;
  while (done < out.size()) {
    std::array<uint8_t, 64> block{};
    crypto_stream_chacha20_xor_ic(block.data(), block.data(), block.size(), nonce, position_ / 64, key_.data());
    const size_t offset = position_ % 64;
    const size_t take = std::min<size_t>(64 - offset, out.size() - done);
    std::memcpy(out.data() + done, block.data() + offset, take);
    done += take;
    position_ += take;
  }
}

}  // namespace sallyport
