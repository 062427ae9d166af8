#pragma once

#include <string>

#include "absl/time/time.h"
#include "base/random.h"

namespace sallyport {

// A ULID (github.com/ulid/spec): 26 characters of Crockford base32, 48 bits of milliseconds, 80 random bits.
std::string MakeUlid(absl::Time now, RandomSource& random);

}  // namespace sallyport
