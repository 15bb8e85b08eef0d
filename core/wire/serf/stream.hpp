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
#include "core/wire/serf/seal.hpp"
#include "core/wire/serf/security.hpp"

namespace core::wire::serf {

/// Bytes taken from one stream, and what they may unpack to.
inline constexpr std::size_t max_stream_bytes = 20 << 20;
/// Bytes one member of a push/pull may take; name, tags and address are some 600.
inline constexpr std::size_t max_element_bytes = 128 << 10;
inline constexpr std::size_t max_push_pull_nodes = 1 << 17;

using StreamMessage = std::variant<Ping, Ack, PushPull, User, ErrorReply>;

/// Who opened a connection: only that side writes the label header.
enum class StreamEnd { dialling, accepting };

class StreamDecoder {
 public:
  /// Of a pool in clear.
  StreamDecoder() = default;
  /// `security` outlives the decoder. `from` is the side whose bytes are read.
  StreamDecoder(const Security* security, StreamEnd from) : security_(security), from_(from) {}

  /// Takes the next bytes. Empty while the message is not complete. An error is final.
  std::expected<std::optional<StreamMessage>, DecodeError> feed(std::string_view bytes);
  /// Bytes held.
  std::size_t held() const { return buffer_.size(); }
  /// The algorithm byte of a compressed stream that was refused for it.
  std::uint8_t algorithm() const { return algorithm_; }

 private:
  using Step = std::expected<std::optional<StreamMessage>, DecodeError>;
  /// The layers, from outside in.
  enum class Layer { label, seal, compression, message };

  Step decode();
  Step take_label();
  Step take_seal();
  Step take_compression();
  Step decode_push_pull();
  Step decode_user();
  template <class T>
  Step decode_whole();
  /// Goes on with what a layer held, which is all there is.
  Step within(Layer layer, std::string plain);
  /// Reads one value at `offset_`; false when it is not all there yet.
  template <class T>
  std::expected<bool, DecodeError> read_at_offset(T& to);

  const Security* security_ = nullptr;
  StreamEnd from_ = StreamEnd::dialling;
  Layer layer_ = Layer::label;
  std::string buffer_;
  std::size_t offset_ = 0;  // of what is not decoded yet
  bool complete_ = false;   // the buffer is what a layer held: nothing more will come
  std::uint8_t algorithm_ = 0;
  std::optional<PushPull> push_pull_;  // its header was read
  std::size_t nodes_left_ = 0;
  std::size_t user_bytes_ = 0;
  bool header_read_ = false;
};

/// A message as it goes over a stream whose other end is not `from`. The nonce counts only if the pool has keys.
std::string wrap_stream(std::string message, StreamEnd from, bool compressed, const Security& security,
                        const Nonce& nonce);

/// The text with which an agent answers a stream it could not read.
std::string error_reply_text(const DecodeError& error, std::uint8_t algorithm);

}  // namespace core::wire::serf
