#include "transport/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace sallyport::transport {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // 16: with gzip's header and checksum, not zlib's
constexpr int kMemoryLevel = 8;           // zlib's default

Bytef* Bytes(absl::string_view bytes) { return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); }

}  // namespace

std::string Gzip(absl::string_view bytes) {
  z_stream stream{};
  SP_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
  const absl::Cleanup end = [&stream] { deflateEnd(&stream); };
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = Bytes(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = Bytes(out);
  stream.avail_out = static_cast<uInt>(out.size());
  SP_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  return out;
}

absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t bytes_max) {
  z_stream stream{};
  SP_CHECK(inflateInit2(&stream, kGzipWindowBits) == Z_OK);
  const absl::Cleanup end = [&stream] { inflateEnd(&stream); };
  stream.next_in = Bytes(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 16384> part;
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = part.size();
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(part.data(), part.size() - stream.avail_out);
    if (out.size() > bytes_max) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the request unpacks to more than the ", bytes_max, " bytes that are allowed"));
    }
  }
  if (result != Z_STREAM_END || stream.avail_in != 0) {
    return absl::InvalidArgumentError("the request's body is not what gzip writes");
  }
  return out;
}

}  // namespace sallyport::transport
