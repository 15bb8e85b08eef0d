#include "core/wire/serf/message.hpp"

#include "core/wire/serf/lzw.hpp"
#include "core/wire/serf/message_fields.hpp"

namespace core::wire::serf {
namespace {

// What a ping or an ack takes with a coordinate: written each second by each member, and not kept.
constexpr std::size_t probe_bytes = 192;

Writer start(MessageType type, std::size_t usual_bytes = 0) {
  std::string out;
  out.reserve(usual_bytes);
  out += static_cast<char>(type);
  return Writer(std::move(out));
}

void write_sources(Writer& out, const std::string& address, const std::string& node, std::uint16_t port) {
  if (!address.empty()) {
    out.text("SourceAddr");
    out.text(address);
  }
  if (!node.empty()) {
    out.text("SourceNode");
    out.text(node);
  }
  if (port != 0) {
    out.text("SourcePort");
    out.uint(port);
  }
}

std::size_t source_count(const std::string& address, const std::string& node, std::uint16_t port) {
  return (address.empty() ? 0u : 1u) + (node.empty() ? 0u : 1u) + (port == 0 ? 0u : 1u);
}

std::string encode_accusation(MessageType type, std::uint32_t incarnation, const std::string& node,
                              const std::string& from) {
  Writer out = start(type);
  out.map(3);
  out.text("From");
  out.text(from);
  out.text("Incarnation");
  out.uint(incarnation);
  out.text("Node");
  out.text(node);
  return out.take();
}

void read(Reader& in, IndirectPing& to) {
  in.read_struct({field("SeqNo", to.seq_no), bytes_field("Target", to.target), field("Port", to.port),
                  text_field("Node", to.node), field("Nack", to.nack), bytes_field("SourceAddr", to.source_address),
                  field("SourcePort", to.source_port), text_field("SourceNode", to.source_node)});
}

void read(Reader& in, Nack& to) { in.read_struct({field("SeqNo", to.seq_no)}); }

void read(Reader& in, Suspect& to) {
  in.read_struct({field("Incarnation", to.incarnation), text_field("Node", to.node), text_field("From", to.from)});
}

void read(Reader& in, Dead& to) {
  in.read_struct({field("Incarnation", to.incarnation), text_field("Node", to.node), text_field("From", to.from)});
}

void read(Reader& in, Alive& to) {
  in.read_struct({field("Incarnation", to.incarnation), text_field("Node", to.node), bytes_field("Addr", to.address),
                  field("Port", to.port), bytes_field("Meta", to.meta), bytes_field("Vsn", to.versions)});
}

template <class T>
Decoded<Message> decode_as(std::string_view body) {
  Reader in(body);
  T message;
  read(in, message);
  if (in.error()) return std::unexpected(DecodeError{in.error()->reason, in.error()->offset + 1});
  return Message{std::move(message)};
}

}  // namespace

void read(Reader& in, Ping& to) {
  in.read_struct({field("SeqNo", to.seq_no), text_field("Node", to.node), bytes_field("SourceAddr", to.source_address),
                  field("SourcePort", to.source_port), text_field("SourceNode", to.source_node)});
}

void read(Reader& in, Ack& to) { in.read_struct({field("SeqNo", to.seq_no), bytes_field("Payload", to.payload)}); }
void read(Reader& in, ErrorReply& to) { in.read_struct({text_field("Error", to.text)}); }
void read(Reader& in, UserHeader& to) { in.read_struct({field("UserMsgLen", to.length)}); }

void read(Reader& in, NodeState& to) {
  in.read_struct({text_field("Name", to.name), bytes_field("Addr", to.address), field("Port", to.port),
                  bytes_field("Meta", to.meta), field("Incarnation", to.incarnation), field("State", to.state),
                  bytes_field("Vsn", to.versions)});
}

void read(Reader& in, Compressed& to) { in.read_struct({field("Algo", to.algorithm), bytes_field("Buf", to.bytes)}); }

void read(Reader& in, PushPullHeader& to) {
  in.read_struct({field("Nodes", to.nodes), field("UserStateLen", to.user_state_length), field("Join", to.join)});
}

std::string compress(std::string_view message) {
  Writer out = start(MessageType::compress);
  out.map(2);
  out.text("Algo");
  out.uint(0);
  out.text("Buf");
  out.text(lzw_compress(message));
  return out.take();
}

std::string encode(const Ping& message) {
  Writer out = start(MessageType::ping, probe_bytes);
  out.map(2 + source_count(message.source_address, message.source_node, message.source_port));
  out.text("Node");
  out.text(message.node);
  out.text("SeqNo");
  out.uint(message.seq_no);
  write_sources(out, message.source_address, message.source_node, message.source_port);
  return out.take();
}

std::string encode(const IndirectPing& message) {
  Writer out = start(MessageType::indirect_ping);
  out.map(5 + source_count(message.source_address, message.source_node, message.source_port));
  out.text("Nack");
  out.boolean(message.nack);
  out.text("Node");
  out.text(message.node);
  out.text("Port");
  out.uint(message.port);
  out.text("SeqNo");
  out.uint(message.seq_no);
  write_sources(out, message.source_address, message.source_node, message.source_port);
  out.text("Target");
  out.text(message.target);
  return out.take();
}

std::string encode_ack(std::uint32_t seq_no, const std::optional<std::string>& payload) {
  Writer out = start(MessageType::ack, probe_bytes);
  out.map(2);
  out.text("Payload");
  out.bytes(payload);
  out.text("SeqNo");
  out.uint(seq_no);
  return out.take();
}

std::string encode(const Ack& message) { return encode_ack(message.seq_no, message.payload); }

std::string encode(const Nack& message) {
  Writer out = start(MessageType::nack);
  out.map(1);
  out.text("SeqNo");
  out.uint(message.seq_no);
  return out.take();
}

std::string encode(const Suspect& message) {
  return encode_accusation(MessageType::suspect, message.incarnation, message.node, message.from);
}

std::string encode(const Dead& message) {
  return encode_accusation(MessageType::dead, message.incarnation, message.node, message.from);
}

std::string encode(const Alive& message) {
  std::string out;
  AliveFrame(message).append(message.incarnation, out);
  return out;
}

AliveFrame::AliveFrame(const Alive& message) {
  Writer before = start(MessageType::alive);
  before.map(6);
  before.text("Addr");
  before.text(message.address);
  before.text("Incarnation");
  before_ = before.take();
  Writer after;
  after.text("Meta");
  after.text(message.meta);
  after.text("Node");
  after.text(message.node);
  after.text("Port");
  after.uint(message.port);
  after.text("Vsn");
  after.text(message.versions);
  after_ = after.take();
}

void AliveFrame::append(std::uint32_t incarnation, std::string& to) const {
  to += before_;
  Writer number(std::move(to));
  number.uint(incarnation);
  to = number.take();
  to += after_;
}

std::size_t AliveFrame::bytes(std::uint32_t incarnation) const {
  return before_.size() + Writer::uint_bytes(incarnation) + after_.size();
}

NodeStateFrame::NodeStateFrame(const Alive& message) {
  Writer before;
  before.map(7);
  before.text("Addr");
  before.text(message.address);
  before.text("Incarnation");
  before_ = before.take();
  Writer between;
  between.text("Meta");
  between.text(message.meta);
  between.text("Name");
  between.text(message.node);
  between.text("Port");
  between.uint(message.port);
  between.text("State");
  between_ = between.take();
  Writer after;
  after.text("Vsn");
  after.text(message.versions);
  after_ = after.take();
}

void NodeStateFrame::append(std::uint32_t incarnation, NodeState::State state, std::string& to) const {
  to += before_;
  Writer out(std::move(to));
  out.uint(incarnation);
  out.raw(between_);
  out.integer(state);
  out.raw(after_);
  to = out.take();
}

std::string encode(const User& message) { return static_cast<char>(MessageType::user) + message.bytes; }

std::string encode(const ErrorReply& message) {
  Writer out = start(MessageType::error);
  out.map(1);
  out.text("Error");
  out.text(message.text);
  return out.take();
}

std::string encode_push_pull_header(bool join, std::size_t nodes, std::size_t user_state_bytes) {
  Writer out = start(MessageType::push_pull);
  out.map(3);
  out.text("Join");
  out.boolean(join);
  out.text("Nodes");
  out.uint(nodes);
  out.text("UserStateLen");
  out.uint(user_state_bytes);
  return out.take();
}

std::string encode(const PushPull& message) {
  std::string out = encode_push_pull_header(message.join, message.nodes.size(), message.user_state.size());
  for (const NodeState& node : message.nodes)
    NodeStateFrame({0, node.name, node.address, node.port, node.meta, node.versions})
        .append(node.incarnation, static_cast<NodeState::State>(node.state), out);
  return out += message.user_state;
}

std::string encode_stream_user(std::string_view bytes) {
  Writer out = start(MessageType::user);
  out.map(1);
  out.text("UserMsgLen");
  out.uint(bytes.size());
  out.raw(bytes);
  return out.take();
}

Decoded<Message> decode_message(std::string_view bytes) {
  if (bytes.empty()) return std::unexpected(DecodeError{DecodeError::Reason::truncated, 0});
  const std::string_view body = bytes.substr(1);
  switch (static_cast<MessageType>(bytes.front())) {
    case MessageType::ping:
      return decode_as<Ping>(body);
    case MessageType::indirect_ping:
      return decode_as<IndirectPing>(body);
    case MessageType::ack:
      return decode_as<Ack>(body);
    case MessageType::nack:
      return decode_as<Nack>(body);
    case MessageType::suspect:
      return decode_as<Suspect>(body);
    case MessageType::alive:
      return decode_as<Alive>(body);
    case MessageType::dead:
      return decode_as<Dead>(body);
    case MessageType::user:
      return Message{User{std::string(body)}};
    default:
      return std::unexpected(DecodeError{DecodeError::Reason::unknown_type, 0});
  }
}

}  // namespace core::wire::serf
