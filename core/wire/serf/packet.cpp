#include "core/wire/serf/packet.hpp"

#include <utility>

#include <zlib.h>

#include "core/base/check.hpp"
#include "core/wire/serf/lzw.hpp"
#include "core/wire/serf/message_fields.hpp"

namespace core::wire::serf {
namespace {

using Reason = DecodeError::Reason;

constexpr std::size_t crc_header_bytes = 5;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

/// Takes the layers off, one call a layer.
class Unpacker {
 public:
  void unpack(std::string_view bytes, int depth) {
    if (bytes.empty()) return refuse(bytes, Reason::truncated, 0);
    if (depth > max_packet_depth) return refuse(bytes, Reason::too_deep, 0);
    if (packet_.messages.size() >= max_packet_messages) return refuse(bytes, Reason::too_large, 0);
    switch (static_cast<MessageType>(bytes.front())) {
      case MessageType::compound:
        return unpack_compound(bytes, depth);
      case MessageType::compress:
        return unpack_compressed(bytes, depth);
      default:
        break;
    }
    auto message = decode_message(bytes);
    if (message)
      packet_.messages.push_back(std::move(*message));
    else
      refuse(bytes, message.error());
  }

  void refuse(std::string_view bytes, Reason reason, std::size_t offset) { refuse(bytes, DecodeError{reason, offset}); }

  Packet take() { return std::move(packet_); }

 private:
  void refuse(std::string_view bytes, DecodeError error) {
    // Bounded like the messages are: a packet of rubbish shall not become a list of complaints.
    if (packet_.refused.size() < max_packet_messages)
      packet_.refused.push_back({bytes.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(bytes.front()), error});
  }

  void unpack_compound(std::string_view bytes, int depth) {
    if (bytes.size() < compound_header_bytes) return refuse(bytes, Reason::truncated, 1);
    const std::size_t count = static_cast<std::uint8_t>(bytes[1]);
    std::size_t length_at = compound_header_bytes;
    std::size_t part_at = length_at + count * compound_part_bytes;
    if (part_at > bytes.size()) return refuse(bytes, Reason::truncated, bytes.size());
    for (std::size_t i = 0; i < count; ++i, length_at += compound_part_bytes) {
      const std::size_t length = big_endian(bytes.substr(length_at, compound_part_bytes));
      if (length > bytes.size() - part_at) return refuse(bytes, Reason::truncated, part_at);
      unpack(bytes.substr(part_at, length), depth + 1);
      part_at += length;
    }
  }

  void unpack_compressed(std::string_view bytes, int depth) {
    Reader in(bytes.substr(1));
    Compressed packed;
    read(in, packed);
    if (in.error()) return refuse(bytes, in.error()->reason, in.error()->offset + 1);
    if (packed.algorithm != 0) return refuse(bytes, Reason::unknown_algorithm, 1);
    const auto plain = lzw_decompress(packed.bytes, max_unpacked_datagram_bytes - unpacked_);
    if (!plain) return refuse(bytes, plain.error().reason, plain.error().offset);
    if (plain->empty()) return refuse(bytes, Reason::bad_compression, 0);
    unpacked_ += plain->size();
    unpack(*plain, depth + 1);
  }

  Packet packet_;
  std::size_t unpacked_ = 0;
};

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

Packet decode_packet(std::string_view datagram) {
  Unpacker unpacker;
  if (datagram.size() > max_datagram_bytes) {
    unpacker.refuse(datagram, Reason::too_large, max_datagram_bytes);
  } else if (!datagram.empty() && datagram.front() == static_cast<char>(MessageType::label)) {
    unpacker.refuse(datagram, Reason::labelled, 0);
  } else if (datagram.size() >= crc_header_bytes && datagram.front() == static_cast<char>(MessageType::crc)) {
    // Only outermost: a CRC header within a compound is not understood by the agents either.
    const std::string_view inner = datagram.substr(crc_header_bytes);
    if (crc32(inner) == big_endian(datagram.substr(1, 4)))
      unpacker.unpack(inner, 0);
    else
      unpacker.refuse(datagram, Reason::bad_checksum, 1);
  } else {
    unpacker.unpack(datagram, 0);
  }
  return unpacker.take();
}

std::string compound(const std::vector<std::string>& parts) {
  base::check(!parts.empty() && parts.size() <= max_compound_parts, "a compound has 1 to 255 parts");
  if (parts.size() == 1) return parts.front();
  std::string out;
  out += static_cast<char>(MessageType::compound);
  out += static_cast<char>(parts.size());
  for (const std::string& part : parts) {
    base::check(part.size() <= 0xffff, "a part's length fits two bytes");
    out += static_cast<char>(part.size() >> 8);
    out += static_cast<char>(part.size());
  }
  for (const std::string& part : parts) out += part;
  return out;
}

std::string with_crc(std::string_view packet) {
  const std::uint32_t sum = crc32(packet);
  std::string out(1, static_cast<char>(MessageType::crc));
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(sum >> shift);
  out += packet;
  return out;
}

}  // namespace core::wire::serf
