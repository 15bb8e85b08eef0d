#include "core/wire/serf/stream.hpp"

#include <utility>

#include "core/wire/serf/lzw.hpp"
#include "core/wire/serf/message_fields.hpp"
#include "core/wire/serf/packet.hpp"

namespace core::wire::serf {
namespace {

using Reason = DecodeError::Reason;

constexpr std::size_t seal_header_bytes = 5;  // type and length of what is sealed

bool in_range(std::int64_t value, std::size_t max) { return value >= 0 && static_cast<std::uint64_t>(value) <= max; }

}  // namespace

std::expected<std::optional<StreamMessage>, DecodeError> StreamDecoder::feed(std::string_view bytes) {
  if (bytes.size() > max_stream_bytes - buffer_.size())
    return std::unexpected(DecodeError{Reason::too_large, max_stream_bytes});
  buffer_ += bytes;
  return decode();
}

StreamDecoder::Step StreamDecoder::within(Layer layer, std::string plain) {
  if (plain.empty()) return std::unexpected(DecodeError{Reason::truncated, 0});
  layer_ = layer;
  buffer_ = std::move(plain);
  offset_ = 0;
  complete_ = true;
  return decode();
}

StreamDecoder::Step StreamDecoder::decode() {
  if (buffer_.empty()) return std::nullopt;
  switch (layer_) {
    case Layer::label:
      return take_label();
    case Layer::seal:
      return take_seal();
    case Layer::compression:
      return take_compression();
    case Layer::message:
      break;
  }
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
    default:
      return std::unexpected(DecodeError{Reason::unknown_type, 0});
  }
}

StreamDecoder::Step StreamDecoder::take_label() {
  const auto refuse = [] { return std::unexpected(DecodeError{Reason::labelled, 0}); };
  const bool checked = security_ != nullptr && !security_->skip_label_check;
  const bool labelled = checked && from_ == StreamEnd::dialling && !security_->label.empty();
  if (buffer_.front() == static_cast<char>(MessageType::label)) {
    if (!labelled) return refuse();
    const std::string header = label_header(*security_);
    if (buffer_.size() < header.size()) {
      if (!header.starts_with(buffer_)) return refuse();
      return std::nullopt;
    }
    if (!buffer_.starts_with(header)) return refuse();
    buffer_.erase(0, header.size());
  } else if (labelled) {
    return refuse();
  }
  layer_ = Layer::seal;
  return decode();
}

StreamDecoder::Step StreamDecoder::take_seal() {
  const bool has_keys = security_ != nullptr && !security_->keyring.empty();
  if (buffer_.front() != static_cast<char>(MessageType::encrypt)) {
    // Who could not read us says so in clear: it has no key.
    const bool is_error = from_ == StreamEnd::accepting && buffer_.front() == static_cast<char>(MessageType::error);
    if (has_keys && security_->verify_incoming && !is_error)
      return std::unexpected(DecodeError{Reason::not_encrypted, 0});
    layer_ = Layer::compression;
    return decode();
  }
  if (!has_keys) return std::unexpected(DecodeError{Reason::encrypted, 0});
  if (buffer_.size() < seal_header_bytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 1; i < seal_header_bytes; ++i) length = length << 8 | static_cast<std::uint8_t>(buffer_[i]);
  if (length > max_stream_bytes - seal_header_bytes) return std::unexpected(DecodeError{Reason::too_large, 1});
  if (buffer_.size() < seal_header_bytes + length) return std::nullopt;
  const std::string associated = buffer_.substr(0, seal_header_bytes) + security_->label;
  auto plain = open(security_->keyring, std::string_view(buffer_).substr(seal_header_bytes, length), associated);
  if (!plain) return std::unexpected(DecodeError{Reason::not_opened, 0});
  return within(Layer::compression, std::move(*plain));
}

StreamDecoder::Step StreamDecoder::take_compression() {
  if (buffer_.front() != static_cast<char>(MessageType::compress)) {
    layer_ = Layer::message;
    return decode();
  }
  offset_ = 1;
  Compressed packed;
  const auto read = read_at_offset(packed);
  if (!read) return std::unexpected(read.error());
  if (!*read) return std::nullopt;
  algorithm_ = packed.algorithm;
  if (packed.algorithm != 0) return std::unexpected(DecodeError{Reason::unknown_algorithm, 1});
  auto plain = lzw_decompress(packed.bytes, max_stream_bytes);
  if (!plain) return std::unexpected(plain.error());
  if (plain->empty()) return std::unexpected(DecodeError{Reason::bad_compression, 0});
  return within(Layer::message, std::move(*plain));
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
  const bool may_come = in.error()->reason == Reason::truncated && !complete_;
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
    if (!in_range(header.nodes, max_push_pull_nodes) || !in_range(header.user_state_length, max_stream_bytes))
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
    if (complete_) return std::unexpected(DecodeError{Reason::truncated, buffer_.size()});
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
    if (!in_range(header.length, max_stream_bytes)) return std::unexpected(DecodeError{Reason::out_of_range, 1});
    user_bytes_ = static_cast<std::size_t>(header.length);
    header_read_ = true;
  }
  if (buffer_.size() - offset_ < user_bytes_) {
    if (complete_) return std::unexpected(DecodeError{Reason::truncated, buffer_.size()});
    return std::nullopt;
  }
  return StreamMessage{User{buffer_.substr(offset_, user_bytes_)}};
}

std::string wrap_stream(std::string message, StreamEnd from, bool compressed, const Security& security,
                        const Nonce& nonce) {
  if (compressed) message = compress(message);
  if (security.seals()) {
    const std::size_t length = message.size() + seal_overhead;
    std::string header(1, static_cast<char>(MessageType::encrypt));
    for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(length >> shift);
    message = header + seal(SealVersion::plain, security.keyring.primary(), nonce, message, header + security.label);
  }
  return from == StreamEnd::dialling ? label_header(security) + message : message;
}

std::string error_reply_text(const DecodeError& error, std::uint8_t algorithm) {
  switch (error.reason) {
    case Reason::encrypted:
      return "Remote state is encrypted and encryption is not configured";
    case Reason::unknown_algorithm:
      return "Cannot decompress unknown algorithm " + std::to_string(algorithm);
    case Reason::not_encrypted:
      return "Encryption is configured but remote state is not encrypted";
    default:
      return describe(error);
  }
}

}  // namespace core::wire::serf
