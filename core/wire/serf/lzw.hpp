// LZW as Go's compress/lzw writes it: least significant bit first, 8-bit literals
// (reference/gossip-wire.md, section 9).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/wire/serf/decode_error.hpp"

namespace core::wire::serf {

/// Unpacks `packed`, at most `max_bytes` of it: more is refused, before it is held.
Decoded<std::string> lzw_decompress(std::string_view packed, std::size_t max_bytes);

/// Byte for byte what Go's encoder writes.
std::string lzw_compress(std::string_view plain);

}  // namespace core::wire::serf
