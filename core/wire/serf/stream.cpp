#include "core/wire/serf/stream.hpp"

#include <utility>

#include "core/wire/serf/lzw.hpp"
#include "core/wire/serf/message_fields.hpp"

namespace core::wire::serf {
namespace {

using Reason = DecodeError::Reason;

bool within(std::int64_t value, std::size_t max) { return value >= 0 && static_cast<std::uint64_t>(value) <= max; }

}  // namespace

std::expected<std::optional<StreamMessage>, DecodeError> StreamDecoder::feed(std::string_view bytes) {
  if (bytes.size() > max_stream_bytes - buffer_.size())
    return std::unexpected(DecodeError{Reason::too_large, max_stream_bytes});
  buffer_ += bytes;
  return decode();
}

StreamDecoder::Step StreamDecoder::decode() {
  if (buffer_.empty()) return std::nullopt;
  switch (static_cast<MessageType>(buffer_.front())) {
    case MessageType::ping:
      return decode_whole<Ping>();
    case MessageType::ack:
      return decode_whole<Ack>();
    case MessageType::error:
      return decode_whole<ErrorReply>();
    case MessageType::push_pull:
      return decode_push_pull();
    case MessageType::user:
      return decode_user();
    case MessageType::compress:
      return decode_compressed();
    case MessageType::encrypt:
      return std::unexpected(DecodeError{Reason::encrypted, 0});
    case MessageType::label:
      return std::unexpected(DecodeError{Reason::labelled, 0});
    default:
      return std::unexpected(DecodeError{Reason::unknown_type, 0});
  }
}

template <class T>
std::expected<bool, DecodeError> StreamDecoder::read_at_offset(T& to) {
  Reader in(std::string_view(buffer_).substr(offset_));
  to = T{};
  read(in, to);
  if (in.ok()) {
    offset_ += in.offset();
    return true;
  }
  const bool may_come = in.error()->reason == Reason::truncated && !unpacked_;
  if (!may_come) return std::unexpected(DecodeError{in.error()->reason, offset_ + in.error()->offset});
  // What is decoded anew with every chunk has to be small.
  if (!std::is_same_v<T, Compressed> && buffer_.size() - offset_ > max_element_bytes)
    return std::unexpected(DecodeError{Reason::too_large, offset_});
  return false;
}

template <class T>
StreamDecoder::Step StreamDecoder::decode_whole() {
  offset_ = 1;
  T message;
  const auto complete = read_at_offset(message);
  if (!complete) return std::unexpected(complete.error());
  if (!*complete) return std::nullopt;
  return StreamMessage{std::move(message)};
}

StreamDecoder::Step StreamDecoder::decode_push_pull() {
  if (!push_pull_) {
    offset_ = 1;
    PushPullHeader header;
    const auto complete = read_at_offset(header);
    if (!complete) return std::unexpected(complete.error());
    if (!*complete) return std::nullopt;
    if (!within(header.nodes, max_push_pull_nodes) || !within(header.user_state_length, max_stream_bytes))
      return std::unexpected(DecodeError{Reason::out_of_range, 1});
    push_pull_.emplace().join = header.join;
    nodes_left_ = static_cast<std::size_t>(header.nodes);
    user_bytes_ = static_cast<std::size_t>(header.user_state_length);
  }
  for (; nodes_left_ > 0; --nodes_left_) {
    NodeState node;
    const auto complete = read_at_offset(node);
    if (!complete) return std::unexpected(complete.error());
    if (!*complete) return std::nullopt;
    push_pull_->nodes.push_back(std::move(node));
  }
  if (buffer_.size() - offset_ < user_bytes_) {
    if (unpacked_) return std::unexpected(DecodeError{Reason::truncated, buffer_.size()});
    return std::nullopt;
  }
  push_pull_->user_state = buffer_.substr(offset_, user_bytes_);
  return StreamMessage{std::move(*std::exchange(push_pull_, std::nullopt))};
}

StreamDecoder::Step StreamDecoder::decode_user() {
  if (!header_read_) {
    offset_ = 1;
    UserHeader header;
    const auto complete = read_at_offset(header);
    if (!complete) return std::unexpected(complete.error());
    if (!*complete) return std::nullopt;
    if (!within(header.length, max_stream_bytes)) return std::unexpected(DecodeError{Reason::out_of_range, 1});
    user_bytes_ = static_cast<std::size_t>(header.length);
    header_read_ = true;
  }
  if (buffer_.size() - offset_ < user_bytes_) {
    if (unpacked_) return std::unexpected(DecodeError{Reason::truncated, buffer_.size()});
    return std::nullopt;
  }
  return StreamMessage{User{buffer_.substr(offset_, user_bytes_)}};
}

StreamDecoder::Step StreamDecoder::decode_compressed() {
  if (unpacked_) return std::unexpected(DecodeError{Reason::too_deep, 0});
  offset_ = 1;
  Compressed packed;
  const auto complete = read_at_offset(packed);
  if (!complete) return std::unexpected(complete.error());
  if (!*complete) return std::nullopt;
  algorithm_ = packed.algorithm;
  if (packed.algorithm != 0) return std::unexpected(DecodeError{Reason::unknown_algorithm, 1});
  auto plain = lzw_decompress(packed.bytes, max_stream_bytes);
  if (!plain) return std::unexpected(plain.error());
  if (plain->empty()) return std::unexpected(DecodeError{Reason::bad_compression, 0});
  buffer_ = std::move(*plain);
  offset_ = 0;
  unpacked_ = true;
  return decode();
}

std::string error_reply_text(const DecodeError& error, std::uint8_t algorithm) {
  switch (error.reason) {
    case Reason::encrypted:
      return "Remote state is encrypted and encryption is not configured";
    case Reason::unknown_algorithm:
      return "Cannot decompress unknown algorithm " + std::to_string(algorithm);
    default:
      return describe(error);
  }
}

}  // namespace core::wire::serf
