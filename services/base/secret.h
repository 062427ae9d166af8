#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sallyport {

// Secret text (a token, a PIN). Wiped on destruction, compared in constant time, printable by nothing: there is no
// operator<< and no conversion. `reveal()` is the one way out, and easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  bool empty() const { return value_.empty(); }
  absl::string_view reveal() const { return value_; }
  bool Equals(absl::string_view other) const;

 private:
  void Wipe();
  std::string value_;
};

// Constant in time for equal lengths; lengths are not secret.
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);

}  // namespace sallyport
