#pragma once

#include <cstdint>

namespace sallyport::bench {

// How often the program has called operator new. For programs of one thread; linking this counts.
uint64_t Allocations();

}  // namespace sallyport::bench
