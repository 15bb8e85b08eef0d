#include "io-real/net/http/gzip.hpp"

#include <zlib.h>

#include <algorithm>

#include "core/base/check.hpp"

namespace io_real::net::http {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // zlib's way of saying: the largest window, gzip's header
constexpr int memory_level = 8;

Bytef* in_bytes(std::string_view bytes) { return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); }

}  // namespace

std::string gzip(std::string_view bytes) {
  core::check(bytes.size() < (std::size_t{1} << 31), "a body that is compressed at once is below 2 GiB");
  z_stream stream{};
  const int ready =
      ::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY);
  core::check(ready == Z_OK, "zlib takes our settings");
  std::string out(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = in_bytes(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  core::check(ended == Z_STREAM_END, "deflateBound bounds what deflate writes");
  return out;
}

std::expected<std::string, std::string> gunzip(std::string_view bytes, std::size_t max_bytes) {
  z_stream stream{};
  if (::inflateInit2(&stream, gzip_window_bits) != Z_OK) return std::unexpected("gzip: out of memory");
  stream.next_in = in_bytes(bytes);
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), UINT32_MAX));
  std::string out;
  int result = Z_OK;
  while (result == Z_OK && out.size() <= max_bytes) {
    const auto before = out.size();
    out.resize(before + 65536);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = 65536;
    result = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  ::inflateEnd(&stream);
  if (out.size() > max_bytes) return std::unexpected("gzip: too large");
  if (result != Z_STREAM_END) return std::unexpected("gzip: invalid");
  return out;
}

}  // namespace io_real::net::http
