#include "core/wire/rpc/framing.hpp"

#include <fmt/format.h>

#include "core/wire/protobuf/protobuf.hpp"

namespace core::wire::rpc {
namespace {

constexpr std::size_t length_bytes = 4;

std::uint32_t read_length(std::string_view bytes) {
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  return length;
}

// Roughly, of what is often large; zero: it will not be.
std::size_t expected_bytes(const Envelope& envelope) {
  const auto* carried = std::get_if<RaftCarried>(&envelope.body);
  const auto* append = carried == nullptr ? nullptr : std::get_if<raft::AppendEntries>(&carried->message);
  std::size_t out = 0;
  if (append != nullptr)
    for (const raft::Entry& entry : append->entries) out += entry.weight();
  return out;
}

}  // namespace

std::string encode_frame(const Envelope& envelope) {
  std::string out(length_bytes, '\0');
  protobuf::append(out, envelope, expected_bytes(envelope));
  const auto length = static_cast<std::uint32_t>(out.size() - length_bytes);
  for (std::size_t i = 0; i < length_bytes; ++i) out[i] = static_cast<char>(length >> (24 - 8 * i));
  return out;
}

std::expected<void, std::string> FrameReader::read(std::string_view bytes, std::vector<Envelope>& out) {
  if (expect_protocol_byte_ && !bytes.empty()) {
    if (bytes.front() != protocol_byte)
      return std::unexpected(fmt::format("unrecognized RPC byte: found {:#04x}, wanted {:#04x}",
                                         static_cast<unsigned char>(bytes.front()),
                                         static_cast<unsigned char>(protocol_byte)));
    bytes.remove_prefix(1);
    expect_protocol_byte_ = false;
  }
  // Most reads hold whole frames: those are decoded where they lie, without a copy.
  std::string joined;
  if (!buffer_.empty()) {
    joined = std::move(buffer_);
    joined += bytes;
    bytes = joined;
    buffer_.clear();
  }
  while (bytes.size() >= length_bytes) {
    const std::uint32_t length = read_length(bytes);
    if (length > max_bytes_)
      return std::unexpected(fmt::format("frame of {} bytes: at most {} are taken", length, max_bytes_));
    if (bytes.size() - length_bytes < length) break;
    auto envelope = protobuf::decode<Envelope>(bytes.substr(length_bytes, length));
    if (!envelope) return std::unexpected("malformed frame: " + envelope.error().text());
    out.push_back(std::move(*envelope));
    max_bytes_ = max_frame_bytes;
    bytes.remove_prefix(length_bytes + length);
  }
  buffer_ = bytes;
  return {};
}

}  // namespace core::wire::rpc
