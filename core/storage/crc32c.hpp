// CRC-32C (Castagnoli), as SSE 4.2 computes it, and the same numbers where there is no SSE 4.2.
#pragma once

#include <cstdint>
#include <string_view>

namespace core::storage {

/// The checksum of `bytes` after those that gave `before` (zero: none).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// The same by table, on any processor.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0);

}  // namespace core::storage
