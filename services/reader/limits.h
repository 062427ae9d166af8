#pragma once

#include <cstdint>

// Everything in this room that has a limit, with its reason.
namespace sallyport::reader {

inline constexpr uint32_t kCardBitsMax = 512;  // longer than any card in use (FASC-N has 200); OSDP could carry more

}  // namespace sallyport::reader
