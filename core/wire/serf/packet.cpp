#include "core/wire/serf/packet.hpp"

#include <algorithm>
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
    // Of the outermost only: asked for again and again, a little more each time, it would move all of them each time.
    if (packet_.messages.empty()) packet_.messages.reserve(std::min(count, max_packet_messages));
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

namespace {

/// Takes the label header off; the error says that this is no traffic of the pool's.
std::expected<std::string_view, DecodeError> without_label(std::string_view datagram, const Security& security) {
  const auto refuse = [] { return std::unexpected(DecodeError{Reason::labelled, 0}); };
  const bool has_header = !datagram.empty() && datagram.front() == static_cast<char>(MessageType::label);
  if (!has_header) {
    if (!security.label.empty() && !security.skip_label_check) return refuse();
    return datagram;
  }
  if (security.skip_label_check || datagram.size() < label_header_bytes) return refuse();
  const std::size_t length = static_cast<std::uint8_t>(datagram[1]);
  if (length == 0 || datagram.size() < label_header_bytes + length) return refuse();
  if (datagram.substr(label_header_bytes, length) != security.label) return refuse();
  return datagram.substr(label_header_bytes + length);
}

void unpack_checked(Unpacker& unpacker, std::string_view bytes) {
  if (bytes.size() < crc_header_bytes || bytes.front() != static_cast<char>(MessageType::crc))
    return unpacker.unpack(bytes, 0);
  // Only outermost: a CRC header within a compound is not understood by the agents either.
  const std::string_view inner = bytes.substr(crc_header_bytes);
  if (crc32(inner) == big_endian(bytes.substr(1, 4)))
    unpacker.unpack(inner, 0);
  else
    unpacker.refuse(bytes, Reason::bad_checksum, 1);
}

}  // namespace

Packet decode_packet(std::string_view datagram, const Security& security) {
  Unpacker unpacker;
  const auto take = [&] { return unpacker.take(); };
  if (datagram.size() > max_datagram_bytes) {
    unpacker.refuse(datagram, Reason::too_large, max_datagram_bytes);
    return take();
  }
  const auto body = without_label(datagram, security);
  if (!body) {
    unpacker.refuse(datagram, body.error().reason, body.error().offset);
    return take();
  }
  if (security.keyring.empty()) {
    unpack_checked(unpacker, *body);
    return take();
  }
  const auto opened = open(security.keyring, *body, security.label);
  if (opened)
    unpack_checked(unpacker, *opened);
  else if (!security.verify_incoming)
    unpack_checked(unpacker, *body);
  else
    unpacker.refuse(datagram, Reason::not_opened, 0);
  return take();
}

std::string wrap_packet(std::string packet, Wrapping wrapping, const Security& security, const Nonce& nonce) {
  if (wrapping.compress)
    if (std::string packed = compress(packet); packed.size() < packet.size()) packet = std::move(packed);
  if (wrapping.crc) packet = with_crc(packet);
  if (security.seals()) packet = seal(SealVersion::plain, security.keyring.primary(), nonce, packet, security.label);
  if (security.label.empty()) return packet;
  return label_header(security) + packet;
}

std::string label_header(const Security& security) {
  if (security.label.empty()) return {};
  std::string header(1, static_cast<char>(MessageType::label));
  header += static_cast<char>(security.label.size());
  return header + security.label;
}

void Compound::add(std::string_view part) {
  body_ += part;
  close();
}

void Compound::close() {
  base::check(parts() < max_compound_parts, "a compound has 1 to 255 parts");
  ends_.push_back(static_cast<std::uint32_t>(body_.size()));
}

std::string Compound::take() {
  base::check(!ends_.empty(), "a compound has a part");
  if (ends_.size() == 1) return std::move(body_);
  std::string out;
  out.reserve(compound_header_bytes + ends_.size() * compound_part_bytes + body_.size());
  out += static_cast<char>(MessageType::compound);
  out += static_cast<char>(ends_.size());
  std::uint32_t start = 0;
  for (const std::uint32_t end : ends_) {
    base::check(end - start <= 0xffff, "a part's length fits two bytes");
    out += static_cast<char>((end - start) >> 8);
    out += static_cast<char>(end - start);
    start = end;
  }
  return out += body_;
}

std::string compound(const std::vector<std::string>& parts) {
  Compound out;
  for (const std::string& part : parts) out.add(part);
  return out.take();
}

std::string with_crc(std::string_view packet) {
  const std::uint32_t sum = crc32(packet);
  std::string out(1, static_cast<char>(MessageType::crc));
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(sum >> shift);
  out += packet;
  return out;
}

}  // namespace core::wire::serf
