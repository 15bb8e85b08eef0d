#include "simulator/report/packed.hpp"

namespace simulator::report {

void Packed::add(std::int64_t value) {
  const auto difference = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(last_);
  last_ = value;
  std::uint64_t zigzag = difference << 1;
  if ((difference >> 63) != 0) zigzag = ~zigzag;
  while (zigzag >= 128) {
    bytes_ += static_cast<char>(zigzag % 128 + 128);
    zigzag /= 128;
  }
  bytes_ += static_cast<char>(zigzag);
}

std::string Packed::text() const { return base64(bytes_); }

std::string base64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j)
      three = three << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += i + j <= bytes.size() ? digits[three >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace simulator::report
