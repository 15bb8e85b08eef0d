// One direction of a gossip stream: bytes in as they come, one message out.
//
// Plain streams have no framing: where a message ends only its decoder knows, and the other side keeps
// the connection open for the answer (reference/gossip-wire.md, sections 2 and 11).
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/wire/serf/message.hpp"

namespace core::wire::serf {

/// Bytes taken from one stream, and what they may unpack to.
inline constexpr std::size_t max_stream_bytes = 20 << 20;
/// Bytes one member of a push/pull may take; name, tags and address are some 600.
inline constexpr std::size_t max_element_bytes = 128 << 10;
inline constexpr std::size_t max_push_pull_nodes = 1 << 17;

using StreamMessage = std::variant<Ping, Ack, PushPull, User, ErrorReply>;

class StreamDecoder {
 public:
  /// Takes the next bytes. Empty while the message is not complete. An error is final.
  std::expected<std::optional<StreamMessage>, DecodeError> feed(std::string_view bytes);
  /// Bytes held.
  std::size_t held() const { return buffer_.size(); }
  /// The algorithm byte of a compressed stream that was refused for it.
  std::uint8_t algorithm() const { return algorithm_; }

 private:
  using Step = std::expected<std::optional<StreamMessage>, DecodeError>;
  Step decode();
  Step decode_push_pull();
  Step decode_user();
  Step decode_compressed();
  template <class T>
  Step decode_whole();
  /// Reads one value at `offset_`; false when it is not all there yet.
  template <class T>
  std::expected<bool, DecodeError> read_at_offset(T& to);

  std::string buffer_;
  std::size_t offset_ = 0;  // of what is not decoded yet
  bool unpacked_ = false;   // the buffer is what a compressed message held: complete, and not nested again
  std::uint8_t algorithm_ = 0;
  std::optional<PushPull> push_pull_;  // its header was read
  std::size_t nodes_left_ = 0;
  std::size_t user_bytes_ = 0;
  bool header_read_ = false;
};

/// The text with which an agent answers a stream it could not read.
std::string error_reply_text(const DecodeError& error, std::uint8_t algorithm);

}  // namespace core::wire::serf
