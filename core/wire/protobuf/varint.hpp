// The two shapes of bytes that protobuf is made of: varints and tags (encoding.md of protobuf.dev).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace core::wire::protobuf {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length = 2, group = 3, end_group = 4, fixed32 = 5 };

constexpr std::size_t max_varint_length = 10;
constexpr unsigned tag_bits = 3;  // of a tag, for the wire type; the rest is the field's number

constexpr std::uint32_t make_tag(std::uint32_t number, WireType wire) {
  return number << tag_bits | static_cast<std::uint32_t>(wire);
}

constexpr std::size_t varint_length(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

/// Writes at `at`, where there must be room for max_varint_length bytes; gives the end.
inline char* write_varint(char* at, std::uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<char>(value);
  return at;
}

/// Reads a varint of [at, end) and moves `at` behind it; false when it is cut short or longer than ten bytes.
inline bool read_varint(const char*& at, const char* end, std::uint64_t& value) {
  if (at < end && static_cast<unsigned char>(*at) < 0x80) [[likely]] {
    value = static_cast<unsigned char>(*at++);
    return true;
  }
  std::uint64_t read = 0;
  const char* from = at;
  for (unsigned shift = 0; from < end && shift < 7 * max_varint_length; shift += 7) {
    const auto byte = static_cast<unsigned char>(*from++);
    read |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    at = from;
    value = read;
    return true;
  }
  return false;
}

/// Doubles are eight bytes, the lowest first.
inline std::uint64_t little_endian(std::uint64_t bits) {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(bits);
  return bits;
}

}  // namespace core::wire::protobuf
