#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

// What every list method checks of its page.
namespace sallyport::transport {

inline constexpr int32_t kPageSizeDefault = 100;
inline constexpr int32_t kPageSizeMax = 1000;
inline constexpr size_t kRequestIdBytesMax = 128;

inline absl::StatusOr<size_t> PageSize(int32_t asked) {
  if (asked < 0 || asked > kPageSizeMax) return FieldError("page_size", absl::StrCat("expected 1 to ", kPageSizeMax));
  return static_cast<size_t>(asked == 0 ? kPageSizeDefault : asked);
}

template <class T>
struct Page {
  std::vector<const T*> items;  // in the order of ids; they live as long as the map
  std::string next;             // token of the next page: the last id of this one; empty: no more
};

// A page of a PersistentMap of things with an `id`, of those that `wanted` says. Cost: one pass over the map.
template <class Map, class Wanted>
auto PageOf(const Map& map, int32_t page_size, const std::string& token, Wanted wanted) {
  using T = std::remove_cvref_t<decltype(*map.Find({}))>;
  absl::StatusOr<Page<T>> out = Page<T>();
  const auto size = PageSize(page_size);
  if (!size.ok()) {
    out = size.status();
    return out;
  }
  std::vector<const T*>& items = out->items;
  map.ForEach([&](const auto& id, const T& value) {
    if ((token.empty() || token < id.value()) && wanted(value)) items.push_back(&value);
  });
  const size_t shown = std::min(*size, items.size());
  std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(shown), items.end(),
                    [](const T* a, const T* b) { return a->id < b->id; });
  if (items.size() > shown) out->next = items[shown - 1]->id.value();
  items.resize(shown);
  return out;
}

// Tokens that are positions in the log.
inline absl::StatusOr<uint64_t> PositionOf(absl::string_view field, const std::string& token, uint64_t absent) {
  if (token.empty()) return absent;
  uint64_t out = 0;
  if (!absl::SimpleAtoi(token, &out)) return FieldError(field, "is not a token that this server gave out");
  return out;
}

inline absl::Status CheckRequestId(const std::string& request_id) {
  if (!request_id.empty() && request_id.size() <= kRequestIdBytesMax) return absl::OkStatus();
  return FieldError("request_id", absl::StrCat("expected 1 to ", kRequestIdBytesMax,
                                               " characters: any unique text, a UUID by habit"));
}

}  // namespace sallyport::transport
