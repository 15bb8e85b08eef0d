// Rows of numbers as short text, for the page: each the difference to the one before, zigzag, in sevens of bits,
// base64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace simulator::report {

class Packed {
 public:
  void add(std::int64_t value);
  /// Base64 with padding (RFC 4648 §4).
  std::string text() const;

 private:
  std::string bytes_;
  std::int64_t last_ = 0;
};

std::string base64(std::string_view bytes);

template <class Row>
std::string packed(const Row& row) {
  Packed out;
  for (const auto value : row) out.add(static_cast<std::int64_t>(value));
  return out.text();
}

}  // namespace simulator::report
