#include "core/gossip/name_index.hpp"

#include <xxhash.h>

namespace core::gossip {

std::uint32_t name_digest(std::string_view name) {
  return static_cast<std::uint32_t>(XXH3_64bits(name.data(), name.size()) >> 32);
}

}  // namespace core::gossip
