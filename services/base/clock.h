#pragma once

#include "absl/time/time.h"

namespace sallyport {

// Reads the time. Only programs own a SystemClock; everything below receives times as arguments.
// Implementations must be safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() override;
};

}  // namespace sallyport
