#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/id.h"

// How a plain struct becomes a stored row and back: one function names each field with its number, and serves both
// directions:
//
//   template <class F> void Fields(F& f, Person& p) { f(1, p.id); f(2, p.name); … }
//
// A row is a sequence of (number, length, bytes), numbers and lengths as varints. Numbers are never reused; a reader
// passes over numbers that it does not know and leaves fields that are absent at their defaults, so rows of older and
// newer versions can be read. Repeated things are repeated entries. Signed numbers are folded (zigzag) varints; a time is
// its seconds since 1970 so folded and its nanoseconds as a varint, or "-" or "+" where it is infinite.
namespace sallyport::engine {

inline void PutVarint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// False when `in` ends early or holds more than 64 bits.
inline bool TakeVarint(absl::string_view& in, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

class FieldWriter {
 public:
  template <class T>
  void operator()(uint32_t number, T& value) {
    Put(number, value);
  }
  std::string Take() { return std::move(out_); }

 private:
  template <class T>
  void Put(uint32_t number, const T& value);
  template <class T>
  void Put(uint32_t number, const std::vector<T>& values) {
    for (const T& value : values) Put(number, value);
  }
  template <class T>
  void Put(uint32_t number, const std::set<T>& values) {
    for (const T& value : values) Put(number, value);
  }
  template <class K, class V>
  void Put(uint32_t number, const std::map<K, V>& values) {
    for (const auto& [key, value] : values) Put(number, std::pair<K, V>(key, value));
  }
  template <class T>
  void Put(uint32_t number, const std::optional<T>& value) {
    if (value) Put(number, *value);
  }
  void PutBytes(uint32_t number, absl::string_view bytes) {
    PutVarint(out_, number);
    PutVarint(out_, bytes.size());
    out_.append(bytes.data(), bytes.size());
  }
  std::string out_;
};

template <class T>
std::string Encode(const T& value);
template <class T>
bool Decode(absl::string_view bytes, T& value);

namespace internal {

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<Id<Tag>> : std::true_type {};
template <class T>
struct IsPair : std::false_type {};
template <class A, class B>
struct IsPair<std::pair<A, B>> : std::true_type {};

inline std::string Number(int64_t value) {
  std::string out;
  PutVarint(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  return out;
}
inline int64_t Unfolded(uint64_t raw) { return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1); }
inline bool Number(absl::string_view bytes, int64_t& value) {
  uint64_t raw = 0;
  if (!TakeVarint(bytes, raw) || !bytes.empty()) return false;
  value = Unfolded(raw);
  return true;
}

template <class T>
std::string EncodeScalar(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (IsId<T>::value) {
    return value.value();
  } else if constexpr (std::is_same_v<T, absl::Time>) {
    if (value == absl::InfinitePast()) return "-";
    if (value == absl::InfiniteFuture()) return "+";
    const int64_t seconds = absl::ToUnixSeconds(value);
    std::string out = Number(seconds);
    PutVarint(out, static_cast<uint64_t>(absl::ToInt64Nanoseconds(value - absl::FromUnixSeconds(seconds))));
    return out;
  } else if constexpr (std::is_same_v<T, absl::CivilDay>) {
    return Number(value - absl::CivilDay(1970, 1, 1));
  } else if constexpr (std::is_same_v<T, double>) {
    std::string out(sizeof value, '\0');
    std::memcpy(out.data(), &value, sizeof value);
    return out;
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return Number(static_cast<int64_t>(value));
  } else if constexpr (IsPair<T>::value) {
    FieldWriter writer;
    writer(1, value.first);
    writer(2, value.second);
    return writer.Take();
  } else {
    return Encode(value);
  }
}

template <class T>
bool DecodeScalar(absl::string_view bytes, T& value);

}  // namespace internal

template <class T>
void FieldWriter::Put(uint32_t number, const T& value) {
  PutBytes(number, internal::EncodeScalar(value));
}

class FieldReader {
 public:
  explicit FieldReader(absl::string_view bytes) {
    while (!bytes.empty() && ok_) {
      uint64_t number = 0;
      uint64_t length = 0;
      ok_ = TakeVarint(bytes, number) && TakeVarint(bytes, length) && length <= bytes.size();
      if (!ok_) return;
      entries_.emplace_back(static_cast<uint32_t>(number), bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }
  bool ok() const { return ok_; }

  template <class T>
  void operator()(uint32_t number, T& value) {
    Each(number, [&](absl::string_view bytes) { return internal::DecodeScalar(bytes, value); });
  }
  template <class T>
  void operator()(uint32_t number, std::vector<T>& values) {
    Each(number, [&](absl::string_view bytes) { return internal::DecodeScalar(bytes, values.emplace_back()); });
  }
  template <class T>
  void operator()(uint32_t number, std::set<T>& values) {
    Each(number, [&](absl::string_view bytes) {
      T value{};
      if (!internal::DecodeScalar(bytes, value)) return false;
      values.insert(std::move(value));
      return true;
    });
  }
  template <class K, class V>
  void operator()(uint32_t number, std::map<K, V>& values) {
    Each(number, [&](absl::string_view bytes) {
      std::pair<K, V> entry;
      if (!internal::DecodeScalar(bytes, entry)) return false;
      values.insert(std::move(entry));
      return true;
    });
  }
  template <class T>
  void operator()(uint32_t number, std::optional<T>& value) {
    Each(number, [&](absl::string_view bytes) { return internal::DecodeScalar(bytes, value.emplace()); });
  }

 private:
  template <class F>
  void Each(uint32_t number, F&& decode) {
    for (const auto& [n, bytes] : entries_) {
      if (n == number && !decode(bytes)) ok_ = false;
    }
  }
  std::vector<std::pair<uint32_t, absl::string_view>> entries_;
  bool ok_ = true;
};

namespace internal {

template <class T>
bool DecodeScalar(absl::string_view bytes, T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    value.assign(bytes.data(), bytes.size());
    return true;
  } else if constexpr (IsId<T>::value) {
    value = T(bytes);
    return true;
  } else if constexpr (std::is_same_v<T, absl::Time>) {
    if (bytes == "-" || bytes == "+") {
      value = bytes == "-" ? absl::InfinitePast() : absl::InfiniteFuture();
      return true;
    }
    uint64_t seconds = 0;
    uint64_t nanos = 0;
    if (!TakeVarint(bytes, seconds) || !TakeVarint(bytes, nanos) || !bytes.empty() || nanos > 999'999'999) return false;
    value = absl::FromUnixSeconds(Unfolded(seconds)) + absl::Nanoseconds(static_cast<int64_t>(nanos));
    return true;
  } else if constexpr (std::is_same_v<T, absl::CivilDay>) {
    int64_t days = 0;
    if (!Number(bytes, days)) return false;
    value = absl::CivilDay(1970, 1, 1) + days;
    return true;
  } else if constexpr (std::is_same_v<T, double>) {
    if (bytes.size() != sizeof value) return false;
    std::memcpy(&value, bytes.data(), sizeof value);
    return true;
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    int64_t number = 0;
    if (!Number(bytes, number)) return false;
    value = static_cast<T>(number);
    return true;
  } else if constexpr (IsPair<T>::value) {
    FieldReader reader(bytes);
    reader(1, value.first);
    reader(2, value.second);
    return reader.ok();
  } else {
    return Decode(bytes, value);
  }
}

}  // namespace internal

template <class T>
std::string Encode(const T& value) {
  FieldWriter writer;
  Fields(writer, const_cast<T&>(value));  // a writer only reads
  return writer.Take();
}

template <class T>
bool Decode(absl::string_view bytes, T& value) {
  FieldReader reader(bytes);
  Fields(reader, value);
  return reader.ok();
}

}  // namespace sallyport::engine
