#include "base/clock.h"

#include "absl/time/clock.h"

namespace sallyport {

absl::Time SystemClock::Now() { return absl::Now(); }

}  // namespace sallyport
