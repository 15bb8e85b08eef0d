// Numbers in files: little-endian, whatever the processor.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace core::storage {

template <class Number>
void put(std::string& out, Number number) {
  char bytes[sizeof(Number)];
  for (std::size_t byte = 0; byte < sizeof(Number); ++byte) bytes[byte] = static_cast<char>(number >> (8 * byte));
  out.append(bytes, sizeof bytes);
}

/// The number at `at`, which lies within `in`.
template <class Number>
Number get(std::string_view in, std::size_t at) {
  Number number = 0;
  for (std::size_t byte = 0; byte < sizeof(Number); ++byte)
    number = static_cast<Number>(number | static_cast<Number>(static_cast<unsigned char>(in[at + byte])) << (8 * byte));
  return number;
}

}  // namespace core::storage
