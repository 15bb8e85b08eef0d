// The layers of a datagram: label, encryption, CRC, compression, compound (reference/gossip-wire.md, sections 2 and
// 6 to 10).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/serf/message.hpp"
#include "core/wire/serf/seal.hpp"
#include "core/wire/serf/security.hpp"

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

/// Without `security`: of a pool in clear.
Packet decode_packet(std::string_view datagram, const Security& security = {});

/// Encoded messages joined into one: 1 to `max_compound_parts` parts, each below 64 KiB; a single part stays as it is.
class Compound {
 public:
  /// `room`: what it will take, as a guess.
  explicit Compound(std::size_t room = 0) { body_.reserve(room); }
  /// Appends a part: an encoded message, type byte in front.
  void add(std::string_view part);
  /// Appends the next part by `write(std::string&)`.
  template <class Write>
  void add_by(const Write& write) {
    write(body_);
    close();
  }
  std::size_t parts() const { return ends_.size(); }
  /// The packet: the parts behind a compound's header, or the only one as it is. There must be one; taken once.
  std::string take();

 private:
  void close();

  std::string body_;
  std::vector<std::uint32_t> ends_;  // of the parts in it
};
/// The same of parts that are there already.
std::string compound(const std::vector<std::string>& parts);
/// Puts the CRC header in front.
std::string with_crc(std::string_view packet);
/// How a datagram is wrapped, layer by layer.
struct Wrapping {
  bool compress = false;  ///< where that makes it shorter
  bool crc = false;
};
/// A packet as it goes out. The nonce counts only if the pool has keys.
std::string wrap_packet(std::string packet, Wrapping wrapping, const Security& security, const Nonce& nonce);
/// The label header that opens a datagram or a stream; empty in a pool without label.
std::string label_header(const Security& security);
inline constexpr std::size_t label_header_bytes = 2;
/// CRC-32 as in IEEE 802.3.
std::uint32_t crc32(std::string_view bytes);

}  // namespace core::wire::serf
