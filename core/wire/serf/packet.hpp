// The layers of a datagram: CRC, compression, compound (reference/gossip-wire.md, sections 2 and 6 to 9).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/serf/message.hpp"

namespace core::wire::serf {

inline constexpr std::size_t max_datagram_bytes = 65536;
/// Bytes one datagram may unpack to, all its compressed parts together. Senders stay below 1400.
inline constexpr std::size_t max_unpacked_datagram_bytes = 128 << 10;
/// Compound in compound, and compression within; real senders have two layers.
inline constexpr int max_packet_depth = 8;
/// Messages taken from one datagram.
inline constexpr std::size_t max_packet_messages = 2048;
/// Parts one compound can hold: its count is one byte.
inline constexpr std::size_t max_compound_parts = 255;
/// Bytes a compound adds: type and count once, a length a part.
inline constexpr std::size_t compound_header_bytes = 2;
inline constexpr std::size_t compound_part_bytes = 2;

/// What was in a datagram. One bad part does not spoil the others, as with the agents.
struct Packet {
  struct Refused {
    std::uint8_t type = 0;  ///< the first byte of what was refused
    DecodeError error;
  };
  std::vector<Message> messages;
  std::vector<Refused> refused;
};

Packet decode_packet(std::string_view datagram);

/// Joins encoded messages into one. 1 to `max_compound_parts` parts, each below 64 KiB; a single part stays as it is.
std::string compound(const std::vector<std::string>& parts);
/// Puts the CRC header in front.
std::string with_crc(std::string_view packet);
/// CRC-32 as in IEEE 802.3.
std::uint32_t crc32(std::string_view bytes);

}  // namespace core::wire::serf
